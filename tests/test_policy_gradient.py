"""Policy gradients against an exact one, natural gradients against F⁻¹ g, and the searchers made of them."""

from __future__ import annotations

import dataclasses
import math
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from test_gradients import z_score
from test_optimizers import told
from toy import Toy
from worlds import Hill, make_problem

from gait.errors import UsageError
from gait.evaluate import read_params
from gait.gradients import (
    FeatureScale,
    divergence_step,
    episodic_natural_gradient,
    judge,
    policy_gradient,
    score_mean,
    trial_sums,
)
from gait.lecture.lqr import Regulator, Rollouts, estimate, scores
from gait.lecture.steps import unit_episodes
from gait.optimizers.natural_gradient import NaturalGradient, NaturalGradientSettings
from gait.optimizers.reinforce import Reinforce, ReinforceSettings
from gait.policy import Constant, Linear, read_policy
from gait.run import optimize, resume
from gait.show import show, show_table
from gait.tasks import TASKS
from gait.trial import Ending

# A regulator whose gradient is known

WORLD, THETA = Regulator(), np.array([-0.4, -0.2])
EXACT = WORLD.gradient(THETA)
N, BATCHES = 20, 2000


@cache
def rollouts() -> Rollouts:
    """All batches: draws, states and rewards, each (BATCHES, N, H)."""
    flat = WORLD.walk(THETA, BATCHES * N, np.random.default_rng(4))
    return Rollouts(*(a.reshape(BATCHES, N, -1) for a in flat))


@cache
def estimates(returns, baseline):
    """One gradient estimate (k, ρ) a batch."""
    return np.array([estimate(Rollouts(*batch), THETA, returns, baseline) for batch in zip(*rollouts(), strict=True)])


def test_the_exact_return_is_the_mean_return():
    rewards = rollouts().rewards.sum(axis=2).ravel()
    assert abs(z_score(rewards - WORLD.expected_return(THETA))) < 4


def test_the_exact_gradient_is_the_slope_of_the_exact_return():
    for i, e in enumerate(np.eye(2)):
        slope = (WORLD.expected_return(THETA + 1e-5 * e) - WORLD.expected_return(THETA - 1e-5 * e)) / 2e-5
        assert EXACT[i] == pytest.approx(slope, rel=1e-8)


def test_the_exact_fisher_information_is_that_of_the_scores():
    sums = scores_of(rollouts()).sum(axis=2).reshape(-1, 2)
    outer = sums[:, :, None] * sums[:, None, :]
    assert (np.abs(z_score((outer - WORLD.fisher(THETA)).reshape(-1, 4))) < 4).all()


ESTIMATORS = [
    ("total", "none"),
    ("total", "mean"),
    ("total", "optimal"),
    ("total", "state-value"),
    ("reward-to-go", "none"),
    ("reward-to-go", "mean"),
    ("reward-to-go", "optimal"),
    ("reward-to-go", "state-value"),
    ("gpomdp", "optimal"),
]
"""gpomdp with another baseline is reward-to-go: see test_gradients.py."""


def is_unbiased(found):
    return (np.abs(z_score(found - EXACT)) < 4).all()


@pytest.mark.parametrize(("returns", "baseline"), ESTIMATORS)
def test_estimators_meet_the_exact_gradient(returns, baseline):
    assert is_unbiased(estimates(returns, baseline))


def scores_of(batches):
    """∂ log π / ∂ (k, ρ), (BATCHES, N, H, 2), written out."""
    return np.stack([batches.draws * np.exp(-THETA[1]) * batches.states, batches.draws**2 - 1.0], axis=-1)


