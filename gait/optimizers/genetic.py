"""Genetic algorithm: the better half of a population breeds the next, by crossover and mutation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class GeneticSettings(Settings):
    """The population and how it breeds."""

    population: int = setting(20, "individuals in a generation", low=2, high=10_000)
    evaluations: int = setting(1, "trials of each individual in a generation, averaged", low=1, high=1_000)
    initial_step: float = setting(3.0, "farthest of the first ones from the start", unit="ε", low=1e-3, high=100.0)
    parents: int = setting(10, "individuals that breed, the best ones", low=2, high=10_000)
    elites: int = setting(2, "individuals that live on and are tried again, the best ones", low=0, high=10_000)
    cuts: int = setting(2, "places where a crossover changes from one parent to the other", low=0, high=1_000)
    mutation: float = setting(0.5, "chance of each parameter of a child to mutate", low=0.0, high=1.0)
    mutation_step: float = setting(2.0, "farthest that a parameter mutates", unit="ε", low=0.0, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parents > self.population:
            raise UsageError(f"parents={self.parents}: parents must not exceed population={self.population}.")
        if self.elites >= self.population:
            raise UsageError(f"elites={self.elites}: elites must be fewer than population={self.population}.")


class Genetic(Optimizer):
    """A genetic algorithm on real numbers: truncation selection, multi-point crossover, uniform mutation, elites.

    The first generation is the start and points around it, uniform within `initial_step` ε. Then the best ones
    breed in turn, the very best first, each with another one drawn by chance; a child's parameters, in their
    order, come from one parent and the other in turn, changing at `cuts` random places; each then moves with
    chance `mutation` by `mutation_step` ε u, u uniform in [-1, 1], and is clipped to the cube.

    Elites are tried again in every generation (where there is noise at all), and individuals are ranked by
    the average of all that was ever read of them, so that no lucky reading survives for long.

    N. Kohl and P. Stone, "Machine learning for fast quadrupedal locomotion", AAAI 2004, compare a genetic
    algorithm with multi-point crossover and mutation with three other searches on the Aibo. Its settings there
    were not at hand: all numbers here are ours, and so are the re-evaluated elites.
    """

    name = "genetic"
    about = "genetic algorithm, elites tried again (as compared by Kohl & Stone, AAAI 2004)"
    Settings = GeneticSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: GeneticSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        n = self.settings.population
        around = self.settings.initial_step * self.space.scale * self.rng.uniform(-1.0, 1.0, (n, len(self.space)))
        around[0] = 0.0
        self._points = np.clip(self.space.default + around, 0.0, 1.0)
        self._sums, self._readings = np.zeros(n), np.zeros(n)
        self._recommended = self.space.default

    @property
    def batch_size(self) -> int:
        """A generation; the elites of all but the first are left out where there is no noise."""
        return int(self.settings.population * self.settings.evaluations)

    def recommend(self) -> Policy:
        """The mean of the last parents: the best of them is partly luck."""
        return Constant(self._recommended)

    def _ask(self) -> list[Query]:
        return [self.query(Constant(x)) for x in self._points[self._tried] for _ in range(self.settings.evaluations)]

    @property
    def _tried(self) -> NDArray[np.bool_]:
        """Which individuals are tried in this generation, (population,)."""
        return np.asarray((self._readings == 0) | self.problem.noisy)

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        s, tried = self.settings, self._tried
        self._sums[tried] += scores.reshape(-1, s.evaluations).sum(axis=1)
        self._readings[tried] += s.evaluations
        order = np.argsort(-self._sums / self._readings, kind="stable")
        parents, elites = self._points[order[: s.parents]], order[: s.elites]
        self._recommended = parents.mean(axis=0)
        children = np.array([self._child(parents, k % s.parents) for k in range(s.population - s.elites)])
        self._points = np.vstack([self._points[elites], children])
        unread = np.zeros(len(children))
        self._sums = np.append(self._sums[elites], unread)
        self._readings = np.append(self._readings[elites], unread)

    def _child(self, parents: Array, k: int) -> Array:
        """A child (d,) of parent k and another of the `parents` (n, d)."""
        d, n = len(self.space), len(parents)
        mother, father = parents[k], parents[(k + self.rng.integers(1, n)) % n]
        changes = np.zeros(d, dtype=int)
        changes[self.rng.choice(np.arange(1, d), min(self.settings.cuts, d - 1), replace=False)] = 1
        child: Array = np.where(changes.cumsum() % 2 == 0, mother, father)
        mutates = self.rng.random(d) < self.settings.mutation
        u = self.rng.uniform(-1.0, 1.0, d)
        child = child + mutates * self.settings.mutation_step * self.space.scale * u
        return child.clip(0.0, 1.0)
