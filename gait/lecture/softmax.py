"""Softmax policies over a few actions: their chances, and draws from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def chances(preferences: Array, features: Array) -> Array:
    """π(a | φ) ∝ exp(preferences_a · φ), (m, A), with `preferences` (A, f) and `features` (m, f)."""
    logits = features @ preferences.T
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = weights / weights.sum(axis=1, keepdims=True)
    return shares


def draw(shares: Array, rng: np.random.Generator) -> NDArray[np.int64]:
    """One action (m,) for each row of chances (m, A)."""
    below = rng.random((len(shares), 1)) >= np.cumsum(shares, axis=1)[:, :-1]
    actions: NDArray[np.int64] = below.sum(axis=1)
    return actions
