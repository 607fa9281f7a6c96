"""What is worth trying next: how promising a point is, given what to expect there and how surely."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from gait.optimizers.base import Array

CLIMBS, STEPS = 3, 20
"""How many of the most promising candidates are climbed from, and how many steps each."""
DECIMALS = 6
"""Decimals kept of the point found, so that the last bits of a machine's arithmetic do not matter."""


class Promise(NamedTuple):
    """How promising points are, with its slopes by the mean and the standard deviation of their scores: each (m,)."""

    value: Array
    by_mean: Array
    by_std: Array


Acquisition = Callable[[Array, Array], Promise]
"""The promise of points whose scores have these means and standard deviations (m,)."""


class Belief(Protocol):
    """What is believed of the scores at any point."""

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation (m,) at points (m, d)."""

    def slopes(self, x: Array) -> tuple[float, float, Array, Array]:
        """Mean, standard deviation and their gradients (d,) at one point (d,)."""


def expected_improvement(mean: Array, std: Array, best: float) -> Promise:
    """E[max(f - best, 0)] for f ~ N(mean, std²) (Jones, Schonlau & Welch, J. Global Optim. 13:455, 1998, (15))."""
    z = (mean - best) / std
    cdf, pdf = ndtr(z), np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return Promise((mean - best) * cdf + std * pdf, cdf, pdf)


def upper_confidence_bound(mean: Array, std: Array, confidence: float) -> Promise:
    """mean + κ std (Srinivas, Krause, Kakade & Seeger, ICML 2010, (6))."""
    return Promise(mean + confidence * std, np.ones_like(mean), np.full_like(mean, confidence))


def most_promising(belief: Belief, acquisition: Acquisition, candidates: Array) -> Array:
    """The most promising point (d,) of the unit cube: the best few of `candidates` (m, d), climbed by L-BFGS-B."""
    values = acquisition(*belief.predict(candidates)).value
    first = np.argsort(-values, kind="stable")[:CLIMBS]
    unit = abs(float(values[first[0]])) or 1.0  # L-BFGS-B stops by absolute slopes; an improvement may be tiny

    def loss(x: Array) -> tuple[float, Array]:
        mean, std, mean_slope, std_slope = belief.slopes(x)
        promise = acquisition(np.array([mean]), np.array([std]))
        slope = promise.by_mean * mean_slope + promise.by_std * std_slope
        return -float(promise.value[0]) / unit, -slope / unit

    bounds = [(0.0, 1.0)] * candidates.shape[1]
    found = [
        minimize(loss, candidates[i], jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
        for i in first
    ]
    x: Array = np.clip(min(found, key=lambda f: float(f.fun)).x, 0.0, 1.0)
    return x.round(DECIMALS)
