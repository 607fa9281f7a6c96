"""AS-CMA: CMA-ES that walks with a candidate as long as it takes to tell it from its neighbour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, setting
from gait.optimizers.evolution import Evolution, EvolutionSettings
from gait.policy import Constant
from gait.task import Problem
from gait.trial import Ending, Query, Trial

WORTH = 1.02
"""Noise this near to the least counts as the least: nobody walks on for less."""
SMALLEST_CHANGE = 0.5
"""The slope may halve, or double, from one generation to the next."""


@dataclass(frozen=True)
class ASCMASettings(EvolutionSettings):
    """CMA-ES's, and how long candidates are walked with."""

    precision: float = setting(1.3, "β: noise is to be so many times below the difference", low=0.1, high=10.0)
    contrast: float = setting(
        0.5, "relative difference of scores across the whole space, as guessed at first", low=1e-3, high=100.0
    )
    shortest: float = setting(0.0, "shortest trial; 0 is the task's", unit="s", low=0.0, high=1e6)
    longest: float = setting(0.0, "longest trial; 0 is twice the task's default", unit="s", low=0.0, high=1e6)


class ASCMA(Evolution):
    """Adaptive sampling CMA-ES: each candidate's seconds follow from how hard it will be to rank.

    With parameters in the unit cube and distances divided by √d, candidate i is d_i away from the nearest other one
    of its generation. Scores differ by about k d_i there, k being the landscape's slope; to rank the two, one trial's
    relative noise should be no more than

        ε_i = k d_i / (√2 β ȳ),

    with ȳ the mean size of scores and β `precision`. Its seconds are those at which the task's `Problem.noise` comes
    down to ε_i, within `shortest` and `longest`. Where walking on hardly lowers the noise any more, it isn't done.

    The slope k is learned from each generation. The paper takes the slope of |Δscore| on distance over all pairs;
    noise adds to every |Δscore|, so that a flat, noisy landscape looks steep, and its trials come out too short. Here
    the variance that the two trials' noise brings is taken out,

        k² = Σ d² (Δ² - σ_i² - σ_j²) / Σ d⁴,

    and k at most halves or doubles at a time. Trials that didn't complete tell nothing of the slope: a fall's score is
    a convention. `contrast` is k/ȳ of the first generation.

    R. M. Martin and S. H. Collins, "Improving CMA-ES convergence speed, efficiency, and reliability in noisy robot
    optimization problems", Evolutionary Computation 2026, arXiv:2601.09594.

    Raises:
      UsageError: the space has one parameter only, or the shortest trial is longer than the longest.
    """

    name = "as-cma"
    about = "CMA-ES that chooses each trial's seconds by how hard it is to rank (Martin & Collins 2026)"
    chooses_seconds = True
    Settings = ASCMASettings

    def __init__(self, problem: Problem, seed: int = 0, settings: ASCMASettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        s, seconds = self.settings, problem.seconds
        self.shortest = seconds.check(s.shortest or seconds.low)
        self.longest = seconds.check(s.longest or min(2.0 * seconds.default, seconds.high))
        if self.shortest > self.longest:
            raise UsageError(f"shortest={self.shortest:g}: shortest must not exceed longest={self.longest:g}.")
        self.slope: float = s.contrast
        """k/ȳ: relative difference of scores a distance of 1 apart."""

    def _ask(self) -> list[Query]:
        points = self._sample()
        nearest = (distances(points) + np.diag(np.full(len(points), math.inf))).min(axis=1)
        wanted = self.slope * nearest / (math.sqrt(2.0) * self.settings.precision)
        return [self.query(Constant(x), self.seconds_for(e)) for x, e in zip(points, wanted.tolist(), strict=True)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        super()._tell(trials, scores)
        whole = [k for k, t in enumerate(trials) if t.ending is Ending.COMPLETED and t.score is not None]
        size = float(np.abs(scores[whole]).mean()) if whole else 0.0
        if len(whole) >= 3 and size > 0.0:
            points = np.clip(np.array(self._population), 0.0, 1.0)[whole]
            noise = np.array([self.problem.noise(trials[k].walked) for k in whole])
            self.slope = self.steeper(slope_of(points, scores[whole] / size, noise))

    def steeper(self, slope: float) -> float:
        """The new slope, no further from the old one than it may change at a time."""
        return float(np.clip(slope, self.slope * SMALLEST_CHANGE, self.slope / SMALLEST_CHANGE))

    def seconds_for(self, noise: float) -> float:
        """Shortest seconds, to a twentieth of a second, at which one trial's relative noise is no more than `noise`."""
        enough = max(noise, WORTH * self.problem.noise(self.longest))
        low, high = self.shortest, self.longest
        if self.problem.noise(low) <= enough:
            return low
        while high - low > 0.05:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.problem.noise(middle) <= enough else (middle, high)
        return round(high, 1) if high < self.longest else high


def distances(points: Array) -> Array:
    """(n, n) distances of points (n, d) of the unit cube, divided by √d: 1 from corner to corner."""
    apart = points[:, None] - points[None]
    return np.asarray(np.sqrt((apart**2).mean(axis=-1)))


def slope_of(points: Array, scores: Array, noise: Array) -> float:
    """Slope of |Δscore| on distance, of points (n, d), with the variance of both trials' noise (n,) taken out."""
    i, j = np.triu_indices(len(points), 1)
    squares = distances(points)[i, j] ** 2
    moved = (scores[i] - scores[j]) ** 2 - noise[i] ** 2 - noise[j] ** 2
    fourth = float((squares**2).sum())
    return math.sqrt(max(0.0, float((squares * moved).sum()) / fourth)) if fourth > 0.0 else 0.0
