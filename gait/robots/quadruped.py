"""QuadrupedWalker: a quadruped with a foot-path controller as the worlds of a `Walk`.

A trial settles the robot on its feet, ramps the gait up, and measures the rest of the asked seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.controllers.half_ellipse import HalfEllipse
from gait.controllers.ik import forward
from gait.robots.description import Robot
from gait.robots.odometer import (
    ACROSS,
    ALONG,
    DOF,
    PITCH,
    PITCH_RATE,
    ROLL,
    ROLL_RATE,
    SPEED,
    TILTED,
    TOUCH,
    YAW,
    Odometer,
    add_tick,
    clear,
    measures_of,
    new_odometer,
    read_pose,
)
from gait.simulate import Flag
from gait.trial import Ending, Stop

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTLE, RAMP, WARM_UP = 0.5, 0.5, 2.0
"""Seconds a trial stands still, takes to reach the full stroke, and walks before it's measured (from the start)."""
FEATURES = ("trunk pitch [rad]", "trunk roll [rad]", "pitch rate [rad/s]", "roll rate [rad/s]", "speed [m/s]")
FEATURE_COLUMNS = [PITCH, ROLL, PITCH_RATE, ROLL_RATE, SPEED]
DECIDE, COMPLETED, FELL, DIVERGED, STOPPED = (
    int(f) for f in (Flag.DECIDE, Flag.COMPLETED, Flag.FELL, Flag.DIVERGED, Flag.STOPPED)
)


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


@compiled
def _locate(meter: Odometer, i: int, qpos: Array, qvel: Array, settle: int, warm_up: int) -> float:
    """Where world `i` is after its tick, from where it settled; the cosine of its trunk's tilt."""
    n = meter.tick[i]
    if n == settle:
        w, x, y, z = qpos[3], qpos[4], qpos[5], qpos[6]
        meter.origin[i, 0], meter.origin[i, 1] = qpos[0], qpos[1]
        meter.origin[i, 2] = math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
    upright: float = read_pose(meter, i, qpos, qvel)
    if n <= settle:
        meter.pose[i, ALONG] = meter.pose[i, ACROSS] = meter.pose[i, YAW] = 0.0
    if n == warm_up:
        meter.start[i, 0], meter.start[i, 1] = meter.pose[i, ALONG], meter.pose[i, ACROSS]
        meter.start[i, 2] = meter.pose[i, YAW]
    return upright


@compiled
def _note_progress(meter: Odometer, i: int, tick: float, warm_up: int) -> bool:
    """Note the running score of world `i` at each whole second: of its distance so far before it is measured.

    Whether the stop rule gives the trial up now.
    """
    n = meter.tick[i]
    second = int(n * tick + 1e-9)
    if second > int((n - 1) * tick + 1e-9):
        along = meter.pose[i, ALONG]
        if n > warm_up:
            meter.progress[i, second - 1] = (along - meter.start[i, 0]) / ((n - warm_up) * tick)
        else:
            meter.progress[i, second - 1] = along / (n * tick)
        before, now = second - 1 - meter.grace[i], meter.progress[i, second - 1]
        return bool(before >= 0 and max(now, meter.progress[i, before]) < meter.least[i, second - 1])
    return False


