"""Laws of AS-CMA: seconds follow from how hard candidates are to rank."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from test_gradients import z_score
from test_optimizers import scored
from worlds import make_problem

from gait.errors import UsageError
from gait.optimizers.as_cma import ASCMA, ASCMASettings, distances, slope_of
from gait.optimizers.cma_es import CMAES
from gait.task import Seconds
from gait.trial import Ending

SECONDS = Seconds(20.0, 120.0, 600.0)


def problem(noise=lambda seconds: 0.3 / math.sqrt(seconds)):
    """A space of six whose trials are as noisy as said."""
    return dataclasses.replace(make_problem(), seconds=SECONDS, noise=noise)


def score(x):
    return 3.0 - float(((x - 0.6) ** 2).sum())


def test_distance_is_1_from_corner_to_corner_in_any_dimension():
    for d in (2, 4, 12):
        assert distances(np.array([np.zeros(d), np.ones(d)])) == pytest.approx(np.array([[0, 1], [1, 0]]))


def test_slope_of_a_slope_is_its_slope():
    line = np.linspace(0, 1, 7)[:, None] * np.array([[1.0, 0.5, 0.2]])
    along = distances(line)[0]
    for k in (0.01, 0.4, 5.0):
        assert slope_of(line, 2.0 - k * along, np.zeros(7)) == pytest.approx(k)
    assert slope_of(line, np.ones(7), np.zeros(7)) == 0.0
    assert slope_of(np.zeros((3, 2)), np.arange(3.0), np.zeros(3)) == 0.0


def test_noise_does_not_make_the_landscape_steeper():
    """On average over noise, the square of the slope is the noiseless one; without the correction it is not."""
    rng, k, noise = np.random.default_rng(0), 0.8, np.array([0.05, 0.1, 0.2, 0.3, 0.1, 0.02, 0.1, 0.2])
    line = np.linspace(0, 1, 8)[:, None] * np.ones((1, 4))
    truth = 1.0 - k * distances(line)[0]
    readings = truth + noise * rng.standard_normal((4000, 8))
    corrected, naive = (np.array([slope_of(line, r, n) for r in readings]) for n in (noise, 0.0 * noise))
    assert corrected.min() > 0.0  # never clamped here, so that squares are unbiased
    assert abs(z_score(corrected**2 - k**2)) < 4
    assert abs(z_score(naive**2 - k**2)) > 10


@pytest.mark.parametrize("wanted", [0.03, 0.04, 0.05])
def test_seconds_are_the_fewest_at_which_noise_is_low_enough(wanted):
    optimizer = ASCMA(problem())
    seconds = optimizer.seconds_for(wanted)
    assert seconds == pytest.approx((0.3 / wanted) ** 2, abs=0.1)


def test_seconds_stay_within_their_bounds_and_nobody_waits_for_nothing():
    optimizer = ASCMA(problem())
    assert optimizer.seconds_for(1.0) == 20.0
    assert pytest.approx(optimizer.seconds_for(1e-6), abs=0.1) == 240.0 / 1.02**2
    assert ASCMA(problem(lambda seconds: 0.05)).seconds_for(1e-6) == 20.0
    chosen = ASCMA(problem(), 0, ASCMASettings(shortest=30.0, longest=60.0))
    assert chosen.seconds_for(1.0) == 30.0
    assert chosen.seconds_for(1e-6) <= 60.0


def test_without_noise_it_is_cma_es_with_the_shortest_trials():
    ours, theirs = ASCMA(problem(lambda seconds: 0.0), 3), CMAES(make_problem(), 3)
    for _ in range(20):
        a, b = ours.ask(), theirs.ask()
        assert [q.policy.key() for q in a] == [q.policy.key() for q in b]
        assert {q.seconds for q in a} == {20.0}
        ours.tell(scored(a, score))
        theirs.tell(scored(b, score))
    assert ours.recommend().key() == theirs.recommend().key()


def test_trials_grow_longer_as_candidates_come_closer():
    optimizer, means = ASCMA(problem(lambda seconds: 0.02 / math.sqrt(seconds)), 1), []
    for _ in range(60):
        queries = optimizer.ask()
        means.append(np.mean([q.seconds for q in queries]))
        optimizer.tell([dataclasses.replace(t, walked=q.seconds) for t, q in zip(scored(queries, score), queries,
                                                                               strict=True)])  # fmt: skip
    assert np.mean(means[:5]) < 60.0
    assert np.mean(means[-5:]) > 200.0


def test_a_lonely_candidate_gets_less_than_those_that_crowd():
    optimizer = ASCMA(problem(), 5)
    queries = optimizer.ask()
    x = np.array([q.policy.x for q in queries])
    nearest = (distances(x) + 9 * np.eye(len(x))).min(axis=1)
    seconds = np.array([q.seconds for q in queries])
    assert (np.diff(seconds[np.argsort(nearest)]) <= 0.11).all()


def test_falls_say_nothing_of_the_slope():
    optimizers = [ASCMA(problem(), 2) for _ in range(2)]
    for optimizer, low in zip(optimizers, (-30.0, -3000.0), strict=True):
        trials = scored(optimizer.ask(), score)
        trials[3] = dataclasses.replace(trials[3], score=low, ending=Ending.FELL)
        trials[5] = dataclasses.replace(trials[5], score=None, ending=Ending.DIVERGED)
        optimizer.tell(trials)
    assert optimizers[0].slope == optimizers[1].slope


def test_the_slope_changes_by_a_factor_of_two_at_most():
    optimizer = ASCMA(problem())
    assert optimizer.steeper(1e9) == 2 * optimizer.slope
    assert optimizer.steeper(0.0) == 0.5 * optimizer.slope


def test_trials_that_cannot_be_are_refused():
    with pytest.raises(UsageError, match=r"shortest=300: shortest must not exceed longest=240"):
        ASCMA(problem(), 0, ASCMASettings(shortest=300.0))
    with pytest.raises(UsageError, match=r"trials last 20 to 600 s"):
        ASCMA(problem(), 0, ASCMASettings(longest=601.0))
