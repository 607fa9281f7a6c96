"""Which body is the trunk and which joints are the four legs, read from the tree of bodies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.robots.mjcf import (
    Array,
    Notes,
    below,
    joints_of,
    lowest_point,
    name_of,
    names_of,
    path_to,
    touching,
)

FREE, BALL, SLIDE, HINGE = (int(k) for k in (mujoco.mjtJoint.mjJNT_FREE, mujoco.mjtJoint.mjJNT_BALL,
                                             mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE))  # fmt: skip
KINDS = {FREE: "free", BALL: "ball", SLIDE: "slide", HINGE: "hinge"}
HOMES = ("home", "standing", "stand")
"""Keyframes that are a home pose by name."""
LEAST_UP = math.cos(math.radians(30))
"""Cosine of the angle between the trunk's z axis and up from which a pose may be standing."""
ON_GROUND = 0.25
"""A limb whose end is no higher than this fraction of its root's height stands on the ground."""


@dataclass(frozen=True)
class Leg:
    """A chain of driven hinges from the trunk to the ground."""

    joints: tuple[int, ...]
    """Joint ids, from the trunk outward."""
    actuators: tuple[int, ...]
    """Actuator ids, in the order of the joints."""
    tip: int
    """Body that the last joint moves."""


@dataclass(frozen=True)
class Limb:
    """What hangs from the trunk by joints."""

    bodies: tuple[int, ...]
    driven: tuple[int, ...]
    """Hinges with an actuator."""
    ends: tuple[int, ...]
    """Bodies of driven hinges with none below them."""


def drives(model: mujoco.MjModel) -> dict[int, list[int]]:
    """Actuators of each joint that has some, by transmission."""
    found: dict[int, list[int]] = {}
    direct = (int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT))
    for a in range(model.nu):
        if int(model.actuator_trntype[a]) in direct:
            found.setdefault(int(model.actuator_trnid[a, 0]), []).append(a)
    return found


def find_trunk(model: mujoco.MjModel, file: str, notes: Notes) -> tuple[int, bool]:
    """The trunk's body id and whether it has a free joint; without one, the body from which all driven joints hang.

    Raises:
      UsageError: no actuator drives a hinge, or the trunk moves on other joints, or it is the world itself.
    """
    driven = [int(model.jnt_bodyid[j]) for j in drives(model) if model.jnt_type[j] == HINGE]
    if not driven:
        what = "they drive no hinge joints" if model.nu else "there are none"
        raise UsageError(f"{file}: a quadruped needs 12 actuators at hinge joints, and {what}.")
    free = [int(b) for b in model.jnt_bodyid[model.jnt_type == FREE]]
    count = {b: sum(bool(path_to(model, d, b)) for d in driven) for b in free}
    if any(count.values()):
        trunk = max(count, key=lambda b: count[b])
        rivals = [b for b in free if b != trunk and count[b] == count[trunk]]
        if rivals:
            raise UsageError(f"{file}: {names_of(model, 'body', [trunk, *rivals])} could each be the trunk of a robot.")
        notes.told.append(f"trunk: {_named(model, trunk, file)!r} has the free joint and {count[trunk]} driven joints.")
        return trunk, True
    above = [set(path_to(model, int(model.body_parentid[d]), 0)) for d in driven]
    common = set.intersection(*above)
    trunk = max(common, default=0)  # bodies are numbered from the world outward
    if not trunk:
        raise UsageError(f"{file}: no body has a free joint, and the driven joints hang from no common body.")
    moves = [j for b in common for j in joints_of(model, b)]
    if moves:
        kinds = ", ".join(f"{name_of(model, 'joint', j)} ({KINDS[int(model.jnt_type[j])]})" for j in sorted(moves))
        raise UsageError(f"{file}: body {_named(model, trunk, file)!r} has no free joint; it moves on {kinds}.")
    if model.body_parentid[trunk]:
        raise UsageError(f"{file}: body {_named(model, trunk, file)!r} is fixed, and only a body directly in the "
                         "worldbody can have the free joint that it needs.")  # fmt: skip
    notes.doubts.append(f"The robot is fixed to the world: put <freejoint/> into body {_named(model, trunk, file)!r} "
                        "of the model. It was checked as if that were done.")  # fmt: skip
    return trunk, False


