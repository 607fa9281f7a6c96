"""Gradients from trials of changed parameters: regression, and antithetic pairs (evolution strategies, ARS, PGPE).

Shapes: n trials or pairs, d parameters. Changes and draws may be in any unit; a gradient is per that unit.
A pair tries θ + σ∘z and θ - σ∘z, z being a standard normal draw (d,); J_σ(θ) = E[J(θ + σ∘z)] is what it sees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RIDGE = 1e-3
"""Weight of the ridge beside the average square of a change, where the changes don't determine a gradient."""


def regression_gradient(changes: Array, scores: Array, ridge: float = RIDGE) -> Array:
    """The slope g (d,) of argmin ‖[ΔΘ 1][g; b] - y‖² over g and the intercept b (Peters & Schaal 2008, sec. 2.2).

    `changes` ΔΘ (n, d) are those that were tried, after any clipping; `scores` y (n,). Linear scores give
    their slope exactly if the changes span all directions, which takes d + 1 trials. If they do not,
    `ridge` ‖g‖² times the sum of the squared changes / d is added, which gives 0 to what was not changed.
    """
    x = changes - changes.mean(axis=0)  # fitting b is the same as centring both
    y = scores - scores[0]  # equal scores are then exactly 0, or rounding would make a slope
    y = y - y.mean()
    d = x.shape[1]
    slope, _, rank, _ = np.linalg.lstsq(x, y)
    if rank < d:
        size = float(np.square(x).sum()) / d
        slope = np.linalg.solve(x.T @ x + ridge * size * np.eye(d), x.T @ y) if size > 0 else np.zeros(d)
    found: Array = slope
    return found


def antithetic_gradient(draws: Array, plus: Array, minus: Array) -> Array:
    """σ ∂J_σ/∂θ (d,): mean of z (r₊ - r₋)/2 over pairs, unbiased; `draws` z (n, d), `plus`, `minus` r (n,).

    The gradient of evolution strategies (Salimans et al. 2017) and of the mean in PGPE (Sehnke et al. 2010,
    eq. 14); what is even in z, such as a constant added to all scores, drops out of every pair.
    """
    gradient: Array = draws.T @ ((plus - minus) / 2.0) / len(draws)
    return gradient


def antithetic_spread_gradient(draws: Array, plus: Array, minus: Array) -> Array:
    """σ ∂J_σ/∂σ (d,): mean of (z² - 1)((r₊ + r₋)/2 - b) over two pairs or more (Sehnke et al. 2010, eq. 15).

    The baseline b of a pair is the mean of the other pairs: with its own score in it, the gradient would
    shrink by (n - 1)/n. A linear J has none: r₊ + r₋ is the same for all pairs.
    """
    means = (plus + minus) / 2.0
    means = means - means[0]  # equal means are then exactly 0
    others = (means.sum() - means) / (len(means) - 1)
    gradient: Array = (np.square(draws) - 1.0).T @ (means - others) / len(draws)
    return gradient


def augmented_direction(draws: Array, plus: Array, minus: Array, best: int) -> Array:
    """1/(b σ_R) Σ (r₊ - r₋) δ (d,) over the `best` b pairs by max(r₊, r₋), as in ARS V1-t (Mania et al. 2018).

    σ_R is the standard deviation of those 2b scores; the direction is 0 if it is.
    """
    top = np.argsort(-np.maximum(plus, minus), kind="stable")[:best]
    spread = float(np.std(np.concatenate([plus[top], minus[top]])))
    slope = 2.0 * antithetic_gradient(draws[top], plus[top], minus[top])
    return slope / spread if spread > 0 else np.zeros_like(slope)
