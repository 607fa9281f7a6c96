"""A world that is carried from batch to batch, the truth that nobody is told, and what is saved over a reference."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from toy import CarryingToy, Toy

from gait.errors import UsageError
from gait.evaluate import evaluate, evaluation_table
from gait.ledger import Ledger
from gait.optimizers import OPTIMIZERS
from gait.policy import Constant
from gait.result import savings
from gait.run import load_run, optimize, resume
from gait.run_files import read_manifest
from gait.session import BEGIN_SEED, trial_seed
from gait.show import outcome, show, show_table
from gait.task import Beginning, Task
from gait.tasks import TASKS
from gait.trial import Ending, Query, Trial
from gait.validate import TRIALS, Validation, Validator, _summarise, held_out_seeds

BUDGET, SIZE = 400.0, 4
KEPT = ("events.jsonl", "result.json")
QUERIES = [Query(k, Constant(CarryingToy().problem.space.default)) for k in range(TRIALS)]
"""What is asked of the start when it's validated."""


@pytest.fixture(autouse=True)
def _toys_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)
    monkeypatch.setitem(TASKS, "carrying-toy", CarryingToy)


def go(out, budget=BUDGET, task="carrying-toy", optimizer="cma-es", **options):
    settings = {"population": SIZE} if optimizer == "cma-es" else None
    return optimize(task, optimizer, budget=budget, seed=3, out=out, settings=settings, progress=False, **options)


def again(out, **options):
    return resume(out, progress=False, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run that nobody disturbed, not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "carrying-toy", CarryingToy)
        return go(tmp_path_factory.mktemp("carried") / "run").path


