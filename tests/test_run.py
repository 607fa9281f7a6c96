"""The run: every second on the bill, the same seed the same ledger, and a kill that costs a batch at most."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from toy import Toy

from gait.cli import main
from gait.durations import parse_duration, show_duration
from gait.errors import UsageError
from gait.ledger import Ledger
from gait.optimizers import OPTIMIZERS
from gait.policy import Constant, Gaussian
from gait.run import load_run, optimize, resume
from gait.session import trial_seed
from gait.show import show
from gait.space import Space
from gait.tasks import TASKS
from gait.trial import Query
from gait.validate import CURVE_POINTS, TRIALS, curve_clocks, held_out_seeds

SMALL = {
    "random-search": {"batch": 4},
    "cma-es": {"population": 4},
    "finite-difference": {"policies": 3, "evaluations": 2},
    "reinforce": {"trials": 4},
}
"""Optimizers with small batches."""
BUDGET = 600.0
every = pytest.mark.parametrize("optimizer", sorted(SMALL))


@pytest.fixture(autouse=True)
def _toy_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


def go(out, optimizer="random-search", budget=BUDGET, seed=3, **options):
    options = {"settings": SMALL.get(optimizer), "progress": False, **options}
    return optimize("toy", optimizer, budget=budget, seed=seed, out=out, **options)


def again(out, **options):
    return resume(out, progress=False, **options)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of each optimizer, not to be changed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "toy", Toy)
        return {name: go(folder / name, name).path for name in SMALL}


@pytest.fixture
def run(finished, tmp_path):
    """A copy of a finished run, to break."""
    return Path(shutil.copytree(finished["cma-es"], tmp_path / "run"))


def events_of(path):
    return [json.loads(line) for line in (path / "events.jsonl").open()]


def ledger_of(path):
    return (path / "events.jsonl").read_bytes()


def edit(path, line, **changes):
    """Change a line of events.jsonl, numbered from 1."""
    lines = [json.dumps(e) + "\n" for e in events_of(path)]
    lines[line - 1] = json.dumps({**json.loads(lines[line - 1]), **changes}) + "\n"
    (path / "events.jsonl").write_text("".join(lines))


# the bill


@every
def test_every_second_is_on_the_bill_once(optimizer, finished):
    events, result = events_of(finished[optimizer]), load_run(finished[optimizer]).result
    tells = [e for e in events if e["event"] == "tell"]
    falls = [0.0 if e["ending"] == "completed" else Toy.fall_seconds for e in tells]
    for event, fall in zip(tells, falls, strict=True):
        assert event["charged"] == pytest.approx(event["walked"] + Toy.setup_seconds + fall, abs=1e-12)
    clock = 0.0
    for event in events:
        clock += event.get("charged", 0.0)
        if event["event"] == "batch":
            assert event["clock"] == clock  # to the last bit: the running sum of what was charged
    s = result["seconds"]
    assert s["charged"] == clock
    assert s["walking"] == pytest.approx(sum(e["walked"] for e in tells))
    assert s["setup"] == pytest.approx(Toy.setup_seconds * len(tells))
    assert s["falls"] == pytest.approx(sum(falls))
    assert s["charged"] == pytest.approx(s["walking"] + s["setup"] + s["falls"])
    assert result["trials"] == len(tells) == sum(result["endings"].values())
    assert any(falls)
    assert result["batches"] == sum(e["event"] == "batch" for e in events)


@every
def test_validation_is_recorded_apart_and_not_charged(optimizer, finished):
    path, result = finished[optimizer], load_run(finished[optimizer]).result
    known = [json.loads(line) for line in (path / "validation.jsonl").open()]
    used = {result[k]["policy"]["x"][0] for k in ("start", "recommended")}
    assert result["seconds"]["validation"] == pytest.approx(sum(v["seconds"] for v in known))
    assert all(len(v["scores"]) == TRIALS for v in known)
    assert len(known) >= len(used)
    charged = sum(e["charged"] for e in events_of(path) if e["event"] == "tell")
    assert result["seconds"]["charged"] == charged


@every
def test_a_batch_is_begun_only_if_it_fits_and_all_that_fit_are_walked(optimizer, finished):
    batches = [e for e in events_of(finished[optimizer]) if e["event"] == "batch"]
    planned = (8.0 + Toy.setup_seconds) * sum(
        e["event"] == "ask" and e["batch"] == 0 for e in events_of(finished[optimizer])
    )
    clocks = [e["clock"] for e in batches]
    assert len(clocks) > 3
    assert all(clock + planned <= BUDGET for clock in clocks[:-1])
    assert clocks[-1] + planned > BUDGET


@pytest.mark.parametrize("budget", [1.0, 39.9, 40.0, 55.0])
def test_the_first_batch_is_walked_whatever_the_budget(budget, tmp_path):
    result = go(tmp_path / "run", budget=budget).result
    assert result["batches"] == 1
    assert result["trials"] == 4
    assert result["curve"][0]["clock"] == 0
    assert result["curve"][-1]["clock"] == result["seconds"]["charged"]


@pytest.mark.parametrize("batches", [1, 3])
def test_a_run_can_be_limited_to_a_number_of_batches(batches, tmp_path):
    whole, part = go(tmp_path / "whole").path, go(tmp_path / "part", batches=batches)
    assert part.result["batches"] == batches
    assert ledger_of(whole).startswith(ledger_of(part.path))
    assert again(part.path).result == part.result
    with pytest.raises(UsageError, match="batches=0"):
        go(tmp_path / "none", batches=0)


# the same again


@every
def test_the_same_seed_gives_the_same_ledger_and_another_seed_another(optimizer, finished, tmp_path):
    same, other = go(tmp_path / "same", optimizer), go(tmp_path / "other", optimizer, seed=4)
    assert ledger_of(same.path) == ledger_of(finished[optimizer])
    assert (same.path / "result.json").read_bytes() == (finished[optimizer] / "result.json").read_bytes()
    assert ledger_of(other.path) != ledger_of(finished[optimizer])
    # held-out trials are the same for all seeds: only then can runs be compared
    assert other.result["start"] == same.result["start"]


@every
def test_a_short_run_is_the_beginning_of_a_long_one(optimizer, finished, tmp_path):
    long = ledger_of(finished[optimizer])
    for k, budget in enumerate((1.0, 0.3 * BUDGET, 0.7 * BUDGET)):
        short = ledger_of(go(tmp_path / str(k), optimizer, budget=budget).path)
        assert long.startswith(short)
        assert 0 < len(short) < len(long)


def test_seeds_of_trials_meet_only_where_they_are_meant_to():
    policy = Constant(np.zeros(1))

    def words(seed):
        return tuple(seed.generate_state(4))

    fresh = {words(trial_seed(run, Query(k, policy))) for run in range(5) for k in range(50)}
    shared = {
        words(trial_seed(run, Query(k, policy, seed=key)))
        for run in range(5) for k in (0, 1) for key in range(50)
    }  # fmt: skip
    held = {words(s) for s in held_out_seeds()}
    assert (len(fresh), len(shared), len(held)) == (250, 250, TRIALS)
    assert not fresh & shared
    assert not held & (fresh | shared)


# killed and resumed


@every
@pytest.mark.parametrize("k", range(8))
def test_cut_anywhere_and_resumed_it_is_the_same_run(optimizer, k, finished, tmp_path):
    whole, rng = finished[optimizer], random.Random(f"{optimizer} {k}")
    path = Path(shutil.copytree(whole, tmp_path / "run"))
    size = len(ledger_of(whole))
    cut = [0, 1, size - 1, size][k] if k < 4 else rng.randrange(size)
    with (path / "events.jsonl").open("r+b") as file:
        file.truncate(cut)
    for name in ("result.json", "validation.jsonl", "wall.jsonl"):  # a kill may have come before these, too
        if rng.random() < 0.5:
            (path / name).unlink()
    again(path)
    assert ledger_of(path) == ledger_of(whole)
    assert (path / "result.json").read_bytes() == (whole / "result.json").read_bytes()
    for batch, other in zip(_batches(path), _batches(whole), strict=True):
        for a, b in zip(batch.trials, other.trials, strict=True):
            assert all(np.array_equal(v, getattr(b, n), equal_nan=True) for n, v in vars(a).items()
                       if isinstance(v, np.ndarray))  # fmt: skip


def _batches(path):
    ledger = Ledger.open(path)
    try:
        return list(ledger.batches())
    finally:
        ledger.close()


def test_a_batch_in_flight_is_dropped_with_a_warning(run):
    with (run / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "ask", "ba')
    (warning,) = again(run).warnings
    assert "20 bytes after" in warning
    assert again(run).warnings == ()


@every
def test_a_finished_run_resumed_has_the_same_result(optimizer, finished, tmp_path):
    path = Path(shutil.copytree(finished[optimizer], tmp_path / "run"))
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file() and p.suffix in (".json", ".jsonl")}
    assert again(path).result == load_run(finished[optimizer]).result
    assert {p: p.read_bytes() for p in before} == before


@every
def test_an_extended_run_is_the_run_of_the_larger_budget(optimizer, finished, tmp_path):
    path = go(tmp_path / "run", optimizer, budget=0.4 * BUDGET).path
    assert again(path, budget=BUDGET).result == load_run(finished[optimizer]).result
    assert ledger_of(path) == ledger_of(finished[optimizer])
    assert again(path, budget=f"{BUDGET}s").result["batches"] == load_run(path).result["batches"]


def test_a_budget_cannot_be_cut(run):
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with pytest.raises(UsageError, match="budget is 10 min: it can be extended, not cut to 5 min"):
        again(run, budget="5min")
    assert {p: p.read_bytes() for p in run.rglob("*") if p.is_file()} == before


def test_versions_that_changed_are_noted(run):
    data = json.loads((run / "run.json").read_text())
    data["versions"]["numpy"] = "1.0"
    (run / "run.json").write_text(json.dumps(data))
    (note,) = again(run).warnings
    assert note.startswith("numpy was 1.0, is 2")


# a run that does not follow


def manifest_edit(run, **changes):
    data = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**data, **changes}))


def test_another_seed_is_refused_by_the_first_event_that_differs(run):
    manifest_edit(run, seed=4)
    # the first candidates are drawn around the same start, so the first ask differs already
    named = r"events.jsonl line 1 \(ask 0\) does not follow.*\(asked .*, logged .* in x\)"
    with pytest.raises(UsageError, match=named):
        again(run)


def test_other_settings_are_refused_by_the_first_event_that_differs(run):
    manifest_edit(run, settings={"population": 4, "initial_step": 1.0})
    with pytest.raises(UsageError, match=r"events.jsonl line 1 \(ask 0\) does not follow"):
        again(run)
    manifest_edit(run, settings={"population": 5, "initial_step": 2.0})
    with pytest.raises(UsageError, match=r"line 1 \(batch 0\).*\(asked 5 trials, logged 4\): not resumed"):
        again(run)
    manifest_edit(run, optimizer="reinforce", settings={"trials": 4})
    with pytest.raises(UsageError, match=r"line 1 \(ask 0\).*asked a gaussian policy, logged a constant one"):
        again(run)


# batches of 4: lines 1-4 ask, 5-8 tell, 9 batch; lines 10-13 ask …
@pytest.mark.parametrize(
    ("line", "change", "named"),
    [
        (10, {"policy": Constant(np.full(3, 0.5)).describe()}, r"line 10 \(ask 4\)"),
        (11, {"seconds": 5.0}, r"line 11 \(ask 5\).*'seconds': None.*'seconds': 5.0"),
        (12, {"seed": 1}, r"line 12 \(ask 6\)"),
        (5, {"score": 9.0}, r"line 9 \(batch 0\).*in x"),
        (5, {"charged": 10.5}, r"line 9 \(batch 0\) .*\(is .*, logged .*\)"),
        (9, {"clock": 41.0}, r"line 9 \(batch 0\) .*logged 41\)"),
        (18, {"batch": 0}, r"lines 10–18 are no batch of a run"),
        (9, {"recommended": Constant(np.full(3, 0.5)).describe()}, r"line 9 \(batch 0\).*logged 0.5 in x"),
    ],
)
def test_an_edited_event_is_refused_where_it_shows(line, change, named, run):
    edit(run, line, **change)
    before = ledger_of(run)
    with pytest.raises(UsageError, match=named):
        again(run)
    assert ledger_of(run) == before


def test_what_differs_by_rounding_is_taken_as_the_same(run):
    x = np.array(events_of(run)[1]["policy"]["x"])
    edit(run, 2, policy=Constant(x + 1e-11).describe())
    assert again(run).result == load_run(run).result
    edit(run, 2, policy=Constant(x + 1e-8).describe())
    with pytest.raises(UsageError, match=r"line 2 \(ask 1\)"):
        again(run)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "toi"}, "unknown task 'toi'. Did you mean 'toy'"),
        ({"task_version": "0"}, "the run is of version 0 of task 'toy'; this is version 1"),
        ({"fields": {"legs": 4}}, "task 'toy' has no --legs"),
        ({"optimizer": "cma"}, "unknown optimizer 'cma'. Did you mean 'cma-es'"),
        ({"settings": {"size": 4}}, "unknown setting 'size'"),
        ({"settings": {"population": "many"}}, "population must be a whole number"),
        ({"settings": {"population": -1}}, "population must lie within"),
        ({"space": []}, "the run's parameters are not those of task 'toy' here"),
    ],
)
def test_a_run_of_something_else_is_refused_in_words(changes, said, run):
    manifest_edit(run, **changes)
    with pytest.raises(UsageError, match=said):
        again(run)


def test_a_run_that_another_writes_is_refused(run):
    ledger = Ledger.open(run)
    for touch in (lambda: again(run), lambda: again(run, budget="1h")):
        with pytest.raises(UsageError, match="is being written by another process"):
            touch()
    ledger.close()
    again(run)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": -1}, "--seed -1"),
        ({"seed": 0.5}, "--seed 0.5"),
        ({"budget": 0}, "not a duration above 0"),
        ({"budget": float("nan")}, "not a duration above 0"),
        ({"optimizer": "cma"}, "unknown optimizer"),
        ({"settings": {"bach": 3}}, "unknown setting 'bach'. Did you mean 'batch'"),
        ({"settings": {"batch": 2.5}}, "batch must be a whole number"),
        ({"settings": OPTIMIZERS["cma-es"].Settings()}, "EvolutionSettings are no settings of random-search"),
        ({"noise": "low", "legs": 4}, "task 'toy' has no --legs"),
    ],
)
def test_what_cannot_be_leaves_no_directory(options, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        go(tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_space_that_the_optimizer_refuses_leaves_no_directory(tmp_path):
    task = Toy()
    task.problem = dataclasses.replace(task.problem, space=Space(task.problem.space.parameters[:1]))
    with pytest.raises(UsageError, match="cma-es needs two parameters"):
        optimize(task, "cma-es", budget=10, out=tmp_path / "run", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_seed_may_be_any_whole_number(tmp_path):
    for k, seed in enumerate((np.int64(3), 10**30)):
        path = go(tmp_path / str(k), seed=seed, budget=1).path
        again(path)
        assert json.loads((path / "run.json").read_text())["seed"] == seed


# interrupted


def interrupting(call):
    """A toy that is interrupted while it walks for the n-th time; the first is the start's validation."""

    class Interrupting(Toy):
        walked = 0

        def run(self, queries, seeds, state=None):
            type(self).walked += 1
            if type(self).walked == call:
                signal.raise_signal(signal.SIGINT)
            return super().run(queries, seeds, state)

    return Interrupting


