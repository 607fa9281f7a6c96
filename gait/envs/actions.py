"""Actions of environments: numbers within [-1, 1] around where a gait or a law starts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.errors import UsageError
from gait.space import Space

Array = NDArray[np.float64]

SPAN = 4.0
"""Natural perturbations that an action of 1 is, if nothing else is asked for."""


class Actions:
    """The map between actions (..., d) within [-1, 1] and points of a space's unit cube.

    0 is the space's default; ±1 is `span` natural perturbations (`Parameter.scale`, such as Kohl & Stone's ε) away from
    it, cut at the cube's faces. So one step of an action is about as large a change in every parameter.

    Raises:
      UsageError: the span isn't a number above 0.
    """

    def __init__(self, space: Space, span: float) -> None:
        try:
            self.span = float(span)
        except (TypeError, ValueError):
            self.span = math.nan
        if not (math.isfinite(self.span) and self.span > 0.0):
            raise UsageError(f"span={span}: an action of 1 must be a number of perturbations above 0.")
        self.space = space
        self.reach = self.span * space.scale

    def check(self, action: ArrayLike) -> Array:
        """An action (..., d) as finite numbers, cut to [-1, 1].

        Raises:
          UsageError: it is misshapen, or not finite.
        """
        try:
            a = np.asarray(action, float)
        except (TypeError, ValueError):
            raise UsageError(f"an action is numbers, not {action!r}.") from None
        if a.shape[-1:] != (len(self.space),):
            raise UsageError(f"an action has {len(self.space)} numbers, got shape {a.shape}.")
        if not np.isfinite(a).all():
            raise UsageError(f"an action must be finite, got {a}.")
        clipped: Array = np.clip(a, -1.0, 1.0)
        return clipped

    def point(self, action: ArrayLike) -> Array:
        """The point (..., d) of the unit cube that an action (..., d) means; raises as `check`."""
        point: Array = np.clip(self.space.default + self.reach * self.check(action), 0.0, 1.0)
        return point

    def action(self, point: ArrayLike) -> Array:
        """The action (..., d) that comes nearest to a point (..., d) of the unit cube."""
        offset: Array = (np.asarray(point, float) - self.space.default) / self.reach
        return np.clip(offset, -1.0, 1.0)
