"""Videos of recorded trials: start and recommendation side by side, on one clock, in real time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.errors import UsageError
from gait.task import Recording
from gait.view.clock import REPLAYED, Clock, looped, real_time, whole_strides, with_replay
from gait.view.film import open_film
from gait.view.formats import format_of
from gait.view.kinematics import FEET, finite
from gait.view.layout import TITLE_SECONDS
from gait.view.pane import LONG_TRAIL, Film, Pane, Shot
from gait.view.panel import FOOTER, LEG_COLOURS, title_card
from gait.view.rhythm import stride_period
from gait.view.stage import Motion, Stage, prepare
from gait.view.strip_panel import STRIP_FOOTER

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called after each frame with the frames done and the frames in all."""

_NO_STRIDE = 0.5
"""Replayed of who never found a stride, twice [s]."""


def render_comparison(
    model: Any,
    before: Recording,
    after: Recording,
    out: Path,
    *,
    card: Sequence[str],
    titles: tuple[str, str] = ("start", "recommended"),
    subtitles: tuple[str, str] = ("", ""),
    score_unit: str = "m/s",
    feet: Sequence[str] = FEET,
    styles: Collection[str] = (),
    size: tuple[int, int] | None = None,
    fps: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a film of two trials side by side: same camera rule, same clock, real speed.

    An mp4 lasts one second of title card (the lines of `card`) and then as long as the longer trial; the other's
    last frame stays, with the reason. A trial that fell is held for a second. Below each: speed (or score) so
    far, distance along x, time, and which feet are down. A .webp or .gif loops over the last whole strides of
    `after`. `size` is (width, height) in pixels, `feet` the foot sites in the recordings' order, `model` an
    `mujoco.MjModel`, left as it is; `styles` are names of `styles.STYLES`.

    Raises:
      UsageError: `out` is no place for a film, `size` or `fps` make no video, a foot has no site, a recording
        lacks what a style draws, or there is no OpenGL to draw with.
    """
    recordings = finite(before), finite(after)
    shots = [Shot(*each) for each in zip(recordings, titles, subtitles, strict=True)]
    film = _film(out, shots, score_unit, feet, styles, size, fps)
    return _render(model, shots, film, out, card, progress)


def render_single(
    model: Any,
    recording: Recording,
    out: Path,
    *,
    card: Sequence[str],
    title: str,
    subtitle: str = "",
    score_unit: str = "m/s",
    feet: Sequence[str] = FEET,
    styles: Collection[str] = (),
    size: tuple[int, int] | None = None,
    fps: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a film of one trial, in the manner of `render_comparison`; raises as it does."""
    shots = [Shot(finite(recording), title, subtitle)]
    film = _film(out, shots, score_unit, feet, styles, size, fps)
    return _render(model, shots, film, out, card, progress)


def _film(
    out: Path,
    shots: Sequence[Shot],
    unit: str,
    feet: Sequence[str],
    styles: Collection[str],
    size: tuple[int, int] | None,
    fps: int | None,
) -> Film:
    kind = format_of(out)
    if "forces" in styles:
        for shot in shots:
            if "loads" not in shot.recording.extra:
                raise UsageError(
                    f"--style forces: the recording {shot.title!r} holds no loads of the feet; "
                    "it was made before they were recorded."
                )
    return Film(
        size=size or kind.size,
        fps=kind.fps if fps is None else fps,
        panes=len(shots),
        below=STRIP_FOOTER if "strip" in styles else FOOTER,
        score_unit=unit,
        feet=tuple(feet),
        styles=frozenset(styles),
    )


def _render(
    model: Any, shots: Sequence[Shot], film: Film, out: Path, card: Sequence[str], progress: Progress | None
) -> Path:
    axis = max(float(shot.recording.time[-1]) for shot in shots)
    loops = format_of(out).loops
    clock = clock_of(model, shots, film, loops)
    frames = len(clock.moments)
    with (
        Stage(model, film.view, LEG_COLOURS, film.marks) as stage,
        open_film(out, film.size, film.fps, clock.seconds) as movie,
    ):
        panes = [Pane(film, stage, shot, motion_of(model, shot, film, clock), axis) for shot in shots]
        for k in range(frames):
            frame = Image.new("RGB", film.size)
            for i, pane in enumerate(panes):
                frame.paste(pane.at(k, slow=bool(clock.slow[k])), (i * (film.pane[0] + film.gap), 0))
            if k == 0 and not loops:
                movie.add(title_card(frame, film.scale, card), round(TITLE_SECONDS * film.fps))
            else:
                movie.add(frame)
            if progress is not None:
                progress(k + 1, frames)
    return out


def clock_of(model: Any, shots: Sequence[Shot], film: Film, loops: bool) -> Clock:
    """The film's clock: all of the trials, and with `slow` their last strides again; a loop shows whole strides."""
    last = shots[-1].recording
    slow = "slow" in film.styles
    if loops:
        start, end = whole_strides(stride_period(model, last), float(last.time[-1]))
        return looped(start, end, film.fps, slow=slow)
    clock = real_time(max(shot.seconds for shot in shots), film.fps)
    if not slow:
        return clock
    end = max(float(shot.recording.time[-1]) for shot in shots)
    strides = [stride_period(model, shot.recording) or _NO_STRIDE for shot in shots]
    return with_replay(clock, max(0.0, end - REPLAYED * max(strides)), end, film.fps)


def motion_of(model: Any, shot: Shot, film: Film, clock: Clock) -> Motion:
    """A shot's motion by the film's clock; the camera follows as it does in real time."""
    whole = real_time(shot.seconds, film.fps).moments
    plain = clock.seconds is None and not clock.slow.any()
    motion = prepare(model, shot.recording, clock.moments if plain else whole, film.feet)
    if "trails" in film.styles:
        motion = replace(motion, stride=LONG_TRAIL * (stride_period(model, shot.recording) or motion.stride))
    return motion if plain else motion.shown_at(model, clock.moments)
