"""Conditions: what makes a trial harder than a walk on level ground, and the noise that every trial has.

A condition is a number or a range; from a range each trial draws its own value (domain randomization). Ground that is
rough is a height field of one seed, the same for all trials of a task; each trial begins somewhere on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from gait.errors import UsageError, unknown_name
from gait.robots.description import Robot
from gait.robots.terrain import ground_below

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """A condition that there is."""

    about: str
    unit: str
    low: float
    high: float
    factor: float = 1.0
    """From the unit people write to SI."""


KINDS: dict[str, Kind] = {
    "slope": Kind("uphill, negative is downhill", "deg", -30.0, 30.0, math.pi / 180),
    "rough": Kind("height of the ground's bumps", "m", 0.0, 0.3),
    "ground": Kind("seed of rough ground", "", 0.0, 1e6),
    "payload": Kind("mass on the trunk", "kg", 0.0, 100.0),
    "friction": Kind("sliding friction of the ground", "", 0.05, 3.0),
    "push": Kind("impulse from any side, every 2 s", "Ns", 0.0, 1000.0),
    "weakness": Kind("share of stiffness and torque that all servos lack", "", 0.0, 0.9),
}
"""Conditions by name; `disabled=JOINT` beside them takes a servo's torque away."""
DISABLED = "disabled"
FIXED = ("rough", "ground")
"""Conditions of the model, which all trials share."""
START = 0.3
"""Trials on rough ground begin within this share of its half-width from its middle."""
PUSH_EVERY, PUSH_SECONDS = 2.0, 0.1
"""How often a robot is pushed, and how long a push lasts [s]."""


@dataclass(frozen=True)
class Noise:
    """What differs from trial to trial: standard deviations, relative but for `joints`."""

    joints: float
    """Initial joint angles [rad]."""
    friction: float
    """Friction of the floor."""
    servo: float
    """Stiffness of each servo."""
    mass: float
    """Mass of each body."""


@dataclass(frozen=True)
class Conditions:
    """Ranges by name in SI units, and joints whose servos give no torque."""

    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Conditions:
        """Conditions from `slope=5deg,payload=0..0.3kg,disabled=FL_knee`.

        Raises:
          UsageError: a name is unknown, or a value no number, of another unit or out of bounds.
        """
        ranges: dict[str, tuple[float, float]] = {}
        disabled: list[str] = []
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, equals, value = (w.strip() for w in part.partition("="))
            if not equals or not value:
                raise UsageError(f"--condition {part}: a condition is NAME=VALUE, such as slope=5deg.")
            if name == DISABLED:
                disabled.append(value)
            elif name not in KINDS:
                raise UsageError(unknown_name("condition", name, [*KINDS, DISABLED]))
            else:
                ranges[name] = _range(name, value)
                if name in FIXED and ranges[name][0] < ranges[name][1]:
                    raise UsageError(f"--condition {part}: {name} is the same for all trials: one number, no range.")
        if "ground" in ranges and "rough" not in ranges:
            raise UsageError("--condition ground is the seed of rough ground: say rough=HEIGHT too.")
        return cls(ranges, tuple(disabled))

    def with_ranges(self, more: Mapping[str, tuple[float, float]]) -> Conditions:
        """These and some others, which count where both say something."""
        return Conditions({**self.ranges, **more}, self.disabled)

    def most(self, name: str, default: float = 0.0) -> float:
        """The upper end of a range."""
        return self.ranges.get(name, (default, default))[1]

    def draw(self, name: str, rng: np.random.Generator) -> float | None:
        """A trial's value; None where the condition isn't asked for."""
        if name not in self.ranges:
            return None
        low, high = self.ranges[name]
        return low if low == high else float(rng.uniform(low, high))


def _range(name: str, text: str) -> tuple[float, float]:
    kind = KINDS[name]
    words = text.removesuffix(kind.unit).split("..")
    try:
        values = [float(w.removesuffix(kind.unit)) for w in words]
    except ValueError:
        values = []
    if len(values) not in (1, 2):
        unit = f" in {kind.unit}" if kind.unit else ""
        raise UsageError(f"--condition {name}={text}: {name} ({kind.about}) is a number{unit}, or LOW..HIGH.")
    for v in values:
        if not kind.low <= v <= kind.high:
            span = f"[{kind.low:g}, {kind.high:g}] {kind.unit}".rstrip()
            raise UsageError(f"--condition {name}={text}: {name} ({kind.about}) must lie within {span}.")
    low, high = min(values), max(values)
    return low * kind.factor, high * kind.factor


