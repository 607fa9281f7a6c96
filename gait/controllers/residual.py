"""Residual: another controller at its start parameters, and corrections of its feet that a policy chooses every stride.

With state feedback (`--set feedback=true`) the corrections depend on what the trunk does, so that a policy catches what
an open-loop gait can't: A. Rahme, I. Abraham, M. Elwin and T. Murphey, "Dynamics and domain randomized gait modulation
with Bezier curves for sim-to-real legged locomotion", 2020, arXiv:2010.12070, of whose 14 numbers these are a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.controllers.chain import foot_of, solve_foot
from gait.controllers.controller import LEGS, Body, Controller, Inputs
from gait.space import Parameter

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

AXES = ("forward", "outward", "up")
STRIDE, TIME, SHIFT = 0, 1, 2
"""Places of the parameters; shifts are leg by leg."""
SMOOTHING = 0.04
"""Time constant with which a new stride's shifts are taken up [s]: feet don't jump."""


@compiled
def _shift(ids: Ints, inputs: Inputs, taken: int, blend: float, legs: Array, joints: Array, far: Ints) -> None:
    for i in ids:
        shift = inputs.memory[i, taken:]
        for leg in range(joints.shape[1]):
            for k in range(3):
                asked = inputs.amplitude[i] * inputs.values[i, SHIFT + 3 * leg + k]
                shift[3 * leg + k] += blend * (asked - shift[3 * leg + k])
            x, y, z = foot_of(legs[leg], joints[i, leg])
            y += legs[leg, 1] * shift[3 * leg + 1]
            far[i] += solve_foot(x + shift[3 * leg], y, z + shift[3 * leg + 2], legs[leg], joints[i, leg])


class Residual(Controller):
    """Fourteen corrections of `base`: stride and time as factors, and a shift of each foot; as `Controller` else."""

    base: ClassVar[type[Controller]]
    stroke: ClassVar[int] = STRIDE
    time: ClassVar[int] = TIME

    def __init__(self, body: Body, offsets: ArrayLike, duty_factor: float | None = None, tune_offsets: bool = False):
        self.inner = self.base(body, offsets, duty_factor)
        super().__init__(body, offsets, duty_factor, tune_offsets)
        self.fixed = self.inner.space.decode(self.inner.space.default)

    @classmethod
    def parameters(cls, body: Body) -> Sequence[Parameter]:
        """Two factors, and three shifts a leg, in heights of the robot."""
        h = body.height
        most, scale = float(f"{0.25 * h:.4g}"), float(f"{0.03 * h:.4g}")
        return [
            Parameter("stride_factor", 0.3, 2.0, 1.0, 0.1, "", "on the stroke"),
            Parameter("time_factor", 0.6, 1.6, 1.0, 0.05, "", "on the time of a stride"),
            *(
                Parameter(f"{leg}_{axis}", -most, most, 0.0, scale, "m", f"shift of the {leg} foot, {axis}")
                for leg in LEGS for axis in AXES
            ),
        ]  # fmt: skip

    def period(self, values: Array) -> Array:
        """Seconds a stride lasts (...,) for parameters (..., d) in their units."""
        factor: Array = np.asarray(values, float)[..., TIME]
        return factor * float(self.inner.period(self.fixed))

    def pitch(self, values: Array) -> float:
        """As the base stands."""
        return self.inner.pitch(self.fixed)

    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """See `Controller.command`."""
        inner = np.empty((len(inputs.values), len(self.fixed)))
        inner[:] = self.fixed
        inner[:, self.base.stroke] *= inputs.values[:, STRIDE]
        inner[:, self.base.time] *= inputs.values[:, TIME]
        self.inner.command(ids, inputs._replace(values=inner), tick, joints, far)
        blend = 1.0 if tick == 0.0 else min(1.0, tick / SMOOTHING)
        _shift(ids, inputs, self.base.memory, blend, self.rows, joints, far)


def residual(base: type[Controller]) -> type[Residual]:
    """The residual controller of a base."""
    own = {
        "base": base, "name": f"residual-{base.name}", "memory": base.memory + 3 * len(LEGS),
        "about": f"{base.name} at its start, and 14 corrections a stride for a policy with state feedback",
    }  # fmt: skip
    return type(f"Residual{base.__name__}", (Residual,), own)
