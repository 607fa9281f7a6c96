"""Laws of kept runs: a line answers its own question only, and a study goes on where it was left."""

from __future__ import annotations

import json
import linecache
import sys
import types

import pytest
from toy import Toy

import gait.compare.kept
from gait import tasks
from gait.compare.kept import Kept, Question, code_of
from gait.errors import UsageError
from gait.run import optimize


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "toy", Toy)


def question(**changes):
    return Question(**{"task": "toy", "optimizer": "random-search", "seed": 1, "budget": 600.0} | changes)


def test_a_line_says_what_the_run_came_to(tmp_path):
    q = question()
    line = q.walk(tmp_path / "work")
    run = optimize("toy", "random-search", budget=600.0, seed=1, out=tmp_path / "run", progress=False)
    assert line["recommended"]["mean"] == run.score
    assert line["seconds"] == run.result["seconds"]
    assert line["curve"] == [[p["clock"], p["mean"]] for p in run.result["curve"]]
    assert json.loads(json.dumps(line)) == line


def test_a_line_answers_its_own_question_only(tmp_path):
    q = question()
    kept = Kept(tmp_path / "kept.jsonl")
    assert kept.find(q) is None
    (tmp_path / "kept.jsonl").write_text(json.dumps(q.walk(tmp_path / "work")) + "\n")
    kept = Kept(tmp_path / "kept.jsonl")
    assert kept.find(question()) is not None
    others = ({"seed": 2}, {"budget": 700.0}, {"settings": {"batch": "8"}}, {"fields": {"noise": "low"}},
              {"around": {"early_stop": True}}, {"optimizer": "cma-es"})  # fmt: skip
    assert [kept.find(question(**other)) for other in others] == [None] * 6
    assert kept.missing([question(), question(seed=2)]) == [question(seed=2)]


def test_a_longer_budget_goes_on_from_the_shorter_run(tmp_path):
    short, long = question().walk(tmp_path), question(budget=1800.0).walk(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    whole = optimize("toy", "random-search", budget=1800.0, seed=1, out=tmp_path / "run", progress=False)
    assert long["recommended"]["mean"] == whole.score
    assert short["trials"] < long["trials"] == whole.result["trials"]


def test_questions_of_one_run_are_not_walked_at_a_time(tmp_path, monkeypatch):
    together = []

    def walk_here(walks, jobs):
        walks = list(walks)
        together.append([(w.func.__self__.seed, w.func.__self__.budget) for w in walks])
        return ((i, walk(), None) for i, walk in enumerate(walks))

    monkeypatch.setattr(gait.compare.kept, "results", walk_here)
    asked = [question(seed=s, budget=b) for s in (1, 2) for b in (600.0, 1800.0)]
    kept = Kept(tmp_path / "kept.jsonl")
    assert len(list(kept.answer(asked, tmp_path / "work", 2))) == 4
    assert together == [[(1, 600.0), (2, 600.0)], [(1, 1800.0), (2, 1800.0)]]
    assert not kept.missing(asked)


def test_walking_tells_each_run_and_begins_none_in_no_minutes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gait.compare.kept, "results", lambda w, jobs: ((i, f(), None) for i, f in enumerate(list(w))))
    kept, asked = Kept(tmp_path / "kept.jsonl"), [question(), question(seed=2)]
    kept.walk(asked, tmp_path / "work", 1, 0.0, lambda q, line: "?")
    assert kept.missing(asked) == asked
    kept.walk(asked, tmp_path / "work", 1, 10.0, lambda q, line: f"seed {q.seed}, {line['seconds']['charged']:.0f} s")
    assert not kept.missing(asked)
    charged = [line["seconds"]["charged"] for line in kept.lines]
    told = capsys.readouterr().out.splitlines()
    assert told == [f"{k}/2 0 min: seed {k}, {charged[k - 1]:.0f} s" for k in (1, 2)]


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes a module of a text, as if it were imported from a file."""

    def made(text, name="made_up", **given):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        module = types.ModuleType(name)
        module.__file__ = str(path)
        module.__dict__.update(given)
        exec(compile(text, str(path), "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, name, module)
        linecache.checkcache()
        return module

    return made


def test_code_is_what_runs_not_how_it_is_laid_out(make):
    one = code_of(make("class A:\n    x = 1\n").A)
    assert code_of(make('"""About."""\n\nclass A:\n    """An A."""\n\n    x = 1  # why\n').A) == one
    assert code_of(make("class A:\n    x = 2\n").A) != one


def test_code_is_also_that_of_shared_bases(make):
    def digest(base):
        return code_of(make("class A(B):\n    x = 1\n", B=make(base, "base").B).A)

    one = digest("class B:\n    y = 1\n")
    assert digest("class B:\n    y = 1  # why\n") == one != digest("class B:\n    y = 2\n")


def test_a_torn_line_is_dropped_and_a_broken_file_refused(tmp_path):
    path = tmp_path / "kept.jsonl"
    path.write_text('{"task": "toy"}\n{"task": "to')
    assert Kept(path).lines == [{"task": "toy"}]
    path.write_text("nonsense\n")
    with pytest.raises(UsageError, match="line 1"):
        Kept(path)
