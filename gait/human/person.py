"""Person: sensors, reflexes, muscles, exoskeleton and metabolism of walking worlds, one compiled loop over rows.

Everything but the physics step happens here, in its order: feel, stimulate, contract, assist, step, account.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled, doubles_at
from gait.controllers.torque_profile import torque
from gait.human.chance import normal_pair
from gait.human.metabolics import BASAL, bhargava, minetti, umberger
from gait.human.muscles import (
    ACTIVATION,
    GAS,
    GLU,
    HAM,
    HFL,
    LEAST,
    SOL,
    TA,
    VAS,
    Anatomy,
    balance,
    force_length,
    lengths_and_arms,
    tendon_force,
    velocity_of,
)
from gait.human.reflexes import (
    CD1,
    CD2,
    CD3,
    CI1,
    CI2,
    CI3,
    CI4,
    CJ1,
    CJ3,
    CJ4,
    CONTACT,
    CS1,
    CS2,
    CS3,
    CS4,
    CV,
    DS,
    F_GAS,
    F_GLU,
    F_HAM,
    F_SOL,
    F_VAS,
    HEEL,
    HSW,
    KNEE_FLEXION,
    KNEE_RATE,
    L_HAM,
    L_HFL,
    L_TA,
    LEAN,
    LEAN_RATE,
    LEG,
    LOAD,
    SIGNALS,
    SPEED,
    THIGH,
    THIGH_RATE,
    THREF,
    recall,
    stance,
    swing,
)
from gait.human.state import BINS, DOF, SPAN, State, Sums
from gait.simulate import COMPLETED, DIVERGED, FELL, Bench, step_world

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

RAMP = 8.0
"""Seconds over which a new law replaces the old one."""
TORQUE_CAP = 1.0
"""No command exceeds this [N·m/kg]."""
RATE_CAP = 40.0
"""Nor changes faster than this [N·m/kg/s]; the steepest law within bounds needs 24 at a stride of 1 s."""
UNLOADED = 0.15
"""Seconds a foot must have been in the air for its landing to be a heel strike: bounces are none."""
LOST = 1.5
"""Periods after a heel strike without another: the stride is lost, and with it the torque."""
SHORTEST, LONGEST = 0.5, 2.0
"""Stride times outside are no strides [s]."""
TOUCH, LEAVE = 0.05, 0.02
"""Loads that begin and end contact [body weights]."""
REFRACTORY = 0.10
"""Seconds a leg's reflexes stay in a phase at least."""
LOAD_SECONDS = 0.025
"""Time constant of the load that gates reflexes."""
PACE_SECONDS = 0.5
"""Time constant of the slow speed."""
USUAL_SPEED = 1.25
"""Belt speed at which the gains are what they are [m/s]."""
BELT_HALF = 0.9
"""Half the belt's length [m]: further off is a fall."""
STATION_SECONDS = 6.0
"""The station integral forgets with this time constant: what happened a minute ago doesn't matter."""
LEANS, SINKS = 0.9, 0.75
"""A lean [rad] or a hip below this share of the leg's length is a fall."""
BEAT = 0.004
"""Seconds between two looks at the metabolism."""
DRIFT_TICK, DRIFT_SECONDS = 0.010, 0.050
"""Sensors' errors are redrawn every so often [s], and forget with this time constant [s]."""
SUBSTEP = 0.00035
"""Longest time step of muscles and tendons [s]."""


class People(NamedTuple):
    """Who walks in each world: rows (n, …) of constants."""

    gains: Array
    """(n, gains)"""
    f_max: Array
    l_opt: Array
    l_slack: Array
    v_max: Array
    mass: Array
    slow: Array
    wires: Ints
    arms: Array
    rest: Array
    """nine fields of `Anatomy`, (n, …)"""
    body: Array
    """(n, 4) mass [kg] without the device, hip height at rest [m], its least [m], belt speed [m/s]"""
    sensor: Array
    """(n, 2) relative s.d. of the muscles' sensors, s.d. of the lean's [rad]"""
    ankles: Array
    """(n, 2) 1: this ankle wears a device that can push"""
    push: Array
    """(n, 3) a push on the trunk: first step of a trial, last step, force [N]; zeros: none"""


