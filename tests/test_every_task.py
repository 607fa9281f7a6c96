"""What any task must keep, shipped or added: a new one is tested here by being registered."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from toy import CarryingToy, Toy

from gait.errors import UsageError
from gait.events import pack_state, unpack_state
from gait.files import read_npz, write_npz
from gait.policy import Constant, Gaussian
from gait.space import Space
from gait.task import Task
from gait.tasks import TASKS, find_task, make_task, task_names
from gait.trial import Ending, Query

TOYS = {cls.name: cls for cls in (Toy, CarryingToy)}
NAMES = [*task_names(), *TOYS]
CARRYING = [n for n in NAMES if (TOYS.get(n) or find_task(n)).begin is not Task.begin]
every = pytest.mark.parametrize("name", NAMES)
every_carrying = pytest.mark.parametrize("name", CARRYING)


@pytest.fixture(autouse=True)
def _toys_on_the_shelf(monkeypatch):
    for name, cls in TOYS.items():
        monkeypatch.setitem(TASKS, name, cls)


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
    assert all(isinstance(s, str) and s for s in (task.version, cls.score_name, cls.score_unit, task.title))
    assert cls.decision in ("stride", "trial")
    for seconds in (cls.setup_seconds, cls.fall_seconds):
        assert math.isfinite(seconds)
        assert seconds >= 0
    assert math.isfinite(cls.no_score)
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


@every
def test_the_truth_is_of_numbers_and_can_be_left_out(name, walked):
    trials = walked[name][3]
    known = [list(t.truth) for t in trials if t.ending is Ending.COMPLETED]
    assert all(names == known[0] for names in known)
    assert known[0] == [] or "score" in known[0]
    for t in trials:
        assert all(v is None or (isinstance(v, float) and math.isfinite(v)) for v in t.truth.values())
        assert t.as_told().truth == {}
        assert not different(t.as_told(), t, but=("truth",))


@every
def test_savings_can_be_counted_against_the_reference(name, walked):
    task, _, seeds, _ = walked[name]
    if task.reference is None:
        assert task.reference_name == ""
        return
    assert task.reference_name
    (trial,), _ = task.run([Query(0, task.reference)], seeds[:1])
    assert trial.actions.shape == (1, len(task.problem.space))
    assert trial.ending is Ending.COMPLETED
    assert task.no_score < trial.score < 0


# a world that is carried from batch to batch


class Begun(dict):
    """Each task and what a run of it starts from."""

    def __missing__(self, name):
        self[name] = make(name), make(name).begin(np.random.SeedSequence(11))
        return self[name]


@pytest.fixture(scope="module")
def begun():
    return Begun()


def carried(name, begun):
    """The task, the state that a run starts from, and a batch."""
    task, beginning = begun[name]
    assert beginning.state
    queries, seeds = questions(task)
    return task, beginning.state, [dataclasses.replace(q, seconds=task.problem.seconds.low) for q in queries[:4]], seeds


def bits(state):
    return {name: (a.dtype, a.shape, a.tobytes()) for name, a in ((n, np.asarray(a)) for n, a in state.items())}


@every
def test_what_a_run_starts_from_follows_from_its_seed(name, begun):
    _, first = begun[name]
    assert all(v is None or math.isfinite(v) for v in first.measured.values())
    seed = np.random.SeedSequence(11)
    again = make(name, 2).begin(seed)
    assert seed.n_children_spawned == 0
    assert (again.measured, again.walked) == (first.measured, first.walked)
    if first.state is None:
        assert again.state is None
        assert first.walked == 0
    else:
        assert bits(again.state) == bits(first.state)
        assert bits(make(name).begin(np.random.SeedSequence(12)).state) != bits(first.state)


@every_carrying
def test_a_carried_world_goes_on_where_it_was_left(name, begun):
    task, state, queries, seeds = carried(name, begun)
    whole, end = task.run(queries, seeds[:4], state)
    assert bits(end) != bits(state)
    for other, cuts in ((task, (0, 1, 4)), (make(name), (0, 3, 4)), (make(name, 2), (0, 1, 2, 3, 4))):
        parts, now = [], state
        for a, b in itertools.pairwise(cuts):
            trials, now = other.run(queries[a:b], seeds[a:b], now)
            parts += trials
        assert bits(now) == bits(end)
        for a, b in zip(whole, parts, strict=True):
            assert not different(a, b)


@every_carrying
def test_a_carried_state_survives_a_file(name, begun, tmp_path):
    task, state, queries, seeds = carried(name, begun)
    _, middle = task.run(queries[:2], seeds[:2], state)
    write_npz(tmp_path / "state.npz", pack_state(middle))
    read = unpack_state(read_npz(tmp_path / "state.npz"))
    assert bits(read) == bits(middle)
    assert {n: np.asarray(a).dtype for n, a in read.items()} == {n: np.asarray(a).dtype for n, a in state.items()}
    straight, end = task.run(queries[2:], seeds[2:4], middle)
    resumed, same = make(name).run(queries[2:], seeds[2:4], read)  # a task that knows the file only, as after a kill
    assert bits(same) == bits(end)
    for a, b in zip(straight, resumed, strict=True):
        assert not different(a, b)


@every_carrying
def test_a_state_is_the_caller_s(name, begun):
    task, state, queries, seeds = carried(name, begun)
    before = bits(state)
    _, middle = task.run(queries[:1], seeds[:1], state)
    kept = bits(middle)
    task.run(queries[1:3], seeds[1:3], middle)
    task.run(queries[:1], seeds[:1])
    assert bits(state) == before
    assert bits(middle) == kept  # no view of worlds that go on
    trials, same = task.run([], [], middle)
    assert trials == []
    assert bits(same) == kept


@every_carrying
def test_a_carried_world_leaves_nothing_behind(name, begun, walked):
    task, state, queries, seeds = carried(name, begun)
    task.run(queries, seeds[:4], state)
    assert not different(task.run(walked[name][1][1:2], seeds[1:2])[0][0], walked[name][3][1])
