"""How soon: simulated seconds to targets, what they cost on average, and how quickly a whole curve rises.

The contract is that of `statistics`; a time is inf where a run didn't get there within its budget.
Everything refers to validated scores: a target counts as reached when the recommendation's held-out score is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compare.statistics import Array, at_least_one, ends, finite

TARGETS = 51
"""Targets of the runtime distribution."""
FIRST = 2.0**-5.5
"""Where log time begins, of the budget: the first validated point of a curve."""


class TimeToTarget(NamedTuple):
    """Expected simulated seconds to a target, in how many of the runs it was reached, and the 95 % interval."""

    seconds: float
    successes: int
    runs: int
    low: float = math.nan
    """Ends of the bootstrap interval; inf where resamples without a success are that frequent, nan if not asked for."""
    high: float = math.nan


def time_to_target(clock: ArrayLike, score: ArrayLike, target: float, budget: float) -> float:
    """Seconds until a run's validated curve (points,) first reaches `target`; inf if not in `budget`."""
    return float(times_to_targets(clock, score, [target], budget)[0])


def times_to_targets(clock: ArrayLike, score: ArrayLike, targets: ArrayLike, budget: float) -> Array:
    """(targets,) seconds until a run's validated curve (points,) first reaches each; inf if not in `budget`."""
    clocks = finite("clock", clock)
    best = np.maximum.accumulate(finite("score", score))
    first = np.searchsorted(best, finite("targets", targets), side="left")
    reached = np.append(np.where(clocks <= budget, clocks, math.inf), math.inf)
    return reached[first]


def expected_time(
    times: Sequence[float] | Array, budget: float, rng: np.random.Generator | None = None, replicates: int = 2000
) -> TimeToTarget:
    """Expected running time ERT = Σ min(T_r, B) / successes over the runs' times to a target.

    What a target costs on average if failed runs are started again; inf when no run reached it. With `rng`, whole
    runs are resampled for an interval; a resample without a success has no finite time.
    Source: Hansen et al. 2016 (COCO), with simulated seconds in place of evaluations.
    """
    t = np.asarray(times, float)
    low, high = (math.nan, math.nan) if rng is None else ends(_resampled(t, budget, rng, replicates))
    return TimeToTarget(float(_expected(t, budget)), int((t <= budget).sum()), len(t), float(low), float(high))


def speed_up(
    times: Sequence[float] | Array,
    others: Sequence[float] | Array,
    budget: float,
    rng: np.random.Generator,
    replicates: int = 2000,
) -> tuple[float, float, float]:
    """How many times sooner: expected time of the others over one's own, with its 95 % bootstrap interval.

    inf where only the others never got there, nan where nobody did.
    """
    mine, theirs = np.asarray(times, float), np.asarray(others, float)
    ratios = _ratio(_resampled(theirs, budget, rng, replicates), _resampled(mine, budget, rng, replicates))
    known = ratios[~np.isnan(ratios)]
    low, high = ends(known) if len(known) else (math.nan, math.nan)
    return float(_ratio(_expected(theirs, budget), _expected(mine, budget))), float(low), float(high)


def target_ladder(start: float, best: float, targets: int = TARGETS) -> Array:
    """(targets,) equally spaced scores from just above `start`, which everybody has, to `best`, included.

    Raises:
      ValueError: `best` is not above `start`.
    """
    if not best > start:
        raise ValueError(f"targets lie between a start and something better, got {start} and {best}")
    return np.linspace(start, best, targets + 1)[1:]


def runtime_distribution(times: ArrayLike, at: ArrayLike) -> Array:
    """Fraction of (run, target) pairs reached by each moment `at` (times,), of times (runs, targets).

    Never falls. Source: the runtime ECDF of COCO (Hansen et al. 2016) over simulated seconds.

    Raises:
      ValueError: a time is nan, or there is none.
    """
    pairs = np.sort(np.asarray(times, float).ravel())
    if not len(pairs) or np.isnan(pairs).any():
        raise ValueError("times need at least one run and target, and no nan")
    fractions: Array = np.searchsorted(pairs, finite("at", at), side="right") / len(pairs)
    return fractions


def area(clock: ArrayLike, score: ArrayLike, low: float, high: float, budget: float, *, log: bool = True) -> float:
    """Mean height of a run's validated step function, from 0 (`low`, the start) to 1 (`high`, the best known).

    The mean is over log time from `FIRST` of the budget, or over time from 0; scores are cut off at both ends, and
    the steps are integrated exactly. It needs no target. Source: area over the convergence curve, AOCC, of
    López-Ibáñez, Vermetten, Dreo & Doerr 2024 (for scores that are minimized).

    Raises:
      ValueError: `high` is not above `low`, the budget is not above 0, or a number is not finite.
    """
    if not (high > low and budget > 0):
        raise ValueError(f"an area needs low < high and a budget above 0 s, got {low}, {high} and {budget}")
    clocks, scores = at_least_one(clock), at_least_one(score)
    begin = FIRST * budget if log else 0.0
    # each point's score holds from its clock to the next; the first one's from the beginning
    edges = np.clip(np.concatenate([[begin], clocks[1:], [budget]]), begin, budget)
    axis = np.log(edges) if log else edges
    heights = np.clip((scores - low) / (high - low), 0.0, 1.0)
    return float(heights @ np.diff(axis) / (axis[-1] - axis[0]))


def _expected(times: Array, budget: float) -> Array:
    """ERT along the last axis; inf without a success."""
    successes: NDArray[np.int64] = (times <= budget).sum(-1)
    total = np.minimum(times, budget).sum(-1)
    return np.where(successes > 0, total / np.maximum(successes, 1), math.inf)


def _resampled(times: Array, budget: float, rng: np.random.Generator, replicates: int) -> Array:
    return _expected(times[rng.integers(len(times), size=(replicates, len(times)))], budget)


def _ratio(theirs: Array, mine: Array) -> Array:
    """theirs / mine, where inf / inf is nan without a warning and time 0 to both is nan, too."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(theirs / mine)
