"""Policy gradients as pure functions: scores, rewards-to-go in seconds, baselines, Kohl & Stone's groups.

Shapes: n trials, M decisions of all trials laid end to end, d numbers in an action, f features in a state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Baseline = Literal["none", "leave-one-out", "state-value"]

FOLDS = 4
"""Parts into which the trials are split to fit a state value; each is predicted from the others."""
RIDGE = 1e-2
"""Shrinkage of the state value's standardised coefficients; keeps few decisions from fitting their noise."""


# Score functions: the gradient of log π(action | state), one row a decision


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


# Rewards-to-go in continuous time


@dataclass(frozen=True, eq=False)
class Episodes:
    """The decisions of n trials, in order, trial after trial.

    Raises:
      ValueError: shapes disagree, a number is not finite, a duration not positive, or trials not in order.
    """

    trial: NDArray[np.int64]
    """(M,) the trial of each decision, 0…n-1, never decreasing; a trial may have no decision."""
    features: Array
    """(M, f) the state in which each decision was made."""
    rewards: Array
    """(M,) progress made during each decision."""
    durations: Array
    """(M,) seconds each decision lasted."""
    asked: Array
    """(n,) seconds each trial should have lasted."""
    fell: NDArray[np.bool_]
    """(n,) whether the trial fell: it then makes no progress for the rest of the asked seconds."""

    def __post_init__(self) -> None:
        m, n = len(self.trial), len(self.asked)
        sizes = (self.features.shape[:1], self.rewards.shape, self.durations.shape, self.fell.shape)
        if self.features.ndim != 2 or sizes != ((m,), (m,), (m,), (n,)):
            raise ValueError(f"episodes: {m} decisions of {n} trials, but arrays of shapes {sizes}")
        numbers = (self.features, self.rewards, self.durations, self.asked)
        if not all(np.isfinite(a).all() for a in numbers) or not (self.durations > 0).all():
            raise ValueError("episodes: all numbers must be finite, and durations above 0 s")
        if m and (self.trial[0] < 0 or self.trial[-1] >= n or (np.diff(self.trial) < 0).any()):
            raise ValueError(f"episodes: trials must be in order and within 0…{n - 1}")

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """(M,) number of each decision in its own trial, from 0."""
        first = np.searchsorted(self.trial, np.arange(len(self.asked)))
        return np.arange(len(self.trial)) - first[self.trial]

    @cached_property
    def lengths(self) -> Array:
        """(n, K+1) seconds of each decision, 0 where a trial has fewer; last, what a fall left unwalked."""
        lengths = np.zeros((len(self.asked), int(self.place.max(initial=-1)) + 2))
        lengths[self.trial, self.place] = self.durations
        lengths[:, -1] = np.where(self.fell, np.maximum(self.asked - lengths.sum(axis=1), 0.0), 0.0)
        return lengths

    @cached_property
    def edges(self) -> Array:
        """(n, K+2) seconds since the trial began, at which its decisions and the rest begin and end."""
        # summed trial by trial, so that equal gaits get equal times to the last bit
        edges: Array = np.pad(np.cumsum(self.lengths, axis=1), ((0, 0), (1, 0)))
        return edges

    @cached_property
    def starts(self) -> Array:
        """(M,) seconds since the trial began at which each decision was made."""
        return self.edges[self.trial, self.place]


def progress_to_go(episodes: Episodes, times: Array, tau: float) -> tuple[Array, Array]:
    """Discounted progress, and discounted seconds, of every trial from each of `times` (m,) on; both (n, m).

    Q(t) = ∫ rate(s) exp(-(s - t)/τ) ds from t to the trial's end, where a decision's reward is spread
    evenly over its duration; the seconds are the same integral of a rate of 1. A trial that fell goes on
    at rate 0 to the asked seconds; one that ended before t has 0 of both.
    """
    lengths, edges = episodes.lengths, episodes.edges
    n, segments = lengths.shape
    rates = np.zeros((2, n, segments + 1))  # one more, for the time after the end
    rates[0, episodes.trial, episodes.place] = episodes.rewards / episodes.durations
    rates[1, :, :-1] = 1.0
    pieces, decay = rates[:, :, :-1] * _discounted_length(lengths, tau), np.exp(-lengths / tau)
    tails = np.zeros((2, n, segments + 2))  # from the beginning of each segment on
    for k in reversed(range(segments)):
        tails[:, :, k] = pieces[:, :, k] + decay[:, k] * tails[:, :, k + 1]
    now = np.array([np.searchsorted(row, times, side="right") for row in edges[:, 1:]]).reshape(n, len(times))
    trial = np.arange(n)[:, None]
    left = np.maximum(edges[trial, np.minimum(now + 1, segments)] - times, 0.0)  # of the segment under way
    piece, fade = _discounted_length(left, tau), np.exp(-left / tau)
    progress, seconds = rates[:, trial, now] * piece + tails[:, trial, now + 1] * fade
    return progress, seconds


