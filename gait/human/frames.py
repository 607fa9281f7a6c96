"""Frames: what a walking person's recording is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gait.human.crowd import Crowd

Array = NDArray[np.float64]

SHOWN = 24.0
"""The last seconds of a recorded trial are kept."""
FRAME = 0.01
"""Seconds between two recorded frames."""


class Frames:
    """Frames of world 0 as they come in."""

    def __init__(self) -> None:
        self.time: list[float] = []
        self.qpos: list[Array] = []
        self.contacts: list[NDArray[np.bool_]] = []
        self.activation: list[Array] = []
        self.torque: list[Array] = []
        self.phase: list[Array] = []

    def add(self, crowd: Crowd) -> None:
        """Keep this moment."""
        s = crowd.state
        self.time.append(crowd.seconds(0))
        self.qpos.append(crowd.datas[0].qpos.copy())
        self.contacts.append(s.load[0].sum(axis=1) > 0.02)
        self.activation.append(s.activation[0].ravel().copy())
        self.torque.append(s.torque[0].copy())
        self.phase.append(crowd.phases(0))

    def extra(self) -> dict[str, Array]:
        """Activations (F, 14), torques (F, 2) [N·m/kg] and stride phases (F, 2), left then right."""
        return {name: np.array(getattr(self, name)) for name in ("activation", "torque", "phase")}
