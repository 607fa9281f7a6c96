"""Laws of what is put around an optimizer: stop rules, races, common seeds, fleets; and of their bills."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from toy import CarryingToy, Toy
from worlds import Hill, blown_up, make_problem

from gait import tasks
from gait.around import Around, CommonSeeds, EarlyStop, Racing
from gait.errors import UsageError
from gait.optimizers import find_optimizer
from gait.policy import Constant
from gait.run import optimize, resume
from gait.tally import Tally
from gait.tasks import make_task
from gait.trial import Ending, Query, Stop


def make(name="cma-es", problem=None, seed=0, **settings):
    cls = find_optimizer(name)
    return cls(problem or make_problem(), seed, cls.Settings(**settings))


def seeds(n, word=7):
    return [np.random.SeedSequence([word, k]) for k in range(n)]


# The stop rule


def gesp(f, best, t, g):
    """As the paper says it, f and best being functions of whole seconds."""
    return t > g and max(f[t - 1], f[t - 1 - g]) < min(best[t - 1], best[t - 1 - g])


@pytest.mark.parametrize("grace", [1, 2, 5])
def test_a_trial_stops_at_the_first_second_of_gesps_rule(grace):
    rng = np.random.default_rng(grace)
    stopped = 0
    for _ in range(300):
        f, best = np.cumsum(rng.normal(size=(2, 12)), axis=1)
        first = next((t for t in range(1, 13) if gesp(f, best, t, grace)), None)
        assert Stop(grace, tuple(best)).second(f) == first
        stopped += first is not None
    assert 30 < stopped < 270


def test_nothing_stops_in_its_grace_or_beyond_the_bar():
    behind = np.full(20, -1.0)
    assert Stop(20, (0.0,) * 20).second(behind) is None
    assert Stop(3, (0.0,) * 20).second(behind) == 4
    assert Stop(3, (0.0,) * 3).second(behind) is None
    assert Stop(3, ()).second(behind) is None


def test_a_bar_that_is_no_numbers_is_refused():
    for grace, bar in ((0, (1.0,)), (1, (np.nan,)), (1, (1.0, np.inf))):
        with pytest.raises(ValueError, match=r"grace|bar"):
            Stop(grace, bar)


@pytest.mark.parametrize(("name", "fields", "seconds", "bar"), [
    ("quadruped", {}, 8.0, 0.25), ("exoskeleton", {}, 40.0, -3.3),
])  # fmt: skip
def test_a_stopped_trial_is_the_beginning_of_the_whole_one(name, fields, seconds, bar):
    task = make_task(name, fields, threads=1)
    stop = Stop(int(0.2 * seconds), tuple(bar + 0.0 * k for k in range(int(seconds))))
    policies = [Constant(task.problem.space.default)] * 4
    whole, _ = task.run([Query(k, p, seconds) for k, p in enumerate(policies)], seeds(4))
    short, _ = task.run([Query(k, p, seconds, stop=stop) for k, p in enumerate(policies)], seeds(4))
    stopped = 0
    for a, b in zip(whole, short, strict=True):
        second = stop.second(a.progress)
        if second is None or second >= a.walked:
            assert b.ending is a.ending
            assert (b.score, b.walked) == (a.score, a.walked)
            continue
        stopped += 1
        assert b.ending is Ending.STOPPED
        assert b.walked == pytest.approx(second, abs=1e-9)
        assert b.charged == pytest.approx(second + task.setup_seconds, abs=1e-9)
        assert b.asked == a.asked
        assert b.progress == pytest.approx(a.progress[:second], rel=1e-9)
        assert b.score == pytest.approx(b.progress[-1], rel=1e-9)
    assert stopped >= 1


def test_a_carried_walk_goes_on_from_where_it_was_stopped():
    task = make_task("exoskeleton", {}, threads=1)
    start, law = task.start(), Constant(task.problem.space.default)
    stop = Stop(10, (-0.5,) * 40)  # no law is that cheap: stopped as soon as there are breaths
    (told,), after = task.run([Query(0, law, 40.0, stop=stop)], seeds(1), start)
    assert told.ending is Ending.STOPPED
    assert told.walked < 40.0
    (same,), ended = task.run([Query(0, law, 40.0)], seeds(1), start)
    assert same.walked == 40.0
    assert after["age"] - start["age"] == round(told.walked / 0.001)
    assert ended["age"] - start["age"] == 40_000


# Early stop


def test_nothing_stops_before_a_trial_was_completed():
    optimizer, problem = EarlyStop(make()), make_problem()
    assert all(q.stop is None for q in optimizer.ask())
    trials = Hill(problem).walk(optimizer._asked)
    optimizer.tell([dataclasses.replace(t, ending=Ending.FELL, progress=np.arange(8.0)) for t in trials])
    assert all(q.stop is None for q in optimizer.ask())


def test_the_bar_is_the_best_completed_trials_running_score():
    optimizer, best = EarlyStop(make()), (-np.inf, None)
    rng = np.random.default_rng(0)
    for _ in range(4):
        queries = optimizer.ask()
        assert all((q.stop.bar if q.stop else None) == best[1] for q in queries)
        assert all(q.stop is None or q.stop.grace == 2 for q in queries)  # a fifth of 8 s
        trials = []
        for t in Hill(make_problem()).walk(queries):
            curve = rng.normal(size=8)
            trials.append(dataclasses.replace(t, progress=curve))
            best = max(best, (t.score, tuple(curve)))
        optimizer.tell(trials)
    assert best[1] is not None


# Common seeds


@pytest.mark.parametrize("name", ["cma-es", "finite-difference", "reinforce"])
def test_candidates_share_seeds_and_repeats_do_not(name):
    optimizer, world, seen = CommonSeeds(make(name)), Hill(make_problem()), set()
    for _ in range(3):
        queries = optimizer.ask()
        by_policy = {}
        for q in queries:
            by_policy.setdefault(q.policy.key(), []).append(q.seed)
        kinds = set(map(tuple, by_policy.values()))
        longest = max(kinds, key=len)
        assert all(keys == longest[: len(keys)] for keys in kinds)  # the k-th trial of each has the same seed
        assert len(set(longest)) == len(longest)
        assert not seen & set(longest)  # other batches, other seeds
        seen |= set(longest)
        optimizer.tell(world.walk(queries))


def test_common_seeds_take_the_noise_out_of_comparisons():
    task = make_task("quadruped", {"noise": "default"}, threads=1)
    x = Constant(task.problem.space.default)
    trials, _ = task.run([Query(0, x, seed=5), Query(1, x, seed=5)], [np.random.SeedSequence(5)] * 2)
    assert trials[0].score == trials[1].score


# Racing


def race(optimizer, world, batches=6):
    """Trials of each round, and what the inner optimizer was told."""
    rounds, told = [], []
    tell = optimizer.inner.tell
    optimizer.inner.tell = lambda trials: (told.append(list(trials)), tell(trials))
    for _ in range(batches):
        queries = optimizer.ask()
        rounds.append(queries)
        optimizer.tell(world.walk(queries))
    return rounds, told


def noisy_problem(noise):
    return dataclasses.replace(make_problem(), noise=lambda seconds: noise)


def test_without_noise_nobody_walks_twice():
    problem = noisy_problem(0.0)
    rounds, told = race(Racing(make("cma-es", problem), 5), Hill(problem, noise=0.0))
    assert [len(r) for r in rounds] == [12] * 6
    assert len(told) == 6


def test_in_great_noise_all_are_repeated_up_to_the_limit():
    problem = noisy_problem(100.0)
    rounds, told = race(Racing(make("cma-es", problem), 4), Hill(problem), batches=8)
    assert [len(r) for r in rounds] == [12] * 8
    assert len(told) == 2


def test_repeats_go_to_the_boundary_of_the_better_half():
    problem = noisy_problem(0.1)
    optimizer = Racing(make("cma-es", problem, population=20), 6)
    first = Hill(problem).walk(optimizer.ask())
    scores = np.linspace(0.0, 1.0, 20)
    optimizer.tell([dataclasses.replace(t, score=s) for t, s in zip(first, scores, strict=True)])
    again = {q.policy.key() for q in optimizer.ask()}
    middle = {t.query for t in first if abs(scores[t.query] - 0.5) < 0.1 * np.median(scores)}
    keys = [q.policy.key() for q in optimizer._candidates]
    assert again == {keys[k] for k in middle}
    assert 0 < len(again) < 10


def test_a_candidate_is_told_once_with_all_it_cost():
    problem = noisy_problem(0.2)
    optimizer = Racing(make("cma-es", problem), 3)
    rounds, told = race(optimizer, Hill(problem, noise=0.3), batches=9)
    walked = sum(len(r) for r in rounds) - sum(len(t) for t in optimizer._told if optimizer._running)
    assert sum(round(t.walked / 8.0) for batch in told for t in batch) == walked
    assert all(len(batch) == 12 for batch in told)
    assert any(t.walked > 8.0 for batch in told for t in batch)


def test_who_falls_is_not_asked_again():
    problem = noisy_problem(100.0)
    optimizer = Racing(make("cma-es", problem), 4)
    trials = Hill(problem).walk(optimizer.ask())
    optimizer.tell([blown_up(t) if t.query < 4 else t for t in trials])
    assert len(optimizer.ask()) == 8


def test_who_looks_into_trials_is_not_raced():
    with pytest.raises(UsageError, match="reinforce can't be raced"):
        Around(racing=3).put(make("reinforce"))
    for wrong in (-1, 1, 10**6):
        with pytest.raises(UsageError, match=f"racing={wrong}"):
            Around(racing=wrong)


# All of it, as runs


EVERY = [Around(early_stop=True), Around(racing=3), Around(common_seeds=True), Around(True, 3, True)]


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    for cls in (Toy, CarryingToy):
        monkeypatch.setitem(tasks.TASKS, cls.name, cls)


@pytest.mark.parametrize("around", EVERY, ids=Around.words)
@pytest.mark.parametrize("name", ["cma-es", "finite-difference"])
def test_a_run_with_it_resumes_to_the_identical_ledger(name, around, tmp_path):
    whole = optimize("toy", name, budget=4000.0, seed=3, out=tmp_path / "a", around=around, progress=False)
    optimize("toy", name, budget=1500.0, seed=3, out=tmp_path / "b", around=around, progress=False)
    again = resume(tmp_path / "b", budget=4000.0, progress=False)
    assert (tmp_path / "a/events.jsonl").read_bytes() == (tmp_path / "b/events.jsonl").read_bytes()
    assert whole.result == again.result
    assert whole.result["around"] == around.describe()
    assert Around.read(json.loads((tmp_path / "a/run.json").read_text())["around"]) == around
    plain = optimize("toy", name, budget=4000.0, seed=3, out=tmp_path / "c", progress=False)
    assert "around" not in plain.result
    assert (tmp_path / "c/events.jsonl").read_bytes() != (tmp_path / "a/events.jsonl").read_bytes()


def test_what_stopped_is_charged_what_it_used(tmp_path):
    run = optimize("toy", "cma-es", budget=6000.0, out=tmp_path / "a", around=Around(early_stop=True), progress=False)
    lines = [json.loads(line) for line in (tmp_path / "a/events.jsonl").read_text().splitlines()]
    stopped = [t for t in lines if t["event"] == "tell" and t["ending"] == "stopped"]
    assert run.result["endings"]["stopped"] == len(stopped) > 0
    assert all(t["charged"] == t["walked"] + Toy.setup_seconds for t in stopped)
    assert all(t["walked"] < t["asked"] for t in stopped)
    s = run.result["seconds"]
    assert s["charged"] == pytest.approx(s["walking"] + s["setup"] + s["falls"])


def test_without_anything_around_the_ledger_says_nothing_of_it(tmp_path):
    optimize("toy", "cma-es", budget=500.0, out=tmp_path / "a", progress=False)
    assert "stop" not in (tmp_path / "a/events.jsonl").read_text().replace('"ending": "stopped"', "")
    assert not {"around", "fleet"} & json.loads((tmp_path / "a/run.json").read_text()).keys()


# Fleets


@pytest.mark.parametrize("fleet", [1, 2, 3, 7])
def test_the_two_clocks_of_a_fleet(fleet, tmp_path):
    run = optimize("toy", "cma-es", budget=3000.0, fleet=fleet, out=tmp_path / "a", progress=False)
    alone = optimize("toy", "cma-es", budget=3000.0, out=tmp_path / "b", progress=False)
    assert (tmp_path / "a/events.jsonl").read_bytes() == (tmp_path / "b/events.jsonl").read_bytes()
    assert run.result["recommended"] == alone.result["recommended"]
    charged = run.result["seconds"]["charged"]
    assert charged == alone.result["seconds"]["charged"]
    elapsed = run.result["seconds"].get("elapsed", charged)
    if fleet == 1:
        assert elapsed == charged
    else:
        assert charged / fleet <= elapsed < charged


def test_time_goes_by_as_on_a_timetable():
    task, tally = Toy(), Tally(fleet=2)
    (one,), _ = task.run([Query(0, Constant(np.full(3, 0.5)))], seeds(1))
    tally.add(task, [dataclasses.replace(one, charged=s) for s in (5.0, 3.0, 4.0, 1.0)])
    assert tally.elapsed == 7.0  # 5 + 1 | 3 + 4
    tally.add(task, [dataclasses.replace(one, charged=2.0)])
    assert tally.elapsed == 9.0


def test_one_walker_that_is_carried_on_is_no_fleet(tmp_path):
    for fleet in (0, 10**6):
        with pytest.raises(UsageError, match=f"--fleet {fleet}"):
            optimize("toy", budget=500.0, fleet=fleet, out=tmp_path / "a", progress=False)
    task = make_task("exoskeleton", {})
    with pytest.raises(UsageError, match="exoskeleton carries one walker on"):
        optimize(task, budget=500.0, fleet=2, out=tmp_path / "a", progress=False)
    assert not (tmp_path / "a").exists()
