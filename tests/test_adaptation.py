"""Laws of adaptation: a person learns by trying, within its reach, and not while a law ramps in."""

from __future__ import annotations

import numpy as np
import pytest
from people import LAW, LONGEST, OFF, ONE, QUIET, person, walk

from gait.human.adaptation import FELT, PLACES, PROBE, RATES, REACH, SETTLING, SHARES, learn
from gait.human.crowd import Crowd
from gait.human.reflexes import NAMES

LESSON = 2 * (SETTLING + FELT)
"""Strides."""


def learner(rate=RATES["fast"]):
    """A person in the middle of a walk, with a law ramped in."""
    c = Crowd([person()], LONGEST, sensor=QUIET, learning=rate)
    c.begin(0, OFF, LONGEST, 1)
    c.state.ramp[0], c.state.strides[0] = 10**6, 10
    return c


def stride(c, effort):
    """One stride at the gains as they are, felt as `effort` (a function of their shifts) for a hundred beats."""
    shifts = (c.people.gains[0, PLACES] / c.people.base[0] - 1.0) / SHARES
    c.state.lesson[0, 0] += 100 * effort(shifts)
    c.state.lesson[0, 1] += 100
    learn(0, c.people, c.state, np.uint64(7), c.dt)
    return shifts


def test_gains_are_shifted_by_their_names():
    c = learner()
    assert [NAMES[k] for k in PLACES] == list(REACH)
    stride(c, lambda z: 1.0)
    moved = c.people.gains[0] != np.array([person().gains[n] for n in NAMES])
    assert {NAMES[k] for k in np.flatnonzero(moved)} == set(REACH)
    shifts = (c.people.gains[0, PLACES] / c.people.base[0] - 1.0) / SHARES
    assert np.abs(shifts) == pytest.approx(np.full(len(REACH), PROBE))


def test_habits_go_where_effort_is_least():
    c, best = learner(), np.array([0.5, -0.3])
    for _ in range(400 * LESSON):
        stride(c, lambda z: 3.0 + 0.3 * float(((z - best) ** 2).sum()))
    assert c.state.habit[0] == pytest.approx(best, abs=0.05)


def test_habits_stay_within_reach():
    c = learner()
    for _ in range(600 * LESSON):
        shifts = stride(c, lambda z: 3.0 + 0.2 * float(z[0] - z[1]))
        assert (np.abs(shifts) <= 1 + 1e-12).all()
    assert c.state.habit[0, :2] == pytest.approx([-1.0, 1.0])


def test_a_lesson_tries_both_ways_and_then_moves_against_the_slope():
    c, seen = learner(), []
    stride(c, lambda z: 3.0)
    for _ in range(LESSON):
        seen.append(stride(c, lambda z: 3.0 + 0.1 * float(z.sum())))
    first, second = seen[: LESSON // 2], seen[LESSON // 2 :]
    assert all((z == first[0]).all() for z in first)
    assert all(z == pytest.approx(-first[0]) for z in second)
    slope = 0.1 * first[0].sum() / 3.0 / PROBE
    assert c.state.habit[0] == pytest.approx(-RATES["fast"] * slope * np.sign(first[0]), rel=1e-6)


def test_nothing_is_learned_while_a_law_ramps_in_or_the_stride_is_lost():
    for ramp, strides in ((0, 10), (10**6, 0)):
        c = learner()
        for _ in range(4):
            stride(c, lambda z: 3.0)
        assert c.state.lesson_at[0, 0] == 1
        c.state.ramp[0], c.state.strides[0] = ramp, strides
        shifts = [stride(c, lambda z: 3.0 + float(z.sum())) for _ in range(3 * LESSON)]
        assert (shifts[0] != 0).all()  # what was being tried, given up at this heel strike
        assert (np.array(shifts[1:]) == 0).all()
        assert (c.state.habit[0] == 0).all()
        assert (c.people.gains[0, PLACES] == c.people.base[0]).all()


def test_who_does_not_adapt_walks_as_before_and_who_does_otherwise():
    rates = []
    for rate in (0.0, 1e-9, RATES["fast"]):
        c = Crowd([person()], LONGEST, sensor=QUIET, learning=rate)
        c.begin(0, LAW, LONGEST, 3)
        c.walk(ONE, round(LONGEST / c.dt))
        rates.append(c.summary(0)["net"])
        assert (c.state.habit[0] == 0).all() == (rate == 0.0)
    assert rates[0] != rates[1]  # trying alone changes the walk


def test_habits_are_carried_on():
    """A walk in two trials is the same whether its state stayed in the world or was taken out and put back."""
    ends = []
    for moved in (False, True):
        c = Crowd([person()], LONGEST, sensor=QUIET, learning=RATES["fast"])
        c.begin(0, OFF, LONGEST, 3)
        c.walk(ONE, round(LONGEST / c.dt))
        state = c.end(0)
        assert state["habit"].any()
        if moved:
            c = Crowd([person()], LONGEST, sensor=QUIET, learning=RATES["fast"])
        c.begin(0, OFF, LONGEST, 4, start=state)
        c.walk(ONE, round(LONGEST / c.dt))
        ends.append(c.end(0))
    assert all((ends[0][k] == ends[1][k]).all() for k in ends[0])


def test_a_fall_leaves_the_habits_also_just_after_a_run_is_resumed():
    from gait.tasks import make_task

    steady = make_task("exoskeleton", {"adaptation": "fast"}, 1).start()
    task = make_task("exoskeleton", {"adaptation": "fast"}, 1)  # which hasn't walked anybody yet
    crowd = task.treadmills.first
    crowd.begin(0, OFF, 20.0, 1, start=steady)
    crowd.state.habit[0] = [0.4, -1.0]
    up = task.treadmills.up_again()
    assert up["habit"] == pytest.approx([0.4, -1.0])
    assert all((up[k] == v).all() for k, v in steady.items() if k != "habit")


@pytest.mark.slow
def test_an_hour_of_trying_lowers_effort():
    """Walked with what was learned and without, with nothing else different: no trying, the same errors of sensors."""
    hour = 3600.0
    c = Crowd([person()], hour, learning=RATES["fast"])
    learned = walk(c, 0, OFF, hour)
    judge, costs = Crowd([person()], 120.0), []
    for habit in (np.zeros(len(REACH)), learned["habit"]):
        walk(judge, 0, OFF, 120.0, key=2, start={**learned, "habit": habit})
        costs.append(judge.summary(0)["net"])
    assert costs[1] < 0.998 * costs[0]
