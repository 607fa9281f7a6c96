"""Videos of recorded trials: start and recommendation side by side, on one clock, in real time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.task import Recording
from gait.trial import Ending
from gait.view.kinematics import FEET, finite
from gait.view.layout import FALL_SECONDS, TITLE_SECONDS, Layout
from gait.view.mp4 import Movie, check_target
from gait.view.panel import LEG_COLOURS, Footer, header, stamp, title_card
from gait.view.stage import Motion, Stage, prepare

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Called after each frame with the frames done and the frames in all."""

_SETTLED = 0.5
"""An average over less than this says nothing [s]."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One trial to be shown: its recording, its name, and what is known about it."""

    recording: Recording
    title: str
    subtitle: str

    @property
    def seconds(self) -> float:
        """How long this trial needs to be shown [s]."""
        fell = self.recording.trial.ending is not Ending.COMPLETED
        return float(self.recording.time[-1]) + (FALL_SECONDS if fell else 0.0)


@dataclass(frozen=True, kw_only=True)
class Film(Layout):
    """What all panes have in common."""

    score_unit: str
    feet: tuple[str, ...]


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
    size: tuple[int, int] = (1280, 720),
    fps: int = 30,
    progress: Progress | None = None,
) -> Path:
    """Write an mp4 of two trials side by side: same camera rule, same clock, real speed.

    It lasts one second of title card (the lines of `card`) and then as long as the longer trial; the other's
    last frame stays, with the reason. A trial that fell is held for a second. Below each: speed (or score) so
    far, distance along x, time, and which feet are down. `size` is (width, height) in pixels, `feet` the foot
    sites in the recordings' order, `model` an `mujoco.MjModel`, left as it is.

    Raises:
      UsageError: `out` is no place for an mp4, `size` or `fps` make no video, a foot has no site, or there is
        no OpenGL to draw with.
    """
    recordings = finite(before), finite(after)
    shots = [Shot(*each) for each in zip(recordings, titles, subtitles, strict=True)]
    film = Film(size=size, fps=fps, panes=len(shots), score_unit=score_unit, feet=tuple(feet))
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
    size: tuple[int, int] = (1280, 720),
    fps: int = 30,
    progress: Progress | None = None,
) -> Path:
    """Write an mp4 of one trial, in the manner of `render_comparison`; raises as it does."""
    shots = [Shot(finite(recording), title, subtitle)]
    film = Film(size=size, fps=fps, panes=len(shots), score_unit=score_unit, feet=tuple(feet))
    return _render(model, shots, film, out, card, progress)


def _render(
    model: Any, shots: Sequence[Shot], film: Film, out: Path, card: Sequence[str], progress: Progress | None
) -> Path:
    check_target(out)
    axis = max(float(shot.recording.time[-1]) for shot in shots)
    frames = max(1, round(max(shot.seconds for shot in shots) * film.fps))
    times = np.arange(frames + 1) / film.fps
    with Stage(model, film.view, LEG_COLOURS) as stage, Movie(out, film.size, film.fps) as movie:
        panes = [Pane(film, stage, s, prepare(model, s.recording, times, film.feet), axis) for s in shots]
        for k in range(frames + 1):
            frame = Image.new("RGB", film.size)
            for i, pane in enumerate(panes):
                frame.paste(pane.at(k), (i * (film.pane[0] + film.gap), 0))
            if k == 0:
                movie.add(title_card(frame, film.scale, card), round(TITLE_SECONDS * film.fps))
            else:
                movie.add(frame)
            if progress is not None:
                progress(k + 1, frames + 1)
    return out


class Pane:
    """One trial's part of the frame: header, picture, footer."""

    def __init__(self, film: Film, stage: Stage, shot: Shot, motion: Motion, axis: float) -> None:
        """`axis` is how many seconds the gait strip has room for."""
        self._film, self._stage, self._motion = film, stage, motion
        self._header = header((film.pane[0], film.header), film.scale, shot.title, shot.subtitle)
        caption = "average so far" if film.score_unit == "m/s" else "score so far"
        self._footer = Footer(
            shot.recording,
            axis,
            (film.pane[0], film.footer),
            film.scale,
            captions=(caption, "distance", "time"),
            legs=[name.removesuffix("_foot") for name in film.feet],
        )
        self._still: Image.Image | None = None
        # a completed trial that lacks less than a frame has not ended early
        completed = shot.recording.trial.ending is Ending.COMPLETED
        self._early = not completed or motion.end < axis - 1.0 / film.fps

    def at(self, k: int) -> Image.Image:
        """This part of frame `k`."""
        if self._still is not None:
            return self._still
        film, end = self._film, self._motion.end
        time = float(self._motion.times[k])
        picture = self._stage.draw(self._motion, k)
        if time > end and self._early:
            stamp(picture, film.scale, self._reason())
        pane = Image.new("RGB", film.pane)
        pane.paste(self._header, (0, 0))
        pane.paste(picture, (0, film.header))
        now = min(time, end)
        pane.paste(self._footer.at(now, self._numbers(now)), (0, film.header + film.view[1]))
        if time > end:
            self._still = pane  # nothing moves any more
        return pane

    def _reason(self) -> str:
        ending = self._motion.recording.trial.ending
        return f"{'ended' if ending is Ending.COMPLETED else ending} at {self._motion.end:.1f} s"

    def _numbers(self, now: float) -> tuple[str, str, str]:
        distance = self._motion.distance(now)
        return self._score(now, distance), f"{distance:.2f} m", f"{now:.1f} s"

    def _score(self, now: float, distance: float) -> str:
        unit = self._film.score_unit
        if unit == "m/s":
            return f"{distance / now:.2f} m/s" if now >= _SETTLED else "– m/s"
        progress = self._motion.recording.trial.progress
        whole = min(int(now), len(progress))
        return f"{progress[whole - 1]:.2f} {unit}" if whole else f"– {unit}"
