"""Traces: the curves that the figure of a gait shows, taken from a recorded trial. Computes; `plots` draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.analysis.body import Array, trunk_angles
from gait.analysis.contacts import Bools, clean, tick
from gait.analysis.report import cut, window_start
from gait.robots.description import Robot
from gait.task import Recording
from gait.view.kinematics import finite, hip_paths

STRIDES = 3
"""So many strides are shown where a stride is known."""
SHOWN = 1.5
"""Seconds shown where none is."""


@dataclass(frozen=True, eq=False)
class Traces:
    """The last S moments of a walk, some strides long."""

    time: Array
    """(S,) [s]"""
    contacts: Bools
    """(S, 4) without chatter."""
    walked: Array
    """(S, 4, 2) fore-aft and height of each foot from its hip, in the trunk's axes [cm]."""
    commanded: Array | None
    """(S, 4, 2) the same, of the joint targets; None where the recording has none."""
    joints: tuple[str, str, str]
    """What the joints of a leg are called, from the trunk outward."""
    angles: Array
    """(S, 4, 3) [deg]"""
    angle_limits: Array
    """(3, 2) the widest of the legs' [deg]."""
    torques: Array | None
    """(S, 4, 3) [N·m]; None where the recording has none."""
    torque_limits: Array
    """(3, 2) the widest of the legs' [N·m]."""
    pitch: Array
    """(S, 2) the trunk's pitch, nose up [deg], and its rate [deg/s]."""


def read_traces(recording: Recording, robot: Robot, period: float | None) -> Traces:
    """The last strides of a recorded trial, given how long one is [s].

    Raises:
      UsageError: the trial ended before there was anything to measure.
    """
    recording = finite(recording)
    window = cut(recording, window_start(recording))
    contacts = clean(window.time, window.contacts)
    shown = round((STRIDES * period if period else SHOWN) / tick(window.time)) + 1
    first = max(0, len(window.time) - shown)
    last, model = cut(window, first), robot.model
    told = {name: _of_legs(last, name) for name in ("targets", "torques")}
    names = [str(mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_JOINT, j)) for j in _joint_ids(robot)[0]]
    pitch = np.rad2deg(trunk_angles(window.qpos[:, 3:7])[:, 1])
    limits = np.rad2deg(model.jnt_range[_joint_ids(robot)])
    forces = model.actuator_forcerange[robot.actuators]
    return Traces(
        time=last.time,
        contacts=contacts[first:],
        walked=hip_paths(model, last),
        commanded=None if told["targets"] is None else _commanded(robot, last, told["targets"]),
        joints=(_outer(names[0]), _outer(names[1]), _outer(names[2])),
        angles=np.rad2deg(last.qpos[:, robot.qpos]),
        angle_limits=_widest(limits),
        torques=told["torques"],
        torque_limits=_widest(forces),
        pitch=np.stack([pitch, np.gradient(pitch, window.time)], axis=1)[first:],
    )


def _of_legs(recording: Recording, name: str) -> Array | None:
    """(S, 4, 3) of `extra`, if it's there."""
    values = recording.extra.get(name)
    return None if values is None else np.asarray(values, float).reshape(len(recording.time), 4, 3)


def _commanded(robot: Robot, recording: Recording, targets: Array) -> Array:
    """(S, 4, 2) where the feet would be from their hips if the joints were where they are told to be [cm]."""
    qpos = recording.qpos.copy()
    qpos[:, robot.qpos] = targets
    return hip_paths(robot.model, replace(recording, qpos=qpos))


def _joint_ids(robot: Robot) -> NDArray[np.int64]:
    """(4, 3) joints of the legs."""
    owner: Any = {int(address): j for j, address in enumerate(robot.model.jnt_qposadr)}
    return np.array([[owner[int(address)] for address in leg] for leg in robot.qpos])


def _outer(name: str) -> str:
    """A joint's name without its leg's."""
    return name.partition("_")[2] or name


def _widest(limits: Array) -> Array:
    """(3, 2) over the legs of limits (4, 3, 2)."""
    return np.stack([limits[..., 0].min(axis=0), limits[..., 1].max(axis=0)], axis=1)
