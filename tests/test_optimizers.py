"""The laws of each shipped optimizer."""

from __future__ import annotations

import dataclasses

import cma
import numpy as np
import pytest
from test_gradients import z_score
from worlds import FEATURES, Hill, make_problem

from gait.errors import UsageError
from gait.optimizers.cma_es import CMAES
from gait.optimizers.evolution import EvolutionSettings
from gait.optimizers.finite_difference import FiniteDifference, FiniteDifferenceSettings
from gait.optimizers.random_search import RandomSearch, RandomSearchSettings
from gait.optimizers.reinforce import Reinforce, ReinforceSettings
from gait.space import Parameter, Space
from gait.task import Problem, Seconds
from gait.trial import Ending, Trial


def scored(queries, score):
    """Completed trials of one decision, with `score(x)` as score and reward."""
    trials = []
    for q in queries:
        x = q.policy.act(np.zeros(2), np.random.default_rng([99, q.id]))
        reward = float(score(x))
        arrays = {"actions": x[None], "features": np.zeros((2, 2)), "rewards": np.array([reward])}
        trials.append(Trial(q.id, reward, 1.0, 1.0, Ending.COMPLETED, **arrays, durations=np.ones(1), asked=1.0))
    return trials


@pytest.mark.parametrize("cls", [FiniteDifference, CMAES, RandomSearch])
def test_another_seed_asks_something_else(cls):
    """REINFORCE is not among them: it leaves all chance to the trials."""
    problem = make_problem()
    batches = [[q.policy.key() for q in cls(problem, seed).ask()] for seed in (0, 1)]
    assert batches[0] != batches[1]


# Finite differences


def test_finite_difference_asks_each_change_of_its_point_several_times():
    problem = make_problem()
    optimizer = FiniteDifference(problem, 0, FiniteDifferenceSettings(policies=7, evaluations=4))
    changes = []
    for _ in range(50):
        point = optimizer.recommend().x
        queries = optimizer.ask()
        x = np.array([q.policy.x for q in queries]).reshape(7, 4, -1)
        assert (x == x[:, :1]).all()
        changes.append((x[:, 0] - point) / problem.space.scale)
        optimizer.tell(scored(queries, lambda x: 0.0))  # flat, so that the point stays
    changes = np.concatenate(changes)
    kinds = np.round(changes)
    assert np.abs(changes - kinds).max() < 1e-9
    for kind in (-1, 0, 1):  # one in three each, every parameter by itself
        assert (np.abs(z_score((kinds == kind) - 1 / 3)) < 4).all()
    assert np.abs(np.corrcoef(kinds.T) - np.eye(6)).max() < 4 / np.sqrt(len(kinds))


def test_finite_difference_steps_eta_in_units_of_epsilon():
    """Whatever the units: the same slope per ε gives the same step in ε."""
    parameters = [Parameter("slow", 0, 100, 40, 2, "mm"), Parameter("quick", 0, 1, 0.4, 0.01, "s")]
    problem = Problem(Space(parameters), FEATURES, Seconds(1, 8, 60), lambda s: 0.1)
    optimizer = FiniteDifference(problem, 1, FiniteDifferenceSettings(policies=400, evaluations=1, step=3.0))
    start = optimizer.recommend().x
    optimizer.tell(scored(optimizer.ask(), lambda x: (x / problem.space.scale) @ [1.0, 1.0]))
    step = (optimizer.recommend().x - start) / problem.space.scale
    assert np.linalg.norm(step) == pytest.approx(3.0)
    assert np.allclose(step, 3.0 / np.sqrt(2), rtol=0.15)


def test_finite_difference_on_flat_ground_stays():
    optimizer = FiniteDifference(make_problem())
    start = optimizer.recommend().x
    optimizer.tell(scored(optimizer.ask(), lambda x: 1.7))
    assert np.array_equal(optimizer.recommend().x, start)


@pytest.mark.parametrize("bound", [0.0, 1.0])
def test_finite_difference_leaves_a_bound_it_started_at(bound):
    problem = make_problem(default=bound)
    optimizer = FiniteDifference(problem)
    for _ in range(12):
        optimizer.tell(scored(optimizer.ask(), lambda x: -((x - 0.5) ** 2).sum()))
    assert (np.abs(optimizer.recommend().x - bound) > 0.2).all()


# CMA-ES


