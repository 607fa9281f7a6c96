"""Plan of an experiment: tasks × optimizers × seeds under one budget, wherever it's walked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from gait.around import Around
from gait.compare.entries import OptimizerEntry, TaskEntry, distinct
from gait.compare.runs import Run
from gait.errors import UsageError


@dataclass(frozen=True)
class Plan:
    """What is to be run: a comparison of optimizers at equal simulated time.

    Raises:
      UsageError: two labels are the same, or a number is out of range.
    """

    tasks: tuple[TaskEntry, ...]
    """Each has a label, or there is one."""
    optimizers: tuple[OptimizerEntry, ...]
    """The first is the one that others are compared with."""
    seeds: int = 20
    """Runs of each optimizer on each task, with seeds 0, 1, …"""
    budget: float = 3600.0
    """Charged simulated seconds of each run."""
    target: float | None = None
    """Score whose time is reported; None lets the study choose one."""
    around: Around = field(default_factory=Around)
    """What is put around every optimizer."""
    fleet: int = 1
    """Robots that walk at the same time in each run."""

    def __post_init__(self) -> None:
        distinct("optimizer", self.optimizers)
        distinct("task", self.tasks)
        if len(self.tasks) > 1 and not all(task.label for task in self.tasks):
            raise UsageError("tasks: where there are several, each has a label.")
        for name in ("seeds", "fleet"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}={getattr(self, name)}: {name} must be at least 1.")
        if not (math.isfinite(self.budget) and self.budget > 0):
            raise UsageError(f"budget={self.budget:g}: budget must be finite and above 0 s.")
        if self.target is not None and not math.isfinite(self.target):
            raise UsageError(f"target={self.target:g}: target must be finite.")

    def runs(self, out: Path) -> list[Run]:
        """All runs, seed by seed: an interrupted experiment has all optimizers about equally far."""
        return [
            Run(task, entry, seed, self.budget, folder_of(task, out) / entry.label / f"seed-{seed}", self.around,
                self.fleet)
            for seed in range(self.seeds) for task in self.tasks for entry in self.optimizers
        ]  # fmt: skip


def folder_of(task: TaskEntry, out: Path) -> Path:
    """Where a task's runs and tables are; `out` itself if it's the only one and has no label."""
    return out / task.label if task.label else out
