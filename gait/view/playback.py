"""Playing a recorded motion again and again: where it stands as time passes, and where every body is then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.task import Recording
from gait.view.kinematics import finite

Array = NDArray[np.float64]

SLOWEST, FASTEST = 0.1, 2.0
"""Speeds that can be chosen, of real time."""


@dataclass
class Playback:
    """A position in a motion of `seconds` that starts again when it is over.

    Raises:
      ValueError: it lasts no time.
    """

    seconds: float
    now: float = 0.0
    speed: float = 1.0
    playing: bool = True

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"a motion must last more than 0 s, got {self.seconds}")

    def advance(self, passed: float) -> float:
        """The position after `passed` seconds more of real time; where it was if it's paused."""
        if self.playing:
            self.now = (self.now + passed * self.speed) % self.seconds
        return self.now

    def seek(self, moment: float) -> None:
        """Go on from this moment [s]."""
        self.now = min(max(moment, 0.0), self.seconds)


@dataclass(frozen=True, eq=False)
class Poses:
    """Where every body of a model is at F recorded moments."""

    time: Array
    """(F,) [s]"""
    qpos: Array
    """(F, nq)"""
    places: Array = field(repr=False)
    """(F, bodies, 3) [m]"""
    frames: Array = field(repr=False)
    """(F, bodies, 3, 3) rotation matrices"""

    @property
    def seconds(self) -> float:
        """How long the motion lasts [s]."""
        return float(self.time[-1] - self.time[0])

    def index(self, moment: float) -> int:
        """The frame shown `moment` seconds after the first."""
        return int(np.clip(np.searchsorted(self.time, self.time[0] + moment, side="right") - 1, 0, len(self.time) - 1))


def poses_of(model: Any, recording: Recording) -> Poses:
    """Forward kinematics of a recording; nothing is simulated.

    Raises:
      UsageError: nothing of it can be drawn.
    """
    import mujoco

    recording, data = finite(recording), mujoco.MjData(model)
    places = np.empty((len(recording.qpos), model.nbody, 3))
    frames = np.empty((len(recording.qpos), model.nbody, 3, 3))
    for k, qpos in enumerate(recording.qpos):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        places[k], frames[k] = data.xpos, data.xmat.reshape(-1, 3, 3)
    return Poses(recording.time, recording.qpos, places, frames)