def in_batch(returns, baseline):
    """The usual mistake: each trial is compared with an expectation that contains it."""
    rewards, score = rollouts().rewards[..., None], scores_of(rollouts())
    traces = score.cumsum(axis=2)
    if returns == "total":
        score, value = score.sum(axis=2, keepdims=True), rewards.sum(axis=2, keepdims=True)
    elif returns == "gpomdp":
        score, value = traces, rewards
    else:
        value = rewards[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    weight = score**2 if baseline == "optimal" else np.ones_like(score)
    expected = (weight * value).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    return (score * (value - expected)).sum(axis=(1, 2)) / N


@pytest.mark.parametrize(
    ("returns", "baseline"),
    [("reward-to-go", "mean"), ("total", "optimal"), ("reward-to-go", "optimal"), ("gpomdp", "optimal")],
)
def test_an_expectation_that_contains_the_trial_fails_that_very_test(returns, baseline):
    biased = in_batch(returns, baseline)
    assert not is_unbiased(biased)
    assert (np.abs(biased.mean(axis=0)) < np.abs(EXACT)).all()  # it shrinks the gradient


@pytest.mark.parametrize("returns", ["total", "reward-to-go"])
def test_a_mean_that_contains_the_trial_shrinks_the_gradient_by_one_in_n(returns):
    assert np.allclose(in_batch(returns, "mean"), estimates(returns, "mean") * (N - 1) / N, rtol=1e-9, atol=1e-9)


def test_better_baselines_leave_less_variance():
    def spread(*name):
        return estimates(*name).std(axis=0) / np.abs(EXACT)

    table = [("total", "none"), ("total", "mean"), ("reward-to-go", "mean"), ("reward-to-go", "state-value")]
    for worse, better in pairwise(table):
        assert (spread(*better) < 0.99 * spread(*worse)).all(), (worse, better)
    for returns, baseline in ESTIMATORS:
        assert baseline == "none" or (spread(returns, baseline) < 0.75 * spread(returns, "none")).all()
    assert (spread("reward-to-go", "none") < 0.75 * spread("total", "none")).all()
    assert (spread("gpomdp", "optimal") < 0.8 * spread("total", "optimal")).all()
    # from plain REINFORCE to a state value: an order of magnitude fewer trials
    assert (spread("reward-to-go", "state-value") ** 2 < 0.1 * spread("total", "none") ** 2).all()


@pytest.mark.parametrize(("returns", "baseline"), [e for e in ESTIMATORS if e[1] != "none"])
def test_a_constant_added_to_all_rewards_changes_no_estimate(returns, baseline):
    for batch in list(zip(*rollouts(), strict=True))[:20]:
        given = Rollouts(*batch)
        raised = given._replace(rewards=given.rewards + 3.0)
        assert np.allclose(
            estimate(given, THETA, returns, baseline), estimate(raised, THETA, returns, baseline), rtol=0, atol=1e-9
        )


def test_without_a_baseline_a_constant_changes_the_estimates_but_not_their_mean():
    plain = estimates("reward-to-go", "none")
    lifts = 3.0 * np.arange(WORLD.horizon, 0, -1)
    lifted = plain + (scores_of(rollouts()) * lifts[:, None]).sum(axis=(1, 2)) / N
    one = Rollouts(*(a[0] for a in rollouts()))
    again = estimate(one._replace(rewards=one.rewards + 3.0), THETA, "reward-to-go", "none")
    assert np.allclose(again, lifted[0], rtol=1e-9, atol=1e-9)
    assert is_unbiased(lifted)
    assert (lifted.std(axis=0) > plain.std(axis=0)).any()


# The natural gradient


def regression(seed=5, n=40, p=5):
    """Scores, returns and a Fisher matrix that have nothing special about them."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(p, p)) + 3.0 * np.eye(p)
    sums = rng.normal(size=(n, p)) @ root.T
    return sums, sums @ rng.normal(size=p) + rng.normal(size=n) + 7.0, root @ root.T


def test_with_many_trials_the_natural_gradient_is_the_inverse_fisher_information_times_the_gradient():
    fisher, big = WORLD.fisher(THETA), 1000
    sums = scores_of(rollouts()).sum(axis=2).reshape(-1, big, 2)
    returns = rollouts().rewards.sum(axis=2).reshape(-1, big)
    for prior in (0.0, 2.0):
        found = [episodic_natural_gradient(g, r, fisher, prior) for g, r in zip(sums, returns, strict=True)]
        assert (np.abs(z_score(np.array(found) - np.linalg.solve(fisher, EXACT))) < 4).all()


def test_it_is_the_least_squares_with_an_intercept():
    sums, returns, fisher = regression()
    plain = np.linalg.lstsq(np.hstack([sums, np.ones((40, 1))]), returns)[0][:-1]
    assert np.allclose(episodic_natural_gradient(sums, returns, fisher), plain, rtol=1e-9, atol=1e-9)
    moved = episodic_natural_gradient(sums, 1e3 + 2.0 * returns, fisher, 3.0)
    assert np.allclose(moved, 2.0 * episodic_natural_gradient(sums, returns, fisher, 3.0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("n", "prior"), [(40, 0.0), (40, 2.5), (4, 0.0), (4, 2.5)])
def test_the_step_is_the_same_in_all_linear_coordinates(n, prior):
    """θ = M θ': scores G' = Mᵀ G and F' = Mᵀ F M; fewer trials than numbers included."""
    sums, returns, fisher = regression(n=n)
    m = np.random.default_rng(6).normal(size=(5, 5)) + 2.0 * np.eye(5)
    steps = []
    for change in (np.eye(5), m):
        f = change.T @ fisher @ change
        w = episodic_natural_gradient(sums @ change, returns, f, prior)
        steps.append(change @ divergence_step(w, f, 0.3))
    assert np.allclose(steps[0], steps[1], rtol=1e-7, atol=1e-9)
    assert steps[0] @ fisher @ steps[0] / 2 == pytest.approx(0.3)


def test_a_large_prior_leaves_the_likelihood_ratio_gradient_in_the_exact_metric():
    sums, returns, fisher = regression(n=4)
    w = episodic_natural_gradient(sums, returns, fisher, 1e9) * 1e9
    assert np.allclose(w, np.linalg.solve(fisher, sums.T @ (returns - returns.mean())), rtol=1e-6)


def test_a_prior_counts_as_so_many_trials_of_that_information_and_no_difference():
    sums, returns, fisher = regression()
    root = np.linalg.cholesky(fisher)
    more = np.sqrt(3.0 / 2) * np.vstack([root.T, -root.T])  # Σ G Gᵀ is 3 F, the mean is 0
    # the pseudo-trials' returns are what the intercept alone predicts
    centred = sums - sums.mean(axis=0)
    rows, targets = np.vstack([centred, more]), np.concatenate([returns - returns.mean(), np.zeros(10)])
    plain = np.linalg.lstsq(rows, targets)[0]
    assert np.allclose(episodic_natural_gradient(sums, returns, fisher, 3.0), plain, rtol=1e-9, atol=1e-9)


def test_no_direction_is_no_step():
    assert np.array_equal(divergence_step(np.zeros(3), np.eye(3), 0.5), np.zeros(3))


# The searcher `natural-gradient`


def searcher(cls=NaturalGradient, d=6, seed=0, **settings):
    return cls(make_problem(d), seed, cls.Settings(**settings))


def strides(optimizer, reward, rng, count=9):
    """The asked trials, whose strides of 1 s bring `reward(z, φ)`; and the policy that was asked."""
    queries, trials = optimizer.ask(), []
    policy = queries[0].policy
    for q in queries:
        t = told(policy, rng, np.zeros(count), np.ones(count), q)
        z = (t.actions - policy.mean - t.features[:-1] @ policy.gain.T) / np.exp(policy.log_std)
        trials.append(dataclasses.replace(t, rewards=reward(z, t.features[:-1])))
    return trials, policy


def divergence_between(new, old):
    """KL divergence of two Gaussian policies at features 0."""
    s, r = np.exp(new.log_std), np.exp(old.log_std)
    return float((np.log(r / s) + (s**2 + (new.mean - old.mean) ** 2) / (2 * r**2) - 0.5).sum())


def test_rewards_that_are_linear_in_the_draws_give_their_slope():
    slope, rng = np.array([1.0, -2.0, 0.5, 0.0, 0.3, 1.0]), np.random.default_rng(7)
    optimizer = searcher(trials=30, prior=0.0, divergence=0.01)
    trials, before = strides(optimizer, lambda z, _: z @ slope + 3.0, rng)
    optimizer.tell(trials)
    after = optimizer.ask()[0].policy
    length = math.sqrt(2 * 0.01 * 6) / np.linalg.norm(slope)
    assert np.allclose(after.mean, before.mean + np.exp(before.log_std) * slope * length, rtol=0, atol=1e-9)
    assert np.allclose(after.log_std, before.log_std, rtol=0, atol=1e-7)
    assert divergence_between(after, before) == pytest.approx(6 * 0.01, rel=1e-4)


def test_a_batch_changes_the_policy_by_the_divergence_asked_for():
    rng = np.random.default_rng(8)
    for divergence in (1e-4, 1e-3):
        optimizer = searcher(divergence=divergence, initial_std=1.0, min_std=0.01)
        trials, before = strides(optimizer, lambda z, _: rng.normal(size=len(z)), rng)
        optimizer.tell(trials)
        found = divergence_between(optimizer.ask()[0].policy, before)
        assert found == pytest.approx(6 * divergence, rel=0.05)


@pytest.mark.parametrize("prior", [0.3, 2.0])
def test_few_trials_are_helped_by_the_exact_information_as_the_class_says(prior):
    """In units in which the information of a trial is 1 for every number, it is a ridge regression."""
    rng = np.random.default_rng(25)
    optimizer = searcher(trials=8, prior=prior, divergence=1e-4)
    trials, before = strides(optimizer, lambda z, _: z[:, 0] + rng.normal(size=len(z)), rng)
    optimizer.tell(trials)
    std = np.exp(before.log_std)
    z = np.array([(t.actions - before.mean) / std for t in trials])
    x = np.concatenate([z, (z**2 - 1) / math.sqrt(2)], axis=2).sum(axis=1) / math.sqrt(9)  # 9 decisions a trial
    x, returns = x - x.mean(axis=0), np.array([t.rewards.sum() for t in trials])
    y = np.linalg.solve(x.T @ x + prior * 12 * np.eye(12), x.T @ (returns - returns.mean()))
    y *= math.sqrt(2 * 1e-4 * 6) / np.linalg.norm(y)
    after = optimizer.ask()[0].policy
    assert np.allclose(after.mean - before.mean, std * y[:6], rtol=1e-6, atol=1e-12)
    assert np.allclose(after.log_std - before.log_std, y[6:] / math.sqrt(2), rtol=1e-6, atol=1e-9)


def test_natural_gradient_climbs_with_few_trials_and_with_many():
    for trials, d in ((4, 4), (16, 6), (40, 4)):
        problem = make_problem(d)
        optimizer, world, told_so_far = searcher(d=d, trials=trials), Hill(problem, seed=1), 0
        start = world.value(optimizer.recommend())
        while told_so_far < 480:
            queries = optimizer.ask()
            told_so_far += len(queries)
            optimizer.tell(world.walk(queries))
        assert 1.0 - world.value(optimizer.recommend()) < 0.2 * (1.0 - start), (trials, d)


def test_natural_gradient_is_not_moved_by_periods():
    rng, optimizer = np.random.default_rng(20), searcher()
    before = optimizer.ask()
    trials = []
    for q in before:
        durations = rng.uniform(0.4, 0.9, rng.integers(8, 14))
        trials.append(told(q.policy, rng, 0.3 * durations, durations, q))
    optimizer.tell(trials)
    assert optimizer.ask()[0].policy.key() == before[0].policy.key()


@pytest.mark.parametrize("cls", [NaturalGradient, Reinforce])
@pytest.mark.parametrize("feedback", [True, False])
def test_what_a_blown_up_simulation_says_is_not_believed(cls, feedback):
    policies = []
    for tall in (0.0, 1e9):
        optimizer, rng = searcher(cls, feedback=feedback), np.random.default_rng(23)
        trials, _ = strides(optimizer, lambda z, _: z[:, 0], rng)
        lost = dataclasses.replace(trials[4], score=None, ending=Ending.DIVERGED, rewards=np.full(9, tall))
        trials[4] = lost
        optimizer.tell(trials)
        policies.append(optimizer.recommend().key())
    assert policies[0] == policies[1]


@pytest.mark.parametrize("cls", [NaturalGradient, Reinforce])
@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["wider", "narrower"])
def test_log_std_keeps_its_limits(cls, sign):
    optimizer = searcher(cls, **({"divergence": 3.0} if cls is NaturalGradient else {"std_step": 5.0}))
    last = np.log(optimizer.space.scale)
    for i in range(25):
        trials, policy = strides(optimizer, lambda z, _: sign * (z**2).sum(axis=1), np.random.default_rng(i))
        assert np.abs(policy.log_std - last).max() <= 0.2 * (1 + 1e-9)
        last = policy.log_std
        optimizer.tell(trials)
    std, scale = np.exp(last), optimizer.space.scale
    limit = std <= 0.5 * (1 + 1e-9) if sign > 0 else std >= 0.25 * scale * (1 - 1e-9)
    assert limit.all()
    assert (std > 0.2 if sign > 0 else std < 0.4 * scale).all()


