"""Proximal policy optimisation: several epochs over a batch, held near the policy that walked it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gait.neural.nets import Array, Arrays, Plain, apply, arrays, descend, tensors


@dataclass(frozen=True)
class Clipping:
    """How far and how fast a batch may move the policy."""

    clip: float
    """ε: a decision's probability counts as changed by at most this factor, 1 ± ε."""
    rate: float
    """Step length of the layers: what a gradient of 1 moves the answer by, in standard deviations of the draws."""
    std_rate: float
    """Step length of the log standard deviation."""
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
    the policy that walked, A its advantage (Schulman et al. 2017, eq. 7). There is no entropy bonus. Steps are
    plain gradient ascent, not Adam's, and the last layer learns in units of σ: so a step is as long as the advantages
    agree with it, and shrinks with the draws. Adam's are as long where all is chance.

    Args:
      actor: layers.
      log_std: (d,) log standard deviations.
      states: (M, s) standardised.
      actions: (M, d) unclipped draws, in the actor's units.
      better: (M,) advantages.
      by: how far and how fast.
      rng: shuffles.
    """
    x, u, a, start, *given = (torch.from_numpy(array) for array in (states, actions, better, log_std, *actor))
    changes = tensors([*(np.zeros_like(array) for array in actor), np.zeros_like(log_std)])
    units, worth = torch.exp(start), [1.0] * (len(actor) - 2)
    before = log_prob(given, start, x, u, by.reach)

    def layers() -> list[Any]:
        scale = [*worth, units[:, None], units]
        return [g + w * c for g, w, c in zip(given, scale, changes[:-1], strict=True)]

    def log_ratio(rows: Any) -> Any:
        return log_prob(layers(), start + changes[-1], x[rows], u[rows], by.reach) - before[rows]

    def loss(rows: Any) -> Any:
        ratio = torch.exp(log_ratio(rows))
        held = torch.clamp(ratio, 1.0 - by.clip, 1.0 + by.clip)
        return -torch.minimum(ratio * a[rows], held * a[rows]).mean()

    def far() -> bool:
        with torch.no_grad():
            change = log_ratio(slice(None))
            # (ρ - 1) - log ρ: unbiased and never below 0 (J. Schulman, "Approximating KL divergence", 2020)
            return float((torch.exp(change) - 1.0 - change).mean()) > by.divergence

    steps = Plain(changes, [by.rate] * len(actor) + [by.std_rate])
    descend(steps, loss, len(states), epochs=by.epochs, minibatch=by.minibatch, rng=rng, enough=far)
    return arrays(layers()), log_std + arrays(changes[-1:])[0]