class Times(NamedTuple):
    """Durations in physics steps."""

    dt: float
    delays: Ints
    substeps: int
    unloaded: int
    refractory: int
    beat: int
    drift: int
    span: int


def make_times(dt: float, delays: Ints) -> Times:
    """Durations at a time step [s]."""
    n = [max(1, round(s / dt)) for s in (UNLOADED, REFRACTORY, BEAT, DRIFT_TICK, SPAN)]
    return Times(dt, delays, math.ceil(dt / SUBSTEP), *n)


@compiled
def _feel(i: int, q: Array, qd: Array, people: People, s: State, row: Array) -> None:
    """Report this step's signals (SIGNALS,) into `row`."""
    for leg in range(2):
        own, j = leg * LEG, 3 + 3 * leg
        force, fibre, l_opt = s.force[i, leg], s.fibre[i, leg], people.l_opt[i]
        row[own + F_SOL], row[own + F_GAS], row[own + F_VAS] = force[SOL], force[GAS], force[VAS]
        row[own + F_HAM], row[own + F_GLU] = force[HAM], force[GLU]
        row[own + L_TA] = fibre[TA] / l_opt[TA]
        row[own + L_HAM] = fibre[HAM] / l_opt[HAM]
        row[own + L_HFL] = fibre[HFL] / l_opt[HFL]
        row[own + KNEE_FLEXION], row[own + KNEE_RATE] = q[j + 1], qd[j + 1]
        row[own + LOAD] = s.smooth[i, leg]
        row[own + CONTACT] = s.load[i, leg, 0] + s.load[i, leg, 1]
        row[own + HEEL] = max(0.0, s.load[i, leg, 0] - s.load[i, leg, 1])
        row[own + THIGH], row[own + THIGH_RATE] = q[j] - q[2], qd[j] - qd[2]
    row[LEAN], row[LEAN_RATE], row[SPEED] = q[2], qd[2], qd[0] + people.body[i, 3]


@compiled
def _switch(i: int, felt: Array, s: State, refractory: int) -> None:
    """Stance and swing of both legs, by their loads."""
    for leg in range(2):
        s.since[i, leg] += 1
        load = felt[leg * LEG + CONTACT]
        if s.since[i, leg] < refractory:
            continue
        if s.stance[i, leg] == 0 and load > TOUCH:
            s.stance[i, leg], s.since[i, leg] = 1, 0
        elif s.stance[i, leg] == 1 and load < LEAVE:
            s.stance[i, leg], s.since[i, leg] = 0, 0
            s.takeoff[i, leg] = felt[LEAN]


@compiled
def _stimulate(i: int, behind: float, felt: Array, people: People, s: State) -> None:
    """Stimulation of all muscles; `behind` is the distance behind the belt's middle [m]."""
    g, speed = people.gains[i], people.body[i, 3]
    late, held, fast = speed - s.pace[i], s.station[i], speed - USUAL_SPEED
    reference = g[THREF] + g[CI1] * behind + g[CJ1] * held + g[CD1] * late + g[CS1] * fast
    push = max(0.0, 1.0 + g[CI3] * behind + g[CJ3] * held + g[CD3] * late + g[CS3] * fast)
    bias = g[DS] + g[CI2] * behind + g[CD2] * late + g[CS2] * fast
    target = g[HSW] + g[CV] * (felt[SPEED] - speed) + g[CI4] * behind + g[CJ4] * held + g[CS4] * fast
    lean = felt[LEAN] + people.sensor[i, 1] * s.wander[i, 14] - reference
    both = s.stance[i, 0] == 1 and s.stance[i, 1] == 1
    for leg in range(2):
        own, other, stim = leg * LEG, (1 - leg) * LEG, s.stim[i, leg]
        if s.stance[i, leg] == 1:
            trailing = both and s.since[i, leg] > s.since[i, 1 - leg]
            stance(g, felt, own, other, trailing, lean, push, bias, stim)
        else:
            swing(g, felt, own, s.takeoff[i, leg], target, stim)
        for m in range(7):
            noisy = stim[m] * (1.0 + people.sensor[i, 0] * s.wander[i, 7 * leg + m])
            stim[m] = min(max(noisy, LEAST), 1.0)