@pytest.mark.parametrize("cls", [NaturalGradient, Reinforce])
@pytest.mark.parametrize("feedback", [True, False])
def test_the_usual_action_stays_within_the_cube_however_far_it_is_drawn(cls, feedback):
    optimizer = searcher(cls, feedback=feedback)
    for i in range(25):
        trials, _ = strides(optimizer, lambda z, _: z[:, 0] - z[:, 1], np.random.default_rng(i))
        optimizer.tell(trials)
        policy = optimizer._policy
        usual = policy.mean + policy.gain @ optimizer._features.centre
        assert (usual > -1e-12).all()
        assert (usual < 1 + 1e-12).all()
    assert usual[0] > 0.99
    assert usual[1] < 0.01


# The searcher `reinforce`, by returns and baselines


@pytest.mark.parametrize(("returns", "baseline"), ESTIMATORS)
def test_reinforce_steps_along_the_estimate_it_was_asked_for(returns, baseline):
    rng = np.random.default_rng(9)
    optimizer = searcher(Reinforce, returns=returns, baseline=baseline, discount=2.0, step=0.1)
    trials, before = strides(optimizer, lambda z, φ: 1.0 + z[:, 1] + φ[:, 0] + rng.normal(size=len(z)), rng)
    optimizer.tell(trials)
    rewards, z = np.array([t.rewards for t in trials]), np.concatenate([t.actions for t in trials])
    z = (z - before.mean) / np.exp(before.log_std)
    episodes = unit_episodes(rewards, np.array([t.features[:-1] for t in trials]))
    tau = math.inf if returns == "total" else 2.0
    better = judge(z, episodes, tau, returns, baseline)
    slope = policy_gradient(z, better / np.sqrt(np.mean(better**2)), len(z))
    step = 0.1 * math.sqrt(6) * np.exp(before.log_std) * slope
    assert np.allclose(optimizer.ask()[0].policy.mean - before.mean, step, rtol=1e-6, atol=1e-12)
    others = {
        round(float(policy_gradient(z, judge(z, episodes, math.inf if r == "total" else 2.0, r, b), 1)[0]), 9)
        for r, b in ESTIMATORS
    }
    assert len(others) == len(ESTIMATORS)  # or the law could not tell them apart


