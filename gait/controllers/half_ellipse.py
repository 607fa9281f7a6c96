"""The half-ellipse foot locus of Kohl & Stone (ICRA 2004), with their twelve parameters.

A foot moves straight back on the ground for `ground_fraction` of the stride and returns through the air along half
an ellipse. Their names and units are kept: x is lateral (outward), y is fore-aft (forward), lengths are in cm,
`locus_length` is the half-axis of the ellipse (with the full stroke, the published speed can't be reached:
5.285 cm / (0.679 s · 0.43) = 181 mm/s, and they measured 291).

The locus lies parallel to the ground: front and rear body heights differ, so the trunk is pitched by
sin θ = (rear − front) / (distance of the shoulders), and the foot paths are turned back by θ. That the paths are
level, and that heights count from the ground and not from the balls' centres, is our reading: tried the other way
round, the published gaits came less close to their published speeds.

The skew multiplier shifts every foot sideways in proportion to its fore-aft place: the stroke turns in the x–y plane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.controllers.chain import solve_foot
from gait.controllers.controller import Body, Controller, Inputs
from gait.controllers.ik import FORE, SIDE
from gait.space import Parameter

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Initial values, ε (scale) and best learned values: Kohl & Stone (ICRA 2004), table I, as recalled; not re-checked.
PARAMETERS = (
    Parameter("front_locus_height", 2.0, 8.0, 4.2, 0.35, "cm", "lift of the front feet in swing"),
    Parameter("front_locus_x_offset", -1.0, 5.0, 2.8, 0.35, "cm", "front feet outward from the shoulder"),
    Parameter("front_locus_y_offset", -2.0, 8.0, 4.9, 0.35, "cm", "front feet forward from the shoulder"),
    Parameter("rear_locus_height", 2.0, 9.0, 5.6, 0.35, "cm", "lift of the rear feet in swing"),
    Parameter("rear_locus_x_offset", -1.0, 5.0, 0.0, 0.35, "cm", "rear feet outward from the hip"),
    Parameter("rear_locus_y_offset", -8.0, 4.0, -2.8, 0.35, "cm", "rear feet forward from the hip"),
    Parameter("locus_length", 2.0, 8.0, 4.893, 0.35, "cm", "half-axis of the ellipse: half the stroke"),
    Parameter("locus_skew_multiplier", -0.5, 0.5, 0.035, 0.175, "", "stroke's shift to the left per forward shift"),
    Parameter("front_body_height", 6.0, 10.5, 7.7, 0.35, "cm", "front shoulders above the ground"),
    Parameter("rear_body_height", 8.0, 12.5, 11.2, 0.35, "cm", "rear shoulders above the ground"),
    Parameter("locus_time", 0.4, 1.2, 0.704, 0.016, "s", "time of one stride"),
    Parameter("ground_fraction", 0.3, 0.8, 0.5, 0.05, "", "fraction of the stride on the ground (duty factor)"),
)
PUBLISHED_BEST = {
    "front_locus_height": 4.081, "front_locus_x_offset": 0.574, "front_locus_y_offset": 5.152,
    "rear_locus_height": 6.02, "rear_locus_x_offset": 0.217, "rear_locus_y_offset": -2.982,
    "locus_length": 5.285, "locus_skew_multiplier": 0.049, "front_body_height": 7.483,
    "rear_body_height": 10.843, "locus_time": 0.679, "ground_fraction": 0.430,
}  # fmt: skip
"""Their learned gait, 291 ± 3 mm/s on the robot; recalled, not re-checked."""

HEIGHT = 0.115
"""Height of an ERS-210's shoulders with its legs moderately bent [m]: the size that their lengths belong to."""
LEVEL: dict[str, tuple[float, float, float]] = {
    "front_locus_height": (0.5, 6.0, 2.3), "front_locus_x_offset": (-2.0, 4.0, 0.0),
    "front_locus_y_offset": (-4.0, 4.0, 0.0), "rear_locus_height": (0.5, 6.0, 2.3),
    "rear_locus_x_offset": (-2.0, 4.0, 0.0), "rear_locus_y_offset": (-4.0, 4.0, 0.0), "locus_length": (0.5, 8.0, 2.9),
    "locus_skew_multiplier": (-0.5, 0.5, 0.0), "front_body_height": (8.0, 13.2, 11.5),
    "rear_body_height": (8.0, 13.2, 11.5), "locus_time": (0.17, 1.0, 0.3),
}  # fmt: skip
"""Bounds and start of another robot, in their units and size: its trunk is level, its feet are below the shoulders."""

TIME, GROUND = 10, 11  # places of locus_time and ground_fraction among the twelve


@compiled
def stroke(phase: float, ground: float) -> tuple[float, float]:
    """Fore-aft and vertical place on the locus, in half-axes, for a leg `phase` strides after its touchdown.

    Fore-aft runs 1 → −1 on the ground at constant speed, then −1 → 1 in the air as −cos, while the height is sin.
    """
    phase -= math.floor(phase)
    if phase < ground:
        return 1.0 - 2.0 * phase / ground, 0.0
    swing = math.pi * (phase - ground) / (1.0 - ground)
    return -math.cos(swing), math.sin(swing)


