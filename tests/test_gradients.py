"""Gradient estimators: exact against a scalar LQR and against slow, plain sums."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from gait import gradients
from gait.gradients import Episodes, advantages, policy_gradient, progress_to_go
from gait.gradients.advantages import FOLDS

# Scores


def gaussian(rng, m=7, d=3, f=2):
    mean, log_std, gain = rng.normal(size=d), rng.normal(-1.0, 0.5, d), rng.normal(size=(d, f))
    features = rng.normal(size=(m, f))
    return mean, log_std, gain, features


def log_density(action, mean, log_std, gain, features):
    z = (action - mean - gain @ features) / np.exp(log_std)
    return -0.5 * (z**2).sum() - log_std.sum()


def numeric(function, x, h=1e-5):
    slopes = np.zeros(x.size)
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = h
        slopes[i] = (function(x + step.reshape(x.shape)) - function(x - step.reshape(x.shape))) / (2 * h)
    return slopes.reshape(x.shape)


def close(a, b, rtol=1e-6):
    return np.abs(a - b).max() < rtol * np.abs(b).max()


def test_gaussian_scores_are_the_numeric_gradients():
    rng = np.random.default_rng(1)
    mean, log_std, gain, features = gaussian(rng)
    actions = mean + features @ gain.T + np.exp(log_std) * rng.normal(size=(7, 3))
    z = gradients.standard_draws(actions, mean, log_std, gain, features)
    score = (
        gradients.score_mean(z, log_std),
        gradients.score_log_std(z),
        gradients.score_gain(z, log_std, features),
    )
    for m in range(7):
        a, φ = actions[m], features[m]
        assert close(score[0][m], numeric(lambda x: log_density(a, x, log_std, gain, φ), mean))  # noqa: B023
        assert close(score[1][m], numeric(lambda x: log_density(a, mean, x, gain, φ), log_std))  # noqa: B023
        assert close(score[2][m], numeric(lambda x: log_density(a, mean, log_std, x, φ), gain))  # noqa: B023


def test_softmax_score_is_the_numeric_gradient_and_averages_to_zero():
    rng = np.random.default_rng(2)
    preferences, features = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))

    def log_chance(x, φ, a):
        return (x @ φ)[a] - math.log(np.exp(x @ φ).sum())

    chances = np.exp(features @ preferences.T)
    chances /= chances.sum(axis=1, keepdims=True)
    average = np.zeros((5, 4, 3))
    for a in range(4):
        score = gradients.score_softmax(preferences, features, np.full(5, a))
        average += chances[:, a, None, None] * score
        for m in range(5):
            assert close(score[m], numeric(lambda x: log_chance(x, features[m], a), preferences))  # noqa: B023
    assert np.abs(average).max() < 1e-14
    huge = gradients.score_softmax(1e5 * preferences, features, np.zeros(5, int))
    assert np.isfinite(huge).all()


def test_tabular_softmax_touches_only_the_state_it_was_in():
    score = gradients.score_softmax(np.zeros((2, 3)), np.eye(3), np.array([0, 1, 0]))
    assert np.array_equal(score[1], [[0, -0.5, 0], [0, 0.5, 0]])


def test_scores_average_to_zero_and_have_the_known_fisher_information():
    rng = np.random.default_rng(3)
    m = 200_000
    mean, log_std, gain, features = gaussian(rng, m, d=2)
    z = gradients.standard_draws(
        mean + features @ gain.T + np.exp(log_std) * rng.normal(size=(m, 2)), mean, log_std, gain, features
    )
    of_gain = gradients.score_gain(z, log_std, features).reshape(m, -1)
    scores = np.hstack([gradients.score_mean(z, log_std), gradients.score_log_std(z), of_gain])
    assert (np.abs(z_score(scores)) < 4).all()
    log_std_block = gradients.score_log_std(z) ** 2
    assert (np.abs(z_score(log_std_block - 2.0)) < 4).all()
    # features are standard normal here, so the gain's block is e^(-2ρ) for each of them
    assert (np.abs(z_score(of_gain**2 - np.repeat(np.exp(-2 * log_std), 2))) < 4).all()


def z_score(samples):
    """Mean over the first axis in standard errors."""
    return samples.mean(axis=0) / (samples.std(axis=0, ddof=1) / math.sqrt(len(samples)))


# A scalar LQR with a known gradient: x' = a x + b u + w, reward -(q x² + r u²), u = c + k x + e^ρ z

A, B, Q, R, W, X0 = 0.9, 0.5, 1.0, 0.3, 0.3, 1.0
THETA = np.array([0.2, -0.4, -0.7])  # c, k, ρ
H, N, BATCHES = 10, 5, 2500


def exact_return(theta):
    """Expected return, by the first and second moments of the state; holds for complex numbers too."""
    c, k, ρ = theta
    first, second, total = 0.0, X0**2, 0.0
    for _ in range(H):
        control = k**2 * second + 2 * k * c * first + c**2 + np.exp(2 * ρ)
        total -= Q * second + R * control
        cross = k * second + c * first  # E[x u]
        first, second = (
            A * first + B * (k * first + c),
            A**2 * second + 2 * A * B * cross + B**2 * control + W**2,
        )
    return total


# the derivative along an imaginary step is exact to rounding: nothing is subtracted
EXACT = np.array([exact_return(THETA + 1e-30j * e).imag / 1e-30 for e in np.eye(3)])


@cache
def rollouts():
    """Draws, states and rewards of all batches, each (BATCHES, N, H)."""
    rng = np.random.default_rng(4)
    c, k, ρ = THETA
    x = X0 * rng.normal(size=(BATCHES, N))
    z = rng.normal(size=(BATCHES, N, H))
    states, rewards = np.zeros_like(z), np.zeros_like(z)
    for t in range(H):
        u = c + k * x + np.exp(ρ) * z[:, :, t]
        states[:, :, t], rewards[:, :, t] = x, -(Q * x**2 + R * u**2)
        x = A * x + B * u + W * rng.normal(size=x.shape)
    return z, states, rewards


def unit_episodes(rewards, states=None):
    """Trials of equal length (n, T) whose decisions last 1 s each."""
    n, length = rewards.shape
    features = np.zeros((rewards.size, 0)) if states is None else states.reshape(-1, 1)
    return Episodes(
        trial=np.repeat(np.arange(n), length),
        features=features,
        rewards=rewards.ravel(),
        durations=np.ones(rewards.size),
        asked=np.full(n, float(length)),
        fell=np.zeros(n, bool),
    )


@cache
def estimates(name):
    """One gradient estimate (c, k, ρ) a batch, by the estimator of that name."""
    out = np.zeros((BATCHES, 3))
    log_std = THETA[2:]
    for i, (z, states, rewards) in enumerate(zip(*rollouts(), strict=True)):
        draws, features = z.reshape(-1, 1), states.reshape(-1, 1)
        mean, spread = gradients.score_mean(draws, log_std), gradients.score_log_std(draws)
        scores = np.hstack([mean, gradients.score_gain(draws, log_std, features)[:, 0], spread])
        out[i] = policy_gradient(scores, ESTIMATORS[name](states, rewards), N)
    return out


def by(baseline, to_go):
    return lambda states, rewards: advantages(unit_episodes(rewards, states), math.inf, baseline, to_go)


def plain(to_go):
    """The textbook's: nothing subtracted."""

    def weigh(states, rewards):
        episodes = unit_episodes(rewards)
        times = episodes.starts if to_go else np.zeros(N * H)
        return progress_to_go(episodes, times, math.inf)[0][episodes.trial, np.arange(N * H)]

    return weigh


