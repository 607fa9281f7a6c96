"""Laws of plans in files: what is written reads the same, and what can't be is told by name."""

from __future__ import annotations

import re
import tomllib

import pytest
from toy import Toy

from gait import tasks
from gait.around import Around
from gait.compare.described import plan_of, read_plan, text_of
from gait.compare.entries import OptimizerEntry, TaskEntry, read_optimizers
from gait.compare.plan import Plan
from gait.errors import UsageError


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setitem(tasks.TASKS, "toy", Toy)


ROW = TaskEntry("", "quadruped")
CMA = read_optimizers(["cma-es"])
PLANS = [
    Plan((ROW,), CMA),
    Plan((TaskEntry("", "quadruped", {"noise": "low", "turn": 0.1, "tune_phases": True}),), CMA, 3, 1234.5, -0.125),
    Plan(
        (TaskEntry("low", "quadruped", {"noise": 'a "b" \\ ü\n'}), TaskEntry("go1.b", "quadruped", {"robot": "x"})),
        read_optimizers(["random-search", "cma-es", "small=cma-es:population=6:initial_step=0.3", "1=genetic"]),
        around=Around(True, 3, True),
        fleet=4,
    ),
]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_that_is_written_reads_the_same(plan, tmp_path):
    (tmp_path / "plan.toml").write_text(text_of(plan), encoding="utf-8")
    assert read_plan(tmp_path / "plan.toml") == plan


BY_HAND = """
task = "toy"
seeds = 10
budget = "2h"
optimizers = ["finite-difference", "cma-es"]

[fields]
noise = "low"

[tasks.flat]
[tasks.steep]
noise = "high"
[tasks.person]
task = "exoskeleton"
"""


def test_rows_share_fields_unless_they_say_otherwise():
    plan = plan_of(tomllib.loads(BY_HAND))
    assert plan.tasks == (
        TaskEntry("flat", "toy", {"noise": "low"}),
        TaskEntry("steep", "toy", {"noise": "high"}),
        TaskEntry("person", "exoskeleton", {"noise": "low"}),
    )
    assert plan.optimizers == read_optimizers(["finite-difference", "cma-es"])
    assert (plan.seeds, plan.budget) == (10, 7200.0)


def test_settings_may_be_numbers_words_or_truths():
    data = {"task": "toy", "optimizers": {"r": {"optimizer": "reinforce", "feedback": True, "baseline": "none"}}}
    (entry,) = plan_of(data).optimizers
    assert (entry.settings["feedback"], entry.settings["baseline"]) == (True, "none")
    assert isinstance(entry, OptimizerEntry)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task = ", "is not TOML"),
        ('task = "toy"', "optimizers are missing"),
        ('optimizers = ["cma-es"]', "task is missing"),
        ('optimizers = ["cma-es"]\n[tasks.a]', "task is missing of tasks.a"),
        ('task = "toi"\noptimizers = ["cma-es"]', "unknown task 'toi'. Did you mean 'toy'"),
        ('task = "toy"\noptimizers = ["cma"]', "unknown optimizer 'cma'. Did you mean 'cma-es'"),
        ('task = "toy"\noptimizers = []', "name at least one"),
        ('task = "toy"\noptimizers = ["cma-es", "cma-es"]', "cma-es is named twice"),
        ('task = "toy"\noptimizer = ["cma-es"]', "unknown entry 'optimizer'. Did you mean 'optimizers'"),
        ('task = "toy"\noptimizers = "cma-es"', "optimizers = 'cma-es': optimizers is a table of tables, or a list"),
        ('task = "toy"\nseeds = "3"\noptimizers = ["cma-es"]', "seeds = '3': seeds is a whole number"),
        ('task = "toy"\nseeds = true\noptimizers = ["cma-es"]', "seeds = True: seeds is a whole number"),
        ('task = "toy"\nseeds = 0\noptimizers = ["cma-es"]', "seeds must be at least 1"),
        ('task = "toy"\nbudget = "3 days"\noptimizers = ["cma-es"]', "'3 days' is not a duration"),
        ('task = "toy"\ntarget = nan\noptimizers = ["cma-es"]', "target must be finite"),
        ('task = "toy"\n[optimizers.cma-es]\npopulation = 1.5', "population must be a whole number"),
        ('task = "toy"\n[optimizers]\ncma-es = 3', "optimizers.cma-es = 3: an optimizer is a table"),
        ('task = "toy"\n[optimizers."a/b"]\noptimizer = "cma-es"', "label 'a/b'"),
        ('task = "toy"\noptimizers = ["cma-es"]\n[tasks]\na = 3', "tasks.a = 3: a task is a table"),
        ('task = "toy"\noptimizers = ["cma-es"]\n[around]\nracing = true', "around.racing = True: racing is a whole"),
        ('task = "toy"\noptimizers = ["cma-es"]\n[around]\nrace = 3', "unknown entry 'race'. Did you mean 'racing'"),
        ('task = "toy"\noptimizers = ["cma-es"]\n[around]\nracing = 1', "racing=1"),
    ],
)
def test_what_cannot_be_is_named_with_its_file(text, said, tmp_path):
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(UsageError, match=re.escape(said)) as caught:
        read_plan(tmp_path / "plan.toml")
    assert str(caught.value).startswith(str(tmp_path / "plan.toml"))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml can't be read: No such file"):
        read_plan(tmp_path / "none.toml")
