"""Who beats whom: probabilities of improvement with intervals, tests of them, and Holm's correction.

The contract is that of `statistics`. Only the order of scores matters to what is said here, or, where runs pair,
the order of their differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gait.compare.statistics import Array, at_least_one, ends

EXACT = 14
"""Up to so many pairs, all 2^n flips of signs are tried."""


class Contest(NamedTuple):
    """How one optimizer's runs do against another's."""

    probability: float
    """That a run of the first beats one of the second; ties count half."""
    low: float
    """Ends of its 95 % bootstrap interval."""
    high: float
    p_value: float
    """Two-sided, of "neither is better"; Holm-corrected where a whole table of contests was made."""


def probability_of_improvement(a: ArrayLike, b: ArrayLike) -> float:
    """P(A > B) + ½ P(A = B) for a run of A (runs,) and a run of B (runs',) drawn independently.

    Equals Mann & Whitney's U / (m n), and Vargha & Delaney's A₁₂; only the order of scores matters.

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    return float(_wins(a, b).mean())


def permutation_test(a: ArrayLike, b: ArrayLike, rng: np.random.Generator, replicates: int = 9999) -> float:
    """Two-sided p-value of P(A > B) = ½ against relabelled runs, scores (runs,) and (runs',).

    Stays honest for a few runs, where a bootstrap of the probability would have no width: three runs that
    beat three others give p = 0.1. Source: Mann & Whitney 1947; the +1 is Phipson & Smyth 2010.

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    x, y = at_least_one(a), at_least_one(b)
    ranks = _ranks(np.concatenate([x, y]))
    relabelled = rng.permuted(np.tile(ranks, (replicates, 1)), axis=1)[:, : len(x)].sum(1)
    centre = len(x) * (len(ranks) + 1) / 2  # the rank sum of A when labels mean nothing
    as_far = np.abs(relabelled - centre) >= abs(ranks[: len(x)].sum() - centre)  # half-integers: exact
    return float((1 + as_far.sum()) / (1 + replicates))


def signed_rank_test(a: ArrayLike, b: ArrayLike, rng: np.random.Generator, replicates: int = 9999) -> float:
    """Two-sided p-value of Wilcoxon's signed ranks of a − b, scores (runs,) each, where the k-th runs pair.

    For runs that met the same: the same person, the same task. (Runs of one task that share only a seed do not
    pair: their scores were found uncorrelated.) Pairs without a difference are left out. Exact up to `EXACT` pairs,
    with ties too; beyond, signs are flipped at random. Source: Wilcoxon 1945.

    Raises:
      ValueError: there is no run, another number of them, or a score is not finite.
    """
    d = _differences(a, b)
    d = d[d != 0]
    n = len(d)
    if not n:
        return 1.0
    ranks, centre = _ranks(np.abs(d)), n * (n + 1) / 4
    far = abs(ranks[d > 0].sum() - centre)
    if n <= EXACT:
        flips = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs(flips @ ranks - centre) >= far).mean())
    flips = rng.integers(2, size=(replicates, n))
    return float((1 + (np.abs(flips @ ranks - centre) >= far).sum()) / (1 + replicates))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values (tests,) corrected for being so many, in their order.

    The k-th smallest is multiplied by n − k + 1, and none is smaller than one before it. All that are below α then
    are so together with an error of at most α. Source: Holm 1979.
    """
    p = np.asarray(p_values, float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return [float(v) for v in corrected]


def contest(
    a: ArrayLike, b: ArrayLike, rng: np.random.Generator, *, paired: bool = False, replicates: int = 2000
) -> Contest:
    """Two optimizers' scores (runs,) and (runs',) against each other.

    With `paired`, the k-th runs belong together: a run is held against its partner only, partners are resampled
    together, and the test is Wilcoxon's. The interval's width is 0 where one wins always: trust the p-value then.

    Raises:
      ValueError: there is no run, another number of them where they pair, or a score is not finite.
    """
    if paired:
        d = _differences(a, b)
        won = (d > 0) + (d == 0) / 2
        drawn = won[rng.integers(len(won), size=(replicates, len(won)))].mean(1)
        low, high = ends(drawn)
        return Contest(float(won.mean()), float(low), float(high), signed_rank_test(a, b, rng))
    wins = _wins(a, b)
    m, n = wins.shape
    # how often each run is drawn is all that a mean over pairs needs
    times_a = rng.multinomial(m, np.full(m, 1 / m), size=replicates)
    times_b = rng.multinomial(n, np.full(n, 1 / n), size=replicates)
    low, high = ends(((times_a @ wins) * times_b).sum(1) / (m * n))
    return Contest(float(wins.mean()), float(low), float(high), permutation_test(a, b, rng))


def contests(
    scores: Mapping[str, ArrayLike], rng: np.random.Generator, *, paired: bool = False
) -> dict[tuple[str, str], Contest]:
    """Everybody against everybody, both ways round; p-values Holm-corrected over the pairs."""
    names = list(scores)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    found = [contest(scores[a], scores[b], rng, paired=paired) for a, b in pairs]
    table: dict[tuple[str, str], Contest] = {}
    for (a, b), c, p in zip(pairs, found, holm([c.p_value for c in found]), strict=True):
        table[a, b] = c._replace(p_value=p)
        table[b, a] = Contest(1 - c.probability, 1 - c.high, 1 - c.low, p)
    return table


def _wins(a: ArrayLike, b: ArrayLike) -> Array:
    """(runs, runs') 1 where a run of A beats one of B, ½ where they tie."""
    x, y = at_least_one(a)[:, None], at_least_one(b)[None, :]
    return np.asarray((x > y) + (x == y) / 2, float)


def _differences(a: ArrayLike, b: ArrayLike) -> Array:
    x, y = at_least_one(a), at_least_one(b)
    if x.shape != y.shape:
        raise ValueError(f"runs that pair are as many on both sides, got {len(x)} and {len(y)}")
    return np.asarray(x - y)


def _ranks(values: Array) -> Array:
    """Ranks from 1; equal values share the mean of theirs."""
    smaller, equal = (values[:, None] > values).sum(1), (values[:, None] == values).sum(1)
    return np.asarray(smaller + (equal + 1) / 2, float)
