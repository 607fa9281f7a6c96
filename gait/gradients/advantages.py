"""Advantages: how much more progress followed a decision than was to be expected, by several baselines."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gait.gradients.episodes import Episodes, progress_to_go

Array = NDArray[np.float64]
Returns = Literal["total", "reward-to-go", "gpomdp"]
"""What a decision is held to: its whole trial, what followed it, or each later reward against that time's own."""
Baseline = Literal["none", "mean", "optimal", "state-value"]
"""What that is compared with; the optimal baselines are in `gait.gradients.optimal`."""

FOLDS = 4
"""Parts into which the trials are split to fit a state value; each is predicted from the others."""
RIDGE = 1e-2
"""Shrinkage of the state value's standardised coefficients; keeps few decisions from fitting their noise."""


def advantages(
    episodes: Episodes,
    tau: float = math.inf,
    baseline: Literal["none", "mean", "state-value"] = "mean",
    returns: Returns = "reward-to-go",
) -> Array:
    """How much more progress (M,) followed each decision than was to be expected.

    Q(t) = ∫ rate(s) exp(-(s - t)/τ) ds from t on. With a baseline the rate counts against the average speed v
    of other trials, so that a gait is not paid for taking long strides: equal speeds get equal advantages
    whatever their periods. Neither v nor the baseline sees the trial it is used for, so neither biases a
    gradient. Trials whose decisions all last 1 s are the textbook's steps.

    Args:
      episodes: what was walked.
      tau: seconds after which progress counts 1/e; may be infinite.
      baseline: "none" leaves Q as it is; "mean" is the mean Q of the other trials at this decision's start
        time; "state-value" a ridge regression of Q on [1, φ, φ², time remaining, time remaining²], fitted on
        other trials.
      returns: "reward-to-go" is Q from each decision on; "total" that of the whole trial, from its beginning.
        "gpomdp" is "reward-to-go" here: Σ_t C_t (r_t - b_t) with C_t = Σ_{k≤t} ∇log π_k has the same terms as
        Σ_k ∇log π_k Σ_{t≥k} (r_t - b_t). The two differ by what is optimal for each.
    """
    trial, n = episodes.trial, len(episodes.asked)
    m = np.arange(len(trial))
    times = start_times(episodes, returns)
    progress, seconds = progress_to_go(episodes, times, tau)
    if baseline == "none" or n < 2:
        alone: Array = progress[trial, m]
        return alone
    parts = np.arange(n) % FOLDS if baseline == "state-value" else np.arange(n)
    speed = speed_elsewhere(episodes, parts)
    # (n, M): that of every trial from each decision's time on, against the speed for the decision's own trial
    togo = progress - speed[parts[trial]] * seconds
    own: Array = togo[trial, m]
    if baseline == "mean":
        others: Array = (togo.sum(axis=0) - own) / (n - 1)
        return own - others
    columns = _state(episodes, times, returns != "total")
    return own - _state_values(columns, parts[trial], progress[trial, m] - speed[:, None] * seconds[trial, m])


def trial_advantages(episodes: Episodes) -> Array:
    """How much more progress each trial (n,) made than the mean of the others, all of it undiscounted."""
    n = len(episodes.asked)
    if n < 2:
        return np.zeros(n)
    progress, seconds = progress_to_go(episodes, np.zeros(1), math.inf)
    # (n, n): row j of column i is trial j against the speed that the trials but i had
    lead = progress - speed_elsewhere(episodes, np.arange(n)) * seconds
    own = np.diagonal(lead)
    better: Array = own - (lead.sum(axis=0) - own) / (n - 1)
    return better


def start_times(episodes: Episodes, returns: Returns) -> Array:
    """Seconds (M,) since its trial began from which on each decision is judged."""
    return np.zeros(len(episodes.trial)) if returns == "total" else episodes.starts


def speed_elsewhere(episodes: Episodes, parts: NDArray[np.int64]) -> Array:
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
