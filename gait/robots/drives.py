"""What the actuators of a robot are, and gains of a position servo for those that are torque motors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.robots.chains import Leg
from gait.robots.home import Body, foot_place, kinematics
from gait.robots.mjcf import Array, Notes, names_of

COMMAND_INTERVAL = 0.01
"""Seconds between commands that are aimed at."""
DIRECT = tuple(int(d) for d in (mujoco.mjtDyn.mjDYN_NONE, mujoco.mjtDyn.mjDYN_FILTER, mujoco.mjtDyn.mjDYN_FILTEREXACT))
"""Dynamics of actuators whose control is what they aim at."""
SAG = (0.04, 0.1)
"""A robot on two legs may sag by so many metres, or by this fraction of its hips' height if that is less."""


@dataclass(frozen=True)
class Servo:
    """Gains of a position servo."""

    kp: float
    """N·m/rad."""
    kd: float
    """N·m·s/rad."""


def kind(model: mujoco.MjModel, actuator: int) -> str:
    """`position`, `motor`, `velocity` or `other`, from gain and bias."""
    direct = int(model.actuator_dyntype[actuator]) in DIRECT
    fixed = direct and model.actuator_gaintype[actuator] == mujoco.mjtGain.mjGAIN_FIXED
    gain, bias = model.actuator_gainprm[actuator, 0], model.actuator_biasprm[actuator]
    if not fixed or gain <= 0:
        return "other"
    if model.actuator_biastype[actuator] == mujoco.mjtBias.mjBIAS_NONE:
        return "motor"
    if model.actuator_biastype[actuator] != mujoco.mjtBias.mjBIAS_AFFINE or bias[0]:
        return "other"
    if math.isclose(bias[1], -gain, rel_tol=1e-6):
        return "position"
    return "velocity" if not bias[1] and math.isclose(bias[2], -gain, rel_tol=1e-6) else "other"


def leg_drives(model: mujoco.MjModel, legs: Iterable[Leg], file: str, notes: Notes) -> str:
    """The one kind of all actuators of the legs, `position` or `motor`.

    Raises:
      UsageError: they are of other kinds, or of both.
    """
    actuators = [a for leg in legs for a in leg.actuators]
    kinds = {a: kind(model, a) for a in actuators}
    wrong = [a for a in actuators if kinds[a] not in ("position", "motor")]
    if wrong:
        raise UsageError(f"{file}: actuators are to be position servos or torque motors; these are not: "
                         f"{names_of(model, 'actuator', wrong)}.")  # fmt: skip
    if len(set(kinds.values())) > 1:
        motors = [a for a in actuators if kinds[a] == "motor"]
        raise UsageError(f"{file}: some legs' actuators are torque motors ({names_of(model, 'actuator', motors)}) and "
                         "the others are position servos; they are to be of one kind.")  # fmt: skip
    geared = [a for a in actuators if abs(model.actuator_gear[a, 0] - 1) > 1e-9]
    found = kinds[actuators[0]]
    if geared and found == "position":
        notes.doubts.append(f"Gears of servos make their commands other than joint angles: "
                            f"{names_of(model, 'actuator', geared)}.")  # fmt: skip
    word = "position servos" if found == "position" else "torque motors"
    notes.told.append(f"actuators: {len(actuators)} {word}, mapped by the joints they drive.")
    return found


def doubt_home(body: Body, home: Array, notes: Notes) -> None:
    """Doubt a home, qpos (nq,), to which servos can't be commanded, and joints that closed loops tie together."""
    m = body.model
    for leg in body.legs.values():
        for j, a in zip(leg.joints, leg.actuators, strict=True):
            q, (low, high) = home[m.jnt_qposadr[j]], m.actuator_ctrlrange[a]
            if kind(m, a) == "position" and m.actuator_ctrllimited[a] and not low <= q <= high:
                notes.doubts.append(f"Servo {m.actuator(a).name} can be commanded to [{low:.3g}, {high:.3g}] rad only, "
                                    f"and home is {q:.3g}.")  # fmt: skip
    if m.neq:
        notes.doubts.append("The model has equality constraints; feet were sent to places as if it had none.")


def command_interval(model: mujoco.MjModel, notes: Notes) -> float:
    """The multiple of the timestep nearest to 10 ms [s]."""
    steps = max(1, round(COMMAND_INTERVAL / model.opt.timestep))
    notes.told.append(f"command_interval: {steps} timesteps of {1e3 * model.opt.timestep:g} ms.")
    return float(f"{steps * model.opt.timestep:.9g}")


