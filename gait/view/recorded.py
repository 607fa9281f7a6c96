"""Recorded trials of a run directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.files import read_npz
from gait.manifest import task_of
from gait.run_files import read_manifest
from gait.task import Recording, Task
from gait.trial import Ending, Trial


def read_recording(path: Path, name: str) -> Recording:
    """The recorded trial `start`, `recommended` or `reference` of a run directory.

    Raises:
      UsageError: it's missing or broken.
    """
    file = path / "recorded" / f"{name}.npz"
    try:
        data = read_npz(file)
        time, qpos, contacts = data["time"], data["qpos"], data["contacts"]
        extra = {key.removeprefix("extra."): values for key, values in data.items() if key.startswith("extra.")}
        ending, score, asked = Ending(str(data["ending"])), float(data["score"]), float(data["asked"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{file} is no recorded trial: {error}.") from None
    none = np.zeros(0)
    trial = Trial(0, score, float(time[-1]), 0.0, ending, none, none, none, none, asked)
    return Recording(trial, time, qpos, contacts.astype(bool), extra)


def task_and_model(path: Path) -> tuple[Task, Any]:
    """The task of a run directory, and the `mujoco.MjModel` that its recordings move.

    Raises:
      UsageError: it is no run, or its task has nothing to draw.
    """
    task = task_of(read_manifest(path))
    model = getattr(task, "model", None)
    if model is None:
        raise UsageError(f"task {task.name!r} has no model to draw.")
    return task, model
