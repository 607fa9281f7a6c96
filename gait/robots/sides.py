"""Which leg is FL, FR, HL, HR: by names where they tell, checked against where the hips are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import mujoco
import numpy as np

from gait.controllers.controller import LEGS
from gait.errors import UsageError
from gait.robots.chains import Leg
from gait.robots.mjcf import Array, Notes, below, name_of

AXES = {"+x": np.array([1.0, 0, 0]), "-x": np.array([-1.0, 0, 0]),
        "+y": np.array([0, 1.0, 0]), "-y": np.array([0, -1.0, 0])}  # fmt: skip
UP = np.array([0.0, 0.0, 1.0])
ENDS = {"f": "F", "h": "H", "r": "H", "b": "H"}
SIDES = {"l": "L", "r": "R"}
WORDS = {"front": "F", "hind": "H", "rear": "H", "back": "H", "left": "L", "right": "R"}
HEAD, TAIL = ("head", "neck", "nose", "snout"), ("tail",)


def letters(names: Sequence[str]) -> str:
    """What names say of a leg: `F` or `H`, and `L` or `R`, each left out where they don't say or disagree."""
    votes = Counter(tag for name in names for tag in _tags(name))
    picked = (a if votes[a] > votes[b] else b if votes[b] > votes[a] else "" for a, b in (("F", "H"), ("L", "R")))
    return "".join(picked)


