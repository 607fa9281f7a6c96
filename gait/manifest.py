"""Manifest: what a run is, as plain data, and the task and settings that a manifest names."""

from __future__ import annotations

import operator
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from gait import __version__
from gait.errors import UsageError
from gait.optimizers.base import Optimizer, Settings
from gait.task import Task
from gait.tasks import make_task

LARGEST_FLEET = 1000


def check_seed(seed: int) -> int:
    """`seed` if it's a whole number from 0."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise UsageError(f"--seed {seed}: a seed is a whole number from 0.")
    return number


def manifest_of(
    task: Task, optimizer: str, settings: Settings, seed: int, budget: float, batches: int | None,
    packages: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """What a run is, as plain data; no wall times. Its results depend on versions of `packages`, too."""
    return {
        "task": task.name, "task_version": task.version, "fields": task.fields(), "optimizer": optimizer,
        "settings": asdict(settings), "seed": check_seed(seed), "budget": budget, "batches": batches,
        "score": f"{task.score_name} [{task.score_unit}]", "setup_seconds": task.setup_seconds,
        "fall_seconds": task.fall_seconds, "space": task.problem.space.describe(),
        "versions": versions(packages),
    }  # fmt: skip


def versions(packages: Sequence[str] = ()) -> dict[str, str]:
    """Versions that results may depend on, those of more packages with them."""
    found = {"gait": __version__, "python": platform.python_version(), "platform": platform.machine()}
    for name in ("mujoco", "numpy", "scipy", "cma", *packages):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def task_of(manifest: Mapping[str, Any], threads: int = 0) -> Task:
    """The task that a manifest names.

    Raises:
      UsageError: it's unknown here, of another version, or has other parameters.
    """
    task = make_task(manifest["task"], manifest["fields"], threads)
    if task.version != manifest["task_version"]:
        raise UsageError(
            f"the run is of version {manifest['task_version']} of task {task.name!r}; this is version {task.version}."
        )
    if task.problem.space.describe() != manifest["space"]:
        raise UsageError(f"the run's parameters are not those of task {task.name!r} here.")
    return task


def read_settings(cls: type[Optimizer], values: Mapping[str, Any]) -> Settings:
    """Settings from plain data: read as if typed, and so checked."""
    return cls.Settings.parse({k: str(v) for k, v in values.items()})


def fleet_entry(task: Task, fleet: int) -> dict[str, int]:
    """The manifest's entry for so many robots; none for one."""
    if not 1 <= fleet <= LARGEST_FLEET:
        raise UsageError(f"--fleet {fleet}: 1 to {LARGEST_FLEET} robots walk at the same time.")
    if fleet > 1 and task.carries:
        raise UsageError(f"--fleet {fleet}: {task.name} carries one walker on from trial to trial; its fleet is 1.")
    return {"fleet": fleet} if fleet > 1 else {}
