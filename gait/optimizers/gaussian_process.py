"""A Gaussian process with a Matérn 5/2 kernel: what to expect, and how surely, where nothing was tried yet."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # scikit-learn's own

from gait.optimizers.base import Array

ITERATIONS = 20
"""Steps of a fit from one start: what more would gain is less than what a few more trials change."""
DECIMALS = 3
"""Decimals kept of fitted logarithms, so that the last bits of a machine's arithmetic do not matter."""
SMALLEST = 1e-12
"""Variances below are rounding errors."""
_BLAS = ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Within, linear algebra uses one thread: at this size more only wait for each other, on busy cores ten times
    as long; and their number would change the last bits."""
    limit: AbstractContextManager[Any] = _BLAS.limit(limits=1, user_api="blas")
    return limit


class Scales(NamedTuple):
    """Hyperparameters: k(x, x') = signal · M(‖(x - x') / lengths‖), and noise · ratio on the diagonal."""

    signal: float
    """Variance of the scores that the kernel explains (σ_f²)."""
    lengths: Array
    """(d,) how far one must go for another score, a parameter each (ℓ)."""
    noise: float
    """Variance of a trial of ratio 1 (σ_n²)."""

    @classmethod
    def of(cls, theta: Array) -> Scales:
        """From their logarithms (d+2,)."""
        values = np.exp(theta)
        return cls(float(values[0]), values[1:-1], float(values[-1]))

    def logarithms(self) -> Array:
        """θ (d+2,)."""
        return np.log([self.signal, *self.lengths, self.noise])


class GaussianProcess:
    """The posterior after trials at `x` (n, d) with scores `y` (n,), whose noise variances are noise · `ratio` (n,).

    C. E. Rasmussen and C. K. I. Williams, "Gaussian processes for machine learning", MIT Press 2006, algorithm 2.1;
    scikit-learn does the conditioning. The variance is that of the score's mean, without a trial's noise.
    """

    def __init__(self, x: Array, y: Array, ratio: Array, scales: Scales) -> None:
        self.scales = scales
        kernel = ConstantKernel(scales.signal) * Matern(scales.lengths, nu=2.5)
        self._model: Any = GaussianProcessRegressor(kernel, alpha=scales.noise * ratio, optimizer=None).fit(x, y)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation (m,) at points (m, d)."""
        k = self._model.kernel_(self._model.X_train_, x)
        v = solve_triangular(self._model.L_, k, lower=True, check_finite=False)
        variance = np.maximum(self.scales.signal - (v**2).sum(axis=0), SMALLEST)
        return k.T @ self._model.alpha_, np.sqrt(variance)

    def slopes(self, x: Array) -> tuple[float, float, Array, Array]:
        """Mean, standard deviation and their gradients (d,) at one point (d,)."""
        apart = (x - self._model.X_train_) / self.scales.lengths
        k, fall = _matern(np.sqrt((apart**2).sum(axis=1)), self.scales.signal)
        v = solve_triangular(self._model.L_, k, lower=True, check_finite=False)
        w = solve_triangular(self._model.L_, v, lower=True, trans=1, check_finite=False)  # K⁻¹ k
        std = float(np.sqrt(max(self.scales.signal - v @ v, SMALLEST)))
        dk = -fall[:, None] * apart / self.scales.lengths
        return float(k @ self._model.alpha_), std, dk.T @ self._model.alpha_, -(dk.T @ w) / std


def _matern(r: Array, signal: float) -> tuple[Array, Array]:
    """k(r) and -k'(r) / r at scaled distances r."""
    s = np.sqrt(5.0) * r
    e = signal * np.exp(-s)
    return (1.0 + s + s**2 / 3.0) * e, 5.0 / 3.0 * (1.0 + s) * e


def loss(theta: Array, x: Array, y: Array, ratio: Array) -> tuple[float, Array]:
    """-log p(y | x, θ) and its gradient by θ, the logarithms of `Scales`; Rasmussen & Williams (5.8), (5.9)."""
    signal, lengths, noise = Scales.of(theta)
    z = x / lengths
    k, fall = _matern(cdist(z, z), signal)
    factor = cholesky(k + np.diag(noise * ratio), lower=True, check_finite=False)
    inverse = cho_solve((factor, True), np.eye(len(y)), check_finite=False)
    alpha = inverse @ y
    value = 0.5 * y @ alpha + np.log(np.diag(factor)).sum() + 0.5 * len(y) * np.log(2 * np.pi)
    w = inverse - np.outer(alpha, alpha)
    v = w * fall  # ∂k/∂log ℓ_j is fall · (z_ij - z_kj)², summed below without an (n, n, d) array
    by_length = v.sum(axis=1) @ z**2 - (z * (v @ z)).sum(axis=0)
    gradient = [0.5 * (w * k).sum(), *by_length, 0.5 * noise * (np.diag(w) @ ratio)]
    return float(value), np.array(gradient)


def fit(x: Array, y: Array, ratio: Array, prior: Scales, widths: Array, starts: Sequence[Scales]) -> Scales:
    """The most probable scales, of log-normal priors about `prior` with standard deviations `widths` (d+2,) of θ."""
    centre = prior.logarithms()

    def objective(theta: Array) -> tuple[float, Array]:
        value, gradient = loss(theta, x, y, ratio)
        off = (theta - centre) / widths
        return value + 0.5 * float(off @ off), gradient + off / widths

    bounds = np.stack([centre - 4 * widths, centre + 4 * widths], axis=1)
    options = {"maxiter": ITERATIONS, "maxfun": 2 * ITERATIONS}
    found = [
        minimize(objective, s.logarithms(), jac=True, method="L-BFGS-B", bounds=bounds, options=options) for s in starts
    ]
    return Scales.of(np.round(min(found, key=lambda f: float(f.fun)).x, DECIMALS))