def typed(path):
    """The exit code of the finished run with cma-es, asked for on the command line."""
    words = "optimize toy --optimizer cma-es --seed 3 --budget 10min --set population=4 --out"
    with pytest.raises(SystemExit) as stop:
        main([*words.split(), str(path)])
    return stop.value.code


@pytest.mark.parametrize("call", [1, 2, 4])
def test_an_interrupt_stops_after_the_batch_in_flight(call, finished, tmp_path, monkeypatch, capsys):
    path, handler = tmp_path / "run", signal.getsignal(signal.SIGINT)
    monkeypatch.setitem(TASKS, "toy", interrupting(call))
    assert typed(path) == 130
    assert signal.getsignal(signal.SIGINT) == handler
    batches = [e for e in events_of(path) if e["event"] == "batch"]
    assert len(batches) == call - 1
    spent = show_duration(batches[-1]["clock"] if batches else 0.0)
    assert capsys.readouterr().out.endswith(f"stopped at {spent}; continue with: gait resume {path}\n")
    assert show(path)["status"] == "unfinished"
    with pytest.raises(UsageError, match="is not finished; go on with: gait resume"):
        load_run(path)
    monkeypatch.setitem(TASKS, "toy", Toy)
    assert again(path).result == load_run(finished["cma-es"]).result
    assert ledger_of(path) == ledger_of(finished["cma-es"])