@pytest.fixture
def run(whole, tmp_path):
    """A copy of it, to break."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def events_of(path):
    return [json.loads(line) for line in (path / "events.jsonl").open()]


def same_run(a, b):
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in KEPT)


def logged(path):
    """What the run started from, and its batches."""
    ledger = Ledger.open(path)
    try:
        return ledger.beginning(), list(ledger.batches())
    finally:
        ledger.close()


def bits(state):
    return {name: (a.dtype, a.shape, a.tobytes()) for name, a in state.items()}


# one world


def test_all_trials_of_a_run_are_walked_in_one_world(whole):
    task = CarryingToy()
    begun, batches = logged(whole)
    fresh = task.begin(np.random.SeedSequence([3, BEGIN_SEED]))
    assert bits(begun.state) == bits(fresh.state)
    queries = [q for b in batches for q in b.queries]
    trials, end = task.run(queries, [trial_seed(3, q) for q in queries], fresh.state)
    assert [t.score for t in trials] == [t.score for b in batches for t in b.trials]
    assert bits(end) == bits(batches[-1].state)
    assert {a.dtype.kind for a in end.values()} == set("fiu")
    assert int(end["trials"]) == 3 + len(trials)


def test_what_the_beginning_walked_is_told_and_not_charged(whole):
    first, *others = events_of(whole)
    result, begun = load_run(whole).result, CarryingToy().begin(np.random.SeedSequence([3, BEGIN_SEED]))
    assert first["event"] == "begin"
    assert (first["measured"], first["walked"]) == (begun.measured, begun.walked)
    assert all(e["event"] != "begin" for e in others)
    assert result["begin"] == begun.measured
    s = result["seconds"]
    assert s["familiarisation"] == begun.walked > 0
    assert s["charged"] == pytest.approx(s["walking"] + s["setup"] + s["falls"])
    assert s["charged"] == pytest.approx(sum(e.get("charged", 0.0) for e in others))
    for key in ("begin", "seconds"):
        assert show(whole)[key] == result[key]


def test_an_unfinished_run_shows_its_beginning(run, capsys):
    lines = (run / "events.jsonl").open("rb").readlines()
    (run / "result.json").unlink()
    for count in (1, 2 + 2 * SIZE):
        (run / "events.jsonl").write_bytes(b"".join(lines[:count]))
        data = show(run)
        assert data["begin"] == json.loads(lines[0])["measured"]
        assert data["seconds"]["familiarisation"] == json.loads(lines[0])["walked"]
        assert data["trials"] == (SIZE if count > 1 else 0)
        show_table(data)
        shown = capsys.readouterr().out
        assert "(familiarisation 60 s, not charged)" in shown
        assert "at the start     cost 7 · slip –" in shown


def test_a_task_that_carries_nothing_leaves_no_trace_of_it(tmp_path):
    path = go(tmp_path / "run", task="toy", budget=100.0).path
    written = b"".join(p.read_bytes() for p in path.iterdir() if p.suffix in (".json", ".jsonl"))
    for word in (b"begin", b"truth", b"familiarisation", b"reference", b"saving", b'completed": ['):
        assert word not in written
    assert not (path / "arrays" / "begin.npz").exists()
    assert all("." not in name for p in (path / "arrays").glob("*") for name in np.load(p))
    assert not {"begin", "truth", "reference", "estimated_saving"} & show(path).keys()


@pytest.mark.parametrize(
    "wrong", [{"walked": 1.0}, {"measured": {"cost": 1.0}}, {"state": {}}, {"state": {}, "walked": -1.0}]
)
def test_a_beginning_that_leaves_nothing_to_carry_on_is_none(wrong):
    with pytest.raises(ValueError, match="must"):
        Beginning(**wrong)
    assert CarryingToy.begin is not Task.begin
    assert Toy().begin(np.random.SeedSequence(0)).state is None


# killed and resumed


def cuts_of(events):
    """Bytes to cut the events at: around every line of interest, and anywhere."""
    ends = np.cumsum([len(line) for line in events.splitlines(keepends=True)])
    batches = [end for end, line in zip(ends, events.splitlines(), strict=True) if b'"event": "batch"' in line]
    sought = random.Random(5)
    return [0, 1, ends[0] - 1, ends[0], ends[0] + 1, *batches[:3], *(sought.randrange(len(events)) for _ in range(6))]


def test_cut_anywhere_and_resumed_it_is_the_same_run(whole, tmp_path):
    events = (whole / "events.jsonl").read_bytes()
    for k, cut in enumerate(cuts_of(events)):
        path = Path(shutil.copytree(whole, tmp_path / str(k)))
        (path / "events.jsonl").write_bytes(events[:cut])
        (path / "result.json").unlink()
        again(path)
        assert same_run(path, whole)
        for a, b in zip(logged(path)[1], logged(whole)[1], strict=True):
            assert bits(a.state) == bits(b.state)


@pytest.mark.parametrize("kind", [Toy, CarryingToy])
def test_interrupted_after_each_batch_it_is_the_same_run(kind, tmp_path, monkeypatch):
    class Interrupting(kind):
        """Interrupted in each batch, but not in validations."""

        def run(self, queries, seeds, state=None):
            if len(queries) == SIZE:
                signal.raise_signal(signal.SIGINT)
            return super().run(queries, seeds, state)

    undisturbed = go(tmp_path / "undisturbed", task=kind.name).path
    monkeypatch.setitem(TASKS, kind.name, Interrupting)
    path = tmp_path / "run"
    found, times = go(path, task=kind.name), 1
    while not found.result:
        assert sum(e["event"] == "batch" for e in events_of(path)) == times
        found, times = again(path), times + 1
    assert times == found.result["batches"] + 1
    assert same_run(path, undisturbed)


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from toy import CarryingToy
from gait.run import optimize, resume
from gait.tasks import TASKS

out, where = Path(sys.argv[2]), int(sys.argv[3])

class Killed(CarryingToy):
    walked = 0

    def begin(self, seed):
        begun = super().begin(seed)
        if where == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return begun

    def run(self, queries, seeds, state=None):
        found = super().run(queries, seeds, state)
        if len(queries) == 4:
            type(self).walked += 1
            if type(self).walked == where:
                os.kill(os.getpid(), signal.SIGKILL)
        return found

TASKS["carrying-toy"] = Killed
if (out / "run.json").exists():
    resume(out, progress=False)
else:
    optimize("carrying-toy", "cma-es", budget=400.0, seed=3, out=out, settings={"population": 4}, progress=False)
"""


