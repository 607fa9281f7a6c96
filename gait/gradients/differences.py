"""Gradients from differences of scores in parameter space: Kohl & Stone's groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def group_averages(signs: NDArray[np.integer], scores: Array) -> Array:
    """Average score (3, d) of the policies that moved each parameter by +ε, 0 and -ε; NaN where none did.

    `signs` (t, d) are +1, 0 or -1; `scores` (t,).
    """
    groups = signs[None] == np.array([1, 0, -1])[:, None, None]
    counts, sums = groups.sum(axis=1), np.einsum("gtd,t->gd", groups, scores)
    averages: Array = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return averages


def group_differences(signs: NDArray[np.integer], scores: Array) -> Array:
    """Avg₊ - Avg₋ (d,): 2ε ∂J on average if J is linear; 0 where a group is empty."""
    plus, zero, minus = group_averages(signs, scores)
    slopes: Array = np.where(np.isnan(plus + zero + minus), 0.0, plus - minus)
    return slopes


def kohl_stone_direction(signs: NDArray[np.integer], scores: Array) -> Array:
    """The unit step (d,) in ε-units of Kohl & Stone (2004); all 0 if no parameter shows a slope.

    A_j is Avg₊ - Avg₋, but 0 where Avg₀ exceeds both: staying was best.
    """
    scores = scores - scores[0]  # equal scores have exactly equal averages, or rounding would make a step
    plus, zero, minus = group_averages(signs, scores)
    slopes: Array = np.where((zero > plus) & (zero > minus), 0.0, group_differences(signs, scores))
    length = float(np.linalg.norm(slopes))
    return slopes / length if length > 0 else slopes
