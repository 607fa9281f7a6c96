"""Videos of a person who wears an exoskeleton: without torque beside the optimized law, stride by stride."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.errors import UsageError
from gait.task import Recording
from gait.trial import Ending
from gait.view.clock import LOOP_SECONDS
from gait.view.film import open_film
from gait.view.formats import format_of
from gait.view.kinematics import finite, resample
from gait.view.layout import FALL_SECONDS, TITLE_SECONDS, Layout
from gait.view.panel import header, stamp, title_card
from gait.view.person_panel import FOOTER, PersonFooter, draw_key, draw_note
from gait.view.person_stage import PersonStage, Worn, worn_by
from gait.view.strides import LEFT, RIGHT, TorqueStrides, heel_strikes, until, warp

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

EXTRAS = ("activation", "torque", "phase")
"""What a recording of a person holds of each frame, besides positions and contacts."""
SECONDS = 10.0
"""Of walking that are shown."""


@dataclass(frozen=True, eq=False)
class Walk:
    """One side of the film: a recorded walk and what is known about it."""

    recording: Recording
    title: str
    subtitle: str = ""
    numbers: tuple[tuple[str, str], ...] = ()
    """Up to three, each with its caption."""


def shows_a_person(recording: Recording) -> bool:
    """Whether the recording holds what this film shows."""
    return all(name in recording.extra for name in EXTRAS)


def render_person(
    model: Any,
    reference: Walk,
    optimized: Walk,
    out: Path,
    *,
    card: Sequence[str],
    seconds: float = SECONDS,
    size: tuple[int, int] | None = None,
    fps: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a film of two walks of one person side by side, on treadmills, seen from the right.

    After a second of title card (the lines of `card`) the optimized walk's last `seconds` pass in real time; the
    reference's time is stretched from stride to stride, so that right heels strike together. Below each: numbers,
    torque over the stride, which feet are down. A .webp or .gif loops over the optimized walk's last whole strides.

    Raises:
      UsageError: `out` is no place for a film, `size` or `fps` make no video, a recording lacks `EXTRAS`, or there is
        no OpenGL to draw with.
    """
    kind = format_of(out)
    size, fps = size or kind.size, kind.fps if fps is None else fps
    layout = Layout(size=size, fps=fps, panes=2, below=FOOTER)
    walks = [_checked(walk) for walk in (reference, optimized)]
    lasts = None
    if kind.loops:
        shown, lasts = loop_schedule(walks[0].recording, walks[1].recording, fps)
    else:
        shown = schedule(walks[0].recording, walks[1].recording, seconds, fps)
    worn = _worn(model, walks)
    top = _axis(walks)
    frames = len(shown[0])
    with PersonStage(model, layout.view, worn) as stage, open_film(out, size, fps, lasts) as movie:
        panes = [
            _Pane(layout, stage, walk, moments, worn, top, note)
            for walk, moments, note in zip(walks, shown, ("stride-synchronised", "real time"), strict=True)
        ]
        for k in range(frames):
            frame = Image.new("RGB", size)
            for i, pane in enumerate(panes):
                frame.paste(pane.at(k), (i * (layout.pane[0] + layout.gap), 0))
            if k == 0 and not kind.loops:
                movie.add(title_card(frame, layout.scale, card), round(TITLE_SECONDS * fps))
            else:
                movie.add(frame)
            if progress is not None:
                progress(k + 1, frames)
    return out


def schedule(reference: Recording, optimized: Recording, seconds: float, fps: float) -> tuple[Array, Array]:
    """Moments (K,) [s] of the reference and of the optimized walk that the film's frames show.

    The optimized walk's last `seconds` up to a right heel strike pass in real time, or up to its fall and a while on.
    """
    own = heel_strikes(optimized.time, optimized.contacts[:, RIGHT])
    end, after = float(optimized.time[-1]), 0.0
    if optimized.trial.ending is not Ending.COMPLETED:
        after = FALL_SECONDS
    elif len(own):
        end = float(own[-1])
    start = max(float(optimized.time[0]), end - seconds)
    times = start + np.arange(max(1, round((end - start + after) * fps)) + 1) / fps
    other = heel_strikes(reference.time, reference.contacts[:, RIGHT])
    tail = float(times[-1] - own[-1]) if len(own) else 0.0
    return warp(times, own, until(other, tail, float(reference.time[-1]))), times


