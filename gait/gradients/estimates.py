"""One gradient estimate from a batch of trials, by what a decision is held to and what that is compared with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gait.gradients.advantages import Baseline, Returns, advantages
from gait.gradients.episodes import Episodes
from gait.gradients.optimal import optimal_advantages
from gait.gradients.scores import policy_gradient

Array = NDArray[np.float64]


def judge(
    scores: Array,
    episodes: Episodes,
    tau: float = math.inf,
    returns: Returns = "reward-to-go",
    baseline: Baseline = "mean",
) -> Array:
    """Advantages (M,) of the decisions, or (M, …) of each component of their scores (M, …) by optimal baselines."""
    if baseline == "optimal":
        return optimal_advantages(scores, episodes, tau, returns)
    return advantages(episodes, tau, baseline, returns)


def estimate_gradient(
    scores: Array,
    episodes: Episodes,
    tau: float = math.inf,
    returns: Returns = "reward-to-go",
    baseline: Baseline = "mean",
) -> Array:
    """The likelihood-ratio gradient (…) of the progress of a trial, from scores (M, …); unbiased if τ is infinite."""
    return policy_gradient(scores, judge(scores, episodes, tau, returns, baseline), len(episodes.asked))
