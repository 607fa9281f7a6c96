"""The exoskeleton: its own stride clock, the torque that its laws command, and the safety layer no law can pass."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.controllers.torque_profile import torque
from gait.human.people import People, Times
from gait.human.state import State, Sums

Array = NDArray[np.float64]

RAMP = 8.0
"""Seconds over which a new law replaces the old one."""
TORQUE_CAP = 1.0
"""No command exceeds this [N·m/kg]."""
RATE_CAP = 40.0
"""Nor changes faster than this [N·m/kg/s]; the steepest law within bounds needs 24 at a stride of 1 s."""
LOST = 1.5
"""Periods after a heel strike without another: the stride is lost, and with it the torque."""
SHORTEST, LONGEST = 0.5, 2.0
"""Stride times outside are no strides [s]."""
TOUCH, LEAVE = 0.05, 0.02
"""Loads that begin and end contact [body weights]."""


@compiled
def stride_clock(i: int, s: State, sums: Sums, t: Times) -> None:
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
def assist(i: int, qd: Array, people: People, s: State, sums: Sums, dt: float, applied: Array) -> None:
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