def _named(model: mujoco.MjModel, trunk: int, file: str) -> str:
    if not model.body(trunk).name:
        raise UsageError(f"{file}: the trunk, body {trunk}, has no name.")
    return str(model.body(trunk).name)


def poses(model: mujoco.MjModel) -> list[tuple[str, Array]]:
    """Poses that the model names, likely home poses first, then its initial pose: label and qpos (nq,)."""
    keys = sorted(range(model.nkey), key=lambda k: (_rank(model.key(k).name), k))
    named = [(f"keyframe {model.key(k).name!r}" if model.key(k).name else f"keyframe {k}", k) for k in keys]
    return [*((label, np.array(model.key_qpos[k])) for label, k in named), ("initial pose", np.array(model.qpos0))]


def _rank(name: str) -> int:
    return HOMES.index(name.lower()) if name.lower() in HOMES else len(HOMES)


def find_legs(model: mujoco.MjModel, trunk: int, file: str, notes: Notes) -> tuple[list[Leg], Array]:
    """The four legs, in the order of the model, and the pose qpos (nq,) in which they end on the ground.

    Raises:
      UsageError: the trunk's z axis doesn't point up, or it isn't four limbs that end on the ground, or one of them is
        not a chain of driven hinges.
    """
    limbs = find_limbs(model, trunk)
    upright = [(label, qpos) for label, qpos in poses(model) if _up(model, trunk, qpos) > LEAST_UP]
    if not upright:
        tilt = math.degrees(math.acos(_up(model, trunk, model.qpos0)))
        raise UsageError(f"{file}: the z axis of the trunk's frame must point up when the robot stands; in its initial "
                         f"pose it is {tilt:.0f}° from there.")  # fmt: skip
    tried = [(label, qpos, _grounded(model, qpos, limbs)) for label, qpos in upright]
    label, pose, standing = next((t for t in tried if len(t[2]) == 4), tried[0])
    if len(standing) != 4:
        _refuse_count(model, standing, file)
    legs = [_leg(model, limb, trunk, file, notes) for limb in standing]
    others = [limb for limb in limbs if limb not in standing and limb.driven]
    rest = f"; {names_of(model, 'body', [o.bodies[0] for o in others])} end higher and stay still" if others else ""
    notes.told.append(f"legs: the four limbs of the trunk that end lowest in the {label}{rest}.")
    return legs, pose


def _up(model: mujoco.MjModel, trunk: int, qpos: Array) -> float:
    """Cosine of the angle between the trunk's z axis and the world's at qpos (nq,)."""
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    return float(np.clip(data.xmat[trunk, 8], -1, 1))


def find_limbs(model: mujoco.MjModel, trunk: int) -> list[Limb]:
    """All that hangs from the trunk, or from what is welded to it, by joints."""
    driven = drives(model)
    found = []
    for root in range(1, model.nbody):
        path = path_to(model, root, trunk)
        if not path or not model.body_jntnum[root] or any(model.body_jntnum[b] for b in path[:-1]):
            continue
        bodies = below(model, root)
        joints = [j for b in bodies for j in joints_of(model, b) if j in driven and model.jnt_type[j] == HINGE]
        moved = {int(model.jnt_bodyid[j]) for j in joints}
        ends = [b for b in moved if not any(path_to(model, other, b) for other in moved)]
        found.append(Limb(tuple(bodies), tuple(joints), tuple(sorted(ends))))
    return found


