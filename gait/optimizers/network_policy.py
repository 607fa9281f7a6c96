"""A neural policy in convenient units: made, asked, changed and kept by the searchers that have one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.gradients import FeatureScale
from gait.optimizers.base import Array
from gait.optimizers.gaussian_policy import LARGEST_CHANGE, WIDEST
from gait.policy import GaussianNetwork, Network
from gait.task import Problem

WIDEST_LAYER, MOST_LAYERS = 1024, 8
FAR = 10.0
"""A decision in a state so many standard deviations from all that was seen teaches nothing: a blown-up simulation's."""
REACH = 0.1
"""What a unit of the last hidden layer is worth, against 1 ε of its bias: few decisions tell less of many weights."""
SCALE = ("count", "centre", "squares")
"""The numbers of a `FeatureScale`."""
MASK = 2**64 - 1


def need_torch(name: str) -> Any:
    """The package that trains networks, for the optimizer of this name.

    Raises:
      UsageError: PyTorch is not installed.
    """
    try:
        from gait import neural  # here, since PyTorch takes seconds
        from gait.neural import clipped, nets, scores  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(f"{name} needs PyTorch: pip install 'gaitopt[rl]'.") from None
    return neural


def read_hidden(text: str) -> tuple[int, ...]:
    """Units of the hidden layers: `16,16` is (16, 16), `none` is ().

    Raises:
      UsageError: it is something else.
    """
    if text == "none":
        return ()
    try:
        sizes = tuple(int(word) for word in text.split(","))
    except ValueError:
        sizes = (0,)
    if not all(1 <= size <= WIDEST_LAYER for size in sizes) or len(sizes) > MOST_LAYERS:
        raise UsageError(
            f"hidden={text}: none, or up to {MOST_LAYERS} numbers from 1 to {WIDEST_LAYER} with commas between."
        )
    return sizes


@dataclass(frozen=True)
class Spread:
    """How widely a policy's draws vary [ε], and what a unit of its network's last hidden layer is worth [ε]."""

    initial: float
    floor: float
    reach: float


