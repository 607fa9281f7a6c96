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

from gait.controllers.chain import forward
from gait.controllers.controller import Controller, Inputs
from gait.robots.conditions import Conditions, Disturbances, Noise
from gait.robots.description import Robot
from gait.robots.odometer import (
    ALONG,
    PITCH,
    PITCH_RATE,
    ROLL,
    ROLL_RATE,
    SPEED,
    clear,
    facing,
    measures_of,
    new_odometer,
)
from gait.robots.ticks import apply, measure_tick, steer
from gait.trial import Ending, Stop

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTLE, RAMP, WARM_UP = 0.5, 0.5, 2.0
"""Seconds a trial stands still, takes to reach the full stroke, and walks before it's measured (from the start)."""
FEATURES = ("trunk pitch [rad]", "trunk roll [rad]", "pitch rate [rad/s]", "roll rate [rad/s]", "speed [m/s]")
FEATURE_COLUMNS = [PITCH, ROLL, PITCH_RATE, ROLL_RATE, SPEED]
STEEPEST = 2.0
"""Sharpest curve that heading hold asks for, times the distance of the feet from the trunk's middle."""


@dataclass(frozen=True)
class Course:
    """Where a robot is told to walk.

    A path of curvature `turn`, left positive [1/m], and how strongly it is steered back to that path: curvature per
    angle that its heading is off [1/m]; 0: not at all.
    """

    turn: float = 0.0
    hold: float = 0.0


