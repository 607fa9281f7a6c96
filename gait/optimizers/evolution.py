"""Evolution: pycma's strategy as the optimizers built on it begin it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Settings, setting
from gait.task import Problem

SMALLEST = 4
"""Smallest population: with fewer there is hardly a ranking."""


@dataclass(frozen=True)
class EvolutionSettings(Settings):
    """The start of the search; all else is pycma's default."""

    population: int = setting(0, "trials in a generation; 0 is two a parameter, at least 4", low=0, high=10_000)
    initial_step: float = setting(2.0, "standard deviation at the start", unit="ε", low=1e-3, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.population < SMALLEST:
            raise UsageError(f"population={self.population}: population must be 0 (automatic) or {SMALLEST} and more.")

    def population_of(self, parameters: int) -> int:
        """The population for so many parameters."""
        return self.population or max(SMALLEST, 2 * parameters)


def make_strategy(name: str, problem: Problem, settings: EvolutionSettings, rng: np.random.Generator) -> Any:
    """A `cma.CMAEvolutionStrategy` over the unit cube, from the start, with every draw from `rng`.

    Raises:
      UsageError: the space has one parameter only, for which CMA-ES is not made.
    """
    import cma  # here, since it takes a second: it brings matplotlib.pyplot and scipy.stats

    space = problem.space
    if len(space) < 2:
        raise UsageError(f"{name} needs two parameters or more; {space.names[0]} is the only one.")
    options = {
        "popsize": settings.population_of(len(space)),
        "bounds": [0.0, 1.0],
        "CMA_stds": space.scale,
        "randn": lambda *shape: rng.standard_normal(shape),
        "seed": np.nan,  # "do nothing": other values are for numpy's global generator
        "verbose": -10,  # no print, no warning, no look for a signals file in the working directory
        "verb_log": 0,
        "verb_disp": 0,
    }
    return cma.CMAEvolutionStrategy(space.default, settings.initial_step, options)