def in_batch_mean(states, rewards):
    """The usual mistake: each trial is compared with a mean that contains it."""
    togo = rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    return (togo - togo.mean(axis=0)).ravel()


ESTIMATORS = {
    "return": plain(False),
    "to-go": plain(True),
    "return, leave-one-out": by("leave-one-out", False),
    "to-go, average speed": by("none", True),
    "to-go, leave-one-out": by("leave-one-out", True),
    "return, state value": by("state-value", False),
    "to-go, state value": by("state-value", True),
    "to-go, in-batch mean": in_batch_mean,
}
HONEST = [name for name in ESTIMATORS if name != "to-go, in-batch mean"]


@pytest.mark.parametrize("name", HONEST)
def test_estimators_meet_the_exact_lqr_gradient(name):
    assert (np.abs(z_score(estimates(name) - EXACT)) < 4).all()


def test_a_mean_that_contains_the_trial_shrinks_the_gradient():
    biased, honest = estimates("to-go, in-batch mean"), estimates("to-go, leave-one-out")
    assert np.abs(z_score(biased - EXACT)).max() > 6
    assert np.allclose(biased, honest * (N - 1) / N, rtol=1e-9, atol=1e-9)


def test_better_baselines_leave_less_variance():
    order = ("return", "return, leave-one-out", "to-go, leave-one-out", "to-go, state value")
    spreads = [estimates(name).std(axis=0) for name in order]
    for worse, better in pairwise(spreads):
        assert (better < 0.95 * worse).all(), spreads


