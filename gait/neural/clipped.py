"""Proximal policy optimisation: several epochs over a batch, held near the policy that walked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gait.neural.nets import Array, Arrays, apply, arrays, descend, tensors


@dataclass(frozen=True)
class Clipping:
    """How far and how fast a batch may move the policy."""

    clip: float
    """ε: a decision's probability counts as changed by at most this factor, 1 ± ε."""
    rate: float
    """Adam's step length for the layers."""
    std_rate: float
    """Adam's step length for the log standard deviation."""
    epochs: int
    minibatch: int
    reach: float
    """What a unit of the last hidden layer counts."""
    divergence: float
    """KL divergence [nats] from the policy that walked, beyond which no further epoch begins."""


def log_prob(network: list[Any], log_std: Any, states: Any, actions: Any, reach: float) -> Any:
    """log π (M,) of actions (M, d), but for a constant, of a Gaussian about the network's answers."""
    z = (actions - apply(network, states, reach)) * torch.exp(-log_std)
    return (-0.5 * z**2 - log_std).sum(dim=-1)


def improve(
    actor: Arrays, log_std: Array, states: Array, actions: Array, better: Array, by: Clipping, rng: np.random.Generator
) -> tuple[Arrays, Array]:
    """The actor's layers and log standard deviation (d,) after a batch.

    Maximises mean(min(ρ A, clip(ρ, 1 - ε, 1 + ε) A)), ρ being the ratio of each decision's probability to that of
    the policy that walked, A its advantage (Schulman et al. 2017, eq. 7). There is no entropy bonus.

    Args:
      actor: layers.
      log_std: (d,) log standard deviations.
      states: (M, s) standardised.
      actions: (M, d) unclipped draws, in the actor's units.
      better: (M,) advantages.
      by: how far and how fast.
      rng: shuffles.
    """
    # Adam's steps are as long whatever is learned: so log σ is learned in units in which they are right
    unit = by.std_rate / by.rate
    learned = tensors([*actor, np.zeros_like(log_std)])
    network, change = learned[:-1], learned[-1]
    x, u, a, start = (torch.from_numpy(given) for given in (states, actions, better, log_std))
    with torch.no_grad():
        before = log_prob(network, start, x, u, by.reach)

    def loss(rows: Any) -> Any:
        ratio = torch.exp(log_prob(network, start + unit * change, x[rows], u[rows], by.reach) - before[rows])
        held = torch.clamp(ratio, 1.0 - by.clip, 1.0 + by.clip)
        return -torch.minimum(ratio * a[rows], held * a[rows]).mean()

    def far() -> bool:
        with torch.no_grad():
            log_ratio = log_prob(network, start + unit * change, x, u, by.reach) - before
            # (ρ - 1) - log ρ: unbiased and never below 0 (J. Schulman, "Approximating KL divergence", 2020)
            return float((torch.exp(log_ratio) - 1.0 - log_ratio).mean()) > by.divergence

    descend(
        learned, loss, len(states), rate=by.rate, epochs=by.epochs, minibatch=by.minibatch, rng=rng, enough=far
    )  # fmt: skip
    found = arrays(learned)
    return found[:-1], log_std + unit * found[-1]
