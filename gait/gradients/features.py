"""Running mean and standard deviation of features, so that one step size fits metres and radians alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEADY = 1e-9
"""A standard deviation this small beside the mean is rounding: the feature is constant."""


@dataclass(frozen=True, eq=False)
class FeatureScale:
    """What f features were like so far: each batch of rows counts by its length, in the order it was told."""

    count: int
    centre: Array
    """(f,) means."""
    squares: Array
    """(f,) sums of squared differences from the mean."""

    @classmethod
    def unknown(cls, f: int) -> FeatureScale:
        """Before anything was told."""
        return cls(0, np.zeros(f), np.zeros(f))

    def after(self, rows: Array) -> FeatureScale:
        """The same with more rows (m, f); Chan, Golub & LeVeque (1983), which no large mean can spoil."""
        if not len(rows):
            return self
        n, m = self.count, len(rows)
        centre = rows.mean(axis=0)
        apart = centre - self.centre
        squares = self.squares + ((rows - centre) ** 2).sum(axis=0) + apart**2 * (n * m / (n + m))
        return FeatureScale(n + m, self.centre + apart * (m / (n + m)), squares)

    @property
    def spread(self) -> Array:
        """(f,) standard deviations; infinite where a feature never changed, so that nothing is made of it."""
        spread = np.sqrt(self.squares / max(1, self.count))
        changing: Array = np.where(spread > STEADY * np.abs(self.centre), spread, np.inf)
        return changing

    def standard(self, rows: Array) -> Array:
        """Rows (m, f) with mean 0 and standard deviation 1 over all that was told."""
        standard: Array = (rows - self.centre) / self.spread
        return standard
