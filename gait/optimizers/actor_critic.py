"""Actor-critic: policy gradient of a neural policy, judged by a learned state value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gait import gradients
from gait.optimizers.base import Array, setting
from gait.optimizers.network_search import NetworkSearch, NetworkSettings, Walked


@dataclass(frozen=True)
class ActorCriticSettings(NetworkSettings):
    """How far a batch moves the policy."""

    step: float = setting(1.0, "step length of the network (α)", low=0.0, high=100.0)
    std_step: float = setting(0.5, "step length of the log standard deviation; 0 keeps it", low=0.0, high=10.0)


class ActorCritic(NetworkSearch):
    """One policy-gradient step a batch, by the score functions of the network, weighted with generalised advantages.

    With advantages A of root mean square 1, d parameters, θ all numbers of the network and z the standard draws,
        Δθ       = α √d mean(A ∇ log π)                (the last layer in units of σ; at most α √d long in them)
        Δlog_std = α_σ ½ mean(A (z² - 1))
    over decisions: the steps of `reinforce` with a network, and a state value in place of its baseline.

    R. S. Sutton, D. McAllester, S. Singh and Y. Mansour, "Policy gradient methods for reinforcement learning with
    function approximation", NIPS 12 (1999).
    """

    name = "actor-critic"
    about = "actor-critic with a neural policy and state value, one draw a stride (Sutton et al. 1999), by PyTorch"
    Settings = ActorCriticSettings

    def _improve(self, walked: Walked) -> tuple[list[Array], Array]:
        policy, m = self._policy, len(walked.better)
        slope = gradients.policy_gradient(policy.scores(walked.states, walked.actions), walked.better, m)
        step = self.settings.step * math.sqrt(len(self.space))
        layers = [a + step * b for a, b in zip(policy.layers, policy.uphill(slope), strict=True)]
        z = policy.draws(walked.states, walked.actions)
        widen = gradients.policy_gradient(gradients.score_log_std(z), walked.better, m)
        return layers, policy.log_std + self.settings.std_step * np.asarray(widen) / 2.0
