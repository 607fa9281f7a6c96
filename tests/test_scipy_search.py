"""The laws of the optimizer `scipy`: SciPy's own search, asked instead of asking, and nothing left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
from scipy.spatial.distance import pdist
from test_optimizers import scored
from worlds import FEATURES, Hill, make_problem

from gait.errors import UsageError
from gait.optimizers.scipy_minimize import GLOBAL, LOCAL, ScipyMinimize, ScipyMinimizeSettings
from gait.space import Parameter, Space
from gait.task import Problem, Seconds

every = pytest.mark.parametrize("method", LOCAL + GLOBAL)
PARAMETERS = [
    Parameter("height", 0, 100, 40, 4, "mm"),
    Parameter("period", 0.2, 1.2, 1.15, 0.05, "s"),  # one ε from its bound
    Parameter("lean", -1, 1, 0.2, 0.15, "rad"),
]
PROBLEM = Problem(Space(PARAMETERS), FEATURES, Seconds(1, 8, 60), lambda s: 0.1)
SCALE = PROBLEM.space.scale


def bowl(x):
    return 2.0 - float((np.sin(2 * (x - [0.7, 0.3, 0.6])) ** 2) @ [1.0, 2.0, 3.0]) - 0.3 * float(x[0] * x[2])


class EnoughError(BaseException):
    pass


def straight_from_scipy(method, start, seed, runs, points):
    """What SciPy, called as its manual says, tries in that many points of its run number `runs`, from 0."""
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1])).spawn(runs + 1)[runs]
    asked = []

    def function(z):
        asked.append(np.clip(z * SCALE, 0, 1).round(12))
        if len(asked) == points:
            raise EnoughError
        return -bowl(asked[-1])

    width = 0.5 ** (runs % 5) if method == "direct" else 1.0
    low = np.clip(start - width / 2, 0, 1 - width)
    bounds = scipy.optimize.Bounds(low / SCALE, (low + width) / SCALE)
    z = start / SCALE
    moves = np.where(z + 4.0 > bounds.ub, -4.0, 4.0)
    options = {
        "nelder-mead": {"initial_simplex": np.vstack([z, z + np.diag(moves)]), "xatol": 0.5, "fatol": np.inf},
        "powell": {"xtol": 0.5},
        "cobyla": {"rhobeg": 4.0, "tol": 0.5},
        "cobyqa": {"initial_tr_radius": 4.0, "final_tr_radius": 0.5},
    }
    try:
        if method == "direct":
            scipy.optimize.direct(function, bounds, len_tol=min(1, 0.5 / max(width / SCALE)))
        elif method == "dual-annealing":
            scipy.optimize.dual_annealing(function, bounds, x0=z, rng=rng, no_local_search=True)
        elif method == "differential-evolution":
            scipy.optimize.differential_evolution(function, bounds, x0=z, rng=rng, polish=False)
        else:
            scipy.optimize.minimize(function, z, method=method, bounds=bounds, options=options[method])
    except EnoughError:
        pass
    return asked


def with_second_looks(points, best, looks):
    """The points of these batches: what would be the best so far is tried twice; `best` and `looks` are kept."""
    for x in points:
        key = x.tobytes()
        looks[key] = looks.get(key, 0) + 1
        yield x
        if looks[key] == 1 and bowl(x) > best[0]:
            looks[key] = 2
            yield x
        if looks[key] > 1 and bowl(x) > best[0]:
            best[:] = bowl(x), x


@every
@pytest.mark.parametrize(("seed", "evaluations"), [(0, 1), (5, 13)])
def test_it_asks_what_scipy_would(method, seed, evaluations):
    """Through six restarts of those that end."""
    optimizer = ScipyMinimize(PROBLEM, seed, ScipyMinimizeSettings(method, evaluations=evaluations))
    best, looks, compared = [-np.inf, PROBLEM.space.default], {}, []
    for run in range(7):
        points = straight_from_scipy(method, best[1], seed, run, 400)
        for x in with_second_looks(points, best, looks):
            queries = optimizer.ask()
            assert len(queries) == optimizer.batch_size == evaluations
            assert all(np.array_equal(q.policy.x, x) for q in queries)
            optimizer.tell(scored(queries, bowl))
        assert np.array_equal(optimizer.recommend().x, best[1])
        compared.append(len(points))
        if len(points) == 400:  # it was cut short: the rest of this run is not compared
            break
    assert (len(compared) == 7) == (method not in ("differential-evolution", "dual-annealing"))


@every
def test_two_at_a_time_do_not_disturb_each_other(method):
    def asked(optimizers, rounds=40):
        keys = [[] for _ in optimizers]
        for _ in range(rounds):
            for seen, optimizer in zip(keys, optimizers, strict=True):
                queries = optimizer.ask()
                seen.append(queries[0].policy.key())
                optimizer.tell(scored(queries, bowl))
        return keys

    def made(seed):
        return ScipyMinimize(PROBLEM, seed, ScipyMinimizeSettings(method))

    assert asked([made(0), made(1)]) == [*asked([made(0)]), *asked([made(1)])]


@every
@pytest.mark.parametrize("d", [1, 5])
def test_it_never_ends(method, d):
    """Not even on flat ground, where tolerances are met at once, or where nothing is ever scored.

    And no method asks for two points next to each other, whose difference would be all noise.
    """
    problem = make_problem(d)
    for score in (0.0, None):
        optimizer = ScipyMinimize(problem, 0, ScipyMinimizeSettings(method, evaluations=1, final_step=4.0))
        points = set()
        for _ in range(150):
            queries = optimizer.ask()
            assert len(queries) == 1
            points.add(tuple(queries[0].policy.x))
            trials = scored(queries, lambda x: 0.0)
            optimizer.tell([dataclasses.replace(t, score=score) for t in trials])
        assert pdist(np.array(list(points))).min() > 1e-6
        assert np.allclose(optimizer.recommend().x, 0.5 if (method, score) == ("direct", 0.0) else 0.35)


def waiters():
    return [t for t in threading.enumerate() if t.name == "scipy.optimize"]


def none_left(within=5.0):
    """Whether all threads end; they are told to at once, but end on their own."""
    end = time.monotonic() + within
    while waiters() and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    return not waiters()


@every
def test_dropped_optimizers_leave_no_threads(method):
    assert none_left()
    optimizers = [ScipyMinimize(PROBLEM, seed, ScipyMinimizeSettings(method)) for seed in range(50)]
    assert not waiters()  # nothing runs before it is asked
    for i, optimizer in enumerate(optimizers):
        for _ in range(i % 4):
            optimizer.tell(scored(optimizer.ask(), bowl))
        optimizer.ask()
    assert len(waiters()) == 50
    del optimizer, optimizers
    assert none_left()


def test_a_method_that_does_not_take_no_for_an_answer_ends_too(monkeypatch):
    def stubborn(function, start, **options):
        for _ in range(5):
            with contextlib.suppress(BaseException):
                function(start)

    assert none_left()
    monkeypatch.setattr(scipy.optimize, "minimize", stubborn)
    optimizer = ScipyMinimize(PROBLEM, 0, ScipyMinimizeSettings("powell"))
    optimizer.ask()
    assert len(waiters()) == 1
    del optimizer
    assert none_left()


def test_an_interpreter_with_a_method_under_way_can_leave():
    code = """