@compiled
def foot_target(
    values: Array, fore: float, side: float, span: float, radius: float, phase: float, amplitude: float,
    curvature: float, hip: Array, out: Array,
) -> None:  # fmt: skip
    """Write a foot's target (3,) relative to its shoulder in the trunk's frame [m] into `out`.

    Args:
      values: (12,) parameters in their units.
      fore, side: +1 front, −1 rear; +1 left, −1 right.
      span: distance between front and rear shoulders [m].
      radius: of the foot balls [m]; body heights are above the ground, targets are the balls' centres.
      phase: strides since this leg's touchdown.
      amplitude: 0 stands at the middle of the locus, 1 walks.
      curvature: of the path that is walked [1/m]; see `gait.controllers.controller`.
      hip: (3,) the shoulder in the trunk's frame [m].
      out: (3,).
    """
    row = 0 if fore > 0 else 3
    height = values[8] if fore > 0 else values[9]
    along, up = stroke(phase, values[11])
    advance = amplitude * values[6] * along
    left = hip[1] + 0.01 * side * values[row + 1]
    ahead = hip[0] + 0.01 * values[row + 2]
    x = 0.01 * (values[row + 2] + advance * (1.0 - curvature * left))
    y = 0.01 * (side * values[row + 1] + values[7] * advance + curvature * ahead * advance)
    z = radius + 0.01 * (amplitude * values[row] * up - height)
    s = min(0.9, max(-0.9, 0.01 * (values[9] - values[8]) / span))
    c = math.sqrt(1.0 - s * s)
    out[0], out[1], out[2] = x * c - z * s, y, x * s + z * c


@compiled
def _targets(
    values: Array, phase: Array, offsets: Array, legs: Array, hips: Array, span: float, radius: float, out: Array
) -> None:
    for i in range(len(phase)):
        for leg in range(out.shape[1]):
            fore, side, p = legs[leg, FORE], legs[leg, SIDE], phase[i] - offsets[leg]
            foot_target(values[i], fore, side, span, radius, p, 1.0, 0.0, hips[leg], out[i, leg])


@compiled
def _command(
    ids: Ints, inputs: Inputs, legs: Array, hips: Array, span: float, radius: float, joints: Array, far: Ints
) -> None:
    target = np.empty(3)
    for i in ids:
        for leg in range(joints.shape[1]):
            fore, side, p = legs[leg, FORE], legs[leg, SIDE], inputs.phase[i] - inputs.offsets[i, leg]
            foot_target(
                inputs.values[i],
                fore,
                side,
                span,
                radius,
                p,
                inputs.amplitude[i],
                inputs.curvature[i],
                hips[leg],
                target,
            )
            far[i] += solve_foot(target[0], target[1], target[2], legs[leg], joints[i, leg])


class HalfEllipse(Controller):
    """Twelve parameters and a phase to joint targets; arguments as those of `Controller`.

    For another robot than theirs, lengths grow with its height and the time of a stride with its square root, and the
    trunk starts level with the feet below the shoulders.
    """

    name: ClassVar[str] = "half-ellipse"
    about: ClassVar[str] = "straight stance and half-ellipse swing, 12 parameters (Kohl & Stone 2004)"
    stroke: ClassVar[int] = 6
    time: ClassVar[int] = TIME
    duty: ClassVar[int | None] = GROUND

    def __init__(self, body: Body, offsets: ArrayLike, duty_factor: float | None = None, tune_offsets: bool = False):
        super().__init__(body, offsets, duty_factor, tune_offsets)
        self.radius = body.radius
        self.span = float(body.legs.hip[0, 0] - body.legs.hip[2, 0])

    @classmethod
    def parameters(cls, body: Body) -> Sequence[Parameter]:
        """Their twelve, as they are for their robot."""
        bigger = body.height / HEIGHT
        return PARAMETERS if body.original else [_scaled(p, bigger) for p in PARAMETERS]

    def period(self, values: Array) -> Array:
        """Seconds a stride lasts (...,) for parameters (..., 12) in their units."""
        period: Array = np.asarray(values, float)[..., TIME]
        return period

    def pitch(self, values: Array) -> float:
        """Nose-down pitch of the trunk [rad] for one set of parameters (12,)."""
        return float(np.arcsin(np.clip(0.01 * (values[9] - values[8]) / self.span, -0.9, 0.9)))

    def foot_targets(self, values: ArrayLike, phase: ArrayLike) -> Array:
        """Foot targets (..., 4, 3) relative to the shoulders in the trunk's frame [m], walking straight.

        Args:
          values: (..., 12) parameters in their units.
          phase: (...) phase of the stride; a leg touches down at its offset.
        """
        values, phase = np.asarray(values, float), np.asarray(phase, float)
        shape = np.broadcast_shapes(values.shape[:-1], phase.shape)
        rows = np.ascontiguousarray(np.broadcast_to(values, (*shape, values.shape[-1])).reshape(-1, values.shape[-1]))
        times = np.ascontiguousarray(np.broadcast_to(phase, shape).reshape(-1))
        out = np.empty((len(times), len(self.offsets), 3))
        _targets(rows, times, self.offsets, self.rows, self.hips, self.span, self.radius, out)
        return out.reshape(*shape, len(self.offsets), 3)

    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """See `Controller.command`."""
        _command(ids, inputs, self.rows, self.hips, self.span, self.radius, joints, far)


def _scaled(p: Parameter, bigger: float) -> Parameter:
    """A parameter of theirs for a robot so many times higher, whose trunk starts level."""
    k = {"cm": bigger, "s": math.sqrt(bigger)}.get(p.unit, 1.0)
    low, high, start = LEVEL.get(p.name, (p.low, p.high, p.default))
    low, high, start, scale = (float(f"{k * v:.4g}") for v in (low, high, start, p.scale))
    return replace(p, low=low, high=high, default=start, scale=scale)