def test_killed_again_and_again_it_is_the_run_nobody_disturbed(whole, tmp_path):
    code, lines = [], []
    for where in (0, 1, 2, 3, -1):
        words = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path / "run"), str(where)]
        code.append(subprocess.run(words, check=False, timeout=120).returncode)
        lines.append(len(events_of(tmp_path / "run")))
    each = 2 * SIZE + 1
    assert code == [-signal.SIGKILL] * 4 + [0]
    assert lines == [0, 1, 1 + each, 1 + 3 * each, len(events_of(whole))]
    assert same_run(tmp_path / "run", whole)


def test_what_was_walked_is_never_walked_again(run, monkeypatch):
    class Spent(CarryingToy):
        def begin(self, seed):
            raise AssertionError("begun again")

        def run(self, queries, seeds, state=None):
            raise AssertionError("walked again")

    monkeypatch.setitem(TASKS, "carrying-toy", Spent)
    assert again(run).result == load_run(run).result


def test_an_extended_run_is_the_run_of_the_larger_budget(whole, tmp_path):
    path = go(tmp_path / "run", budget=0.4 * BUDGET).path
    assert len(events_of(path)) < len(events_of(whole))
    again(path, budget=BUDGET)
    assert same_run(path, whole)


def test_held_out_trials_start_afresh_whatever_the_run(whole, tmp_path):
    other = optimize("carrying-toy", "random-search", budget=50.0, seed=8, out=tmp_path / "run", progress=False)
    assert other.result["begin"] != {}
    for name in ("start", "reference"):
        assert other.result[name] == load_run(whole).result[name]


# the truth


def test_the_truth_is_recorded_and_no_optimizer_is_told(tmp_path, monkeypatch):
    told = []

    class Spy(OPTIMIZERS["cma-es"]):
        def tell(self, trials):
            told.extend(trials)
            super().tell(trials)

    monkeypatch.setitem(OPTIMIZERS, "cma-es", Spy)
    path = go(tmp_path / "run").path
    walked, told[:] = list(told), []
    (path / "result.json").unlink()
    again(path)
    trials = [t for b in logged(path)[1] for t in b.trials]
    for seen in (walked, told):
        assert [t.query for t in seen] == [t.query for t in trials]
        assert all(t.truth == {} for t in seen)
        assert [(t.score, t.measures) for t in seen] == [(t.score, t.measures) for t in trials]
    events = [e for e in events_of(path) if e["event"] == "tell"]
    for trial, event in zip(trials, events, strict=True):
        diverged = trial.ending is Ending.DIVERGED
        assert event.get("truth", {}) == trial.truth
        assert ("truth" in event) == (trial.truth != {}) == (not diverged)
        assert diverged or trial.truth["score"] == -trial.truth["cost"] != trial.score
    assert len({t.truth["cost"] for t in trials if t.truth}) > SIZE


# what is saved over the reference, and what no score counts as


def validation(scores, truths=(), completed=None):
    completed = [True] * len(scores) if completed is None else completed
    return Validation(list(scores), 1.0, 0, {}, list(completed), list(truths))


def test_true_savings_are_counted_seed_by_seed():
    rng = np.random.default_rng(0)
    person = rng.uniform(3, 5, 16)  # each has a level of their own, which pairs cancel
    found = savings(validation(-person, -0.9 * person), validation(-person, -person))
    assert found["true_saving"] == {"mean": pytest.approx(0.1), "sd": pytest.approx(0, abs=1e-12), "n": 16}
    policy, reference = -person * rng.uniform(0.8, 0.9, 16), -person
    found = savings(validation(policy, policy), validation(reference, reference))
    assert found["true_saving"]["mean"] == pytest.approx(np.mean(1 - policy / reference))
    assert found["true_saving"]["sd"] == pytest.approx(np.std(1 - policy / reference, ddof=1))
    assert "true_saving" not in savings(validation(policy), validation(reference))


