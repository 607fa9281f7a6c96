"""Does a description hold? Feet are sent to places by a numeric inverse kinematics, and the robot stands 2 s."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np

from gait.robots.drives import Servo, drives_free, torque_limit
from gait.robots.home import Body, foot_place, kinematics
from gait.robots.mjcf import Array
from gait.robots.sides import AXES, in_trunk
from gait.simulate import hold

STROKES, LIFTS = np.linspace(-0.25, 0.25, 5), np.linspace(0.0, 0.15, 3)
"""Targets forward and above the feet at home, in hip heights."""
REACHED = 0.01
"""Feet are to come this close to their targets, in hip heights."""
SECONDS, UPRIGHT, HIGH = 2.0, 20.0, 0.7
"""Seconds to stand; largest tilt [deg]; least height of the hips, in their height at home."""
ITERATIONS = 100


@dataclass(frozen=True)
class Stand:
    """What standing for 2 s came to."""

    sag: float
    """How much lower the hips are at the end than at home [m]."""
    tilt: float
    """Largest tilt of the trunk [deg]."""
    height: float
    """Least height of the hips, as a fraction of that at home."""

    @property
    def stood(self) -> bool:
        """Whether it stayed up."""
        return self.height > HIGH and self.tilt < UPRIGHT


def reach_errors(body: Body, home: Array, hip_height: float) -> dict[str, float]:
    """Largest distance of each foot from its targets [m], by damped least squares within the joints' ranges.

    This uses MuJoCo's own Jacobians and nothing of the package's controllers.
    """
    data = kinematics(body.model, home)
    turn = data.xmat[body.trunk].reshape(3, 3)
    found = {}
    for name, foot in body.feet.items():
        start = foot_place(data, foot)
        errors = [
            _distance(body, name, home, start + hip_height * turn @ (s * AXES[body.forward] + [0, 0, lift]), hip_height)
            for s in STROKES for lift in LIFTS
        ]  # fmt: skip
        found[name] = max(errors)
    return found


def _distance(body: Body, name: str, home: Array, target: Array, scale: float) -> float:
    """How far from its target (3,) a foot stays [m]."""
    m, leg, foot = body.model, body.legs[name], body.feet[name]
    data = kinematics(m, home)
    where, dofs = m.jnt_qposadr[list(leg.joints)], m.jnt_dofadr[list(leg.joints)]
    limited = m.jnt_limited[list(leg.joints)].astype(bool)
    low, high = (np.where(limited, m.jnt_range[list(leg.joints), k], s * np.inf) for k, s in ((0, -1), (1, 1)))
    jac, damping = np.zeros((3, m.nv)), (0.01 * scale) ** 2
    for _ in range(ITERATIONS):
        gap = target - foot_place(data, foot)
        if gap @ gap < (1e-5 * scale) ** 2:
            break
        mujoco.mj_comPos(m, data)
        mujoco.mj_jac(m, data, jac, None, foot_place(data, foot), foot.body)
        J = jac[:, dofs]
        step = J.T @ np.linalg.solve(J @ J.T + damping * np.eye(3), gap)
        data.qpos[where] = np.clip(data.qpos[where] + np.clip(step, -0.3, 0.3), low, high)
        mujoco.mj_kinematics(m, data)
    return float(np.linalg.norm(target - foot_place(data, foot)))


def stand(body: Body, home: Array, hip_height: float, ground: float, servo: Servo | None) -> Stand:
    """Put the robot on its feet at home, hold that pose, and watch.

    Args:
      home: qpos (nq,).
      ground: height of the floor [m].
      servo: gains for torque motors; None for position servos.
    """
    m = body.model
    where = int(m.jnt_qposadr[m.body_jntadr[body.trunk]])
    start = home.copy()
    start[where + 3 : where + 7] = 1, 0, 0, 0
    data = kinematics(m, start)
    hips = np.array([data.xanchor[leg.joints[0]] for leg in body.legs.values()])
    bottom = min(foot_place(data, f)[2] - f.radius for f in body.feet.values())
    start[where + 2] += ground - bottom
    path = hold(m, start, SECONDS, _holder(body, start, servo))
    middle = in_trunk(data, body.trunk, hips.mean(axis=0))
    w, x, y, z = path[:, where + 3 : where + 7].T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    heights = path[:, where + 2] + up @ middle - ground
    if not np.isfinite(path).all():
        return Stand(hip_height, 180.0, 0.0)
    tilt = np.degrees(np.arccos(np.clip(up[:, 2], -1, 1))).max()
    return Stand(float(heights[0] - heights[-1]), float(tilt), float(heights.min() / heights[0]))


def _holder(body: Body, target: Array, servo: Servo | None) -> Callable[[mujoco.MjData], None]:
    """Writes the controls that hold the legs at target (nq,), and what else has position servos where it is."""
    m = body.model
    joints = np.array([j for leg in body.legs.values() for j in leg.joints])
    actuators = np.array([a for leg in body.legs.values() for a in leg.actuators])
    where, dofs, gear = m.jnt_qposadr[joints], m.jnt_dofadr[joints], m.actuator_gear[actuators, 0]
    limits = np.array([torque_limit(m, j, a) for j, a in zip(joints, actuators, strict=True)])
    others = drives_free(m, set(actuators.tolist()), target)

    def command(data: mujoco.MjData) -> None:
        for a, value in others.items():
            data.ctrl[a] = value
        if servo is None:
            data.ctrl[actuators] = gear * target[where]
            return
        torque = servo.kp * (target[where] - data.qpos[where]) - servo.kd * data.qvel[dofs]
        data.ctrl[actuators] = np.clip(torque, -limits, limits) / (gear * m.actuator_gainprm[actuators, 0])

    return command
