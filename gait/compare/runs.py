"""Run of an experiment: one optimizer on one task with one seed, as plain data that any process can walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gait.around import Around
from gait.compare.entries import OptimizerEntry, TaskEntry
from gait.errors import UsageError
from gait.files import read_json
from gait.run import optimize, resume

NOT_ALWAYS: dict[str, Any] = {"around": {}, "fleet": 1}
"""What a run writes of itself only where it isn't this."""


@dataclass(frozen=True)
class Run:
    """One run; what is there of it is gone on with."""

    task: TaskEntry
    optimizer: OptimizerEntry
    seed: int
    budget: float
    """Charged simulated seconds."""
    place: Path
    """The run directory."""
    around: Around = field(default_factory=Around)
    fleet: int = 1

    @property
    def name(self) -> str:
        """What tells it from an experiment's others: TASK/OPTIMIZER/seed-K."""
        return "/".join(word for word in (self.task.label, self.optimizer.label, f"seed-{self.seed}") if word)

    @property
    def finished(self) -> bool:
        """Whether it has a result."""
        return (self.place / "result.json").exists()

    def at(self, place: Path) -> Run:
        """The same run in another directory."""
        return replace(self, place=place)

    def __call__(self, threads: int = 1) -> None:
        """Walk it, or what is left of it, on so many physics threads.

        Raises:
          KeyboardInterrupt: it was interrupted; what it recorded is kept.
        """
        if self.finished:  # but its process died before it could tell
            return
        if (self.place / "run.json").exists():
            resume(self.place, progress=False, threads=threads)
        else:
            optimize(
                self.task.make(threads), self.optimizer.name, budget=self.budget, seed=self.seed, out=self.place,
                settings=self.optimizer.parse(), around=self.around, fleet=self.fleet, progress=False,
            )  # fmt: skip
        if not self.finished:
            raise KeyboardInterrupt  # only an interrupt ends a run early without an error

    def check_kept(self, task: Mapping[str, Any]) -> None:
        """Refuse a directory that holds another run; `task` is what the task is in full.

        Raises:
          UsageError: it does; names what differs.
        """
        asked = {
            **task, "budget": self.budget, "around": self.around.describe(), "fleet": self.fleet,
            "optimizer": self.optimizer.name, "settings": self.optimizer.settings, "seed": self.seed,
        }  # fmt: skip
        for file in ("run.json", "result.json"):
            check_same(self.place, file, asked)


def check_same(directory: Path, file: str, asked: Mapping[str, Any]) -> None:
    """Refuse a directory whose file says other than what is asked, as far as it says anything of it.

    Raises:
      UsageError: it does; names what differs.
    """
    path = directory / file
    if not path.exists():
        return
    made = {**NOT_ALWAYS, **read_json(path)}
    for key in asked:
        if key in made and made[key] != asked[key]:
            what, was, now = _difference(key, made[key], asked[key])
            cure = " or another label, LABEL=NAME:SETTING=VALUE" if key in ("optimizer", "settings") else ""
            raise UsageError(f"{directory} was made with {what} {was}, not {now}. Choose another --out{cure}.")


def _difference(key: str, was: Any, now: Any) -> tuple[str, Any, Any]:
    """The first part that differs, and how it's called."""
    if isinstance(was, dict) and isinstance(now, dict):
        part = next(k for k in (*now, *was) if was.get(k, "unset") != now.get(k, "unset"))
        return _difference(f"{key}.{part}", was.get(part, "unset"), now.get(part, "unset"))
    return key, was, now
