"""Scores against numeric gradients, advantages in seconds against slow, plain sums; groups of differences."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from gait import gradients
from gait.gradients import Episodes, advantages, judge, optimal_advantages, policy_gradient, trial_advantages
from gait.gradients.advantages import FOLDS
from gait.lecture.steps import unit_episodes

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
@pytest.mark.parametrize("returns", ["total", "reward-to-go"])
def test_advantages_are_the_slow_plain_sums(tau, returns):
    rng = np.random.default_rng(5)
    for _ in range(20):
        e = some_episodes(rng)
        n = len(e.asked)
        none, mean = (advantages(e, tau, name, returns) for name in ("none", "mean"))
        for m, i in enumerate(e.trial):
            t, speed = e.starts[m] if returns == "reward-to-go" else 0.0, slow_speed(e, {i})
            own = slow_to_go(e, i, t, tau, speed)
            others = [slow_to_go(e, j, t, tau, speed) for j in range(n) if j != i]
            assert none[m] == pytest.approx(slow_to_go(e, i, t, tau, 0.0), abs=1e-10)
            assert mean[m] == pytest.approx(own - np.mean(others), abs=1e-10)


def fading(episodes, scores, j, t, tau):
    """C of trial j just after t: the scores of what it decided, fading as exp(-s/τ)."""
    mine = (episodes.trial == j) & (episodes.starts <= t)
    return (scores[mine] * np.exp(-(t - episodes.starts[mine]) / tau)[:, None]).sum(axis=0)


def slow_rate(episodes, j, t):
    """Progress a second of trial j at t; None once it has ended, be it the seconds asked for after a fall."""
    mine = np.flatnonzero(episodes.trial == j)
    for m in mine:
        if episodes.starts[m] <= t < episodes.starts[m] + episodes.durations[m]:
            return episodes.rewards[m] / episodes.durations[m]
    end = episodes.asked[j] if episodes.fell[j] else episodes.durations[mine].sum()
    return 0.0 if t < end else None


def slow_gpomdp(episodes, scores, tau):
    """Σ_i ∫ C_i (rate_i - b_i) dt by quadrature on pieces between any decisions, from the definition."""
    edges = np.unique(episodes.edges)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    total = np.zeros(scores.shape[1])
    for begin, length in zip(edges[:-1], np.diff(edges), strict=True):
        for t, weight in zip(begin + length * (nodes + 1) / 2, weights * length / 2, strict=True):
            rates = [slow_rate(episodes, j, t) for j in range(len(episodes.asked))]
            traces = [fading(episodes, scores, j, t, tau) for j in range(len(rates))]
            for i, rate in enumerate(rates):
                if rate is None:
                    continue
                walking = [j for j, r in enumerate(rates) if j != i and r is not None]
                below = sum((traces[j] ** 2 for j in walking), np.zeros(scores.shape[1]))
                above = sum((traces[j] ** 2 * rates[j] for j in walking), np.zeros(scores.shape[1]))
                known = below > 0
                best = np.where(known, above / np.where(known, below, 1.0), slow_speed(episodes, {i}))
                total += weight * traces[i] * (rate - best)
    return total / len(episodes.asked)


@pytest.mark.parametrize("tau", [0.7, math.inf])
def test_optimal_gpomdp_is_the_integral_of_its_definition(tau):
    rng = np.random.default_rng(30)
    for n in (2, 4):
        e = some_episodes(rng, n=n, most=5)
        scores = rng.normal(size=(len(e.trial), 3))
        got = policy_gradient(scores, optimal_advantages(scores, e, tau, "gpomdp"), n)
        assert np.allclose(got, slow_gpomdp(e, scores, tau), rtol=0, atol=1e-9)


@pytest.mark.parametrize("tau", [0.7, math.inf])
@pytest.mark.parametrize("returns", ["total", "reward-to-go"])
def test_optimal_baselines_are_the_weighted_means_of_the_others(returns, tau):
    rng = np.random.default_rng(31)
    for _ in range(10):
        e = some_episodes(rng)
        scores = rng.normal(size=(len(e.trial), 2))
        got = optimal_advantages(scores, e, tau, returns)
        for m, i in enumerate(e.trial):
            t, speed = e.starts[m] if returns == "reward-to-go" else 0.0, slow_speed(e, {i})
            above, below = np.zeros(2), np.zeros(2)
            for j in set(range(len(e.asked))) - {i}:
                mine = e.trial == j
                if returns == "reward-to-go":
                    mine &= (e.starts <= t) & (t < e.edges[e.trial, e.place + 1])
                weight = scores[mine].sum(axis=0) ** 2
                above, below = above + weight * slow_to_go(e, j, t, tau, speed), below + weight
            best = np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)
            assert np.allclose(got[m], slow_to_go(e, i, t, tau, speed) - best, rtol=0, atol=1e-10)


@pytest.mark.parametrize("baseline", ["none", "mean"])
@pytest.mark.parametrize("tau", [0.7, math.inf])
def test_gpomdp_without_optimal_baselines_is_reward_to_go(baseline, tau):
    """Σ_t C_t (r_t - b_t), summed the other way round; in seconds, with falls and trials of any length."""
    rng = np.random.default_rng(32)
    for _ in range(5):
        e = some_episodes(rng, n=4, most=5)
        scores = rng.normal(size=(len(e.trial), 2))
        edges, total = np.unique(e.edges), np.zeros(2)
        for begin, end in pairwise(edges):
            shrink = end - begin if math.isinf(tau) else -tau * math.expm1(-(end - begin) / tau)
            speeds = np.array([slow_speed(e, {i}) for i in range(4)])
            rates = [slow_rate(e, j, begin) for j in range(4)]
            for i in range(4):
                lead = [0.0 if r is None else r - (baseline == "mean") * speeds[i] for r in rates]
                others = np.mean([lead[j] for j in range(4) if j != i]) if baseline == "mean" else 0.0
                total += fading(e, scores, i, begin, tau) * (lead[i] - others) * shrink
        got = policy_gradient(scores, advantages(e, tau, baseline, "gpomdp"), 4)
        assert np.allclose(got, total / 4, rtol=0, atol=1e-10)
        assert np.array_equal(advantages(e, tau, baseline, "gpomdp"), advantages(e, tau, baseline))


def test_the_advantage_of_a_trial_is_that_of_each_of_its_decisions():
    rng = np.random.default_rng(33)
    for _ in range(20):
        e = some_episodes(rng)
        of_trials, of_decisions = trial_advantages(e), advantages(e, math.inf, "mean", "total")
        assert np.allclose(of_trials[e.trial], of_decisions, rtol=0, atol=1e-12)
        assert of_trials.shape == (6,)


def test_unit_durations_give_the_textbooks_steps():
    rewards = np.random.default_rng(6).normal(size=(4, 6))
    togo = rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    others = (togo.sum(axis=0) - togo) / 3
    assert np.allclose(advantages(unit_episodes(rewards)).reshape(4, 6), togo - others, rtol=0, atol=1e-12)
    whole = (rewards.sum(axis=1) * 4 / 3 - rewards.sum() / 3)[:, None]
    got = advantages(unit_episodes(rewards), returns="total").reshape(4, 6)
    assert np.allclose(got, np.repeat(whole, 6, axis=1), rtol=0, atol=1e-12)
    scores = np.random.default_rng(7).normal(size=(4, 6))
    for returns, weights in (("reward-to-go", scores**2), ("gpomdp", scores.cumsum(axis=1) ** 2)):
        q = togo if returns == "reward-to-go" else rewards
        best = ((weights * q).sum(axis=0) - weights * q) / (weights.sum(axis=0) - weights)
        better = q - best if returns == "reward-to-go" else (q - best)[:, ::-1].cumsum(axis=1)[:, ::-1]
        got = optimal_advantages(scores.reshape(24, 1), unit_episodes(rewards), math.inf, returns)
        assert np.allclose(got.reshape(4, 6), better, rtol=0, atol=1e-11)


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


RETURNS = ["total", "reward-to-go", "gpomdp"]


@pytest.mark.parametrize("baseline", ["mean", "optimal", "state-value"])
@pytest.mark.parametrize("returns", RETURNS)
def test_a_constant_speed_added_to_all_changes_nothing(baseline, returns):
    rng = np.random.default_rng(8)
    for _ in range(20):
        e = some_episodes(rng, fell=False)
        faster = Episodes(e.trial, e.features, e.rewards + 3.0 * e.durations, e.durations, e.asked, e.fell)
        scores = rng.normal(size=(len(e.trial), 2))
        for tau in (0.7, math.inf):
            slow, fast = (judge(scores, x, tau, returns, baseline) for x in (e, faster))
            assert np.allclose(slow, fast, rtol=0, atol=1e-9)


@pytest.mark.parametrize("baseline", ["mean", "state-value"])
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


@pytest.mark.parametrize("baseline", ["none", "mean", "optimal", "state-value"])
@pytest.mark.parametrize("returns", RETURNS)
def test_few_or_empty_trials_are_no_trouble(baseline, returns):
    rng = np.random.default_rng(10)
    for n in (1, 2, 3, 5):
        e = some_episodes(rng, n=n, most=2)
        scores = rng.normal(size=(len(e.trial), 2))
        assert np.isfinite(judge(scores, e, 1.0, returns, baseline)).all()
        assert np.isfinite(trial_advantages(e)).all()
    nothing = np.zeros(0)
    none = Episodes(nothing.astype(int), np.zeros((0, 2)), nothing, nothing, np.full(3, 8.0), np.ones(3, bool))
    assert len(judge(np.zeros((0, 3)), none, 1.0, returns, baseline)) == 0


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
