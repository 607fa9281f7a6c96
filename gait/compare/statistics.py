"""What many runs say together: interquartile means, intervals, times to a target, who beats whom.

One contract: one optimizer's scores are (runs,), its curves sampled on a common grid of clocks are
(runs, times); runs come first, higher is better, every number is finite. Times are charged seconds.
Every random choice comes from the `Generator` that is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FEWEST_SEEDS = 10
"""Below this many runs, 95 % bootstrap intervals cover the truth clearly less often than 95 %."""


class Interval(NamedTuple):
    """An interquartile mean and its 95 % interval; each is () for scores, (times,) for curves."""

    iqm: Array
    low: Array
    high: Array


class TimeToTarget(NamedTuple):
    """Expected simulated seconds to a target, and in how many of the runs it was reached."""

    seconds: float
    successes: int
    runs: int


class Summary(NamedTuple):
    """What a comparison says of one optimizer."""

    name: str
    quarter: Interval
    """Scores after a quarter of the budget."""
    whole: Interval
    """Scores after all of it."""
    time: TimeToTarget
    probability: float | None
    """That a run of it beats a run of the first optimizer after the whole budget; None for the first."""
    p_value: float | None


def few_seeds(runs: int) -> str:
    """The caution that belongs under a comparison of so few runs; empty when there are enough."""
    return "" if runs >= FEWEST_SEEDS else f"fewer than {FEWEST_SEEDS} seeds: intervals are too narrow"


def sample_curve(clock: ArrayLike, score: ArrayLike, at: ArrayLike) -> Array:
    """The step function through (`clock`, `score`), both (points,), at the clocks `at` (times,).

    Right-continuous: a score counts from the moment it was paid for, and holds until the next one. Before
    the first point it is the first score, the start.

    Raises:
      ValueError: no point, a clock that goes back, or something not finite.
    """
    clocks, scores = _finite("clock", clock), _finite("score", score)
    if clocks.shape != scores.shape or clocks.ndim != 1 or not len(clocks):
        raise ValueError(f"clock and score must be (points,), got {clocks.shape} and {scores.shape}")
    if (np.diff(clocks) < 0).any():
        raise ValueError(f"clock must not go back, got {clocks}")
    last = np.searchsorted(clocks, _finite("at", at), side="right") - 1
    return scores[np.maximum(last, 0)]


def interquartile_mean(scores: ArrayLike) -> Array:
    """Mean of the middle half of the runs: scores (runs,) -> (), curves (runs, times) -> (times,).

    Exactly half of the sample's weight is kept, so where a quarter of the runs is not a whole number the
    two runs at the cuts count by a fraction. (`scipy.stats.trim_mean`, and rliable with it, drops
    ⌊runs/4⌋ whole runs at each end instead; the two agree when runs is a multiple of 4.)

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    ordered = np.sort(_runs(scores), axis=0)
    n = len(ordered)
    # the i-th run owns the slice [i, i+1) of the sample's n; what of it lies in [n/4, 3n/4] is kept
    edges: Array = np.clip(np.arange(n + 1.0), n / 4, 3 * n / 4)
    return np.tensordot((edges[1:] - edges[:-1]) / (n / 2), ordered, axes=1)


def bootstrap(scores: ArrayLike, rng: np.random.Generator, replicates: int = 2000) -> Interval:
    """Interquartile mean with its 95 % percentile-bootstrap interval, of (runs,) or (runs, times).

    Whole runs are resampled, so all times of a curve share their resamples. Runs are the only source of
    chance: the noise of held-out validation is part of each run's score.
    Source: Efron 1979; interquartile means of runs: Agarwal et al. 2021.

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    x = _runs(scores)
    chosen = rng.integers(len(x), size=(len(x), replicates))
    means = interquartile_mean(x[chosen])
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return Interval(interquartile_mean(x), low, high)


def time_to_target(clock: ArrayLike, score: ArrayLike, target: float, budget: float) -> float:
    """Seconds until a run's validated curve (points,) first reaches `target`; inf if not in `budget`."""
    clocks = _finite("clock", clock)
    reached = clocks[(_finite("score", score) >= target) & (clocks <= budget)]
    return float(reached[0]) if len(reached) else math.inf