def torque_limit(model: mujoco.MjModel, joint: int, actuator: int) -> float:
    """Largest torque of an actuator at its joint [N·m]; infinite where nothing limits it."""
    gear, limits = abs(float(model.actuator_gear[actuator, 0])), [math.inf]
    if model.actuator_forcelimited[actuator]:
        limits.append(gear * float(np.abs(model.actuator_forcerange[actuator]).max()))
    if model.actuator_ctrllimited[actuator] and kind(model, actuator) == "motor":
        most = float(np.abs(model.actuator_ctrlrange[actuator]).max())
        limits.append(gear * float(model.actuator_gainprm[actuator, 0]) * most)
    if model.jnt_actfrclimited[joint]:
        limits.append(float(np.abs(model.jnt_actfrcrange[joint]).max()))
    return min(limits)


def propose_servo(body: Body, home: Array, hip_height: float, notes: Notes) -> Servo:
    """Gains with which two legs carry the robot with little sag, damped like a spring of a quarter of its mass.

    A foot that carries F sags by F |J|² / kp, J being the vertical row of its Jacobian (n,) at home. Damping of a
    half of what one explicit step of the lightest joint can bear is not passed.
    """
    m = body.model
    data = kinematics(m, home)
    mujoco.mj_forward(m, data)
    mass, gravity = float(m.body_subtreemass[body.trunk]), float(np.linalg.norm(m.opt.gravity)) or 9.81
    arms = [_vertical(body, data, name) for name in body.legs]
    sag = min(SAG[0], SAG[1] * hip_height)
    square = max(float(arm @ arm) for arm in arms)
    kp = mass * gravity / 2 * square / sag
    full = np.zeros((m.nv, m.nv))
    mujoco.mj_fullM(m, data, full)
    dofs = [int(m.jnt_dofadr[j]) for leg in body.legs.values() for j in leg.joints]
    lightest = float(np.diag(full)[dofs].min())
    kd = min(1.4 * math.sqrt(kp * mass / 4 * square), 0.5 * lightest / m.opt.timestep)
    notes.told.append(f"servo: with kp two legs carry {mass:.1f} kg and sag {1e3 * sag:.0f} mm; kd damps that by a "
                      "ratio of 0.7, or less where a joint is too light for it.")  # fmt: skip
    _check_limits(body, arms, mass * gravity / 2, notes)
    return Servo(float(f"{kp:.3g}"), float(f"{kd:.3g}"))


def _vertical(body: Body, data: mujoco.MjData, name: str) -> Array:
    """(n,) how a foot rises with each joint of its leg [m/rad]."""
    m, leg, foot = body.model, body.legs[name], body.feet[name]
    jac = np.zeros((3, m.nv))
    mujoco.mj_jac(m, data, jac, None, foot_place(data, foot), foot.body)
    return np.array(jac[2, m.jnt_dofadr[list(leg.joints)]])


def _check_limits(body: Body, arms: list[Array], force: float, notes: Notes) -> None:
    limits = [[torque_limit(body.model, j, a) for j, a in zip(leg.joints, leg.actuators, strict=True)]
              for leg in body.legs.values()]  # fmt: skip
    if np.isinf(limits).any():
        notes.doubts.append("Some motors have no torque limit (ctrlrange, forcerange, actuatorfrcrange): they are as "
                            "strong as they have to be.")  # fmt: skip
    for leg, arm, limit in zip(body.legs.values(), arms, limits, strict=True):
        weak = [a for a, r, most in zip(leg.actuators, arm, limit, strict=True) if force * abs(r) / 2 > most]
        if weak:
            names = names_of(body.model, "actuator", weak)
            notes.doubts.append(f"Even on four legs the robot is too heavy for {names}.")


def drives_free(model: mujoco.MjModel, taken: set[int], target: Array) -> dict[int, float]:
    """Controls that keep the position servos that are not the legs' (an arm's) at target (nq,)."""
    direct = (int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT))
    return {
        a: float(model.actuator_gear[a, 0] * target[model.jnt_qposadr[model.actuator_trnid[a, 0]]])
        for a in set(range(model.nu)) - taken
        if int(model.actuator_trntype[a]) in direct and kind(model, a) == "position"
    }
