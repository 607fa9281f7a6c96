"""Score functions of a Gaussian policy about a network, and its Fisher information, by automatic differentiation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from gait.neural.clipped import log_prob
from gait.neural.nets import Array, apply, tensors


def score_layers(layers: Sequence[Array], log_std: Array, states: Array, actions: Array, reach: float = 1.0) -> Array:
    """∂ log π(action | state) / ∂ all numbers of the layers in turn, (M, p).

    Args:
      layers: weight (out, in) and bias (out,) of every layer.
      log_std: (d,).
      states: (M, f).
      actions: (M, d) unclipped draws.
      reach: what the inputs of the last layer count.
    """
    spread, x, u = (torch.from_numpy(a) for a in (log_std, states, actions))

    def of_one(network: Any, state: Any, action: Any) -> Any:
        return log_prob(network, spread, state, action, reach)

    each = torch.func.vmap(torch.func.grad(of_one), in_dims=(None, 0, 0))(tensors(layers, learn=False), x, u)
    scores: Array = torch.cat([a.reshape(len(x), -1) for a in each], dim=1).numpy()
    return scores


def fisher_layers(layers: Sequence[Array], log_std: Array, states: Array, reach: float = 1.0) -> Array:
    """Fisher information (p, p) of a decision about the layers' numbers: mean of JᵀΣ⁻¹J over states (M, f).

    J is the derivative of the network's answer (d, p); the expectation over draws is exact.
    """
    x = torch.from_numpy(states)

    def of_one(network: Any, state: Any) -> Any:
        return apply(network, state, reach)

    each = torch.func.vmap(torch.func.jacrev(of_one), in_dims=(None, 0))(tensors(layers, learn=False), x)
    slopes = torch.cat([a.reshape(len(x), len(log_std), -1) for a in each], dim=2)
    slopes = (slopes * torch.exp(-torch.from_numpy(log_std))[:, None]).reshape(len(x) * len(log_std), -1)
    information: Array = (slopes.T @ slopes / len(x)).numpy()
    return information


def natural_step(slope: Array, fisher: Array, damping: float) -> Array:
    """(F + κ I)⁻¹ g (p,), shortened to at most length 1 in the metric F; κ is `damping` of F's average eigenvalue.

    The slope of advantages with a root mean square of 1 can't be longer in that metric but by chance, in few decisions.
    """
    f, g = torch.from_numpy(fisher), torch.from_numpy(slope)
    average = float(f.diagonal().mean())
    if average <= 0.0:
        return slope * 0.0
    step = torch.linalg.solve(f + damping * average * torch.eye(len(f), dtype=f.dtype), g)
    short: Array = (step / max(1.0, math.sqrt(max(0.0, float(step @ f @ step))))).numpy()
    return short
