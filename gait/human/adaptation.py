"""Adaptation: while walking, a person re-tunes a few of its own reflex gains towards less effort, by trying.

People learn to use a device: in Poggensee & Collins (Sci. Robot. 6:eabf1078, 2021) novices took about 109 minutes of
assisted walking to become experts. Nobody knows how they do it. Here it is the simplest search that needs nothing but
a sense of effort: simultaneous perturbation (Spall, IEEE TAC 37:332, 1992). For some strides all adapted gains are
shifted a little in random directions, for as many strides the other way; the gains then move towards what cost less.

It runs on the walking clock. Nothing is learned while a law ramps in; what was learned outlasts a fall.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.human.chance import uniform
from gait.human.device import RAMP
from gait.human.people import People
from gait.human.reflexes import NAMES
from gait.human.state import LEARNT, State

Array = NDArray[np.float64]

REACH = {"s0HIP": 0.1, "s0HFLsw": 0.1}
"""Gains that are adapted, and how far a habit may shift them, relative: the tonus that hip and swing leg are kept at.
Effort depends on them, balance hardly. What people fall by is left alone: a push-off (`GSOL`) that is tried 4 %
stronger trips those whose law pushes as far as they can bear, and so does a calf's tonus (`s0SOL`, `s0GAS`) that is
15 % less: it doubles the falls and saves nothing with a device that does the calf's work."""
PLACES = np.array([NAMES.index(name) for name in REACH])
SHARES = np.array(list(REACH.values()))
RATES = {"off": 0.0, "slow": 0.3, "fast": 1.5}
"""How far a habit moves, of its reach, for a relative change of effort of 1 over its reach. One whose reach is worth
half a percent takes 1 / (1.5 · 0.005) = 133 lessons of 12 strides with `fast`, half an hour; with `slow` five times
that."""
PROBE = 0.5
"""How far gains are shifted to try [of their reach]."""
SETTLING, FELT = 1, 5
"""Strides after a shift that aren't felt, and those that are."""
BOLDEST = 0.2
"""No habit moves further at a time."""

EFFORT, BEATS, FIRST = range(3)
"""Places in `State.lesson`: power summed [W], how often, the first shift's mean."""
HALF, STRIDES = range(2)
"""Places in `State.lesson_at`: 0 between lessons, 1 and 2 in the first and second shift; strides of it so far."""
assert len(REACH) == LEARNT


@compiled
def put_on(i: int, people: People, s: State) -> None:
    """Gains of person i by its habits and what it is trying."""
    for k in range(LEARNT):
        shift = min(max(s.habit[i, k] + s.probe[i, k], -1.0), 1.0)
        people.gains[i, PLACES[k]] = people.base[i, k] * (1.0 + SHARES[k] * shift)


@compiled
def learn(i: int, people: People, s: State, key: np.uint64, dt: float) -> None:
    """At each of the left leg's heel strikes: go on with a lesson, draw its consequence, or begin one."""
    at, lesson, probe = s.lesson_at[i], s.lesson[i], s.probe[i]
    if s.ramp[i] * dt < RAMP or s.strides[i, 0] < 2:
        if at[HALF] > 0:
            at[HALF], probe[:] = 0, 0.0
            put_on(i, people, s)
        return
    if at[HALF] == 0:
        _try_out(i, people, s, key)
        return
    at[STRIDES] += 1
    if at[STRIDES] == SETTLING:
        lesson[EFFORT], lesson[BEATS] = 0.0, 0.0
    elif at[STRIDES] == SETTLING + FELT:
        mean = lesson[EFFORT] / max(1.0, lesson[BEATS])
        if at[HALF] == 1:
            lesson[FIRST], at[HALF], at[STRIDES] = mean, 2, 0
            for k in range(LEARNT):
                probe[k] = -probe[k]
            put_on(i, people, s)
        else:
            slope = (lesson[FIRST] - mean) / (0.5 * (lesson[FIRST] + mean)) / (2.0 * PROBE)
            step = min(max(people.learning[i] * slope, -BOLDEST), BOLDEST)
            for k in range(LEARNT):
                first = -1.0 if probe[k] > 0.0 else 1.0  # which way the first shift went
                s.habit[i, k] = min(max(s.habit[i, k] - step * first, -1.0), 1.0)
            _try_out(i, people, s, key)


@compiled
def _try_out(i: int, people: People, s: State, key: np.uint64) -> None:
    """Begin a lesson: shift all adapted gains in directions drawn anew."""
    for k in range(LEARNT):
        s.probe[i, k] = PROBE if uniform(key, s.draws[i]) < 0.5 else -PROBE
        s.draws[i] += np.uint64(1)
    s.lesson_at[i, HALF], s.lesson_at[i, STRIDES] = 1, 0
    put_on(i, people, s)
