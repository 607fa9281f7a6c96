"""Laws of gait.compare.experiment, on runs whose results are made up: nothing is walked here."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from toy import Toy

from gait import tasks
from gait.around import Around
from gait.compare import entries, plots, runs
from gait.compare.described import read_plan
from gait.compare.entries import OptimizerEntry, TaskEntry, read_optimizers
from gait.compare.executors.here import Here
from gait.compare.experiment import Experiment, RunsFailed, compare_optimizers
from gait.compare.plan import Plan
from gait.compare.study import Study, spell
from gait.errors import UsageError

SAVE = plots.save_comparison
TOP = {"finite-difference": 0.36, "cma-es": 0.62, "reinforce": 0.42}
NAMES = list(TOP)


def made_up(task: str, name: str, settings: dict, seed: int, budget: float) -> dict:
    """A result as a finished run writes it; its quality depends on optimizer and seed."""
    top = TOP[name] + 0.01 * (seed % 5)
    clocks = [budget * f for f in (0, 0.05, 0.1, 0.25, 0.5, 0.99)]
    means = [0.14 + (top - 0.14) * (1 - math.exp(-4 * c / budget)) for c in clocks]
    curve = [{"clock": c, "mean": m, "sd": 0.01, "n": 16} for c, m in zip(clocks, means, strict=True)]
    return {
        "task": task, "optimizer": name, "settings": settings, "seed": seed,
        "budget": budget, "score_unit": "m/s", "score_name": "speed", "trials": 360,
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
        log.append((how, f"{out.parent.name}/seed-{seed}"))
        settings = OptimizerEntry(name, name).settings
        (out / "result.json").write_text(json.dumps(made_up("quadruped", name, settings, seed, budget)))

    def optimize(task, name, *, budget, seed, out, settings, around, fleet, progress):
        out.mkdir(parents=True)
        asked = {"budget": budget, "fields": task.fields(), "optimizer": name}
        (out / "run.json").write_text(json.dumps(asked))
        finish(out, "begun", name, seed, budget)

    def resume(out, *, progress, threads):
        asked = json.loads((out / "run.json").read_text())
        finish(out, "resumed", asked["optimizer"], int(out.name.removeprefix("seed-")), asked["budget"])

    monkeypatch.setattr(runs, "optimize", optimize)
    monkeypatch.setattr(runs, "resume", resume)
    monkeypatch.setattr(entries, "make_task", FakeTask)
    monkeypatch.setattr(plots, "save_comparison", lambda *args, **said: None)  # drawn where it matters
    return log


@pytest.fixture
def exp(tmp_path) -> Experiment:
    return Experiment(Plan((TaskEntry("", "quadruped"),), read_optimizers(NAMES), seeds=4), tmp_path / "three")


def changed(exp: Experiment, **changes) -> Experiment:
    return replace(exp, plan=replace(exp.plan, **changes))


def run(exp: Experiment) -> Study:
    """Of an experiment with one task, without a label."""
    return exp.run(Here(1))[""]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def shown(table) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(table)
    return console.file.getvalue()


def test_every_optimizer_gets_every_seed_once_and_a_second_call_walks_nothing(exp, walked):
    run(exp)
    assert sorted(walked) == sorted(("begun", f"{name}/seed-{k}") for name in NAMES for k in range(4))
    written = {path.name: path.read_bytes() for path in exp.out.iterdir() if path.is_file()}
    walked.clear()
    run(exp)
    assert walked == []
    assert written == {path.name: path.read_bytes() for path in exp.out.iterdir() if path.is_file()}


def test_a_study_grows_by_seeds_and_optimizers_and_resumes_what_is_unfinished(exp, walked):
    small = changed(exp, seeds=2, optimizers=read_optimizers(["cma-es"]))
    run(small)
    (small.runs[1].place / "result.json").unlink()
    walked.clear()
    run(changed(exp, seeds=3))
    assert ("resumed", "cma-es/seed-1") in walked
    assert ("begun", "cma-es/seed-2") in walked
    assert not any(name == "cma-es/seed-0" for _, name in walked)
    assert len(walked) == 8


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"budget": 7200.0}, "budget 3600.0, not 7200.0"),
        ({"tasks": (TaskEntry("", "quadruped", {"robot": "go1"}),)}, "fields.robot ers210, not go1"),
        ({"tasks": (TaskEntry("", "exoskeleton"),)}, "task quadruped, not exoskeleton"),
        ({"tasks": (TaskEntry("flat", "quadruped"),)}, "made for a task without a label"),
        ({"optimizers": read_optimizers(["cma-es:population=14"])}, "settings.population 0, not 14"),
        ({"optimizers": read_optimizers(["cma-es=reinforce"])}, "optimizer cma-es, not reinforce"),
        ({"around": Around(early_stop=True)}, "around.early_stop unset, not True"),
        ({"fleet": 3}, "fleet 1, not 3"),
    ],
)
def test_runs_that_answer_another_question_are_refused_and_untouched(exp, walked, change, word):
    run(exp)
    walked.clear()
    question = (exp.out / "experiment.json").read_bytes()
    with pytest.raises(UsageError, match=word):
        run(changed(exp, **change))
    assert walked == []
    assert (exp.out / "experiment.json").read_bytes() == question


def test_another_version_of_a_task_is_refused(exp, walked, monkeypatch):
    run(exp)
    monkeypatch.setattr(FakeTask, "version", "2")
    with pytest.raises(UsageError, match="task_version 1, not 2"):
        run(exp)


def test_a_run_that_raises_is_named_and_the_others_finish(exp, walked, monkeypatch):
    begin = runs.optimize

    def fragile(task, name, *, seed, **rest):
        if (name, seed) == ("reinforce", 2):
            raise FloatingPointError("overflow")
        begin(task, name, seed=seed, **rest)

    monkeypatch.setattr(runs, "optimize", fragile)
    with pytest.raises(RunsFailed, match="1 of 12 runs failed") as caught:
        run(exp)
    assert caught.value.failures == {"reinforce/seed-2": "FloatingPointError: overflow"}
    assert len(walked) == 11
    with pytest.raises(UsageError, match="isn't finished"):
        exp.studies()


def test_an_interrupted_run_stops_the_experiment(exp, walked, monkeypatch):
    monkeypatch.setattr(runs, "optimize", lambda task, name, *, out, **rest: None)
    with pytest.raises(KeyboardInterrupt):
        run(exp)


def test_files_hold_every_run_and_every_point(exp, walked, monkeypatch):
    monkeypatch.setattr(plots, "save_comparison", SAVE)
    study = run(exp)
    ran, points, summary = (rows(exp.out / f"{name}.csv") for name in ("runs", "curves", "summary"))
    assert [(r["optimizer"], int(r["seed"])) for r in ran] == [(n, k) for n in NAMES for k in range(4)]
    assert {(r["charged_s"], r["fell"], r["diverged"]) for r in ran} == {("3564.0", "10", "0")}
    assert len(points) == 12 * 6
    assert float(points[5]["mean"]) == study.results[NAMES[0]][0]["curve"][5]["mean"]
    assert [r["optimizer"] for r in summary] == NAMES
    assert (exp.out / "comparison.png").exists()
    assert (exp.out / "comparison.svg").exists()
    asked = json.loads((exp.out / "experiment.json").read_text())
    assert (asked["task"], asked["fields"], asked["seeds"]) == ("quadruped", {"robot": "ers210"}, 4)
    assert asked["settings"] == {e.label: e.settings for e in exp.plan.optimizers}
    assert {"gait", "numpy", "mujoco"} <= asked["versions"].keys()


def test_table_puts_the_best_first_and_compares_with_the_first_named(exp, walked):
    exp = changed(exp, seeds=5)
    text = shown(run(exp).table())
    lines = [line.split() for line in text.splitlines()]
    assert [line[0] for line in lines[1:4]] == ["cma-es", "reinforce", "finite-difference"]
    assert "after 15 min" in text
    assert "after 1 h" in text
    assert "vs finite-difference" in text
    assert "better, P = 1.00" in text
    assert "time to twice the start (0.28 m/s)" in text
    assert "fewer than 10 seeds" in text
    assert text == shown(exp.studies()[""].table())


def test_table_of_one_optimizer_compares_with_nothing(exp, walked):
    alone = changed(exp, optimizers=read_optimizers(["cma-es"]), seeds=10)
    text = shown(run(alone).table())
    assert "vs" not in text
    assert "P:" not in text
    assert "fewer than" not in text


def test_target_is_what_was_asked_or_makes_sense_for_the_start(exp, walked):
    study = run(exp)
    assert study.goal == (pytest.approx(0.28), "twice the start")
    assert replace(study, target=0.5).goal == (0.5, "the target asked for")
    for result in study.every:
        result["start"]["mean"] = -0.1
    low = replace(study)
    best = max(r["recommended"]["mean"] for r in low.every)
    assert -0.1 < low.goal[0] < best


def test_an_unreached_target_is_said_so(exp, walked):
    assert "– (0/4)" in shown(replace(run(exp), target=3.0).table())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"optimizers": ()}, "at least one"),
        ({"optimizers": read_optimizers(["cma-es", "cma-es:population=12"])}, "cma-es is named twice"),
        ({"tasks": (TaskEntry("", "quadruped"), TaskEntry("a", "quadruped"))}, "each has a label"),
        ({"tasks": (TaskEntry("a", "quadruped"),) * 2}, "a is named twice"),
        ({"seeds": 0}, "seeds"),
        ({"fleet": 0}, "fleet"),
        ({"budget": math.inf}, "budget"),
        ({"target": math.nan}, "target"),
    ],
)
def test_bad_input_is_refused_at_construction(exp, change, word):
    with pytest.raises(UsageError, match=word):
        changed(exp, **change)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("cma", "Did you mean 'cma-es'"),
        ("cma-es:populaton=12", "optimizer cma-es: unknown setting 'populaton'. Did you mean 'population'"),
        ("cma-es:population", "write settings as NAME:SETTING=VALUE"),
        ("cma-es:population=12:population=13", "population is set twice"),
        ("cma-es:population=many", "population must be a whole number"),
        ("a/b=cma-es", "label 'a/b'"),
        ("..=cma-es", "label '..'"),
        ("a b=cma-es", "label 'a b'"),
        ("x" * 65 + "=cma-es", "at most 64"),
        ("report=cma-es", "report/ is where the report's pictures are"),
        ("=cma-es", "the label before '=' is empty"),
        ("", "the name is empty"),
        ("small=", "the name is empty"),
    ],
)
def test_a_word_that_is_no_optimizer_is_refused(word, said):
    with pytest.raises(UsageError, match=re.escape(said)):
        read_optimizers([word])


def test_words_of_optimizers():
    plain, small = read_optimizers(["cma-es", " small = cma-es : population=12 : initial_step = 0.2"])
    assert plain == OptimizerEntry("cma-es", "cma-es")
    assert small == OptimizerEntry("small", "cma-es", {"population": "12", "initial_step": "0.2"})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45 s"), (540, "9 min"), (3600, "1 h"), (3899, "1 h 5 min"), (59.7, "1 min"), (3590, "1 h")],
)
def test_durations_are_spelled_as_people_say_them(seconds, words):
    assert spell(seconds) == words


# real runs, of the toy


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "toy", Toy)
    monkeypatch.setattr(plots, "save_comparison", lambda *args, **said: None)


def small(out: Path, words: str = "random-search,cma-es", labels: str = "", **asked) -> Experiment:
    rows = tuple(TaskEntry(label, "toy", {"noise": label or "default"}) for label in labels.split(","))
    return Experiment(Plan(rows, read_optimizers(words.split(",")), **{"seeds": 2, "budget": 200.0} | asked), out)


def written(out: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's content and time of writing; archives of arrays bear a time, and so count by name only."""
    files = [p for p in out.rglob("*") if p.is_file() and p.name != "wall.jsonl"]
    return {
        str(p.relative_to(out)): (b"" if p.suffix == ".npz" else p.read_bytes(), p.stat().st_mtime_ns) for p in files
    }


