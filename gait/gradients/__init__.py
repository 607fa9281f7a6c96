"""Policy gradients as pure functions: scores, rewards-to-go in seconds, baselines, differences.

Each estimator is a function of arrays, so that the lecture's small worlds and the walkers use the same ones.
"""

from __future__ import annotations

from gait.gradients.advantages import Baseline, advantages
from gait.gradients.differences import group_averages, group_differences, kohl_stone_direction
from gait.gradients.episodes import Episodes, progress_to_go
from gait.gradients.scores import (
    policy_gradient,
    score_gain,
    score_log_std,
    score_mean,
    score_softmax,
    standard_draws,
)

__all__ = [
    "Baseline",
    "Episodes",
    "advantages",
    "group_averages",
    "group_differences",
    "kohl_stone_direction",
    "policy_gradient",
    "progress_to_go",
    "score_gain",
    "score_log_std",
    "score_mean",
    "score_softmax",
    "standard_draws",
]