def test_errors_of_measurement_do_not_cancel_in_estimated_savings():
    errors = 1 + 0.04 * np.random.default_rng(0).standard_normal(2000)  # the same seed, the same errors
    found = savings(validation(-0.9 * 3 * errors), validation(-3 * errors))["estimated_saving"]
    assert found["mean"] == pytest.approx(0.1, abs=0.005)
    assert found["sd"] == pytest.approx(0.9 * 0.04 * 2**0.5, rel=0.1)
    assert found["n"] == 2000


def test_nothing_is_saved_over_oneself():
    v = validation([-3.0, -4.0, -5.0], [-3.1, -4.1, -5.1])
    assert savings(v, v)["true_saving"] == {"mean": 0, "sd": 0, "n": 3}
    alike = validation([-3.0] * 4)
    assert savings(alike, alike)["estimated_saving"] == {"mean": 0, "sd": 0, "n": 4}


def test_pairs_with_a_fall_are_left_out():
    a = validation([-3.0, -20.0, -3.0, -3.0], [-3.0, None, None, -3.0], [True, False, True, True])
    b = validation([-4.0, -4.0, -4.0, 0.5], [-4.0, -4.0, -4.0, -4.0], [True, True, True, False])
    found = savings(a, b)  # measured: pairs 0–1, 1–2, 2–3, 3–0
    assert found["estimated_saving"] == {"mean": 0.25, "sd": 0, "n": 2}
    assert found["true_saving"] == {"mean": 0.25, "sd": None, "n": 1}
    none = validation([-1.0] * 4, [None] * 4, [False] * 4)
    assert savings(a, none)["estimated_saving"] == {"mean": None, "sd": None, "n": 0}
    zero = validation([0.0] * 4)
    assert savings(validation([-1.0] * 4), zero)["estimated_saving"]["n"] == 0


def test_a_result_tells_what_its_recommendation_saves(whole, capsys):
    result, task = load_run(whole).result, CarryingToy()
    policies = [Constant(np.array(result[k]["policy"]["x"])) for k in ("recommended", "reference")]
    ours, theirs = (
        task.run([dataclasses.replace(q, policy=p) for q in QUERIES], held_out_seeds())[0] for p in policies
    )
    assert policies[1].key() == task.reference.key()

    def stood(pairs):
        return [(a, b) for a, b in pairs if a.ending == b.ending == Ending.COMPLETED]

    both = stood(zip(ours, theirs, strict=True))
    apart = stood(zip(ours, [*theirs[1:], theirs[0]], strict=True))
    assert 2 < len(both) < TRIALS
    for key, saved in (
        ("estimated_saving", [1 - a.score / b.score for a, b in apart]),
        ("true_saving", [1 - a.truth["score"] / b.truth["score"] for a, b in both]),
    ):
        assert result[key] == {"mean": np.mean(saved), "sd": np.std(saved, ddof=1), "n": len(saved)}
        assert show(whole)[key] == result[key]
    assert result["true_saving"]["mean"] > 0
    assert result["recommended"]["truth"]["cost"] == np.mean([t.truth["cost"] for t in ours if t.truth])
    assert show(whole)["truth"] == result["recommended"]["truth"]
    assert show(whole)["reference"] == {
        "name": "doing nothing",
        **{k: result["reference"][k] for k in ("mean", "sd", "n")},
    }
    true, estimated = ((100 * result[k]["mean"], 100 * result[k]["sd"]) for k in ("true_saving", "estimated_saving"))
    words = (
        f"{true[0]:.1f} % ± {true[1]:.1f} truly · {estimated[0]:.1f} % ± {estimated[1]:.1f} as estimated, "
        f"against doing nothing ({len(both)} held-out trials)\n"
    )
    show_table(show(whole))
    assert f"saving           {words}" in capsys.readouterr().out
    assert f"\nsaving       {words}" in outcome(load_run(whole))


