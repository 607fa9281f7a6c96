"""What Bézier and oscillator controllers share: the parameters of a stride, scaled to the robot, in SI units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.controllers.controller import Body, Controller
from gait.space import Parameter

Array = NDArray[np.float64]

PERIOD, LENGTH, DUTY, HEIGHT, DEPTH, BODY, FORWARD, OUTWARD, PITCH = range(9)
"""Places of the parameters."""


def stride_parameters(body: Body) -> list[Parameter]:
    """The nine: lengths in heights of the robot, times in √height (dynamic similarity, Alexander 1984)."""
    h, t = body.height, math.sqrt(body.height)
    rows: Sequence[tuple[str, float, float, float, float, str, str]] = (
        ("period", 0.45 * t, 3.0 * t, 0.9 * t, 0.05 * t, "s", "time of one stride"),
        ("stride_length", 0.0, 3.2 * h, 1.0 * h, 0.12 * h, "m", "distance the body moves in a stride"),
        ("duty_factor", 0.25, 0.85, 0.5, 0.04, "", "fraction of the stride a foot is on the ground"),
        ("swing_height", 0.04 * h, 0.6 * h, 0.2 * h, 0.03 * h, "m", "lift of the feet in swing"),
        ("stance_depth", 0.0, 0.12 * h, 0.02 * h, 0.01 * h, "m", "how far feet press below the ground in mid-stance"),
        ("body_height", 0.7 * h, 1.15 * h, h, 0.03 * h, "m", "shoulders above the ground, mean of front and hind"),
        ("foot_forward", -0.4 * h, 0.4 * h, 0.0, 0.04 * h, "m", "feet forward from the shoulders"),
        ("stance_width", -0.2 * h, 0.35 * h, 0.0, 0.03 * h, "m", "feet outward from the shoulders"),
        ("trunk_pitch", -0.25, 0.25, 0.0, 0.03, "rad", "trunk's pitch, nose down"),
    )
    return [Parameter(r[0], _short(r[1]), _short(r[2]), _short(r[3]), _short(r[4]), r[5], r[6]) for r in rows]


def _short(value: float) -> float:
    """Four digits: bounds are for people."""
    return float(f"{value:.4g}")


class StrideController(Controller):
    """A controller whose parameters begin with the stride's nine."""

    stroke: ClassVar[int] = LENGTH
    time: ClassVar[int] = PERIOD
    duty: ClassVar[int | None] = DUTY

    @classmethod
    def parameters(cls, body: Body) -> Sequence[Parameter]:
        """The nine."""
        return stride_parameters(body)

    def period(self, values: Array) -> Array:
        """Seconds a stride lasts (...,) for parameters (..., d) in their units."""
        period: Array = np.asarray(values, float)[..., PERIOD]
        return period

    def pitch(self, values: Array) -> float:
        """Nose-down pitch of the trunk [rad] for one set of parameters (d,)."""
        return float(values[PITCH])


@compiled
def shoulder_height(values: Array, hip: Array) -> float:
    """Height of one shoulder above the ground [m]: a nose that is down lowers the front ones."""
    height: float = values[BODY] - hip[0] * math.sin(values[PITCH])
    return height
