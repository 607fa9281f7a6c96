"""What a walk is told by: loads, metabolic power, the mean stride, and whether the person fell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.human.adaptation import BEATS, EFFORT
from gait.human.device import phase_of
from gait.human.metabolics import BASAL, bhargava, minetti, umberger
from gait.human.muscles import Anatomy, balance, force_length
from gait.human.people import People, Times
from gait.human.state import BINS, DOF, State, Sums
from gait.simulate import COMPLETED, DIVERGED, FELL

Array = NDArray[np.float64]

LOAD_SECONDS = 0.025
"""Time constant of the load that gates reflexes."""
BELT_HALF = 0.9
"""Half the belt's length [m]: further off is a fall."""
LEANS, SINKS = 0.9, 0.75
"""A lean [rad] or a hip below this share of the leg's length is a fall."""


@compiled
def read_loads(i: int, sensors: Array, people: People, s: State, sums: Sums, dt: float) -> None:
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
def outcome(i: int, q: Array, before: Array, people: People, sums: Sums) -> int:
    """What the world wants after a step."""
    for k in range(DOF):
        if not abs(q[k] - before[k]) < 0.2:  # NaN, or a solver that lost its way
            return DIVERGED
    if q[1] + people.body[i, 1] < people.body[i, 2] or abs(q[2]) > LEANS or abs(q[0]) > BELT_HALF:
        return FELL
    return COMPLETED if sums.step[i] >= sums.last[i] else 0


@compiled
def spend(i: int, body: Anatomy, people: People, s: State, sums: Sums, t: Times) -> None:
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
    if people.learning[i] > 0.0:
        s.lesson[i, EFFORT] += gross - BASAL * people.body[i, 0]
        s.lesson[i, BEATS] += 1.0
    sums.beats[i] += counted
    sums.gross[i, sums.step[i] // t.span] += gross / people.body[i, 0]


@compiled
def note_moment(i: int, q: Array, s: State, sums: Sums, dt: float) -> None:
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
