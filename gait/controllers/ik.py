"""Closed-form inverse kinematics of a leg with a rotator (pitch), an elevator (roll) and a knee (pitch).

Everything is computed in the canonical frame of a front left leg: x away from the trunk's middle, y outward, z up,
origin at the shoulder. `fore` and `side` (±1) mirror the other legs into it. With u = shoulder → knee,
l = knee → foot and F(a) the rotation that swings a hanging leg by a towards +x,

    foot = F(r) · Roll(e) · (u + F(k) · l).

Two of the four solutions that the closed form allows are never used: the leg folds forward only (ψ ≥ 0) and
lifts sideways by less than a right angle.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled

Array = NDArray[np.float64]

MARGIN = 0.002
"""Width [m] of the border of the workspace in which a target is bent back smoothly (tanh) instead of met."""
FAR = 0.001
"""A target that was moved by more than this [m] counts as out of reach."""


class Legs(NamedTuple):
    """Geometry of the legs, one row a leg (L,): all that the compiled code needs to know of a robot."""

    hip: Array
    """(L, 3) shoulders in the trunk's frame [m]."""
    fore: Array
    """(L,) +1 for front legs, −1 for hind legs, whose fore-aft axis is mirrored."""
    side: Array
    """(L,) +1 for left legs, −1 for right legs."""
    upper: Array
    """(L, 3) shoulder → knee in the canonical frame [m]."""
    lower: Array
    """(L, 2) knee → foot, x and z in the canonical frame [m]; its y must be 0."""
    low: Array
    """(L, 3) lower joint limits: rotator, elevator, knee [rad]."""
    high: Array
    """(L, 3) upper joint limits [rad]."""

    def rows(self) -> Array:
        """All of it but the hips as one array (L, 13), columns below: what compiled code takes, cheap to hand over."""
        return np.column_stack([self.fore, self.side, self.upper, self.lower, self.low, self.high])


FORE, SIDE, UPPER, LOWER, LOW, HIGH = 0, 1, 2, 5, 7, 10
"""First columns of `Legs.rows`."""


@compiled
def bend(value: float, low: float, high: float) -> float:
    """`value` inside (low, high): itself up to MARGIN from a border, then bent towards it; once differentiable."""
    margin = min(MARGIN, 0.25 * (high - low))
    if value > high - margin:
        return high - margin + margin * math.tanh((value - high + margin) / margin)
    if value < low + margin:
        return low + margin - margin * math.tanh((low + margin - value) / margin)
    return value


@compiled
def knee_reach(ux: float, uy: float, uz: float, lx: float, lz: float, knee: float) -> float:
    """Distance shoulder → foot at this knee angle."""
    c, s = math.cos(knee), math.sin(knee)
    x, z = ux + lx * c - lz * s, uz + lx * s + lz * c
    return math.sqrt(x * x + uy * uy + z * z)


@compiled
def solve_leg(x: float, y: float, z: float, leg: Array, joints: Array) -> bool:
    """Write rotator, elevator and knee [rad] for a foot at (x, y, z) in the canonical frame into `joints` (3,).

    `leg` (13,) is a row of `Legs.rows`.

    A target out of reach is moved to the border of what can be reached: first along the line to the shoulder
    (knee), then on the sphere around the shoulder (elevator), then by the rotator's limits. Returns whether
    it was moved by more than FAR.
    """
    ux, uy, uz = leg[UPPER], leg[UPPER + 1], leg[UPPER + 2]
    lx, lz = leg[LOWER], leg[LOWER + 1]
    low, high = leg[LOW:HIGH], leg[HIGH:]
    a, b = math.hypot(ux, uz), math.hypot(lx, lz)
    straight = math.atan2(ux, -uz) - math.atan2(lx, -lz)  # the knee angle of a straight leg
    nearest = knee_reach(ux, uy, uz, lx, lz, high[2])
    farthest = knee_reach(ux, uy, uz, lx, lz, max(straight, low[2]))

    # knee: from the distance to the shoulder, by the law of cosines
    asked = math.sqrt(x * x + y * y + z * z)
    if asked < 1e-9:
        x, y, z, asked = 0.0, 0.0, -1e-9, 1e-9
    distance = bend(asked, nearest, farthest)
    moved = abs(distance - asked)
    x, y, z = x * distance / asked, y * distance / asked, z * distance / asked
    cosine = (distance * distance - uy * uy - a * a - b * b) / (2.0 * a * b)
    knee = min(straight + math.acos(min(1.0, max(-1.0, cosine))), high[2])
    c, s = math.cos(knee), math.sin(knee)
    qx, qz = ux + lx * c - lz * s, uz + lx * s + lz * c

    # elevator: from the sideways distance, which lies within ± the foot's distance from its axis
    arm = math.hypot(uy, qz)
    rest = math.atan2(uy, -qz)
    inmost = arm * math.sin(max(-0.5 * math.pi, low[1] + rest))
    outmost = arm * math.sin(min(0.5 * math.pi, high[1] + rest))
    outward = bend(y, inmost, outmost)
    elevator = math.asin(min(1.0, max(-1.0, outward / arm))) - rest
    level = -math.sqrt(max(0.0, arm * arm - outward * outward))
    moved += math.hypot(outward - y, math.hypot(qx, level) - math.hypot(x, z))

    # rotator: what is left between where the leg points and where the target lies
    rotator = math.atan2(x, -z) - math.atan2(qx, -level)
    rotator = (rotator + math.pi) % (2.0 * math.pi) - math.pi
    limited = min(high[0], max(low[0], rotator))
    moved += abs(limited - rotator) * distance

    joints[0], joints[1], joints[2] = limited, elevator, knee
    far: bool = moved > FAR  # the sum of the three moves bounds the whole
    return far


