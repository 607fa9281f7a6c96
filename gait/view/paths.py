"""Foot paths of a run directory: commanded beside walked, start beside recommendation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.manifest import task_of
from gait.run import load_run
from gait.run_files import read_manifest
from gait.view.foot_paths import AFTER, BEFORE, FootPath, draw_foot_paths
from gait.view.kinematics import hip_paths, last_strides
from gait.view.recorded import read_recording

SIDES = ((0, "front left foot"), (2, "hind left foot"))
"""Legs that are drawn: a trot's right legs do the same half a stride later."""


def save_foot_paths(path: Path, out: Path) -> Path:
    """Draw the foot paths of the recorded trials of the run in `path` into the picture `out`.

    Raises:
      UsageError: the run isn't finished, or its task has no foot paths, or it recommends a feedback policy.
    """
    from matplotlib.figure import Figure

    run, task = load_run(path), task_of(read_manifest(path))
    controller, model = getattr(task, "controller", None), getattr(task, "model", None)
    if controller is None or model is None:
        raise UsageError(f"task {task.name!r} has no foot paths to draw.")
    if run.result["recommended"]["parameters"] is None:
        raise UsageError(f"{path} recommends a feedback policy: its foot paths change from stride to stride.")
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    drawn: dict[int, list[FootPath]] = {leg: [] for leg, _ in SIDES}
    for name, colour in (("start", BEFORE), ("recommended", AFTER)):
        recording = read_recording(path, name)
        walked = hip_paths(model, recording)
        values = np.array(list(run.result[name]["parameters"].values()))
        locus = 100 * controller.foot_targets(values, np.linspace(0, 1, 200))
        for leg, _ in SIDES:
            strides = last_strides(recording, leg)
            commanded: NDArray[np.float64] = locus[:, leg][:, [0, 2]]
            drawn[leg].append(FootPath(name, walked[strides, leg], commanded, colour))
    for (leg, title), ax in zip(SIDES, figure.subplots(1, 2), strict=True):
        draw_foot_paths(ax, drawn[leg], title=title)
    figure.savefig(out, dpi=150)
    return out
