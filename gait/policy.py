"""Policies: what to do in a state. An action is a point of the unit cube, drawn or constant, unclipped."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError, unknown_name

Array = NDArray[np.float64]


class Policy(ABC):
    """What to do in a state; made of named arrays, so that it can be stored, compared and replayed."""

    kind: ClassVar[str]

    @abstractmethod
    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """The action (d,) for `features` (f,); any chance comes from `rng`. Not clipped to the cube."""

    @abstractmethod
    def arrays(self) -> dict[str, Array]:
        """The arrays that define this policy, by name."""

    def describe(self) -> dict[str, Any]:
        """This policy as plain data: `{"kind": …, name: nested list, …}`; read back by `read_policy`."""
        return {"kind": self.kind, **{name: a.tolist() for name, a in self.arrays().items()}}

    def key(self) -> str:
        """A digest that equals another policy's only if all arrays are equal to the last bit."""
        digest = hashlib.sha256(self.kind.encode())
        for name, a in sorted(self.arrays().items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(a, float).tobytes())
        return digest.hexdigest()[:16]


def _frozen(value: Any, name: str, ndim: int) -> Array:
    a = np.array(value, dtype=float)
    if a.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), got shape {a.shape}")
    if not np.isfinite(a).all():
        raise ValueError(f"{name} must be finite, got {a}")
    a.flags.writeable = False
    return a


@dataclass(frozen=True, eq=False)
class Constant(Policy):
    """The same action in every state: what a black-box optimizer proposes. `x` is (d,)."""

    x: Array
    kind: ClassVar[str] = "constant"

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", _frozen(self.x, "x", 1))

    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """The constant action (d,)."""
        return self.x

    def arrays(self) -> dict[str, Array]:
        """`x` (d,)."""
        return {"x": self.x}


@dataclass(frozen=True, eq=False)
class Linear(Policy):
    """a = mean + gain φ, without chance: what a feedback policy came to.

    `mean` is (d,) in unit-cube coordinates, `gain` (d, f) on the task's features φ (f,).
    """

    mean: Array
    gain: Array
    kind: ClassVar[str] = "linear"

    def __post_init__(self) -> None:
        for name, ndim in (("mean", 1), ("gain", 2)):
            object.__setattr__(self, name, _frozen(getattr(self, name), name, ndim))
        if self.gain.shape[0] != len(self.mean):
            raise ValueError(f"mean {self.mean.shape} and gain {self.gain.shape} must agree")

    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """The answer (d,) to what is seen, not clipped."""
        return _answer(self.mean, self.gain, features)

    def arrays(self) -> dict[str, Array]:
        """`mean` (d,), `gain` (d, f)."""
        return {"mean": self.mean, "gain": self.gain}


@dataclass(frozen=True, eq=False)
class Gaussian(Policy):
    """a = mean + gain φ + exp(log_std) ∘ z, z ~ N(0, I): a fresh draw at every decision.

    `mean` and `log_std` are (d,) in unit-cube coordinates, `gain` is (d, f) on the task's features φ (f,).
    """

    mean: Array
    log_std: Array
    gain: Array
    kind: ClassVar[str] = "gaussian"

    def __post_init__(self) -> None:
        for name, ndim in (("mean", 1), ("log_std", 1), ("gain", 2)):
            object.__setattr__(self, name, _frozen(getattr(self, name), name, ndim))
        d = len(self.mean)
        if self.log_std.shape != (d,) or self.gain.shape[0] != d:
            raise ValueError(f"mean {(d,)}, log_std {self.log_std.shape} and gain {self.gain.shape} must agree")

    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """One draw (d,), not clipped: the score function needs the draw itself."""
        mean = _answer(self.mean, self.gain, features)
        return mean + np.exp(self.log_std) * rng.standard_normal(len(mean))

    def arrays(self) -> dict[str, Array]:
        """`mean` (d,), `log_std` (d,), `gain` (d, f)."""
        return {"mean": self.mean, "log_std": self.log_std, "gain": self.gain}


def _answer(mean: Array, gain: Array, features: Array) -> Array:
    # an elementwise sum, not a matrix product: BLAS rows may differ bitwise with the batch
    answer: Array = mean + (gain * features).sum(axis=1)
    return answer