def test_a_trial_without_a_score_counts_as_the_task_says(whole, monkeypatch, tmp_path, capsys):
    result, task = load_run(whole).result, CarryingToy()
    trials, _ = task.run(QUERIES, held_out_seeds())
    diverged = [t.ending is Ending.DIVERGED for t in trials]
    assert any(diverged)
    assert [s == task.no_score for s in result["start"]["scores"]] == diverged
    assert result["start"]["mean"] < np.mean([t.score for t in trials if t.score is not None])
    told = evaluate(task, {}, trials=64)
    lost = told["endings"]["diverged"]
    kept = (64 * told["score"]["mean"] - lost * task.no_score) / (64 - lost)
    assert kept == pytest.approx(-told["measures"]["cost"])
    assert told["truth"]["score"] == -told["truth"]["cost"]
    evaluation_table(told)
    assert "true cost" in capsys.readouterr().out
    assert "truth" not in evaluate(Toy(), {}, trials=4)

    monkeypatch.setattr(CarryingToy, "_one", blown_up(CarryingToy._one))
    validator = Validator(CarryingToy(), tmp_path / "cache")
    (found,) = validator([task.reference])
    assert found.scores == [task.no_score] * TRIALS
    assert validator.record(task.reference).trial.score is None
    lost = go(tmp_path / "run", budget=1.0)
    assert float(np.load(lost.path / "recorded" / "recommended.npz")["score"]) == task.no_score
    assert "saving       – % ± –, against doing nothing (0 held-out trials)\n" in outcome(lost)


def blown_up(one):
    def walk(self, query, seed, world):
        trial, state = one(self, query, seed, world)
        return dataclasses.replace(trial, score=None, ending=Ending.DIVERGED, measures={}, truth={}), state

    return walk


def test_validations_are_kept_whole(run, tmp_path):
    first = Validator(CarryingToy(), run / "validation.jsonl").known
    assert read_manifest(run)["task"] == "carrying-toy"
    (run / "validation.jsonl").rename(tmp_path / "old")
    (run / "result.json").unlink()
    again(run)
    assert Validator(CarryingToy(), run / "validation.jsonl").known == first
    assert all(len(v.truths) == len(v.completed) == TRIALS and v.truth for v in first.values())
    assert (run / "validation.jsonl").read_bytes() == (tmp_path / "old").read_bytes()


@pytest.mark.parametrize(
    "changes",
    [{"completed": None}, {"completed": []}, {"truths": [1.0]}, {"truths": ["x"] * 16}, {"truth": {"a": None}}],
)
def test_a_validation_that_is_none_of_this_task_is_refused(changes, run):
    lines = [json.loads(line) for line in (run / "validation.jsonl").open()]
    lines[1] = {k: v for k, v in (lines[1] | changes).items() if v is not None}
    (run / "validation.jsonl").write_text("".join(json.dumps(v) + "\n" for v in lines))
    with pytest.raises(UsageError, match=r"validation.jsonl line 2 is no validation; delete the file"):
        again(run)


def test_means_of_validated_trials_are_of_those_that_stood():
    def walked(ending, rate):
        return Trial(
            query=0, score=-rate, walked=60.0, charged=60.0, ending=ending, actions=np.zeros((1, 2)),
            features=np.zeros((2, 0)), rewards=np.array([-rate]), durations=np.array([60.0]), asked=60.0,
            measures={"metabolic_rate": rate}, truth={"metabolic_rate": rate},
        )  # fmt: skip

    stood, fell = walked(Ending.COMPLETED, 3.0), walked(Ending.FELL, 9.0)
    some, none = _summarise(CarryingToy(), [stood, fell]), _summarise(CarryingToy(), [fell, fell])
    assert (some.falls, some.truth["metabolic_rate"], some.measures["metabolic_rate"]) == (1, 3.0, 3.0)
    assert (none.falls, none.truth["metabolic_rate"]) == (2, 9.0)
