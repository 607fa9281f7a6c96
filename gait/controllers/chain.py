"""Legs of any robot as chains of three hinges: kinematics, and inverse kinematics in closed form or by least squares.

A leg is described in the trunk's frame by each hinge's axis and a point on it, and by where the foot is, all with the
joints at zero: what MuJoCo's kinematics tells of any model. With E(q) the turn about a hinge by q,

    foot(q) = E₁(q₁) E₂(q₂) E₃(q₃) foot(0)        (product of exponentials; Brockett 1984).

Where the first axis points along x, and the other two along y, as with most quadrupeds (abduction, hip, knee), the
inverse has a closed form: abduction turns the foot into the leg's plane, the law of cosines gives the knee. Any other
chain is solved by damped least squares, from where the joints are (Wampler, IEEE Trans. SMC 16:93, 1986).

Foot positions are relative to the leg's *shoulder*: the point above the foot at which the hip joint would bear it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.controllers.ik import FAR, FORE, HIGH, LOW, SIDE, Legs, bend, canonical_foot, solve_leg

Array = NDArray[np.float64]

CANONICAL, PLANAR, NUMERIC = 0, 1, 2
"""How a leg is solved: as in `ik`, by the closed form for abduction, hip and knee, or by least squares."""
KIND, ANCHOR, AXIS, FOOT, PLANE, HOME = 13, 14, 23, 32, 35, 44
"""First columns of a row beyond those of `ik`: kind, points (9), axes (9), foot (3), `plane` (9), home (3)."""
WIDTH = 47
DAMPING, ITERATIONS, CLOSE = 1e-4, 30, 1e-7
"""Of least squares: damping [m²], steps at most, and the error [m] at which it's done."""
# columns of `PLANE`
SIGN1, SIGN2, SIGN3, ARM, DROP, UPPER_X, UPPER_Z, LOWER_X, LOWER_Z = range(9)


class Chains(NamedTuple):
    """Geometry of the legs of any robot, one row a leg (L,); see `gait.controllers.ik.Legs`."""

    hip: Array
    """(L, 3) shoulders in the trunk's frame [m]."""
    fore: Array
    """(L,) +1 for front legs, −1 for hind legs."""
    side: Array
    """(L,) +1 for left legs, −1 for right legs."""
    anchor: Array
    """(L, 3, 3) a point on each hinge's axis, relative to the shoulder, joints at zero [m]."""
    axis: Array
    """(L, 3, 3) each hinge's unit axis in the trunk's frame, joints at zero."""
    foot: Array
    """(L, 3) the foot's centre relative to the shoulder, joints at zero [m]."""
    low: Array
    """(L, 3) lower joint limits [rad]."""
    high: Array
    """(L, 3) upper joint limits [rad]."""
    home: Array
    """(L, 3) joints at home [rad]: tells which way the knees bend."""

    def rows(self) -> Array:
        """All of it but the hips as one array (L, WIDTH): what compiled code takes."""
        n = len(self.hip)
        out = np.zeros((n, WIDTH))
        out[:, FORE], out[:, SIDE] = self.fore, self.side
        out[:, LOW : LOW + 3], out[:, HIGH : HIGH + 3] = self.low, self.high
        out[:, ANCHOR:AXIS], out[:, AXIS:FOOT] = self.anchor.reshape(n, 9), self.axis.reshape(n, 9)
        out[:, FOOT:PLANE], out[:, HOME:] = self.foot, self.home
        for leg in range(n):
            planar = self._plane(leg)
            out[leg, KIND] = NUMERIC if planar is None else PLANAR
            out[leg, PLANE:HOME] = 0.0 if planar is None else planar
        return out

    def _plane(self, leg: int) -> list[float] | None:
        """What the closed form needs of a leg; None where it doesn't apply."""
        first, second, third = self.axis[leg]
        if not (_along(first, 0) and _along(second, 1) and _along(third, 1)):
            return None
        roll, hip, knee = self.anchor[leg]
        arm, drop = self.foot[leg, 1] - roll[1], hip[2] - roll[2]
        upper, lower = knee - hip, self.foot[leg] - knee
        return [*np.sign([first[0], second[1], third[1]]), arm, drop, upper[0], upper[2], lower[0], lower[2]]


AnyLegs = Legs | Chains


def _along(axis: Array, k: int) -> bool:
    return bool(abs(abs(axis[k]) - 1.0) < 1e-6)


def rows_of(legs: AnyLegs) -> Array:
    """(L, WIDTH) what `solve_foot` takes of legs of either kind."""
    if isinstance(legs, Chains):
        return legs.rows()
    own = legs.rows()
    return np.hstack([own, np.zeros((len(own), WIDTH - own.shape[1]))])