def _discounted_length(seconds: Array, tau: float) -> Array:
    """∫ exp(-s/τ) ds from 0 to each of `seconds`."""
    return seconds if math.isinf(tau) else -tau * np.expm1(-seconds / tau)


def advantages(
    episodes: Episodes, tau: float = math.inf, baseline: Baseline = "leave-one-out", to_go: bool = True
) -> Array:
    """How much more progress (M,) followed each decision than was to be expected.

    Progress counts against the average speed v of other trials, Q(t) = ∫ (rate - v) exp(-(s - t)/τ) ds, so
    that a gait is not paid for taking long strides: equal speeds get equal advantages whatever their
    periods. Neither v nor the baseline sees the trial it is used for, so neither biases a gradient.

    Args:
      episodes: what was walked.
      tau: seconds after which progress counts 1/e; may be infinite.
      baseline: "leave-one-out" is the mean Q of the other trials at this decision's start time;
        "state-value" a ridge regression of Q on [1, φ, φ², time remaining, time remaining²], fitted on
        other trials.
      to_go: from each decision on; else every decision is held to its whole trial, from its beginning.
    """
    trial, n = episodes.trial, len(episodes.asked)
    m = np.arange(len(trial))
    times = episodes.starts if to_go else np.zeros(len(trial))
    progress, seconds = progress_to_go(episodes, times, tau)
    parts = np.arange(n) % FOLDS if baseline == "state-value" else np.arange(n)
    speed = _speed_elsewhere(episodes, parts)
    # (n, M): that of every trial from each decision's time on, against the speed for the decision's own trial
    togo = progress - speed[parts[trial]] * seconds
    own: Array = togo[trial, m]
    if baseline == "none" or n < 2:
        return own
    if baseline == "leave-one-out":
        others: Array = (togo.sum(axis=0) - own) / (n - 1)
        return own - others
    columns = _state(episodes, times, to_go)
    return own - _state_values(columns, parts[trial], progress[trial, m] - speed[:, None] * seconds[trial, m])


def _speed_elsewhere(episodes: Episodes, parts: NDArray[np.int64]) -> Array:
    """Average speed of the trials outside each part, 0 where they took no time; a fall's rest counts."""
    progress = np.bincount(parts[episodes.trial], episodes.rewards, minlength=parts.max(initial=-1) + 1)
    seconds = np.bincount(parts, episodes.lengths.sum(axis=1))
    others, took = progress.sum() - progress, seconds.sum() - seconds
    speed: Array = np.divide(others, took, out=np.zeros(len(took)), where=took > 0)
    return speed


def _state(episodes: Episodes, times: Array, to_go: bool) -> Array:
    """[φ, φ², time remaining, time remaining²] (M, 2f+2) at each decision, or when its trial began."""
    # remaining of what was asked, not of what was walked: that a fall is coming is no part of the state
    remaining = (episodes.asked[episodes.trial] - times)[:, None]
    first = np.searchsorted(episodes.trial, episodes.trial)
    features = episodes.features if to_go else episodes.features[first]
    return np.hstack([features, features**2, remaining, remaining**2])


def _state_values(columns: Array, part: NDArray[np.int64], targets: Array) -> Array:
    """Cross-fitted V (M,): that of part p is fitted on the others' `targets[p]` (parts, M)."""
    values = np.zeros(len(part))
    for p, target in enumerate(targets):
        other = part != p
        if other.any():
            values[~other] = _ridge(columns[other], target[other], columns[~other])
    return values


def _ridge(rows: Array, targets: Array, wanted: Array) -> Array:
    """Predictions at `wanted` of a ridge regression on `rows`, within the range of the targets."""
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    x, level = (rows - centre) / scale, targets.mean()
    weights = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (targets - level))
    values: Array = np.clip(level + (wanted - centre) / scale @ weights, targets.min(), targets.max())
    return values


def policy_gradient(scores: Array, advantages: Array, trials: int) -> Array:
    """The likelihood-ratio estimate: Σ score × advantage over decisions (M, …), mean over `trials`; (…)."""
    gradient: Array = np.tensordot(advantages, scores, axes=1) / trials
    return gradient


# Kohl & Stone's finite differences


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