def contents(out: Path) -> dict[str, bytes]:
    return {name: content for name, (content, _) in written(out).items()}


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"seeds": 1}, {"seeds": 3}),
        ({"words": "cma-es"}, {"words": "cma-es,random-search,small=cma-es:population=6"}),
        ({"labels": "low"}, {"labels": "low,high"}),
    ],
)
def test_what_is_added_leaves_the_rest_alone_and_gives_what_all_at_once_gives(tmp_path, toy, less, more):
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    small(grown, **less).run(Here(1))
    before = {name: it for name, it in written(grown).items() if "/seed-" in name}
    small(grown, **more).run(Here(1))
    after = written(grown)
    assert len(after) > len(before) > 0
    assert {name: after[name] for name in before} == before
    small(whole, **more).run(Here(1))
    assert contents(grown) == contents(whole)
    walked = {name: it for name, it in written(whole).items() if "/seed-" in name}
    small(whole, **more).run(Here(1))
    assert {name: it for name, it in written(whole).items() if "/seed-" in name} == walked


def test_parts_together_are_the_whole(tmp_path, toy):
    whole, parts = small(tmp_path / "whole", labels="low,high"), small(tmp_path / "parts", labels="low,high")
    whole.run(Here(1))
    for k in (3, 1, 2):
        assert parts.missing
        parts.walk(Here(1), (k, 3))
    parts.tabulate()
    assert contents(parts.out) == contents(whole.out)
    with pytest.raises(UsageError, match="--part 4/3"):
        parts.walk(Here(1), (4, 3))


