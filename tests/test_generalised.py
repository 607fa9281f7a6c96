"""Generalised advantages: reductions to known cases, in continuous time, bootstrapped by how a trial ended."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gait.gradients import Episodes, generalised_advantages, progress_to_go
from gait.gradients.advantages import speed_elsewhere

TAU = 1.3


def walked(seed=0, n=5, fell=()):
    """n trials of strides of random length and progress, to the asked seconds or to a fall."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 8, n)
    durations = rng.uniform(0.4, 0.9, counts.sum())
    trial = np.repeat(np.arange(n), counts)
    seconds = np.bincount(trial, durations)
    falls = np.isin(np.arange(n), fell)
    return Episodes(
        trial=trial, features=rng.normal(size=(len(trial), 2)), rewards=rng.normal(0.3, 0.2, len(trial)) * durations,
        durations=durations, asked=seconds + 2.0 * falls, fell=falls,
    )  # fmt: skip


def nothing(episodes):
    return np.zeros(len(episodes.trial)), np.zeros(len(episodes.asked))


def test_without_a_value_and_looking_to_the_end_it_is_the_progress_to_go_against_the_average_speed():
    episodes = walked()
    better, returns = generalised_advantages(episodes, *nothing(episodes), TAU, 1.0)
    progress, seconds = progress_to_go(episodes, episodes.starts, TAU)
    m, v = np.arange(len(better)), speed_elsewhere(episodes, np.arange(5))[episodes.trial]
    plain = progress[episodes.trial, m] - v * seconds[episodes.trial, m]
    assert np.allclose(better, plain, rtol=0, atol=1e-12)
    assert np.array_equal(returns, better)


def test_looking_one_decision_ahead_it_is_the_temporal_difference():
    episodes, rng = walked(), np.random.default_rng(1)
    values, final = rng.normal(size=len(episodes.trial)), rng.normal(size=5)
    better, returns = generalised_advantages(episodes, values, final, TAU, 0.0)
    v = speed_elsewhere(episodes, np.arange(5))
    for k, (i, h) in enumerate(zip(episodes.trial, episodes.durations, strict=True)):
        last = k + 1 == len(values) or episodes.trial[k + 1] != i
        after = final[i] if last else values[k + 1]
        earned = (episodes.rewards[k] / h - v[i]) * TAU * (1.0 - math.exp(-h / TAU))
        assert better[k] == pytest.approx(earned + math.exp(-h / TAU) * after - values[k], abs=1e-12)
    assert np.allclose(returns, better + values, rtol=0, atol=1e-15)


@pytest.mark.parametrize("trace", [0.0, 0.5, 0.95, 1.0])
def test_it_is_the_discounted_sum_of_temporal_differences(trace):
    episodes, rng = walked(2, fell=(1, 3)), np.random.default_rng(1)
    values, final = rng.normal(size=len(episodes.trial)), rng.normal(size=5)
    delta, _ = generalised_advantages(episodes, values, final, TAU, 0.0)
    better, _ = generalised_advantages(episodes, values, final, TAU, trace)
    for k in range(len(values)):
        rest = np.flatnonzero((episodes.trial == episodes.trial[k]) & (np.arange(len(values)) >= k))
        weight = trace ** (rest - k) * np.exp(-(episodes.starts[rest] - episodes.starts[k]) / TAU)
        assert better[k] == pytest.approx(weight @ delta[rest], abs=1e-12)


@pytest.mark.parametrize("trace", [0.0, 0.9])
def test_equal_speeds_get_equal_advantages_whatever_their_periods(trace):
    episodes = walked()
    steady = Episodes(episodes.trial, episodes.features, 0.3 * episodes.durations, episodes.durations,
                      episodes.asked, episodes.fell)  # fmt: skip
    better, _ = generalised_advantages(steady, *nothing(steady), TAU, trace)
    assert np.abs(better).max() < 1e-12


def test_a_trial_is_bootstrapped_by_how_it_ended():
    values, final = nothing(walked())
    for fell in ((), (2,)):
        episodes = walked(fell=fell)
        low, high = (generalised_advantages(episodes, values, final + x, TAU, 1.0)[0] for x in (0.0, 1.0))
        left = episodes.edges[:, -2][episodes.trial] - episodes.starts
        gained = np.where(np.isin(episodes.trial, fell), 0.0, np.exp(-left / TAU))
        assert np.allclose(high - low, gained, rtol=0, atol=1e-12)
    done, _ = generalised_advantages(walked(), values, final, TAU, 1.0)
    lost, _ = generalised_advantages(walked(fell=(2,)), values, final, TAU, 1.0)
    v = speed_elsewhere(walked(fell=(2,)), np.arange(5))[2]
    own = walked().trial == 2
    left = walked().edges[2, -2] - walked().starts[own]
    assert np.allclose(lost[own], done[own] - v * TAU * np.exp(-left / TAU), rtol=0, atol=1e-12)


def test_where_progress_is_a_cost_lying_there_is_no_way_out():
    episodes = walked(fell=(2,))
    costly = Episodes(episodes.trial, episodes.features, -0.3 * episodes.durations, episodes.durations,
                      episodes.asked, episodes.fell)  # fmt: skip
    better, _ = generalised_advantages(costly, *nothing(costly), TAU, 1.0)
    assert better[costly.trial == 2].max() <= 1e-12


def test_no_decision_is_no_trouble():
    none = np.zeros(0)
    episodes = Episodes(none.astype(int), np.zeros((0, 2)), none, none, np.ones(3), np.ones(3, bool))
    better, returns = generalised_advantages(episodes, none, np.zeros(3), TAU, 0.9)
    assert better.shape == returns.shape == (0,)
