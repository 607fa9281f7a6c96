"""The pose in which a robot stands: one that its model names, if it stands, else bent knees over the feet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.robots.chains import Leg, poses
from gait.robots.feet import Foot
from gait.robots.mjcf import Array, Notes
from gait.robots.sides import AXES, UP, in_trunk

BENT = (0.775, 0.8, 0.75, 0.7, 0.85, 0.65, 0.9, 0.6)
"""Fractions of a leg's full reach at which its hip is above its foot, in the order they are tried."""
STANDING = (0.35, 0.97)
"""The same of a pose that a model names: less is lying, more is stiff."""
RELAXED = 0.93
"""The most of an initial pose, which is often just all joints at zero: not to be taken for a home."""
LEVEL = 0.05
"""Feet are level if their bottoms differ by less than this fraction of the hips' height."""
SHORT = 1e-3
"""Least length [m] of a part of a leg."""
FOLDED = 0.5
"""A knee that is bent so far [rad] in a pose that the model names tells its side."""
LOPSIDED = 1.2
"""A knee has a side if its range is so many times larger on it."""


@dataclass(frozen=True)
class Body:
    """What is known of a robot when its home is sought."""

    model: mujoco.MjModel
    trunk: int
    forward: str
    legs: Mapping[str, Leg]
    feet: Mapping[str, Foot]


@dataclass(frozen=True)
class Stance:
    """A robot on its feet, measured in the frame of its trunk."""

    hips: Array
    """(4, 3) anchors of the first joints [m]."""
    feet: Array
    """(4, 3) centres of the feet [m]."""
    hip_height: float
    """Mean height of the hips above the ground [m]."""
    unlevel: float
    """Largest difference between the bottoms of the feet [m]."""
    reach: float
    """Mean of: height of the hip over its foot / full reach of the leg."""
    knees: tuple[str, ...]
    """Where each knee points, `forward` or `backward`."""


def kinematics(model: mujoco.MjModel, qpos: Array) -> mujoco.MjData:
    """Where everything is at qpos (nq,)."""
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    return data


def foot_place(data: mujoco.MjData, foot: Foot) -> Array:
    """(3,) centre of a foot in the world [m]."""
    return np.asarray(data.xpos[foot.body] + data.xmat[foot.body].reshape(3, 3) @ foot.point)


def stance(body: Body, qpos: Array) -> Stance:
    """Measure a robot at qpos (nq,)."""
    data = kinematics(body.model, qpos)
    legs, feet = [body.legs[n] for n in body.legs], [body.feet[n] for n in body.legs]
    hips = in_trunk(data, body.trunk, np.array([data.xanchor[leg.joints[0]] for leg in legs]))
    places = in_trunk(data, body.trunk, np.array([foot_place(data, f) for f in feet]))
    knees = in_trunk(data, body.trunk, np.array([data.xanchor[leg.joints[-1]] for leg in legs]))
    bottoms = places[:, 2] - [f.radius for f in feet]
    axis = AXES[body.forward]
    swing = _pitch_anchors(body, data)
    middle = (swing + places) / 2
    links = [_links(data, leg, foot) for leg, foot in zip(legs, feet, strict=True)]
    depth = swing[:, 2] - places[:, 2]
    return Stance(
        hips, places, float((hips[:, 2] - bottoms).mean()), float(np.ptp(bottoms)),
        float(np.mean(depth / np.array([a + b for a, b, _ in links]))),
        tuple("forward" if (k - m) @ axis > 0 else "backward" for k, m in zip(knees, middle, strict=True)),
    )  # fmt: skip


def find_home(body: Body, file: str, notes: Notes) -> Array:
    """qpos (nq,) of the home pose.

    Raises:
      UsageError: no keyframe stands, and none could be inferred; or a leg has a part without length.
    """
    data = kinematics(body.model, body.model.qpos0)
    for name, leg in body.legs.items():
        upper, lower, _ = _links(data, leg, body.feet[name])
        if min(upper, lower) < SHORT:
            raise UsageError(f"{file}: across the axis of joint {body.model.joint(leg.joints[-1]).name} the leg is "
                             f"{upper:.4g} m long above it and {lower:.4g} m below it.")  # fmt: skip
    for label, qpos in poses(body.model):
        wrong = _why_not(body, qpos, RELAXED if label == "initial pose" else STANDING[1])
        if not wrong:
            notes.told.append(f"home: the {label}; the feet are level and the joints within their ranges.")
            return qpos
        if label != "initial pose":
            notes.told.append(f"home: not the {label}, {wrong}.")
    return _infer(body, file, notes)


