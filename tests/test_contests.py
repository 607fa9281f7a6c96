"""Laws of gait.compare.contests, held against scipy, or against cases done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from gait.compare import contests as ct


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_holm_of_a_case_done_by_hand():
    # Holm 1979: sorted .005 .01 .03 .04, times 4 3 2 1 = .02 .03 .06 .04, never falling: .02 .03 .06 .06
    assert ct.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert ct.holm([0.5, 0.9]) == [1.0, 1.0]
    assert ct.holm([0.2]) == [0.2]
    assert ct.holm([]) == []


def test_holm_errs_in_no_more_than_5_of_100_families():
    families = rng(1).uniform(size=(4000, 6))
    assert np.mean([min(ct.holm(p)) < 0.05 for p in families]) < 0.06


@pytest.mark.parametrize("n", [4, 9, 14])
def test_signed_ranks_agree_with_the_exact_wilcoxon(n):
    for seed in range(5):
        a, b = rng(seed).normal(size=n), rng(seed + 90).normal(0.5, size=n)
        assert ct.signed_rank_test(a, b, rng()) == pytest.approx(stats.wilcoxon(a, b, method="exact").pvalue)


def test_flipped_signed_ranks_agree_with_wilcoxon_and_see_what_ranks_of_both_do_not():
    shared = rng(2).normal(0, 5, size=20)
    a, b = shared + rng(3).normal(1.5, 1, size=20), shared + rng(4).normal(size=20)
    exact = stats.wilcoxon(a, b, method="exact").pvalue
    assert ct.signed_rank_test(a, b, rng()) == pytest.approx(exact, abs=0.01)
    assert ct.signed_rank_test(a, b, rng()) < 0.1 < ct.permutation_test(a, b, rng())
    assert ct.signed_rank_test(a, a, rng()) == 1.0


def test_an_interval_covers_the_probability_it_is_for():
    r, truth = rng(5), stats.norm.cdf(0.7 / np.sqrt(2))
    found = [ct.contest(r.normal(0.7, size=20), r.normal(size=20), r, replicates=400) for _ in range(300)]
    assert 0.88 <= np.mean([c.low <= truth <= c.high for c in found]) <= 0.99
    assert np.mean([c.probability for c in found]) == pytest.approx(truth, abs=0.02)


def test_an_interval_by_counts_is_that_of_resampled_runs():
    a, b = rng(6).normal(0.5, size=9), rng(7).normal(size=7)
    c, r = ct.contest(a, b, rng(8), replicates=8000), rng(9)
    brute = [ct.probability_of_improvement(r.choice(a, 9), r.choice(b, 7)) for _ in range(8000)]
    assert (c.low, c.high) == pytest.approx(tuple(np.quantile(brute, [0.025, 0.975])), abs=0.03)


def test_runs_that_pair_are_held_against_their_partners_only():
    a, b = np.arange(12.0) + 0.5, np.arange(12.0)
    apart, paired = ct.contest(a, b, rng()), ct.contest(a, b, rng(), paired=True)
    assert paired.probability == 1.0
    assert paired.p_value == 2 / 2**12
    assert apart.probability == pytest.approx((12 * 13 / 2) / 144)
    assert apart.p_value > 0.5
    with pytest.raises(ValueError, match="as many on both sides"):
        ct.contest(a, b[:5], rng(), paired=True)


def test_the_table_of_contests_mirrors_and_is_corrected_over_its_pairs():
    r = rng(10)
    scores = {name: r.normal(shift, size=8) for name, shift in (("a", 0.0), ("b", 1.0), ("c", 3.0))}
    table = ct.contests(scores, rng(1))
    assert set(table) == {(x, y) for x in "abc" for y in "abc" if x != y}
    for (x, y), c in table.items():
        back = table[y, x]
        assert (back.probability, back.low, back.high) == pytest.approx((1 - c.probability, 1 - c.high, 1 - c.low))
        assert back.p_value == c.p_value
    alone = ct.permutation_test(scores["a"], scores["c"], rng(1))
    assert table["c", "a"].p_value == pytest.approx(3 * alone, abs=0.002)
    assert ct.contests({"a": [1.0]}, rng()) == {}