from worlds import make_problem
from gait.optimizers.scipy_minimize import ScipyMinimize
optimizer = ScipyMinimize(make_problem())
optimizer.ask()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_goes_wrong_in_the_method_is_raised_when_asked(monkeypatch):
    def broken(function, start, **options):
        assert function(start) == -1.0
        raise ArithmeticError("the simplex is flat")

    monkeypatch.setattr(scipy.optimize, "minimize", broken)
    optimizer = ScipyMinimize(PROBLEM, 0, ScipyMinimizeSettings("powell"))
    for _ in range(2):
        optimizer.tell(scored(optimizer.ask(), lambda x: 1.0))
    for _ in range(2):  # asking again does not wait for a thread that is gone
        with pytest.raises(ArithmeticError, match="the simplex is flat"):
            optimizer.ask()
    monkeypatch.setattr(scipy.optimize, "minimize", lambda function, start, **options: None)
    with pytest.raises(RuntimeError, match="scipy: powell ended without asking for a point"):
        ScipyMinimize(PROBLEM, 0, ScipyMinimizeSettings("powell")).ask()


def told_readings(*batches):
    """An optimizer that was told these readings, a batch each, and the points it asked."""
    optimizer = ScipyMinimize(PROBLEM, 0, ScipyMinimizeSettings("nelder-mead", evaluations=2))
    points = []
    for readings in batches:
        queries = optimizer.ask()
        points.append(queries[0].policy.x)
        trials = scored(queries, lambda x: 0.0)
        optimizer.tell([dataclasses.replace(t, score=r) for t, r in zip(trials, readings, strict=True)])
    return optimizer, points


