"""Films of run directories: start, or reference, and recommendation side by side; or several runs in a race."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gait.durations import show_duration
from gait.errors import UsageError
from gait.run import load_run
from gait.run_files import read_manifest
from gait.task import Recording, Task
from gait.view.recorded import read_recording, task_and_model
from gait.view.styles import parse_styles

if TYPE_CHECKING:
    from gait.view.person import Walk


def render_run(
    path: Path, out: Path, styles: str = "", *, size: tuple[int, int] | None = None, fps: int | None = None
) -> Path:
    """Draw the recorded trials of the run in `path` into the film `out`; nothing is simulated again.

    A recording that tells muscles and torques is shown as a person on a treadmill, beside the task's reference.
    `styles` are names of `gait.view.styles.STYLES` with commas between, `size` is (width, height) in pixels.

    Raises:
      UsageError: the run isn't finished, a style is unknown or can't be drawn of it, there is no OpenGL, or `out`
        can't be written or ends in no known suffix.
    """
    from gait.view.formats import check_target
    from gait.view.gl import use_backend
    from gait.view.person import render_person, shows_a_person
    from gait.view.video import render_comparison

    chosen = parse_styles(styles)
    check_target(out)
    run = load_run(path)
    use_backend()
    task, model = task_and_model(path)
    r, after = run.result, read_recording(path, "recommended")
    card = (task.title, r["optimizer"], f"{show_duration(r['seconds']['charged'])} of simulated time spent")
    if shows_a_person(after):
        if chosen:
            raise UsageError(f"--style {styles}: a person's film has one style; styles are for legged robots.")
        name = "reference" if "reference" in r else "start"
        before = read_recording(path, name)
        with _bar() as progress:
            return render_person(
                model, *walks_of(r, name, before, after), out, card=card, size=size, fps=fps, progress=progress
            )
    before = read_recording(path, "start")
    lines = [f"{_validated(r[k], r['score_unit'])}, {r[k]['n']} trials" for k in ("start", "recommended")]
    with _bar() as progress:
        return render_comparison(
            model, before, after, out, card=card, subtitles=(lines[0], lines[1]), score_unit=task.score_unit,
            styles=chosen, size=size, fps=fps, progress=progress,
        )  # fmt: skip


def render_played(
    task: Task, before: Recording, after: Recording, out: Path, card: tuple[str, str, str], styles: str = ""
) -> Path:
    """Draw two trials that were just walked, the start and a policy, side by side into the film `out`.

    Raises:
      UsageError: a style is unknown or can't be drawn, the task is a person's, there is no OpenGL, or `out` can't be
        written or ends in no known suffix.
    """
    from gait.view.formats import check_target
    from gait.view.gl import use_backend
    from gait.view.person import shows_a_person
    from gait.view.video import render_comparison

    chosen = parse_styles(styles)
    check_target(out)
    if shows_a_person(after):
        raise UsageError(f"a person's film is of a run directory, not of a policy alone: gait render DIR --out {out}")
    use_backend()
    scores = (f"{r.trial.score or 0.0:.3f} {task.score_unit}, one held-out trial" for r in (before, after))
    with _bar() as progress:
        return render_comparison(
            getattr(task, "model", None), before, after, out, card=card, subtitles=(next(scores), next(scores)),
            score_unit=task.score_unit, styles=chosen, progress=progress,
        )  # fmt: skip


def render_race_of(paths: Sequence[Path], out: Path) -> Path:
    """Draw the recommended gaits of several runs racing in one scene into the film `out`; nothing is simulated.

    Raises:
      UsageError: a run isn't finished, they are not of one task and one walker, there are too few or too many,
        there is no OpenGL, or `out` can't be written.
    """
    from gait.view.formats import check_target
    from gait.view.gl import use_backend
    from gait.view.race import Contestant, render_race

    check_target(out)
    results = [load_run(path).result for path in paths]
    _check_same_walker(paths)
    use_backend()
    task, model = task_and_model(paths[0])
    contestants = [
        Contestant(read_recording(path, "recommended"), name, _validated(r["recommended"], r["score_unit"]))
        for path, name, r in zip(paths, race_names(paths, results), results, strict=True)
    ]
    longest = show_duration(max(r["seconds"]["charged"] for r in results))
    card = (task.title, f"{len(paths)} recommended gaits", f"at most {longest} of simulated time spent on each")
    with _bar() as progress:
        return render_race(model, contestants, out, title=task.title, card=card, progress=progress)


def race_names(paths: Sequence[Path], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to call each run: its optimizer, or its directory where an optimizer takes part more than once."""
    optimizers = [str(r["optimizer"]) for r in results]
    return [
        name if optimizers.count(name) == 1 else path.resolve().name
        for path, name in zip(paths, optimizers, strict=True)
    ]


def _check_same_walker(paths: Sequence[Path]) -> None:
    """Refuse runs of different tasks or robots."""
    first, *others = [(read_manifest(path), path) for path in paths]
    walker = ("robot", "participant")
    for manifest, path in others:
        for what, a, b in (
            ("task", first[0]["task"], manifest["task"]),
            *((key, first[0]["fields"].get(key), manifest["fields"].get(key)) for key in walker),
        ):
            if a != b:
                raise UsageError(f"a race is between runs of one {what}: {first[1]} has {a}, {path} has {b}.")


def _validated(quality: Mapping[str, Any], unit: str) -> str:
    return f"{quality['mean']:.3f} ± {quality['sd']:.3f} {unit}"


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