# Feedback


def test_a_feature_scale_does_not_depend_on_how_its_rows_were_told():
    rows = np.random.default_rng(10).normal(size=(60, 3)) * [1.0, 1e-6, 1e4] + [0.0, 1.0, -1e7]
    known = FeatureScale.unknown(3)
    for part in np.split(rows, [1, 1, 20, 22]):
        known = known.after(part)
    assert np.allclose(known.centre, rows.mean(axis=0), rtol=1e-12)
    assert np.allclose(known.spread, rows.std(axis=0), rtol=1e-6)
    assert np.allclose(known.standard(rows).std(axis=0), 1.0, rtol=1e-6)


def test_a_constant_feature_is_standardised_to_nothing():
    known = FeatureScale.unknown(2)
    for n in (7, 3, 11):
        known = known.after(np.column_stack([np.full(n, 0.1), np.arange(n)]))
    assert np.array_equal(known.standard(np.full((4, 2), 0.1))[:, 0], np.zeros(4))
    assert np.isfinite(FeatureScale.unknown(2).standard(np.ones((1, 2)))).all()


def correct(optimizer, batches, seed=11, units=(1.0, 1.0), offset=(0.0, 0.0)):
    """Tell batches of a walker whose best action leans on its first feature; features come in any units."""
    units, offset = np.array(units), np.array(offset)
    for b in range(batches):
        rng, queries, trials = np.random.default_rng([seed, b]), optimizer.ask(), []
        for q in queries:
            φ = rng.standard_normal((10, 2))
            shown = φ * units + offset
            actions = np.array([q.policy.act(s, rng) for s in shown[:-1]])
            best = 0.5 + 0.1 * φ[:-1, :1] * np.array([1.0, -1.0, 0.0])
            rewards = -((actions - best) ** 2).sum(axis=1)
            trial = told(q.policy, rng, rewards, np.ones(9), q)
            trials.append(dataclasses.replace(trial, actions=actions, features=shown))
        optimizer.tell(trials)
    return optimizer.recommend()


