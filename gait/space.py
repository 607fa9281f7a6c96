"""Parameters with units, and the unit cube that optimizers search.

Optimizers, policies and ledgers use unit-cube coordinates; people see units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.errors import UsageError, unknown_name

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """One tunable number, with its unit.

    `scale` is a natural perturbation in the parameter's own unit, such as Kohl & Stone's ε.
    """

    name: str
    low: float
    high: float
    default: float
    scale: float
    unit: str
    about: str = ""

    def __post_init__(self) -> None:
        for field in ("low", "high", "default", "scale"):
            if not math.isfinite(getattr(self, field)):
                raise ValueError(f"{self.name}: {field} must be finite, got {getattr(self, field)}")
        if not self.low < self.high:
            raise ValueError(f"{self.name}: low {self.low:g} must be below high {self.high:g} {self.unit}")
        if not self.low <= self.default <= self.high:
            raise ValueError(f"{self.name}: default {self.default:g} {self.unit} is outside {self.range}")
        if not self.scale > 0:
            raise ValueError(f"{self.name}: scale must be above 0, got {self.scale:g} {self.unit}")

    @property
    def range(self) -> str:
        """The bounds with their unit, as people read them."""
        return f"[{self.low:g}, {self.high:g}] {self.unit}".rstrip()

    def check(self, value: float, *, said: str = "") -> float:
        """`value` if it is finite and within the bounds; a clear `UsageError` otherwise."""
        if not (math.isfinite(value) and self.low <= value <= self.high):
            what = f" ({self.about})" if self.about else ""
            said = said or f"{self.name}={value:g}"
            raise UsageError(f"{said}: {self.name}{what} must lie within {self.range}.")
        return value


@dataclass(frozen=True)
class Space:
    """Ordered parameters, and the maps between the unit cube and their units."""

    parameters: tuple[Parameter, ...]

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        object.__setattr__(self, "parameters", tuple(parameters))
        if not self.parameters:
            raise ValueError("a space needs at least one parameter")
        repeated = {p.name for p in self.parameters if self.names.count(p.name) > 1}
        if repeated:
            raise ValueError(f"parameter names must differ; repeated: {', '.join(sorted(repeated))}")

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def names(self) -> list[str]:
        """Parameter names, in order."""
        return [p.name for p in self.parameters]

    @cached_property
    def low(self) -> Array:
        """Lower bounds in units, (d,)."""
        return _fixed([p.low for p in self.parameters])

    @cached_property
    def high(self) -> Array:
        """Upper bounds in units, (d,)."""
        return _fixed([p.high for p in self.parameters])

    @cached_property
    def default(self) -> Array:
        """The start point in the unit cube, (d,)."""
        values = np.array([p.default for p in self.parameters])
        return _fixed((values - self.low) / (self.high - self.low))

    @cached_property
    def scale(self) -> Array:
        """Natural perturbations in unit-cube lengths, (d,)."""
        return _fixed(np.array([p.scale for p in self.parameters]) / (self.high - self.low))

    def decode(self, x: ArrayLike) -> Array:
        """Values in units (..., d) of unit-cube points `x` (..., d); what lies outside is clipped."""
        values: Array = self.low + np.clip(np.asarray(x, float), 0.0, 1.0) * (self.high - self.low)
        return np.minimum(values, self.high)  # low + (high - low) may be a last bit above high

    def encode(self, values: ArrayLike) -> Array:
        """Unit-cube coordinates (..., d) of `values` in units (..., d); the inverse of `decode`."""
        return (np.asarray(values, float) - self.low) / (self.high - self.low)

    def named(self, x: ArrayLike) -> dict[str, float]:
        """`{name: value in its unit}` of one unit-cube point (d,)."""
        return dict(zip(self.names, self.decode(x).tolist(), strict=True))

    def point(self, values: Mapping[str, float]) -> Array:
        """The unit-cube point (d,) with these values, and defaults elsewhere.

        Raises:
          UsageError: a name is unknown, or a value not finite or out of bounds.
        """
        x = self.default.copy()
        for name, value in values.items():
            if name not in self.names:
                raise UsageError(unknown_name("parameter", name, self.names))
            i = self.names.index(name)
            p = self.parameters[i]
            x[i] = (p.check(float(value)) - p.low) / (p.high - p.low)
        return x

    def describe(self) -> list[dict[str, Any]]:
        """The parameters as plain data, for manifests."""
        return [asdict(p) for p in self.parameters]


def _fixed(values: ArrayLike) -> Array:
    """An array that nobody can change: a space hands out the same one to all."""
    a = np.array(values, float)
    a.flags.writeable = False
    return a
