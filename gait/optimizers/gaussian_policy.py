"""What searchers that draw parameters at every decision share: a Gaussian policy, what it drew, and its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gait.errors import UsageError
from gait.gradients import Episodes, FeatureScale, standard_draws
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Gaussian, Linear, Policy
from gait.task import Problem
from gait.trial import Ending, Query, Trial

WIDEST = 0.5
"""Largest standard deviation, of the cube's side: beyond it most draws are clipped, and teach nothing."""
LARGEST_CHANGE = 0.2
"""Largest change of a log standard deviation by one batch."""
NO_DIFFERENCE = 1e-9
"""Advantages this small beside the rewards are rounding, which scaling would blow up into a step."""


@dataclass(frozen=True)
class GaussianSettings(Settings):
    """How widely the draws of a batch vary, and whether they answer to what is seen."""

    trials: int = setting(16, "trials in a batch", low=2, high=10_000)
    initial_std: float = setting(1.0, "standard deviation of the draws at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.25, "floor of that standard deviation", unit="ε", low=1e-3, high=100.0)
    feedback: bool = setting(False, "learn a linear answer to the task's features as well")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")


@dataclass(frozen=True, eq=False)
class Drawn:
    """The usable decisions of a batch."""

    z: Array
    """(M, d) standard draws."""
    seen: Array
    """(M, f) standardised features; f is 0 without feedback."""
    episodes: Episodes


class GaussianSearch(Optimizer):
    """Base of optimizers over a = mean + gain φ + σ ∘ z, one draw a decision; subclasses write `_tell` only.

    The gain is learned in standardised features (φ - c)/s: c and s are mean and standard deviation of all features at
    decisions that were told so far, this batch's with them, of diverged trials none. They follow from what was
    told alone, so that a replay finds the same. At c the policy's mean is kept within the cube.

    Raises:
      UsageError: feedback is asked for, but the task shows a policy nothing.
    """

    ranks = False
    Settings = GaussianSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: GaussianSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        d, f = len(self.space), len(problem.features)
        if self.settings.feedback and not f:
            raise UsageError("feedback=true: this task shows a policy nothing at its decisions, so leave feedback off.")
        self._policy = Gaussian(
            mean=self.space.default,
            log_std=self._limited(np.log(self.settings.initial_std * self.space.scale)),
            gain=np.zeros((d, f)),
        )
        self._features = FeatureScale.unknown(f)

    @property
    def batch_size(self) -> int:
        """A batch of trials of the same policy."""
        return int(self.settings.trials)

    def recommend(self) -> Policy:
        """The mean of the draws, without the draws; with feedback, as a function of what is seen."""
        if self.settings.feedback:
            return Linear(self._policy.mean, self._policy.gain)
        return Constant(self._policy.mean)

    def drawn(self) -> Policy:
        """The Gaussian policy that is asked next."""
        return self._policy

    def _ask(self) -> list[Query]:
        return [self.query(self._policy) for _ in range(self.settings.trials)]

    def _drawn(self, trials: list[Trial]) -> Drawn:
        """What the policy drew and saw in a batch."""
        actions, episodes = decisions_of(trials, self._policy.gain.shape)
        policy = self._policy
        z = standard_draws(actions, policy.mean, policy.log_std, policy.gain, episodes.features)
        if not self.settings.feedback:
            return Drawn(z, np.zeros((len(z), 0)), episodes)
        sound = np.array([not diverged(t) for t in trials])[episodes.trial]
        self._features = self._features.after(episodes.features[sound])
        return Drawn(z, self._features.standard(episodes.features), episodes)

    def _move(self, mean: Array, log_std: Array, gain: Array) -> None:
        """Change mean (d,), log_std (d,) and the gain on standardised features (d, f), or (d, 0), within the limits."""
        policy, change = self._policy, np.clip(log_std, -LARGEST_CHANGE, LARGEST_CHANGE)
        steeper, centre = policy.gain, self._features.centre
        if gain.shape[1]:
            steeper = policy.gain + gain / self._features.spread
        usual = np.clip(policy.mean + policy.gain @ centre + mean, 0.0, 1.0)
        self._policy = Gaussian(usual - steeper @ centre, self._limited(policy.log_std + change), steeper)

    def _limited(self, log_std: Array) -> Array:
        floor = np.log(self.settings.min_std * self.space.scale)
        limited: Array = np.maximum(np.minimum(log_std, math.log(WIDEST)), floor)
        return limited


def decisions_of(trials: list[Trial], shape: tuple[int, ...]) -> tuple[Array, Episodes]:
    """The usable decisions of all trials: their actions (M, d) and the rest as `Episodes`."""
    d, f = shape
    kept = [_usable(trial) for trial in trials]
    lost = [diverged(trial) for trial in trials]
    # what a blown-up simulation says of its progress is not believed
    rewards = [np.zeros(k) if gone else t.rewards[:k] for t, k, gone in zip(trials, kept, lost, strict=True)]
    episodes = Episodes(
        trial=np.repeat(np.arange(len(trials)), kept),
        features=np.concatenate([t.features[:k].reshape(k, f) for t, k in zip(trials, kept, strict=True)]),
        rewards=np.concatenate(rewards),
        durations=np.concatenate([t.durations[:k] for t, k in zip(trials, kept, strict=True)]),
        asked=np.array([t.asked for t in trials]),
        fell=np.array(lost) | np.array([t.ending is Ending.FELL for t in trials]),
    )
    return np.concatenate([t.actions[:k].reshape(k, d) for t, k in zip(trials, kept, strict=True)]), episodes


def diverged(trial: Trial) -> bool:
    """Whether a trial's simulation blew up, so that it has no score."""
    return trial.ending is Ending.DIVERGED or trial.score is None


def _usable(trial: Trial) -> int:
    """How many decisions, from the first, are whole and finite: a blown-up simulation may end in nonsense."""
    k = min(len(trial.actions), len(trial.features), len(trial.rewards), len(trial.durations))
    good = trial.durations[:k] > 0
    for a in (trial.actions, trial.features, trial.rewards, trial.durations):
        good &= np.isfinite(a[:k]).all(axis=tuple(range(1, a.ndim)))
    return k if good.all() else int(np.argmin(good))
