"""The laws of hill climbing, Nelder-Mead and the genetic algorithm."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from scipy.optimize import minimize
from test_gradients import z_score
from test_optimizers import scored
from worlds import FEATURES, make_problem

from gait.errors import UsageError
from gait.optimizers.genetic import Genetic, GeneticSettings
from gait.optimizers.hill_climbing import HillClimbing, HillClimbingSettings
from gait.optimizers.nelder_mead import NelderMead, NelderMeadSettings
from gait.optimizers.scipy_minimize import ScipyMinimize
from gait.space import Parameter, Space
from gait.task import Problem, Seconds


def points(queries):
    return np.array([q.policy.x for q in queries])


def told(queries, scores):
    """Completed trials with these scores."""
    trials = scored(queries, lambda x: 0.0)
    return [dataclasses.replace(t, score=float(s)) for t, s in zip(trials, scores, strict=True)]


class Readings:
    """All that was ever read of each point."""

    def __init__(self):
        self.read = {}

    def add(self, x, scores):
        for point, score in zip(x, scores, strict=True):
            self.read.setdefault(point.tobytes(), []).append(score)

    def mean(self, point):
        return np.mean(self.read[point.tobytes()])


@pytest.mark.parametrize("cls", [HillClimbing, NelderMead, Genetic])
def test_another_seed_asks_something_else(cls):
    problem = make_problem()
    batches = [[q.policy.key() for q in cls(problem, seed).ask()] for seed in (0, 1)]
    assert batches[0] != batches[1]


@pytest.mark.parametrize("cls", [HillClimbing, NelderMead, Genetic])
def test_search_is_the_same_in_any_units(cls):
    """Measured in ε, they ask the same whatever the parameters' ranges and scales."""
    asked = []
    for scales in ([1e-3, 1e-3, 1e-3], [2e-3, 1e-4, 5e-4]):
        parameters = [Parameter(f"p{i}", 0, 1, 0.5, scale, "m") for i, scale in enumerate(scales)]
        problem = Problem(Space(parameters), FEATURES, Seconds(1, 8, 60), lambda s: 0.1)
        optimizer, seen = cls(problem, 2), []
        for _ in range(12):
            queries = optimizer.ask()
            z = (points(queries) - 0.5) / problem.space.scale
            seen.append(z)
            optimizer.tell(told(queries, -((z - [5.0, 3.0, -4.0]) ** 2) @ [1.0, 2.0, 0.5]))
        asked.append(np.concatenate(seen))
    assert np.allclose(*asked, rtol=0, atol=1e-9)


@pytest.mark.parametrize("cls", [HillClimbing, NelderMead, Genetic])
@pytest.mark.parametrize("bound", [0.0, 1.0])
def test_search_leaves_a_bound_it_started_at(cls, bound):
    optimizer = cls(make_problem(default=bound))
    for _ in range(60):
        optimizer.tell(scored(optimizer.ask(), lambda x: -((x - 0.5) ** 2).sum()))
    assert (np.abs(optimizer.recommend().x - bound) > 0.2).all()


@pytest.mark.parametrize("cls", [HillClimbing, NelderMead, Genetic])
def test_search_does_not_stay_with_a_lucky_reading(cls):
    """The start, tried first, reads far above anything there is, once."""
    optimizer, problem = cls(make_problem(d=3)), make_problem(d=3)
    for batch in range(80):
        queries = optimizer.ask()
        scores = -((points(queries) - 0.6) ** 2).sum(axis=1)
        scores[0] += 10.0 * (batch == 0)
        optimizer.tell(told(queries, scores))
    away = np.linalg.norm([optimizer.recommend().x - 0.6, problem.space.default - 0.6], axis=1)
    assert away[0] < 0.3 * away[1]


# Hill climbing


def test_hill_climbing_asks_its_parent_and_even_changes_of_it():
    problem = make_problem()
    optimizer = HillClimbing(problem, 0, HillClimbingSettings(neighbours=20, evaluations=3, step=2.5))
    changes = []
    for _ in range(50):
        parent = optimizer.recommend().x
        queries = optimizer.ask()
        x = points(queries).reshape(21, 3, -1)
        assert (x == x[:, :1]).all()
        assert np.array_equal(x[0, 0], parent)
        changes.append((x[1:, 0] - parent) / problem.space.scale / 2.5)
        optimizer.tell(scored(queries, lambda x: 0.0))  # flat, so that the parent stays
    u = np.concatenate(changes)
    assert np.array_equal(parent, problem.space.default)
    assert (np.abs(u) <= 1 + 1e-12).all()
    for power, moment in ((1, 0.0), (2, 1 / 3), (4, 1 / 5)):  # of a uniform u
        assert (np.abs(z_score(u**power - moment)) < 4).all()
    assert np.abs(np.corrcoef(u.T) - np.eye(6)).max() < 4 / np.sqrt(len(u))


