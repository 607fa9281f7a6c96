"""Laws of gait.compare.runtimes, held against sums and integrals done by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gait.compare import runtimes as rt
from gait.compare.statistics import sample_curve


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def curve(seed: int, points: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """A validated curve that goes up and down."""
    r = rng(seed)
    return np.r_[0.0, np.sort(r.uniform(0, 100, points))], np.r_[0.1, r.uniform(0, 1, points)]


def test_times_to_many_targets_are_those_to_each():
    clock, score = curve(1)
    targets = np.sort(np.r_[np.linspace(-0.2, 1.2, 29), score])  # a score that is just the target has reached it
    many = rt.times_to_targets(clock, score, targets, 80)
    assert list(many) == [rt.time_to_target(clock, score, t, 80) for t in targets]
    brute = [next((c for c, s in zip(clock, score, strict=True) if s >= t and c <= 80), math.inf) for t in targets]
    assert list(many) == brute
    assert (np.diff(many[np.isfinite(many)]) >= 0).all()


def test_runtime_distribution_is_the_counted_share_and_never_falls():
    targets = rt.target_ladder(0.1, 0.9)
    times = np.array([rt.times_to_targets(*curve(k), targets, 100) for k in range(6)])
    at = np.sort(np.r_[rng(2).uniform(0, 100, 50), times[np.isfinite(times)]])
    found = rt.runtime_distribution(times, at)
    np.testing.assert_allclose(found, [(times <= t).mean() for t in at])
    assert (np.diff(found) >= 0).all()
    assert found[-1] == np.isfinite(times).mean()


def test_targets_are_equally_spaced_above_the_start_and_end_with_the_best():
    ladder = rt.target_ladder(0.15, 0.66)
    assert len(ladder) == 51
    np.testing.assert_allclose(np.diff(np.r_[0.15, ladder]), 0.01)
    assert ladder[-1] == 0.66
    with pytest.raises(ValueError, match="something better"):
        rt.target_ladder(0.3, 0.3)


def test_area_of_a_single_step_is_known_in_closed_form():
    budget, step = 1000.0, 400.0
    clock, score = [0.0, step], [0.2, 0.7]
    high = (0.7 - 0.2) / 0.8
    assert rt.area(clock, score, 0.2, 1.0, budget, log=False) == pytest.approx(high * (1 - step / budget))
    log_share = math.log(budget / step) / math.log(1 / rt.FIRST)
    assert rt.area(clock, score, 0.2, 1.0, budget) == pytest.approx(high * log_share)


@pytest.mark.parametrize("log", [True, False])
def test_area_agrees_with_a_fine_sum(log):
    clock, score = curve(3)
    fine = np.geomspace(rt.FIRST * 90, 90, 400_001) if log else np.linspace(0, 90, 400_001)
    heights = np.clip((sample_curve(clock, score, fine) - 0.2) / 0.5, 0, 1)
    assert rt.area(clock, score, 0.2, 0.7, 90, log=log) == pytest.approx(heights.mean(), abs=1e-4)


@pytest.mark.parametrize("log", [True, False])
def test_area_is_0_for_the_start_1_for_the_best_and_that_of_the_runtime_distribution(log):
    assert rt.area([0.0], [0.2], 0.2, 0.9, 60, log=log) == 0
    assert rt.area([0.0], [0.9], 0.2, 0.9, 60, log=log) == 1
    assert rt.area([0.0, 70.0], [0.2, 0.9], 0.2, 0.9, 60, log=log) == 0  # paid for after the budget
    clock, score = np.array([0.0, 10, 20, 50]), np.array([0.2, 0.4, 0.5, 0.8])  # rises: then the two are the same
    times = rt.times_to_targets(clock, score, rt.target_ladder(0.2, 0.9, 2000), 60)
    fine = np.geomspace(rt.FIRST * 60, 60, 20_001) if log else np.linspace(0, 60, 20_001)
    of_targets = rt.runtime_distribution(times, fine).mean()
    assert rt.area(clock, score, 0.2, 0.9, 60, log=log) == pytest.approx(of_targets, abs=2e-3)


def test_expected_time_interval_holds_it_and_knows_of_failures():
    times = [10.0, 20, 25, 31, 40, math.inf, 12, 18, 33, 29]
    t = rt.expected_time(times, 60, rng(), 4000)
    assert (t.seconds, t.successes, t.runs) == (pytest.approx(278 / 9), 9, 10)  # (218 + 60) / 9
    assert t.low < t.seconds < t.high < math.inf
    brute = [rt.expected_time(rng(k).choice(times, 10), 60).seconds for k in range(4000)]
    assert (t.low, t.high) == pytest.approx(tuple(np.quantile(brute, [0.025, 0.975])), rel=0.08)
    rare = rt.expected_time([10.0, math.inf, math.inf], 60, rng())
    assert rare.high == math.inf  # a resample without a success is no rarity
    assert rt.expected_time([math.inf] * 3, 60, rng())[:3] == (math.inf, 0, 3)


def test_speed_up_is_the_ratio_of_expected_times():
    fast, slow = np.array([10.0, 12, 8, 11]), np.array([30.0, 33, 28, 35])
    ratio, low, high = rt.speed_up(fast, slow, 60, rng())
    assert ratio == pytest.approx(126 / 41)
    assert 1 < low < ratio < high
    back = rt.speed_up(slow, fast, 60, rng())
    assert back[0] == pytest.approx(1 / ratio)
    never = np.full(4, math.inf)
    assert rt.speed_up(fast, never, 60, rng()) == (math.inf, math.inf, math.inf)
    assert math.isnan(rt.speed_up(never, never, 60, rng())[0])
