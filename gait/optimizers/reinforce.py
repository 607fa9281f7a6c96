"""REINFORCE: draw fresh parameters at every stride, move towards the draws that progress followed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from gait import gradients
from gait.errors import UsageError
from gait.gradients import Baseline, Episodes
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Gaussian, Policy
from gait.task import Problem
from gait.trial import Ending, Query, Trial

WIDEST = 0.5
"""Largest standard deviation, of the cube's side: beyond it most draws are clipped, and teach nothing."""
LARGEST_CHANGE = 0.2
"""Largest change of a log standard deviation by one batch."""
NO_DIFFERENCE = 1e-9
"""Advantages this small beside the rewards are rounding, which scaling would blow up into a step."""


@dataclass(frozen=True)
class ReinforceSettings(Settings):
    """How widely strides vary, how they are judged and how far the policy moves."""

    trials: int = setting(16, "trials in a batch", low=2, high=10_000)
    initial_std: float = setting(1.0, "standard deviation of the draws at the start", unit="ε", low=1e-3, high=100.0)
    min_std: float = setting(0.25, "floor of that standard deviation", unit="ε", low=1e-3, high=100.0)
    step: float = setting(1.0, "step length of the mean (α)", low=0.0, high=100.0)
    std_step: float = setting(0.5, "step length of the log standard deviation; 0 keeps it", low=0.0, high=10.0)
    discount: float = setting(1.0, "seconds after which progress counts 1/e", unit="s", low=0.01, high=1e6)
    reward_to_go: bool = setting(True, "judge a draw by what followed it; false: by its whole trial, undiscounted")
    baseline: str = setting("leave-one-out", "what a draw is compared with", choices=get_args(Baseline))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_std > self.initial_std:
            raise UsageError(f"min_std={self.min_std:g}: min_std must not exceed initial_std={self.initial_std:g} ε.")


class Reinforce(Optimizer):
    """Likelihood-ratio policy gradient over a Gaussian policy, one draw a decision.

    Rewards are progress against the average speed of the other trials, discounted by seconds; see
    `gait.gradients.advantages`. They are scaled to a root mean square of 1 over the batch; z being a draw in
    standard deviations σ and d the number of parameters, a batch makes the natural-gradient steps
        Δmean    = α √d σ ∘ mean(advantage z)
        Δlog_std = α_σ ½ mean(advantage (z² - 1))        (½ is the inverse of its Fisher information)
    over decisions. σ has a floor, since the gradient's variance grows as 1/σ². A diverged trial counts as one
    that went nowhere for all its seconds: what a blown-up simulation says of its progress is not believed.
    With `reward_to_go` false there is no discount: from a trial's beginning, it would hide most of the trial.

    R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement
    learning", Machine Learning 8 (1992); J. Peters and S. Schaal, "Reinforcement learning of motor skills
    with policy gradients", Neural Networks 21 (2008).
    """

    name = "reinforce"
    about = "REINFORCE, one Gaussian draw a stride (Williams 1992)"
    ranks = False
    Settings = ReinforceSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: ReinforceSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        d = len(self.space)
        self._policy = Gaussian(
            mean=self.space.default,
            log_std=self._limited(np.log(self.settings.initial_std * self.space.scale)),
            gain=np.zeros((d, len(problem.features))),
        )

    @property
    def batch_size(self) -> int:
        """A batch of trials of the same policy."""
        return int(self.settings.trials)

    def recommend(self) -> Policy:
        """The mean of the draws, without the draws."""
        return Constant(self._policy.mean)

    def _ask(self) -> list[Query]:
        return [self.query(self._policy) for _ in range(self.settings.trials)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        actions, episodes = _decisions(trials, self._policy.gain.shape)
        tau = self.settings.discount if self.settings.reward_to_go else math.inf
        advantages = gradients.advantages(episodes, tau, self.settings.baseline, self.settings.reward_to_go)
        size = math.sqrt(float(np.mean(advantages**2))) if len(advantages) else 0.0
        if size > NO_DIFFERENCE * np.abs(episodes.rewards).max(initial=0.0):
            self._step(actions, episodes, advantages / size)

    def _step(self, actions: Array, episodes: Episodes, advantages: Array) -> None:
        policy, std = self._policy, np.exp(self._policy.log_std)
        z = gradients.standard_draws(actions, policy.mean, policy.log_std, policy.gain, episodes.features)
        n, d = len(episodes.asked), len(std)
        fisher = len(z) / n  # decisions a trial; times 1/σ² for the mean, and 2 for log_std
        slope = gradients.policy_gradient(gradients.score_mean(z, policy.log_std), advantages, n) * std / fisher
        # scaled advantages can't correlate with a direction by more than 1, but by chance in few decisions
        slope /= max(1.0, float(np.linalg.norm(slope)))
        widen = gradients.policy_gradient(gradients.score_log_std(z), advantages, n) / (2.0 * fisher)
        change = np.clip(self.settings.std_step * widen, -LARGEST_CHANGE, LARGEST_CHANGE)
        mean = np.clip(policy.mean + self.settings.step * math.sqrt(d) * std * slope, 0.0, 1.0)
        self._policy = replace(policy, mean=mean, log_std=self._limited(policy.log_std + change))

    def _limited(self, log_std: Array) -> Array:
        floor = np.log(self.settings.min_std * self.space.scale)
        limited: Array = np.maximum(np.minimum(log_std, math.log(WIDEST)), floor)
        return limited


def _decisions(trials: list[Trial], shape: tuple[int, ...]) -> tuple[Array, Episodes]:
    """The usable decisions of all trials: their actions (M, d) and the rest as `Episodes`."""
    d, f = shape
    kept = [_usable(trial) for trial in trials]
    diverged = [trial.ending is Ending.DIVERGED or trial.score is None for trial in trials]
    rewards = [np.zeros(k) if lost else t.rewards[:k] for t, k, lost in zip(trials, kept, diverged, strict=True)]
    episodes = Episodes(
        trial=np.repeat(np.arange(len(trials)), kept),
        features=np.concatenate([t.features[:k].reshape(k, f) for t, k in zip(trials, kept, strict=True)]),
        rewards=np.concatenate(rewards),
        durations=np.concatenate([t.durations[:k] for t, k in zip(trials, kept, strict=True)]),
        asked=np.array([t.asked for t in trials]),
        fell=np.array(diverged) | np.array([t.ending is Ending.FELL for t in trials]),
    )
    return np.concatenate([t.actions[:k].reshape(k, d) for t, k in zip(trials, kept, strict=True)]), episodes


def _usable(trial: Trial) -> int:
    """How many decisions, from the first, are whole and finite: a blown-up simulation may end in nonsense."""
    k = min(len(trial.actions), len(trial.features), len(trial.rewards), len(trial.durations))
    good = trial.durations[:k] > 0
    for a in (trial.actions, trial.features, trial.rewards, trial.durations):
        good &= np.isfinite(a[:k]).all(axis=tuple(range(1, a.ndim)))
    return k if good.all() else int(np.argmin(good))