def test_a_lucky_reading_is_looked_at_again_and_not_recommended():
    optimizer, points = told_readings((1.0, 1.0), (1.0, 1.0), (0.0, 9.0), (0.0, 0.0))
    assert np.array_equal(points[0], points[1])
    assert np.array_equal(points[2], points[3])
    # 2.25 on average, still more than 1
    assert np.array_equal(optimizer.recommend().x, points[2])
    optimizer, points = told_readings((1.0, 1.0), (1.0, 1.0), (0.0, 9.0), (-9.0, 0.0))
    assert np.array_equal(optimizer.recommend().x, points[0])
    optimizer, points = told_readings((1.0, 1.0), (1.0, 1.0), (0.0, 9.0))
    assert np.array_equal(optimizer.recommend().x, points[0])
    optimizer, points = told_readings((1.0, 1.0), (1.0, 1.0), (0.9, 1.0))  # not the best: not looked at again
    assert not np.array_equal(optimizer.ask()[0].policy.x, points[2])


def test_a_method_is_told_the_average_of_all_looks(monkeypatch):
    values = []

    def method(function, start, **options):
        values.extend(function(start + step) for step in (0.0, 1.0, 2.0, 0.0))

    monkeypatch.setattr(scipy.optimize, "minimize", method)
    told = [(1.0, 2.0), (3.0, 5.0), (0.0, 1.0), (9.0, 9.0), (1.0, 0.0), (4.0, 4.0)]
    optimizer, points = told_readings(*told)
    assert [float((p - points[0])[0] / SCALE[0]) for p in points] == pytest.approx([0, 0, 1, 2, 2, 0])
    optimizer.ask()  # a restart: by now the method has ended
    assert values[:4] == pytest.approx([-11 / 4, -1 / 2, -19 / 4, -19 / 6])


def test_what_was_never_scored_is_not_recommended():
    optimizer, points = told_readings((None, None), (-5.0, -6.0), (-5.0, -5.0), (None, None), (-5.0, None))
    assert np.array_equal(points[1], points[2])
    assert len({p.tobytes() for p in points}) == 4
    assert np.array_equal(optimizer.recommend().x, points[1])
    optimizer, points = told_readings((None, None), (-5.0, -6.0), (None, None))  # the second look is lost
    assert np.array_equal(points[1], points[2])
    assert np.array_equal(optimizer.recommend().x, PROBLEM.space.default)


@pytest.mark.parametrize("method", LOCAL)
def test_local_methods_climb_through_noise(method):
    problem = make_problem(4)
    for seed in range(2):
        world = Hill(problem, noise=0.15, seed=seed)
        optimizer = ScipyMinimize(problem, seed, ScipyMinimizeSettings(method))
        for _ in range(150):
            optimizer.tell(world.walk(optimizer.ask()))
        assert world.value(optimizer.recommend()) > 0.9


@pytest.mark.parametrize("default", [0.0, 0.4, 0.6, 1.0])
def test_the_first_simplex_is_not_flat_where_steps_are_longer_than_the_range(default):
    problem = Problem(Space([Parameter(n, 0, 1, default, 0.7, "") for n in "abc"]), FEATURES, Seconds(1, 8, 60), abs)
    optimizer = ScipyMinimize(problem, 0, ScipyMinimizeSettings("nelder-mead", evaluations=1))
    corners = []
    for _ in range(5):  # the start twice over
        queries = optimizer.ask()
        corners.append(queries[0].policy.x)
        optimizer.tell(scored(queries, lambda x: -float(np.abs(x - default).sum())))
    assert abs(np.linalg.det(np.array(corners[2:]) - corners[0])) >= 0.4**3


def test_steps_must_not_grow():
    with pytest.raises(UsageError, match=r"final_step=5: final_step must not exceed initial_step=4\."):
        ScipyMinimizeSettings(final_step=5.0)
