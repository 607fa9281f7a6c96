"""Strides of recorded walks: heel strikes, and the warp of one walk's time that lines its strides up with another's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gait.task import Recording
from gait.view.kinematics import touchdowns

Array = NDArray[np.float64]

LEFT, RIGHT = 0, 1
AIRBORNE = 0.15
"""A foot that was in the air for less did not strike, it bounced [s]."""
SHORTEST = 0.5
"""No stride is shorter [s]: a scuff in mid-swing is no heel strike."""


def heel_strikes(time: Array, contact: NDArray[np.bool_]) -> Array:
    """Moments [s] at which one foot begins a stride, given `contact` (F,) at `time` (F,)."""
    strikes: list[float] = []
    for t in touchdowns(time, contact, AIRBORNE):
        if not strikes or t - strikes[-1] >= SHORTEST:
            strikes.append(float(t))
    return np.array(strikes)


def warp(times: Array, own: Array, other: Array) -> Array:
    """Moments of another walk to be shown at `times` (K,) [s], so that its strikes fall on one's own.

    Strikes are paired from the last backwards; in between and beyond, time is stretched evenly. With fewer than two
    pairs the other walk is shown as it was, its last strike on one's own if both have one.

    Args:
      times: of one's own walk [s].
      own: its heel strikes, ascending (n,) [s].
      other: heel strikes of the other walk, ascending (m,) [s].
    """
    pairs = min(len(own), len(other))
    if pairs == 0:
        return times.copy()
    own, other = own[-pairs:], other[-pairs:]
    if pairs == 1:
        shifted: Array = times - own[0] + other[0]
        return shifted
    piece = np.clip(np.searchsorted(own, times, side="right") - 1, 0, pairs - 2)
    share = (times - own[piece]) / (own[piece + 1] - own[piece])
    warped: Array = other[piece] + share * (other[piece + 1] - other[piece])
    return warped


def until(strikes: Array, tail: float, end: float) -> Array:
    """The strikes after which the walk goes on for `tail` seconds before its `end` [s]; all if there are none such."""
    early: Array = strikes[strikes + tail <= end + 1e-9]
    return early if len(early) else strikes


@dataclass(frozen=True, eq=False)
class TorqueStrides:
    """One ankle's torque by phase, stride after stride."""

    time: Array
    """(F,) [s]"""
    phase: Array
    """(F,) of the device's clock, 0 … 1 and a little beyond; below 0 where the stride is lost"""
    torque: Array
    """(F,) [N·m/kg]"""
    first: NDArray[np.int64]
    """(F,) frame that begins the stride of each frame"""

    @classmethod
    def of(cls, recording: Recording, leg: int) -> TorqueStrides:
        """One leg's, from a recording with phases and torques."""
        phase, torque = recording.extra["phase"][:, leg], recording.extra["torque"][:, leg]
        begins = np.concatenate([[True], phase[1:] < phase[:-1] - 0.2])
        first = np.maximum.accumulate(np.where(begins, np.arange(len(phase)), 0))
        return cls(recording.time, phase, torque, first)

    def frame(self, moment: float) -> int:
        """The last frame recorded by a moment."""
        return max(0, int(np.searchsorted(self.time, moment + 1e-9, side="right")) - 1)

    def current(self, moment: float) -> tuple[Array, Array]:
        """Phases and torques of the stride that a moment is in, up to that moment; nothing where it is lost."""
        now = self.frame(moment)
        return self._part(int(self.first[now]), now + 1)

    def last(self, moment: float) -> tuple[Array, Array]:
        """Phases and torques of the whole stride before the one that a moment is in."""
        start = int(self.first[self.frame(moment)])
        return self._part(int(self.first[start - 1]), start) if start else self._part(0, 0)

    def _part(self, start: int, stop: int) -> tuple[Array, Array]:
        known = self.phase[start:stop] >= 0
        return np.minimum(self.phase[start:stop][known], 1.0), self.torque[start:stop][known]