@compiled
def turn(x: float, y: float, z: float, axis: Array, angle: float) -> tuple[float, float, float]:
    """The vector turned about a unit axis (Rodrigues)."""
    c, s = math.cos(angle), math.sin(angle)
    dot = (axis[0] * x + axis[1] * y + axis[2] * z) * (1.0 - c)
    return (
        x * c + (axis[1] * z - axis[2] * y) * s + axis[0] * dot,
        y * c + (axis[2] * x - axis[0] * z) * s + axis[1] * dot,
        z * c + (axis[0] * y - axis[1] * x) * s + axis[2] * dot,
    )


@compiled
def foot_of(leg: Array, joints: Array) -> tuple[float, float, float]:
    """The foot relative to the shoulder in the trunk's frame [m] for joints (3,) [rad] of a row of `rows_of`."""
    if leg[KIND] == CANONICAL:
        x, y, z = canonical_foot(leg, joints)
        return x * leg[FORE], y * leg[SIDE], z
    x, y, z = leg[FOOT], leg[FOOT + 1], leg[FOOT + 2]
    for k in range(2, -1, -1):
        a = ANCHOR + 3 * k
        u = AXIS + 3 * k
        x, y, z = turn(x - leg[a], y - leg[a + 1], z - leg[a + 2], leg[u : u + 3], joints[k])
        x, y, z = x + leg[a], y + leg[a + 1], z + leg[a + 2]
    return x, y, z


@compiled
def _nearest(angle: float, low: float, high: float) -> float:
    """The angle plus whole turns that lies in the limits or nearest to their middle, cut to them."""
    middle = 0.5 * (low + high)
    angle -= 2.0 * math.pi * math.floor((angle - middle) / (2.0 * math.pi) + 0.5)
    return min(high, max(low, angle))


@compiled
def _reach(ux: float, uz: float, lx: float, lz: float, fold: float) -> float:
    c, s = math.cos(fold), math.sin(fold)
    return math.hypot(ux + lx * c - lz * s, uz + lx * s + lz * c)


@compiled
def _solve_planar(x: float, y: float, z: float, leg: Array, joints: Array) -> None:
    """Abduction, hip and knee for a foot at (x, y, z) from the shoulder; turns F swing a hanging leg towards +x."""
    p = leg[PLANE:HOME]
    ux, uz, lx, lz = p[UPPER_X], p[UPPER_Z], p[LOWER_X], p[LOWER_Z]
    straight = math.atan2(ux, -uz) - math.atan2(lx, -lz)  # the knee's turn of a straight leg
    home = -p[SIGN3] * leg[HOME + 2] - straight
    side = 1.0 if home - 2.0 * math.pi * math.floor(home / (2.0 * math.pi) + 0.5) >= 0.0 else -1.0

    # abduction: about an axis along x from which the leg's plane is `arm` away
    across, up = y - leg[ANCHOR + 1], z - leg[ANCHOR + 2]
    level = -math.sqrt(max(1e-12, across * across + up * up - p[ARM] * p[ARM]))
    roll = math.atan2(up, across) - math.atan2(level, p[ARM])
    joints[0] = _nearest(p[SIGN1] * roll, leg[LOW], leg[HIGH])

    # knee: by the law of cosines, within what its limits let it reach
    px, pz = x - leg[ANCHOR + 3], level - p[DROP]
    a, b = math.hypot(ux, uz), math.hypot(lx, lz)
    ends = -p[SIGN3] * leg[LOW + 2], -p[SIGN3] * leg[HIGH + 2]
    one, other = _reach(ux, uz, lx, lz, ends[0]), _reach(ux, uz, lx, lz, ends[1])
    within = side * (ends[0] - straight) >= 0.0 and side * (ends[1] - straight) >= 0.0
    limited = within and leg[HIGH + 2] - leg[LOW + 2] < math.pi
    farthest = max(one, other) if limited else a + b
    nearest = min(one, other) if limited else abs(a - b)
    asked = max(1e-9, math.hypot(px, pz))
    distance = bend(asked, nearest, farthest)
    px, pz = px * distance / asked, pz * distance / asked
    cosine = (distance * distance - a * a - b * b) / (2.0 * a * b)
    fold = straight + side * math.acos(min(1.0, max(-1.0, cosine)))
    joints[2] = _nearest(-p[SIGN3] * fold, leg[LOW + 2], leg[HIGH + 2])

    # hip: what is left between where the folded leg points and where the target lies
    c, s = math.cos(fold), math.sin(fold)
    swing = math.atan2(px, -pz) - math.atan2(ux + lx * c - lz * s, -(uz + lx * s + lz * c))
    joints[1] = _nearest(-p[SIGN2] * swing, leg[LOW + 1], leg[HIGH + 1])


