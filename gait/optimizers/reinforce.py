"""REINFORCE: draw fresh parameters at every stride, move towards the draws that progress followed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from gait import gradients
from gait.errors import UsageError
from gait.gradients import Baseline, Episodes, Returns
from gait.optimizers.base import Array, setting
from gait.optimizers.gaussian_policy import NO_DIFFERENCE, GaussianSearch, GaussianSettings, decisions_of, diverged
from gait.optimizers.network_policy import FAR, REACH, NeuralPolicy, Spread, need_torch, read_hidden
from gait.policy import Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class ReinforceSettings(GaussianSettings):
    """How widely strides vary, how they are judged and how far the policy moves."""

    step: float = setting(1.0, "step length of the mean, and of the gain (α)", low=0.0, high=100.0)
    std_step: float = setting(0.5, "step length of the log standard deviation; 0 keeps it", low=0.0, high=10.0)
    discount: float = setting(1.0, "seconds after which progress counts 1/e", unit="s", low=0.01, high=1e6)
    returns: str = setting(
        "reward-to-go",
        "judge a draw by its whole trial (undiscounted), by what followed, or by each later reward",
        choices=get_args(Returns),
    )
    baseline: str = setting(
        "mean", "compare it with nothing, other trials' mean, the best for each component, or a value of the state",
        choices=get_args(Baseline),
    )  # fmt: skip
    hidden: str = setting("", "a neural policy: units of each hidden layer, such as 16,16, or none (needs gaitopt[rl])")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden:
            read_hidden(self.hidden)


class Reinforce(GaussianSearch):
    """Likelihood-ratio policy gradient over a Gaussian policy, one draw a decision.

    Rewards are progress against the average speed of the other trials, discounted by seconds; see
    `gait.gradients.advantages`, and `gait.gradients.optimal_advantages`, without which `gpomdp` is `reward-to-go`.
    No baseline sees the trial that it judges, so none biases the gradient. Advantages are scaled to a root mean
    square of 1 over the batch; z being a draw in standard deviations σ and d the number of parameters, a batch
    makes the natural-gradient steps
        Δmean    = α √d σ ∘ mean(advantage z)
        Δlog_std = α_σ ½ mean(advantage (z² - 1))        (½ is the inverse of its Fisher information)
        Δgain    = α √d σ ∘ mean(advantage z φᵀ)         (with `feedback`; φ standardised, taken as uncorrelated)
    over decisions. σ has a floor, since the gradient's variance grows as 1/σ². A diverged trial counts as one
    that went nowhere for all its seconds. With `returns` total there is no discount: from a trial's beginning,
    it would hide most of the trial.

    With `hidden` the policy is a network, `gait.optimizers.network_policy.NeuralPolicy`, and for all its numbers θ
        Δθ = α √d mean(advantage ∇ log π)        (by automatic differentiation; the last layer in units of σ)
    replaces the steps of mean and gain.

    R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement
    learning", Machine Learning 8 (1992); J. Peters and S. Schaal, "Reinforcement learning of motor skills
    with policy gradients", Neural Networks 21 (2008); J. Baxter and P. Bartlett, "Infinite-horizon policy-gradient
    estimation", JAIR 15 (2001), for gpomdp.
    """

    name = "reinforce"
    about = "REINFORCE, one Gaussian draw a stride (Williams 1992)"
    Settings = ReinforceSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: ReinforceSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        s = self.settings
        if s.hidden and not problem.features:
            raise UsageError(
                f"hidden={s.hidden}: this task shows a policy nothing at its decisions: no network is needed."
            )
        self.packages = ("torch",) if s.hidden else ()
        spread = Spread(s.initial_std, s.min_std, REACH)
        self._network = NeuralPolicy(problem, s.hidden, spread, self.rng, need_torch("hidden")) if s.hidden else None

    def recommend(self) -> Policy:
        """The mean of the draws, without the draws; with feedback or a network, as a function of what is seen."""
        return self._network.plain() if self._network else super().recommend()

    def drawn(self) -> Policy:
        """The policy that is asked next."""
        return self._network.drawn() if self._network else super().drawn()

    def _ask(self) -> list[Query]:
        policy = self.drawn()
        return [self.query(policy) for _ in range(self.settings.trials)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        if self._network:
            self._tell_network(self._network, trials)
            return
        drawn = self._drawn(trials)
        if not len(drawn.z):
            return
        d, std = len(self.space), np.exp(self._policy.log_std)
        fisher = len(drawn.z) / len(trials)  # decisions a trial; times 1/σ² for mean and gain, and 2 for log_std
        slope, steeper, widen = self._slopes(
            drawn.episodes,
            gradients.score_mean(drawn.z, self._policy.log_std),
            gradients.score_gain(drawn.z, self._policy.log_std, drawn.seen),
            gradients.score_log_std(drawn.z),
        )
        step = self.settings.step * math.sqrt(d) * std
        self._move(
            step * _capped(slope * std / fisher),
            self.settings.std_step * (widen / (2.0 * fisher)),
            step[:, None] * _capped(steeper * std[:, None] / fisher),
        )

    def _tell_network(self, network: NeuralPolicy, trials: list[Trial]) -> None:
        actions, episodes = decisions_of(trials, (len(self.space), len(self.problem.features)))
        if not len(actions):
            return
        states, fisher = network.features.standard(episodes.features), len(actions) / len(trials)
        near = np.all(np.abs(states) <= FAR, axis=1, keepdims=True)
        states, units = np.where(near, states, 0.0), network.units(actions)
        with network.neural.nets.one_thread():
            by_layers = network.scores(states, units) * near
            by_log_std = gradients.score_log_std(network.draws(states, units)) * near
            slope, widen = self._slopes(episodes, by_layers, by_log_std)
            step = self.settings.step * math.sqrt(len(self.space))
            moves = network.uphill(slope / fisher)
        layers = [a + step * move for a, move in zip(network.layers, moves, strict=True)]
        sound = np.array([not diverged(t) for t in trials])[episodes.trial]
        log_std = network.log_std + self.settings.std_step * widen / (2.0 * fisher)
        network.become(layers, log_std, episodes.features[sound])

    def _slopes(self, episodes: Episodes, *scores: Array) -> Iterator[Array]:
        """The gradients by these scores (M, …), each of advantages scaled to a root mean square of 1."""
        s = self.settings
        tau = math.inf if s.returns == "total" else s.discount
        rounding = NO_DIFFERENCE * float(np.abs(episodes.rewards).max(initial=0.0))
        advantages = np.zeros(0)
        for part in scores:
            if s.baseline == "optimal" or not advantages.size:  # the others are the same for all
                advantages = gradients.judge(part, episodes, tau, s.returns, s.baseline)
            size = math.sqrt(float(np.mean(advantages**2))) if advantages.size else 0.0
            scaled = advantages / size if size > rounding else np.zeros_like(advantages)
            yield gradients.policy_gradient(part, scaled, len(episodes.asked))


def _capped(slope: Array) -> Array:
    """At most of length 1: scaled advantages can't correlate more with a direction, but by chance in few decisions."""
    return slope / max(1.0, float(np.linalg.norm(slope)))