def test_labels_are_folders_and_rows(tmp_path, toy):
    exp = small(tmp_path / "rows", "small=cma-es:population=6,cma-es", labels="low,high")
    studies = exp.run(Here(1))
    assert list(studies) == ["low", "high"]
    for label, study in studies.items():
        assert list(study.results) == ["small", "cma-es"]
        assert {r["fields"]["noise"] for r in study.every} == {label}
        assert [r["optimizer"] for r in rows(exp.out / label / "summary.csv")] == ["small", "cma-es"]
        assert {r["optimizer"] for r in rows(exp.out / label / "runs.csv")} == {"small", "cma-es"}
        asked = json.loads((exp.out / label / "experiment.json").read_text())
        assert asked["optimizers"] == {"small": "cma-es", "cma-es": "cma-es"}
        alone = small(tmp_path / label, "small=cma-es:population=6,cma-es")
        alone = changed(alone, tasks=(TaskEntry("", "toy", {"noise": label}),))
        alone.run(Here(1))
        ours = {k: v for k, v in contents(exp.out / label).items() if k != "experiment.toml"}
        assert ours == {k: v for k, v in contents(alone.out).items() if k != "experiment.toml"}
    with pytest.raises(UsageError, match="made for tasks with labels"):
        small(exp.out).run(Here(1))


def test_a_study_from_python_is_that_of_the_plan(tmp_path, toy):
    study = compare_optimizers("toy", ["cma-es:population=6"], out=tmp_path / "a", seeds=2, budget=200, noise="low")
    other = compare_optimizers(
        "toy", {"cma-es": {"population": 6}}, out=tmp_path / "b", seeds=2, budget=200, noise="low"
    )
    assert study.results == other.results
    again = Experiment(read_plan(tmp_path / "a" / "experiment.toml"), tmp_path / "a").run(Here(1))[""]
    assert again.results == study.results