@compiled
def _measure(
    ids: Ints, time: Array, qpos: Array, qvels: Array, forces: Array, sensors: Array, meter: Odometer,
    damping: Array, wires: Ints, trunk: int, radius: float, tick: float, settle: int, ramp: int, warm_up: int,
    phase: Array, period: Array, amplitude: Array, flags: NDArray[np.uint8], contacts: NDArray[np.bool_],
) -> int:  # fmt: skip
    """One tick of the worlds `ids`: clock, pose, sums, phase, and what each wants next. Their number that want."""
    wanting, steps = 0, qvels.shape[1]
    for row in range(len(ids)):
        i = ids[row]
        meter.tick[i] += 1
        n = meter.tick[i]
        flags[i] = 0
        # MuJoCo resets a world that blew up and stops stepping it, and leaves one that raised: its clock is off
        if abs(time[i] - n * tick) > 0.5 * tick or not math.isfinite(qpos[i, 2]):
            flags[i] = DIVERGED
            wanting += 1
            continue
        upright = _locate(meter, i, qpos[i], qvels[row, steps - 1], settle, warm_up)
        if n > warm_up:
            add_tick(meter, i, qvels[row], forces[row], damping, wires, sensors[i], radius, tick / steps)  # fmt: skip
        for leg in range(4):
            for k in range(3):
                meter.joint[i, leg, k] = qvels[row, steps - 1, wires[leg, DOF + k]]
            contacts[i, leg] = sensors[i, wires[leg, TOUCH]] > 0.0
            meter.air[i, leg] = 0 if contacts[i, leg] else meter.air[i, leg] + 1
        behind = _note_progress(meter, i, tick, warm_up)
        if n > settle:
            phase[i] += tick / period[i]
            amplitude[i] = min(1.0, (n - settle) / ramp)
        if upright < TILTED or (n > settle and sensors[i, trunk] > 0.0):
            flags[i] = FELL
        elif n >= meter.last[i]:
            flags[i] = COMPLETED
        elif behind:
            flags[i] = STOPPED
        elif phase[i] >= 1.0:
            phase[i] -= 1.0
            flags[i] = DECIDE
        wanting += flags[i] != 0
    return wanting


@compiled
def _apply(ids: Ints, joints: Array, actuators: Ints, ctrl: Array) -> None:
    for i in ids:
        for leg in range(4):
            for k in range(3):
                ctrl[i, actuators[leg, k]] = joints[i, leg, k]