# Time


def some_episodes(rng, n=6, f=2, fell=None, most=9):
    counts = rng.integers(0, most, n)
    m = int(counts.sum())
    fell = rng.random(n) < 0.5 if fell is None else np.full(n, fell)
    trial = np.repeat(np.arange(n), counts)
    durations = rng.uniform(0.3, 0.9, m)
    asked = np.bincount(trial, durations, n) + rng.uniform(0.0, 2.0, n)
    return Episodes(trial, rng.normal(size=(m, f)), rng.normal(size=m), durations, asked, fell)


def slow_to_go(episodes, j, t, tau, speed):
    """∫ (rate - speed) e^(-(s-t)/τ) ds of trial j from t on, stride by stride."""
    mine = episodes.trial == j
    pieces = list(zip(episodes.rewards[mine], episodes.durations[mine], strict=True))
    if episodes.fell[j]:
        pieces.append((0.0, episodes.asked[j] - episodes.durations[mine].sum()))
    total, begin = 0.0, 0.0
    for reward, duration in pieces:
        a, b = max(begin - t, 0.0), max(begin + duration - t, 0.0)
        weight = b - a if math.isinf(tau) else tau * (math.exp(-a / tau) - math.exp(-b / tau))
        total += (reward / duration - speed) * weight if duration > 0 else 0.0
        begin += duration
    return total


def slow_speed(episodes, without):
    progress, seconds = 0.0, 0.0
    for j in set(range(len(episodes.asked))) - without:
        mine = episodes.trial == j
        progress += episodes.rewards[mine].sum()
        seconds += episodes.asked[j] if episodes.fell[j] else episodes.durations[mine].sum()
    return progress / seconds if seconds else 0.0


@pytest.mark.parametrize("tau", [0.7, math.inf])
@pytest.mark.parametrize("to_go", [True, False])
def test_advantages_are_the_slow_plain_sums(tau, to_go):
    rng = np.random.default_rng(5)
    for _ in range(20):
        e = some_episodes(rng)
        n = len(e.asked)
        none, loo = (advantages(e, tau, name, to_go) for name in ("none", "leave-one-out"))
        for m, i in enumerate(e.trial):
            t, speed = e.starts[m] if to_go else 0.0, slow_speed(e, {i})
            own = slow_to_go(e, i, t, tau, speed)
            others = [slow_to_go(e, j, t, tau, speed) for j in range(n) if j != i]
            assert none[m] == pytest.approx(own, abs=1e-10)
            assert loo[m] == pytest.approx(own - np.mean(others), abs=1e-10)


