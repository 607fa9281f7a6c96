"""Laws of the statistics of gait.compare, held against scipy or against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from gait.compare import contests, runtimes, summary
from gait.compare import statistics as st


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("n", range(1, 13))
def test_interquartile_mean_keeps_exactly_half_of_the_weight(n):
    # each run written four times: then whole runs can be dropped, and scipy's definition is exact too
    x = rng(n).normal(size=n)
    assert st.interquartile_mean(x) == pytest.approx(stats.trim_mean(np.repeat(x, 4), 0.25))
    if n % 4 == 0:
        assert st.interquartile_mean(x) == pytest.approx(stats.trim_mean(x, 0.25))


def test_interquartile_mean_treats_times_apart_and_runs_alike():
    curves = rng(1).normal(size=(7, 5))
    apart = [st.interquartile_mean(column) for column in curves.T]
    np.testing.assert_allclose(st.interquartile_mean(curves), apart, atol=1e-15)
    np.testing.assert_array_equal(st.interquartile_mean(curves[::-1]), st.interquartile_mean(curves))


def test_interquartile_mean_follows_a_change_of_unit_and_ignores_an_outlier():
    x = rng(2).normal(size=9)
    assert st.interquartile_mean(3 * x - 1) == pytest.approx(3 * st.interquartile_mean(x) - 1)
    wild = np.where(x == x.max(), 1e9, x)
    assert st.interquartile_mean(wild) == st.interquartile_mean(x)


def test_bootstrap_agrees_with_scipy():
    x = rng(3).exponential(size=18)
    ours = st.bootstrap(x, rng(4), 20_000)
    theirs = stats.bootstrap(
        (x,), lambda v, axis: stats.trim_mean(np.repeat(v, 4, axis=axis), 0.25, axis=axis),
        n_resamples=20_000, method="percentile", rng=rng(5),
    ).confidence_interval  # fmt: skip
    assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=0.02)


@pytest.mark.parametrize("name", ["normal", "exponential"])
def test_bootstrap_interval_covers_the_truth(name):
    law = {"normal": stats.norm, "exponential": stats.expon}[name]
    truth = 2 * law.expect(lambda x: x, lb=law.ppf(0.25), ub=law.ppf(0.75))
    studies = law.rvs(size=(400, 20), random_state=rng(6))
    r = rng(7)  # one stream, so that every study has resamples of its own
    intervals = [st.bootstrap(x, r, 600) for x in studies]
    covered = np.mean([i.low <= truth <= i.high for i in intervals])
    assert 0.90 <= covered <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("name", ["normal", "exponential"])
def test_bootstrap_covers_the_truth_in_92_to_97_of_100_studies_of_20_runs(name):
    law = {"normal": stats.norm, "exponential": stats.expon}[name]
    truth = 2 * law.expect(lambda x: x, lb=law.ppf(0.25), ub=law.ppf(0.75))
    r = rng(60)
    intervals = [st.bootstrap(x, r, 1000) for x in law.rvs(size=(4000, 20), random_state=rng(61))]
    assert 0.92 <= np.mean([i.low <= truth <= i.high for i in intervals]) <= 0.97


@pytest.mark.slow
def test_stratified_bootstrap_covers_the_truth_in_92_to_97_of_100_studies():
    means, r = np.array([0.0, 0.6, 3.0]), rng(62)
    # the truth: the middle half of the mixture that 20 runs a task are pooled from
    pool = np.sort((r.normal(size=(400_000, 3)) + means).ravel())
    truth = pool[len(pool) // 4 : 3 * len(pool) // 4].mean()
    studies = r.normal(size=(4000, 20, 3)) + means
    intervals = [st.stratified_bootstrap(list(x.T), r, 600) for x in studies]
    assert 0.92 <= np.mean([i.low <= truth <= i.high for i in intervals]) <= 0.97


def test_stratified_bootstrap_of_one_task_is_the_bootstrap_and_strata_narrow_it():
    x = rng(63).normal(size=12)
    one, plain = st.stratified_bootstrap([x], rng(1), 4000), st.bootstrap(x, rng(1), 4000)
    np.testing.assert_allclose(np.array(one), np.array(plain))
    y = x + 10  # tasks far apart: resampling runs of both at once would move the mixture, too
    strata, pooled = st.stratified_bootstrap([x, y], rng(2), 4000), st.bootstrap(np.concatenate([x, y]), rng(3), 4000)
    assert strata.iqm == pytest.approx(st.interquartile_mean(np.concatenate([x, y])))
    assert strata.high - strata.low < 0.7 * (pooled.high - pooled.low)


def test_large_samples_are_resampled_in_blocks_with_the_same_result(monkeypatch):
    curves = rng(64).normal(size=(9, 7))
    whole = st.bootstrap(curves, rng(65), 200)
    monkeypatch.setattr(st, "BLOCK", 100)
    np.testing.assert_allclose(np.array(whole), np.array(st.bootstrap(curves, rng(65), 200)), atol=1e-14)


def test_normalized_scores_are_0_at_the_start_and_1_at_the_best():
    np.testing.assert_allclose(st.normalized([2.0, 3.0, 4.0, 5.0], 2.0, 4.0), [0, 0.5, 1, 1.5])
    with pytest.raises(ValueError, match="start below the best"):
        st.normalized([1.0], 2.0, 2.0)


def test_bootstrap_of_curves_is_that_of_each_time_with_the_same_resamples():
    curves = rng(8).normal(size=(6, 3))
    whole = st.bootstrap(curves, rng(9), 300)
    for k in range(3):
        single = st.bootstrap(curves[:, k], rng(9), 300)
        assert (whole.low[k], whole.high[k]) == pytest.approx((single.low, single.high))
    assert (whole.low <= whole.iqm).all()
    assert (whole.iqm <= whole.high).all()


def test_bootstrap_is_seeded_and_a_single_run_has_no_width():
    x = rng(10).normal(size=8)
    assert st.bootstrap(x, rng(1)) == st.bootstrap(x, rng(1))
    assert st.bootstrap(x, rng(1)) != st.bootstrap(x, rng(2))
    assert st.bootstrap([0.3], rng(1)) == pytest.approx((0.3, 0.3, 0.3))


def test_sampled_curve_is_right_continuous_and_starts_with_the_start():
    clock, score = np.array([0.0, 300.0, 450.0, 900.0]), np.array([0.1, 0.3, 0.2, 0.5])
    np.testing.assert_array_equal(st.sample_curve(clock, score, clock), score)
    np.testing.assert_array_equal(st.sample_curve(clock, score, np.nextafter(clock[1:], 0)), score[:-1])
    np.testing.assert_array_equal(st.sample_curve(clock + 60, score, [0.0, 59.0]), [0.1, 0.1])
    assert st.sample_curve(clock, score, [1e9]) == [0.5]


def test_sampling_a_sampled_curve_changes_nothing():
    r = rng(11)
    clock, score = np.r_[0, np.sort(r.uniform(0, 100, 9))], r.normal(size=10)
    grid = np.linspace(0, 100, 41)
    once = st.sample_curve(clock, score, grid)
    np.testing.assert_array_equal(st.sample_curve(grid, once, grid), once)


@pytest.mark.parametrize("target", [-3.0, -0.5, 0.0, 0.7, 1.5, 9.0])
def test_time_to_target_is_the_first_clock_where_the_sampled_curve_is_there(target):
    r = rng(12)
    clock, score = np.r_[0, np.sort(r.uniform(0, 100, 9))], r.normal(size=10)
    t = runtimes.time_to_target(clock, score, target, 100)
    fine = np.sort(np.r_[clock, np.linspace(0, 100, 5001)])
    there = fine[st.sample_curve(clock, score, fine) >= target]
    assert t == (there[0] if len(there) else math.inf)
    assert runtimes.time_to_target(clock, score, target, t if t < math.inf else 100) == t
    assert t == 0 or runtimes.time_to_target(clock, score, target, math.nextafter(t, 0)) == math.inf


def test_expected_time_charges_failed_runs_their_whole_budget():
    assert runtimes.expected_time([10, math.inf, 30], 40)[:3] == (40.0, 2, 3)  # (10 + 40 + 30) / 2
    assert runtimes.expected_time([10, 20, 33], 40)[:3] == (21.0, 3, 3)
    assert runtimes.expected_time([math.inf, math.inf], 40)[:3] == (math.inf, 0, 2)


def test_probability_of_improvement_is_mann_whitney():
    a, b = rng(13).integers(0, 6, 9), rng(14).integers(0, 6, 7)
    u = stats.mannwhitneyu(a, b).statistic
    assert contests.probability_of_improvement(a, b) == pytest.approx(u / (9 * 7))
    assert contests.probability_of_improvement(a, b) == pytest.approx(1 - contests.probability_of_improvement(b, a))
    assert contests.probability_of_improvement(a, a) == 0.5


@pytest.mark.parametrize("rise", [np.exp, np.arctan, lambda x: x**3, lambda x: 100 * x - 7])
def test_only_the_order_of_scores_matters_to_comparisons(rise):
    a, b = rng(15).normal(size=12), rng(16).normal(0.5, size=9)
    assert contests.probability_of_improvement(rise(a), rise(b)) == contests.probability_of_improvement(a, b)
    assert contests.permutation_test(rise(a), rise(b), rng(1)) == contests.permutation_test(a, b, rng(1))


def test_permutation_test_agrees_with_the_exact_one():
    for seed in range(5):
        a, b = rng(seed).normal(size=8), rng(seed + 50).normal(0.7, size=6)
        exact = stats.mannwhitneyu(a, b, method="exact").pvalue
        assert contests.permutation_test(a, b, rng(seed)) == pytest.approx(exact, abs=0.02)
    assert contests.permutation_test([3, 4, 5], [0, 1, 2], rng(1)) == pytest.approx(0.1, abs=0.01)
    assert contests.permutation_test([1, 1], [1, 1, 1], rng(1)) == 1.0


def test_permutation_test_errs_no_more_often_than_it_says():
    r = rng(17)
    p = [contests.permutation_test(r.normal(size=6), r.normal(size=7), r, 499) for _ in range(600)]
    assert np.mean(np.array(p) < 0.05) <= 0.07


def test_summary_compares_with_the_first_and_ignores_what_was_paid_for_later():
    def runs(top):
        return [(np.array([0.0, 20, 90, 101]), np.array([0, top / 2, top + k / 100, 99])) for k in range(4)]

    made = {"a": runs(1.0), "b": runs(2.0), "c": runs(1.0)}
    first, better, equal = summary.summarize(made, 100.0, 1.5, rng())
    assert first.quarter.iqm == pytest.approx(0.5)
    assert first.whole.iqm == pytest.approx(1.015)
    assert (first.time[:3], first.probability, first.p_value) == ((math.inf, 0, 4), None, None)
    assert (better.time, better.probability) == ((90.0, 4, 4, 90.0, 90.0), 1.0)
    assert better.p_value == pytest.approx(3 / 35, abs=0.02)  # four of eight, both ways, three pairs
    assert (equal.probability, equal.p_value) == (0.5, 1.0)


def test_few_seeds_are_warned_of():
    assert "fewer than 10 seeds" in st.few_seeds(9)
    assert st.few_seeds(10) == ""


def test_what_is_not_finite_or_not_there_is_refused():
    for bad in ([0.1, math.nan], [math.inf], []):
        for refuse in (
            lambda x: st.interquartile_mean(x),
            lambda x: st.bootstrap(x, rng()),
            lambda x: contests.probability_of_improvement([1.0], x),
            lambda x: st.sample_curve(np.arange(len(x)), x, [0]),
        ):
            with pytest.raises(ValueError, match=r"finite|at least one run|must be \(points,\)"):
                refuse(bad)
    with pytest.raises(ValueError, match="go back"):
        st.sample_curve([0, 5, 3], [1, 2, 3], [0])
