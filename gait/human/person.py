"""Person: sensors, reflexes, muscles, exoskeleton and metabolism of walking worlds, one compiled loop over rows.

Everything but the physics step happens here, in its order: feel, stimulate, contract, assist, step, account.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled, doubles_at
from gait.human.account import note_moment, outcome, read_loads, spend
from gait.human.adaptation import learn
from gait.human.chance import normal_pair
from gait.human.device import LEAVE, TOUCH, assist, stride_clock
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
    lengths_and_arms,
    tendon_force,
    velocity_of,
)
from gait.human.people import DRIFT_SECONDS, DRIFT_TICK, People, Times
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
from gait.human.state import DOF, State, Sums
from gait.simulate import Bench, step_world

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

PACE_SECONDS = 0.5
"""Time constant of the slow speed."""
USUAL_SPEED = 1.25
"""Belt speed at which the gains are what they are [m/s]."""
STATION_SECONDS = 6.0
"""The station integral forgets with this time constant: what happened a minute ago doesn't matter."""


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
                stretch = (length[m] + n * h * speed[m] - fibre[m]) / body.l_slack[m] - 1.0
                pull = body.tendon * tendon_force(stretch)
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
def walk(
    ids: Ints, steps: int, bench: Bench, people: People, s: State, sums: Sums, t: Times, flags: NDArray[np.uint8]
) -> int:
    """Walk the worlds `ids` for so many physics steps, or until they fall or finish; how many want something."""
    felt, work, before = np.empty(SIGNALS), np.empty((7, 6)), np.empty(DOF)
    wanting, rows = 0, s.ring.shape[1]
    for i in ids:
        body = Anatomy(
            people.f_max[i], people.l_opt[i], people.l_slack[i], people.v_max[i], people.mass[i], people.slow[i],
            people.wires[i], people.arms[i], people.rest[i], people.tendon[i],
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
            assist(i, qd, people, s, sums, t.dt, applied)
            if people.push[i, 0] <= sums.step[i] < people.push[i, 1]:
                applied[0] += people.push[i, 2]
            step_world(bench, i)
            s.age[i] += 1
            s.ramp[i] += s.strides[i, 0] >= 2 or s.strides[i, 1] >= 2  # no torque before the stride is known
            read_loads(i, sensors, people, s, sums, t.dt)
            stride_clock(i, s, sums, t)
            if people.learning[i] > 0.0 and s.strike[i, 0] == s.age[i]:
                learn(i, people, s, sums.key[i], t.dt)
            s.pace[i] += (qd[0] + people.body[i, 3] - s.pace[i]) * t.dt / PACE_SECONDS
            s.station[i] -= (q[0] + s.station[i] / STATION_SECONDS) * t.dt
            for leg in range(2):
                sums.knee[i, leg, 0] = max(sums.knee[i, leg, 0], q[4 + 3 * leg]) if s.unloaded[i, leg] else 0.0
            if sums.step[i] % t.beat == 0:
                spend(i, body, people, s, sums, t)
                if sums.step[i] >= sums.from_step[i]:
                    note_moment(i, q, s, sums, t.dt)
            if s.age[i] % t.drift == 0:
                _wander(i, s, sums, sums.key[i])
            sums.step[i] += 1
            flags[i] = outcome(i, q, before, people, sums)
            if flags[i] != 0:
                wanting += 1
                break
    return wanting
