"""A 12-point Bézier swing and a sine stance, as the MIT Cheetah walked.

D. J. Hyun, S. Seok, J. Lee and S. Kim, "High speed trot-running", Int. J. Robotics Research 33:1417, 2014: the swing
foot follows a Bézier curve of twelve control points, some of them double and triple, so that it leaves the ground
smoothly, retracts, swings on, and retracts again before it touches down; in stance it moves back at constant speed and
presses below the ground by a sine of its place, which is what pushes the trunk up. The points are those of that paper's
table as users of it scale them (`spot_mini_mini`), in half-strokes and lifts; recalled, not re-checked.
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
    PITCH,
    StrideController,
    shoulder_height,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

ALONG = (-1.0, -1.4, -1.5, -1.5, -1.5, 0.0, 0.0, 0.0, 1.5, 1.5, 1.4, 1.0)
"""Control points of the swing, forward, in half-strokes."""
UP = (0.0, 0.0, 0.9, 0.9, 0.9, 0.9, 0.9, 1.1, 1.1, 1.1, 0.0, 0.0)
"""The same, upward, before they are scaled so that the curve's top is 1."""
DEGREE = len(ALONG) - 1
_WEIGHTS = np.array([math.comb(DEGREE, k) for k in range(DEGREE + 1)], float)
_TOP = max(
    sum(
        w * u * (t / 999) ** k * (1 - t / 999) ** (DEGREE - k)
        for k, (w, u) in enumerate(zip(_WEIGHTS, UP, strict=True))
    )
    for t in range(1000)
)
_POINTS = np.array([ALONG, np.array(UP) / _TOP])


@compiled
def swing(s: float, points: Array, weights: Array) -> tuple[float, float]:
    """Forward [half-strokes] and upward [lifts] at a share `s` of the swing, by the Bernstein polynomials."""
    along = up = 0.0
    n = len(weights) - 1
    for k in range(n + 1):
        b = weights[k] * s**k * (1.0 - s) ** (n - k)
        along += b * points[0, k]
        up += b * points[1, k]
    return along, up


@compiled
def _command(
    ids: Ints, inputs: Inputs, points: Array, weights: Array, legs: Array, hips: Array, radius: float, joints: Array,
    far: Ints,
) -> None:  # fmt: skip
    for i in ids:
        v, amplitude = inputs.values[i], inputs.amplitude[i]
        half = 0.5 * v[LENGTH] * v[DUTY] * amplitude
        for leg in range(joints.shape[1]):
            p = inputs.phase[i] - inputs.offsets[i, leg]
            p -= math.floor(p)
            if p < v[DUTY]:
                along, up = 1.0 - 2.0 * p / v[DUTY], -v[DEPTH] * math.sin(math.pi * p / v[DUTY])
            else:
                along, lift = swing((p - v[DUTY]) / (1.0 - v[DUTY]), points, weights)
                up = v[HEIGHT] * lift
            z = radius + amplitude * up - shoulder_height(v, hips[leg])
            far[i] += place_foot(
                v[FORWARD], v[OUTWARD], half * along, z, math.sin(v[PITCH]), inputs.curvature[i], hips[leg], legs[leg],
                joints[i, leg],
            )  # fmt: skip


class Bezier(StrideController):
    """Nine parameters and a phase to joint targets; arguments as those of `Controller`."""

    name: ClassVar[str] = "bezier"
    about: ClassVar[str] = "12-point Bézier swing and sine stance, 9 parameters (Hyun et al. 2014)"

    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """See `Controller.command`."""
        _command(ids, inputs, _POINTS, _WEIGHTS, self.rows, self.hips, self.body.radius, joints, far)