def test_a_second_interrupt_stops_at_once_and_loses_no_whole_batch(finished, tmp_path, monkeypatch, capsys):
    class Twice(interrupting(4)):
        def run(self, queries, seeds, state=None):
            trials = super().run(queries, seeds, state)
            if self.walked == 4:
                signal.raise_signal(signal.SIGINT)
            return trials

    monkeypatch.setitem(TASKS, "toy", Twice)
    assert typed(tmp_path / "run") == 130
    assert "gait: interrupted" in capsys.readouterr().err
    assert sum(e["event"] == "batch" for e in events_of(tmp_path / "run")) == 2
    monkeypatch.setitem(TASKS, "toy", Toy)
    assert again(tmp_path / "run").result == load_run(finished["cma-es"]).result


# what comes out


@every
def test_what_is_recorded_is_what_was_scored(optimizer, finished):
    result = load_run(finished[optimizer]).result
    for name in ("start", "recommended"):
        quality = result[name]
        assert quality["n"] == len(quality["scores"]) == TRIALS
        assert quality["mean"] == np.mean(quality["scores"])
        assert quality["sd"] == np.std(quality["scores"], ddof=1)
        recorded = np.load(finished[optimizer] / "recorded" / f"{name}.npz")
        assert float(recorded["score"]) == sorted(quality["scores"])[TRIALS // 2]


def test_a_recording_that_is_not_what_was_scored_is_refused(run):
    lines = [json.loads(line) for line in (run / "validation.jsonl").open()]
    lines[0]["scores"] = [s + 1e-12 for s in lines[0]["scores"]]
    (run / "validation.jsonl").write_text("".join(json.dumps(v) + "\n" for v in lines))
    with pytest.raises(UsageError, match=r"held-out trial \d+ scores .*validation.jsonl.* Delete the file"):
        again(run)
    (run / "validation.jsonl").unlink()
    again(run)


@pytest.mark.parametrize("line", ["[]\n", "{}\n", '{"policy": "a", "scores": 3}\n', "x\n"])
def test_a_broken_validation_cache_is_refused(line, run):
    (run / "validation.jsonl").write_text(line)
    with pytest.raises(UsageError, match=r"validation.jsonl line 1 is"):
        again(run)


@every
def test_the_curve_goes_from_start_to_recommendation(optimizer, finished):
    result = load_run(finished[optimizer]).result
    clocks = [p["clock"] for p in result["curve"]]
    assert clocks == sorted(set(clocks))
    assert 2 <= len(clocks) <= CURVE_POINTS + 2
    for point, name in ((result["curve"][0], "start"), (result["curve"][-1], "recommended")):
        assert {k: point[k] for k in ("mean", "sd", "n")} == {k: result[name][k] for k in ("mean", "sd", "n")}
    assert (clocks[0], clocks[-1]) == (0, result["seconds"]["charged"])


def test_points_of_the_curve_are_the_latest_at_each_fraction_of_the_budget():
    clocks = np.cumsum(np.random.default_rng(0).uniform(10, 30, 500))
    chosen = curve_clocks(clocks, budget=8000.0)
    assert len(chosen) <= CURVE_POINTS
    assert chosen == sorted(set(chosen))
    for fraction in (1.0, 0.5, 0.25, 2**-0.5):
        assert int(np.flatnonzero(clocks <= 8000.0 * fraction)[-1]) in chosen
    assert curve_clocks(clocks, budget=1.0) == []


def test_a_feedback_policy_can_be_recommended(tmp_path, monkeypatch):
    class Feedback(OPTIMIZERS["random-search"]):
        def recommend(self):
            return Gaussian(np.full(3, 0.5), np.full(3, -3.0), np.full((3, 1), 0.01))

    monkeypatch.setitem(OPTIMIZERS, "feedback", Feedback)
    run = go(tmp_path / "run", "feedback", budget=100)
    assert run.result["recommended"]["parameters"] is None
    assert run.recommended == {}
    assert again(run.path).result == run.result
    assert show(run.path)["parameters"]["p0"]["recommended"] is None


def test_nothing_is_written_outside_the_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    go("here")
    assert [p.name for p in tmp_path.iterdir()] == ["here"]
    names = "arrays events.jsonl lock recorded result.json run.json validation.jsonl wall.jsonl"
    assert sorted(p.name for p in (tmp_path / "here").iterdir()) == names.split()
    assert go(None).path == Path("runs/toy-random-search-seed3")


# the real thing, in processes of its own


WALK = ["--optimizer", "cma-es", "--set", "population=4", "--seed", "5"]


def command(*words, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-m", "gait", *map(str, words)], **pipes, **options)


def finish(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A run of the real robot, on two threads, that nobody disturbed."""
    path = tmp_path_factory.mktemp("walked") / "run"
    finish(command("optimize", "quadruped", *WALK, "--budget", "130s", "--out", path, "--threads", 2))
    return path


def test_killed_three_times_on_one_thread_it_is_the_run_nobody_disturbed(walked, tmp_path):
    path, rng = tmp_path / "run", random.Random(7)
    begin = ("optimize", "quadruped", *WALK, "--budget", "130s", "--out", path, "--threads", 1)
    go_on = ("resume", path, "--threads", 1)
    killed = []
    for batches in (0, 1, 2):
        with command(*(go_on if (path / "run.json").exists() else begin)) as process:
            while process.poll() is None and _lines(path, "batch") < batches:
                time.sleep(0.01)
            time.sleep(rng.uniform(0.0, 0.6))
            process.kill()
        killed.append(process.returncode)
    assert -signal.SIGKILL in killed
    out = finish(command(*(go_on if (path / "run.json").exists() else begin)))
    assert "recommended" in out
    assert ledger_of(path) == ledger_of(walked)
    assert (path / "result.json").read_bytes() == (walked / "result.json").read_bytes()


def _lines(path, event):
    try:
        return ledger_of(path).count(b'{"event": "%s"' % event.encode())
    except FileNotFoundError:
        return 0


def test_interrupted_it_says_where_it_is_and_how_to_go_on(walked, tmp_path):
    path = tmp_path / "run"
    with command("optimize", "quadruped", *WALK, "--budget", "10h", "--out", path, cwd=tmp_path) as process:
        while process.poll() is None and _lines(path, "batch") < 1:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    said = out.splitlines()[-1]
    assert said.endswith(f"continue with: gait resume {path}")
    spent = said.removeprefix("stopped at ").split(";")[0].replace(" ", "")
    assert parse_duration(spent) == pytest.approx(show(path)["charged"], abs=60)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]  # no MuJoCo log among others
    a, b = ledger_of(path), ledger_of(walked)
    assert a.startswith(b) or b.startswith(a)  # a budget of 10 h begins as one of 130 s does


def test_the_real_run_keeps_the_laws_of_the_toy(walked):
    for law in (test_what_is_recorded_is_what_was_scored, test_the_curve_goes_from_start_to_recommendation):
        law("walked", {"walked": walked})
    s = load_run(walked).result["seconds"]
    assert s["charged"] == pytest.approx(s["walking"] + s["setup"] + s["falls"])
