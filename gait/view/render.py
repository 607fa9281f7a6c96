"""Video of a run directory: its recorded start and recommendation, side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gait.durations import show_duration
from gait.errors import UsageError
from gait.files import read_npz
from gait.ledger import read_manifest
from gait.run import load_run, task_of
from gait.task import Recording
from gait.trial import Ending, Trial


def render_run(path: Path, out: Path) -> Path:
    """Draw the recorded trials of the run in `path` into the video `out`; nothing is simulated again.

    Raises:
      UsageError: the run isn't finished, there is no OpenGL, or `out` can't be written or is no .mp4.
    """
    from gait.view.gl import use_backend
    from gait.view.mp4 import check_target
    from gait.view.video import render_comparison

    check_target(out)
    run = load_run(path)
    use_backend()
    task = task_of(read_manifest(path))
    model = getattr(task, "model", None)
    if model is None:
        raise UsageError(f"task {task.name!r} has no model to draw.")
    before, after = (read_recording(path, name) for name in ("start", "recommended"))
    r = run.result
    card = (task.title, r["optimizer"], f"{show_duration(r['seconds']['charged'])} of simulated time spent")
    lines = [
        f"{r[k]['mean']:.3f} ± {r[k]['sd']:.3f} {r['score_unit']}, {r[k]['n']} trials" for k in ("start", "recommended")
    ]
    with _bar() as progress:
        return render_comparison(
            model, before, after, out, card=card, subtitles=(lines[0], lines[1]), score_unit=task.score_unit,
            progress=progress,
        )  # fmt: skip


def read_recording(path: Path, name: str) -> Recording:
    """The recorded trial `start` or `recommended` of a run directory.

    Raises:
      UsageError: it's missing or broken.
    """
    file = path / "recorded" / f"{name}.npz"
    try:
        data = read_npz(file)
        time, qpos, contacts = data["time"], data["qpos"], data["contacts"]
        ending, score, asked = Ending(str(data["ending"])), float(data["score"]), float(data["asked"])
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{file} is no recorded trial: {error}.") from None
    none = np.zeros(0)
    trial = Trial(0, score, float(time[-1]), 0.0, ending, none, none, none, none, asked)
    return Recording(trial, time, qpos, contacts.astype(bool))


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        row: Any = bar.add_task("drawing", total=None)
        yield lambda done, total: bar.update(row, completed=done, total=total)