@compiled
def _inverse_rows(targets: Array, rows: Array, joints: Array, far: NDArray[np.bool_]) -> None:
    for i in range(targets.shape[0]):
        for leg in range(targets.shape[1]):
            x, y, z = targets[i, leg, 0] * rows[leg, FORE], targets[i, leg, 1] * rows[leg, SIDE], targets[i, leg, 2]
            far[i, leg] = solve_leg(x, y, z, rows[leg], joints[i, leg])


@compiled
def canonical_foot(leg: Array, joints: Array) -> tuple[float, float, float]:
    """The foot in the canonical frame [m] for joints (3,) [rad] of a row of `Legs.rows`."""
    cr, sr = math.cos(joints[0]), math.sin(joints[0])
    ce, se = math.cos(joints[1]), math.sin(joints[1])
    ck, sk = math.cos(joints[2]), math.sin(joints[2])
    qx = leg[UPPER] + leg[LOWER] * ck - leg[LOWER + 1] * sk
    qz = leg[UPPER + 2] + leg[LOWER] * sk + leg[LOWER + 1] * ck
    level = leg[UPPER + 1] * se + qz * ce
    return qx * cr - level * sr, leg[UPPER + 1] * ce - qz * se, qx * sr + level * cr


def inverse(legs: Legs, targets: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Joint angles for foot targets, vectorised over any leading axes (worlds, time).

    Args:
      legs: the geometry.
      targets: (..., L, 3) foot positions relative to the shoulders in the trunk's frame [m].

    Returns:
      joints (..., L, 3) as rotator, elevator, knee [rad], and whether each target was out of reach (..., L).
    """
    targets = np.asarray(targets, float)
    rows = np.ascontiguousarray(targets.reshape(-1, *targets.shape[-2:]))
    joints, far = np.empty_like(rows), np.empty(rows.shape[:2], bool)
    _inverse_rows(rows, legs.rows(), joints, far)
    return joints.reshape(targets.shape), far.reshape(targets.shape[:-1])


def forward(legs: Legs, joints: ArrayLike) -> Array:
    """Foot positions (..., L, 3) relative to the shoulders in the trunk's frame [m] for joints (..., L, 3) [rad]."""
    joints = np.asarray(joints, float)
    r, e, k = joints[..., 0], joints[..., 1], joints[..., 2]
    lx, lz = legs.lower[:, 0], legs.lower[:, 1]
    qx = legs.upper[:, 0] + lx * np.cos(k) - lz * np.sin(k)
    qz = legs.upper[:, 2] + lx * np.sin(k) + lz * np.cos(k)
    y = legs.upper[:, 1] * np.cos(e) - qz * np.sin(e)
    level = legs.upper[:, 1] * np.sin(e) + qz * np.cos(e)
    x = qx * np.cos(r) - level * np.sin(r)
    z = qx * np.sin(r) + level * np.cos(r)
    return np.stack([x * legs.fore, y * legs.side, z], axis=-1)
