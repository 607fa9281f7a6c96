"""The seeing policy in numpy: a picture to a Gaussian over actions, through a small convolutional net.

Three convolutions of stride 2 make 16 maps of 8 × 8 out of a picture. Of each map it is told where it is bright (the
mean place under a softmax: a spatial soft-argmax, Levine, Finn, Darrell and Abbeel, "End-to-end training of deep
visuomotor policies", JMLR 17:39, 2016) and how bright. These 48 numbers go through 32 hidden units to the mean action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.files import read_npz, write_npz
from gait.seeing.camera import SIDE, Picture

Array = NDArray[np.floating[Any]]

MAPS, CELLS, HIDDEN, ACTIONS = 16, 8, 32, 3
SHARPNESS = 5.0
"""Of the softmax: how much brighter a place must be to draw all of the mean."""
SHAPES: dict[str, tuple[int, ...]] = {
    "conv1": (8, 3, 5, 5), "bias1": (8,), "conv2": (MAPS, 8, 3, 3), "bias2": (MAPS,), "conv3": (MAPS, MAPS, 3, 3),
    "bias3": (MAPS,), "hidden": (HIDDEN, 3 * MAPS), "hidden_bias": (HIDDEN,), "mean": (ACTIONS, HIDDEN),
    "mean_bias": (ACTIONS,), "log_std": (ACTIONS,),
}  # fmt: skip
"""Weights by name: convolutions are (out, in, height, width), layers (out, in)."""
GRID = np.linspace(-1.0, 1.0, CELLS)
"""Places of a map's cells, from left to right and from top to bottom."""


@dataclass(frozen=True, eq=False)
class SeeingPolicy:
    """a = μ(picture) + exp(log_std) ∘ z, z ~ N(0, I); weights of the shapes in `SHAPES`, float32.

    Raises:
      UsageError: a weight has another shape, or isn't finite.
    """

    conv1: Array
    bias1: Array
    conv2: Array
    bias2: Array
    conv3: Array
    bias3: Array
    hidden: Array
    hidden_bias: Array
    mean: Array
    mean_bias: Array
    log_std: Array

    def __post_init__(self) -> None:
        for name, shape in SHAPES.items():
            value = np.asarray(getattr(self, name))
            if value.shape != shape or not np.isfinite(value).all():
                raise UsageError(f"seeing policy: {name} must be finite and {shape}, got {value.shape}.")

    def means(self, picture: Picture) -> Array:
        """The mean action (3,) for one picture (64, 64, 3): each is looked at alone, whatever the batch."""
        x = scaled(picture).transpose(2, 0, 1)
        x = np.maximum(0.0, convolve(x, self.conv1, self.bias1))
        x = np.maximum(0.0, convolve(x, self.conv2, self.bias2))
        x = convolve(x, self.conv3, self.bias3)
        seen = np.tanh(self.hidden @ places(x) + self.hidden_bias)
        out: Array = (self.mean @ seen + self.mean_bias).astype(float)
        return out

    def act(self, picture: Picture, rng: np.random.Generator) -> Array:
        """One draw (3,), not clipped."""
        return self.means(picture) + np.exp(self.log_std) * rng.standard_normal(ACTIONS)

    def save(self, path: Path) -> None:
        """Write the weights as one npz file."""
        write_npz(path, {f.name: getattr(self, f.name) for f in fields(self)})


def load_policy(path: Path) -> SeeingPolicy:
    """The policy of a weights file, read as plain arrays.

    Raises:
      UsageError: there is no such file, or it holds something else.
    """
    try:
        return policy_of(read_npz(path))
    except ValueError as error:
        raise UsageError(f"{path} holds no seeing policy: {error}") from None


def policy_of(arrays: Mapping[str, Any]) -> SeeingPolicy:
    """The policy with these weights; `UsageError` if they aren't those of `SHAPES`."""
    if missing := sorted(SHAPES.keys() ^ arrays.keys()):
        raise UsageError(f"weights missing or unknown: {', '.join(missing)}.")
    return SeeingPolicy(**{name: np.asarray(arrays[name], np.float32) for name in SHAPES})


def scaled(picture: Picture) -> Array:
    """A picture's bytes as numbers from -0.5 to 0.5, float32."""
    numbers: Array = np.asarray(picture, np.float32) / np.float32(255) - np.float32(0.5)
    return numbers


def convolve(x: Array, weights: Array, bias: Array) -> Array:
    """Convolution of stride 2 with zeros around: (in, n, n) to (out, n / 2, n / 2)."""
    out, _, size, _ = weights.shape
    edge = size // 2
    padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))[:, ::2, ::2]
    half = windows.shape[1]
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(-1, half * half)
    answer: Array = (weights.reshape(out, -1) @ columns + bias[:, None]).reshape(out, half, half)
    return answer


def places(maps: Array) -> Array:
    """(48,) across, down and how bright, of each of the maps (16, 8, 8)."""
    bright = np.exp(SHARPNESS * (maps - maps.max((1, 2), keepdims=True)))
    share = bright / bright.sum((1, 2), keepdims=True)
    across, down = (share.sum(1) * GRID).sum(1), (share.sum(2) * GRID).sum(1)
    return np.concatenate([across, down, (share * maps).sum((1, 2))])


BLACK: Picture = np.zeros((SIDE, SIDE, 3), np.uint8)
"""What a blind robot sees."""
