"""One tick of a walking quadruped in compiled code: where it is, what it wants next, how it is steered."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.robots.odometer import ACROSS, ALONG, DOF, TILTED, TOUCH, YAW, Odometer, add_tick, facing, read_pose
from gait.simulate import Flag

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
DECIDE, COMPLETED, FELL, DIVERGED, STOPPED = (
    int(f) for f in (Flag.DECIDE, Flag.COMPLETED, Flag.FELL, Flag.DIVERGED, Flag.STOPPED)
)


@compiled
def _locate(
    meter: Odometer, i: int, qpos: Array, qvel: Array, forward: float, settle: int, warm_up: int
) -> float:  # fmt: skip
    """Where world `i` is after its tick, from where it settled; the cosine of its trunk's tilt."""
    n = meter.tick[i]
    if n == settle:
        w, x, y, z = facing(qpos, forward)
        meter.origin[i, 0], meter.origin[i, 1] = qpos[0], qpos[1]
        meter.origin[i, 2] = math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
    upright: float = read_pose(meter, i, qpos, qvel, forward)
    if n <= settle:
        meter.pose[i, ALONG] = meter.pose[i, ACROSS] = meter.pose[i, YAW] = 0.0
    if n == warm_up:
        meter.start[i, 0], meter.start[i, 1] = meter.pose[i, ALONG], meter.pose[i, ACROSS]
        meter.start[i, 2] = meter.pose[i, YAW]
    return upright


@compiled
def _note_progress(meter: Odometer, i: int, tick: float, warm_up: int) -> bool:
    """Note the running score of world `i` at each whole second: of its distance so far before it is measured.

    Whether the stop rule gives the trial up now.
    """
    n = meter.tick[i]
    second = int(n * tick + 1e-9)
    if second > int((n - 1) * tick + 1e-9):
        along = meter.pose[i, ALONG]
        if n > warm_up:
            meter.progress[i, second - 1] = (along - meter.start[i, 0]) / ((n - warm_up) * tick)
        else:
            meter.progress[i, second - 1] = along / (n * tick)
        before, now = second - 1 - meter.grace[i], meter.progress[i, second - 1]
        return bool(before >= 0 and max(now, meter.progress[i, before]) < meter.least[i, second - 1])
    return False


@compiled
def _is_due(n: int, share: float) -> bool:
    """Whether a decision falls on tick n since walking began: the first one, or where a whole number is reached.

    `share` is the decisions a tick; ticks between two decisions may differ by one, so that the rate is kept.
    """
    return n == 0 or (n > 0 and int(n * share + 1e-9) > int((n - 1) * share + 1e-9))


@compiled
def measure_tick(
    ids: Ints, time: Array, qpos: Array, qvels: Array, forces: Array, sensors: Array, meter: Odometer,
    damping: Array, wires: Ints, trunk: int, forward: float, radius: float, tick: float, settle: int, ramp: int,
    warm_up: int, phase: Array, period: Array, amplitude: Array, flags: NDArray[np.uint8], contacts: NDArray[np.bool_],
    rate: float,
) -> int:  # fmt: skip
    """One tick of the worlds `ids`: clock, pose, sums, phase, and what each wants next. Their number that want.

    A world decides once a stride, or, if `rate` isn't 0, when walking begins and so many times a second from then on.
    """
    wanting, steps = 0, qvels.shape[1]
    for row in range(len(ids)):
        i = ids[row]
        meter.tick[i] += 1
        n = meter.tick[i]
        flags[i] = 0
        # MuJoCo resets a world that blew up and stops stepping it, and leaves one that raised: its clock is off
        if abs(time[i] - n * tick) > 0.5 * tick or not math.isfinite(qpos[i, 2]):
            flags[i] = DIVERGED
            wanting += 1
            continue
        upright = _locate(meter, i, qpos[i], qvels[row, steps - 1], forward, settle, warm_up)
        if n > warm_up:
            add_tick(meter, i, qvels[row], forces[row], damping, wires, sensors[i], radius, tick / steps)  # fmt: skip
        for leg in range(4):
            for k in range(3):
                meter.joint[i, leg, k] = qvels[row, steps - 1, wires[leg, DOF + k]]
            contacts[i, leg] = sensors[i, wires[leg, TOUCH]] > 0.0
            meter.air[i, leg] = 0 if contacts[i, leg] else meter.air[i, leg] + 1
        behind = _note_progress(meter, i, tick, warm_up)
        if n > settle:
            phase[i] += tick / period[i]
            amplitude[i] = min(1.0, (n - settle) / ramp)
        if upright < TILTED or (n > settle and sensors[i, trunk] > 0.0):
            flags[i] = FELL
        elif n >= meter.last[i]:
            flags[i] = COMPLETED
        elif behind:
            flags[i] = STOPPED
        else:
            if phase[i] >= 1.0:
                phase[i] -= 1.0
                flags[i] = DECIDE
            if rate > 0.0:
                flags[i] = DECIDE if _is_due(n - settle, tick * rate) else 0
        wanting += flags[i] != 0
    return wanting


@compiled
def steer(
    ids: Ints, meter: Odometer, qvel: Array, settle: int, tick: float, turn: Array, hold: Array, most: float,
    left: Array, curvature: Array,
) -> None:  # fmt: skip
    """The curvature of the path that each world's controller is told, from what was asked and where it is and heads.

    The path asked for begins where walking began, along the initial heading, with curvature κ = `turn`. With e the
    distance to the path's left and ψ the heading off its tangent, over the distance s walked e' = ψ and ψ' = c - κ; so
        c = κ - 3 a ψ - 3 a² e - a³ ∫e ds        (a = ⅓ `hold`)
    brings all three down, critically damped (three poles at -a): a gait that curves by itself or walks askew keeps to
    the path in the end. A robot has to know its heading and place for that, as Kohl & Stone's did by its landmarks.

    `left` (n,): ∫e ds [m²].
    """
    for i in ids:
        curvature[i] = turn[i]
        if hold[i] == 0.0 or meter.tick[i] <= settle:
            continue
        pose, a = meter.pose[i], hold[i] / 3.0
        x, y = turn[i] * pose[ALONG], turn[i] * pose[ACROSS]
        # written so that it's exact for a straight line too
        e = (2.0 * pose[ACROSS] - x * pose[ALONG] - y * pose[ACROSS]) / (1.0 + math.hypot(x, 1.0 - y))
        off = pose[YAW] - math.atan2(x, 1.0 - y)
        off -= 2 * math.pi * math.floor(off / (2 * math.pi) + 0.5)
        asked = turn[i] - a * (3.0 * off + a * (3.0 * e + a * left[i]))
        curvature[i] = min(most, max(-most, asked))
        if curvature[i] == asked:  # no wind-up
            heading = meter.origin[i, 2] + pose[YAW]
            left[i] += e * max(0.0, math.cos(heading) * qvel[i, 0] + math.sin(heading) * qvel[i, 1]) * tick


@compiled
def apply(ids: Ints, joints: Array, actuators: Ints, ctrl: Array) -> None:
    """Joint targets (n, 4, 3) into the controls (n, nu)."""
    for i in ids:
        for leg in range(4):
            for k in range(3):
                ctrl[i, actuators[leg, k]] = joints[i, leg, k]
