"""Experiment: several optimizers, several seeds, one task, one budget; runs what is missing, then tabulates.

Each run lives in `out/<optimizer>/seed-<k>/`. What is finished there is kept, what is unfinished resumed.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gait.around import Around
from gait.compare.study import Study, spell
from gait.durations import parse_duration
from gait.errors import UsageError
from gait.files import read_json
from gait.manifest import versions
from gait.optimizers import find_optimizer
from gait.run import optimize, resume
from gait.tasks import make_task

ONE_CORE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
NOT_ALWAYS: dict[str, Any] = {"around": {}, "fleet": 1}
"""What a run writes of itself only where it isn't this."""
Run = tuple[str, int]
"""An optimizer's name and a seed."""


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
    """What is to be run: a comparison of optimizers at equal simulated time.

    Args:
      task: the task's name; `fields` are its keywords.
      optimizers: `{name: {setting: text}}`, the reference first; `{}` is the optimizer's defaults.
      out: directory of the study.
      seeds: runs of each optimizer, with seeds 0, 1, …
      budget: charged simulated seconds of each run.
      target: score whose time is reported; None chooses one (see `goal`).
      jobs: runs at a time. Above 1, each has a process and one thread of its own, and a script needs the
        usual `if __name__ == "__main__":`.
      threads: physics threads when `jobs` is 1; 0 is one a core.
      around: what is put around every optimizer: early stop, racing, common seeds.
      fleet: robots that walk at the same time in each run.

    Raises:
      UsageError: an unknown optimizer or setting, or a number out of range.
    """

    task: str
    optimizers: Mapping[str, Mapping[str, str]]
    out: Path
    fields: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 20
    budget: float = 3600.0
    target: float | None = None
    jobs: int = 1
    threads: int = 0
    around: Around = field(default_factory=Around)
    fleet: int = 1

    def __post_init__(self) -> None:
        if not self.optimizers:
            raise UsageError("optimizers: name at least one.")
        for name, low in (("seeds", 1), ("jobs", 1), ("threads", 0)):
            if getattr(self, name) < low:
                raise UsageError(f"{name}={getattr(self, name)}: {name} must be at least {low}.")
        if not (math.isfinite(self.budget) and self.budget > 0):
            raise UsageError(f"budget={self.budget:g}: budget must be finite and above 0 s.")
        if self.target is not None and not math.isfinite(self.target):
            raise UsageError(f"target={self.target:g}: target must be finite.")
        _ = self.settings  # parsed now, so that a typing error costs no simulated second

    @cached_property
    def settings(self) -> dict[str, dict[str, Any]]:
        """Every optimizer's full settings, defaults included, as plain data."""
        return {
            name: _plain(asdict(find_optimizer(name).Settings.parse(words))) for name, words in self.optimizers.items()
        }

    @property
    def runs(self) -> list[Run]:
        """All runs, seed by seed: an interrupted study has all optimizers about equally far."""
        return [(name, seed) for seed in range(self.seeds) for name in self.optimizers]

    def place(self, run: Run) -> Path:
        """The directory of a run."""
        return self.out / run[0] / f"seed-{run[1]}"

    def run(self, progress: bool = True) -> Study:
        """Walk what is missing, resume what is unfinished, write the study's files.

        Raises:
          UsageError: the directory holds runs that answer another question; nothing is walked then.
          RunsFailed: some runs failed; all others are finished and kept.
        """
        question = self._question()
        self._check_kept(question)
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "experiment.json").write_text(json.dumps(question, indent=2, ensure_ascii=False) + "\n")
        todo = [run for run in self.runs if not (self.place(run) / "result.json").exists()]
        with _shown(_Board(len(self.runs), len(todo), self.jobs), progress) as board:
            failures = self._one_by_one(todo, board) if self.jobs == 1 else self._in_processes(todo, board)
        if failures:
            raise RunsFailed(failures, len(self.runs), self.out)
        study = self.study()
        study.write(self.out)
        return study

    def walk(self, run: Run) -> None:
        """Do one run here, or go on with it where it stopped."""
        place, threads = self.place(run), self.threads if self.jobs == 1 else 1
        if (place / "run.json").exists():
            resume(place, progress=False, threads=threads)
        else:
            name, seed = run
            task = make_task(self.task, dict(self.fields), threads)
            settings = find_optimizer(name).Settings.parse(self.optimizers[name])
            optimize(
                task, name, budget=self.budget, seed=seed, out=place, settings=settings, around=self.around,
                fleet=self.fleet, progress=False,
            )  # fmt: skip
        if not (place / "result.json").exists():
            raise KeyboardInterrupt  # only an interrupt ends a run early without an error

    def _question(self) -> dict[str, Any]:
        task = make_task(self.task, dict(self.fields), self.threads)
        return _plain(
            {
                "task": self.task,
                "task_version": task.version,
                "headline": task.headline(),
                "fields": task.fields(),
                "settings": self.settings,
                "seeds": self.seeds,
                "budget": self.budget,
                "around": self.around.describe(),
                "fleet": self.fleet,
                "versions": versions(),
            }
        )

    def _check_kept(self, question: dict[str, Any]) -> None:
        shared = {key: question[key] for key in ("task", "task_version", "fields", "budget", *NOT_ALWAYS)}
        _check_same(self.out, ("experiment.json",), shared)
        for name, seed in self.runs:
            asked = {**shared, "optimizer": name, "settings": self.settings[name], "seed": seed}
            _check_same(self.place((name, seed)), ("run.json", "result.json"), asked)

    def _one_by_one(self, todo: list[Run], board: _Board) -> dict[str, str]:
        failures = {}
        for run in todo:
            try:
                self.walk(run)
            except Exception as error:
                failures[_name(run)] = _told(error)
            board.finished()
        return failures

    def _in_processes(self, todo: list[Run], board: _Board) -> dict[str, str]:
        failures = {}
        with _one_core_each(), ThreadPoolExecutor(self.jobs) as pool:
            waiting: dict[Future[None], Run] = {pool.submit(self._in_process, run): run for run in todo}
            try:
                for future in as_completed(waiting):
                    try:
                        future.result()
                    except Exception as error:
                        failures[_name(waiting[future])] = _told(error)
                    board.finished()
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)  # leaving `with` waits for those under way
                raise
        return failures

    def _in_process(self, run: Run) -> None:
        # a pool of one for each run: a worker that dies takes no other run with it, and has a name
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            pool.submit(self.walk, run).result()

    def study(self) -> Study:
        """What the runs in `out` gave.

        Raises:
          UsageError: a run isn't finished.
        """
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in self.optimizers}
        for run in self.runs:
            path = self.place(run) / "result.json"
            if not path.exists():
                raise UsageError(f"{path.parent} isn't finished: run the comparison first.")
            found[run[0]].append(read_json(path))
        return Study(found, self.budget, self.target)

    def table(self) -> Table:
        """The comparison for a terminal (see `Study.table`)."""
        return self.study().table()


