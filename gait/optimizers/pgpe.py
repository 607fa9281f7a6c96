"""PGPE: a normal distribution of parameters whose mean and spread follow the gradient of the expected score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.gradients import antithetic_gradient, antithetic_spread_gradient
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

WIDEST = 0.5
"""Largest standard deviation, of the cube's side: beyond it most draws are clipped, and teach nothing."""
LARGEST_CHANGE = 0.2
"""Largest relative change of a standard deviation by one batch."""


@dataclass(frozen=True)
class PGPESettings(Settings):
    """How widely parameters are drawn, and how far mean and spread move."""

    pairs: int = setting(8, "pairs of trials in a batch", low=2, high=10_000)
    initial_std: float = setting(2.0, "standard deviation at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.25, "floor of that standard deviation", unit="ε", low=1e-3, high=100.0)
    step: float = setting(1.0, "step length of the mean (α_μ)", low=0.0, high=100.0)
    std_step: float = setting(0.2, "step length of the standard deviation (α_σ); 0 keeps it", low=0.0, high=10.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")


class PGPE(Optimizer):
    """Policy gradients with parameter-based exploration, symmetric sampling.

    Parameters are drawn from N(μ, σ²), σ (d,), in pairs μ + σ∘z and μ - σ∘z. With z in standard deviations
    and s the standard deviation of all scores of the batch, a batch makes the steps
        Δμ = α_μ σ ∘ mean(z (r₊ - r₋)/2) / s
        Δσ = α_σ σ ∘ mean((z² - 1)((r₊ + r₋)/2 - b)) / s
    which are the paper's (eq. 14 and 15) with learning rates in proportion to σ², so that they do not depend on
    the unit of a parameter. The paper divides scores by their distance to a maximum that speeds do not have:
    s stands for it. b is the mean of the other pairs, not of the past, whose scores came of another μ.
    A relative change of σ is clipped to 20 %, and σ has a floor: narrow draws show nothing but noise. Draws
    are clipped to the cube and count as drawn, as in `ars`.

    F. Sehnke, C. Osendorfer, T. Rückstieß, A. Graves, J. Peters and J. Schmidhuber, "Parameter-exploring
    policy gradients", Neural Networks 23 (2010).
    """

    name = "pgpe"
    about = "parameter-exploring policy gradients, symmetric sampling (Sehnke et al. 2010)"
    Settings = PGPESettings

    def __init__(self, problem: Problem, seed: int = 0, settings: PGPESettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._mean = self.space.default
        self._std = self._limited(self.settings.initial_std * self.space.scale)
        self._draws: Array = np.zeros((0, len(self.space)))

    @property
    def batch_size(self) -> int:
        """A batch of pairs."""
        return int(2 * self.settings.pairs)

    def recommend(self) -> Policy:
        """The mean of the distribution."""
        return Constant(self._mean)

    def _ask(self) -> list[Query]:
        self._draws = self.rng.standard_normal((self.settings.pairs, len(self.space)))
        changes = self._std * self._draws
        points = np.clip(self._mean + np.concatenate([changes, -changes]), 0.0, 1.0)
        return [self.query(Constant(x)) for x in points]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        spread = float(scores.std())
        if spread == 0:
            return
        plus, minus = np.split(scores / spread, 2)
        slope = antithetic_gradient(self._draws, plus, minus)
        widen = antithetic_spread_gradient(self._draws, plus, minus)
        change = np.clip(self.settings.std_step * widen, -LARGEST_CHANGE, LARGEST_CHANGE)
        self._mean = np.clip(self._mean + self.settings.step * self._std * slope, 0.0, 1.0)
        self._std = self._limited(self._std * (1.0 + change))

    def _limited(self, std: Array) -> Array:
        limited: Array = np.maximum(np.minimum(std, WIDEST), self.settings.min_std * self.space.scale)
        return limited