def straight_from_pycma(problem, score, generations, **options):
    """The same search, written against pycma."""
    rng = np.random.default_rng(np.random.SeedSequence([4, 1]))
    options |= {"CMA_stds": problem.space.scale, "bounds": [0, 1], "verbose": -10, "seed": np.nan}
    options |= {"randn": lambda n, d: rng.standard_normal((n, d))}
    strategy = cma.CMAEvolutionStrategy(problem.space.default, 2.0, options)
    asked = []
    for _ in range(generations):
        population = strategy.ask()
        asked.append(np.array(population))
        strategy.tell(population, [-score(x) for x in population])
    return asked, strategy.result.xfavorite


@pytest.mark.parametrize(("population", "popsize"), [(0, 12), (13, 13)])
def test_cma_es_is_pycma(population, popsize):
    problem = make_problem()

    def score(x):
        return 2.0 - float(((x - 0.55) ** 2) @ np.arange(1, 7))

    asked, favorite = straight_from_pycma(problem, score, 40, popsize=popsize)
    optimizer = CMAES(problem, 4, EvolutionSettings(population=population))
    for expected in asked:
        queries = optimizer.ask()
        assert np.array_equal([q.policy.x for q in queries], expected)
        optimizer.tell(scored(queries, score))
    assert np.array_equal(optimizer.recommend().x, favorite)
    assert score(favorite) == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize(("parameters", "trials"), [(2, 4), (3, 6), (4, 8), (12, 24)])
def test_cma_es_asks_two_trials_a_parameter(parameters, trials):
    assert EvolutionSettings() == EvolutionSettings(population=0)
    assert len(CMAES(make_problem(parameters)).ask()) == trials


def test_cma_es_starts_as_wide_as_the_parameters_scales():
    parameters = [Parameter("a", 0, 1, 0.5, 0.01, ""), Parameter("b", 0, 1, 0.5, 0.04, "")]
    parameters += [Parameter("wide", 0, 1, 0.5, 0.5, "")]
    problem = Problem(Space(parameters), FEATURES, Seconds(1, 8, 60), lambda s: 0.1)
    optimizer = CMAES(problem, 0, EvolutionSettings(population=2000, initial_step=2.0))
    x = np.array([q.policy.x for q in optimizer.ask()])
    spread = np.quantile(x, 0.75, axis=0) - np.quantile(x, 0.25, axis=0)  # folding at the bounds leaves these
    assert np.allclose(spread / 1.349, [0.02, 0.08, 1 / 3], rtol=0.15)


@pytest.mark.parametrize("population", [0, 4, 5])
def test_cma_es_is_quiet_however_it_starts(population, tmp_path, monkeypatch, capfd, recwarn):
    """Small populations, wide starts and starts at a bound are where pycma has something to say."""
    monkeypatch.chdir(tmp_path)
    state = np.random.get_state()  # noqa: NPY002
    optimizer = CMAES(make_problem(default=1.0), 0, EvolutionSettings(population=population, initial_step=50.0))
    for _ in range(30):
        optimizer.tell(scored(optimizer.ask(), lambda x: x[0]))
        optimizer.recommend()
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))
    assert capfd.readouterr() == ("", "")
    assert [str(w.message) for w in recwarn] == []
    assert list(tmp_path.iterdir()) == []


def test_cma_es_recommends_a_mean_within_the_bounds():
    """pycma's own mean wanders out, its draws are folded back: it means the middle of the folded ones."""
    optimizer = CMAES(make_problem(d=3), 0, EvolutionSettings(population=200))
    off, apart = [], []
    for _ in range(40):
        queries, mean = optimizer.ask(), optimizer.recommend().x
        middle = np.median([q.policy.x for q in queries], axis=0)
        off.append(np.abs(middle - mean).max())
        apart.append(np.abs(middle - np.clip(optimizer._strategy.mean, 0, 1)).max())
        optimizer.tell(scored(queries, lambda x: -np.abs(x - 0.99).sum()))
    assert max(apart[10:]) > 3 * max(off[10:])


def test_cma_es_goes_on_past_every_termination_criterion():
    optimizer = CMAES(make_problem(d=3))
    for _ in range(600):  # exact scores: converged to rounding long before
        optimizer.tell(scored(optimizer.ask(), lambda x: -((x - 0.5) ** 2).sum()))
    assert optimizer._strategy.stop()
    assert np.allclose(optimizer.recommend().x, 0.5, rtol=0, atol=1e-6)


def test_cma_es_refuses_what_it_is_not_made_for():
    with pytest.raises(UsageError, match=r"population=3: population must be 0 .* or 4"):
        EvolutionSettings(population=3)
    with pytest.raises(UsageError, match="two parameters or more; p0"):
        CMAES(make_problem(d=1))


# REINFORCE


