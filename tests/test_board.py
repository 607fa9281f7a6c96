"""Laws of the live table: it counts every run once, and reads from the ledgers what the runs' results will say."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from toy import Toy

from gait import tasks
from gait.compare.board import MOST_UNDER_WAY, Board, Follower, seen_result, shown
from gait.compare.entries import TaskEntry, read_optimizers
from gait.compare.executors.events import Again, Began, Ended
from gait.compare.plan import Plan


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "toy", Toy)
    rows = (TaskEntry("low", "toy", {"noise": "low"}), TaskEntry("high", "toy"))
    return Plan(rows, read_optimizers(["random-search", "cma-es"]), seeds=5, budget=200.0)


def told(board: Board) -> list[str]:
    console = Console(file=io.StringIO(), width=120)
    console.print(board)
    return console.file.getvalue().splitlines()


def test_every_run_is_done_or_walking_or_waiting_or_failed(plan, tmp_path):
    runs = plan.runs(tmp_path)
    board = Board(runs, runs)
    assert told(board)[0].strip() == "20 runs · 0 done · 0 walking · 20 waiting"
    for k in range(4):
        board.took(Began(k))
    runs[0]()
    board.took(Ended(0))
    board.took(Ended(1, error=ValueError("no")))
    board.took(Again(2, "died"))
    lines = told(board)
    assert lines[0].strip().startswith("20 runs · 1 done · 1 walking · 17 waiting · 1 failed · 1 begun again")
    assert len(lines) == 2 + 4 + 1
    assert lines[2].split()[:2] == ["low/random-search", "1/5"]
    assert lines[-1].strip().startswith("high/cma-es/seed-0: 0 s of 3 min")


def test_what_is_finished_elsewhere_counts(plan, tmp_path):
    runs = plan.runs(tmp_path)
    board = Board(runs, runs[::2])
    runs[1]()
    assert "1 done" in told(board)[0]


def test_many_runs_under_way_stay_readable(plan, tmp_path):
    runs = plan.runs(tmp_path)
    board = Board(runs, runs)
    for k in range(20):
        board.took(Began(k))
    assert len(told(board)) == 2 + 4 + MOST_UNDER_WAY + 1
    assert told(board)[-1].strip() == "and 12 more"


def test_a_ledger_read_as_it_grows_says_what_the_result_says(plan, tmp_path):
    run = replace(plan, budget=1000.0).runs(tmp_path / "whole")[0]
    run()
    text = (run.place / "events.jsonl").read_bytes()
    growing = tmp_path / "growing"
    growing.mkdir()
    follower = Follower(growing)
    assert follower.look().best is None
    clocks = []
    for end in (*range(0, len(text), 1000), len(text)):
        (growing / "events.jsonl").write_bytes(text[:end])
        clocks.append(follower.look().clock)
    assert clocks == sorted(clocks)
    seen, result = follower.look(), seen_result(run.place)
    assert result.falls > 0
    assert (seen.clock, seen.falls) == (pytest.approx(result.clock), result.falls)
    scores = [json.loads(line).get("score") for line in text.splitlines()]
    assert seen.best == max(s for s in scores if s is not None)


def test_it_is_quiet_without_a_terminal(plan, capsys):
    board = Board([], [])
    with shown(board, True):
        pass
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_read_is_nothing(tmp_path: Path):
    assert seen_result(tmp_path).best is None
    (tmp_path / "result.json").write_text("{}")
    assert seen_result(tmp_path).clock == 0
