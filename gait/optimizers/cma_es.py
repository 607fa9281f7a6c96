"""CMA-ES: learn the shape of the landscape from the ranking of a population; pycma does the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

SMALLEST = 4
"""Smallest population: with fewer there is hardly a ranking."""


@dataclass(frozen=True)
class CMAESSettings(Settings):
    """The start of the search; all else is pycma's default."""

    population: int = setting(0, "trials in a generation; 0 is two a parameter, at least 4", low=0, high=10_000)
    initial_step: float = setting(2.0, "standard deviation at the start", unit="ε", low=1e-3, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.population < SMALLEST:
            raise UsageError(f"population={self.population}: population must be 0 (automatic) or {SMALLEST} and more.")


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
        import cma  # here, since it takes a second: it brings matplotlib.pyplot and scipy.stats

        super().__init__(problem, seed, settings)
        if len(self.space) < 2:
            raise UsageError(f"cma-es needs two parameters or more; {self.space.names[0]} is the only one.")
        self._strategy: Any = cma.CMAEvolutionStrategy(self.space.default, self.settings.initial_step, self._options())
        self._population: list[Array] = []

    @property
    def batch_size(self) -> int:
        """A generation."""
        return self.settings.population or max(SMALLEST, 2 * len(self.space))

    def recommend(self) -> Policy:
        """The mean of the distribution, within the bounds."""
        return Constant(np.clip(self._strategy.result.xfavorite, 0.0, 1.0))

    def _ask(self) -> list[Query]:
        self._population = self._strategy.ask()
        return [self.query(Constant(np.clip(x, 0.0, 1.0))) for x in self._population]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        # pycma minimises; it knows its solutions again by their bits, so it is told the very arrays it gave
        self._strategy.tell(self._population, (-scores).tolist())

    def _options(self) -> dict[str, Any]:
        return {
            "popsize": self.batch_size,
            "bounds": [0.0, 1.0],
            "CMA_stds": self.space.scale,
            "randn": lambda *shape: self.rng.standard_normal(shape),
            "seed": np.nan,  # "do nothing": other values are for numpy's global generator
            "verbose": -10,  # no print, no warning, no look for a signals file in the working directory
            "verb_log": 0,
            "verb_disp": 0,
        }
