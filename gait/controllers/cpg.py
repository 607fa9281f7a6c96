"""Coupled Hopf oscillators, one a leg, whose amplitudes and phases are mapped to foot paths.

Each leg has an oscillator in polar form: its amplitude grows to 1, and its phase ψ, in strides, is pulled to where the
other legs' phases and the gait's touchdown delays want it,

    dr/dt = α (1 − r²) r,    dψᵢ/dt = 1/T + Σⱼ w rⱼ sin(2π (ψⱼ + oⱼ − ψᵢ − oᵢ)) / 2π.

(L. Righetti and A. J. Ijspeert, "Pattern generators with sensory feedback for the control of quadruped locomotion",
ICRA 2008; the map to feet as in G. Bellegarda and A. J. Ijspeert, "CPG-RL", IEEE RA-L 7:12547, 2022.) Stance and swing
last as the duty factor says, so that the limit cycle's angle runs slower in one than in the other; coupling acts on ψ,
which runs evenly, so that delays are kept exactly. What it's for: parameters, offsets among them, may jump from stride
to stride, and the feet don't.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.controllers.controller import Inputs, place_foot
from gait.controllers.stride import (
    DEPTH,
    DUTY,
    FORWARD,
    HEIGHT,
    LENGTH,
    OUTWARD,
    PERIOD,
    PITCH,
    StrideController,
    shoulder_height,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

GROWTH, COUPLING = 12.0, 6.0
"""α [1/s] and w [1/s]: an amplitude settles in a quarter of a second, phases in a stride or two."""
SEED = 0.05
"""Amplitude that an oscillator begins with; at 0 it would stay."""
PHASE, RADIUS = 0, 4
"""Places in an oscillator's memory: four phases, four amplitudes."""


@compiled
def advance(memory: Array, period: float, offsets: Array, tick: float) -> None:
    """Advance the four oscillators of one world by a tick (explicit Euler: a tick is far shorter than 1/α)."""
    pull = np.zeros(4)
    for i in range(4):
        for j in range(4):
            apart = memory[PHASE + j] + offsets[j] - memory[PHASE + i] - offsets[i]
            pull[i] += COUPLING * memory[RADIUS + j] * math.sin(2.0 * math.pi * apart) / (2.0 * math.pi)
    for i in range(4):
        r = memory[RADIUS + i]
        memory[RADIUS + i] = r + tick * GROWTH * (1.0 - r * r) * r
        memory[PHASE + i] += tick * (1.0 / period + pull[i])


@compiled
def _command(
    ids: Ints, inputs: Inputs, tick: float, legs: Array, hips: Array, radius: float, joints: Array, far: Ints
) -> None:
    for i in ids:
        v, memory = inputs.values[i], inputs.memory[i]
        if memory[RADIUS] == 0.0:  # a trial begins
            for leg in range(4):
                memory[PHASE + leg], memory[RADIUS + leg] = inputs.phase[i] - inputs.offsets[i, leg], SEED
            if tick == 0.0:  # asked for one moment: as it is once it has settled
                memory[RADIUS:] = 1.0
        elif inputs.amplitude[i] > 0.0:
            advance(memory, v[PERIOD], inputs.offsets[i], tick)
        for leg in range(joints.shape[1]):
            p = memory[PHASE + leg] - math.floor(memory[PHASE + leg])
            if p < v[DUTY]:
                angle, rise = math.pi * p / v[DUTY], -v[DEPTH]
            else:
                angle, rise = math.pi * (1.0 + (p - v[DUTY]) / (1.0 - v[DUTY])), -v[HEIGHT]
            r = memory[RADIUS + leg] * min(1.0, 1e9 * inputs.amplitude[i])
            half = 0.5 * v[LENGTH] * v[DUTY] * r
            z = radius + r * rise * math.sin(angle) - shoulder_height(v, hips[leg])
            far[i] += place_foot(
                v[FORWARD], v[OUTWARD], half * math.cos(angle), z, math.sin(v[PITCH]), inputs.curvature[i], hips[leg],
                legs[leg], joints[i, leg],
            )  # fmt: skip


class CPG(StrideController):
    """Nine parameters and four oscillators to joint targets; arguments as those of `Controller`."""

    name: ClassVar[str] = "cpg"
    about: ClassVar[str] = "coupled Hopf oscillators mapped to foot paths, 9 parameters (Righetti & Ijspeert 2008)"
    memory: ClassVar[int] = 8

    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """See `Controller.command`."""
        _command(ids, inputs, tick, self.rows, self.hips, self.body.radius, joints, far)