@pytest.mark.parametrize("evaluations", [1, 3])
def test_hill_climbing_goes_where_the_average_of_all_readings_is_higher(evaluations):
    optimizer = HillClimbing(make_problem(), 1, HillClimbingSettings(neighbours=4, evaluations=evaluations))
    readings, rng, moves = Readings(), np.random.default_rng(3), 0
    for _ in range(200):
        parent = optimizer.recommend().x
        queries = optimizer.ask()
        x, scores = points(queries), rng.normal(size=len(queries))
        readings.add(x, scores)
        optimizer.tell(told(queries, scores))
        best = max(x[evaluations:], key=readings.mean)
        moved = readings.mean(best) > readings.mean(parent)
        assert np.array_equal(optimizer.recommend().x, best if moved else parent)
        moves += moved
    assert 20 < moves < 180


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize(
    ("cls", "options"), [(HillClimbing, {}), (Genetic, {"mutation": 1.0}), (ScipyMinimize, {})]
)  # all children mutate: else one may be its parent over again
def test_points_are_tried_again_only_where_there_is_noise(cls, options, noise):
    problem = dataclasses.replace(make_problem(), noise=lambda seconds: noise)
    optimizer, batches = cls(problem, 0, cls.Settings(evaluations=1, **options)), []

    def score(x):
        return -float(np.abs(x - 0.7).sum())

    for _ in range(30):
        queries = optimizer.ask()
        batches.append({q.policy.key() for q in queries})
        optimizer.tell(scored(queries, score))
    assert any(a & b for a, b in itertools.pairwise(batches)) == (noise > 0.0)
    assert score(optimizer.recommend().x) > score(problem.space.default)


def test_hill_climbing_never_descends_without_noise():
    def score(x):
        return -np.abs(x - 0.7).sum() - 0.1 * np.sin(40 * x).sum()

    optimizer, last = HillClimbing(make_problem()), -np.inf
    for _ in range(60):
        optimizer.tell(scored(optimizer.ask(), score))
        assert score(optimizer.recommend().x) >= last
        last = score(optimizer.recommend().x)
    assert last > score(make_problem().space.default) + 1.0


# Nelder-Mead


def bowl(x):
    return float((x - 0.55) ** 2 @ np.arange(1, len(x) + 1))


def beyond(x):
    """Lowest outside of the cube, so that bounds are active."""
    return float((x - np.linspace(1.3, 0.6, len(x))) ** 2 @ np.arange(1, len(x) + 1))


def valley(x):
    """Rosenbrock's, weighted so that no two vertices are equal: sorting those is a matter of taste."""
    z = 4 * x - 1
    return float((100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2) @ np.arange(1, len(x)))


def rugged(x):
    """So rough that simplices shrink."""
    return float(((x - 0.6) ** 2).sum() + 0.3 * np.sin(50 * x @ np.arange(1, len(x) + 1)))


def asked_of_nelder_mead(optimizer, function, evaluations):
    """Batches, of so many points in all or a few more."""
    batches = []
    while sum(map(len, batches)) < evaluations:
        queries = optimizer.ask()
        batches.append(points(queries))
        optimizer.tell(scored(queries, lambda x: -function(x)))
    return batches


def asked_by_scipy(function, simplex, evaluations, adaptive):
    asked = []

    def watched(x):
        asked.append(x.copy())
        return function(x)

    options = {"initial_simplex": simplex, "maxfev": evaluations, "xatol": 0, "fatol": 0, "adaptive": adaptive}
    bounds = [(0, 1)] * simplex.shape[1]
    minimize(watched, simplex[0], method="Nelder-Mead", bounds=bounds, options=options)
    return np.array(asked)


EXACT = {"evaluations": 1, "restart_size": 1e-10}