def told(policy, rng, rewards, durations, query, **changes):
    """A trial of strides with these rewards and durations, by draws of `policy`."""
    count = len(rewards)
    features = rng.standard_normal((count + 1, 2))
    actions = np.array([policy.act(φ, rng) for φ in features[:-1]]).reshape(count, len(policy.mean))
    seconds = float(np.sum(durations))
    trial = Trial(
        query=query.id,
        score=float(np.sum(rewards)) / 8.0,
        walked=seconds,
        charged=seconds,
        ending=Ending.COMPLETED,
        actions=actions,
        features=features,
        rewards=np.array(rewards, float),
        durations=np.array(durations, float),
        asked=seconds,
    )
    return dataclasses.replace(trial, **changes)


@pytest.mark.parametrize("baseline", ["mean", "optimal", "state-value"])
@pytest.mark.parametrize("returns", ["total", "reward-to-go", "gpomdp"])
def test_reinforce_is_not_moved_by_periods(baseline, returns):
    """All gaits equally fast: whatever their strides last, there is nothing to learn."""
    rng = np.random.default_rng(20)
    optimizer = Reinforce(make_problem(), 0, ReinforceSettings(baseline=baseline, returns=returns))
    before = optimizer.ask()
    trials = []
    for q in before:
        durations = rng.uniform(0.4, 0.9, rng.integers(8, 14))
        trials.append(told(q.policy, rng, 0.3 * durations, durations, q))
    optimizer.tell(trials)
    assert optimizer.ask()[0].policy.key() == before[0].policy.key()


def natural_step(problem, policy, z, advantage, alpha, beta):
    """The update as written in the facts: α √d σ mean(adv z), and half of mean(adv (z² - 1))."""
    adv = advantage / np.sqrt((advantage**2).mean())
    d, std = len(policy.mean), np.exp(policy.log_std)
    mean = policy.mean + alpha * np.sqrt(d) * std * (adv[:, None] * z).mean(axis=0)
    log_std = policy.log_std + beta * 0.5 * (adv[:, None] * (z**2 - 1)).mean(axis=0)
    return mean, np.maximum(log_std, np.log(0.25 * problem.space.scale))


@pytest.mark.parametrize("default", [0.35, 0.0])
def test_reinforce_takes_the_natural_step(default):
    """At a bound too, where half of the draws lie outside the cube: they count as drawn, not as clipped."""
    problem, rng = make_problem(default=default), np.random.default_rng(21)
    optimizer = Reinforce(problem, 0, ReinforceSettings(trials=9, step=0.7, std_step=0.4, discount=1e6))
    queries = optimizer.ask()
    policy = queries[0].policy
    rewards = rng.normal(size=(9, 20))
    trials = [told(policy, rng, r, np.ones(20), q) for r, q in zip(rewards, queries, strict=True)]
    optimizer.tell(trials)
    togo = rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    advantage = (togo - (togo.sum(axis=0) - togo) / 8).ravel()
    z = (np.concatenate([t.actions for t in trials]) - policy.mean) / np.exp(policy.log_std)
    mean, log_std = natural_step(problem, policy, z, advantage, 0.7, 0.4)
    after = optimizer.ask()[0].policy
    assert np.allclose(after.mean, np.clip(mean, 0, 1), rtol=0, atol=1e-5 * problem.space.scale)
    assert np.allclose(after.log_std, log_std, rtol=0, atol=1e-5)
    assert np.array_equal(optimizer.recommend().x, after.mean)


def test_reinforce_narrows_no_further_than_its_floor_and_stays_finite():
    problem = make_problem()
    optimizer = Reinforce(problem, 0, ReinforceSettings(std_step=5.0))
    world = Hill(problem, peak=0.35, noise=0.0)
    for _ in range(60):
        optimizer.tell(world.walk(optimizer.ask()))
    std = np.exp(optimizer.ask()[0].policy.log_std) / problem.space.scale
    assert (std >= 0.25 * (1 - 1e-12)).all()
    assert (std < 0.6).any()


def test_reinforce_is_not_thrown_by_a_few_lucky_decisions():
    problem = make_problem(d=12, default=0.5)
    for seed in range(20):
        optimizer, rng = Reinforce(problem, 0, ReinforceSettings(trials=2)), np.random.default_rng(seed)
        queries = optimizer.ask()
        before = queries[0].policy
        optimizer.tell([told(q.policy, rng, rng.normal(size=1), [1.0], q) for q in queries])
        after = optimizer.ask()[0].policy
        step = (after.mean - before.mean) / np.exp(before.log_std)
        assert np.linalg.norm(step) <= np.sqrt(12) * (1 + 1e-9)
        assert np.abs(after.log_std - before.log_std).max() <= 0.2 * (1 + 1e-9)


