"""Body: where a recorded robot's parts were and how they moved; kinematics only, nothing is simulated."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.robots.description import Robot
from gait.task import Recording
from gait.view.kinematics import FEET

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Body:
    """The robot at F moments, in the world: x and y on the ground, z up."""

    trunk: Array
    """(F, 3) origin of the trunk [m]."""
    angles: Array
    """(F, 3) yaw to the left (unwrapped), pitch nose up, roll to the right [rad], as in `gait.robots.odometer`."""
    com: Array
    """(F, 3) centre of mass [m]."""
    feet: Array
    """(F, 4, 3) centres of the foot balls [m]."""
    hips: Array
    """(F, 4, 3) where the legs leave the trunk [m]."""
    slip: Array
    """(F, 4) horizontal speed of each foot ball's lowest point [m/s]."""


def read_body(robot: Robot, recording: Recording) -> Body:
    """Forward kinematics of a recording of two frames or more; speeds are differences of neighbouring frames."""
    model, data = robot.model, mujoco.MjData(robot.model)
    time, qpos = recording.time, recording.qpos
    feet = [model.site(name).id for name in FEET]
    hips = model.jnt_bodyid[[int(np.flatnonzero(model.jnt_qposadr == leg[0])[0]) for leg in robot.qpos]]
    n = len(qpos)
    com, foot, hip, slip = np.empty((n, 3)), np.empty((n, 4, 3)), np.empty((n, 4, 3)), np.empty((n, 4))
    velocity = np.empty(6)
    for k in range(n):
        before, after = max(0, k - 1), min(n - 1, k + 1)
        mujoco.mj_differentiatePos(model, data.qvel, time[after] - time[before], qpos[before], qpos[after])
        data.qpos[:] = qpos[k]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_comVel(model, data)
        com[k], foot[k], hip[k] = data.subtree_com[robot.trunk], data.site_xpos[feet], data.xpos[hips]
        for leg, site in enumerate(feet):
            mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, site, velocity, 0)
            # the ball's lowest point: its centre's velocity plus spin × (0, 0, −radius)
            slip[k, leg] = np.hypot(
                velocity[3] - velocity[1] * robot.foot_radius, velocity[4] + velocity[0] * robot.foot_radius
            )
    return Body(qpos[:, :3].copy(), trunk_angles(qpos[:, 3:7]), com, foot, hip, slip)


def trunk_angles(quaternions: Array) -> Array:
    """(F, 3) yaw (unwrapped), pitch nose up and roll to the right [rad] of unit quaternions (F, 4)."""
    w, x, y, z = quaternions.T
    ahead = 1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)
    yaw = np.unwrap(np.arctan2(ahead[1], ahead[0]))
    roll = np.arctan2(2 * (y * z + w * x), 1 - 2 * (x * x + y * y))
    return np.stack([yaw, np.arcsin(np.clip(ahead[2], -1.0, 1.0)), roll], axis=1)


def acceleration(time: Array, points: Array) -> Array:
    """(F, 3) second differences [m/s²] of points (F, 3) [m] at even moments (F,); the ends have their neighbours'.

    Raises:
      ValueError: fewer than three frames.
    """
    if len(points) < 3:
        raise ValueError(f"an acceleration needs three frames, got {len(points)}")
    dt = float(time[-1] - time[0]) / (len(time) - 1)
    inner = (points[2:] - 2 * points[1:-1] + points[:-2]) / dt**2
    return np.concatenate([inner[:1], inner, inner[-1:]])
