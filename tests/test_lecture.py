"""What the lecture's small worlds are to show, on the same functions that the walkers learn by."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from test_gradients import z_score

from gait.lecture import corridor, games
from gait.lecture.densities import worst_errors
from gait.lecture.softmax import chances, draw

SCRIPTS = Path(__file__).parent.parent / "scripts" / "lecture"

# Score functions


def test_closed_form_scores_are_the_numeric_gradients():
    worst = worst_errors(20, np.random.default_rng(1))
    assert len(worst) == 4
    assert max(worst.values()) < 1e-6


def test_softmax_draws_come_as_often_as_their_chances_say():
    rng = np.random.default_rng(2)
    shares = chances(rng.normal(size=(4, 2)), rng.normal(size=(3, 2)))
    assert np.allclose(shares.sum(axis=1), 1.0)
    drawn = np.array([draw(shares, rng) for _ in range(20_000)])
    for a in range(4):
        assert (np.abs(z_score((drawn == a) - shares[:, a])) < 4).all()


# Rock-paper-scissors


def test_what_one_player_wins_the_other_loses():
    assert np.array_equal(games.PAYOFF, -games.PAYOFF.T)


def test_every_policy_without_chance_is_exploited_and_only_the_uniform_one_is_not():
    assert [games.exploited(p) for p in np.eye(3)] == [-1.0, -1.0, -1.0]
    assert games.exploited(np.full(3, 1 / 3)) == pytest.approx(0.0, abs=1e-15)
    for p in np.random.default_rng(3).dirichlet(np.ones(3), 50):
        assert games.exploited(p) <= -np.abs(p - 1 / 3).max() * 0.99


@pytest.mark.parametrize("seed", [0, 1])
def test_averages_over_time_go_to_the_equilibrium_that_the_policies_run_around(seed):
    match = games.play(batches=1500, seed=seed)
    averages, policies = match.averages, match.policies
    assert np.abs(averages[-1] - 1 / 3).max() < 0.04
    for player in range(2):
        early, late = (games.exploited(averages[b, player]) for b in (50, -1))
        assert late > -0.08
        assert early < 2 * late
        ran = np.array([games.exploited(p) for p in policies[-500:, player]])
        assert ran.min() < -0.3  # they don't settle
        assert ran.mean() < 3 * late
        assert {int(p.argmax()) for p in policies[-500:, player]} == {0, 1, 2}


def test_a_match_follows_from_its_seed():
    assert np.array_equal(games.play(20, seed=4).policies, games.play(20, seed=4).policies)
    assert not np.array_equal(games.play(20, seed=4).policies, games.play(20, seed=5).policies)


# The aliased corridor


def test_a_policy_without_chance_is_stuck_from_half_of_the_starts_or_more():
    reached = np.array([corridor.reaches(p) for p in corridor.every_deterministic_policy()])
    assert reached.shape == (81, 4)
    assert set(np.unique(reached)) == {0.0, 1.0}
    assert reached.sum(axis=1).max() == 2


def test_a_coin_in_the_grey_cells_reaches_the_treasure_from_everywhere():
    coin = np.array([[0, 1, 0], [0.5, 0.5, 0], [0, 0, 1], [1, 0, 0]])
    assert (corridor.reaches(coin) > 1 - 1e-4).all()


def test_exact_chances_are_those_of_walks():
    rng = np.random.default_rng(6)
    policy = rng.dirichlet(np.ones(3), 4)
    policy[0, 2] = policy[3, 2] = 0.02  # or few would get far
    policy /= policy.sum(axis=1, keepdims=True)
    cells = np.repeat(corridor.STARTS, 3000)
    episodes, actions, found = corridor.walk(policy, cells, rng)
    assert (np.abs(z_score(found.reshape(4, 3000).T - corridor.reaches(policy))) < 4).all()
    assert len(actions) == len(episodes.trial)
    seconds = np.bincount(episodes.trial)
    costs = -np.bincount(episodes.trial, episodes.rewards)
    assert (costs[found] == seconds[found]).all()
    assert (costs[~found] == corridor.LIMIT).all()  # a trap costs as much as never to arrive


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_policy_gradient_learns_the_chance_that_is_needed(seed):
    learned = corridor.reinforce(batches=200, seed=seed)[-1]
    assert (corridor.reaches(learned) > 0.97).all()
    assert (learned[1, :2] > 0.25).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_q_learning_on_what_is_seen_is_stuck_from_half_of_the_starts(seed):
    policy = corridor.greedy(corridor.q_learning(trials=1500, seed=seed))
    assert sorted(corridor.reaches(policy)) == [0.0, 0.0, 1.0, 1.0]


# The scripts


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("score_functions", []),
        ("rock_paper_scissors", ["--batches", "30"]),
        ("aliased_corridor", ["--batches", "10"]),
        ("gradient_variance", ["--batches", "10"]),
    ],
)
def test_a_lecture_script_prints_what_it_found_and_draws_it(name, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, *words])
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
    assert len(capsys.readouterr().out.splitlines()) > 4
    if words:
        assert (tmp_path / "runs" / "lecture" / f"{name}.png").stat().st_size > 10_000


def test_every_lecture_script_is_run_here():
    assert {p.stem for p in SCRIPTS.glob("*.py")} == {
        "score_functions", "rock_paper_scissors", "aliased_corridor", "gradient_variance",
    }  # fmt: skip
