"""A race: the recommended gaits of several runs side by side in one scene, on one clock, drawn from recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.errors import UsageError
from gait.task import Recording
from gait.trial import Ending
from gait.view.clock import real_time
from gait.view.film import open_film
from gait.view.formats import format_of
from gait.view.kinematics import finite, walker_size
from gait.view.lanes import WIDTH, Chase, Runner, chase, line_up, steady
from gait.view.layout import FALL_SECONDS, TITLE_SECONDS
from gait.view.panel import HEADER, HEIGHT, header, title_card
from gait.view.race_panel import PANEL, Entry, draw_metres, draw_names, draw_ranking
from gait.view.race_stage import COLOURS, FOVY, RaceStage
from gait.view.stage import smooth

Array = NDArray[np.float64]

FEWEST, MOST = 2, 9
ANGLES = 100.0, -26.0
"""The camera looks at the runners' right side, from above [deg]."""
NAME_BEHIND, NAME_ROOM = 0.6, 1.8
"""Where a runner's name ends behind its middle, and where the picture must reach, in lengths of the walker."""
NAME_HEIGHT = 0.36
"""Of a runner's name over the floor, in heights of the walker."""
FINISH_SECONDS = 1.5
"""The last picture stays for so long."""
SMOOTHING = 0.8
"""Width of the Gaussian that the camera's motion is smoothed by [s]."""


@dataclass(frozen=True, eq=False)
class Contestant:
    """A recorded gait, its name, and what is known about it."""

    recording: Recording
    name: str
    about: str = ""


def render_race(
    model: Any,
    contestants: Sequence[Contestant],
    out: Path,
    *,
    title: str,
    card: Sequence[str],
    size: tuple[int, int] | None = None,
    fps: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a film of 2 to 9 gaits of one model racing along x in their lanes, with the ranking beside them.

    An mp4 begins with a second of title card (the lines of `card`); a .webp or .gif shows the race again and again.
    `size` is (width, height) in pixels, `model` an `mujoco.MjModel`, left as it is.

    Raises:
      UsageError: there are too few or too many, the walkers stay in their place, `out` is no place for a film,
        or there is no OpenGL to draw with.
    """
    if not FEWEST <= len(contestants) <= MOST:
        raise UsageError(f"a race of {len(contestants)}: {FEWEST} to {MOST} take part.")
    kind = format_of(out)
    (width, height), fps = size or kind.size, fps or kind.fps
    scale = height / HEIGHT
    top, side = round(HEADER * scale), round(PANEL * scale)
    times = real_time(max(_seconds(c.recording) for c in contestants), fps).moments
    scene = RaceScene(model, contestants, times, (width - side, height - top))
    strip = header((width, top), scale, title, "recommended gaits, real time")
    with scene.stage as stage, open_film(out, (width, height), fps) as movie:
        for k, now in enumerate(times):
            frame = Image.new("RGB", (width, height))
            frame.paste(strip, (0, 0))
            frame.paste(scene.picture(stage, k, scale), (0, top))
            frame.paste(draw_ranking((side, height - top), scale, now, scene.entries(k)), (width - side, top))
            first = k == 0 and not kind.loops
            last = k == len(times) - 1
            movie.add(title_card(frame, scale, card), round(TITLE_SECONDS * fps)) if first else movie.add(
                frame, 1 + round(FINISH_SECONDS * fps) * last
            )
            if progress is not None:
                progress(k + 1, len(times))
    return out


def _seconds(recording: Recording) -> float:
    fell = recording.trial.ending is not Ending.COMPLETED
    return float(finite(recording).time[-1]) + (FALL_SECONDS if fell else 0.0)


class RaceScene:
    """The runners in their lanes, the camera that follows them, and what is said of them, frame by frame."""

    def __init__(self, model: Any, contestants: Sequence[Contestant], times: Array, size: tuple[int, int]) -> None:
        self._contestants, self._times = contestants, times
        self._length, self._height = walker_size(model)
        self._width = WIDTH * self._length
        names = [c.name for c in contestants]
        self.runners = line_up(model, names, [c.recording for c in contestants], times, self._width)
        step = float(times[1] - times[0])
        self.camera = self._chase(model, size[0] / size[1], step)
        self.stage = RaceStage(model, size, self.runners, self._width, ANGLES)

    def picture(self, stage: RaceStage, k: int, scale: float) -> Image.Image:
        """The runners at moment `k`, with their names and the metres."""
        picture, at = stage.draw(self.camera, k), partial(self.camera.project, k)
        near = min(r.lane for r in self.runners) - 0.62 * self._width
        reach = int(max(float(r.distance.max()) for r in self.runners)) + 2
        marks = [(*at(np.array([m, near, 0.0])), f"{m} m" if m else "start") for m in range(reach)]
        draw_metres(picture, scale, marks)
        tail = np.array([-NAME_BEHIND * self._length, 0.0, NAME_HEIGHT * self._height])
        places = [at(np.array([*r.track[k, :2], 0.0]) + tail) for r in self.runners]
        draw_names(picture, scale, places, list(zip([r.name for r in self.runners], COLOURS, strict=False)))
        return picture

    def entries(self, k: int) -> list[Entry]:
        """What the ranking says at moment `k`."""
        now = float(self._times[k])
        return [
            Entry(r.name, c.about, colour, float(r.distance[k]), _fate(r, now))
            for r, c, colour in zip(self.runners, self._contestants, COLOURS, strict=False)
        ]

    def _chase(self, model: Any, aspect: float, step: float) -> Chase:
        """A camera that keeps everybody in sight, from floor to name."""
        tracks = np.stack([r.track for r in self.runners], axis=1)
        low, high, tail = tracks.copy(), tracks.copy(), tracks.copy()
        low[..., 2], high[..., 2] = 0.0, self._height
        tail[..., 0] -= NAME_ROOM * self._length
        points = np.concatenate([low, high, tail], axis=1)
        camera = chase(points, 0.6 * self._length, ANGLES, FOVY, aspect)
        return steady(camera, partial(smooth, sigma=SMOOTHING / step))


def _fate(runner: Runner, now: float) -> str:
    ending = runner.recording.trial.ending
    return f"{ending} at {runner.end:.1f} s" if ending is not Ending.COMPLETED and now > runner.end else ""
