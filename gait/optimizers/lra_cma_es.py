"""LRA-CMA-ES: CMA-ES that learns the more slowly the less a ranking tells; cmaes does the work."""

from __future__ import annotations

from typing import Any

import numpy as np

from gait.optimizers.base import Array, Optimizer
from gait.optimizers.evolution import EvolutionSettings
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

WIDEST_START = 1.0 / 3.0
"""Largest standard deviation at the start, of the cube's side, as in pycma."""
WIDEST, NARROWEST = 0.5, 1e-9
"""Limits of the standard deviation of the parameter that varies most, of the cube's side."""


class LRACMAES(Optimizer):
    """CMA-ES with learning-rate adaptation, for noisy scores without evaluating anything twice.

    The mean and the covariance go only a part η of the way that CMA-ES would send them. Each η follows the
    signal-to-noise ratio of its recent updates, so that noise is averaged over generations instead of trials.

    cmaes searches (x - x₀) in units of the first standard deviations, `initial_step` ε each and at most a third
    of the range, as in `cma-es`; so is the size of a generation. A draw outside the bounds is drawn again, 100
    times at most, then clipped; the mean, an average of such draws, is within the bounds and recommended.

    Two limits are not in the paper. Around a corner of many parameters nearly all draws are clipped, all of
    them inward: cmaes takes that for progress and widens without end, so no standard deviation exceeds half
    the range. Exact scores shrink it until cmaes takes the logarithm of 0, so the largest stays above 1e-9 of the
    range. Between these limits the trajectory is that of cmaes. Its termination criteria are not asked.

    M. Nomura, Y. Akimoto and I. Ono, "CMA-ES with learning rate adaptation: can CMA-ES with default population
    size solve multimodal and noisy problems?", GECCO 2023, arXiv:2304.03473; cmaes, arXiv:2402.01373.
    """

    name = "lra-cma-es"
    about = "CMA-ES with learning-rate adaptation (Nomura, Akimoto & Ono 2023), by cmaes"
    Settings = EvolutionSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: EvolutionSettings | None = None) -> None:
        from cmaes import CMA  # here, as only this optimizer needs it

        super().__init__(problem, seed, settings)
        start = self.space.default
        self._unit = np.minimum(self.settings.initial_step * self.space.scale, WIDEST_START)
        self._strategy: Any = CMA(
            mean=np.zeros(len(self.space)),
            sigma=1.0,
            bounds=np.column_stack([-start, 1.0 - start]) / self._unit[:, None],
            population_size=self.batch_size,
            lr_adapt=True,
            seed=int(self.rng.integers(2**32)),
        )
        self._population: list[Array] = []

    @property
    def batch_size(self) -> int:
        """A generation."""
        return int(self.settings.population_of(len(self.space)))

    def recommend(self) -> Policy:
        """The mean of the distribution, within the bounds."""
        return Constant(self._place(self._strategy.mean))

    def _ask(self) -> list[Query]:
        self._population = [self._strategy.ask() for _ in range(self.batch_size)]
        return [self.query(Constant(self._place(y))) for y in self._population]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        # cmaes minimises, and sorts the list that it is given
        self._strategy.tell(list(zip(self._population, (-scores).tolist(), strict=True)))
        self._limit_spread()

    def _place(self, y: Array) -> Array:
        place: Array = np.clip(self.space.default + self._unit * y, 0.0, 1.0)
        return place

    def _limit_spread(self) -> None:
        s = self._strategy  # which has no public word for its spread
        widest = float((s._sigma * np.sqrt(np.diag(s._C)) * self._unit).max())
        if not NARROWEST <= widest <= WIDEST:
            s._sigma *= np.clip(widest, NARROWEST, WIDEST) / widest
