"""What many runs say together: curves on a common clock, interquartile means and their bootstrap intervals.

One contract, here and in `runtimes` (how soon) and `contests` (who beats whom): one optimizer's scores are
(runs,), its curves sampled on a common grid of clocks are (runs, times); runs come first, higher is better,
every number is finite. Times are charged seconds. Every random choice comes from the `Generator` passed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

FEWEST_SEEDS = 10
"""Below this many runs, 95 % bootstrap intervals cover the truth clearly less often than 95 %."""
BLOCK = 2_000_000
"""Numbers that are resampled at a time: memory stays small, however many runs there are."""


class Interval(NamedTuple):
    """An interquartile mean and its 95 % interval; each is () for scores, (times,) for curves."""

    iqm: Array
    low: Array
    high: Array


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
    clocks, scores = finite("clock", clock), finite("score", score)
    if clocks.shape != scores.shape or clocks.ndim != 1 or not len(clocks):
        raise ValueError(f"clock and score must be (points,), got {clocks.shape} and {scores.shape}")
    if (np.diff(clocks) < 0).any():
        raise ValueError(f"clock must not go back, got {clocks}")
    last = np.searchsorted(clocks, finite("at", at), side="right") - 1
    return scores[np.maximum(last, 0)]


def interquartile_mean(scores: ArrayLike) -> Array:
    """Mean of the middle half of the runs: scores (runs,) -> (), curves (runs, times) -> (times,).

    Exactly half of the sample's weight is kept, so where a quarter of the runs is not a whole number the
    two runs at the cuts count by a fraction. (`scipy.stats.trim_mean`, and rliable with it, drops
    ⌊runs/4⌋ whole runs at each end instead; the two agree when runs is a multiple of 4.)

    Raises:
      ValueError: there is no run, or a score is not finite.
    """
    ordered = np.sort(at_least_one(scores), axis=0)
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
    x = at_least_one(scores)
    chosen = rng.integers(len(x), size=(len(x), replicates))
    size = max(1, BLOCK // max(x.size, 1))
    blocks = (chosen[:, k : k + size] for k in range(0, replicates, size))
    low, high = ends(np.concatenate([interquartile_mean(x[block]) for block in blocks]))
    return Interval(interquartile_mean(x), low, high)


def stratified_bootstrap(scores: Sequence[ArrayLike], rng: np.random.Generator, replicates: int = 2000) -> Interval:
    """Interquartile mean over tasks × runs with its 95 % interval; each task's scores are (runs,).

    Runs are resampled within their task, so that every replicate has as many runs of each; the mean is over the
    pooled scores. Bring them to one scale first (see `normalized`). With one task it is `bootstrap`.
    Source: Agarwal et al. 2021.

    Raises:
      ValueError: there is no task, a task has no run, or a score is not finite.
    """
    tasks = [at_least_one(s) for s in scores]
    if not tasks:
        raise ValueError("scores need at least one task")
    drawn = [x[rng.integers(len(x), size=(len(x), replicates))] for x in tasks]
    low, high = ends(interquartile_mean(np.concatenate(drawn)))
    return Interval(interquartile_mean(np.concatenate(tasks)), low, high)


def normalized(scores: ArrayLike, low: float, high: float) -> Array:
    """Scores as fractions of the way from `low` (a task's start) to `high` (the best known there); not clipped.

    Raises:
      ValueError: `high` is not above `low`, or a score is not finite.
    """
    if not high > low:
        raise ValueError(f"scores are brought to one scale from a start below the best, got {low} and {high}")
    return (finite("scores", scores) - low) / (high - low)


def ends(replicates: Array) -> tuple[Array, Array]:
    """Ends of the 95 % percentile interval of a statistic's replicates, along the first axis; inf may be among them.

    Ends are replicates themselves, not points between two: between a number and inf there is none.
    """
    low, high = np.quantile(replicates, [0.025, 0.975], axis=0, method="closest_observation")
    return low, high


def finite(name: str, values: ArrayLike) -> Array:
    """`values` as an array; `ValueError` if one is not finite."""
    a = np.asarray(values, float)
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must be finite, got {a}")
    return a


def at_least_one(scores: ArrayLike) -> Array:
    """`scores`, runs first, as an array; `ValueError` if there is no run, or one is not finite."""
    a = finite("scores", scores)
    if a.ndim == 0 or not len(a):
        raise ValueError(f"scores need at least one run on the first axis, got shape {a.shape}")
    return a