@pytest.mark.parametrize("function", [bowl, beyond, valley, rugged])
@pytest.mark.parametrize("d", [2, 3, 8])
@pytest.mark.parametrize("adaptive", [False, True])
def test_nelder_mead_is_scipys(function, d, adaptive):
    optimizer = NelderMead(make_problem(d), 1, NelderMeadSettings(**EXACT, adaptive=adaptive))
    batches = asked_of_nelder_mead(optimizer, function, 40 * d)
    asked = np.concatenate(batches)
    if function is beyond:
        assert (asked[d + 1 :] == 1).any()
    if function is rugged:
        assert d in map(len, batches)
    assert np.array_equal(asked[: 40 * d], asked_by_scipy(function, batches[0], 40 * d, adaptive))


def test_nelder_mead_is_scipys_with_one_parameter():
    optimizer = NelderMead(make_problem(1), 1, NelderMeadSettings(**EXACT))
    batches = asked_of_nelder_mead(optimizer, bowl, 30)
    assert np.array_equal(np.concatenate(batches)[:30], asked_by_scipy(bowl, batches[0], 30, False))


def test_nelder_mead_averages_repeats():
    """With errors that cancel among a point's trials it asks as it would without, each point so many times."""
    once = NelderMead(make_problem(4), 1, NelderMeadSettings(**EXACT))
    expected = np.concatenate(asked_of_nelder_mead(once, rugged, 100))
    often, asked = NelderMead(make_problem(4), 1, NelderMeadSettings(evaluations=3, restart_size=1e-10)), []
    rng = np.random.default_rng(6)
    while len(asked) < len(expected):
        queries = often.ask()
        x = points(queries)[::3]
        assert np.array_equal(points(queries), np.repeat(x, 3, axis=0))
        asked.extend(x)
        errors = rng.normal(size=(len(x), 3))
        errors -= errors.mean(axis=1, keepdims=True)
        often.tell(told(queries, (errors - [[rugged(p)] for p in x]).ravel()))
    assert np.array_equal(asked, expected)


@pytest.mark.parametrize("default", [0.0, 0.3, 0.75, 1.0])
@pytest.mark.parametrize("step", [1.0, 3.0, 11.0, 100.0])
def test_nelder_mead_starts_with_a_simplex_of_full_size_in_the_cube(default, step):
    problem = make_problem(5, default=default)
    for seed in range(5):
        x = points(NelderMead(problem, seed, NelderMeadSettings(evaluations=1, initial_step=step)).ask())
        assert np.array_equal(x[0], problem.space.default)
        edges = x[1:] - x[0]
        assert np.allclose(np.abs(edges), np.eye(5) * min(step * 0.05, 0.5), rtol=0, atol=1e-12)
        assert ((x >= 0) & (x <= 1)).all()


def test_nelder_mead_starts_anew_where_it_has_contracted():
    """On flat ground every step contracts, fails and shrinks to half: 4 ε, 2 ε, 1 ε, and anew."""
    problem = make_problem(5, default=0.5)
    settings = NelderMeadSettings(evaluations=2, initial_step=4.0, restart_size=0.26)
    optimizer = NelderMead(problem, 0, settings)
    for _ in range(3):
        sizes = []
        for batch in range(7):
            queries = optimizer.ask()
            sizes.append(len(queries))
            if batch == 0:
                x = points(queries)[::2]
                assert np.allclose(np.abs(x[1:] - x[0]), 0.2 * np.eye(5), rtol=0, atol=1e-12)
                assert np.array_equal(x[0], problem.space.default)
            optimizer.tell(scored(queries, lambda x: 0.0))
        assert sizes == [12, 2, 2, 10, 2, 2, 10]
    assert len(optimizer.ask()) == optimizer.batch_size == 12


def test_nelder_mead_starts_anew_around_its_best_vertex_and_finds_the_top():
    optimizer = NelderMead(make_problem(4), 0, NelderMeadSettings(evaluations=1))
    asked = asked_of_nelder_mead(optimizer, bowl, 400)
    starts = [i for i, batch in enumerate(asked) if len(batch) == 5]
    for i in starts[1:]:
        assert np.array_equal(asked[i][0], min(np.concatenate(asked[:i]), key=bowl))
    assert len(starts) > 5
    assert np.allclose(asked[starts[-1]][0], 0.55, rtol=0, atol=0.02)


