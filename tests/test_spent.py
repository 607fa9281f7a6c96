"""Where the time went: it adds up to the run's clock, and every kind is told from the others."""

from __future__ import annotations

import json

import pytest
from toy import Toy

from gait.compare.spent import Spent, mean_spent, spent_by
from gait.errors import UsageError
from gait.run import optimize
from gait.tasks import TASKS


@pytest.fixture(autouse=True)
def _toy_on_the_shelf(monkeypatch):
    monkeypatch.setitem(TASKS, "toy", Toy)


@pytest.mark.parametrize("optimizer", ["random-search", "finite-difference", "reinforce", "genetic"])
def test_kinds_add_up_to_the_clock_and_the_rest_of_the_budget(optimizer, tmp_path):
    run = optimize("toy", optimizer, budget=1500, out=tmp_path / "run", progress=False)
    spent, seconds = spent_by(run.path), run.result["seconds"]
    assert spent.charged == pytest.approx(seconds["charged"])
    assert spent.walking + spent.again + spent.stopped + spent.fallen == pytest.approx(seconds["walking"])
    assert (spent.falls, spent.setup) == pytest.approx((seconds["falls"], seconds["setup"]))
    assert spent.left == pytest.approx(max(1500 - seconds["charged"], 0))
    assert (spent.again > 0) == (optimizer in ("finite-difference", "genetic"))  # random draws repeat nothing


def written(path, events) -> None:
    path.mkdir()
    run = {"schema": 1, "task": "toy", "task_version": "1", "fields": {}, "space": [], "optimizer": "x",
           "settings": {}, "seed": 0, "budget": 100.0, "fall_seconds": 8.0, "setup_seconds": 2.0,
           "versions": {}}  # fmt: skip
    (path / "run.json").write_text(json.dumps(run))
    (path / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))


def ask(number: int, x: float) -> dict:
    return {"event": "ask", "batch": 0, "id": number, "policy": {"kind": "constant", "x": [x]}}


def tell(number: int, ending: str, walked: float, charged: float) -> dict:
    return {"event": "tell", "id": number, "ending": ending, "walked": walked, "charged": charged}


BATCH = {"event": "batch", "batch": 0}


def test_each_kind_is_told_from_the_others(tmp_path):
    asks = [ask(0, 0.1), ask(1, 0.2), ask(2, 0.1), ask(3, 0.3), ask(4, 0.4)]
    tells = [tell(0, "completed", 8, 10), tell(1, "fell", 3, 13), tell(2, "completed", 8, 10),
             tell(3, "stopped", 4, 6), tell(4, "diverged", 1, 11)]  # fmt: skip
    in_flight = [ask(5, 0.9), tell(5, "completed", 8, 10)]
    written(tmp_path / "run", [*asks, *tells, BATCH, *in_flight])
    found = Spent(walking=8, again=8, stopped=4, fallen=4, falls=16, setup=10, left=50)
    assert spent_by(tmp_path / "run") == found
    assert found.charged == 50
    assert mean_spent({1: found, 2: Spent(walking=4)}).walking == 6


@pytest.mark.parametrize("line", ['{"event": "tell"}', '{"event": "ask", "id": 0, "policy": 3}', "{}", "[]", "x"])
def test_a_line_that_is_no_event_is_named(tmp_path, line):
    written(tmp_path / "run", [ask(0, 0.1)])
    with (tmp_path / "run" / "events.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(UsageError, match="line 2"):
        spent_by(tmp_path / "run")