def _why_not(body: Body, qpos: Array, stiff: float) -> str:
    """Why a pose is no home; empty if it is."""
    m, at = body.model, stance(body, qpos)
    for leg in body.legs.values():
        for j in leg.joints:
            q, (low, high) = qpos[m.jnt_qposadr[j]], m.jnt_range[j]
            if m.jnt_limited[j] and not low - 1e-3 <= q <= high + 1e-3:
                return f"in which joint {m.joint(j).name} is at {q:.3g}, outside [{low:.3g}, {high:.3g}] rad"
    if not STANDING[0] <= at.reach <= stiff:
        return f"in which the hips are at {100 * at.reach:.0f} % of the legs' reach over the feet"
    if at.unlevel > LEVEL * at.hip_height:
        return f"in which the feet differ by {1e3 * at.unlevel:.0f} mm in height"
    return ""


def _infer(body: Body, file: str, notes: Notes) -> Array:
    """Knees bent, each foot under its hip, all feet on one plane."""
    start = np.array(body.model.qpos0)
    for leg in body.legs.values():
        for j in leg.joints:
            start[body.model.jnt_qposadr[j]] = _clip(body.model, j, 0.0)
    for leg in body.legs.values():
        if len(_pitching(body, start, leg)) != 2:
            raise UsageError(f"{file}: no keyframe stands, and a home pose can't be inferred for the leg of joint "
                             f"{body.model.joint(leg.joints[0]).name}: two of its joints should turn about the trunk's "
                             "lateral axis. Give the model a keyframe named 'home'.")  # fmt: skip
    for fraction in BENT:
        found = _bend_all(body, start, fraction)
        if found is not None:
            qpos, why = found
            notes.told.append(f"home: inferred, hips at {100 * fraction:.0f} % of the legs' reach over the feet, each "
                              f"foot under its hip; {why}.")  # fmt: skip
            return qpos
    raise UsageError(f"{file}: no keyframe stands, and within the joints' ranges no feet are under the hips at 60 to "
                     "90 % of the legs' reach. Give the model a keyframe named 'home'.")  # fmt: skip


def _bend_all(body: Body, start: Array, fraction: float) -> tuple[Array, str] | None:
    data = kinematics(body.model, start)
    anchors = _pitch_anchors(body, data)
    links = [_links(data, leg, body.feet[n]) for n, leg in body.legs.items()]
    ground = float(np.mean([p[2] - fraction * (a + b) for p, (a, b, _) in zip(anchors, links, strict=True)]))
    qpos, sided = start.copy(), True
    for name, p in zip(body.legs, anchors, strict=True):
        options = _bends(body, start, name, p[2] - ground)
        if not options:
            return None
        side, clear = _prefer(body, start, name, options)
        sided &= clear
        for j, q in options[side].items():
            qpos[body.model.jnt_qposadr[j]] = q
    where = "to where their range or a keyframe has them" if sided else "towards the trunk's middle"
    return qpos, f"the knees bend {where}"


def _bends(body: Body, start: Array, name: str, depth: float) -> dict[int, dict[int, float]]:
    """The ways, +1 and -1 about the knee's axis, to put a foot `depth` [m] under its hip: joint to angle."""
    m, leg, foot = body.model, body.legs[name], body.feet[name]
    data = kinematics(m, start)
    hip, knee = _pitching(body, start, leg)
    a, b, bent = _links(data, leg, foot)
    cosine = (depth**2 - a**2 - b**2) / (2 * a * b)
    found: dict[int, dict[int, float]] = {}
    if abs(cosine) >= 1:
        return found
    for side in (1, -1):
        qpos = start.copy()
        turned = _within(m, knee, start[m.jnt_qposadr[knee]] + side * math.acos(cosine) - bent)
        if turned is None:
            continue
        qpos[m.jnt_qposadr[knee]] = turned
        data = kinematics(m, qpos)
        axis = data.xaxis[hip]
        down = -data.xmat[body.trunk].reshape(3, 3)[:, 2]
        swing = _angle(axis, foot_place(data, foot) - data.xanchor[hip], down)
        lifted = _within(m, hip, start[m.jnt_qposadr[hip]] + swing)
        if lifted is not None:
            found[side] = {knee: turned, hip: lifted}
    return found


