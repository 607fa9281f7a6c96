"""CMA-ES: learn the shape of the landscape from the ranking of a population; pycma does the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.optimizers.base import Array, Optimizer
from gait.optimizers.evolution import EvolutionSettings, make_strategy
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class CMAESSettings(EvolutionSettings):
    """The start of the search."""


class CMAES(Optimizer):
    """Covariance matrix adaptation evolution strategy, in unit-cube coordinates.

    The first standard deviation of each parameter is `initial_step` times its `scale` ε, limited by pycma to
    a third of its range. A generation is two trials a parameter (8 for the 4 of an exoskeleton's law, as in
    Zhang et al., Science 356:1280, 2017); pycma's 4 + 3 ln d is 11 at 12 parameters, which noise made erratic.

    pycma searches an unbounded space that it folds into [0, 1]; what is recommended is the distribution's mean
    folded the same way (pycma's own `mean` may lie outside). Its termination criteria are never obeyed: they
    would make a run of one hour differ from the first of three.

    N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772; pycma, doi:10.5281/zenodo.2559634.

    Raises:
      UsageError: the space has one parameter only, for which CMA-ES is not made.
    """

    name = "cma-es"
    about = "CMA evolution strategy (Hansen & Ostermeier 2001), by pycma"
    Settings = CMAESSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: CMAESSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._strategy = make_strategy(self.name, problem, self.settings, self.rng)
        self._population: list[Array] = []

    @property
    def batch_size(self) -> int:
        """A generation."""
        return int(self.settings.population_of(len(self.space)))

    def recommend(self) -> Policy:
        """The mean of the distribution, within the bounds."""
        return Constant(np.clip(self._strategy.result.xfavorite, 0.0, 1.0))

    def _ask(self) -> list[Query]:
        self._population = self._strategy.ask()
        return [self.query(Constant(np.clip(x, 0.0, 1.0))) for x in self._population]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        # pycma minimises; it knows its solutions again by their bits, so it is told the very arrays it gave
        self._strategy.tell(self._population, (-scores).tolist())
