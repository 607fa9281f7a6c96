"""What any optimizer must keep, shipped or added: a new one is tested here by being registered."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from worlds import Hill, blown_up, make_problem

from gait.errors import UsageError
from gait.optimizers import find_optimizer, optimizer_names
from gait.policy import DRAWS, Constant, GaussianNetwork, Network

NAMES = optimizer_names()
BATCHES = 6
TRIALS = {"bayesian": 120, "ppo": 320, "actor-critic": 320}
"""Trials until it must have improved; 720 if not named. A Gaussian process is meant for 200: its asks grow dear.

Networks are dear to train."""
every = pytest.mark.parametrize("name", NAMES)


NEEDS = {"ppo": "torch", "actor-critic": "torch"}
"""What an extra brings."""


def make(name, problem=None, seed=0, **settings):
    cls = find_optimizer(name)
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return cls(problem or make_problem(), seed, cls.Settings(**settings))


def run(optimizer, world, batches=BATCHES, order=None):
    """The policies asked, batch by batch, as lists of keys; and the trials told."""
    asked, told = [], []
    for b in range(batches):
        queries = optimizer.ask()
        trials = world.walk(queries)
        asked.append([q.policy.key() for q in queries])
        told.append(trials)
        optimizer.tell(trials if order is None else [trials[i] for i in order(b, len(trials))])
    return asked, told


def centre(policy, optimizer):
    """The point of the cube a policy is about; a network's is its answer to what was usual so far."""
    if isinstance(policy, Constant):
        return policy.x
    if isinstance(policy, (Network, GaussianNetwork)):
        network = policy if isinstance(policy, Network) else policy.network
        return network.act(optimizer._policy.features.centre, np.random.default_rng(0))
    return policy.mean


def in_cube(x):
    return np.isfinite(x).all() and (x >= -1e-9).all() and (x <= 1 + 1e-9).all()


@every
def test_it_says_what_it_is(name):
    cls = find_optimizer(name)
    assert cls.name == name
    assert "\n" not in cls.about
    assert all(f.metadata["about"] for f in dataclasses.fields(cls.Settings))


@every
@pytest.mark.parametrize("default", [0.35, 0.0, 1.0])
def test_it_stays_in_the_space(name, default):
    problem = make_problem(default=default)
    optimizer, world = make(name, problem), Hill(problem, peak=1.0 - default)
    assert np.allclose(centre(optimizer.recommend(), optimizer), problem.space.default, rtol=0, atol=1e-12)
    for _ in range(BATCHES):
        queries = optimizer.ask()
        assert 0 < len(queries) <= optimizer.batch_size
        for query in queries:
            assert isinstance(query.policy, (Constant, *DRAWS))
            assert optimizer.ranks == isinstance(query.policy, Constant)
            assert optimizer.chooses_seconds or query.seconds is None
            assert in_cube(centre(query.policy, optimizer))
            assert centre(query.policy, optimizer).shape == (len(problem.space),)
            problem.seconds.check(query.seconds)
        optimizer.tell(world.walk(queries))
        recommended = optimizer.recommend()
        assert isinstance(recommended, Network if name in NEEDS else Constant)
        assert in_cube(centre(recommended, optimizer))


@every
def test_the_same_seed_asks_the_same(name):
    problem = make_problem()
    runs = [make(name, problem, seed=3) for _ in range(2)]
    asked = [run(o, Hill(problem))[0] for o in runs]
    assert asked[0] == asked[1]
    assert runs[0].recommend().key() == runs[1].recommend().key()


@every
def test_query_numbers_count_from_zero(name):
    optimizer, world, seen = make(name), Hill(make_problem()), []
    for _ in range(3):
        queries = optimizer.ask()
        seen += [q.id for q in queries]
        optimizer.tell(world.walk(queries))
    assert seen == list(range(len(seen)))


