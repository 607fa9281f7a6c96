"""A walker without physics: turns queries into trials in microseconds, for tests of optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gait.policy import Policy
from gait.space import Parameter, Space
from gait.task import Problem, Seconds
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]
FEATURES = ("sway [m]", "lean [rad]")


def make_problem(d: int = 6, default: float = 0.35, low: float = -2.0, high: float = 3.0) -> Problem:
    """`d` parameters in [low, high], ε a twentieth of the range, all started at one place of the cube."""
    start, scale = low + default * (high - low), 0.05 * (high - low)
    parameters = [Parameter(f"p{i}", low, high, start, scale, "m") for i in range(d)]
    return Problem(Space(parameters), FEATURES, Seconds(1.0, 8.0, 60.0), lambda seconds: seconds**-0.5)


@dataclass(frozen=True)
class Hill:
    """Speed is 1 m/s at `peak` and less by the square of the distance; the last parameter sets the period.

    A trial depends on its query's id and policy and on the world's seed only.
    """

    problem: Problem
    peak: float = 0.6
    noise: float = 0.05
    """Standard deviation of the speed measured over one second [m/s]."""
    falls: float = 0.0
    """Chance to fall during a stride."""
    diverged: frozenset[int] = frozenset()
    """Queries whose simulation blows up."""
    seed: int = 0

    def speed(self, action: Array) -> float:
        """Mean speed of strides with this action [m/s]; what lies outside the cube is clipped."""
        return 1.0 - 4.0 * float(((np.clip(action, 0.0, 1.0) - self.peak) ** 2).sum())

    def value(self, policy: Policy) -> float:
        """Noise-free speed of a constant policy."""
        return self.speed(policy.arrays()["x"])

    def walk(self, queries: Sequence[Query]) -> list[Trial]:
        """The trials of a batch, in the order asked."""
        return [self._one(q) for q in queries]

    def _one(self, query: Query) -> Trial:
        rng = np.random.default_rng([self.seed, query.id])
        asked = self.problem.seconds.check(query.seconds)
        actions, features, rewards, durations = [], [rng.standard_normal(2)], [], []
        left, ending = asked, Ending.COMPLETED
        while left > 1e-9 and ending is Ending.COMPLETED:
            if rng.random() < self.falls:
                ending = Ending.FELL
                break
            action = query.policy.act(features[-1], rng)
            seconds = min(0.5 + 0.4 * float(np.clip(action[-1], 0.0, 1.0)), left)
            noise = self.noise * np.sqrt(seconds) * rng.standard_normal()
            actions.append(action)
            rewards.append(self.speed(action) * seconds + noise)
            durations.append(seconds)
            features.append(rng.standard_normal(2))
            left -= seconds
        trial = Trial(
            query=query.id,
            score=sum(rewards) / asked,
            walked=asked - left,
            charged=asked - left,
            ending=ending,
            actions=np.array(actions).reshape(len(actions), len(self.problem.space)),
            features=np.array(features),
            rewards=np.array(rewards),
            durations=np.array(durations),
            asked=asked,
        )
        return blown_up(trial) if query.id in self.diverged else trial


def blown_up(trial: Trial) -> Trial:
    """The same trial, had its simulation blown up in the third stride: nonsense, and arrays cut short."""
    rewards, actions = trial.rewards[:3].copy(), trial.actions[:3].copy()
    rewards[1:] = [1e30, np.nan][: len(rewards[1:])]
    actions[2:] = np.inf
    features = trial.features[:4].copy()
    features[3:] = np.nan
    return replace(trial, score=None, ending=Ending.DIVERGED, actions=actions, features=features, rewards=rewards)