def test_reinforce_widens_no_further_than_the_cube_is_wide():
    optimizer, rng = Reinforce(make_problem(default=0.5), 0, ReinforceSettings(std_step=5.0)), None
    for i in range(40):
        rng = np.random.default_rng(i)
        trials = [told(q.policy, rng, np.zeros(30), np.ones(30), q) for q in optimizer.ask()]
        far = [np.square(t.actions - 0.5).sum(axis=1) for t in trials]  # the wilder, the better
        optimizer.tell([dataclasses.replace(t, rewards=r) for t, r in zip(trials, far, strict=True)])
    std = np.exp(optimizer.ask()[0].policy.log_std)
    assert (std <= 0.5 * (1 + 1e-12)).all()
    assert (std > 0.3).all()


def test_reinforce_walks_away_from_what_fell_or_blew_up():
    problem = make_problem()
    for ending in (Ending.FELL, Ending.DIVERGED):
        optimizer, rng = Reinforce(problem, 0, ReinforceSettings(discount=10.0)), np.random.default_rng(22)
        for _ in range(4):
            trials = []
            for q in optimizer.ask():
                trial = told(q.policy, rng, [0.2] * 10, [0.7] * 10, q)
                first = int(np.argmax(trial.actions[:, 0] > q.policy.mean[0] + 0.05))
                if trial.actions[first, 0] > q.policy.mean[0] + 0.05:  # a stride too far: down it goes
                    cut = {n: getattr(trial, n)[: first + 1] for n in ("actions", "rewards", "durations")}
                    score = None if ending is Ending.DIVERGED else 0.0
                    trial = dataclasses.replace(trial, **cut, ending=ending, score=score)
                trials.append(trial)
            optimizer.tell(trials)
        assert optimizer.recommend().x[0] < problem.space.default[0] - 0.5 * problem.space.scale[0]


def test_reinforce_does_not_believe_what_a_blown_up_simulation_brought():
    rng = np.random.default_rng(23)
    policies = []
    for tall in (0.0, 1e9):
        optimizer = Reinforce(make_problem())
        rng = np.random.default_rng(23)
        trials = [told(q.policy, rng, rng.normal(size=10), [0.7] * 10, q) for q in optimizer.ask()]
        trials[4] = dataclasses.replace(trials[4], score=None, ending=Ending.DIVERGED, rewards=np.full(10, tall))
        optimizer.tell(trials)
        policies.append(optimizer.recommend().key())
    assert policies[0] == policies[1]


def test_reinforce_asks_for_sensible_spreads():
    with pytest.raises(UsageError, match="min_std=2: min_std must not exceed initial_std=1"):
        ReinforceSettings(min_std=2.0)
    with pytest.raises(UsageError, match="baseline is one of none, mean, optimal, state-value"):
        ReinforceSettings(baseline="average")


# Random search


def test_random_search_tries_the_start_first_and_keeps_the_best_it_saw():
    problem = make_problem()
    optimizer = RandomSearch(problem, 0, RandomSearchSettings(batch=5))
    seen, start = [], problem.space.default
    for _ in range(4):
        queries = optimizer.ask()
        seen += [q.policy.x for q in queries]
        optimizer.tell(scored(queries, lambda x: x.sum()))
        assert np.array_equal(optimizer.recommend().x, max(seen, key=np.sum))
    assert np.array_equal(seen[0], start)
    assert not any(np.array_equal(x, start) for x in seen[1:])


def test_random_search_covers_the_cube_evenly():
    optimizer = RandomSearch(make_problem(), 0, RandomSearchSettings(batch=4001))
    x = np.array([q.policy.x for q in optimizer.ask()])[1:]
    counts = np.array([np.histogram(column, 10, (0, 1))[0] for column in x.T])
    assert np.abs(counts - 400).max() < 4.5 * np.sqrt(400 * 0.9)


def test_random_search_keeps_its_start_until_something_is_scored():
    problem = make_problem()
    optimizer = RandomSearch(problem)
    trials = [dataclasses.replace(t, score=None) for t in scored(optimizer.ask(), lambda x: 1.0)]
    optimizer.tell(trials)
    assert np.array_equal(optimizer.recommend().x, problem.space.default)
    queries = optimizer.ask()
    optimizer.tell(scored(queries, lambda x: x[0] - 100.0))  # worse than whatever was imputed, but seen
    assert np.array_equal(optimizer.recommend().x, max((q.policy.x for q in queries), key=lambda x: x[0]))