class _Board:
    """The line that is seen while an experiment runs."""

    def __init__(self, runs: int, todo: int, jobs: int) -> None:
        self.runs, self.todo, self.jobs = runs, todo, jobs
        self.done = 0
        self.began = self.latest = time.monotonic()

    def finished(self) -> None:
        self.done += 1
        self.latest = time.monotonic()

    def __rich__(self) -> Text:
        waiting = max(0, self.todo - self.done - self.jobs)
        walking = self.todo - self.done - waiting
        done = self.runs - walking - waiting
        line = f" {self.runs} runs · {done} done · {walking} walking · {waiting} waiting"
        if self.done:  # runs take about equally long, so the pace so far tells the rest
            pace = (self.latest - self.began) / self.done
            left = pace * (self.todo - self.done) - (time.monotonic() - self.latest)
            line += f" · {spell(max(left, 0.0))} left"
        return Text(line)


@contextmanager
def _shown(board: _Board, progress: bool) -> Iterator[_Board]:
    console = Console()
    if not (progress and console.is_terminal):
        yield board
        return
    with Live(board, console=console, refresh_per_second=2, transient=True):
        yield board


@contextmanager
def _one_core_each() -> Iterator[None]:
    # spawned workers inherit the environment, and numpy reads it when they import it
    before = {name: os.environ.get(name) for name in ONE_CORE}
    os.environ.update(dict.fromkeys(ONE_CORE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _check_same(directory: Path, files: Sequence[str], asked: Mapping[str, Any]) -> None:
    for name in files:
        path = directory / name
        made = read_json(path) if path.exists() else {}
        for key in asked.keys() & (made.keys() | (NOT_ALWAYS.keys() if made else set())):
            was = made.get(key, NOT_ALWAYS.get(key))
            if was != asked[key]:
                raise UsageError(f"{directory} was made with {key} {was}, not {asked[key]}. Choose another --out.")


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(data))  # as a file gives it back: tuples are lists there
    return plain


def _name(run: Run) -> str:
    return f"{run[0]}/seed-{run[1]}"


def _told(error: Exception) -> str:
    if isinstance(error, BrokenProcessPool):
        return "its process died (killed, or out of memory)"
    return str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"


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
    progress: bool = True,
    **fields: Any,
) -> Study:
    """Compare optimizers on a task by what they reach for equal simulated time.

    Args:
      task: a registered name; `fields` are its keywords (noise="low").
      optimizers: names, the reference first; or `{name: settings}`.
      out: directory of the study; what is there already is kept and added to.
      seeds: runs of each optimizer.
      budget: simulated time of each run: `"1h"`, or seconds.
      target: score whose time is reported; None is twice the start.
      jobs: runs at a time. Above 1, a script needs the usual `if __name__ == "__main__":`.
      threads: physics threads when `jobs` is 1; 0 is one a core.
      around: what is put around every optimizer: early stop, racing, common seeds.
      fleet: robots that walk at the same time in each run.
      progress: show a line of progress where there is a terminal.

    Raises:
      UsageError: something asked for can't be.
      RunsFailed: some runs failed; all others are finished and kept.
    """
    named = optimizers if isinstance(optimizers, Mapping) else {name: {} for name in optimizers}
    texts = {name: {k: str(v) for k, v in settings.items()} for name, settings in named.items()}
    seconds = parse_duration(budget)
    experiment = Experiment(
        task, texts, Path(out), fields, seeds, seconds, target, jobs, threads, around or Around(), fleet
    )
    return experiment.run(progress)
