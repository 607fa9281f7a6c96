"""A scalar linear-quadratic regulator over a finite horizon, whose policy gradient is known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.gradients import (
    Baseline,
    Returns,
    estimate_gradient,
    score_gain,
    score_log_std,
)
from gait.lecture.steps import unit_episodes

Array = NDArray[np.float64]

LADDER: dict[str, tuple[Returns, Baseline]] = {
    "REINFORCE": ("total", "none"),
    "reward-to-go": ("reward-to-go", "none"),
    "REINFORCE, mean": ("total", "mean"),
    "REINFORCE, optimal": ("total", "optimal"),
    "GPOMDP, optimal": ("gpomdp", "optimal"),
    "reward-to-go, mean": ("reward-to-go", "mean"),
    "reward-to-go, state value": ("reward-to-go", "state-value"),
}
"""Estimators from the plainest on: what a decision is held to, and what that is compared with."""


class Rollouts(NamedTuple):
    """What happened in n trials of H steps."""

    draws: Array
    """z (n, H)"""
    states: Array
    """x (n, H)"""
    rewards: Array
    """(n, H)"""


@dataclass(frozen=True)
class Regulator:
    """x' = a x + b u + w, reward -(q x² + r u²), u = k x + e^ρ z; z and w/σ_w standard normal, x₀ ~ N(0, σ₀²)."""

    a: float = 0.9
    b: float = 0.5
    q: float = 1.0
    r: float = 0.3
    disturbance: float = 0.3
    """σ_w"""
    start: float = 1.0
    """σ₀"""
    horizon: int = 20
    """H"""

    def expected_return(self, theta: Any) -> Any:
        """J of θ = (k, ρ), from E[x²], which follows from itself; holds for complex numbers too."""
        k, ρ = theta
        second, total = self.start**2, 0.0
        for _ in range(self.horizon):
            effort = k**2 * second + np.exp(2 * ρ)  # E[u²]
            total = total - self.q * second - self.r * effort
            second = (self.a + self.b * k) ** 2 * second + self.b**2 * np.exp(2 * ρ) + self.disturbance**2
        return total

    def gradient(self, theta: Array) -> Array:
        """∇J (2,), exact to rounding: a step along the imaginary axis subtracts nothing."""
        tiny = 1e-30
        return np.array([self.expected_return(theta + tiny * 1j * e).imag / tiny for e in np.eye(2)])

    def fisher(self, theta: Array) -> Array:
        """F (2, 2) of a whole trial: e^(-2ρ) Σ E[x²] for k, 2 a step for ρ; the two do not mix."""
        k, ρ = theta
        second, total = self.start**2, 0.0
        for _ in range(self.horizon):
            total += second
            second = (self.a + self.b * k) ** 2 * second + self.b**2 * math.exp(2 * ρ) + self.disturbance**2
        return np.diag([math.exp(-2 * ρ) * total, 2.0 * self.horizon])

    def walk(self, theta: Array, trials: int, rng: np.random.Generator) -> Rollouts:
        """That many trials under the policy θ = (k, ρ)."""
        k, ρ = theta
        z = rng.standard_normal((trials, self.horizon))
        w = self.disturbance * rng.standard_normal((trials, self.horizon))
        x = self.start * rng.standard_normal(trials)
        states, rewards = np.zeros_like(z), np.zeros_like(z)
        for t in range(self.horizon):
            u = k * x + math.exp(ρ) * z[:, t]
            states[:, t], rewards[:, t] = x, -(self.q * x**2 + self.r * u**2)
            x = self.a * x + self.b * u + w[:, t]
        return Rollouts(z, states, rewards)


def scores(rollouts: Rollouts, theta: Array) -> Array:
    """∂ log π / ∂ (k, ρ) of every decision, (n H, 2)."""
    z, log_std = rollouts.draws.reshape(-1, 1), np.array([theta[1]])
    return np.hstack([score_gain(z, log_std, rollouts.states.reshape(-1, 1))[:, 0], score_log_std(z)])


def estimate(rollouts: Rollouts, theta: Array, returns: Returns, baseline: Baseline) -> Array:
    """∇J (2,) as one batch of trials tells it."""
    episodes = unit_episodes(rollouts.rewards, rollouts.states)
    return estimate_gradient(scores(rollouts, theta), episodes, math.inf, returns, baseline)


class Spread(NamedTuple):
    """How an estimator did in many batches, component by component."""

    mean: Array
    sd: Array
    error: Array
    """Standard error of the mean."""


def spread_of(estimates: Array) -> Spread:
    """Of one estimate a batch, (batches, 2)."""
    sd = estimates.std(axis=0, ddof=1)
    return Spread(estimates.mean(axis=0), sd, sd / math.sqrt(len(estimates)))
