"""The seeing policy's gradients in PyTorch (extra `rl`): its net, the score function, and an update by PPO.

Proximal policy optimization (Schulman et al., arXiv:1707.06347, 2017) with generalised advantages (Schulman et al.,
arXiv:1506.02438). The critic is told where the ball is, which the policy has to see for itself (an asymmetric
actor-critic: Pinto et al., RSS 2018); it is needed in training alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.seeing.policy import GRID, SHAPES, SHARPNESS, SeeingPolicy, policy_of

try:
    import torch
except ImportError:
    raise UsageError("training a seeing robot needs PyTorch: pip install 'gaitopt[rl]'.") from None

Array = NDArray[np.float64]
Pictures = NDArray[np.uint8]
Weights = dict[str, Any]
"""Tensors by name."""

CRITIC: dict[str, tuple[int, ...]] = {
    "one": (64, 5), "one_bias": (64,), "two": (64, 64), "two_bias": (64,), "value": (1, 64), "value_bias": (1,)
}  # fmt: skip
"""Its weights: five numbers to the value of a state, see `gait.seeing.train.states`."""
BETA1, BETA2, TINY = 0.9, 0.999, 1e-8
"""Adam's constants."""


@dataclass(frozen=True)
class Settings:
    """Of the training; defaults are those of the shipped policy."""

    rate: float = 1e-3
    """Adam's step length, of policy and critic; it falls to a tenth in a straight line."""
    epochs: int = 6
    """How often a batch is gone through."""
    minibatch: int = 128
    """Decisions in a minibatch."""
    clip: float = 0.2
    """How far the ratio of new to old probability counts."""
    longest: float = 0.5
    """Norm that the policy's gradient is cut to."""
    spread: float = 0.5
    """Standard deviation of the actions at the start."""


def new_weights(shapes: Mapping[str, tuple[int, ...]], rng: np.random.Generator, last: str) -> Weights:
    """Random weights N(0, 1/inputs), those of layer `last` a hundredth of it; biases (one axis) are 0."""
    weights = {}
    for name, shape in shapes.items():
        size = math.prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.0
        draw = rng.standard_normal(shape) * size * (0.01 if name == last else 1.0)
        weights[name] = torch.tensor(draw, dtype=torch.float32, requires_grad=True)
    return weights


def as_input(pictures: Pictures) -> Any:
    """Pictures (k, 64, 64, 3) as numbers (k, 3, 64, 64) from -0.5 to 0.5."""
    return torch.as_tensor(pictures).permute(0, 3, 1, 2).to(torch.float32) / 255 - 0.5


