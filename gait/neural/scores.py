"""Score functions of a Gaussian policy about a network, by automatic differentiation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from gait.neural.clipped import log_prob
from gait.neural.nets import Array, tensors


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
