"""How long a stride is, by the pose that comes again: contacts bounce and mislead, joints do not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.task import Recording

Array = NDArray[np.float64]

SHORTEST, LONGEST = 0.2, 1.6
"""What a stride may last [s]."""
_NEAR = 0.1
"""A lag that brings the pose back nearly as well as the best is a stride already: as a share of the joints' spread."""
_STILL = 1e-3
"""Joints that move less than this do not walk [rad]."""


def stride_period(model: Any, recording: Recording) -> float | None:
    """Seconds from a pose of the joints to the next one like it, late in the trial; None if none comes again.

    The smallest lag at which the second half of the trial is most like what was before it, in mean absolute
    difference of the joints' positions.
    """
    joints = joint_positions(model, recording)
    n = len(joints)
    if n < 4:
        return None
    step = float(recording.time[1] - recording.time[0])
    lags = np.arange(round(SHORTEST / step), min(round(LONGEST / step), n // 2))
    spread = joints[n // 2 :].std(axis=0)
    if len(lags) < 3 or spread.max() < _STILL:
        return None
    error = np.array([np.abs(joints[n // 2 :] - joints[n // 2 - lag : n - lag]).mean() for lag in lags])
    dips = 1 + np.flatnonzero((error[1:-1] <= error[:-2]) & (error[1:-1] <= error[2:]))
    good = dips[error[dips] <= error.min() + _NEAR * spread.mean()]
    return float(lags[good[0]]) * step if len(good) else None


def joint_positions(model: Any, recording: Recording) -> Array:
    """Positions (F, n) of all joints but those that carry the body through the world."""
    import mujoco

    free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
    keep = np.ones(model.nq, bool)
    for joint in free:
        keep[model.jnt_qposadr[joint] : model.jnt_qposadr[joint] + 7] = False
    return recording.qpos[:, keep]
