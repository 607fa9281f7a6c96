"""Natural gradients: the steepest ascent per change of what the policy does, from whole trials."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def episodic_natural_gradient(sums: Array, returns: Array, fisher: Array, prior: float = 0.0) -> Array:
    """w (p,) of the least squares R_i ≈ G_iᵀ w + v: the episodic natural actor-critic (Peters & Schaal 2008).

    With many trials w is F⁻¹ ∇J. With fewer than p + 1, least squares fits the noise; `prior` adds as many trials that
    show no difference but have exactly the Fisher information F: Σ_i (R_i - G_iᵀ w - v)² + prior wᵀ F w. A
    large one turns w to F⁻¹ Σ_i G_i (R_i - mean R), the likelihood-ratio gradient times the exact F⁻¹. Without
    it, the shortest of many solutions in the metric F is taken. Whatever the coordinates, the step is the same.

    Args:
      sums: G (n, p), the trials' scores summed over their decisions.
      returns: R (n,).
      fisher: F (p, p), E[G Gᵀ] where it is known, as for a Gaussian policy; positive definite.
      prior: trials that F counts for.
    """
    root = np.linalg.cholesky(fisher)
    white = np.linalg.solve(root, (sums - sums.mean(axis=0)).T).T  # fitting v is the same as centring both
    rows = np.vstack([white, math.sqrt(prior) * np.eye(len(root))])
    targets = np.concatenate([returns - returns.mean(), np.zeros(len(root))])
    direction: Array = np.linalg.solve(root.T, np.linalg.lstsq(rows, targets)[0])
    return direction


def divergence_step(direction: Array, fisher: Array, divergence: float) -> Array:
    """The step α w (p,) along w that changes the policy by so much: α = √(2δ/(wᵀ F w)), KL divergence δ in nats.

    A direction of no length is no step.
    """
    squared = float(direction @ fisher @ direction)
    return math.sqrt(2.0 * divergence / squared) * direction if squared > 0 else np.zeros_like(direction)


def damped_natural_step(slope: Array, fisher: Array, damping: float) -> Array:
    """(F + κ I)⁻¹ g (p,), shortened to at most length 1 in the metric F; κ is `damping` of F's average eigenvalue.

    A slope of scaled advantages can't be longer in that metric but by chance, in few decisions.
    """
    average = float(np.trace(fisher)) / len(fisher)
    if average <= 0.0:
        return np.zeros_like(slope)
    step = np.asarray(np.linalg.solve(fisher + damping * average * np.eye(len(fisher)), slope), float)
    short: Array = step / max(1.0, math.sqrt(max(0.0, float(step @ fisher @ step))))
    return short