@every
def test_a_run_can_be_replayed_from_what_was_told(name):
    problem = make_problem()
    original = make(name, problem, seed=5)
    asked, told = run(original, Hill(problem, falls=0.05))
    again = make(name, problem, seed=5)
    for keys, trials in zip(asked, told, strict=True):
        assert [q.policy.key() for q in again.ask()] == keys
        again.tell(trials)
    assert again.recommend().key() == original.recommend().key()
    assert [q.policy.key() for q in again.ask()] == [q.policy.key() for q in original.ask()]


@every
def test_an_optimizer_that_keeps_its_state_goes_on_from_it_as_if_never_stopped(name):
    problem = make_problem()
    original = make(name, problem, seed=5)
    run(original, Hill(problem, falls=0.05), batches=3)
    state = original.state()
    if state is None:
        pytest.skip("it is replayed")
    assert all(np.asarray(a).dtype.kind in "biuf" for a in state.values())
    kept = {key: np.array(a) for key, a in state.items()}
    again = make(name, problem, seed=5)
    again.restore(kept)
    for _ in range(2):
        assert again.recommend().key() == original.recommend().key()
        for optimizer in (original, again):
            optimizer.tell(Hill(problem, falls=0.05).walk(optimizer.ask()))
    assert [q.policy.key() for q in again.ask()] == [q.policy.key() for q in original.ask()]
    assert {key: np.array_equal(a, state[key]) for key, a in kept.items()} == dict.fromkeys(kept, True)


@every
def test_the_order_of_telling_does_not_matter(name):
    problem, rng = make_problem(), np.random.default_rng(6)
    straight, shuffled = make(name, problem), make(name, problem)
    asked = run(straight, Hill(problem))[0]
    assert asked == run(shuffled, Hill(problem), order=lambda b, n: rng.permutation(n))[0]
    assert straight.recommend().key() == shuffled.recommend().key()


@every
def test_what_is_told_is_left_as_it_was(name):
    problem = make_problem()
    optimizer, world = make(name, problem), Hill(problem, diverged=frozenset({1}))
    for _ in range(3):
        trials = world.walk(optimizer.ask())
        before = [dataclasses.asdict(t) for t in trials]
        given = list(trials)
        optimizer.tell(trials)
        assert all(a is b for a, b in zip(trials, given, strict=True))
        for old, trial in zip(before, trials, strict=True):
            for field, value in old.items():
                assert (
                    np.array_equal(value, getattr(trial, field), equal_nan=True)
                    if isinstance(value, np.ndarray)
                    else value == getattr(trial, field)
                )


@every
def test_wrong_batches_are_refused_by_name(name):
    problem = make_problem()
    optimizer, world = make(name, problem), Hill(problem)
    with pytest.raises(RuntimeError, match=f"{name}.*ask"):
        optimizer.tell([])
    trials = world.walk(optimizer.ask())
    with pytest.raises(RuntimeError, match=f"{name}: asked twice"):
        optimizer.ask()
    stranger = dataclasses.replace(trials[0], query=10**6)
    for wrong in (trials[:-1], [*trials, trials[0]], [stranger, *trials[1:]]):
        with pytest.raises(RuntimeError, match=f"{name}: asked for trials"):
            optimizer.tell(wrong)
    optimizer.tell(trials)  # a refused batch can be told right afterwards
    with pytest.raises(RuntimeError, match=name):
        optimizer.tell(trials)
    assert len(optimizer.ask()) > 0


def lost(trial):
    """Diverged before its first stride, with nothing to show for it."""
    none = np.zeros(0)
    return dataclasses.replace(
        blown_up(trial), actions=none, features=np.zeros((0, 2)), rewards=none, durations=none, walked=0.0
    )


def unmarked(trial):
    """A score that is no number, in a trial that claims to have been completed."""
    return dataclasses.replace(trial, score=math.nan)