def _grounded(model: mujoco.MjModel, qpos: Array, limbs: list[Limb]) -> list[Limb]:
    """Limbs that end on the ground in a pose; limbs without actuators count only where four with them don't."""
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    low = [min((lowest_point(model, data, g)[2] for g in touching(model, m.bodies)), default=np.inf) for m in limbs]
    ground = min(low, default=0.0)
    root = [data.xanchor[joints_of(model, m.bodies[0])[0], 2] for m in limbs]
    on = [m for m, z, top in zip(limbs, low, root, strict=True) if z - ground <= ON_GROUND * (top - ground)]
    driven = [m for m in on if m.driven]
    return driven if len(driven) == 4 else on


def _refuse_count(model: mujoco.MjModel, standing: list[Limb], file: str) -> None:
    names = ", ".join(name_of(model, "body", m.bodies[-1]) + ("" if m.driven else ", without actuators")
                      for m in standing)  # fmt: skip
    n, branched = len(standing), [m for m in standing if len(m.ends) > 1]
    legs = "1 leg ends" if n == 1 else f"{n} legs end"
    split = "".join(
        f" {name_of(model, 'body', m.bodies[0])} splits into {len(m.ends)} chains ({names_of(model, 'body', m.ends)}), "
        "which is one leg." for m in branched
    )  # fmt: skip
    raise UsageError(f"{file}: {legs} on the ground ({names}); a quadruped has 4.{split}")


def _leg(model: mujoco.MjModel, limb: Limb, trunk: int, file: str, notes: Notes) -> Leg:
    end = name_of(model, "body", limb.bodies[-1])
    if len(limb.ends) > 1:
        raise UsageError(f"{file}: the leg of body {name_of(model, 'body', limb.bodies[0])} splits into "
                         f"{len(limb.ends)} driven chains ({names_of(model, 'body', limb.ends)}).")  # fmt: skip
    joints = [j for b in limb.bodies for j in joints_of(model, b)]
    strange = [j for j in joints if model.jnt_type[j] != HINGE]
    if strange:
        kinds = ", ".join(f"{name_of(model, 'joint', j)} ({KINDS[int(model.jnt_type[j])]})" for j in strange)
        raise UsageError(f"{file}: the leg to {end} has joints that are no hinges: {kinds}.")
    idle = [j for j in joints if j not in limb.driven]
    if len(limb.driven) < 3:
        hinges = f"{len(joints)} hinge joint{'s' if len(joints) != 1 else ''} ({names_of(model, 'joint', joints)})"
        lost = f"; no actuator drives {names_of(model, 'joint', idle)}" if idle else ""
        raise UsageError(f"{file}: the leg to {end} has {hinges}{lost}; 3 with actuators are needed.")
    if idle:
        notes.doubts.append(f"The leg to {end} has joints without actuators: {names_of(model, 'joint', idle)}.")
    if len(limb.driven) > 3:
        notes.doubts.append(f"The leg to {end} has {len(limb.driven)} driven joints; foot paths are made for 3.")
    return Leg(limb.driven, tuple(_drive(model, j, file, notes) for j in limb.driven), limb.ends[0])


def _drive(model: mujoco.MjModel, joint: int, file: str, notes: Notes) -> int:
    """The actuator of a joint; of several, the one that pulls to a position."""
    found = drives(model)[joint]
    if not model.joint(joint).name:
        body = name_of(model, "body", int(model.jnt_bodyid[joint]))
        raise UsageError(f"{file}: joint {joint}, of body {body}, has no name.")
    if len(found) > 1:
        found = sorted(found, key=lambda a: model.actuator_biasprm[a, 1] >= 0)
        notes.doubts.append(f"Joint {model.joint(joint).name} has {len(found)} actuators "
                            f"({names_of(model, 'actuator', found)}); the first named is taken.")  # fmt: skip
    if not model.actuator(found[0]).name:
        raise UsageError(f"{file}: the actuator of joint {model.joint(joint).name} has no name.")
    return found[0]
