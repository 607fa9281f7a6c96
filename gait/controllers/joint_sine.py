"""Sine waves in joint space: what robots without inverse kinematics have walked with.

In the manner of the sine model that QuadraTot compared its optimizers on (Yosinski et al., ECAL 2011): every leg's hip
swings as a cosine, and its knee folds as a sine that leads it. Which joint swings, folds or spreads, and which way is
forward or up, is found from the leg's kinematics at home.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.controllers.chain import forward, inverse
from gait.controllers.controller import Body, Controller, Inputs
from gait.controllers.ik import HIGH, LOW
from gait.space import Parameter

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

PERIOD, SWING, SWING_AT, FOLD, FOLD_AT, LEAD, SPREAD = range(7)
"""Places of the parameters."""
SWINGS, FOLDS, SPREADS = 0, 3, 6
"""First columns of a leg's wiring: joint's number, its sign, its angle at home."""
STEP = 1e-5


def wiring(body: Body) -> Array:
    """(4, 9) which joint swings forward, folds and spreads, with its sign and its angle at home [rad]."""
    below = np.broadcast_to([0.0, 0.0, body.radius - body.height], (4, 3))
    home, _ = inverse(body.legs, below)
    moved = np.stack([forward(body.legs, home + STEP * np.eye(3)[k]) for k in range(3)], axis=-1)
    slope = (moved - forward(body.legs, home)[..., None]) / STEP  # (4, 3 axes, 3 joints)
    out = np.empty((4, 9))
    for leg in range(4):
        spreads = int(np.argmax(np.abs(slope[leg, 1])))
        swings, folds = (k for k in range(3) if k != spreads)
        for column, joint, sign in (
            (SWINGS, swings, slope[leg, 0, swings]), (FOLDS, folds, slope[leg, 2, folds]),
            (SPREADS, spreads, slope[leg, 1, spreads] * body.legs.side[leg]),
        ):  # fmt: skip
            out[leg, column : column + 3] = joint, np.sign(sign), home[leg, joint]
    return out


@compiled
def _set(joints: Array, leg: Array, wire: Array, angle: float) -> bool:
    """One joint at home plus an angle in its own direction, within its limits; whether they cut it."""
    k = int(wire[0])
    asked = wire[2] + wire[1] * angle
    joints[k] = min(leg[HIGH + k], max(leg[LOW + k], asked))
    cut: bool = abs(joints[k] - asked) > 1e-9
    return cut


@compiled
def _command(ids: Ints, inputs: Inputs, wires: Array, legs: Array, hips: Array, joints: Array, far: Ints) -> None:
    for i in ids:
        v, amplitude = inputs.values[i], inputs.amplitude[i]
        for leg in range(joints.shape[1]):
            p = 2.0 * math.pi * (inputs.phase[i] - inputs.offsets[i, leg])
            inner = 1.0 - inputs.curvature[i] * hips[leg, 1]
            swing = v[SWING_AT] + amplitude * inner * v[SWING] * math.cos(p)
            fold = v[FOLD_AT] + amplitude * v[FOLD] * math.sin(p + 2.0 * math.pi * v[LEAD])
            cut = _set(joints[i, leg], legs[leg], wires[leg, SWINGS:FOLDS], swing)
            cut |= _set(joints[i, leg], legs[leg], wires[leg, FOLDS:SPREADS], fold)
            cut |= _set(joints[i, leg], legs[leg], wires[leg, SPREADS:], v[SPREAD])
            far[i] += cut


class JointSine(Controller):
    """Seven parameters and a phase to joint targets; arguments as those of `Controller`.

    Stance is where the hip moves back, half of the stride: another duty factor can't be asked for.
    """

    name: ClassVar[str] = "joint-sine"
    about: ClassVar[str] = "sine waves of hips and knees in joint space, 7 parameters (after Yosinski et al. 2011)"
    stroke: ClassVar[int] = SWING
    time: ClassVar[int] = PERIOD

    def __init__(self, body: Body, offsets: ArrayLike, duty_factor: float | None = None, tune_offsets: bool = False):
        super().__init__(body, offsets, duty_factor, tune_offsets)
        self.wires = wiring(body)

    @classmethod
    def parameters(cls, body: Body) -> Sequence[Parameter]:
        """The seven; times grow with the square root of the robot's height."""
        t = math.sqrt(body.height)
        low, high, start, scale = (float(f"{k * t:.4g}") for k in (0.45, 3.0, 0.9, 0.05))
        return [
            Parameter("period", low, high, start, scale, "s", "time of one stride"),
            Parameter("hip_amplitude", 0.0, 0.8, 0.3, 0.04, "rad", "of the hips' swing"),
            Parameter("hip_offset", -0.6, 0.6, 0.0, 0.04, "rad", "hips' middle, forward of home"),
            Parameter("knee_amplitude", 0.0, 0.8, 0.2, 0.04, "rad", "of the knees' folding"),
            Parameter("knee_offset", -0.4, 0.4, 0.0, 0.04, "rad", "knees' middle, more folded than at home"),
            Parameter("knee_lead", 0.25, 0.75, 0.5, 0.03, "", "strides the folding leads by: 0.5 folds in mid-swing"),
            Parameter("spread", -0.2, 0.3, 0.0, 0.03, "rad", "legs outward of home"),
        ]  # fmt: skip

    def period(self, values: Array) -> Array:
        """Seconds a stride lasts (...,) for parameters (..., d) in their units."""
        period: Array = np.asarray(values, float)[..., PERIOD]
        return period

    def pitch(self, values: Array) -> float:
        """The trunk starts level."""
        return 0.0

    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """See `Controller.command`; a target counts as out of reach where a joint's limits cut it."""
        _command(ids, inputs, self.wires, self.rows, self.hips, joints, far)