EASY = {Reinforce: {"discount": 0.3}, NaturalGradient: {"trials": 24}}


@pytest.mark.parametrize("cls", [Reinforce, NaturalGradient])
def test_feedback_learns_to_correct_a_stride_by_what_was_seen(cls):
    learned = correct(searcher(cls, d=3, feedback=True, **EASY[cls]), 60)
    assert isinstance(learned, Linear)
    assert np.allclose(learned.gain[:, 0], [0.1, -0.1, 0.0], rtol=0, atol=0.035)
    assert np.abs(learned.gain[:, 1]).max() < 0.035
    assert np.allclose(learned.mean, 0.5, rtol=0, atol=0.04)
    assert isinstance(correct(searcher(cls, d=3, **EASY[cls]), 2), Constant)


@pytest.mark.parametrize("cls", [Reinforce, NaturalGradient])
def test_the_units_of_features_do_not_matter(cls):
    plain = correct(searcher(cls, d=3, feedback=True), 6)
    units, offset = np.array([1e3, 1e-4]), np.array([-2e3, 5.0])
    other = correct(searcher(cls, d=3, feedback=True), 6, units=units, offset=offset)
    assert np.abs(plain.gain).max() > 1e-3
    assert np.allclose(other.gain * units, plain.gain, rtol=1e-5, atol=1e-8)
    rng = np.random.default_rng(0)
    for φ in rng.standard_normal((10, 2)):
        assert np.allclose(other.act(φ * units + offset, rng), plain.act(φ, rng), rtol=0, atol=1e-7)