class Disturbances:
    """Draws a trial's noise and conditions, and puts them into its world.

    Raises:
      UsageError: a joint that is to be disabled is no leg's.
    """

    def __init__(self, robot: Robot, noise: Noise, conditions: Conditions) -> None:
        self.robot, self.model, self.noise, self.conditions = robot, robot.model, noise, conditions
        names = {self.model.joint(int(self.model.actuator_trnid[a, 0])).name: int(a) for a in robot.actuators.ravel()}
        for joint in conditions.disabled:
            if joint not in names:
                raise UsageError(unknown_name("joint", joint, names))
        self.dead = [names[joint] for joint in conditions.disabled]

    def attach(self, batch: Batch) -> None:
        """Bind to the arrays of a batch of n worlds."""
        n = batch.nsim
        self.gain, self.bias = batch.expand("actuator_gainprm"), batch.expand("actuator_biasprm")
        self.friction = batch.expand("geom_friction")
        self.mass, self.inertia = batch.expand("body_mass"), batch.expand("body_inertia")
        ranges = self.conditions.ranges
        self.gravity = batch.expand("opt.gravity") if "slope" in ranges else None
        self.limits = batch.expand("actuator_forcerange") if "weakness" in ranges else None
        self.pushed = batch.bind("xfrc_applied") if "push" in ranges else None
        self.pushes = np.zeros((n, 0, 2))
        """(n, pushes, 2) forces of the trial's pushes, forward and left [N]."""
        self.spot = np.zeros((n, 2))

    def draw(self, i: int, rng: np.random.Generator, seconds: float) -> Array:
        """Draw noise and conditions of world `i`; the errors (4, 3) of its initial joint angles [rad]."""
        m, noise = self.model, self.noise
        stumble: Array = noise.joints * rng.standard_normal((4, 3))
        friction = 1.0 + noise.friction * rng.standard_normal()
        servo = 1.0 + noise.servo * rng.standard_normal(m.nu)
        mass = 1.0 + noise.mass * rng.standard_normal(m.nbody)
        servo, mass, friction = (np.clip(a, 0.2, 1.8) for a in (servo, mass, friction))  # never negative
        self.friction[i] = m.geom_friction
        self.friction[i, self.robot.floor, 0] *= friction
        self.gain[i], self.bias[i] = m.actuator_gainprm, m.actuator_biasprm
        self.gain[i, :, 0] *= servo
        self.bias[i, :, 1] *= servo
        self.mass[i], self.inertia[i] = m.body_mass * mass, m.body_inertia * mass[:, None]
        self._draw_conditions(i, rng, seconds, friction)
        return stumble

    def _draw_conditions(self, i: int, rng: np.random.Generator, seconds: float, friction: float) -> None:
        """After the noise, so that a condition leaves it as it was."""
        drawn = {name: v for name in KINDS if (v := self.conditions.draw(name, rng)) is not None}
        if "friction" in drawn:
            self.friction[i, self.robot.floor, 0] = drawn["friction"] * friction
        if "payload" in drawn:
            self.mass[i, self.robot.trunk] += drawn["payload"]
        if self.gravity is not None:
            g = abs(self.model.opt.gravity[2])
            self.gravity[i] = -g * math.sin(drawn["slope"]), 0.0, -g * math.cos(drawn["slope"])
        if self.limits is not None:
            left = 1.0 - drawn["weakness"]
            self.limits[i] = self.model.actuator_forcerange * left
            self.gain[i, :, 0] *= left
            self.bias[i, :, 1:3] *= left
        for a in self.dead:
            self.gain[i, a], self.bias[i, a] = 0.0, 0.0
        if self.pushed is not None:
            count, force = int(seconds / PUSH_EVERY) + 1, drawn["push"] / PUSH_SECONDS
            angle = rng.uniform(0.0, 2 * np.pi, count)
            if self.pushes.shape[1] < count:
                self.pushes = np.pad(self.pushes, ((0, 0), (0, count - self.pushes.shape[1]), (0, 0)))
            self.pushes[i, :count] = force * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        if "rough" in drawn:
            self.spot[i] = rng.uniform(-1.0, 1.0, 2)

    def place(self, i: int, feet: Array) -> tuple[float, float, float]:
        """Where world `i` begins (x, y) [m], and how high the ground is below its feet (4, 3) there [m]."""
        if not self.model.nhfield:
            return 0.0, 0.0, 0.0
        x, y = self.spot[i] * START * self.model.hfield_size[0, 0]
        return x, y, float(ground_below(self.model, x + feet[:, 0], y + feet[:, 1]).max())

    def push(self, ids: Ints, ticks: Ints, tick: float) -> None:
        """Push where it's time."""
        if self.pushed is None:
            return
        now = ticks[ids] * tick
        number = (now / PUSH_EVERY).astype(int)
        on = (now >= PUSH_EVERY) & (now - number * PUSH_EVERY < PUSH_SECONDS)
        self.pushed[ids, self.robot.trunk, :2] = np.where(on[:, None], self.pushes[ids, number], 0.0)

    def weight(self, i: int) -> float:
        """Of world `i` [N]."""
        return float(self.mass[i].sum() * np.linalg.norm(self.model.opt.gravity))
