"""PPO: proximal policy optimisation of a neural policy, over trials."""

from __future__ import annotations

from dataclasses import dataclass

from gait.optimizers.base import Array, setting
from gait.optimizers.network_search import NetworkSearch, NetworkSettings, Walked


@dataclass(frozen=True)
class PPOSettings(NetworkSettings):
    """How far and how fast a batch moves the policy."""

    clip: float = setting(
        1.0, "a decision's probability counts as changed by at most this (ε of the paper)", low=0.0, high=10.0
    )
    rate: float = setting(
        0.4, "step length of the network: what a gradient of 1 moves its answer by", unit="σ", low=0.0, high=100.0
    )
    std_rate: float = setting(0.006, "that of the log standard deviation; 0 keeps it", low=0.0, high=1.0)
    epochs: int = setting(10, "how often each decision is used, at most", low=1, high=1000)
    minibatch: int = setting(64, "decisions a step", low=1, high=100_000)
    divergence: float = setting(
        1.0, "KL divergence from the policy that walked, beyond which no epoch begins", unit="nats", low=0.0, high=100.0
    )


class PPO(NetworkSearch):
    """Proximal policy optimisation: the clipped objective, several epochs over a batch of trials, one draw a decision.

    A stride's dozen of parameters makes its probability change sooner than a motor's torque does. So what is held is
    wider than usual, and all decisions of a batch together may diverge by `divergence`, about. The steps are plain
    gradient ascent; see `gait.neural.clipped.improve`.

    J. Schulman, F. Wolski, P. Dhariwal, A. Radford and O. Klimov, "Proximal policy optimization algorithms",
    arXiv:1707.06347 (2017).
    """

    name = "ppo"
    about = "proximal policy optimisation of a neural policy, one draw a stride (Schulman et al. 2017), by PyTorch"
    Settings = PPOSettings

    def _improve(self, walked: Walked) -> tuple[list[Array], Array]:
        s, policy, clipped = self.settings, self._policy, self._neural.clipped
        by = clipped.Clipping(s.clip, s.rate, s.std_rate, s.epochs, s.minibatch, s.reach, s.divergence)
        found: tuple[list[Array], Array] = clipped.improve(
            policy.layers, policy.log_std, walked.states, walked.actions, walked.better, by, self.rng
        )
        return found
