"""Cross-entropy method: draw, keep the best, draw around those."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

WIDEST = 1.0 / 3.0
"""Largest standard deviation at the start, of the cube's side: beyond it most draws are clipped."""


@dataclass(frozen=True)
class CEMSettings(Settings):
    """How many are drawn and kept, and how fast the distribution follows."""

    population: int = setting(24, "trials in a generation", low=4, high=10_000)
    elite: float = setting(0.25, "share of them that is kept (ρ)", low=0.0, high=1.0)
    smoothing: float = setting(0.7, "weight of the kept against the distribution so far (α)", low=0.01, high=1.0)
    initial_std: float = setting(2.0, "standard deviation at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.75, "floor of that standard deviation", unit="ε", low=0.0, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")


class CEM(Optimizer):
    """Cross-entropy method with smoothed updates and a floor of the spread.

    A generation is drawn from N(μ, σ²), σ (d,), and clipped to the cube. Mean m and standard deviation s of the
    best ρ of it, two at least, as clipped, then pull the distribution (de Boer et al., sec. 5):
        μ ← α m + (1 - α) μ,    σ ← max(α s + (1 - α) σ, floor)
    Without the floor σ collapses to 0 in a few generations, and faster with noise, whose choice says
    nothing of the landscape. Szita & Lőrincz add a variance against that; a floor keeps the search as narrow as
    trials can tell apart, and no wider.

    P.-T. de Boer, D. P. Kroese, S. Mannor and R. Y. Rubinstein, "A tutorial on the cross-entropy method",
    Annals of Operations Research 134 (2005); I. Szita and A. Lőrincz, "Learning Tetris using the noisy
    cross-entropy method", Neural Computation 18 (2006).
    """

    name = "cem"
    about = "cross-entropy method, smoothed, with a floor of the spread (de Boer et al. 2005)"
    Settings = CEMSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: CEMSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._mean = self.space.default
        self._floor = self.settings.min_std * self.space.scale
        self._std = np.maximum(np.minimum(self.settings.initial_std * self.space.scale, WIDEST), self._floor)
        self._points: Array = np.zeros((0, len(self.space)))

    @property
    def batch_size(self) -> int:
        """A generation."""
        return int(self.settings.population)

    def recommend(self) -> Policy:
        """The mean of the distribution: the best reading of a generation is partly luck."""
        return Constant(self._mean)

    def _ask(self) -> list[Query]:
        draws = self.rng.standard_normal((self.settings.population, len(self.space)))
        self._points = np.clip(self._mean + self._std * draws, 0.0, 1.0)
        return [self.query(Constant(x)) for x in self._points]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        kept = max(2, math.ceil(self.settings.elite * len(scores)))
        elite = self._points[np.argsort(-scores, kind="stable")[:kept]]
        α = self.settings.smoothing
        self._mean = np.clip(α * elite.mean(axis=0) + (1.0 - α) * self._mean, 0.0, 1.0)
        self._std = np.maximum(α * elite.std(axis=0) + (1.0 - α) * self._std, self._floor)