@pytest.mark.parametrize("cls", [Reinforce, NaturalGradient])
def test_a_feature_that_never_changes_is_not_answered(cls):
    learned = correct(searcher(cls, d=3, feedback=True), 4, units=(1.0, 0.0), offset=(0.0, 0.1))
    assert np.array_equal(learned.gain[:, 1], np.zeros(3))
    assert np.abs(learned.gain[:, 0]).max() > 0


@pytest.mark.parametrize("cls", [Reinforce, NaturalGradient])
def test_a_run_with_feedback_can_be_replayed_from_what_was_told(cls):
    problem, world = make_problem(), Hill(make_problem(), falls=0.05, diverged=frozenset({3}))
    original, again = (searcher(cls, feedback=True) for _ in range(2))
    for _ in range(5):
        queries = original.ask()
        trials = world.walk(queries)
        original.tell(trials)
        assert [q.policy.key() for q in again.ask()] == [q.policy.key() for q in queries]
        again.tell(trials[::-1])
        assert again.recommend().key() == original.recommend().key()
        usual = original.recommend().act(original._features.centre, np.random.default_rng(0))
        assert (usual > -1e-9).all()
        assert (usual < 1 + 1e-9).all()
    assert original.recommend().gain.shape == (6, len(problem.features))


def test_wild_features_of_a_blown_up_trial_do_not_spoil_the_scale():
    gains = []
    for wild in (1.0, 1e12):
        optimizer, rng = searcher(Reinforce, feedback=True), np.random.default_rng(24)
        trials, _ = strides(optimizer, lambda z, φ: z[:, 0] * φ[:, 0], rng)
        lost = dataclasses.replace(trials[2], score=None, ending=Ending.DIVERGED)
        trials[2] = dataclasses.replace(lost, features=trials[2].features * wild)
        optimizer.tell(trials)
        gains.append(optimizer._features.spread)
    assert np.array_equal(gains[0], gains[1])


