"""Laws of gait.compare.experiment, on runs whose results are made up: nothing is walked here."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from gait.compare import experiment, plots
from gait.compare.experiment import Experiment, RunsFailed, spell
from gait.errors import UsageError

SAVE = plots.save_comparison
TOP = {"finite-difference": 0.36, "cma-es": 0.62, "reinforce": 0.42}
NAMES = list(TOP)


def made_up(exp: Experiment, run: tuple[str, int]) -> dict:
    """A result as a finished run writes it; its quality depends on optimizer and seed."""
    name, seed = run
    top = TOP[name] + 0.01 * (seed % 5)
    clocks = [exp.budget * f for f in (0, 0.05, 0.1, 0.25, 0.5, 0.99)]
    means = [0.14 + (top - 0.14) * (1 - math.exp(-4 * c / exp.budget)) for c in clocks]
    curve = [{"clock": c, "mean": m, "sd": 0.01, "n": 16} for c, m in zip(clocks, means, strict=True)]
    return {
        "task": exp.task, "optimizer": name, "settings": exp.settings[name], "seed": seed,
        "budget": exp.budget, "score_unit": "m/s", "score_name": "speed", "trials": 360,
        "seconds": {"walking": 3000.0, "setup": 500.0, "falls": 64.0, "charged": 3564.0, "validation": 160.0},
        "endings": {"completed": 350, "fell": 10},
        "start": {"mean": 0.14, "sd": 0.01, "n": 16, "scores": []},
        "recommended": {"mean": means[-1], "sd": 0.01, "n": 16, "scores": [], "policy": {}, "parameters": {}},
        "curve": curve,
    }  # fmt: skip


class FakeTask:
    version = "1"

    def __init__(self, name, fields, threads):
        self._fields = {"robot": "ers210", **fields}

    def fields(self):
        return self._fields

    def headline(self):
        return "quadruped · ers210"


@pytest.fixture
def walked(monkeypatch):
    """Stands in for tasks and runs; lists what was begun and resumed."""
    log: list[tuple[str, str]] = []

    def finish(out: Path, how: str, name: str, seed: int, budget: float) -> None:
        log.append((how, f"{name}/seed-{seed}"))
        exp = Experiment("quadruped", {name: {}}, out.parents[1], budget=budget)
        (out / "result.json").write_text(json.dumps(made_up(exp, (name, seed))))

    def optimize(task, name, *, budget, seed, out, settings, around, fleet, progress):
        out.mkdir(parents=True)
        (out / "run.json").write_text(json.dumps({"budget": budget, "fields": task.fields()}))
        finish(out, "begun", name, seed, budget)

    def resume(out, *, progress, threads):
        budget = json.loads((out / "run.json").read_text())["budget"]
        finish(out, "resumed", out.parent.name, int(out.name.removeprefix("seed-")), budget)

    monkeypatch.setattr(experiment, "optimize", optimize)
    monkeypatch.setattr(experiment, "resume", resume)
    monkeypatch.setattr(experiment, "make_task", FakeTask)
    monkeypatch.setattr(plots, "save_comparison", lambda *args, **said: None)  # drawn where it matters
    return log


@pytest.fixture
def exp(tmp_path) -> Experiment:
    return Experiment("quadruped", {name: {} for name in NAMES}, tmp_path / "three", seeds=4)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def shown(table) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(table)
    return console.file.getvalue()


def test_every_optimizer_gets_every_seed_once_and_a_second_call_walks_nothing(exp, walked):
    exp.run()
    assert sorted(walked) == sorted(("begun", f"{name}/seed-{k}") for name in NAMES for k in range(4))
    written = {path.name: path.read_bytes() for path in exp.out.iterdir() if path.is_file()}
    walked.clear()
    exp.run()
    assert walked == []
    assert written == {path.name: path.read_bytes() for path in exp.out.iterdir() if path.is_file()}


def test_a_study_grows_by_seeds_and_optimizers_and_resumes_what_is_unfinished(exp, walked):
    small = replace(exp, seeds=2, optimizers={"cma-es": {}})
    small.run()
    (small.place(("cma-es", 1)) / "result.json").unlink()
    walked.clear()
    replace(exp, seeds=3).run()
    assert ("resumed", "cma-es/seed-1") in walked
    assert ("begun", "cma-es/seed-2") in walked
    assert not any(name == "cma-es/seed-0" for _, name in walked)
    assert len(walked) == 8


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"budget": 7200.0}, "budget 3600.0, not 7200.0"),
        ({"fields": {"robot": "go1"}}, "robot"),
        ({"optimizers": {"cma-es": {"population": "14"}}}, "settings"),
    ],
)
def test_runs_that_answer_another_question_are_refused_and_untouched(exp, walked, change, word):
    exp.run()
    walked.clear()
    question = (exp.out / "experiment.json").read_bytes()
    with pytest.raises(UsageError, match=word):
        replace(exp, **change).run()
    assert walked == []
    assert (exp.out / "experiment.json").read_bytes() == question


def test_a_run_that_raises_is_named_and_the_others_finish(exp, walked, monkeypatch):
    begin = experiment.optimize

    def fragile(task, name, *, seed, **rest):
        if (name, seed) == ("reinforce", 2):
            raise FloatingPointError("overflow")
        begin(task, name, seed=seed, **rest)

    monkeypatch.setattr(experiment, "optimize", fragile)
    with pytest.raises(RunsFailed, match="1 of 12 runs failed") as caught:
        exp.run()
    assert caught.value.failures == {"reinforce/seed-2": "FloatingPointError: overflow"}
    assert len(walked) == 11
    with pytest.raises(UsageError, match="isn't finished"):
        exp.study()


def test_an_interrupted_run_stops_the_experiment(exp, walked, monkeypatch):
    monkeypatch.setattr(experiment, "optimize", lambda task, name, *, out, **rest: None)
    with pytest.raises(KeyboardInterrupt):
        exp.run()


def test_files_hold_every_run_and_every_point(exp, walked, monkeypatch):
    monkeypatch.setattr(plots, "save_comparison", SAVE)
    study = exp.run()
    runs, points, summary = (rows(exp.out / f"{name}.csv") for name in ("runs", "curves", "summary"))
    assert [(r["optimizer"], int(r["seed"])) for r in runs] == [(n, k) for n in NAMES for k in range(4)]
    assert {(r["charged_s"], r["fell"], r["diverged"]) for r in runs} == {("3564.0", "10", "0")}
    assert len(points) == 12 * 6
    assert float(points[5]["mean"]) == study.results[NAMES[0]][0]["curve"][5]["mean"]
    assert [r["optimizer"] for r in summary] == NAMES
    assert (exp.out / "comparison.png").exists()
    assert (exp.out / "comparison.svg").exists()
    asked = json.loads((exp.out / "experiment.json").read_text())
    assert (asked["task"], asked["fields"], asked["seeds"]) == ("quadruped", {"robot": "ers210"}, 4)
    assert asked["settings"] == exp.settings
    assert {"gait", "numpy", "mujoco"} <= asked["versions"].keys()


def test_table_puts_the_best_first_and_compares_with_the_first_named(exp, walked):
    text = shown(exp.run().table())
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines[1:4]] == ["cma-es", "reinforce", "finite-difference"]
    assert "after 15 min" in text
    assert "after 1 h" in text
    assert "vs finite-difference" in text
    assert "better, P = 1.00" in text
    assert "time to twice the start (0.28 m/s)" in text
    assert "fewer than 10 seeds" in text
    assert text == shown(exp.table())


def test_table_of_one_optimizer_compares_with_nothing(exp, walked):
    alone = replace(exp, optimizers={"cma-es": {}}, seeds=10)
    text = shown(alone.run().table())
    assert "vs" not in text
    assert "P:" not in text
    assert "fewer than" not in text


def test_target_is_what_was_asked_or_makes_sense_for_the_start(exp, walked):
    study = exp.run()
    assert study.goal == (pytest.approx(0.28), "twice the start")
    assert replace(study, target=0.5).goal == (0.5, "the target asked for")
    for result in study.every:
        result["start"]["mean"] = -0.1
    low = replace(study)
    best = max(r["recommended"]["mean"] for r in low.every)
    assert -0.1 < low.goal[0] < best


def test_an_unreached_target_is_said_so(exp, walked):
    assert "– (0/4)" in shown(replace(exp.run(), target=3.0).table())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"optimizers": {"cma": {}}}, "cma-es"),
        ({"optimizers": {}}, "at least one"),
        ({"optimizers": {"cma-es": {"no": "1"}}}, "unknown setting"),
        ({"seeds": 0}, "seeds"),
        ({"jobs": 0}, "jobs"),
        ({"budget": math.inf}, "budget"),
        ({"target": math.nan}, "target"),
    ],
)
def test_bad_input_is_refused_at_construction(exp, change, word):
    with pytest.raises(UsageError, match=word):
        replace(exp, **change)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45 s"), (540, "9 min"), (3600, "1 h"), (3899, "1 h 5 min"), (59.7, "1 min"), (3590, "1 h")],
)
def test_durations_are_spelled_as_people_say_them(seconds, words):
    assert spell(seconds) == words


class Fragile(Experiment):
    """Runs that need no physics; one of them raises, one takes its process down."""

    def walk(self, run):
        if run[1] == 0:
            os._exit(9)
        if run[1] == 1:
            raise UsageError("the floor is missing")
        place = self.place(run)
        place.mkdir(parents=True)
        result = made_up(self, run) | {"threads": os.environ["OMP_NUM_THREADS"], "pid": os.getpid()}
        (place / "result.json").write_text(json.dumps(result))


def test_processes_that_raise_or_die_are_named_and_the_others_finish(tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "make_task", FakeTask)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    exp = Fragile("quadruped", {"cma-es": {}}, tmp_path, seeds=3, jobs=2)
    with pytest.raises(RunsFailed) as caught:
        exp.run()
    assert caught.value.failures == {
        "cma-es/seed-0": "its process died (killed, or out of memory)",
        "cma-es/seed-1": "the floor is missing",
    }
    finished = json.loads((exp.place(("cma-es", 2)) / "result.json").read_text())
    assert finished["threads"] == "1"
    assert finished["pid"] != os.getpid()
    assert os.environ["OMP_NUM_THREADS"] == "2"
