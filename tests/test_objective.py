"""Laws of objectives: a weighted sum of what was measured, so that trials are scored again without walking."""

from __future__ import annotations

import numpy as np
import pytest

from gait.errors import UsageError
from gait.objective import NAMED, SHORTFALL, Objective, read_objective
from gait.policy import Constant
from gait.tally import Tally
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending, Query, Stop

SEEDS = [np.random.SeedSequence([9, k]) for k in range(6)]


def questions(task):
    rng = np.random.default_rng(0)
    points = [task.problem.space.default, *rng.uniform(size=(5, len(task.problem.space)))]
    return [Query(k, Constant(x), 6.0) for k, x in enumerate(points)]


@pytest.fixture(scope="module")
def walked():
    """The same trials by speed, and by some other objectives."""
    asked = {
        "speed": {}, "cheap": {"objective": "cost-of-transport", "command_speed": 0.2},
        "weights": {"objective": "speed=2,trunk_roll_rms=-3"}, "straight": {"objective": "straightness"},
    }  # fmt: skip
    tasks = {name: Quadruped(noise="high", threads=1, **fields) for name, fields in asked.items()}
    return {name: (task, task.run(questions(task), SEEDS)[0]) for name, task in tasks.items()}


def test_walks_are_the_same_whatever_counts(walked):
    plain = walked["speed"][1]
    for _, trials in walked.values():
        assert [t.measures for t in trials] == [t.measures for t in plain]
        assert [t.charged for t in trials] == [t.charged for t in plain]


def test_trials_are_scored_again_from_their_measures(walked):
    for task, trials in walked.values():
        for t in trials:
            if t.ending is Ending.COMPLETED:
                assert task.score(t.measures) == pytest.approx(t.score, rel=1e-12)


def test_weights_are_a_sum(walked):
    for plain, weighed in zip(walked["speed"][1], walked["weights"][1], strict=True):
        if plain.ending is Ending.COMPLETED:
            assert weighed.score == pytest.approx(2.0 * plain.score - 3.0 * plain.measures["trunk_roll_rms"])


def test_a_fall_is_worse_than_any_walk(walked):
    for name in ("cheap", "straight"):
        task, trials = walked[name]
        fallen = [t.score for t in trials if t.ending is Ending.FELL]
        stood = [t.score for t in trials if t.ending is Ending.COMPLETED and t.measures["speed"] > 0.05]
        assert stood
        assert task.objective.fallen(0.0) <= min(stood)
        assert all(score < max(stood) for score in fallen)


def test_each_stride_of_another_objective_has_its_time_s_share(walked):
    for t in walked["cheap"][1]:
        np.testing.assert_allclose(t.rewards, t.score * t.durations)


def test_less_than_the_commanded_speed_costs_and_more_is_free():
    o = read_objective("cost-of-transport", 0.5)
    m = {"cost_of_transport_positive": 0.4}
    assert o.score({**m, "speed": 0.5}) == o.score({**m, "speed": 0.9}) == pytest.approx(-0.4)
    assert o.score({**m, "speed": 0.25}) == pytest.approx(-0.4 - 0.5 * SHORTFALL)


def test_robustness_is_the_worst_of_three_walks_at_the_price_of_three():
    task = Quadruped(noise="off", threads=1, objective="robustness", controller="cpg")
    one = Quadruped(noise="off", threads=1, controller="cpg")
    query = Query(0, Constant(one.problem.space.point({"stride_length": 0.06})), 6.0)
    (trial,), _ = task.run([query], SEEDS[:1])
    parts = [walks[0] for walks in task._variant_worlds(1)]
    assert len(parts) == 3
    (plain,), _ = one.run([query], SEEDS[:1])
    assert trial.score <= plain.score
    assert trial.walked > 2.5 * plain.walked
    assert task.planned(query) == 3 * one.planned(query)
    assert trial.charged == pytest.approx(trial.walked + 3 * 2.0)


def test_every_second_of_three_walks_is_on_the_bill():
    task = Quadruped(noise="high", threads=1, objective="robustness")
    trials, _ = task.run(questions(task), SEEDS)
    assert len({t.ending for t in trials}) > 1
    tally = Tally()
    tally.add(task, trials)
    assert tally.walking + tally.setup + tally.falls == pytest.approx(tally.clock)
    for t in trials:
        falls = (t.charged - t.walked - 3 * 2.0) / 8.0
        assert falls == pytest.approx(round(falls))
        assert (falls > 0.5) == (t.ending is Ending.FELL)


def test_early_stop_needs_a_running_score():
    task = Quadruped(noise="off", threads=1, objective="smoothness")
    with pytest.raises(UsageError, match="known at a trial's end only"):
        task.run([Query(0, Constant(task.problem.space.default), 6.0, stop=Stop(2, (0.1, 0.1)))], SEEDS[:1])


@pytest.mark.parametrize(("text", "command", "said"), [
    ("sped", None, "unknown objective 'sped'. Did you mean 'speed'?"), ("cot=1", None, "unknown measure 'cot'"),
    ("speed=fast", None, "a term is MEASURE=WEIGHT"), ("speed=inf", None, "a weight is a finite number"),
    ("cost-of-transport", None, "needs --command-speed"), ("speed", 0.0, "above 0 m/s"),
])  # fmt: skip
def test_bad_objectives_are_refused(text, command, said):
    with pytest.raises(UsageError) as error:
        read_objective(text, command)
    assert said in str(error.value)


def test_named_objectives_are_weights_of_known_measures():
    for name, (weights, about) in NAMED.items():
        assert Objective(name, weights, 0.3).score({"speed": 0.3}) <= 0.3
        assert about