@pytest.mark.parametrize("d", [3, 4])
def test_nelder_mead_recommends_the_mean_of_its_better_vertices(d):
    optimizer = NelderMead(make_problem(d), 0, NelderMeadSettings(evaluations=1))
    queries = optimizer.ask()
    assert np.array_equal(optimizer.recommend().x, make_problem(d).space.default)
    optimizer.tell(told(queries, np.arange(d + 1)))
    better = points(queries)[-((d + 2) // 2) :]
    assert np.allclose(optimizer.recommend().x, better.mean(axis=0), rtol=0, atol=1e-12)


# Genetic algorithm


def test_genetic_begins_around_its_start():
    problem = make_problem(default=0.5)
    optimizer = Genetic(problem, 0, GeneticSettings(population=3000, initial_step=4.0))
    u = (points(optimizer.ask()) - 0.5) / problem.space.scale / 4.0
    assert not u[0].any()
    assert (np.abs(u) <= 1 + 1e-12).all()
    for power, moment in ((1, 0.0), (2, 1 / 3), (4, 1 / 5)):
        assert (np.abs(z_score(u[1:] ** power - moment)) < 4).all()


@pytest.mark.parametrize(("d", "cuts"), [(9, 0), (9, 1), (9, 4), (3, 7), (1, 2)])
def test_genetic_crosses_two_of_the_best_at_so_many_places(d, cuts):
    settings = GeneticSettings(population=200, parents=6, elites=0, cuts=cuts, mutation=0.0)
    optimizer, rng = Genetic(make_problem(d, default=0.5), 3, settings), np.random.default_rng(4)
    queries = optimizer.ask()
    x, scores = points(queries), rng.normal(size=200)
    optimizer.tell(told(queries, scores))
    best, used, where = np.argsort(-scores)[:6], set(), set()
    for child in points(optimizer.ask()):
        origin = [int(np.flatnonzero(x[:, j] == child[j])[0]) for j in range(d)]
        changes = np.flatnonzero(np.diff(origin))
        assert len(changes) == min(cuts, d - 1)
        assert len(set(origin)) == (2 if len(changes) else 1)
        used.update(origin)
        where.update(changes.tolist())
    assert used == set(best.tolist())
    assert where == set(range(d - 1)) if cuts else not where


def test_genetic_mutates_as_often_and_as_far_as_it_says():
    problem = make_problem(default=0.5)
    settings = GeneticSettings(population=3000, elites=0, initial_step=1e-3, mutation=0.3, mutation_step=2.0)
    optimizer = Genetic(problem, 0, settings)
    optimizer.tell(scored(optimizer.ask(), lambda x: 0.0))
    u = (points(optimizer.ask()) - 0.5) / problem.space.scale / 2.0
    mutated = np.abs(u) > 6e-4  # beyond what the first generation differs by
    assert (np.abs(z_score(mutated - 0.3)) < 4).all()
    assert np.abs(np.corrcoef(mutated.T) - np.eye(6)).max() < 4 / np.sqrt(3000)
    for power, moment in ((1, 0.0), (2, 1 / 3), (4, 1 / 5)):
        assert np.abs(z_score(u[mutated] ** power - moment)) < 4
    assert np.abs(u).max() <= 1 + 1e-3


@pytest.mark.parametrize("evaluations", [1, 3])
def test_genetic_keeps_those_with_the_highest_average_of_all_readings(evaluations):
    settings = GeneticSettings(population=8, evaluations=evaluations, parents=4, elites=3, mutation=1.0)
    optimizer, readings, rng = Genetic(make_problem(), 1, settings), Readings(), np.random.default_rng(5)
    elites, age = np.zeros((0, 6)), 0
    for _ in range(200):
        queries = optimizer.ask()
        x, scores = points(queries), rng.normal(size=len(queries))
        assert np.array_equal(x[::evaluations][: len(elites)], elites)
        readings.add(x, scores)
        optimizer.tell(told(queries, scores))
        ranked = np.array(sorted(x[::evaluations], key=readings.mean, reverse=True))
        assert np.allclose(optimizer.recommend().x, ranked[:4].mean(axis=0), rtol=0, atol=1e-12)
        elites = ranked[:3]
        age = max(age, *(len(readings.read[p.tobytes()]) for p in elites))
    assert age > 2 * evaluations


def test_genetic_refuses_what_can_not_breed():
    with pytest.raises(UsageError, match="parents=30: parents must not exceed population=20"):
        GeneticSettings(parents=30)
    with pytest.raises(UsageError, match="elites=20: elites must be fewer than population=20"):
        GeneticSettings(elites=20)