@pytest.mark.parametrize(
    ("cls", "settings"), [(Reinforce, ReinforceSettings), (NaturalGradient, NaturalGradientSettings)]
)
def test_feedback_needs_something_to_see(cls, settings):
    blind = dataclasses.replace(make_problem(), features=())
    with pytest.raises(UsageError, match="feedback=true: this task shows a policy nothing"):
        cls(blind, 0, settings(feedback=True))
    assert cls(blind, 0, settings()).ask()[0].policy.gain.shape == (6, 0)


@pytest.mark.parametrize("optimizer", ["reinforce", "natural-gradient"])
def test_a_run_that_recommends_feedback_is_kept_resumed_and_shown(optimizer, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(TASKS, "toy", Toy)
    options = {"budget": 300.0, "settings": {"trials": 4, "feedback": True}, "progress": False}
    run = optimize("toy", optimizer, out=tmp_path / "run", **options)
    recommended = run.result["recommended"]
    policy = read_policy(recommended["policy"])
    assert isinstance(policy, Linear)
    assert policy.gain.shape == (3, 1)
    assert recommended["parameters"] is None
    assert run.recommended == {}
    show_table(show(run.path))
    assert "recommended is a feedback policy" in capsys.readouterr().out
    with pytest.raises(UsageError, match="recommends a feedback policy"):
        read_params(run.path)
    longer = resume(run.path, budget=600.0, progress=False)
    at_once = optimize("toy", optimizer, out=tmp_path / "once", **(options | {"budget": 600.0}))
    assert (longer.path / "events.jsonl").read_bytes() == (at_once.path / "events.jsonl").read_bytes()


def test_sums_of_scores_are_those_of_each_trial():
    batch = Rollouts(*(a[0] for a in rollouts()))
    sums = trial_sums(scores(batch, THETA), unit_episodes(batch.rewards))
    assert np.allclose(sums, scores_of(rollouts())[0].sum(axis=1), rtol=0, atol=1e-12)
    z = np.ones((3, 1))
    assert np.array_equal(score_mean(z, np.zeros(1)), z)
