"""One trial's part of a film: what it shows, and header, picture and footer frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from gait.task import Recording
from gait.trial import Ending
from gait.view.layout import FALL_SECONDS, Layout
from gait.view.marks import Marks
from gait.view.panel import Footer, badge, header, note, stamp
from gait.view.stage import Motion, Stage
from gait.view.strip_panel import StripFooter

LONG_TRAIL = 3
"""Strides that a trail of the style `trails` is long."""
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
    styles: frozenset[str] = frozenset()

    @property
    def marks(self) -> Marks:
        """What the styles draw into the pictures."""
        trails = "trails" in self.styles
        return Marks(LONG_TRAIL if trails else 1, trunk=trails, forces="forces" in self.styles)


class Pane:
    """One trial's part of the frame: header, picture, footer."""

    def __init__(self, film: Film, stage: Stage, shot: Shot, motion: Motion, axis: float) -> None:
        """`axis` is how many seconds the gait strip has room for."""
        self._film, self._stage, self._motion = film, stage, motion
        self._header = header((film.pane[0], film.header), film.scale, shot.title, shot.subtitle)
        caption = "average so far" if film.score_unit == "m/s" else "score so far"
        below = StripFooter if "strip" in film.styles else Footer
        self._footer = below(
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

    def at(self, k: int, slow: bool = False) -> Image.Image:
        """This part of frame `k`, in which time may run slowly."""
        film, end = self._film, self._motion.end
        time = float(self._motion.times[k])
        if self._still is not None and time > end and not slow:
            return self._still
        picture = self._stage.draw(self._motion, k)
        if time > end and self._early:
            stamp(picture, film.scale, self._reason())
        if film.marks.forces:
            note(picture, film.scale, "force: an arrow as tall as the robot is its weight")
        if slow:
            badge(picture, film.scale, "¼ speed")
        pane = Image.new("RGB", film.pane)
        pane.paste(self._header, (0, 0))
        pane.paste(picture, (0, film.header))
        now = min(time, end)
        pane.paste(self._footer.at(now, self._numbers(now)), (0, film.header + film.view[1]))
        if time > end and not slow:
            self._still = pane  # nothing moves any more
        return pane

    def _reason(self) -> str:
        ending = self._motion.recording.trial.ending
        return f"{'ended' if ending is Ending.COMPLETED else ending} at {self._motion.end:.1f} s"

    def _numbers(self, now: float) -> tuple[str, str, str]:
        distance = self._motion.distance(now)
        return self._score(now, distance), f"{distance:z.2f} m", f"{now:.1f} s"

    def _score(self, now: float, distance: float) -> str:
        unit = self._film.score_unit
        if unit == "m/s":
            return f"{distance / now:.2f} m/s" if now >= _SETTLED else "– m/s"
        progress = self._motion.recording.trial.progress
        whole = min(int(now), len(progress))
        return f"{progress[whole - 1]:.2f} {unit}" if whole else f"– {unit}"
