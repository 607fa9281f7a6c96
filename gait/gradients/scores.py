"""Score functions: the gradient of log π(action | state), one row a decision; and what is made of them.

Shapes: n trials, M decisions of all trials laid end to end, d numbers in an action, f features in a state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def standard_draws(actions: Array, mean: Array, log_std: Array, gain: Array, features: Array) -> Array:
    """The z (M, d) behind the unclipped actions (M, d) of a = mean + gain φ + exp(log_std) ∘ z."""
    draws: Array = (actions - mean - features @ gain.T) * np.exp(-log_std)
    return draws


def score_mean(z: Array, log_std: Array) -> Array:
    """∂ log π / ∂ mean, (M, d)."""
    score: Array = z * np.exp(-log_std)
    return score


def score_gain(z: Array, log_std: Array, features: Array) -> Array:
    """∂ log π / ∂ gain, (M, d, f)."""
    return score_mean(z, log_std)[:, :, None] * features[:, None, :]


def score_log_std(z: Array) -> Array:
    """∂ log π / ∂ log_std, (M, d); its Fisher information is 2 per number, whatever the policy."""
    return z**2 - 1.0


def score_softmax(preferences: Array, features: Array, actions: NDArray[np.integer]) -> Array:
    """∂ log π / ∂ preferences, (M, A, f), of π(a | φ) ∝ exp(preferences_a · φ) with preferences (A, f).

    A tabular policy is the one whose features (M, f) name the state by a single 1. `actions` (M,) are 0…A-1.
    """
    logits = features @ preferences.T
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    surprise = -chances / chances.sum(axis=1, keepdims=True)
    surprise[np.arange(len(actions)), actions] += 1.0
    score: Array = surprise[:, :, None] * features[:, None, :]
    return score


def policy_gradient(scores: Array, advantages: Array, trials: int) -> Array:
    """The likelihood-ratio estimate: Σ score × advantage over decisions, mean over `trials`; (…).

    `scores` are (M, …); `advantages` one a decision (M,), or one a decision and component (M, …).
    """
    if advantages.shape == scores.shape and scores.ndim > 1:
        componentwise: Array = (scores * advantages).sum(axis=0) / trials
        return componentwise
    gradient: Array = np.tensordot(advantages, scores, axes=1) / trials
    return gradient
