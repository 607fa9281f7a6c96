"""The shelf of tasks: one file each, one line here."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from gait import registry
from gait.errors import UsageError
from gait.task import Task
from gait.tasks.exoskeleton import Exoskeleton
from gait.tasks.quadruped import Quadruped

TASKS: dict[str, type[Task]] = {Quadruped.name: Quadruped, Exoskeleton.name: Exoskeleton}
GROUP = "gait.tasks"


def find_task(name: str) -> type[Task]:
    """The task class of this name, here or in another package."""
    return registry.find("task", name, TASKS, GROUP)


def task_names() -> list[str]:
    """All registered names."""
    return registry.names(TASKS, GROUP)


def make_task(name: str, fields: Mapping[str, Any] | None = None, threads: int = 0) -> Task:
    """The task of this name with these fields.

    Raises:
      UsageError: the task or a field is unknown, or a field's value is refused.
    """
    cls = find_task(name)
    known = [p for p in inspect.signature(cls).parameters if p != "threads"]
    for field in fields or {}:
        if field not in known:
            listing = ", ".join(f"--{k}" for k in known) or "none"
            raise UsageError(f"task {name!r} has no --{field}; its fields: {listing}.")
    task = cls(**dict(fields or {}))
    task.threads = threads
    return task
