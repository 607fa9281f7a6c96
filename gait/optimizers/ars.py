"""Augmented random search: pairs of opposite changes, step along the differences of the best pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.gradients import augmented_direction
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class ARSSettings(Settings):
    """The numbers of the paper, under its symbols."""

    directions: int = setting(8, "pairs of trials in an iteration (N)", low=1, high=10_000)
    best: int = setting(6, "pairs that are stepped along (b)", low=1, high=10_000)
    spread: float = setting(1.5, "standard deviation of the changes (ν)", unit="ε", low=1e-3, high=100.0)
    step: float = setting(0.6, "step length (α)", unit="ε", low=1e-3, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.best > self.directions:
            raise UsageError(f"best={self.best}: best must not exceed directions={self.directions}.")


class ARS(Optimizer):
    """Augmented random search, version V1-t.

    For N directions δ ~ N(0, I), θ + ν δ and θ - ν δ are tried. The b directions with the highest
    max(r₊, r₋) are kept, and σ_R is the standard deviation of their 2b scores:
        θ ← θ + α/(b σ_R) Σ (r₊ - r₋) δ

    Everything is in ε-units. The original has no bounds; here the point and all that is asked are clipped
    to the cube. Directions are stepped along as they were drawn, not as clipped: at a bound, half of the
    changes are cut to nothing, and the step inward would be too short. If σ_R = 0, the point stays. V2's
    whitening of the state has no place here, since the policy does not look at the state.

    H. Mania, A. Guy and B. Recht, "Simple random search of static linear policies is competitive for
    reinforcement learning", NeurIPS 2018, arXiv:1803.07055, algorithm 2.
    """

    name = "ars"
    about = "augmented random search, V1-t (Mania, Guy & Recht 2018)"
    Settings = ARSSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: ARSSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._point = self.space.default
        self._draws: Array = np.zeros((0, len(self.space)))

    @property
    def batch_size(self) -> int:
        """An iteration: two trials a direction."""
        return int(2 * self.settings.directions)

    def recommend(self) -> Policy:
        """The current point: it was stepped to, not picked for a lucky score."""
        return Constant(self._point)

    def _ask(self) -> list[Query]:
        self._draws = self.rng.standard_normal((self.settings.directions, len(self.space)))
        changes = self.settings.spread * self.space.scale * self._draws
        points = np.clip(self._point + np.concatenate([changes, -changes]), 0.0, 1.0)
        return [self.query(Constant(x)) for x in points]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        plus, minus = np.split(scores, 2)
        direction = augmented_direction(self._draws, plus, minus, self.settings.best)
        self._point = np.clip(self._point + self.settings.step * self.space.scale * direction, 0.0, 1.0)
