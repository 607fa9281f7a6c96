"""A task and an optimizer from another package: found by their entry points, run and resumed like ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gait
from gait.errors import UsageError
from gait.optimizers import find_optimizer, optimizer_names
from gait.shelf import shelf
from gait.tasks import find_task, make_task, task_names

HERE = Path(__file__).parent
EXAMPLE = HERE / "plugin_example"


@pytest.fixture
def installed(monkeypatch):
    """The example as if it were installed."""
    monkeypatch.syspath_prepend(EXAMPLE)
    yield
    sys.modules.pop("my_walkers", None)


def test_what_is_not_installed_is_not_found():
    assert "pendulum" not in task_names()
    assert "hill-climb" not in optimizer_names()
    with pytest.raises(UsageError, match="unknown task 'pendulum'"):
        find_task("pendulum")


@pytest.mark.usefixtures("installed")
def test_what_is_installed_is_found_and_listed():
    assert find_task("pendulum").__module__ == find_optimizer("hill-climb").__module__ == "my_walkers"
    found = shelf()
    assert found["tasks"]["pendulum"] == "How far a leg swings that is driven at some frequency."
    assert found["optimizers"]["hill-climb"] == "keeps a random change that was better on average"
    assert task_names() == sorted(task_names())
    with pytest.raises(UsageError, match="Did you mean 'pendulum'"):
        make_task("pendulm")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("optimizer", ["hill-climb", "cma-es"])
def test_it_runs_and_resumes_like_our_own(optimizer, tmp_path):
    run = gait.optimize("pendulum", optimizer=optimizer, budget="3min", seed=0, out=tmp_path / "run", progress=False)
    assert run.score > run.result["start"]["mean"]
    assert list(run.recommended) == ["frequency", "damping"]
    assert run.result["seconds"]["charged"] == run.result["trials"] * 6.0 <= 180
    events = (tmp_path / "run" / "events.jsonl").read_bytes()
    (tmp_path / "run" / "events.jsonl").write_bytes(events[: len(events) // 2])
    assert gait.resume(tmp_path / "run", progress=False).result == run.result
    assert (tmp_path / "run" / "events.jsonl").read_bytes() == events


@pytest.mark.usefixtures("installed")
def test_our_tasks_take_its_optimizer(tmp_path):
    run = gait.optimize("quadruped", optimizer="hill-climb", budget=60, out=tmp_path / "run", batches=1, progress=False)
    assert run.result["trials"] == 4


def python(*words, cwd):
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLE)}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def test_the_command_line_has_it_too(tmp_path):
    done = python("-m", "gait", "list", "--json", cwd=tmp_path)
    assert "pendulum" in json.loads(done.stdout)["tasks"]
    words = ("optimize", "pendulum", "--optimizer", "hill-climb", "--budget", "1min", "--out", "run")
    done = python("-m", "gait", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / "result.json").read_text())["task"] == "pendulum"
    shown = python("-m", "gait", "show", "run", cwd=tmp_path).stdout
    assert "frequency" in shown


def test_our_contract_tests_apply_to_it(tmp_path):
    files = [HERE / f"test_every_{what}.py" for what in ("task", "optimizer")]
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-q", "--basetemp", tmp_path]
    done = python("-m", "pytest", *files, *options, "-k", "pendulum or hill-climb", cwd=HERE.parent)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 30
