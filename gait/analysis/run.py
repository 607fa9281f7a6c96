"""Analysis of a run directory: what its recorded start or recommendation does, as numbers and as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gait.analysis.report import analyze
from gait.analysis.traces import read_traces
from gait.errors import UsageError, unknown_name
from gait.manifest import task_of
from gait.robots.description import Robot
from gait.run import load_run
from gait.run_files import read_manifest
from gait.view.recorded import read_recording

WHICH = ("recommended", "start")
ENDINGS = (".png", ".pdf", ".svg")


def analyze_run(path: Path, which: str = "recommended", out: Path | None = None) -> dict[str, Any]:
    """Measure a recorded trial of the run in `path`, and draw it into `out`; nothing is simulated again.

    Args:
      path: a finished run's directory.
      which: `recommended` or `start`.
      out: the figure; None is gait.png in the run directory.

    Returns:
      `Analysis.describe()` with `title`, `which` and `figure`.

    Raises:
      UsageError: it's no finished run of a quadruped, the trial ended too early, or `out` can't be a figure.
    """
    if which not in WHICH:
        raise UsageError(unknown_name("recorded trial", which, WHICH))
    out = path / "gait.png" if out is None else out
    load_run(path)
    task = task_of(read_manifest(path))
    robot = getattr(task, "robot", None)
    if not isinstance(robot, Robot):
        raise UsageError(f"task {task.name!r} has no four-legged robot; gaits are analyzed of task 'quadruped'.")
    check_figure(out)
    recording = read_recording(path, which)
    analysis = analyze(recording, robot)
    traces = read_traces(recording, robot, analysis.footfalls.stride_period)
    title = f"{task.title} · {which}"
    from gait.analysis.plots import save_gait  # only here: it loads matplotlib

    save_gait(out, analysis, traces, title=title)
    return {"title": title, "which": which, "figure": str(out), **analysis.describe()}


def check_figure(out: Path) -> None:
    """Refuse what can't be a figure's file.

    Raises:
      UsageError: another ending, no such folder, or a folder's name.
    """
    if out.suffix.lower() not in ENDINGS:
        raise UsageError(f"--out {out}: a figure's name must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}.")
    if out.is_dir():
        raise UsageError(f"--out {out}: that is a folder.")