class QuadrupedWalker:
    """Worlds of a quadruped; implements `gait.simulate.Walker`.

    Args:
      robot: the robot.
      controller: its foot paths.
      noise: what differs from trial to trial.
      longest: seconds the longest trial lasts.
    """

    def __init__(self, robot: Robot, controller: HalfEllipse, noise: Noise, longest: float) -> None:
        self.robot, self.controller, self.noise, self.longest = robot, controller, noise, longest
        self.model, self.steps = robot.model, robot.command_steps
        self.record: tuple[str, ...] = ("qvel", "actuator_force")
        self.tick = self.steps * self.model.opt.timestep
        self.settle, self.ramp, self.warm_up = (round(s / self.tick) for s in (SETTLE, RAMP, WARM_UP))

    def attach(self, batch: Batch) -> None:
        """Bind to the arrays of a batch of n worlds."""
        n = batch.nsim
        self.batch = batch
        self.time, self.qpos, self.qvel, self.ctrl = (batch.bind(a) for a in ("time", "qpos", "qvel", "ctrl"))
        self.sensors = batch.bind("sensordata")
        self.gain, self.bias = batch.expand("actuator_gainprm"), batch.expand("actuator_biasprm")
        self.friction = batch.expand("geom_friction")
        self.mass, self.inertia = batch.expand("body_mass"), batch.expand("body_inertia")
        self.meter = new_odometer(n, self.longest)
        self.values = np.zeros((n, len(self.controller.space)))
        self.joints = np.zeros((n, 4, 3))
        self.phase, self.amplitude, self.period = np.zeros(n), np.zeros(n), np.ones(n)
        self.far = np.zeros(n, np.int64)
        self.flags = np.zeros(n, np.uint8)
        self.contacts = np.zeros((n, 4), bool)
        self.decided, self.decided_along = np.zeros(n, np.int64), np.zeros(n)
        r = self.robot
        wires = np.column_stack([r.qvel, r.actuators, r.touch[:4], r.velocity, r.spin])
        self._measured = (
            self.sensors, self.meter, np.array(self.model.dof_damping), wires, int(r.touch[4]), r.foot_radius,
            self.tick, self.settle, self.ramp, self.warm_up, self.phase, self.period, self.amplitude, self.flags,
            self.contacts,
        )  # fmt: skip
        self.stumble = np.zeros((n, 4, 3))

    def begin(self, i: int, rng: np.random.Generator, seconds: float, stop: Stop | None = None) -> None:
        """Prepare world `i` for a trial of so many seconds, or until the stop rule ends it: draw its noise."""
        m, noise = self.model, self.noise
        self.stumble[i] = noise.joints * rng.standard_normal((4, 3))
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
        clear(self.meter, i, round(seconds / self.tick), stop)
        self.phase[i] = self.amplitude[i] = self.decided_along[i] = 0.0
        self.far[i] = self.flags[i] = 0
        self.decided[i] = self.settle
        self.contacts[i] = False

    def act(self, i: int, action: Array) -> None:
        """Walk with this action from now on."""
        self.values[i] = self.controller.space.decode(action)
        self.period[i] = self.controller.period(self.values[i])

    def place(self, i: int, action: Array) -> None:
        """Stand world `i` on its feet, at the middle of its foot paths, pitched as its body heights say."""
        self.act(i, action)
        self.controller.command(np.array([i]), self.values, self.phase, self.amplitude, self.joints, self.far)
        joints = self.joints[i] + self.stumble[i]
        pitch = self.controller.pitch(self.values[i])
        feet = self.robot.legs.hip + forward(self.robot.legs, joints)
        lowest = (feet[:, 2] * math.cos(pitch) - feet[:, 0] * math.sin(pitch)).min()
        self.qpos[i, :7] = 0.0, 0.0, self.robot.foot_radius - lowest, math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0
        self.qpos[i, self.robot.qpos] = joints
        self.far[i] = 0

    def command(self, ids: Ints) -> None:
        """Write the controls of the next tick."""
        self.controller.command(ids, self.values, self.phase, self.amplitude, self.joints, self.far)
        _apply(ids, self.joints, self.robot.actuators, self.ctrl)

    def measure(self, ids: Ints, records: Mapping[str, Array]) -> int:
        """Measure after a tick, set `flags`; the number of worlds whose flag is set."""
        wanting: int = _measure(ids, self.time, self.qpos, records["qvel"], records["actuator_force"], *self._measured)
        return wanting

    def features(self, ids: Ints) -> Array:
        """(k, 5) what a policy sees: see `FEATURES`."""
        return self.meter.pose[ids][:, FEATURE_COLUMNS]

    def decision(self, ids: Ints) -> tuple[Array, Array]:
        """Forward progress [m] (k,) and seconds (k,) of the strides that end now; the next ones begin."""
        along, tick = self.meter.pose[ids, ALONG], self.meter.tick[ids]
        rewards = along - self.decided_along[ids]
        durations = np.maximum(0, tick - self.decided[ids]) * self.tick
        self.decided_along[ids], self.decided[ids] = along, tick
        return rewards, durations

    def walked(self, i: int) -> float:
        """Seconds world `i` was simulated in this trial."""
        return float(self.meter.tick[i] * self.tick)

    def score(self, i: int, ending: Ending) -> float:
        """Mean forward speed [m/s]; after a fall, the distance walked before it over the whole asked time.

        A trial that was given up is scored by its running score.
        """
        if ending is Ending.STOPPED:
            return float(self.progress(i)[-1])
        if ending is Ending.COMPLETED:
            window = (self.meter.tick[i] - self.warm_up) * self.tick
            return float((self.meter.pose[i, ALONG] - self.meter.start[i, 0]) / window)
        return float(self.meter.pose[i, ALONG] / (self.meter.last[i] * self.tick))

    def progress(self, i: int) -> Array:
        """Running score at each whole second walked."""
        return self.meter.progress[i, : int(self.walked(i) + 1e-9)].copy()

    def measures(self, i: int) -> dict[str, float | None]:
        """The measures of `gait.robots.odometer.MEASURES`."""
        commands = 4 * max(1, int(self.meter.tick[i]))
        weight = float(self.mass[i].sum() * abs(self.model.opt.gravity[2]))
        return measures_of(self.meter, i, self.tick, weight, float(self.far[i]) / commands)
