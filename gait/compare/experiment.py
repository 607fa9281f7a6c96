"""Experiment: a plan in a directory; walks what is missing, then tabulates.

Each run lives in `out/<optimizer>/seed-<k>/`, or `out/<task>/<optimizer>/seed-<k>/` where tasks have labels. What is
finished there is kept, what is unfinished gone on with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gait.around import Around
from gait.compare.board import Board, shown
from gait.compare.described import text_of
from gait.compare.entries import OptimizerEntry, TaskEntry, plain, read_optimizers
from gait.compare.executors import read_executor
from gait.compare.executors.events import Ended, Executor, Lost
from gait.compare.plan import Plan, folder_of
from gait.compare.runs import NOT_ALWAYS, Run, check_same
from gait.compare.study import Study
from gait.durations import parse_duration
from gait.errors import UsageError
from gait.files import read_json
from gait.manifest import versions

TASK = ("task", "task_version", "fields")
"""What a task is in full, in manifests."""


class RunsFailed(RuntimeError):
    """Some runs of an experiment failed while the others finished; `failures` is {run: what happened}."""

    def __init__(self, failures: Mapping[str, str], runs: int, out: Path) -> None:
        self.failures = dict(failures)
        listing = "".join(f"\n  {name}: {what}" for name, what in failures.items())
        super().__init__(
            f"{len(failures)} of {runs} runs failed:{listing}\n"
            f"The others are kept in {out}; the same comparison, asked for again, tries only these."
        )


@dataclass(frozen=True)
class Experiment:
    """A plan and the directory where its runs are."""

    plan: Plan
    out: Path

    @property
    def runs(self) -> list[Run]:
        """All runs, seed by seed."""
        return self.plan.runs(self.out)

    @property
    def missing(self) -> list[Run]:
        """Runs that aren't finished."""
        return [run for run in self.runs if not run.finished]

    def run(self, executor: Executor, progress: bool = True) -> dict[str, Study]:
        """Walk what is missing, write the studies' files; the study of each task by its label.

        Raises:
          UsageError: the directory holds runs that answer another question; nothing is walked then.
          RunsFailed: some runs failed; all others are finished and kept.
        """
        self.walk(executor, progress=progress)
        return self.tabulate()

    def walk(self, executor: Executor, part: tuple[int, int] = (1, 1), progress: bool = True) -> None:
        """Walk what is missing of a part: every n-th run from the k-th, k from 1. Parts together are the whole.

        Raises:
          UsageError: as `run`, or there is no such part.
          RunsFailed: as `run`.
        """
        k, n = part
        if not 1 <= k <= n:
            raise UsageError(f"--part {k}/{n}: parts are 1/{n} to {n}/{n}.")
        self._begin()
        todo = [run for run in self.runs[k - 1 :: n] if not run.finished]
        board, failures = Board(self.runs, todo), {}
        with shown(board, progress), closing(executor.walk(todo)) as events:
            for event in events:
                board.took(event)
                if isinstance(event, Ended) and event.error is not None:
                    failures[todo[event.index].name] = _told(event.error)
        if failures:
            raise RunsFailed(failures, len(self.runs), self.out)

    def tabulate(self) -> dict[str, Study]:
        """Write the files of each task's study; the studies by label.

        Raises:
          UsageError: a run isn't finished.
        """
        studies = self.studies()
        for task in self.plan.tasks:
            studies[task.label].write(folder_of(task, self.out))
        return studies

    def studies(self) -> dict[str, Study]:
        """What the runs gave, by the task's label, as it was found.

        Raises:
          UsageError: a run isn't finished.
        """
        if missing := self.missing:
            raise UsageError(f"{missing[0].place} isn't finished: run the comparison first.")
        found: dict[str, dict[str, list[dict[str, Any]]]] = {
            task.label: {entry.label: [] for entry in self.plan.optimizers} for task in self.plan.tasks
        }
        for run in self.runs:
            label = run.optimizer.label  # in tables, too: one optimizer may take part twice
            result = read_json(run.place / "result.json") | {"optimizer": label}
            found[run.task.label][label].append(result)
        return {label: Study(results, self.plan.budget, self.plan.target) for label, results in found.items()}

    def _begin(self) -> None:
        """Check what is there, then say what is asked: experiment.json, also of each task, and experiment.toml."""
        questions = {task.label: self._question(task) for task in self.plan.tasks}
        self._check_kept(questions)
        for task in self.plan.tasks:
            _write_json(folder_of(task, self.out) / "experiment.json", questions[task.label])
        if self._labelled:
            whole = {"tasks": list(questions), "seeds": self.plan.seeds, "budget": self.plan.budget}
            _write_json(self.out / "experiment.json", whole)
        _write(self.out / "experiment.toml", text_of(self.plan))

    @property
    def _labelled(self) -> bool:
        return bool(self.plan.tasks[0].label)

    def _question(self, entry: TaskEntry) -> dict[str, Any]:
        plan, task = self.plan, entry.make()
        question = {
            "task": entry.name, "task_version": task.version, "headline": task.headline(), "fields": task.fields(),
            "optimizers": {e.label: e.name for e in plan.optimizers},
            "settings": {e.label: e.settings for e in plan.optimizers}, "seeds": plan.seeds, "budget": plan.budget,
            "around": plan.around.describe(), "fleet": plan.fleet, "versions": versions(),
        }  # fmt: skip
        return plain(question)

    def _check_kept(self, questions: Mapping[str, Mapping[str, Any]]) -> None:
        top = self.out / "experiment.json"
        if top.exists() and ("tasks" in read_json(top)) != self._labelled:
            there = "a task without a label" if self._labelled else "tasks with labels"
            raise UsageError(f"{self.out} was made for {there}. Choose another --out.")
        asked = {label: {key: q[key] for key in TASK} for label, q in questions.items()}
        for task in self.plan.tasks:
            question = questions[task.label]
            shared = {key: question[key] for key in (*TASK, "budget", *NOT_ALWAYS)}
            check_same(folder_of(task, self.out), "experiment.json", shared)
        for run in self.runs:
            run.check_kept(asked[run.task.label])


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    _write(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def _write(path: Path, text: str) -> None:
    """Write a file whole, also if another process does so now (a part of the same experiment)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, (UsageError, Lost)) else f"{type(error).__name__}: {error}"


def compare_optimizers(
    task: str,
    optimizers: Sequence[str] | Mapping[str, Mapping[str, Any]],
    *,
    out: str | Path,
    seeds: int = 20,
    budget: str | float = "1h",
    target: float | None = None,
    jobs: int = 1,
    threads: int = 0,
    around: Around | None = None,
    fleet: int = 1,
    executor: str = "local",
    progress: bool = True,
    **fields: Any,
) -> Study:
    """Compare optimizers on a task by what they reach for equal simulated time.

    Args:
      task: a registered name; `fields` are its keywords (noise="low").
      optimizers: words as on a command line ("cma-es:population=12"), the reference first; or `{name: settings}`.
      out: directory of the study; what is there already is kept and added to.
      seeds: runs of each optimizer.
      budget: simulated time of each run: `"1h"`, or seconds.
      target: score whose time is reported; None is twice the start.
      jobs: runs at a time. Above 1, a script needs the usual `if __name__ == "__main__":`.
      threads: physics threads when `jobs` is 1; 0 is one a core.
      around: what is put around every optimizer: early stop, racing, common seeds.
      fleet: robots that walk at the same time in each run.
      executor: `local`, `ray` or `ray:ADDRESS`.
      progress: show a table of progress where there is a terminal.

    Raises:
      UsageError: something asked for can't be.
      RunsFailed: some runs failed; all others are finished and kept.
    """
    if isinstance(optimizers, Mapping):
        named = ((n, {k: str(v) for k, v in settings.items()}) for n, settings in optimizers.items())
        entries = tuple(OptimizerEntry(name, name, words) for name, words in named)
    else:
        entries = read_optimizers(optimizers)
    tasks = (TaskEntry("", task, fields),)
    plan = Plan(tasks, entries, seeds, parse_duration(budget), target, around or Around(), fleet)
    return Experiment(plan, Path(out)).run(read_executor(executor, jobs, threads), progress)[""]
