"""Weights: a trained policy as one file of plain arrays, which acts wherever numpy is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.files import read_npz, write_npz
from gait.policy import Policy, read_policy
from gait.task import Task

ARRAY = "policy."
"""What the names of the policy's arrays begin with."""
ABOUT: dict[str, type] = {"kind": str, "task": str, "task_version": str, "fields": dict, "features": list,
                          "parameters": list}  # fmt: skip
"""What else is told, as JSON, and of which type."""


@dataclass(frozen=True)
class Weights:
    """A policy, and what it was made for."""

    policy: Policy
    task: str
    """Name of the task."""
    task_version: str
    fields: dict[str, Any]
    """The fields that make the task again."""
    features: tuple[str, ...]
    """Names of what the policy sees, with units."""
    parameters: tuple[str, ...]
    """Names of the numbers of its action."""


def write_weights(path: Path, policy: Policy, task: Task) -> None:
    """Write a policy of a task: an array `policy.NAME` each, and `about`, a line of JSON."""
    about = {"kind": policy.kind, "task": task.name, "task_version": task.version, "fields": task.fields(),
             "features": list(task.problem.features), "parameters": task.problem.space.names}  # fmt: skip
    arrays = {f"{ARRAY}{name}": a for name, a in policy.arrays().items()}
    write_npz(path, {"about": np.array(json.dumps(about)), **arrays})


def read_weights(path: Path) -> Weights:
    """What `write_weights` wrote; nothing in the file is run.

    Raises:
      UsageError: it can't be read or is something else.
    """
    try:
        found = read_npz(path)
        about = json.loads(str(found["about"]))
        wrong = [name for name, kind in ABOUT.items() if not isinstance(about.get(name), kind)]
        if wrong:
            raise ValueError(f"it tells no {', '.join(wrong)}")
    except (ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is no policy's weights: {str(error).rstrip('.')}.") from None
    arrays = {name.removeprefix(ARRAY): a for name, a in found.items() if name.startswith(ARRAY)}
    policy = read_policy({**arrays, "kind": about["kind"]})
    features, parameters = (tuple(str(name) for name in about[key]) for key in ("features", "parameters"))
    return Weights(policy, about["task"], about["task_version"], about["fields"], features, parameters)
