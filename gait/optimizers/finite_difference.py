"""Finite differences: try small random changes of all parameters at once, step along the average slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gait.gradients import kohl_stone_direction
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class FiniteDifferenceSettings(Settings):
    """Kohl & Stone's numbers by default: 45 trials an iteration."""

    policies: int = setting(15, "random changes tried in an iteration (t)", low=2, high=10_000)
    evaluations: int = setting(3, "trials of each change, averaged", low=1, high=1_000)
    step: float = setting(2.0, "length of a step (η)", unit="ε", low=1e-3, high=100.0)


class FiniteDifference(Optimizer):
    """Policy gradient by finite differences, as on the Aibo.

    Every parameter of each of t policies is moved by +ε, 0 or -ε, ε being its `scale`. For each parameter
    the t scores fall into three groups, whose averages give the slope A; then π ← π + η A/‖A‖.

    Steps are taken in ε-units: a raw step of 2 would mean 2 s of period and 2 m of height. The original has
    no bounds; here the point and all that is asked are clipped to the cube. Changes are grouped as they were
    drawn, not as clipped: at a bound, an outward change would otherwise leave its group empty and pin the
    parameter there. A group that chance left empty (0.2 % at t = 15) gives A_j = 0: filling in a number
    would invent a slope, and drawing again would make the changes depend on one another. If ‖A‖ = 0, the
    point stays.

    N. Kohl and P. Stone, "Policy gradient reinforcement learning for fast quadrupedal locomotion", ICRA 2004.
    """

    name = "finite-difference"
    about = "finite-difference policy gradient (Kohl & Stone 2004)"
    Settings = FiniteDifferenceSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: FiniteDifferenceSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._point = self.space.default
        self._signs: NDArray[np.int64] = np.zeros((0, len(self.space)), dtype=np.int64)

    @property
    def batch_size(self) -> int:
        """An iteration."""
        return int(self.settings.policies * self.settings.evaluations)

    def recommend(self) -> Policy:
        """The current point: it was stepped to, not picked for a lucky score."""
        return Constant(self._point)

    def _ask(self) -> list[Query]:
        self._signs = self.rng.integers(-1, 2, (self.settings.policies, len(self.space)))
        points = np.clip(self._point + self._signs * self.space.scale, 0.0, 1.0)
        return [self.query(Constant(x)) for x in points for _ in range(self.settings.evaluations)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        averages = scores.reshape(self.settings.policies, self.settings.evaluations).mean(axis=1)
        direction = kohl_stone_direction(self._signs, averages)
        self._point = np.clip(self._point + self.settings.step * self.space.scale * direction, 0.0, 1.0)