class QuadrupedWalker:
    """Worlds of a quadruped; implements `gait.simulate.Walker`.

    Args:
      robot: the robot.
      controller: its foot paths.
      noise: what differs from trial to trial.
      longest: seconds the longest trial lasts.
      conditions: what makes walking harder.
      course: where it is to walk.
      rate: decisions a second, once it walks; 0: one a stride.
    """

    def __init__(
        self, robot: Robot, controller: Controller, noise: Noise, longest: float,
        conditions: Conditions | None = None, course: Course | None = None, rate: float = 0.0,
    ) -> None:  # fmt: skip
        self.robot, self.controller, self.longest = robot, controller, longest
        self.disturbances = Disturbances(robot, noise, conditions or Conditions())
        self.course, self.rate = course or Course(), rate
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
        self.disturbances.attach(batch)
        self.meter = new_odometer(n, self.longest)
        self.values = np.zeros((n, len(self.controller.space)))
        self.joints = np.zeros((n, 4, 3))
        self.phase, self.amplitude, self.period = np.zeros(n), np.zeros(n), np.ones(n)
        self.left, self.curvature = np.zeros(n), np.zeros(n)
        self.turn, self.hold = np.full(n, self.course.turn), np.full(n, self.course.hold)
        self.inputs = Inputs(
            self.values, self.phase, self.amplitude, np.zeros((n, 4)), self.curvature,
            np.zeros((n, self.controller.memory)),
        )  # fmt: skip
        self.sharpest = STEEPEST / float(np.abs(self.robot.legs.hip[:, :2]).max() + 1e-9)
        self.far = np.zeros(n, np.int64)
        self.flags = np.zeros(n, np.uint8)
        self.contacts = np.zeros((n, 4), bool)
        self.decided, self.decided_along = np.zeros(n, np.int64), np.zeros(n)
        r = self.robot
        wires = np.column_stack([r.qvel, r.actuators, r.touch[:4], r.velocity, r.spin])
        self._measured = (
            self.sensors, self.meter, np.array(self.model.dof_damping), wires, int(r.touch[4]), r.forward,
            r.foot_radius, self.tick, self.settle, self.ramp, self.warm_up, self.phase, self.period, self.amplitude,
            self.flags, self.contacts, float(self.rate),
        )  # fmt: skip
        self.stumble = np.zeros((n, 4, 3))
        self._speeds = np.zeros((4, 3))
        """Of world 0's joints at the end of the last tick that was recorded."""

    def begin(self, i: int, rng: np.random.Generator, seconds: float, stop: Stop | None = None) -> None:
        """Prepare world `i` for a trial of so many seconds, or until the stop rule ends it: draw its noise."""
        self.stumble[i] = self.disturbances.draw(i, rng, seconds)
        clear(self.meter, i, round(seconds / self.tick), stop)
        self.phase[i] = self.amplitude[i] = self.decided_along[i] = self.curvature[i] = 0.0
        self.left[i] = 0.0
        self.inputs.memory[i] = 0.0
        self.joints[i] = self.controller.home_joints()
        self._speeds[:] = 0.0
        self.far[i] = self.flags[i] = 0
        self.decided[i] = self.settle
        self.contacts[i] = False

    def act(self, ids: Ints, actions: Array) -> None:
        """Walk with these actions (k, d) from now on."""
        values = self.controller.space.decode(actions)
        self.values[ids] = values
        self.period[ids] = self.controller.period(values)
        self.inputs.offsets[ids] = self.controller.leg_offsets(values)

    def place(self, i: int, action: Array) -> None:
        """Stand world `i` on its feet, at the middle of its foot paths, pitched as its body heights say."""
        self.act(np.array([i]), action[None])
        self.joints[i], pitch = self.controller.stand(self.values[i])
        joints = self.joints[i] + self.stumble[i]
        feet = self.robot.legs.hip + forward(self.robot.legs, joints)
        lowest = (feet[:, 2] * math.cos(pitch) - feet[:, 0] * math.sin(pitch)).min()
        x, y, ground = self.disturbances.place(i, feet)
        self.qpos[i, :7] = (
            x, y, ground + self.robot.foot_radius - lowest, math.cos(pitch / 2), 0.0, math.sin(pitch / 2), 0.0
        )  # fmt: skip
        self.qpos[i, 3:7] = facing(self.qpos[i], -self.robot.forward)
        self.qpos[i, self.robot.qpos] = joints

    def command(self, ids: Ints) -> None:
        """Write the controls of the next tick."""
        steer(
            ids, self.meter, self.qvel, self.settle, self.tick, self.turn, self.hold, self.sharpest, self.left,
            self.curvature,
        )  # fmt: skip
        self.controller.command(ids, self.inputs, self.tick, self.joints, self.far)
        apply(ids, self.joints, self.robot.actuators, self.ctrl)
        self.disturbances.push(ids, self.meter.tick, self.tick)

    def measure(self, ids: Ints, records: Mapping[str, Array]) -> int:
        """Measure after a tick, set `flags`; the number of worlds whose flag is set."""
        wanting: int = measure_tick(
            ids, self.time, self.qpos, records["qvel"], records["actuator_force"], *self._measured
        )
        return wanting

    def frame(self, records: Mapping[str, Array]) -> dict[str, Array]:
        """World 0's last tick: joint `targets` and `torques` (4, 3) [rad, N·m], feet's `loads` (4,) [N], `power` [W].

        Power (3,) is the servos' positive, absolute and net mechanical power, the mean over the tick. A servo's damping
        is part of the motor, as in what the odometer counts as work.
        """
        r, speeds = self.robot, records["qvel"][:, self.robot.qvel]
        before = np.concatenate([self._speeds[None], speeds[:-1]])
        mean, self._speeds = 0.5 * (before + speeds), speeds[-1].copy()
        torques = records["actuator_force"][:, r.actuators] - self.model.dof_damping[r.qvel] * mean
        power = (torques * mean).reshape(len(speeds), -1)
        kinds = (np.maximum(0.0, power), np.abs(power), power)
        return {
            "targets": self.joints[0].copy(), "torques": torques[-1], "loads": self.sensors[0, r.touch[:4]].copy(),
            "power": np.array([p.sum(axis=1).mean() for p in kinds]),
        }  # fmt: skip

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
        weight = self.disturbances.weight(i)
        return measures_of(self.meter, i, self.tick, weight, float(self.far[i]) / commands)
