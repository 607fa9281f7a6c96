"""Log-densities of softmax and Gaussian policies, and their numeric gradients: what the score functions must equal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gait.gradients import score_gain, score_log_std, score_mean, score_softmax, standard_draws

Array = NDArray[np.float64]


def log_softmax(preferences: Array, features: Array, action: int) -> float:
    """log π(action | φ), π(a | φ) ∝ exp(preferences_a · φ), of one decision; `features` (f,)."""
    logits = preferences @ features
    top = logits.max()
    return float(logits[action] - top - np.log(np.exp(logits - top).sum()))


def log_gaussian(action: Array, mean: Array, log_std: Array, gain: Array, features: Array) -> float:
    """log density of an action (d,) under a = mean + gain φ + exp(log_std) ∘ z, but for a constant."""
    z = (action - mean - gain @ features) * np.exp(-log_std)
    return float(-0.5 * (z**2).sum() - log_std.sum())


def numeric_gradient(function: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """∇ function at x by central differences; in the shape of x."""
    slopes = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        change = np.zeros(x.shape)
        change[i] = h
        slopes[i] = (function(x + change) - function(x - change)) / (2.0 * h)
    return slopes


def worst_errors(policies: int, rng: np.random.Generator) -> dict[str, float]:
    """Largest error of each score beside the numeric gradient, relative to its largest component, by name."""
    worst: dict[str, float] = {}
    for _ in range(policies):
        for name, error in (_softmax_errors(rng) | _gaussian_errors(rng)).items():
            worst[name] = max(worst.get(name, 0.0), error)
    return worst


def _softmax_errors(rng: np.random.Generator) -> dict[str, float]:
    preferences, φ, a = rng.normal(size=(4, 3)), rng.normal(size=3), int(rng.integers(4))
    score = score_softmax(preferences, φ[None], np.array([a]))[0]
    return {"softmax: preferences": _error(score, numeric_gradient(lambda x: log_softmax(x, φ, a), preferences))}


def _gaussian_errors(rng: np.random.Generator) -> dict[str, float]:
    mean, log_std, gain, φ = rng.normal(size=2), rng.normal(-1.0, 0.5, 2), rng.normal(size=(2, 3)), rng.normal(size=3)
    action = mean + gain @ φ + np.exp(log_std) * rng.normal(size=2)
    z = standard_draws(action[None], mean, log_std, gain, φ[None])
    by_mean = numeric_gradient(lambda x: log_gaussian(action, x, log_std, gain, φ), mean)
    by_log_std = numeric_gradient(lambda x: log_gaussian(action, mean, x, gain, φ), log_std)
    by_gain = numeric_gradient(lambda x: log_gaussian(action, mean, log_std, x, φ), gain)
    return {
        "Gaussian: mean": _error(score_mean(z, log_std)[0], by_mean),
        "Gaussian: log_std": _error(score_log_std(z)[0], by_log_std),
        "Gaussian: gain": _error(score_gain(z, log_std, φ[None])[0], by_gain),
    }


def _error(score: Array, slope: Array) -> float:
    return float(np.abs(score - slope).max() / np.abs(slope).max())
