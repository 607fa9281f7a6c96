"""Laws of recorded trials: the front is what brute force says, and other objectives are scored without walking."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from gait.compare.pareto import pareto
from gait.compare.recorded import front, non_dominated, recorded_trials, rescore
from gait.errors import UsageError
from gait.objective import read_objective
from gait.run import optimize
from gait.tasks.quadruped import Quadruped


def test_the_front_is_what_nobody_beats_in_all():
    rng = np.random.default_rng(0)
    for n in (1, 2, 30, 200):
        points = np.round(rng.normal(size=(n, 2)), 1)  # with ties
        brute = [not any((q >= p).all() and (q > p).any() for q in points) for p in points]
        assert non_dominated(points).tolist() == brute


def test_points_on_a_falling_line_are_all_on_the_front():
    x = np.linspace(0, 1, 20)
    assert non_dominated(np.column_stack([x, 1 - x])).all()
    assert non_dominated(np.column_stack([x, x])).tolist() == [False] * 19 + [True]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    for seed in range(2):
        optimize(Quadruped(threads=1), "random-search", budget=300.0, seed=seed, out=place / str(seed), progress=False)
    return [place / "0", place / "1"]


def test_every_completed_trial_is_read_with_its_parameters(runs):
    trials = recorded_trials(runs)
    assert {t.run for t in trials} == {str(r) for r in runs}
    for t in trials[::7]:
        assert list(t.parameters) == Quadruped().problem.space.names
        assert t.measures["speed"] is not None


def test_another_objective_ranks_by_its_own_score(runs):
    trials = recorded_trials(runs)
    objective = read_objective("speed=1,trunk_roll_rms=-5")
    best = rescore(trials, objective, 3)
    scores = sorted((objective.score(t.measures) for t in trials), reverse=True)
    assert [score for score, _ in best] == scores[:3]


def test_costs_are_better_low_and_speeds_high(runs):
    values, on, _ = front(recorded_trials(runs), ("speed", "cost_of_transport_positive"))
    for i in np.flatnonzero(on):
        assert not ((values[:, 0] > values[i, 0]) & (values[:, 1] < values[i, 1])).any()
    assert on[np.argmax(values[:, 0])]
    assert on[np.argmin(values[:, 1])]


def test_the_front_is_told_drawn_and_written(runs, tmp_path):
    lines = list(pareto(runs, ("speed", "cost_of_transport_positive"), tmp_path / "front.png", "smoothness"))
    assert "best readings by smoothness" in "\n".join(lines)
    assert (tmp_path / "front.png").stat().st_size > 5000
    with (tmp_path / "front.csv").open() as f:
        rows = list(csv.DictReader(f))
    assert rows
    assert all(float(r["speed"]) > 0 for r in rows[-1:])


@pytest.mark.parametrize(("names", "out", "said"), [
    (("sped", "speed"), "x.png", "unknown measure 'sped'. Did you mean 'speed'?"),
    (("speed", "foot_slip"), "x.gif", "must end in .png"),
])  # fmt: skip
def test_what_can_t_be_is_refused(names, out, said, runs, tmp_path):
    with pytest.raises(UsageError) as error:
        list(pareto(runs, names, tmp_path / out))
    assert said in str(error.value)


def test_no_runs_and_mixed_runs_are_refused(runs, tmp_path):
    with pytest.raises(UsageError, match="name one run directory or more"):
        list(pareto([], ("speed", "foot_slip"), tmp_path / "x.png"))
    with pytest.raises(UsageError, match="no run"):
        recorded_trials([tmp_path])