def _tags(name: str) -> str:
    """Letters of one name: `FL_hip`, `rear_left_knee`, `l_f_hip`, `LeftHindFoot`."""
    tokens = [t.lower() for t in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    joined = re.sub(r"\b([a-z]) ([a-z])\b", r"\1\2", " ".join(tokens)).split()
    for token in joined:
        if len(token) == 2:
            for end, side in ((token[0], token[1]), (token[1], token[0])):
                if end in ENDS and side in SIDES:
                    return ENDS[end] + SIDES[side]
    return "".join(tag for word, tag in WORDS.items() if any(word in t for t in joined))


def in_trunk(data: mujoco.MjData, trunk: int, points: Array) -> Array:
    """World points (..., 3) in the frame of the trunk [m]."""
    return np.asarray((points - data.xpos[trunk]) @ data.xmat[trunk].reshape(3, 3))


def name_legs(
    model: mujoco.MjModel, data: mujoco.MjData, trunk: int, legs: Sequence[Leg], file: str, notes: Notes
) -> tuple[str, dict[str, Leg]]:
    """The axis of the trunk's frame that points forward, and the legs by name, FL FR HL HR.

    Args:
      data: kinematics in a pose in which the robot stands.

    Raises:
      UsageError: the hips are not one at each corner of the trunk.
    """
    hips = in_trunk(data, trunk, np.array([data.xanchor[leg.joints[0]] for leg in legs]))
    hips -= hips.mean(axis=0)
    said = [letters(leg_names(model, leg)) for leg in legs]
    axis = _forward(model, data, trunk, legs, hips, said, notes)
    forward, left = AXES[axis], np.cross(UP, AXES[axis])
    found = {("F" if h @ forward > 0 else "H") + ("L" if h @ left > 0 else "R"): leg
             for h, leg in zip(hips, legs, strict=True)}  # fmt: skip
    if len(found) < 4:
        where = "; ".join(f"({h @ forward:.3f}, {h @ left:.3f})" for h in hips)
        raise UsageError(f"{file}: the hips are not at four corners of the trunk; forward and left of their middle "
                         f"they are at {where} m.")  # fmt: skip
    _compare(model, found, notes)
    return axis, {name: found[name] for name in LEGS}


def leg_names(model: mujoco.MjModel, leg: Leg) -> list[str]:
    """All names along a leg: joints, actuators, bodies, and what is at its end."""
    bodies = {int(model.jnt_bodyid[j]) for j in leg.joints} | set(below(model, leg.tip))
    geoms = [model.geom(g).name for g in range(model.ngeom) if int(model.geom_bodyid[g]) in bodies]
    sites = [model.site(s).name for s in range(model.nsite) if int(model.site_bodyid[s]) in bodies]
    return [*(model.joint(j).name for j in leg.joints), *(model.actuator(a).name for a in leg.actuators),
            *(model.body(b).name for b in bodies), *geoms, *sites]  # fmt: skip


def _forward(
    model: mujoco.MjModel, data: mujoco.MjData, trunk: int, legs: Sequence[Leg], hips: Array, said: Sequence[str],
    notes: Notes,
) -> str:  # fmt: skip
    """From front to hind names, else left to right names, else across the axes of the knees, towards a head."""
    ahead, aside = _from_to(hips, said, "H", "F"), _from_to(hips, said, "R", "L")
    across = _across(data, trunk, legs)
    if ahead is not None:
        axis, why = _nearest(ahead), "names tell the front legs from the hind legs"
    elif aside is not None:
        axis, why = _nearest(np.cross(aside, UP)), "names tell the left legs from the right legs"
    else:
        line = across if across is not None else np.eye(3)[np.argmax(np.ptp(hips[:, :2], axis=0))]
        way = _head(model, data, trunk, line)
        axis = _nearest(line * (way or 1.0))
        why = "across the knees' axes, towards the head" if way else "across the knees' axes"
        if not way:
            notes.doubts.append(f"No name tells front from hind or left from right: forward is taken as {axis}, and "
                                "may be the other way.")  # fmt: skip
    notes.told.append(f"forward: {axis} of the trunk's frame ({why}).")
    if ahead is not None and aside is not None and np.cross(UP, ahead) @ aside < 0:
        notes.doubts.append("Names of left legs are on the right side of forward; sides are by where the hips are.")
    if across is not None and abs(across @ AXES[axis]) < 0.5:
        notes.doubts.append(f"The last joints turn about the forward axis {axis}, not across it.")
    return axis


def _from_to(hips: Array, said: Sequence[str], start: str, end: str) -> Array | None:
    """Horizontal direction (3,) from the hips that are called one thing to those called the other."""
    a, b = ([h for h, s in zip(hips, said, strict=True) if tag in s] for tag in (start, end))
    if not a or not b:
        return None
    step = np.mean(b, axis=0) - np.mean(a, axis=0)
    return np.array([step[0], step[1], 0.0])


def _across(data: mujoco.MjData, trunk: int, legs: Sequence[Leg]) -> Array | None:
    """x or y of the trunk (3,), whichever is across the axes of the last joints; None where they are oblique."""
    axes = np.array([data.xaxis[leg.joints[-1]] for leg in legs]) @ data.xmat[trunk].reshape(3, 3)
    mean = np.abs(axes).mean(axis=0)
    side = int(np.argmax(mean[:2]))
    return np.eye(3)[1 - side] if mean[side] > 0.8 else None


def _head(model: mujoco.MjModel, data: mujoco.MjData, trunk: int, line: Array) -> float:
    """+1, -1: the side of the trunk on which something is called a head (or not a tail); 0: nothing is."""
    total = 0.0
    for kind, where in (("body", data.xpos), ("geom", data.geom_xpos), ("site", data.site_xpos)):
        for i in range(len(where)):
            name = name_of(model, kind, i).lower()
            sign = any(w in name for w in HEAD) - any(w in name for w in TAIL)
            if sign:
                total += sign * float(in_trunk(data, trunk, where[i]) @ line)
    return float(np.sign(total))


def _nearest(direction: Array) -> str:
    return max(AXES, key=lambda name: float(AXES[name] @ direction))


def _compare(model: mujoco.MjModel, found: dict[str, Leg], notes: Notes) -> None:
    for name, leg in found.items():
        said = letters(leg_names(model, leg))
        if not set(said) <= set(name):
            joint = model.joint(leg.joints[0]).name
            notes.doubts.append(f"The leg of joint {joint} is {name} by its place, and {said} by its names.")
