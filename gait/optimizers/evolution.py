"""Evolution: what CMA-ES and its relatives share, and pycma's strategy as they begin it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Trial

SMALLEST = 4
"""Smallest population: with fewer there is hardly a ranking."""


@dataclass(frozen=True)
class EvolutionSettings(Settings):
    """The start of the search; all else is the wrapped package's default."""

    population: int = setting(0, "trials in a generation; 0 is two a parameter, at least 4", low=0, high=10_000)
    initial_step: float = setting(2.0, "standard deviation at the start", unit="ε", low=1e-3, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.population < SMALLEST:
            raise UsageError(f"population={self.population}: population must be 0 (automatic) or {SMALLEST} and more.")

    def population_of(self, parameters: int) -> int:
        """The population for so many parameters."""
        return self.population or max(SMALLEST, 2 * parameters)


class Evolution(Optimizer):
    """pycma's strategy in unit-cube coordinates, from the start, with every draw from the optimizer's generator.

    Raises:
      UsageError: the space has one parameter only, for which CMA-ES is not made.
    """

    def __init__(self, problem: Problem, seed: int = 0, settings: EvolutionSettings | None = None) -> None:
        import cma  # here, since it takes a second: it brings matplotlib.pyplot and scipy.stats

        super().__init__(problem, seed, settings)
        if len(self.space) < 2:
            raise UsageError(f"{self.name} needs two parameters or more; {self.space.names[0]} is the only one.")
        self._strategy: Any = cma.CMAEvolutionStrategy(self.space.default, self.settings.initial_step, self._options())
        self._population: list[Array] = []

    @property
    def batch_size(self) -> int:
        """A generation."""
        return int(self.settings.population_of(len(self.space)))

    def recommend(self) -> Policy:
        """The mean of the distribution, within the bounds."""
        return Constant(np.clip(self._strategy.result.xfavorite, 0.0, 1.0))

    def _sample(self) -> Array:
        """The next generation (n, d), within the cube."""
        self._population = self._strategy.ask()
        return np.clip(np.array(self._population), 0.0, 1.0)

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