def test_unit_durations_give_the_ordinary_reward_to_go():
    rewards = np.random.default_rng(6).normal(size=(4, 6))
    togo = rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    others = (togo.sum(axis=0) - togo) / 3
    assert np.allclose(advantages(unit_episodes(rewards)).reshape(4, 6), togo - others, rtol=0, atol=1e-12)
    whole = (rewards.sum(axis=1) * 4 / 3 - rewards.sum() / 3)[:, None]
    got = advantages(unit_episodes(rewards), to_go=False).reshape(4, 6)
    assert np.allclose(got, np.repeat(whole, 6, axis=1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("tau", [0.5, 1.0, math.inf])
@pytest.mark.parametrize("others", ["steady", "falling"])
def test_equal_speeds_of_different_periods_get_equal_advantage(tau, others):
    rng = np.random.default_rng(7)
    counts = [14, 10, 28, 9, 6]
    periods = [0.5, 0.7, 0.25, 7 / 9, 7 / 6]
    durations = np.repeat(periods, counts)
    trial = np.repeat(np.arange(5), counts)
    rewards = 0.3 * durations  # the first three gaits walk at 0.3 m/s
    rewards[trial >= 3] = rng.normal(size=15)
    fell = np.array([False, False, False, False, others == "falling"])
    asked = np.array([7.0, 7.0, 7.0, 7.0, 9.0])
    e = Episodes(trial, np.zeros((len(trial), 0)), rewards, durations, asked, fell)
    got = advantages(e, tau)
    for time in (0.0, 3.5):
        shared = [got[m] for m in np.flatnonzero(trial < 3) if abs(e.starts[m] - time) < 1e-9]
        assert len(shared) == 3
        assert np.ptp(shared) < 1e-12
        assert abs(shared[0]) > 1e-3  # they differ from the rest, or the law would say nothing


def test_a_fall_costs_the_progress_of_the_seconds_it_left_unwalked():
    durations, rewards = np.full(12, 0.5), np.full(12, 0.1)
    trial = np.repeat(np.arange(3), 4)
    asked = np.full(3, 2.0)
    walked = Episodes(trial, np.zeros((12, 0)), rewards, durations, asked, np.zeros(3, bool))
    assert np.abs(advantages(walked)).max() < 1e-15
    keep = np.arange(12) < 9  # the last trial falls after its first stride
    fell = Episodes(
        trial[keep], np.zeros((9, 0)), rewards[keep], durations[keep], asked, np.array([False, False, True])
    )
    assert advantages(fell)[8] == pytest.approx(-0.2 * 1.5)


@pytest.mark.parametrize("baseline", ["leave-one-out", "state-value", "none"])
def test_a_constant_speed_added_to_all_changes_nothing(baseline):
    rng = np.random.default_rng(8)
    for _ in range(20):
        e = some_episodes(rng, fell=False)
        faster = Episodes(e.trial, e.features, e.rewards + 3.0 * e.durations, e.durations, e.asked, e.fell)
        for tau in (0.7, math.inf):
            assert np.allclose(advantages(e, tau, baseline), advantages(faster, tau, baseline), rtol=0, atol=1e-9)


@pytest.mark.parametrize("baseline", ["leave-one-out", "state-value"])
def test_baselines_do_not_see_what_the_judged_trial_did_from_there_on(baseline):
    rng = np.random.default_rng(9)
    for _ in range(40):
        e = some_episodes(rng, n=8)
        m = int(rng.integers(len(e.trial)))
        i = int(e.trial[m])
        later = (e.trial == i) & (np.arange(len(e.trial)) >= m)
        rewards = np.where(later, rng.normal(size=len(later)), e.rewards)
        durations = np.where(later, rng.uniform(0.3, 0.9, len(later)), e.durations)
        fell = np.where(np.arange(8) == i, ~e.fell, e.fell)
        other = Episodes(e.trial, e.features, rewards, durations, e.asked, fell)
        unseen = {j for j in range(8) if j % FOLDS == i % FOLDS}
        unseen = unseen if baseline == "state-value" else {i}
        base = []
        for x in (e, other):
            own = slow_to_go(x, i, x.starts[m], 0.7, slow_speed(x, unseen))
            base.append(own - advantages(x, 0.7, baseline)[m])
        assert base[0] == pytest.approx(base[1], abs=1e-9)


@pytest.mark.parametrize("baseline", ["leave-one-out", "state-value", "none"])
def test_few_or_empty_trials_are_no_trouble(baseline):
    rng = np.random.default_rng(10)
    for n in (1, 2, 3, 5):
        e = some_episodes(rng, n=n, most=2)
        assert np.isfinite(advantages(e, 1.0, baseline)).all()
    nothing = np.zeros(0)
    none = Episodes(nothing.astype(int), np.zeros((0, 2)), nothing, nothing, np.full(3, 8.0), np.ones(3, bool))
    assert advantages(none, 1.0, baseline).shape == (0,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rewards", np.array([1.0, np.nan])),
        ("durations", np.array([1.0, 0.0])),
        ("trial", np.array([1, 0])),
        ("trial", np.array([0, 2])),
        ("rewards", np.zeros(3)),
        ("features", np.zeros(2)),
    ],
)
def test_bad_episodes_are_refused(field, value):
    good = {
        "trial": np.array([0, 1]),
        "features": np.zeros((2, 1)),
        "rewards": np.zeros(2),
        "durations": np.ones(2),
        "asked": np.ones(2),
        "fell": np.zeros(2, bool),
    }
    with pytest.raises(ValueError, match="episodes"):
        Episodes(**(good | {field: value}))


# Kohl & Stone's groups


def test_group_differences_average_to_twice_the_change_along_the_slope():
    rng = np.random.default_rng(11)
    slope, eps = np.array([0.7, -0.2, 0.0, 1.5]), np.array([0.1, 0.3, 0.2, 0.05])
    found = np.zeros((4000, 4))
    for i in range(4000):
        signs = rng.integers(-1, 2, (30, 4))  # 30: an empty group is then too rare to matter
        found[i] = gradients.group_differences(signs, 5.0 + (signs * eps) @ slope + 0.05 * rng.normal(size=30))
    assert (np.abs(z_score(found - 2 * eps * slope)) < 4).all()


def test_group_averages_are_those_of_the_three_groups():
    signs = np.array([[1, 1], [1, 0], [0, 1], [-1, 1]])
    averages = gradients.group_averages(signs, np.array([1.0, 2.0, 4.0, 8.0]))
    assert np.array_equal(averages[:, 0], [1.5, 4.0, 8.0])
    assert np.array_equal(averages[:, 1], [13 / 3, 2.0, np.nan], equal_nan=True)


def test_a_parameter_that_scored_best_unmoved_stays():
    signs = np.array([[1, 1], [0, 0], [-1, -1]])
    assert np.array_equal(gradients.kohl_stone_direction(signs, np.array([1.0, 2.0, 0.0])), [0.0, 0.0])
    direction = gradients.kohl_stone_direction(signs, np.array([3.0, 2.0, 0.0]))
    assert np.allclose(direction, np.sqrt([0.5, 0.5]))


@pytest.mark.parametrize("missing", [1, 0, -1])
def test_an_empty_group_says_nothing(missing):
    rng = np.random.default_rng(12)
    signs = rng.integers(-1, 2, (15, 3))
    signs[signs[:, 1] == missing, 1] = {1: 0, 0: 1, -1: 0}[missing]
    direction = gradients.kohl_stone_direction(signs, signs[:, 0] + 0.1 * rng.normal(size=15))
    assert direction[1] == 0.0
    assert np.linalg.norm(direction) == pytest.approx(1.0)


def test_no_slope_is_no_step():
    signs = np.random.default_rng(13).integers(-1, 2, (15, 3))
    for score in (0.25, 1.7):  # the latter's averages round
        assert np.array_equal(gradients.kohl_stone_direction(signs, np.full(15, score)), np.zeros(3))