class Network(Policy):
    """A multilayer perceptron with tanh layers, without chance: what a neural policy came to.

    Layer k maps h to bias + weight h, through tanh but for the last; its arrays are `weight{k}` (out, in) and
    `bias{k}` (out,), from 0. The first takes the task's features (f,), the last gives the action (d,). With one
    layer it is `Linear`, to the last bit. No training code is needed to act.

    Raises:
      ValueError: a layer is missing or unknown, misshapen or not finite, or layers don't fit each other.
    """

    kind: ClassVar[str] = "network"

    def __init__(self, **arrays: Any) -> None:
        count = max(1, sum(name.startswith("weight") for name in arrays))
        names = [f"{part}{k}" for k in range(count) for part in ("weight", "bias")]
        if arrays.keys() != set(names):
            raise ValueError(f"a network of {count} layer(s) has {', '.join(names)}, got {', '.join(arrays) or 'none'}")
        held = {name: _frozen(arrays[name], name, 2 if name.startswith("weight") else 1) for name in names}
        self.layers = tuple((held[f"weight{k}"], held[f"bias{k}"]) for k in range(count))
        inside = [len(bias) for _, bias in self.layers]
        if any(len(w) != n for (w, _), n in zip(self.layers, inside, strict=True)) or any(
            w.shape[1] != n for (w, _), n in zip(self.layers[1:], inside, strict=False)
        ):
            raise ValueError(f"the layers {', '.join(f'{n} {a.shape}' for n, a in held.items())} must agree")

    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """The network's answer (d,) to what is seen, not clipped."""
        for weight, bias in self.layers[:-1]:
            features = np.tanh(_answer(bias, weight, features))
        weight, bias = self.layers[-1]
        return _answer(bias, weight, features)

    def arrays(self) -> dict[str, Array]:
        """`weight{k}` (out, in) and `bias{k}` (out,) of every layer."""
        return {f"{part}{k}": a for k, layer in enumerate(self.layers) for part, a in zip(LAYER, layer, strict=True)}


LAYER = ("weight", "bias")


class GaussianNetwork(Policy):
    """a = network(φ) + exp(log_std) ∘ z, z ~ N(0, I): a fresh draw at every decision about a `Network`'s answer.

    With one layer it is `Gaussian`, to the last bit.

    Args:
      log_std: (d,) in unit-cube coordinates.
      **layers: those of `Network`.
    """

    kind: ClassVar[str] = "gaussian-network"

    def __init__(self, log_std: Any, **layers: Any) -> None:
        self.network, self.log_std = Network(**layers), _frozen(log_std, "log_std", 1)
        if (d := len(self.network.layers[-1][1])) != len(self.log_std):
            raise ValueError(f"an action of {d} and log_std {self.log_std.shape} must agree")

    def act(self, features: Array, rng: np.random.Generator) -> Array:
        """One draw (d,), not clipped: the score function needs the draw itself."""
        return self.network.act(features, rng) + np.exp(self.log_std) * rng.standard_normal(len(self.log_std))

    def arrays(self) -> dict[str, Array]:
        """`log_std` (d,) and the network's arrays."""
        return {"log_std": self.log_std, **self.network.arrays()}


POLICIES: dict[str, type[Policy]] = {cls.kind: cls for cls in (Constant, Gaussian, GaussianNetwork, Linear, Network)}
DRAWS = (Gaussian, GaussianNetwork)
"""Policies that draw their actions; the others do the same in the same state."""


def read_policy(data: Mapping[str, Any]) -> Policy:
    """The policy that `Policy.describe` wrote; data from outside is checked, never trusted.

    Raises:
      UsageError: the kind is unknown, or arrays are missing, misshapen or not finite.
    """
    if not isinstance(data, Mapping):
        raise UsageError(f"not a policy: {data!r}")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in POLICIES:
        raise UsageError(unknown_name("policy", kind, POLICIES))
    try:
        return POLICIES[kind](**{name: value for name, value in data.items() if name != "kind"})
    except (TypeError, ValueError) as error:
        raise UsageError(f"not a {kind} policy: {error}") from None