def _prefer(body: Body, start: Array, name: str, options: dict[int, dict[int, float]]) -> tuple[int, bool]:
    """Which way a knee bends, and whether its range or a pose says so: else elbows point back and knees forward."""
    if len(options) == 1:
        return next(iter(options)), True
    m, leg = body.model, body.legs[name]
    knee = leg.joints[-1]
    straight = start[m.jnt_qposadr[knee]] - _links(kinematics(m, start), leg, body.feet[name])[2]
    if m.jnt_limited[knee]:
        room = {1: m.jnt_range[knee, 1] - straight, -1: straight - m.jnt_range[knee, 0]}
        for side in (1, -1):
            if room[side] > LOPSIDED * room[-side]:
                return side, True
    for _, qpos in poses(m):  # a robot that lies folds its knees as it does when it stands
        folded = _links(kinematics(m, qpos), leg, body.feet[name])[2]
        if abs(folded) > FOLDED and int(np.sign(folded)) in options:
            return int(np.sign(folded)), True
    for side, joints in options.items():
        qpos = start.copy()
        for j, q in joints.items():
            qpos[m.jnt_qposadr[j]] = q
        k = list(body.legs).index(name)
        if stance(body, qpos).knees[k] == ("backward" if name[0] == "F" else "forward"):
            return side, False
    return next(iter(options)), False


def _pitching(body: Body, qpos: Array, leg: Leg) -> list[int]:
    """Joints of a leg that turn about the trunk's lateral axis."""
    data = kinematics(body.model, qpos)
    lateral = data.xmat[body.trunk].reshape(3, 3) @ np.cross(UP, AXES[body.forward])
    return [j for j in leg.joints if abs(data.xaxis[j] @ lateral) > 0.8]


def _pitch_anchors(body: Body, data: mujoco.MjData) -> Array:
    """(4, 3) anchors of the joints that swing the legs, in the trunk's frame [m]."""
    lateral = np.cross(UP, AXES[body.forward])
    turn = data.xmat[body.trunk].reshape(3, 3)
    first = [max(leg.joints[:-1], key=lambda j: abs(data.xaxis[j] @ turn @ lateral)) for leg in body.legs.values()]
    return in_trunk(data, body.trunk, data.xanchor[first])


def _links(data: mujoco.MjData, leg: Leg, foot: Foot) -> tuple[float, float, float]:
    """Lengths of upper and lower leg across the knee's axis [m], and the angle between them about it [rad]."""
    knee = leg.joints[-1]
    axis = data.xaxis[knee]
    parallel = [j for j in leg.joints[:-1] if abs(data.xaxis[j] @ axis) > 0.9] or [leg.joints[-2]]
    upper = data.xanchor[knee] - data.xanchor[parallel[0]]
    lower = foot_place(data, foot) - data.xanchor[knee]
    upper, lower = (v - (v @ axis) * axis for v in (upper, lower))
    return float(np.linalg.norm(upper)), float(np.linalg.norm(lower)), _angle(axis, upper, lower)


def _angle(axis: Array, start: Array, end: Array) -> float:
    """Angle about an axis that turns one vector onto another [rad]."""
    a, b = (v - (v @ axis) * axis for v in (start, end))
    return math.atan2(float(axis @ np.cross(a, b)), float(a @ b))


def _within(model: mujoco.MjModel, joint: int, angle: float) -> float | None:
    """The angle, whole turns aside nearest to 0, if the joint's range has it."""
    angle = math.remainder(angle, 2 * math.pi)
    options = (angle, angle - 2 * math.pi, angle + 2 * math.pi)
    return next((q for q in options if _clip(model, joint, q) == q), None)


def _clip(model: mujoco.MjModel, joint: int, angle: float) -> float:
    low, high = model.jnt_range[joint] if model.jnt_limited[joint] else (-np.inf, np.inf)
    return float(np.clip(angle, low, high))
