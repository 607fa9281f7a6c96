"""The command line: what it prints, and one clear sentence and exit code 2 for what can't be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from toy import Toy

from gait.cli import COMMANDS, main
from gait.controllers import CONTROLLERS, GAITS
from gait.errors import UsageError
from gait.human.participants import participant_names
from gait.objective import NAMED
from gait.optimizers import OPTIMIZERS, optimizer_names
from gait.robots import ROBOTS
from gait.robots.conditions import DISABLED, KINDS
from gait.run import optimize
from gait.tasks import TASKS, task_names


@pytest.fixture(autouse=True)
def _toy_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


@pytest.fixture
def gait(capsys):
    """Run a command line here: exit code, output, errors."""

    def call(*words):
        with pytest.raises(SystemExit) as stop:
            main([str(w) for w in words])
        said = capsys.readouterr()
        return stop.value.code, said.out, said.err

    return call


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """A place with a finished run `done`, an unfinished one `begun`, and files that are neither."""
    place = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TASKS, "toy", Toy)
        settings = {"batch": 4}
        optimize("toy", "random-search", budget=200, out=place / "done", settings=settings, progress=False)
    shutil.copytree(place / "done", place / "begun")
    (place / "begun" / "result.json").unlink()
    (place / "folder").mkdir()
    (place / "file").write_text("mine\n")
    (place / "good.json").write_text('{"p0": 0.5, "p1": -1}\n')
    (place / "good.toml").write_text("p0 = 0.5\np1 = -1\n")
    bad = {
        "nan.json": '{"p0": NaN}', "big.json": '{"p0": 1e999}', "word.json": '{"p0": "a"}',
        "list.json": "[1]", "huge.json": '{"p0": 1' + "0" * 400 + "}", "true.json": '{"p0": true}',
        "name.json": '{"p9": 0}', "torn.json": '{"p0": ', "nan.toml": "p0 = nan", "torn.toml": "p0 = ",
        "out.toml": "p0 = 9",
    }  # fmt: skip
    for name, text in bad.items():
        (place / name).write_text(text)
    return place


@pytest.fixture
def place(walked, tmp_path, monkeypatch):
    """A copy of it, to be in."""
    shutil.copytree(walked, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


# what is printed


def test_the_list_has_everything(gait):
    code, out, err = gait("list", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert {kind: sorted(names) for kind, names in found.items()} == {
        "tasks": task_names(), "optimizers": optimizer_names(), "controllers": sorted(CONTROLLERS),
        "robots": sorted(ROBOTS), "gaits": sorted(GAITS),
        "objectives": sorted(NAMED), "conditions": sorted([*KINDS, DISABLED]),
        "participants": sorted(participant_names()),
    }  # fmt: skip
    for kind, names in found.items():
        code, out, _ = gait("list", kind)
        lines = out.splitlines()
        assert (code, lines[0]) == (0, kind)
        assert [line.split(maxsplit=1) for line in lines[1:]] == [[n, about] for n, about in names.items()]
        assert all(about and "\n" not in about for about in names.values())
        assert json.loads(gait("list", kind, "--json")[1]) == {kind: names}


def test_every_setting_of_every_optimizer_is_listed(gait):
    found = json.loads(gait("list", "optimizers", "--settings", "--json")[1])
    assert sorted(found) == sorted(optimizer_names())
    code, out, _ = gait("list", "optimizers", "--settings")
    blocks = {block.split(":")[0]: block for block in out.strip().split("\n\n")}
    assert (code, sorted(blocks)) == (0, sorted(found))
    for name, o in found.items():
        assert [s["name"] for s in o["settings"]] == [f.name for f in fields(OPTIMIZERS[name].Settings)]
        for s in o["settings"]:
            default = str(s["default"]).lower() if isinstance(s["default"], bool) else s["default"]
            assert f"--set {s['name']}={default:g}" in blocks[name] if isinstance(default, float) else True
            assert f"--set {s['name']}=" in blocks[name]
            assert s["about"] in blocks[name]
            assert s["unit"] in blocks[name]
        assert all(n is None or f"{n} on {task}" in blocks[name] for task, n in o["batch"].items())


def test_what_is_put_around_an_optimizer_is_told(gait, place):
    words = "optimize toy --optimizer cma-es --budget 900s --early-stop --racing 3 --common-seeds --fleet 3 --out new"
    code, out, err = gait(*words.split())
    assert (code, err) == (0, "")
    put = "with early stop, racing, up to 3 repeats, common seeds (no robot can)"
    assert put in out.splitlines()[0]
    assert "3 robots" in out.splitlines()[0]
    shown = gait("show", "new")[1]
    assert put in shown
    assert "3 robots at the same time" in shown
    data = json.loads(gait("show", "new", "--json")[1])
    assert data["around"] == {"early_stop": True, "racing": 3, "common_seeds": True}
    assert data["charged"] / 3 <= data["seconds"]["elapsed"] < data["charged"]


def test_a_broken_package_does_not_spoil_the_list(gait, monkeypatch, tmp_path):
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[gait.optimizers]\nbroken = no_such_module:Nothing\n")
    monkeypatch.syspath_prepend(tmp_path)
    code, out, _ = gait("list", "optimizers")
    assert code == 0
    assert "'broken' (no_such_module:Nothing) does not load: No module named 'no_such_module'" in out
    code, _, err = gait("optimize", "toy", "--optimizer", "broken", "--out", tmp_path / "run")
    assert (code, "does not load" in err) == (2, True)


def test_optimize_show_and_resume(gait, place):
    words = "optimize toy --optimizer random-search --set batch=4 --budget 200s --out new"
    code, out, err = gait(*words.split())
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "toy · random-search · budget 3 min simulated"
    assert [line.split()[0] for line in lines[1:]] == ["start", "recommended", "new"]
    assert lines[-1] == "new · see it: gait render new --out walk.mp4 · all of it: gait show new"
    assert (place / "new" / "events.jsonl").read_bytes() == (place / "done" / "events.jsonl").read_bytes()
    assert gait("resume", "new") == (0, "\n".join(lines[1:]) + "\n", "")
    assert gait("resume", "begun")[0] == 0
    assert (place / "begun" / "result.json").read_bytes() == (place / "done" / "result.json").read_bytes()


def test_a_resumed_torn_run_warns(gait, place):
    with (place / "begun" / "events.jsonl").open("ab") as file:
        file.write(b'{"event"')
    code, _, err = gait("resume", "begun")
    assert code == 0
    assert err.startswith("gait: begun/events.jsonl: 8 bytes after")


@pytest.mark.parametrize("name", ["done", "begun"])
def test_what_is_shown_of_a_run(name, gait, place):
    code, out, err = gait("show", name, "--json")
    data = json.loads(out)
    result = json.loads((place / "done" / "result.json").read_text())
    assert (code, err) == (0, "")
    assert data["status"] == {"done": "finished", "begun": "unfinished"}[name]
    assert (data["task"], data["optimizer"], data["seed"], data["budget"]) == ("toy", "random-search", 0, 200)
    assert data["charged"] == pytest.approx(result["seconds"]["charged"])
    assert data["walked"] == pytest.approx(result["seconds"]["walking"])
    for kind in ("walking", "setup", "falls", "charged"):
        assert data["seconds"][kind] == pytest.approx(result["seconds"][kind])
    assert data["trials"] == result["trials"]
    assert data["endings"] == result["endings"]
    assert data["falls"] == result["endings"]["fell"]
    assert list(data["parameters"]) == ["p0", "p1", "p2"]
    for parameter, said in data["parameters"].items():
        assert (said["unit"], said["low"], said["high"], said["start"]) == ("m", -1, 2, -0.4)
        best = result["recommended"]["parameters"][parameter]
        assert said["recommended"] == (best if name == "done" else None)
    for who in ("start", "recommended"):
        wanted = {k: result[who][k] for k in ("mean", "sd", "n")}
        assert data[who] == (wanted if name == "done" else None)


@pytest.mark.parametrize("name", ["done", "begun"])
def test_the_table_says_what_the_data_say(name, gait, place):
    data = json.loads(gait("show", name, "--json")[1])
    code, out, _ = gait("show", name)
    assert code == 0
    assert f"seed 0 · {data['status']}" in out
    for parameter in data["parameters"]:
        assert f"{parameter}" in out
    assert f"completed {data['endings']['completed']}" in out
    assert "of 3 min" in out
    if name == "done":
        assert f"recommended {data['recommended']['mean']:.3f} ± {data['recommended']['sd']:.3f} speed [m/s]" in out
        assert "not charged" in out


def test_showing_a_run_while_it_is_written_counts_whole_batches(gait, place):
    path = place / "begun" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for keep in (9, 10, 17):  # a batch is 4 asks, 4 tells and its end
        path.write_bytes(b"".join(lines[:keep]) + lines[keep][:20])
        assert json.loads(gait("show", "begun", "--json")[1])["trials"] == 4


def test_evaluate_takes_parameters_from_words_files_and_runs(gait, place):
    def parameters(*words):
        code, out, err = gait("evaluate", "toy", "--trials", 3, "--json", *words)
        assert (code, err) == (0, "")
        return json.loads(out)["parameters"]

    default = {"p0": pytest.approx(-0.4), "p1": pytest.approx(-0.4), "p2": pytest.approx(-0.4)}
    both = {"p0": 0.5, "p1": -1.0, "p2": pytest.approx(-0.4)}
    assert parameters() == default
    assert parameters("--param", "p0=0.5", "p1=-1") == both
    assert parameters("--param", "p0=0.5", "--param", "p1=-1") == both
    assert parameters("--param=p0=0.5", "--param", "p1=-1") == both
    assert parameters("--params", "good.json") == parameters("--params", "good.toml") == both
    assert parameters("--params", "good.json", "--param", "p0=1") == {**both, "p0": 1.0}
    best = json.loads((place / "done" / "result.json").read_text())["recommended"]["parameters"]
    assert parameters("--params", "done") == {k: pytest.approx(v) for k, v in best.items()}


def test_what_is_printed_of_an_evaluation(gait):
    data = json.loads(gait("evaluate", "toy", "--trials", 50, "--seed", 4, "--json")[1])
    assert data["score"]["n"] == 50 == sum(data["endings"].values())
    assert data["endings"].keys() == {"completed", "fell", "diverged"}
    falls = 50 - data["endings"]["completed"]
    assert data["charged"] == pytest.approx(data["walked"] + 50 * Toy.setup_seconds + falls * Toy.fall_seconds)
    assert "speed" in data["measures"]
    code, out, _ = gait("evaluate", "toy", "--trials", 50, "--seed", 4)
    assert code == 0
    assert out.startswith(f"{data['score']['mean']:.3f} m/s ± {data['score']['sd']:.3f} ")
    assert json.loads(gait("evaluate", "toy", "--trials", 50, "--seed", 4, "--json")[1]) == data
    assert json.loads(gait("evaluate", "toy", "--trials", 50, "--seed", 5, "--json")[1]) != data
    assert json.loads(gait("evaluate", "toy", "--trials", 1, "--json")[1])["score"]["sd"] == 0


def test_measures_do_not_depend_on_which_trial_blew_up(gait):
    for seed in range(30):
        data = json.loads(gait("evaluate", "toy", "--trials", 2, "--seed", seed, "--json")[1])
        assert ("speed" in data["measures"]) == (data["endings"].get("diverged") != 2)


def test_compare_runs_and_tabulates(gait, place):
    words = (
        "compare",
        "toy",
        "--optimizers",
        "random-search, cma-es",
        "--seeds",
        2,
        "--budget",
        "3min",
        "--out",
        "c",
    )
    code, out, err = gait(*words)
    assert (code, err) == (0, "")
    assert "random-search" in out
    assert "cma-es" in out
    made = {p.name for p in (place / "c").iterdir()}
    assert made >= {"comparison.png", "summary.csv", "curves.csv", "runs.csv", "random-search", "cma-es", "report.html"}
    assert gait(*words) == (code, out, err)


def test_compare_by_a_file_and_in_parts(gait, place):
    words = ("compare", "toy", "--optimizers", "random-search,small=cma-es:population=6", "--noise", "low")
    assert gait(*words, "--seeds", 2, "--budget", "3min", "--target", 0.9, "--out", "whole")[0] == 0
    file = ("compare", "whole/experiment.toml", "--out", "parts", "--part")
    assert gait(*file, "1/2") == (0, "part 1/2 is finished; of all 4 runs, 2 are not yet.\n", "")
    code, out, _ = gait(*file, "2/2")
    assert code == 0
    assert "time to 0.9" in out
    assert (place / "parts" / "summary.csv").read_bytes() == (place / "whole" / "summary.csv").read_bytes()
    (place / "rows.toml").write_text(
        'task = "toy"\noptimizers = ["cma-es"]\nseeds = 1\nbudget = "3min"\n[tasks.low]\nnoise = "low"\n[tasks.high]\n'
    )
    code, out, _ = gait("compare", "rows.toml", "--out", "rows")
    assert code == 0
    assert [line for line in out.splitlines() if line in ("low", "high")] == ["low", "high"]
    assert "rows/high: comparison.png" in out


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_is_help(name, gait):
    code, out, err = gait(*name.split(), "--help")
    assert (code, err) == (0, "")
    assert f"usage: gait {name}".strip() in out
    assert "{None}" not in out


# what can't be


OPTIMIZE = "optimize toy --out new --budget 1min "
COMPARE = "compare toy --out new --seeds 1 --budget 1min --optimizers "
WRONG = [
    # words, what the sentence must name
    ("", "expected one of {" + ", ".join(COMMANDS) + "}"),
    ("optimise toy", "unknown command 'optimise'. Did you mean 'optimize'? Commands: analyze, check-robot, compare"),
    ("--fast", "unrecognized options: --fast"),
    ("list everything", "unknown kind 'everything'. Kinds: all, conditions, controllers"),
    ("list --jason", "unrecognized options: --jason. Did you mean --json"),
    ("optimize", "missing from gait optimize: TASK"),
    ("optimize toi --out new", "unknown task 'toi'. Did you mean 'toy'? Tasks: "),
    (OPTIMIZE + "--optimizer cma", "unknown optimizer 'cma'. Did you mean 'cma-es'? Optimizers: actor-critic, ars"),
    (OPTIMIZE + "--optimizer", "missing value for argument '--optimizer'"),
    (OPTIMIZE + "extra", "unrecognized options: extra"),
    (OPTIMIZE + "--sead 3", "unrecognized options: --sead, 3. Did you mean --seed"),
    (OPTIMIZE + "--seed -1", "--seed -1: a seed is a whole number from 0"),
    (OPTIMIZE + "--seed 0.5", "--seed: '0.5' is not a whole number"),
    (OPTIMIZE + "--seed nan", "--seed: 'nan' is not a whole number"),
    (OPTIMIZE + "--threads -1", "--threads -1: physics threads are 0 (one a core) to 1024"),
    (OPTIMIZE + "--threads 5000", "--threads 5000"),
    (OPTIMIZE + "--threads two", "--threads: 'two' is not a whole number"),
    (OPTIMIZE + "--robot spot", "task 'toy' has no --robot; its fields: --noise"),
    ("optimize quadruped --out new --robot aibo", "unknown robot 'aibo'. Robots: anymal_c, ers210"),
    ("optimize quadruped --out new --noise loud", "unknown noise level 'loud'. Noise levels: default, high"),
    ("optimize quadruped --out new --gait gallopp", "unknown gait 'gallopp'. Did you mean 'gallop'? Gaits: "),
    ("optimize quadruped --out new --controller pid", "unknown controller 'pid'. Controllers: bezier"),
    *((f"optimize toy --out new --budget {b}", f"{b!r} is not a duration above 0; write it as 90s, 20min")
      for b in ("-1h", "0s", "nan", "inf", "3", "3d", "soon", "1e999h")),
    (OPTIMIZE + "--set", "--set: write name=value after it"),
    (OPTIMIZE + "--set population", "--set population: write it as name=value"),
    (OPTIMIZE + "--set =4", "--set =4: write it as name=value"),
    (OPTIMIZE + "--set population=", "--set population=: write it as name=value"),
    (OPTIMIZE + "--set size=4", "unknown setting 'size'. Settings: initial_step, population"),
    (OPTIMIZE + "--set population=many", "population must be a whole number"),
    (OPTIMIZE + "--set population=2.5", "population must be a whole number"),
    (OPTIMIZE + "--set population=-1", "population must lie within [0, "),
    (OPTIMIZE + "--set initial_step=nan", "initial_step must lie within"),
    (OPTIMIZE + "--set initial_step=inf", "initial_step must lie within"),
    (OPTIMIZE + "--set population=5 --set population=6", "--set population=6: population is set twice"),
    ("optimize toy --out done", "done exists (3 min of 3 min spent). Choose another --out, or: gait resume"),
    ("optimize toy --out folder/..", "exists and is no run. Choose another --out"),
    ("optimize toy --out file", "file exists and is no run. Choose another --out"),
    ("optimize toy --out file/run", "file/run can't be written: Not a directory"),
    ("optimize toy --out /proc/run", "/proc/run can't be written"),
    ("resume", "missing from gait resume: DIR"),
    ("resume nowhere", "nowhere is no run directory: it has no run.json"),
    ("resume folder", "folder is no run directory"),
    ("resume file", "file is no run directory"),
    ("resume done --budget 1min", "the run's budget is 3 min: it can be extended, not cut to 60 s"),
    ("resume done --budget -1h", "'-1h' is not a duration above 0"),
    ("resume done --threads -1", "--threads -1"),
    ("show nowhere", "nowhere is no run directory"),
    ("show", "missing from gait show: DIR"),
    ("evaluate toi", "unknown task 'toi'"),
    ("evaluate toy --param p9=1", "unknown parameter 'p9'. Parameters: p0, p1, p2"),
    ("evaluate toy --param p0=nan", "p0=nan: p0 must lie within [-1, 2] m"),
    ("evaluate toy --param p0=inf", "p0=inf: p0 must lie within [-1, 2] m"),
    ("evaluate toy --param p0=-inf", "p0=-inf: p0 must lie within [-1, 2] m"),
    ("evaluate toy --param p0=2.0001", "p0 must lie within [-1, 2] m"),
    ("evaluate toy --param p0=fast", "--param p0=fast: 'fast' is not a number"),
    ("evaluate toy --param p0", "--param p0: write it as name=value"),
    ("evaluate toy --param", "--param: write name=value after it"),
    ("evaluate toy --param p0=1 p0=2", "p0 is set twice"),
    ("evaluate quadruped --param locus_length=90",
     "locus_length=90: locus_length (half-axis of the ellipse: half the stroke) must lie within [2, 8] cm"),
    ("evaluate toy --params nowhere.json", "nowhere.json can't be read: No such file"),
    ("evaluate toy --params nowhere.toml", "nowhere.toml can't be read: No such file"),
    ("evaluate toy --params file", "file is not a JSON object"),
    ("evaluate toy --params folder", "folder is no run directory"),
    ("evaluate toy --params begun", "begun is not finished; go on with: gait resume begun"),
    ("evaluate quadruped --params done", "unknown parameter 'p0'"),
    ("evaluate toy --params nan.json", "nan.json is not a JSON object: NaN is not allowed"),
    ("evaluate toy --params big.json", "big.json is not a JSON object: 1e999 is not allowed"),
    ("evaluate toy --params huge.json", "huge.json: p0 must be a number"),
    ("evaluate toy --params word.json", "word.json: p0 must be a number, got a"),
    ("evaluate toy --params true.json", "true.json: p0 must be a number"),
    ("evaluate toy --params list.json", "list.json is not a JSON object"),
    ("evaluate toy --params name.json", "unknown parameter 'p9'"),
    ("evaluate toy --params torn.json", "torn.json is not a JSON object"),
    ("evaluate toy --params torn.toml", "torn.toml is not TOML"),
    ("evaluate toy --params nan.toml", "p0 must lie within"),
    ("evaluate toy --params out.toml", "p0=9: p0 must lie within"),
    ("evaluate toy --trials 0", "--trials 0: between 1 and 100000 trials are walked"),
    ("evaluate toy --trials -3", "--trials -3"),
    ("evaluate toy --trials 1000001", "--trials 1000001"),
    ("evaluate toy --trials 1.5", "--trials: '1.5' is not a whole number"),
    ("evaluate toy --seed -1", "--seed -1"),
    ("evaluate toy --seconds 0.5", "a trial of 0.5 s: trials last 1 to 60 s"),
    ("evaluate toy --seconds nan", "a trial of nan s: trials last 1 to 60 s"),
    ("evaluate toy --seconds long", "--seconds: 'long' is not a number"),
    ("evaluate toy --set batch=4", "unrecognized options: --set, batch=4"),
    ("render nowhere", "nowhere is no run directory"),
    ("render begun", "begun is not finished; go on with: gait resume begun"),
    ("render done --out walk.avi", "walk.avi"),
    ("render done --out walk", "walk"),
    ("render done --out nowhere/walk.mp4", "nowhere"),
    ("render done --out folder", "folder"),
    ("render done", "task 'toy' has no model to draw"),
    ("analyze", "missing from gait analyze: DIR"),
    ("analyze nowhere", "nowhere is no run directory"),
    ("analyze begun", "begun is not finished; go on with: gait resume begun"),
    ("analyze done --which best", "unknown recorded trial 'best'. Recorded trials: recommended, start"),
    ("analyze done", "task 'toy' has no four-legged robot; gaits are analyzed of task 'quadruped'"),
    ("render", "missing from gait render: DIR"),
    ("render done --style strp", "unknown style 'strp'. Did you mean 'strip'? Styles: forces, slow, strip, trails"),
    ("render done --style strip,", "unknown style ''"),
    ("render done done --style slow", "--style slow goes with one run"),
    ("render done nowhere", "nowhere is no run directory"),
    ("render done done", "task 'toy' has no model to draw"),
    ("view nowhere", "nowhere is no run directory"),
    ("view done --which end", "unknown recording 'end'. Recordings: recommended, reference, start"),
    ("view done --which reference", "done has no reference; it has: recommended, start"),
    ("view done --html page.txt", "page.txt: its name must end in .html"),
    ("view done --html nowhere/page.html", "there is no folder nowhere"),
    ("view done", "task 'toy' has no model to draw"),
    ("compare toy --out new", "missing from gait compare: --optimizers"),
    ("compare toy --optimizers cma-es", "missing from gait compare: --out"),
    (COMPARE + "cma", "unknown optimizer 'cma'"),
    (COMPARE + "cma-es,", "the name is empty"),
    (COMPARE + "cma-es --seeds 0", "seeds must be at least 1"),
    (COMPARE + "cma-es --jobs 0", "jobs must be at least 1"),
    (COMPARE + "cma-es --jobs x", "--jobs: 'x' is not a whole number"),
    (COMPARE + "cma-es --target nan", "target must be finite"),
    (COMPARE + "cma-es --target high", "--target: 'high' is not a number"),
    (COMPARE + "cma-es --threads -1", "--threads -1"),
    (COMPARE + "cma-es --robot spot", "task 'toy' has no --robot"),
    ("compare toi --out new --optimizers cma-es", "unknown task 'toi'"),
    (COMPARE + "cma-es,cma-es", "cma-es is named twice. Give one another label: LABEL=cma-es:SETTING=VALUE"),
    (COMPARE + "cma-es:populaton=6", "unknown setting 'populaton'. Did you mean 'population'"),
    (COMPARE + "cma-es --part 3/2", "--part 3/2: write K/N, with K from 1 to N"),
    (COMPARE + "cma-es --executor slurm", "--executor slurm: unknown executor 'slurm'. Executors: local, ray"),
    (COMPARE + "cma-es --run-timeout 1h", "--run-timeout needs --jobs 2 or more"),
    (COMPARE + "cma-es --jobs 2 --threads 2", "--threads 2 goes with --jobs 1"),
    ("compare none.toml --out new", "none.toml can't be read: No such file"),
    ("compare torn.toml --out new", "torn.toml is not TOML"),
    ("compare good.toml --out new", "good.toml: unknown entry 'p0'. Entries: around, budget"),
    ("compare good.toml --out new --seeds 3", "--seeds goes with a task's name; say it in good.toml"),
    ("compare toy --out new --optimizers cma-es --budget 0s", "'0s' is not a duration above 0"),
    ("report", "gait report: name a directory with a run, or with runs below"),
    ("report nowhere", "nowhere: there is no run here (a directory with a run.json); nothing to report"),
    ("report file", "file: there is no run here"),
    ("report done --target high", "--target: 'high' is not a number"),
    ("report done --target nan", "target must be finite"),
    ("report done --out page.pdf", "cannot write a report to page.pdf"),
    ("report done --out nowhere/page.html", "cannot write a report to nowhere/page.html"),
    ("compare toy --out file --optimizers cma-es --budget 1min --seeds 1", "file"),
    ("compare toy --out file/study --optimizers cma-es --budget 1min --seeds 1", "file/study"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[w[:60] or "nothing" for w, _ in WRONG])
def test_what_cannot_be_is_refused_in_a_sentence(words, said, gait, place):
    before = sorted(place.rglob("*"))
    code, _, err = gait(*words.split(" ") if words else ())
    assert code == 2
    assert said in err
    assert err.startswith("gait: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not {p.name for p in set(place.rglob("*")) - set(before)} - {"lock"}


def damaged(place, file, text):
    path = place / file
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    if text is None:
        path.mkdir()
    else:
        path.write_text(text)


@pytest.mark.parametrize("file", ["run.json", "events.jsonl", "result.json", "validation.jsonl", "recorded/start.npz"])
@pytest.mark.parametrize("text", ["", "{}\n", "[]\n", '{"event": "batch"}\n', "\x00\n", "x", None])
def test_a_damaged_run_is_refused_or_repaired_but_never_a_traceback(file, text, gait, place):
    for words in (
        "resume done",
        "show done",
        "render done",
        "render done done",
        "view done",
        "evaluate toy --params done",
        "report done",
        "optimize toy --out done",
    ):
        damaged(place, f"done/{file}", text)
        code, _, err = gait(*words.split())
        assert code in (0, 2)
        assert code == 0 or (err.startswith("gait: ") and err.count("\n") == 1)


def test_a_full_disk_is_a_sentence(gait, place, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "new/events.jsonl")

    monkeypatch.setattr("gait.ledger.append_lines", full)
    code, _, err = gait("optimize", "toy", "--out", "new", "--budget", "1min")
    assert (code, err) == (2, "gait: new/events.jsonl: No space left on device.\n")


def test_runs_that_failed_are_told_and_exit_with_1(gait, place, monkeypatch):
    class Broken(OPTIMIZERS["random-search"]):
        def _tell(self, trials, scores):
            raise ZeroDivisionError("nothing to divide")

    monkeypatch.setitem(OPTIMIZERS, "broken", Broken)
    code, _, err = gait(*(COMPARE + "random-search,broken").split())
    assert code == 1
    assert "1 of 2 runs failed" in err
    assert "ZeroDivisionError: nothing to divide" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", ["", "list everything", "evaluate quadruped --param locus_length=nan", "show ."])
def test_in_a_process_of_its_own_it_is_the_same(words, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gait", *words.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("gait: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["list", "list optimizers --settings", "list --json", "compare --help"])
def test_a_pipe_that_nobody_reads_ends_it_without_a_word(words):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "gait", *words.split()], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""


def test_the_command_is_installed(tmp_path):
    command = Path(sys.executable).with_name("gait")
    if not command.exists():
        pytest.skip("the console script is not installed beside this Python")
    done = subprocess.run([command, "list", "tasks"], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "quadruped" in done.stdout


def test_usage_errors_are_value_errors():
    assert issubclass(UsageError, ValueError)
