"""Natural gradient: draw fresh parameters at every stride, regress the trials' returns on what was drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gait import gradients
from gait.optimizers.base import Array, setting
from gait.optimizers.gaussian_policy import NO_DIFFERENCE, Drawn, GaussianSearch, GaussianSettings
from gait.trial import Trial


@dataclass(frozen=True)
class NaturalGradientSettings(GaussianSettings):
    """How widely strides vary, how much is trusted to few trials and how far the policy moves."""

    divergence: float = setting(
        0.25,
        "change of a decision by one batch, KL divergence for each parameter (δ/d)",
        unit="nats",
        low=0.0,
        high=10.0,
    )
    prior: float = setting(1.0, "trials a number learned, that the exact Fisher information counts for", low=0.0,
                           high=1e6)  # fmt: skip


class NaturalGradient(GaussianSearch):
    """Episodic natural actor-critic over a Gaussian policy, one draw a decision.

    G_i is the sum of the scores ∇log π of trial i over its decisions, R_i its progress against the average speed of the
    other trials. Least squares R_i ≈ G_iᵀ w + v gives the natural gradient w, and the policy's p numbers (mean
    and log_std, 2d; with `feedback` the gain on standardised features too) move by α w with α = √(2δ/(wᵀ F w)),
    δ being `divergence` for each of the d parameters.

    The original needs p + 1 trials a batch or more. With fewer, what is known of a Gaussian's Fisher information F
    helps: 1/σ² a decision for the mean and for the gain (features taken as uncorrelated), 2 for log_std. It
    counts for `prior` p trials beside those walked. With few trials w is then nearly F⁻¹ times the
    likelihood-ratio gradient, with many it is the original's; `prior` 0 is the original at once, by the shortest w in
    the metric F where the trials leave a choice. The original's α is a constant that must be found for
    each task; a bound on the KL divergence is in units of the policy. σ has a floor and log_std steps a limit, as
    in `reinforce`. A diverged trial counts as one that went nowhere for all its seconds.

    J. Peters and S. Schaal, "Natural actor-critic", Neurocomputing 71 (2008); "Reinforcement learning of motor skills
    with policy gradients", Neural Networks 21 (2008).
    """

    name = "natural-gradient"
    about = "episodic natural actor-critic, one Gaussian draw a stride (Peters & Schaal 2008)"
    Settings = NaturalGradientSettings

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        drawn = self._drawn(trials)
        returns = gradients.trial_advantages(drawn.episodes)
        largest = float(np.abs(drawn.episodes.rewards).max(initial=0.0))
        if not len(drawn.z) or math.sqrt(float(np.mean(returns**2))) <= NO_DIFFERENCE * largest:
            return
        d, f = len(self.space), drawn.seen.shape[1]
        sums = gradients.trial_sums(self._scores(drawn), drawn.episodes)
        precision = np.exp(-2.0 * self._policy.log_std)
        fisher = np.diag(np.concatenate([precision, np.full(d, 2.0), np.repeat(precision, f)]))
        decisions = len(drawn.z) / len(trials)
        prior = self.settings.prior * len(fisher)
        w = gradients.episodic_natural_gradient(sums, returns, decisions * fisher, prior)
        step = gradients.divergence_step(w, fisher, self.settings.divergence * d)
        self._move(step[:d], step[d : 2 * d], step[2 * d :].reshape(d, f))

    def _scores(self, drawn: Drawn) -> Array:
        """(M, p) by mean, log_std and gain."""
        log_std = self._policy.log_std
        by_gain = gradients.score_gain(drawn.z, log_std, drawn.seen).reshape(len(drawn.z), -1)
        return np.hstack([gradients.score_mean(drawn.z, log_std), gradients.score_log_std(drawn.z), by_gain])