@compiled
def _jacobian(leg: Array, joints: Array, foot: Array, out: Array) -> None:
    """Columns of ∂foot/∂joints (3, 3) into `out`: axis × (foot − anchor), as the joints before it turned them."""
    for k in range(3):
        u, a = AXIS + 3 * k, ANCHOR + 3 * k
        ax, ay, az = leg[u], leg[u + 1], leg[u + 2]
        px, py, pz = leg[a], leg[a + 1], leg[a + 2]
        for j in range(k - 1, -1, -1):
            v, b = AXIS + 3 * j, ANCHOR + 3 * j
            ax, ay, az = turn(ax, ay, az, leg[v : v + 3], joints[j])
            px, py, pz = turn(px - leg[b], py - leg[b + 1], pz - leg[b + 2], leg[v : v + 3], joints[j])
            px, py, pz = px + leg[b], py + leg[b + 1], pz + leg[b + 2]
        rx, ry, rz = foot[0] - px, foot[1] - py, foot[2] - pz
        out[0, k], out[1, k], out[2, k] = ay * rz - az * ry, az * rx - ax * rz, ax * ry - ay * rx


@compiled
def _solve_numeric(x: float, y: float, z: float, leg: Array, joints: Array) -> None:
    """Damped least squares from the joints given: dq = Jᵀ (J Jᵀ + λ I)⁻¹ e."""
    foot, error, jacobian = np.empty(3), np.empty(3), np.empty((3, 3))
    for _ in range(ITERATIONS):
        foot[0], foot[1], foot[2] = foot_of(leg, joints)
        error[0], error[1], error[2] = x - foot[0], y - foot[1], z - foot[2]
        size = math.sqrt(error[0] ** 2 + error[1] ** 2 + error[2] ** 2)
        if size < CLOSE:
            break
        _jacobian(leg, joints, foot, jacobian)
        squares = jacobian @ jacobian.T
        for k in range(3):
            squares[k, k] += DAMPING * min(1.0, 100.0 * size)
        step = jacobian.T @ np.linalg.solve(squares, error)
        for k in range(3):
            joints[k] = min(leg[HIGH + k], max(leg[LOW + k], joints[k] + min(0.5, max(-0.5, step[k]))))


@compiled
def solve_foot(x: float, y: float, z: float, leg: Array, joints: Array) -> bool:
    """Write the joints [rad] of a foot at (x, y, z) from its shoulder, in the trunk's frame, into `joints` (3,).

    `leg` (WIDTH,) is a row of `rows_of`; `joints` hold where a numeric solution starts. A target out of reach is met as
    nearly as the leg can; returns whether it is missed by more than FAR.
    """
    if leg[KIND] == CANONICAL:
        far: bool = solve_leg(x * leg[FORE], y * leg[SIDE], z, leg, joints)
        return far
    if leg[KIND] == PLANAR:
        _solve_planar(x, y, z, leg, joints)
    else:
        _solve_numeric(x, y, z, leg, joints)
    fx, fy, fz = foot_of(leg, joints)
    return math.sqrt((fx - x) ** 2 + (fy - y) ** 2 + (fz - z) ** 2) > FAR


@compiled
def _inverse_rows(targets: Array, rows: Array, joints: Array, far: NDArray[np.bool_]) -> None:
    for i in range(targets.shape[0]):
        for leg in range(targets.shape[1]):
            for k in range(3):
                joints[i, leg, k] = rows[leg, HOME + k]
            x, y, z = targets[i, leg]
            far[i, leg] = solve_foot(x, y, z, rows[leg], joints[i, leg])


def inverse(legs: AnyLegs, targets: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Joint angles for foot targets of any legs, vectorised over leading axes; see `gait.controllers.ik.inverse`.

    Args:
      legs: the geometry.
      targets: (..., L, 3) foot positions relative to the shoulders in the trunk's frame [m].

    Returns:
      joints (..., L, 3) [rad], from the trunk outward, and whether each target was out of reach (..., L).
    """
    targets = np.asarray(targets, float)
    flat = np.ascontiguousarray(targets.reshape(-1, *targets.shape[-2:]))
    joints, far = np.empty_like(flat), np.empty(flat.shape[:2], bool)
    _inverse_rows(flat, rows_of(legs), joints, far)
    return joints.reshape(targets.shape), far.reshape(targets.shape[:-1])


@compiled
def _forward_rows(joints: Array, rows: Array, out: Array) -> None:
    for i in range(joints.shape[0]):
        for leg in range(joints.shape[1]):
            out[i, leg, 0], out[i, leg, 1], out[i, leg, 2] = foot_of(rows[leg], joints[i, leg])


def forward(legs: AnyLegs, joints: ArrayLike) -> Array:
    """Foot positions (..., L, 3) relative to the shoulders in the trunk's frame [m] for joints (..., L, 3) [rad]."""
    joints = np.asarray(joints, float)
    flat = np.ascontiguousarray(joints.reshape(-1, *joints.shape[-2:]))
    out = np.empty_like(flat)
    _forward_rows(flat, rows_of(legs), out)
    return out.reshape(joints.shape)
