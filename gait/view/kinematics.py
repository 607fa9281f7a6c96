"""Where the feet were in a recorded trial: forward kinematics only, nothing is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.task import Recording

Array = NDArray[np.float64]

FEET = ("FL_foot", "FR_foot", "HL_foot", "HR_foot")
"""Foot sites of a quadruped, in the order of `Recording.contacts`."""


def finite(recording: Recording) -> Recording:
    """The recording up to the first position that is not finite: a diverged trial can be drawn too.

    Raises:
      UsageError: nothing is left to draw.
    """
    broken = np.flatnonzero(~np.isfinite(recording.qpos).all(axis=1))
    n = int(broken[0]) if len(broken) else len(recording.qpos)
    if n == 0:
        raise UsageError("a recording without a single finite position cannot be drawn.")
    extra = {name: values[:n] for name, values in recording.extra.items()}
    return replace(
        recording, time=recording.time[:n], qpos=recording.qpos[:n], contacts=recording.contacts[:n], extra=extra
    )


def resample(model: Any, recording: Recording, times: Array) -> Array:
    """Positions (K, nq) at `times` (K,) [s]: linear in between, held at both ends, quaternions normalized."""
    time, qpos = recording.time, recording.qpos
    after = np.clip(np.searchsorted(time, times), 1, max(len(time) - 1, 1))
    before, after = after - 1, np.minimum(after, len(time) - 1)
    gap = np.where(after > before, time[after] - time[before], 1.0)
    w = np.clip((times - time[before]) / gap, 0.0, 1.0)[:, None]
    a, b = qpos[before], qpos[after].copy()
    quaternions = _quaternions(model)
    for s in quaternions:
        # q and -q are the same rotation: go the short way round
        b[:, s] *= np.where((a[:, s] * b[:, s]).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    mixed: Array = (1 - w) * a + w * b
    for s in quaternions:
        mixed[:, s] /= np.linalg.norm(mixed[:, s], axis=1, keepdims=True)
    return mixed


def _quaternions(model: Any) -> list[slice]:
    """Where in qpos the quaternions of free and ball joints are."""
    import mujoco

    offset = {int(mujoco.mjtJoint.mjJNT_FREE): 3, int(mujoco.mjtJoint.mjJNT_BALL): 0}
    starts = [
        int(address) + offset[int(kind)]
        for kind, address in zip(model.jnt_type, model.jnt_qposadr, strict=True)
        if int(kind) in offset
    ]
    return [slice(start, start + 4) for start in starts]


def _sites(model: Any, feet: Sequence[str]) -> list[int]:
    import mujoco

    ids = [mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_SITE, name) for name in feet]
    missing = [name for name, i in zip(feet, ids, strict=True) if i < 0]
    if missing:
        raise UsageError(f"the model has no site {missing[0]!r}; each foot needs one.")
    return ids


def _hip(model: Any, body: int) -> int:
    """The first body of the leg that `body` belongs to."""
    while model.body_parentid[model.body_parentid[body]] != 0:
        body = int(model.body_parentid[body])
    return body


def foot_positions(model: Any, recording: Recording, feet: Sequence[str] = FEET) -> Array:
    """World positions (F, feet, 3) [m] of the foot sites at each recorded moment.

    Raises:
      UsageError: the model has no such site.
    """
    import mujoco

    ids, data = _sites(model, feet), mujoco.MjData(model)
    out = np.empty((len(recording.qpos), len(ids), 3))
    for row, qpos in zip(out, recording.qpos, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        row[:] = data.site_xpos[ids]
    return out


def trunk_positions(model: Any, recording: Recording, feet: Sequence[str] = FEET) -> Array:
    """World positions (F, 3) [m] of the body that carries the legs, at each recorded moment.

    Raises:
      UsageError: the model has no such site.
    """
    import mujoco

    trunk = int(model.body_rootid[model.site_bodyid[_sites(model, feet)[0]]])
    data = mujoco.MjData(model)
    out = np.empty((len(recording.qpos), 3))
    for row, qpos in zip(out, recording.qpos, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        row[:] = data.xpos[trunk]
    return out


def hip_paths(model: Any, recording: Recording, feet: Sequence[str] = FEET) -> Array:
    """Fore-aft and height (F, feet, 2) [cm] of each foot from its hip, in the trunk's own axes.

    A foot's hip is the origin of the body where its leg leaves the trunk. This is the frame in which a foot
    locus is commanded.

    Raises:
      UsageError: the model has no such site.
    """
    import mujoco

    ids, data = _sites(model, feet), mujoco.MjData(model)
    hips = [_hip(model, int(model.site_bodyid[site])) for site in ids]
    trunk = int(model.body_parentid[hips[0]])
    out = np.empty((len(recording.qpos), len(ids), 2))
    for row, qpos in zip(out, recording.qpos, strict=True):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        local = (data.site_xpos[ids] - data.xpos[hips]) @ data.xmat[trunk].reshape(3, 3)
        row[:] = 100.0 * local[:, [0, 2]]
    return out


def walker_size(model: Any) -> tuple[float, float]:
    """Length and height of the walker as the model starts [m]."""
    import mujoco

    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    own = np.flatnonzero((model.body_weldid[model.geom_bodyid] != 0) & (model.geom_rgba[:, 3] > 0))
    centre, reach = data.geom_xpos[own], model.geom_rbound[own, None]
    low, high = (centre - reach).min(axis=0), (centre + reach).max(axis=0)
    return float((high - low)[:2].max()), float(high[2] - max(low[2], 0.0))


def touchdowns(time: Array, contact: NDArray[np.bool_], shortest: float = 0.03) -> Array:
    """Moments [s] when one foot lands, given `contact` (F,) at `time` (F,).

    A landing within `shortest` seconds of lift-off is a bounce and does not count.
    """
    landings, lifted = [], -np.inf
    for i in range(1, len(contact)):
        if contact[i - 1] and not contact[i]:
            lifted = float(time[i])
        elif contact[i] and not contact[i - 1] and time[i] - lifted >= shortest:
            landings.append(float(time[i]))
    return np.array(landings)


def last_strides(recording: Recording, foot: int, strides: int = 3) -> slice:
    """The frames of one foot's last whole strides, touchdown to touchdown; all frames if there are fewer."""
    landings = touchdowns(recording.time, recording.contacts[:, foot])
    if len(landings) < strides + 1:
        return slice(0, len(recording.time))
    start, stop = np.searchsorted(recording.time, landings[[-strides - 1, -1]])
    return slice(int(start), int(stop) + 1)


def stride_seconds(recording: Recording) -> float:
    """A typical stride's duration [s]: the median between landings of a foot, within 0.2 to 1.5 s."""
    gaps = [np.diff(touchdowns(recording.time, contact)) for contact in recording.contacts.T]
    joined = np.concatenate([*gaps, np.zeros(0)])
    return float(np.clip(np.median(joined), 0.2, 1.5)) if len(joined) else 0.5