def means(w: Weights, x: Any) -> Any:
    """Mean actions (k, 3) for inputs (k, 3, 64, 64): what `SeeingPolicy.means` says of each."""
    for k in "12":
        x = torch.relu(torch.conv2d(x, w[f"conv{k}"], w[f"bias{k}"], 2, w[f"conv{k}"].shape[-1] // 2))
    maps = torch.conv2d(x, w["conv3"], w["bias3"], 2, 1)
    share = torch.softmax(SHARPNESS * maps.flatten(2), -1).view_as(maps)
    grid = torch.as_tensor(GRID, dtype=maps.dtype)
    seen = torch.cat([(share.sum(2) * grid).sum(-1), (share.sum(3) * grid).sum(-1), (share * maps).sum((2, 3))], 1)
    hidden = torch.tanh(seen @ w["hidden"].T + w["hidden_bias"])
    return hidden @ w["mean"].T + w["mean_bias"]


def log_likelihood(w: Weights, x: Any, actions: Any) -> Any:
    """(k,) log π(action | picture)."""
    z = (actions - means(w, x)) * torch.exp(-w["log_std"])
    return (-0.5 * z**2 - w["log_std"] - 0.5 * math.log(2 * math.pi)).sum(-1)


def value(w: Weights, states: Any) -> Any:
    """(k,) what the critic expects from states (k, 5) on."""
    x = torch.tanh(states @ w["one"].T + w["one_bias"])
    x = torch.tanh(x @ w["two"].T + w["two_bias"])
    return (x @ w["value"].T + w["value_bias"])[:, 0]


class Adam:
    """Adam (Kingma & Ba, ICLR 2015) on some tensors."""

    def __init__(self, parameters: Sequence[Any]) -> None:
        self.parameters = list(parameters)
        self.first, self.second = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.count = 0

    def descend(self, loss: Any, rate: float, longest: float = math.inf) -> None:
        """One step down the loss; its gradient is cut to the norm `longest`."""
        slopes = torch.autograd.grad(loss, self.parameters)
        norm = float(torch.sqrt(sum((g**2).sum() for g in slopes)))
        cut = min(1.0, longest / max(norm, TINY))
        self.count += 1
        size = rate * math.sqrt(1 - BETA2**self.count) / (1 - BETA1**self.count)
        with torch.no_grad():
            for p, g, m, v in zip(self.parameters, slopes, self.first, self.second, strict=True):
                m.mul_(BETA1).add_(cut * g, alpha=1 - BETA1)
                v.mul_(BETA2).add_((cut * g) ** 2, alpha=1 - BETA2)
                p.sub_(size * m / (torch.sqrt(v) + TINY))


class Learner:
    """Policy and critic, and how a batch of decisions changes them.

    Args:
      seed: of the weights that it starts with, and of the order in minibatches.
      updates: how many batches there are going to be, for the rate to fall.
      settings: of the training.
    """

    def __init__(self, seed: int, updates: int, settings: Settings | None = None) -> None:
        torch.set_num_threads(1)  # sums in the same order on every machine
        self.settings, self.updates, self.count = settings or Settings(), updates, 0
        self.rng = np.random.default_rng([seed, 2])
        self.actor, self.critic = new_weights(SHAPES, self.rng, "mean"), new_weights(CRITIC, self.rng, "value")
        with torch.no_grad():
            self.actor["log_std"] += math.log(self.settings.spread)
        self.adam, self.critics_adam = Adam([*self.actor.values()]), Adam([*self.critic.values()])

    def policy(self) -> SeeingPolicy:
        """The policy in numpy."""
        return policy_of({name: w.detach().numpy().copy() for name, w in self.actor.items()})

    def values(self, states: Array) -> Array:
        """(k,) what the critic expects from states (k, 5) on."""
        with torch.no_grad():
            out: Array = value(self.critic, _tensor(states)).numpy().astype(float)
        return out

    def learn(self, pictures: Pictures, actions: Array, states: Array, advantages: Array) -> dict[str, float]:
        """One update from k decisions: pictures (k, 64, 64, 3), actions (k, 3), states (k, 5), advantages (k,)."""
        o = self.settings
        returns = _tensor(advantages + self.values(states))
        x, a, s = as_input(pictures), _tensor(actions), _tensor(states)
        worth = _tensor((advantages - advantages.mean()) / (advantages.std() + TINY))
        rate = o.rate * (1.0 - 0.9 * self.count / self.updates)
        self.count += 1
        with torch.no_grad():
            before = log_likelihood(self.actor, x, a)
        for _ in range(o.epochs):
            for part in torch.as_tensor(self.rng.permutation(len(a))).split(o.minibatch):
                ratio = torch.exp(log_likelihood(self.actor, x[part], a[part]) - before[part])
                limited = ratio.clamp(1 - o.clip, 1 + o.clip)
                gain = torch.minimum(ratio * worth[part], limited * worth[part]).mean()
                self.adam.descend(-gain, rate, o.longest)
                error = ((value(self.critic, s[part]) - returns[part]) ** 2).mean()
                self.critics_adam.descend(error, rate)
        with torch.no_grad():
            moved = float((before - log_likelihood(self.actor, x, a)).mean())
            spread = float(torch.exp(self.actor["log_std"]).mean())
        return {"divergence": moved, "critic's error": float(error.detach()), "spread": spread}


def _tensor(values: Array) -> Any:
    return torch.as_tensor(np.asarray(values, np.float32))
