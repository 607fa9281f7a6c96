"""Multilayer perceptrons as lists of tensors: made, applied, fitted; and one thread for all of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Arrays = list[Array]
Tensors = list[Any]
"""Weight (out, in) and bias (out,) of every layer in turn."""

BETA1, BETA2, TINY = 0.9, 0.999, 1e-8
"""Adam's constants."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in the same order on every machine with as many threads as it likes; small matrices are faster so, too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def make_network(sizes: Sequence[int], rng: np.random.Generator) -> Arrays:
    """Layers of these sizes, inputs first: weights N(0, 1/in), the last layer's and all biases 0."""
    layers: Arrays = []
    for k, (inside, out) in enumerate(itertools.pairwise(sizes)):
        draw = rng.standard_normal((out, inside)) / np.sqrt(max(1, inside))
        layers += [draw if k < len(sizes) - 2 else np.zeros((out, inside)), np.zeros(out)]
    return layers


def tensors(arrays: Sequence[Array], learn: bool = True) -> Tensors:
    """Copies of these arrays that can be differentiated by."""
    return [torch.tensor(a, dtype=torch.float64, requires_grad=learn) for a in arrays]


def arrays(parameters: Sequence[Any]) -> Arrays:
    """What tensors came to."""
    return [p.detach().numpy().copy() for p in parameters]


def apply(layers: Sequence[Any], x: Any, reach: float = 1.0) -> Any:
    """(…, out) of inputs (…, in), through tanh but for the last layer, whose inputs count `reach` times."""
    for k in range(0, len(layers) - 2, 2):
        x = torch.tanh(x @ layers[k].T + layers[k + 1])
    return (reach * x) @ layers[-2].T + layers[-1]


class Adam:
    """Steps of about `rate` whatever the gradient's size (Kingma & Ba, ICLR 2015)."""

    def __init__(self, parameters: Tensors, rate: float) -> None:
        self.parameters, self.rate, self.k = parameters, rate, 0
        self.means, self.squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))

    def go(self, slopes: Sequence[Any]) -> None:
        """One step down."""
        self.k += 1
        for p, slope, mean, square in zip(self.parameters, slopes, self.means, self.squares, strict=True):
            mean.lerp_(slope, 1.0 - BETA1)
            square.lerp_(slope**2, 1.0 - BETA2)
            size = torch.sqrt(square / (1.0 - BETA2**self.k)) + TINY
            p -= self.rate / (1.0 - BETA1**self.k) * mean / size


class Plain:
    """Steps of `rates`, one a tensor, times the gradient: as long as what is known of the direction."""

    def __init__(self, parameters: Tensors, rates: Sequence[float]) -> None:
        self.parameters, self.rates = parameters, rates

    def go(self, slopes: Sequence[Any]) -> None:
        """One step down."""
        for p, slope, rate in zip(self.parameters, slopes, self.rates, strict=True):
            p -= rate * slope


def descend(
    by: Adam | Plain,
    loss: Callable[[Any], Any],
    rows: int,
    *,
    epochs: int,
    minibatch: int,
    rng: np.random.Generator,
    enough: Callable[[], bool] | None = None,
) -> None:
    """Change parameters by steps on minibatches of `rows`, shuffled in each epoch.

    Args:
      by: makes the steps.
      loss: of the row numbers it is given.
      rows: how many rows there are.
      epochs: how often each row is used, at most.
      minibatch: rows a step, about: an epoch has parts of equal size.
      rng: shuffles.
      enough: asked after each epoch whether to stop.
    """
    parts = max(1, round(rows / minibatch))
    for _ in range(epochs):
        for part in np.array_split(rng.permutation(rows), parts):
            slopes = torch.autograd.grad(loss(torch.from_numpy(part)), by.parameters)
            with torch.no_grad():
                by.go(slopes)
        if enough is not None and enough():
            return


def fit_value(
    critic: Arrays, states: Array, targets: Array, *, rate: float, epochs: int, minibatch: int,
    rng: np.random.Generator,
) -> Arrays:  # fmt: skip
    """The state value (layers) after least squares on states (M, s) and returns (M,)."""
    parameters, x, y = tensors(critic), torch.from_numpy(states), torch.from_numpy(targets)

    def loss(rows: Any) -> Any:
        return ((apply(parameters, x[rows])[:, 0] - y[rows]) ** 2).mean()

    descend(Adam(parameters, rate), loss, len(states), epochs=epochs, minibatch=minibatch, rng=rng)
    return arrays(parameters)


def answers(layers: Sequence[Array], inputs: Array, reach: float = 1.0) -> Array:
    """What a network (layers) says (M, out) of inputs (M, in)."""
    with torch.no_grad():
        found: Array = apply(tensors(layers, learn=False), torch.from_numpy(inputs), reach).numpy()
    return found