def expected_time(times: Sequence[float], budget: float) -> TimeToTarget:
    """Expected running time ERT = Σ min(T_r, B) / successes over the runs' times to a target.

    What a target costs on average if failed runs are started again; inf when no run reached it.
    Source: Hansen et al. 2016 (COCO), with simulated seconds in place of evaluations.
    """
    t = np.asarray(times, float)
    successes = int((t <= budget).sum())
    total = float(np.minimum(t, budget).sum())
    return TimeToTarget(total / successes if successes else math.inf, successes, len(t))


def probability_of_improvement(a: ArrayLike, b: ArrayLike) -> float:
    """P(A > B) + ½ P(A = B) for a run of A (runs,) and a run of B (runs',) drawn independently.

    Equals Mann & Whitney's U / (m n), and Vargha & Delaney's A₁₂; only the order of scores matters.

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    x, y = _runs(a)[:, None], _runs(b)[None, :]
    return float((x > y).mean() + (x == y).mean() / 2)


def permutation_test(a: ArrayLike, b: ArrayLike, rng: np.random.Generator, replicates: int = 9999) -> float:
    """Two-sided p-value of P(A > B) = ½ against relabelled runs, scores (runs,) and (runs',).

    Stays honest for a few runs, where a bootstrap of the probability would have no width: three runs that
    beat three others give p = 0.1. Source: Mann & Whitney 1947; the +1 is Phipson & Smyth 2010.

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    x, y = _runs(a), _runs(b)
    pooled = np.concatenate([x, y])
    ranks = (pooled[:, None] > pooled).sum(1) + ((pooled[:, None] == pooled).sum(1) + 1) / 2
    relabelled = rng.permuted(np.tile(ranks, (replicates, 1)), axis=1)[:, : len(x)].sum(1)
    centre = len(x) * (len(pooled) + 1) / 2  # the rank sum of A when labels mean nothing
    as_far = np.abs(relabelled - centre) >= abs(ranks[: len(x)].sum() - centre)  # half-integers: exact
    return float((1 + as_far.sum()) / (1 + replicates))


def summarize(
    curves: Mapping[str, Sequence[tuple[Array, Array]]],
    budget: float,
    target: float,
    rng: np.random.Generator,
) -> list[Summary]:
    """One `Summary` an optimizer, in the order given; the first is what the others are held against.

    Args:
      curves: every run's own (clock, score), both (points,), by optimizer.
      budget: simulated seconds of each run; what was paid for later does not count.
      target: the score whose time is wanted.
      rng: for the bootstraps and permutations.
    """
    rows: list[Summary] = []
    first: Array | None = None
    for name, runs in curves.items():
        scores = np.array([sample_curve(clock, score, [budget / 4, budget]) for clock, score in runs])
        time = expected_time([time_to_target(clock, score, target, budget) for clock, score in runs], budget)
        quarter, whole = bootstrap(scores[:, 0], rng), bootstrap(scores[:, 1], rng)
        last = scores[:, 1]
        probability = None if first is None else probability_of_improvement(last, first)
        p_value = None if first is None else permutation_test(last, first, rng)
        rows.append(Summary(name, quarter, whole, time, probability, p_value))
        first = last if first is None else first
    return rows


def _finite(name: str, values: ArrayLike) -> Array:
    a = np.asarray(values, float)
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must be finite, got {a}")
    return a


def _runs(scores: ArrayLike) -> Array:
    a = _finite("scores", scores)
    if a.ndim == 0 or not len(a):
        raise ValueError(f"scores need at least one run on the first axis, got shape {a.shape}")
    return a
