"""What any task must keep, shipped or added: a new one is tested here by being registered."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from toy import Toy

from gait.errors import UsageError
from gait.policy import Constant, Gaussian
from gait.space import Space
from gait.tasks import TASKS, find_task, make_task, task_names
from gait.trial import Ending, Query

NAMES = [*task_names(), "toy"]
every = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def _toy_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


def make(name, threads=1):
    return make_task(name, {}, threads)


def questions(task):
    """A mixed batch: constant and drawn, tame and wild, short and shorter; and the seeds of their noise."""
    space, seconds, rng = task.problem.space, task.problem.seconds, np.random.default_rng(0)
    d, f = len(space), len(task.problem.features)
    narrow = np.log(0.2 * space.scale)
    policies = [
        Constant(space.default),
        Constant(rng.random(d)),
        Constant(np.clip(space.default + 0.5 * space.scale * rng.normal(size=d), 0, 1)),
        Gaussian(space.default, narrow, np.zeros((d, f))),
        Gaussian(space.default, narrow + 1.0, 0.01 * rng.normal(size=(d, f))),
        Constant(rng.integers(0, 2, d).astype(float)),
    ]
    lengths = [None, seconds.low, 1.1 * seconds.low, 1.3 * seconds.low, None, 1.2 * seconds.low]
    queries = [Query(10 + k, p, s) for k, (p, s) in enumerate(zip(policies, lengths, strict=True))]
    return queries, [np.random.SeedSequence([5, k]) for k in range(len(queries))]


class Walked(dict):
    """Each task, its questions and its answers, walked together on one thread when first looked at."""

    def __missing__(self, name):
        task = make(name)
        queries, seeds = questions(task)
        self[name] = task, queries, seeds, task.run(queries, seeds)[0]
        return self[name]


@pytest.fixture(scope="module")
def walked():
    return Walked()


def different(a, b, but=()):
    """Fields in which two trials differ by a bit."""
    names = [f.name for f in dataclasses.fields(a) if f.name not in but]
    return [n for n in names if not _same(getattr(a, n), getattr(b, n))]


def _same(a, b):
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()
    return a == b


@every
def test_it_says_what_it_is(name, walked):
    task, cls = walked[name][0], find_task(name)
    assert cls.name == task.name == name
    assert all(isinstance(s, str) and s for s in (cls.version, cls.score_name, cls.score_unit, task.title))
    assert cls.decision in ("stride", "trial")
    for seconds in (cls.setup_seconds, cls.fall_seconds):
        assert math.isfinite(seconds)
        assert seconds >= 0
    assert task.headline().startswith(name)
    assert "\n" not in task.headline()


@every
def test_the_problem_is_well_posed(name, walked):
    problem = walked[name][0].problem
    assert isinstance(problem.space, Space)
    assert len(set(problem.features)) == len(problem.features)
    s = problem.seconds
    assert 0 < s.low <= s.default <= s.high < math.inf
    for seconds in (s.low, s.default, s.high):
        assert s.check(seconds) == seconds
        assert 0 <= problem.noise(seconds) < 1
    assert s.check(None) == s.default


@every
@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf, 1e9])
def test_seconds_out_of_range_are_refused(name, seconds, walked):
    task = walked[name][0]
    with pytest.raises(UsageError, match="trials last"):
        task.planned(Query(0, Constant(task.problem.space.default), seconds))
    with pytest.raises(UsageError, match="trials last"):
        task.run([Query(0, Constant(task.problem.space.default), seconds)], [np.random.SeedSequence(0)])


@every
def test_its_fields_make_it_again(name, walked):
    task, queries, seeds, trials = walked[name]
    again = make_task(name, task.fields(), 1)
    assert again.fields() == task.fields()
    assert again.problem.space == task.problem.space
    assert not different(again.run(queries[1:2], seeds[1:2])[0][0], trials[1])
    with pytest.raises(UsageError, match=f"task '{name}' has no --colour; its fields"):
        make_task(name, {"colour": "red"})


@every
def test_trials_answer_their_queries_in_order(name, walked):
    task, queries, _, trials = walked[name]
    assert [t.query for t in trials] == [q.id for q in queries]
    assert [t.asked for t in trials] == [task.problem.seconds.check(q.seconds) for q in queries]


@every
def test_shapes_are_as_said_and_all_is_finite(name, walked):
    task, _, _, trials = walked[name]
    d, f = len(task.problem.space), len(task.problem.features)
    for t in trials:
        n = len(t.actions)
        assert n >= 1 if task.decision == "stride" else n == 1
        assert t.actions.shape == (n, d)
        assert t.features.shape == (n + 1, f)
        assert t.rewards.shape == t.durations.shape == (n,)
        assert t.progress.shape == (int(t.walked + 1e-9),)
        for a in (t.actions, t.features, t.rewards, t.durations, t.progress):
            assert a.dtype == np.float64
            assert t.ending is Ending.DIVERGED or np.isfinite(a).all()
        assert (t.durations >= 0).all()
        assert t.durations.sum() <= t.walked + 1e-9
        assert isinstance(t.ending, Ending)
        assert (t.score is None) == (t.ending is Ending.DIVERGED)
        assert t.score is None or math.isfinite(t.score)
        assert all(v is None or (isinstance(v, float) and math.isfinite(v)) for v in t.measures.values())
    measured = [list(t.measures) for t in trials if t.ending is not Ending.DIVERGED]
    assert all(names == measured[0] for names in measured)


@every
def test_actions_are_the_policy_s_and_unclipped(name, walked):
    _, queries, _, trials = walked[name]
    for q, t in zip(queries, trials, strict=True):
        if isinstance(q.policy, Constant):
            assert (t.actions == q.policy.x).all()
        elif len(t.actions) > 1:
            assert len(np.unique(t.actions, axis=0)) == len(t.actions)


@every
def test_every_second_is_charged_once(name, walked):
    task, queries, _, trials = walked[name]
    for q, t in zip(queries, trials, strict=True):
        assert t.charged == task.charge(t.walked, t.ending)
        if t.ending is Ending.COMPLETED:
            assert t.walked == pytest.approx(t.asked, abs=0.02)
            assert t.charged == pytest.approx(t.walked + task.setup_seconds)
            assert t.charged == pytest.approx(task.planned(q), abs=0.02)
        else:
            assert 0 < t.walked <= t.asked + 0.02
            assert t.charged == pytest.approx(t.walked + task.setup_seconds + task.fall_seconds)


@every
def test_the_score_of_a_completed_trial_is_that_of_its_measures(name, walked):
    task, _, _, trials = walked[name]
    completed = [t for t in trials if t.ending is Ending.COMPLETED]
    assert completed
    for t in completed:
        assert task.score(t.measures) == pytest.approx(t.score, rel=1e-12)
        if len(t.progress):
            assert abs(t.progress[-1] - t.score) < 0.5


@every
def test_the_same_query_and_seed_give_the_same_trial(name, walked):
    task, queries, seeds, trials = walked[name]
    for other in (task, make(name)):  # the same worlds again, and fresh ones
        for a, b in zip(trials, other.run(queries, seeds)[0], strict=True):
            assert not different(a, b)


@every
def test_another_seed_meets_other_noise(name, walked):
    task, queries, _, trials = walked[name]
    (other,), _ = task.run(queries[:1], [np.random.SeedSequence([6, 0])])
    assert other.score != trials[0].score


@every
def test_how_trials_are_batched_does_not_matter(name, walked):
    _, queries, seeds, trials = walked[name]
    task, n = make(name), len(queries)
    for order in ([[k] for k in range(n)], [[4, 1], [0, 5, 2], [3]], [list(range(n))[::-1]], [[3, 3, 0, 3]]):
        for part in order:
            found = task.run([queries[k] for k in part], [seeds[k] for k in part])[0]
            for k, trial in zip(part, found, strict=True):
                assert not different(trials[k], trial)


@every
def test_how_many_threads_walk_does_not_matter(name, walked):
    _, queries, seeds, trials = walked[name]
    for threads in (2, 3):
        for a, b in zip(trials, make(name, threads).run(queries, seeds)[0], strict=True):
            assert not different(a, b)


@every
def test_the_caller_s_seeds_are_left_as_they_were(name, walked):
    task, queries, seeds, _ = walked[name]
    before = [(s.entropy, s.spawn_key, s.n_children_spawned) for s in seeds]
    task.run(queries[:2], seeds[:2])
    assert [(s.entropy, s.spawn_key, s.n_children_spawned) for s in seeds] == before


@every
def test_chance_in_the_policy_does_not_change_the_noise_of_the_trial(name, walked):
    # common random numbers: what differs between two trials of one seed is the policy alone
    task, queries, seeds, trials = walked[name]
    x, features = queries[0].policy.x, len(task.problem.features)
    still = Gaussian(x, np.full(len(x), -800.0), np.zeros((len(x), features)))
    (trial,), _ = task.run([dataclasses.replace(queries[0], policy=still)], seeds[:1])
    assert not different(trials[0], trial)


@every
def test_beyond_the_cube_is_as_on_its_edge(name, walked):
    task, _, seeds, _ = walked[name]
    x = task.problem.space.default.copy()
    x[0] = 1.0
    beyond = x + 3.0 * (np.arange(len(x)) == 0)
    queries = [Query(0, Constant(action), task.problem.seconds.low) for action in (x, beyond)]
    (a, b), _ = task.run(queries, [seeds[0], seeds[0]])
    assert not different(a, b, but=("actions",))
    assert b.actions[0, 0] == 4.0


@every
def test_what_is_recorded_is_what_was_walked(name, walked):
    task, queries, seeds, trials = walked[name]
    for k in (0, 1, 3):
        r = task.record(queries[k], seeds[k])
        assert not different(r.trial, trials[k])
        frames = len(r.time)
        assert frames >= 1
        assert (np.diff(r.time) > 0).all()
        assert r.time[-1] <= r.trial.walked + 1e-6
        assert len(r.qpos) == len(r.contacts) == frames
        assert r.qpos.ndim == r.contacts.ndim == 2
        assert np.isfinite(r.qpos).all()
        assert r.contacts.dtype == bool
    # and recording leaves nothing behind
    assert not different(task.run(queries[1:2], seeds[1:2])[0][0], trials[1])


@every
def test_no_trials_are_no_trouble(name, walked):
    assert walked[name][0].run([], [])[0] == []
