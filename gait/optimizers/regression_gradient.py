"""Regression gradient: fit a plane to small random changes of all parameters, step along its slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.gradients import regression_gradient
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

FEWEST = 4
"""Fewest trials of an iteration: with one there is no slope."""


@dataclass(frozen=True)
class RegressionGradientSettings(Settings):
    """How many changes are tried, how large, and how far the point steps."""

    trials: int = setting(0, "changes tried in an iteration; 0 is two a parameter, at least 4", low=0, high=10_000)
    spread: float = setting(1.0, "standard deviation of the changes", unit="ε", low=1e-3, high=100.0)
    step: float = setting(1.5, "length of a step", unit="ε", low=1e-3, high=100.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trials == 1:
            raise UsageError("trials=1: trials must be 0 (automatic) or 2 and more; one shows no slope.")


class RegressionGradient(Optimizer):
    """Policy gradient by linear regression of scores on changes of the parameters.

    Around the current point θ, n changes Δθ ~ N(0, (`spread` ε)²) are tried, clipped to the cube. A
    least-squares plane through the n scores gives the slope g and the score at θ at once, without a trial of θ
    itself; then θ ← θ + `step` ε∘g/‖g‖, all in ε-units, clipped. Kohl & Stone's groups leave what the other
    parameters did in each average as noise; the regression takes it out.

    The changes as clipped are regressed on, not as drawn: what was not done can't explain a score. With
    fewer trials than parameters + 1 the plane is not determined, and a ridge chooses a small slope. The
    source leaves distribution and step open: normal draws never repeat, so that few of them determine a
    plane, and a step of fixed length needs no knowledge of the score's scale.

    J. Peters and S. Schaal, "Policy gradient methods for robotics", IROS 2006; "Reinforcement learning of
    motor skills with policy gradients", Neural Networks 21 (2008).
    """

    name = "regression-gradient"
    about = "finite-difference policy gradient by regression (Peters & Schaal 2006)"
    Settings = RegressionGradientSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: RegressionGradientSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._point = self.space.default
        self._asked_points: Array = np.zeros((0, len(self.space)))

    @property
    def batch_size(self) -> int:
        """An iteration."""
        return int(self.settings.trials or max(FEWEST, 2 * len(self.space)))

    def recommend(self) -> Policy:
        """The current point: it was stepped to, not picked for a lucky score."""
        return Constant(self._point)

    def _ask(self) -> list[Query]:
        draws = self.rng.standard_normal((self.batch_size, len(self.space)))
        self._asked_points = np.clip(self._point + self.settings.spread * self.space.scale * draws, 0.0, 1.0)
        return [self.query(Constant(x)) for x in self._asked_points]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        slope = regression_gradient((self._asked_points - self._point) / self.space.scale, scores)
        length = float(np.linalg.norm(slope))
        if length > 0:
            step = self.settings.step * self.space.scale * slope / length
            self._point = np.clip(self._point + step, 0.0, 1.0)