class NeuralPolicy:
    """a = start + ε ∘ (b + κ W h(φ)) + σ ∘ z, one draw a decision, while it is learned.

    h are the last hidden layer's units, or the features themselves without one; φ the task's features, standardised by
    all that was seen before; κ is `reach`. Layers are arrays [weight, bias, …] in these units, log_std (d,) is
    log(σ/ε). What is asked is the same network in the cube's and the features' own units. At the features' means
    its answer is kept within the cube, and σ below half of the cube's side and above its floor.

    Args:
      problem: the problem.
      hidden: as `read_hidden` reads it.
      spread: of the draws.
      rng: draws the first weights.
      neural: what `need_torch` gave.
    """

    def __init__(self, problem: Problem, hidden: str, spread: Spread, rng: np.random.Generator, neural: Any) -> None:
        self.space, self.spread, self.neural = problem.space, spread, neural
        d, f = len(problem.space), len(problem.features)
        self.layers: list[Array] = neural.nets.make_network((f, *read_hidden(hidden), d), rng)
        self.log_std = self._limited(np.full(d, math.log(spread.initial)))
        self.features = FeatureScale.unknown(f)

    def plain(self, layers: Sequence[Array] | None = None) -> Network:
        """The network's answers, without the draws; of other layers, if some are given."""
        return Network(**self._named(self.layers if layers is None else layers))

    def drawn(self, layers: Sequence[Array] | None = None) -> GaussianNetwork:
        """The network's answers with the draws; of other layers, if some are given."""
        return GaussianNetwork(log_std=self.log_std + np.log(self.space.scale), **self.plain(layers).arrays())

    def units(self, actions: Array) -> Array:
        """Unclipped draws (M, d) of the cube in ε from the start."""
        return (actions - self.space.default) / self.space.scale

    def draws(self, states: Array, actions: Array) -> Array:
        """The z (M, d) behind actions in ε, in standardised states (M, f)."""
        z: Array = (actions - self.neural.nets.answers(self.layers, states, self.spread.reach)) * np.exp(-self.log_std)
        return z

    def scores(self, states: Array, actions: Array) -> Array:
        """∂ log π / ∂ all layers' numbers (M, p), by automatic differentiation."""
        found: Array = self.neural.scores.score_layers(self.layers, self.log_std, states, actions, self.spread.reach)
        return found

    def uphill(self, slope: Array) -> list[Array]:
        """The step along a slope (p,), as layers: the last counts in units of σ, and in them it is at most 1 long.

        For a bias it is the natural gradient's. With advantages of root mean square 1 a slope can't be longer but by
        chance. Weights that answer to little move little: the natural gradient of all, F⁻¹ g, gives them as much as
        the bias, and 16 trials tell too little of some 300.
        """
        ends = np.cumsum([a.size for a in self.layers])[:-1]
        parts = [part.reshape(a.shape) for part, a in zip(np.split(slope, ends), self.layers, strict=True)]
        std = np.exp(self.log_std)
        units = [*(np.ones(1) for _ in parts[:-2]), std[:, None], std]
        steps = [unit * part for unit, part in zip(units, parts, strict=True)]
        length = math.sqrt(sum(float((step**2).sum()) for step in steps))
        return [unit * step / max(1.0, length) for unit, step in zip(units, steps, strict=True)]

    def become(self, layers: Sequence[Array], log_std: Array, sound: Array) -> None:
        """Go on with these layers and log_std (d,), within the limits, having seen these features (m, f) too."""
        change = np.clip(log_std - self.log_std, -LARGEST_CHANGE, LARGEST_CHANGE)
        self.layers, self.log_std = list(layers), self._limited(self.log_std + change)
        self.features = self.features.after(sound)
        self.layers = self.within(self.layers)

    def within(self, layers: Sequence[Array]) -> list[Array]:
        """The layers with a last bias that keeps the answer at the features' means within the cube."""
        answer = self.plain(layers).act(self.features.centre, np.random.default_rng(0))
        return [*layers[:-1], layers[-1] + (np.clip(answer, 0.0, 1.0) - answer) / self.space.scale]

    def state(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays."""
        return {**pack_layers("actor", self.layers), **pack_scale("features", self.features), "log_std": self.log_std}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave."""
        self.layers = unpack_layers("actor", state)
        self.features, self.log_std = unpack_scale("features", state), np.array(state["log_std"])

    def _named(self, given: Sequence[Array]) -> dict[str, Array]:
        """A network in the cube's and the features' own units, as `Network` has it."""
        layers = [np.array(a) for a in given]
        layers[-2] = self.spread.reach * self.space.scale[:, None] * layers[-2]
        layers[-1] = self.space.default + self.space.scale * layers[-1]
        weight = layers[0] / self.features.spread
        layers[:2] = weight, layers[1] - weight @ self.features.centre
        return {f"{('weight', 'bias')[k % 2]}{k // 2}": a for k, a in enumerate(layers)}

    def _limited(self, log_std: Array) -> Array:
        ceiling = math.log(WIDEST) - np.log(self.space.scale)
        limited: Array = np.maximum(np.minimum(log_std, ceiling), math.log(self.spread.floor))
        return limited


def pack_layers(name: str, layers: Sequence[Array]) -> dict[str, NDArray[Any]]:
    """Layers as arrays by name."""
    return {f"{name}.{k}": a for k, a in enumerate(layers)}


def unpack_layers(name: str, state: Mapping[str, NDArray[Any]]) -> list[Array]:
    """What `pack_layers` packed."""
    return [np.array(state[f"{name}.{k}"]) for k in range(sum(key.startswith(f"{name}.") for key in state))]


def pack_scale(name: str, scale: FeatureScale) -> dict[str, NDArray[Any]]:
    """A scale as arrays by name."""
    return {f"{name}.{part}": np.asarray(getattr(scale, part)) for part in SCALE}


def unpack_scale(name: str, state: Mapping[str, NDArray[Any]]) -> FeatureScale:
    """What `pack_scale` packed."""
    count, centre, squares = (np.array(state[f"{name}.{part}"]) for part in SCALE)
    return FeatureScale(int(count), centre, squares)


def pack_generator(rng: np.random.Generator) -> NDArray[np.uint64]:
    """Where a PCG64 generator is, (6,) words of 64 bits."""
    told: Any = rng.bit_generator.state
    where = [told["state"][name] >> shift & MASK for name in ("state", "inc") for shift in (64, 0)]
    return np.array([*where, told["has_uint32"], told["uinteger"]], np.uint64)


def unpack_generator(rng: np.random.Generator, words: NDArray[np.uint64]) -> None:
    """Bring a PCG64 generator to where `pack_generator` found one."""
    high, low, inc_high, inc_low, has, uinteger = (int(w) for w in words)
    where = {"state": high << 64 | low, "inc": inc_high << 64 | inc_low}
    rng.bit_generator.state = {"bit_generator": "PCG64", "state": where, "has_uint32": has, "uinteger": uinteger}
