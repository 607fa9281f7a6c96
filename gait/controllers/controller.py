"""Controller: parameters and a phase to joint targets, over a batch of worlds; what all of them share.

Phase offsets are touchdown *delays* in strides, legs FL FR HL HR. Every controller can be steered: for a path of
curvature κ (left positive), a foot at (X, Y) from the trunk's middle must sweep the ground there, which moves at
(1 − κY, κX) times the forward speed: strokes differ from left to right, and are skewed from front to hind.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.controllers.chain import AnyLegs, rows_of, solve_foot
from gait.errors import UsageError
from gait.space import Parameter, Space

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

LEGS = ("FL", "FR", "HL", "HR")
"""The one order of legs."""
OFFSETS = ("phase_FR", "phase_HL", "phase_HR")
"""Parameters added where phase offsets are tuned; FL is what the others are counted from."""


@dataclass(frozen=True)
class Body:
    """What a controller has to know of a robot."""

    legs: AnyLegs
    radius: float
    """Of the foot balls [m]."""
    height: float
    """Of the shoulders above the ground when the robot stands at home [m]: the scale of lengths."""
    defaults: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Where this robot starts, by controller and parameter, in the parameter's unit."""
    original: bool = False
    """Whether it's the robot that Kohl & Stone's published parameters are of."""


class Inputs(NamedTuple):
    """What a controller gets of each world (n, ...), every tick."""

    values: Array
    """(n, d) parameters in their units."""
    phase: Array
    """(n,) phase of the stride."""
    amplitude: Array
    """(n,) 0 stands, 1 walks."""
    offsets: Array
    """(n, 4) touchdown delays [strides]."""
    curvature: Array
    """(n,) of the path that is to be walked, left positive [1/m]."""
    memory: Array
    """(n, memory) the controller's own state, zero when a trial begins."""


class Controller(ABC):
    """Subclasses set `name`, `about`, `memory`, and write `parameters`, `period`, `pitch` and `command`.

    Args:
      body: the robot.
      offsets: (4,) touchdown delay of each leg [strides].
      duty_factor: where the gait starts; None leaves the robot's or the controller's own.
      tune_offsets: whether the offsets of three legs are parameters too.

    Raises:
      UsageError: the robot's description names a parameter that there isn't, or a value out of bounds.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    memory: ClassVar[int] = 0
    """Numbers of its own that it keeps of each world."""
    stroke: ClassVar[int]
    """Place of the parameter that a stride's length is proportional to."""
    time: ClassVar[int]
    """Place of the parameter that a stride's time is proportional to."""
    duty: ClassVar[int | None] = None
    """Place of the duty factor, where it can be chosen."""

    def __init__(
        self, body: Body, offsets: ArrayLike, duty_factor: float | None = None, tune_offsets: bool = False
    ) -> None:
        self.body, self.legs = body, body.legs
        self.offsets = np.asarray(offsets, float)
        self.rows, self.hips = rows_of(body.legs), np.ascontiguousarray(body.legs.hip)
        own = _started(list(self.parameters(body)), body.defaults.get(self.name, {}), self.name)
        if duty_factor is not None and self.duty is not None:
            own[self.duty] = replace(own[self.duty], default=own[self.duty].check(duty_factor))
        self.own = len(own)
        """Parameters without the offsets."""
        self.tuned = tune_offsets
        extra = [_offset(n, v) for n, v in zip(OFFSETS, self.offsets[1:] - self.offsets[0], strict=True)]
        self.space = Space([*own, *(extra if tune_offsets else ())])

    @classmethod
    @abstractmethod
    def parameters(cls, body: Body) -> Sequence[Parameter]:
        """The parameters, scaled to the robot."""

    @abstractmethod
    def period(self, values: Array) -> Array:
        """Seconds a stride lasts (...,) for parameters (..., d) in their units."""

    @abstractmethod
    def pitch(self, values: Array) -> float:
        """Nose-down pitch of the trunk [rad] for one set of parameters (d,)."""

    @abstractmethod
    def command(self, ids: Ints, inputs: Inputs, tick: float, joints: Array, far: Ints) -> None:
        """Joint targets of the worlds `ids`, compiled: writes rows of `joints` (n, 4, 3), adds to `far` (n,).

        Args:
          ids: the worlds.
          inputs: of all n worlds; it may change its own memory.
          tick: seconds a tick.
          joints: (n, 4, 3) from the trunk outward [rad]; they hold the last tick's.
          far: (n,) how many foot targets were out of reach so far.
        """

    def leg_offsets(self, values: Array) -> Array:
        """Touchdown delays [strides], (..., 4) for parameters (..., d), or (4,) where they are no parameters."""
        if not self.tuned:
            return self.offsets
        return np.concatenate([np.zeros((*values.shape[:-1], 1)), values[..., self.own : self.own + 3]], axis=-1)

    def stand(self, values: Array) -> tuple[Array, float]:
        """Joints (4, 3) [rad] with which the robot stands ready to walk, and the trunk's nose-down pitch [rad]."""
        joints = self.home_joints()[None].copy()
        inputs = Inputs(
            values[None].copy(), np.zeros(1), np.zeros(1), self.leg_offsets(values)[None].copy(), np.zeros(1),
            np.zeros((1, self.memory)),
        )  # fmt: skip
        self.command(np.array([0]), inputs, 0.0, joints, np.zeros(1, np.int64))
        return joints[0], self.pitch(values)

    def home_joints(self) -> Array:
        """(4, 3) where a numeric solution starts [rad]."""
        return np.array(self.rows[:, -3:])


def _offset(name: str, value: float) -> Parameter:
    return Parameter(
        name, value - 0.25, value + 0.25, value, 0.05, "", f"touchdown delay after FL [strides], {name[-2:]}"
    )


def _started(own: list[Parameter], starts: Mapping[str, float], controller: str) -> list[Parameter]:
    """The parameters with a robot's own start values."""
    names = [p.name for p in own]
    if unknown := [n for n in starts if n not in names]:
        raise UsageError(f"[parameters.{controller}] {unknown[0]}: no parameter; there are {', '.join(names)}.")
    return [replace(p, default=p.check(float(starts[p.name]))) if p.name in starts else p for p in own]


@compiled
def place_foot(
    x: float, outward: float, advance: float, up: float, pitch_sine: float, curvature: float, hip: Array, leg: Array,
    joints: Array,
) -> bool:  # fmt: skip
    """Joints (3,) of a foot in a frame parallel to the ground; whether it is out of reach.

    Args:
      x: forward from the shoulder, at the middle of the stroke [m].
      outward: from the shoulder [m].
      advance: where in the stroke it is, forward [m].
      up: of the foot's centre above the shoulder (negative) [m].
      pitch_sine: sine of the trunk's nose-down pitch.
      curvature: of the path [1/m].
      hip: (3,) the shoulder in the trunk's frame [m].
      leg: a row of `gait.controllers.chain.rows_of`.
      joints: (3,) written.
    """
    y = leg[1] * outward
    left, ahead = hip[1] + y, hip[0] + x
    sideways = y + curvature * ahead * advance
    forward = x + (1.0 - curvature * left) * advance
    c = math.sqrt(1.0 - pitch_sine * pitch_sine)
    far: bool = solve_foot(forward * c - up * pitch_sine, sideways, forward * pitch_sine + up * c, leg, joints)
    return far
