"""Policy gradients as pure functions: scores, rewards-to-go in seconds, baselines, natural gradients, differences.

Each estimator is a function of arrays, so that the lecture's small worlds and the walkers use the same ones.
"""

from __future__ import annotations

from gait.gradients.advantages import Baseline, Returns, advantages, trial_advantages
from gait.gradients.differences import group_averages, group_differences, kohl_stone_direction
from gait.gradients.episodes import Episodes, progress_to_go
from gait.gradients.estimates import estimate_gradient, judge
from gait.gradients.features import FeatureScale
from gait.gradients.generalised import generalised_advantages
from gait.gradients.natural import divergence_step, episodic_natural_gradient
from gait.gradients.optimal import optimal_advantages, trial_sums
from gait.gradients.parameter_space import (
    antithetic_gradient,
    antithetic_spread_gradient,
    augmented_direction,
    regression_gradient,
)
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
    "FeatureScale",
    "Returns",
    "advantages",
    "antithetic_gradient",
    "antithetic_spread_gradient",
    "augmented_direction",
    "divergence_step",
    "episodic_natural_gradient",
    "estimate_gradient",
    "generalised_advantages",
    "group_averages",
    "group_differences",
    "judge",
    "kohl_stone_direction",
    "optimal_advantages",
    "policy_gradient",
    "progress_to_go",
    "regression_gradient",
    "score_gain",
    "score_log_std",
    "score_mean",
    "score_softmax",
    "standard_draws",
    "trial_advantages",
    "trial_sums",
]
