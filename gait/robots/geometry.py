"""Geometry of a robot's legs, read from its model's kinematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.controllers.chain import Chains
from gait.controllers.controller import LEGS
from gait.controllers.ik import Legs
from gait.errors import UsageError

Array = NDArray[np.float64]
UNLIMITED = 2 * np.pi
AXES = {"+x": 0.0, "-x": np.pi, "+y": 0.5 * np.pi, "-y": -0.5 * np.pi}
"""Where a trunk's forward axis points, left of its x axis [rad]."""


def forward_of(name: str) -> float:
    """The angle [rad] of a forward axis by its name.

    Raises:
      UsageError: it's none of the four.
    """
    if name not in AXES:
        raise UsageError(f"forward = {name!r}: a trunk's forward axis is one of {', '.join(AXES)}.")
    return AXES[name]


def canonical_legs(model: mujoco.MjModel, legs: Sequence[Mapping[str, Any]], joints: Sequence[Sequence[Any]]) -> Legs:
    """Segment vectors of our own robot's legs, mirrored into the canonical frame (see `gait.controllers.ik`).

    Raises:
      UsageError: a leg is not rotator, elevator, knee.
    """
    rotator, knee = ([model.body(model.joint(leg[k].name).bodyid[0]) for leg in joints] for k in (0, 2))
    hip = np.array([body.pos for body in rotator])
    fore, side = np.sign(hip[:, 0]), np.sign(hip[:, 1])
    mirror = np.stack([fore, side, np.ones(4)], axis=1)
    upper = np.array([body.pos for body in knee]) * mirror
    lower = np.array([model.site(leg["foot"]).pos for leg in legs]) * mirror
    for name, leg, f, s in zip(LEGS, joints, fore, side, strict=True):
        for joint, axis in zip(leg, ([0, -f, 0], [s, 0, 0], [0, -f, 0]), strict=True):
            if not np.allclose(joint.axis, axis):
                raise UsageError(f"leg {name}: joint {joint.name} turns about {joint.axis}, not about {axis}")
    limits = np.array([[j.range for j in leg] for leg in joints])
    arrays = (hip, fore, side, upper, lower[:, [0, 2]], limits[..., 0], limits[..., 1])
    return Legs(*(np.ascontiguousarray(a) for a in arrays))


def chains_of(
    model: mujoco.MjModel,
    trunk: str,
    legs: Sequence[Mapping[str, Any]],
    joints: Sequence[Sequence[Any]],
    forward: float,
) -> Chains:
    """The legs of any prepared model: axes, points on them and feet with the joints at zero.

    All in the frame that the trunk faces along: its own, turned to the left by `forward` [rad].

    Raises:
      UsageError: a home pose doesn't have a number a joint, or legs aren't front left, front right, hind left, hind
        right of the trunk as they are named.
    """
    data = mujoco.MjData(model)
    if any(len(leg["home"]) != 3 or len(leg["joints"]) != 3 for leg in legs):
        said = [(len(leg["joints"]), len(leg["home"])) for leg in legs]
        raise UsageError(f"joints and home: each leg has 3 joints and 3 numbers; got {said}.")
    home = np.array([leg["home"] for leg in legs], float)
    ids = np.array([[j.id for j in leg] for leg in joints])
    data.qpos[model.jnt_qposadr[ids]] = home
    standing = _local(model, data, trunk, forward, ids)[2]
    data.qpos[model.jnt_qposadr[ids]] = 0.0
    anchor, axis, foot = _local(model, data, trunk, forward, ids)
    # what swings the leg fore and aft bears it; the foot hangs below, as far out as it is with the joints at zero
    bearing = np.argmax(np.abs(axis[:, :, 1]), axis=1)
    bears = anchor[np.arange(4), bearing]
    shoulder = np.column_stack([bears[:, 0], foot[:, 1], bears[:, 2]])
    fore, side = np.sign(standing[:, 0] - standing[:, 0].mean()), np.sign(standing[:, 1] - standing[:, 1].mean())
    if not (np.array_equal(fore, [1, 1, -1, -1]) and np.array_equal(side, [1, -1, 1, -1])):
        raise UsageError(f"feet at {np.round(standing[:, :2], 3).tolist()} m are not those of {', '.join(LEGS)}.")
    limited = model.jnt_limited[ids].astype(bool)
    low = np.where(limited, model.jnt_range[ids, 0], -UNLIMITED)
    high = np.where(limited, model.jnt_range[ids, 1], UNLIMITED)
    return Chains(shoulder, fore, side, anchor - shoulder[:, None], axis, foot - shoulder, low, high, home)


def _local(
    model: mujoco.MjModel, data: mujoco.MjData, trunk: str, forward: float, ids: NDArray[np.int64]
) -> tuple[Array, Array, Array]:
    """Anchors (4, 3, 3), axes (4, 3, 3) and feet (4, 3) in the frame that the trunk faces along."""
    mujoco.mj_kinematics(model, data)
    body = model.body(trunk).id
    c, s = np.cos(forward), np.sin(forward)
    origin, turn = data.xpos[body], data.xmat[body].reshape(3, 3) @ [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]
    feet = np.array([data.site(f"{name}_foot").xpos for name in LEGS])
    return (data.xanchor[ids] - origin) @ turn, data.xaxis[ids] @ turn, (feet - origin) @ turn