@compiled
def _contract(i: int, q: Array, qd: Array, body: Anatomy, s: State, t: Times, work: Array, applied: Array) -> None:
    """Muscles and tendons through one step; writes joint torques [N·m] into `applied` (9,)."""
    length, arm, speed, pulled = work[:7, 0], work[:7, 1:4], work[:7, 4], work[:7, 5]
    h = t.dt / t.substeps
    for leg in range(2):
        j = 3 + 3 * leg
        lengths_and_arms(body, q[j], q[j + 1], q[j + 2], length, arm)
        activation, fibre, rate, stim = s.activation[i, leg], s.fibre[i, leg], s.rate[i, leg], s.stim[i, leg]
        for m in range(7):
            speed[m] = -(arm[m, 0] * qd[j] + arm[m, 1] * qd[j + 1] + arm[m, 2] * qd[j + 2])
            pulled[m] = 0.0
        for n in range(t.substeps):
            for m in range(7):  # independent of each other: the processor works on several at a time
                pull = tendon_force((length[m] + n * h * speed[m] - fibre[m]) / body.l_slack[m] - 1.0)
                v = velocity_of(balance(activation[m], fibre[m] / body.l_opt[m], pull), body.v_max[m])
                pulled[m] += pull
                rate[m] = v
                activation[m] += h * (stim[m] - activation[m]) / ACTIVATION
                fibre[m] += h * v * body.l_opt[m]
        for m in range(7):
            force = pulled[m] / t.substeps
            s.force[i, leg, m] = force
            for k in range(3):
                applied[j + k] += force * body.f_max[m] * arm[m, k]


@compiled
def _stride_clock(i: int, s: State, sums: Sums, t: Times) -> None:
    """The device's own stride clock: heel strikes, and the period from previous strides."""
    for leg in range(2):
        load = s.load[i, leg, 0] + s.load[i, leg, 1]
        if load <= TOUCH:
            if load < LEAVE or s.unloaded[i, leg] > 0:
                s.unloaded[i, leg] += 1
            continue
        if s.unloaded[i, leg] >= t.unloaded:
            took = (s.age[i] - s.strike[i, leg]) * t.dt
            if SHORTEST <= took <= LONGEST:
                s.period[i, leg] = took if s.strides[i, leg] == 0 else 0.5 * (s.period[i, leg] + took)
                s.strides[i, leg] += 1
                if sums.step[i] > sums.from_step[i]:
                    record = sums.strides[i, leg]
                    record[0] += 1.0
                    record[1] += took
                    record[2] += took * took
                    record[3] += took - s.unloaded[i, leg] * t.dt
                    sums.knee[i, leg, 1] += sums.knee[i, leg, 0]
            else:
                s.strides[i, leg] = 0
            s.strike[i, leg] = s.age[i]
            sums.knee[i, leg, 0] = 0.0
        s.unloaded[i, leg] = 0


@compiled
def phase_of(i: int, leg: int, s: State, dt: float) -> float:
    """Where in its stride a leg is, 0 … 1 and beyond if the next heel strike is late; −1: the stride is lost."""
    if s.strides[i, leg] < 2:
        return -1.0
    phase: float = (s.age[i] - s.strike[i, leg]) * dt / s.period[i, leg]
    return phase if phase <= LOST else -1.0


