"""Video of a run directory: its recorded start, or reference, and recommendation, side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gait.durations import show_duration
from gait.errors import UsageError
from gait.files import read_npz
from gait.ledger import read_manifest
from gait.manifest import task_of
from gait.run import load_run
from gait.task import Recording
from gait.trial import Ending, Trial

if TYPE_CHECKING:
    from gait.view.person import Walk


def render_run(path: Path, out: Path) -> Path:
    """Draw the recorded trials of the run in `path` into the video `out`; nothing is simulated again.

    A recording that tells muscles and torques is shown as a person on a treadmill, beside the task's reference.

    Raises:
      UsageError: the run isn't finished, there is no OpenGL, or `out` can't be written or is no .mp4.
    """
    from gait.view.gl import use_backend
    from gait.view.mp4 import check_target
    from gait.view.person import render_person, shows_a_person
    from gait.view.video import render_comparison

    check_target(out)
    run = load_run(path)
    use_backend()
    task = task_of(read_manifest(path))
    model = getattr(task, "model", None)
    if model is None:
        raise UsageError(f"task {task.name!r} has no model to draw.")
    r, after = run.result, read_recording(path, "recommended")
    card = (task.title, r["optimizer"], f"{show_duration(r['seconds']['charged'])} of simulated time spent")
    if shows_a_person(after):
        name = "reference" if "reference" in r else "start"
        before = read_recording(path, name)
        with _bar() as progress:
            return render_person(model, *walks_of(r, name, before, after), out, card=card, progress=progress)
    before = read_recording(path, "start")
    lines = [
        f"{r[k]['mean']:.3f} ± {r[k]['sd']:.3f} {r['score_unit']}, {r[k]['n']} trials" for k in ("start", "recommended")
    ]
    with _bar() as progress:
        return render_comparison(
            model, before, after, out, card=card, subtitles=(lines[0], lines[1]), score_unit=task.score_unit,
            progress=progress,
        )  # fmt: skip


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


def walks_of(result: Mapping[str, Any], name: str, before: Recording, after: Recording) -> tuple[Walk, Walk]:
    """The two walks of a person's film, with what a run's result says about them; `name` is what `before` is there."""
    from gait.view.person import Walk

    reference, recommended = result[name], result["recommended"]
    saving = result.get("true_saving") or result.get("estimated_saving") or {}
    saved = saving.get("mean")
    rate = f"{_rate(reference):.2f} W/kg", "net metabolic rate"
    change = f"{_rate(recommended):.2f} W/kg" if saved is None else f"{-100 * saved:+.1f} %".replace("-", "−")
    title = reference.get("name") or name
    return (
        Walk(before, title, _quality(reference), (rate, *_pace(reference))),
        Walk(after, "optimized", _quality(recommended), ((change, rate[1]), *_pace(recommended))),
    )


def _rate(quality: Mapping[str, Any]) -> float:
    """Mean net metabolic rate [W/kg]: the true one where the task tells it, else as measured."""
    true = quality.get("truth", {}).get("metabolic_rate")
    return float(-quality["mean"] if true is None else true)


def _quality(quality: Mapping[str, Any]) -> str:
    """The rate in words; its spread goes with the measured rate, not with the true one."""
    spread = "" if "metabolic_rate" in quality.get("truth", {}) else f" ± {quality['sd']:.2f}"
    fell = f", {quality['falls']} fell" if quality.get("falls") else ""
    return f"{_rate(quality):.2f}{spread} W/kg, {quality['n']} trials{fell}"


def _pace(quality: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Speed and stride time with their captions."""
    kinds = ("speed", "m/s", "speed"), ("stride_time", "s", "stride time")
    measures = quality["measures"]
    return tuple((f"{measures[k]:.2f} {unit}" if k in measures else "–", words) for k, unit, words in kinds)


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
