"""What a comparison says of each optimizer, from its runs' curves: the table's rows and the contests behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gait.compare.contests import Contest, contests
from gait.compare.runtimes import TimeToTarget, expected_time, time_to_target
from gait.compare.statistics import Array, Interval, bootstrap, sample_curve

Curve = tuple[Array, Array]
"""A run's clock [s] and validated score, (points,) each."""


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
    """Of that, Holm-corrected over all pairs of optimizers; None for the first."""


def final_scores(curves: Mapping[str, Sequence[Curve]], budget: float) -> dict[str, Array]:
    """Each optimizer's validated scores (runs,) when the budget is spent; what was paid for later does not count."""
    return {
        name: np.array([sample_curve(clock, score, [budget])[0] for clock, score in runs])
        for name, runs in curves.items()
    }


def target_times(curves: Mapping[str, Sequence[Curve]], target: float, budget: float) -> dict[str, Array]:
    """Each optimizer's times (runs,) to a target [s]; inf where a run didn't reach it."""
    return {
        name: np.array([time_to_target(clock, score, target, budget) for clock, score in runs])
        for name, runs in curves.items()
    }


def time_contests(
    times: Mapping[str, Array], budget: float, rng: np.random.Generator, *, paired: bool = False
) -> dict[tuple[str, str], Contest]:
    """Who gets to a target sooner; runs that never get there tie for the last place."""
    return contests({name: -np.minimum(t, 2 * budget) for name, t in times.items()}, rng, paired=paired)


def summarize(
    curves: Mapping[str, Sequence[Curve]],
    budget: float,
    target: float,
    rng: np.random.Generator,
    *,
    paired: bool = False,
) -> list[Summary]:
    """One `Summary` an optimizer, in the order given; the first is what the others are held against.

    Args:
      curves: every run's own (clock, score), both (points,), by optimizer.
      budget: simulated seconds of each run; what was paid for later does not count.
      target: the score whose time is wanted.
      rng: for the bootstraps and permutations.
      paired: whether the k-th runs of all optimizers belong together.
    """
    last, times = final_scores(curves, budget), target_times(curves, target, budget)
    against = contests(last, rng, paired=paired)
    first = next(iter(curves), "")
    rows = []
    for name, runs in curves.items():
        early = np.array([sample_curve(clock, score, [budget / 4])[0] for clock, score in runs])
        time = expected_time(times[name], budget, rng)
        c = against.get((name, first))
        quarter, whole = bootstrap(early, rng), bootstrap(last[name], rng)
        rows.append(Summary(name, quarter, whole, time, c and c.probability, c and c.p_value))
    return rows