@compiled
def commanded(i: int, phase: float, s: State, dt: float) -> float:
    """Torque [N·m/kg] that the laws command at a phase: the new one ramps in as the old one ramps out."""
    if phase < 0.0:
        return 0.0
    share, percent = min(1.0, s.ramp[i] * dt / RAMP), 100.0 * phase
    new = torque(percent, s.law[i, 0], s.law[i, 1], s.law[i, 2], s.law[i, 3], 0.0)
    if share >= 1.0:
        return new
    old = torque(percent, s.old[i, 0], s.old[i, 1], s.old[i, 2], s.old[i, 3], 0.0)
    return float(share * new + (1.0 - share) * old)


@compiled
def _assist(i: int, qd: Array, people: People, s: State, sums: Sums, dt: float, applied: Array) -> None:
    """The exoskeleton's torque on each ankle, behind its safety layer."""
    for leg in range(2):
        want = commanded(i, phase_of(i, leg, s, dt), s, dt) * people.ankles[i, leg]
        if not 0.0 <= want < math.inf:  # a law that is no number pushes nobody
            want = 0.0
        most = RATE_CAP * dt
        before = s.torque[i, leg]
        now = want if abs(want - before) <= most else before + math.copysign(most, want - before)
        now = min(max(now, 0.0), TORQUE_CAP)
        s.torque[i, leg] = now
        j = 5 + 3 * leg
        applied[j] -= now * people.body[i, 0]  # plantarflexing
        if sums.step[i] >= sums.from_step[i]:
            power = -now * qd[j]
            sums.work[i, leg, 0 if power > 0.0 else 1] += power * dt