def loop_schedule(reference: Recording, optimized: Recording, fps: int) -> tuple[tuple[Array, Array], float | None]:
    """As `schedule`, of the optimized walk's last whole strides, and how long they last [s].

    Where it fell or made no stride it's the last seconds, and how long they last is left to the frames.
    """
    own = heel_strikes(optimized.time, optimized.contacts[:, RIGHT])
    if optimized.trial.ending is not Ending.COMPLETED or len(own) < 2:
        return schedule(reference, optimized, LOOP_SECONDS, fps), None
    fits = own[:-1][own[-1] - own[:-1] <= LOOP_SECONDS]
    seconds = float(own[-1] - (fits[0] if len(fits) else own[-2]))
    frames = max(2, round(seconds * fps))
    moments = schedule(reference, optimized, seconds, frames / seconds)
    return (moments[0][:frames], moments[1][:frames]), seconds


class _Pane:
    """One walk's part of the frame: header, picture, footer."""

    def __init__(
        self, layout: Layout, stage: PersonStage, walk: Walk, moments: Array, worn: Worn, top: float, note: str
    ) -> None:
        recording, self._layout, self._stage, self._note = walk.recording, layout, stage, note
        self._recording, self._moments = recording, np.clip(moments, recording.time[0], recording.time[-1])
        self._over = moments > recording.time[-1] + 1e-9
        self._fell = recording.trial.ending is not Ending.COMPLETED
        self._qpos = resample(stage.model, recording, self._moments)
        self._activation = _between(recording, "activation", self._moments)
        self._torque = _between(recording, "torque", self._moments)
        self._header = header((layout.pane[0], layout.header), layout.scale, walk.title, walk.subtitle)
        ankle = RIGHT if worn[RIGHT] or not worn[LEFT] else LEFT
        name = ("left", "right")[ankle]
        latest = np.clip(np.searchsorted(recording.time, self._moments + 1e-9, side="right") - 1, 0, None)
        self._footer = PersonFooter(
            (layout.pane[0], layout.footer),
            layout.scale,
            numbers=walk.numbers,
            caption=f"exoskeleton torque, {name} ankle [N·m/kg]" if any(worn) else "no exoskeleton [N·m/kg]",
            torque=TorqueStrides.of(recording, ankle),
            top=top,
            feet=(np.arange(len(moments)) / layout.fps, recording.contacts[latest] & ~self._over[:, None]),
        )

    def at(self, k: int) -> Image.Image:
        """This part of frame `k`."""
        layout, moment = self._layout, float(self._moments[k])
        picture = self._stage.draw(moment, self._qpos[k], self._activation[k], self._torque[k])
        draw_key(picture, layout.scale)
        draw_note(picture, layout.scale, self._note)
        if self._over[k] and self._fell:
            stamp(picture, layout.scale, f"{self._recording.trial.ending} at {self._recording.time[-1]:.1f} s")
        pane = Image.new("RGB", layout.pane)
        pane.paste(self._header, (0, 0))
        pane.paste(picture, (0, layout.header))
        pane.paste(self._footer.at(k / layout.fps, moment), (0, layout.header + layout.view[1]))
        return pane


def _checked(walk: Walk) -> Walk:
    if not shows_a_person(walk.recording):
        raise UsageError(f"the recording {walk.title!r} lacks {', '.join(EXTRAS)}: it is no person's.")
    return replace(walk, recording=finite(walk.recording))


def _between(recording: Recording, name: str, moments: Array) -> Array:
    """What was recorded under this name (K, n) at `moments` (K,) [s], linear in between."""
    return np.stack([np.interp(moments, recording.time, values) for values in recording.extra[name].T], axis=1)


def _worn(model: Any, walks: Sequence[Walk]) -> Worn:
    """Which ankles wear a device: the model shows it, or it pushes."""
    pushed = np.any([walk.recording.extra["torque"].any(axis=0) for walk in walks], axis=0)
    left, right = (bool(shown or pushes) for shown, pushes in zip(worn_by(model), pushed, strict=True))
    return left, right


def _axis(walks: Sequence[Walk]) -> float:
    """Top of the torque axis, the same for both [N·m/kg]."""
    most = max(float(walk.recording.extra["torque"].max()) for walk in walks)
    return max(0.2, math.ceil(most / 0.2 - 1e-9) * 0.2)