@every
@pytest.mark.parametrize("how", [blown_up, lost, unmarked])
@pytest.mark.parametrize("which", ["first", "all", "random"])
def test_no_number_that_is_not_finite_gets_through(name, how, which):
    problem, rng = make_problem(), np.random.default_rng(7)
    optimizer, world = make(name, problem), Hill(problem)
    for _ in range(BATCHES):
        trials = world.walk(optimizer.ask())
        bad = {"first": [0], "all": range(len(trials)), "random": rng.permutation(len(trials))[:3]}[which]
        optimizer.tell([how(t) if i in bad else t for i, t in enumerate(trials)])
        assert in_cube(centre(optimizer.recommend(), optimizer))
    queries = optimizer.ask()
    assert 0 < len(queries) <= optimizer.batch_size
    assert all(np.isfinite(a).all() for q in queries for a in q.policy.arrays().values())


@every
def test_trials_that_fell_at_once_are_no_trouble(name):
    problem = make_problem()
    optimizer = make(name, problem)
    run(optimizer, Hill(problem, falls=1.0))
    run(optimizer, Hill(problem, falls=0.3, seed=1))
    assert in_cube(centre(optimizer.recommend(), optimizer))


@every
def test_equal_scores_are_no_trouble(name):
    problem = make_problem()
    optimizer = make(name, problem)
    for _ in range(30):
        trials = Hill(problem).walk(optimizer.ask())
        optimizer.tell([dataclasses.replace(t, score=0.0, rewards=np.zeros(len(t.rewards))) for t in trials])
        assert in_cube(centre(optimizer.recommend(), optimizer))


@every
def test_settings_are_read_and_bounded(name):
    cls = find_optimizer(name)
    for f in dataclasses.fields(cls.Settings):
        assert getattr(cls.Settings.parse({f.name: str(f.default)}), f.name) == f.default
        for edge, word in ((f.metadata["low"], -1), (f.metadata["high"], 1)):
            if math.isfinite(edge):
                beyond = type(f.default)(edge + word)
                with pytest.raises(UsageError, match=f"{f.name} must lie within"):
                    cls.Settings.parse({f.name: str(beyond)})
        if not isinstance(f.default, str) or f.metadata["choices"]:
            with pytest.raises(UsageError, match=f.name):
                cls.Settings.parse({f.name: "purple"})
    with pytest.raises(UsageError, match="unknown setting 'colour'"):
        cls.Settings.parse({"colour": "1"})


@every
def test_one_parameter_is_enough_or_refused_in_a_sentence(name):
    problem = make_problem(d=1)
    try:
        optimizer = make(name, problem)
    except UsageError as error:
        assert "parameter" in str(error)  # noqa: PT017
    else:
        run(optimizer, Hill(problem))
        assert in_cube(centre(optimizer.recommend(), optimizer))


@every
def test_it_is_quiet_and_leaves_the_world_alone(name, tmp_path, monkeypatch, capfd, recwarn):
    monkeypatch.chdir(tmp_path)
    state = np.random.get_state()  # noqa: NPY002
    optimizer = make(name)
    run(optimizer, Hill(make_problem()))
    optimizer.recommend()
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(state, after, strict=True))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
    assert [str(w.message) for w in recwarn] == []


def climb(name, problem, seed, trials=720):
    """Noise-free speed of the recommendation after so many noisy trials."""
    optimizer, world = make(name, problem, seed), Hill(problem, noise=0.3, seed=seed)
    told = 0
    while told < trials:
        queries = optimizer.ask()
        optimizer.tell(world.walk(queries))
        told += len(queries)
    return world.speed(centre(optimizer.recommend(), optimizer))


@every
def test_it_improves_on_its_start_and_on_chance(name):
    problem = make_problem(d=8)
    start = Hill(problem).speed(problem.space.default)
    found = np.array([climb(name, problem, seed, TRIALS.get(name, 720)) for seed in range(3)])
    assert (found > start + 0.5).all()
    if name != "random-search":
        chance = np.mean([climb("random-search", problem, seed) for seed in range(3)])
        assert (found > chance).all()