@compiled
def _spend(i: int, body: Anatomy, people: People, s: State, sums: Sums, t: Times) -> None:
    """Metabolic power of all muscles now."""
    counted = sums.step[i] >= sums.from_step[i]
    gross = BASAL * people.body[i, 0]
    for leg in range(2):
        for m in range(7):
            u, a, v_max = s.stim[i, leg, m], s.activation[i, leg, m], body.v_max[m]
            x, v = s.fibre[i, leg, m] / body.l_opt[m], s.rate[i, leg, m]
            f_l = force_length(x)
            f_v = balance(a, x, s.force[i, leg, m])
            active = a * f_l * f_v * body.f_max[m]
            total = active + max(0.0, s.force[i, leg, m] * body.f_max[m] - active)
            speed, mass, slow = v * body.l_opt[m], body.mass[m], body.slow[m]
            power = bhargava(u, a, x, speed, active, total, mass, slow)
            gross += power
            if counted:
                sums.energy[i, 0, m] += power
                sums.energy[i, 1, m] += umberger(u, a, x, v, f_l, active, speed, mass, slow, v_max)
                sums.energy[i, 2, m] += minetti(a, v, body.f_max[m], body.l_opt[m], v_max)
    sums.beats[i] += counted
    sums.gross[i, sums.step[i] // t.span] += gross / people.body[i, 0]


@compiled
def _note(i: int, q: Array, s: State, sums: Sums, dt: float) -> None:
    """Add this moment to the mean stride of each leg."""
    for leg in range(2):
        phase = phase_of(i, leg, s, dt)
        if not 0.0 <= phase < 1.0:
            continue
        b, j = int(phase * BINS), 3 + 3 * leg
        sums.counts[i, leg, b] += 1.0
        curve = sums.curves[i, leg, b]
        for k in range(3):
            curve[k] += q[j + k]
        curve[3] += s.load[i, leg, 0] + s.load[i, leg, 1]
        for m in range(7):
            curve[4 + m] += s.activation[i, leg, m]
        curve[11] += s.torque[i, leg]
        curve[12] += q[2]


@compiled
def _wander(i: int, s: State, sums: Sums, key: np.uint64) -> None:
    """Let the sensors' errors drift: unit Ornstein–Uhlenbeck processes."""
    keep = math.exp(-DRIFT_TICK / DRIFT_SECONDS)
    fresh = math.sqrt(1.0 - keep * keep)
    count = s.draws[i]
    for k in range(0, 16, 2):
        x, y = normal_pair(key, count)
        count += np.uint64(2)
        s.wander[i, k] = keep * s.wander[i, k] + fresh * x
        if k + 1 < 15:
            s.wander[i, k + 1] = keep * s.wander[i, k + 1] + fresh * y
    s.draws[i] = count


@compiled
def _read(i: int, sensors: Array, people: People, s: State, sums: Sums, dt: float) -> None:
    """Loads after the physics step [body weights]."""
    weight = people.body[i, 0] * 9.81
    for leg in range(2):
        for k in range(2):
            s.load[i, leg, k] = sensors[2 * leg + k] / weight
        load = s.load[i, leg, 0] + s.load[i, leg, 1]
        s.smooth[i, leg] += (load - s.smooth[i, leg]) * dt / LOAD_SECONDS
        if sums.step[i] >= sums.from_step[i]:
            sums.peak[i] = max(sums.peak[i], load)


@compiled
def _outcome(i: int, q: Array, before: Array, people: People, sums: Sums) -> int:
    """What the world wants after a step."""
    for k in range(DOF):
        if not abs(q[k] - before[k]) < 0.2:  # NaN, or a solver that lost its way
            return DIVERGED
    if q[1] + people.body[i, 1] < people.body[i, 2] or abs(q[2]) > LEANS or abs(q[0]) > BELT_HALF:
        return FELL
    return COMPLETED if sums.step[i] >= sums.last[i] else 0


@compiled
def walk(
    ids: Ints, steps: int, bench: Bench, people: People, s: State, sums: Sums, t: Times, flags: NDArray[np.uint8]
) -> int:
    """Walk the worlds `ids` for so many physics steps, or until they fall or finish; how many want something."""
    felt, work, before = np.empty(SIGNALS), np.empty((7, 6)), np.empty(DOF)
    wanting, rows = 0, s.ring.shape[1]
    for i in ids:
        body = Anatomy(
            people.f_max[i], people.l_opt[i], people.l_slack[i], people.v_max[i], people.mass[i], people.slow[i],
            people.wires[i], people.arms[i], people.rest[i],
        )  # fmt: skip
        q, qd = doubles_at(bench.qpos[i], DOF), doubles_at(bench.qvel[i], DOF)
        applied, sensors = doubles_at(bench.applied[i], DOF), doubles_at(bench.sensors[i], 4)
        flags[i] = 0
        for _ in range(steps):
            _feel(i, q, qd, people, s, s.ring[i, s.age[i] % rows])
            recall(s.ring[i], s.age[i], t.delays, felt)
            _switch(i, felt, s, t.refractory)
            _stimulate(i, -q[0], felt, people, s)
            before[:] = q
            applied[:] = 0.0
            if sums.step[i] == sums.from_step[i]:
                sums.start[i] = q[0]
            _contract(i, q, qd, body, s, t, work, applied)
            _assist(i, qd, people, s, sums, t.dt, applied)
            if people.push[i, 0] <= sums.step[i] < people.push[i, 1]:
                applied[0] += people.push[i, 2]
            step_world(bench, i)
            s.age[i] += 1
            s.ramp[i] += s.strides[i, 0] >= 2 or s.strides[i, 1] >= 2  # no torque before the stride is known
            _read(i, sensors, people, s, sums, t.dt)
            _stride_clock(i, s, sums, t)
            s.pace[i] += (qd[0] + people.body[i, 3] - s.pace[i]) * t.dt / PACE_SECONDS
            s.station[i] -= (q[0] + s.station[i] / STATION_SECONDS) * t.dt
            for leg in range(2):
                sums.knee[i, leg, 0] = max(sums.knee[i, leg, 0], q[4 + 3 * leg]) if s.unloaded[i, leg] else 0.0
            if sums.step[i] % t.beat == 0:
                _spend(i, body, people, s, sums, t)
                if sums.step[i] >= sums.from_step[i]:
                    _note(i, q, s, sums, t.dt)
            if s.age[i] % t.drift == 0:
                _wander(i, s, sums, sums.key[i])
            sums.step[i] += 1
            flags[i] = _outcome(i, q, before, people, sums)
            if flags[i] != 0:
                wanting += 1
                break
    return wanting
