"""A film's clock: which moment of the trials each frame shows, and whether time runs slower there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SLOW = 0.25
"""Of real time."""
REPLAYED = 2
"""Strides that are shown again, slowly."""
LOOP_SECONDS = 3.0
"""A loop shows as many whole strides as fit."""


@dataclass(frozen=True, eq=False)
class Clock:
    """K frames, evenly spaced in the film."""

    moments: Array
    """(K,) what they show, since the trials began [s]."""
    slow: NDArray[np.bool_]
    """(K,) whether time runs at `SLOW` there."""
    seconds: float | None = None
    """How long a loop lasts; None for frames / fps."""


def real_time(seconds: float, fps: int) -> Clock:
    """From the trials' start to `seconds`, both shown."""
    frames = max(1, round(seconds * fps))
    return Clock(np.arange(frames + 1) / fps, np.zeros(frames + 1, bool))


def with_replay(clock: Clock, start: float, end: float, fps: int) -> Clock:
    """The clock, and then once more from `start` to `end` [s], slowly."""
    frames = max(1, round((end - start) / SLOW * fps))
    again = np.minimum(start + (np.arange(frames) + 1) * SLOW / fps, end)
    slow = np.concatenate([clock.slow, np.ones(frames, bool)])
    return Clock(np.concatenate([clock.moments, again]), slow)


def looped(start: float, end: float, fps: int, *, slow: bool = False) -> Clock:
    """From `start` up to, not including, `end` [s]: the frame after the last is the first again."""
    seconds = (end - start) / (SLOW if slow else 1.0)
    frames = max(2, round(seconds * fps))
    return Clock(start + np.arange(frames) * (end - start) / frames, np.full(frames, slow), seconds)


def whole_strides(stride: float | None, end: float) -> tuple[float, float]:
    """Start and end [s] of the last whole strides that fit into `LOOP_SECONDS`; of all there is without a stride."""
    if stride is None or stride > end:
        return 0.0, end
    strides = max(1, int(min(LOOP_SECONDS, end) / stride + 1e-6))
    return end - strides * stride, end
