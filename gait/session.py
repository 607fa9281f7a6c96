"""Session: a run under way, a batch at a time. What it recorded survives a kill."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gait.around import Around
from gait.durations import show_duration
from gait.errors import UsageError
from gait.files import append_lines
from gait.ledger import Ledger
from gait.manifest import check_seed, fleet_entry, manifest_of, read_settings, task_of, versions
from gait.optimizers import find_optimizer
from gait.optimizers.base import Optimizer, Settings
from gait.progress import Progress
from gait.replay import count, replay, restore
from gait.tally import Tally
from gait.task import Beginning, State, Task
from gait.trial import Query

TRIAL_SEED, SHARED_SEED, BEGIN_SEED = 1, 2, 4
"""Second word of the entropy of a run's seeds: a fresh trial's, one shared by a query's key, the beginning's."""


class Session:
    """A run directory held open, its walker and its optimizer.

    Nothing is walked before `catch_up`, which also replays what the ledger holds; `walk_batch` then goes on. Close it,
    or use it as a context, to let other processes write the directory.
    """

    def __init__(self, ledger: Ledger, task: Task, optimizer: Optimizer) -> None:
        self.ledger, self.task, self.optimizer = ledger, task, optimizer
        self.tally = Tally(int(ledger.manifest.get("fleet", 1)))
        self.begun = Beginning()
        """What the run starts from, once it has caught up."""
        self.state: State = None
        """After the last batch."""
        self.bar = Progress()
        """Where batches are told."""

    @classmethod
    def new(
        cls, path: Path, task: Task, optimizer: str, *, budget: float, seed: int = 0,
        settings: Settings | Mapping[str, Any] | None = None, around: Around | None = None, fleet: int = 1,
        batches: int | None = None,
    ) -> Session:  # fmt: skip
        """A new run in a directory that doesn't exist yet; arguments as those of `gait.run.optimize`.

        Raises:
          UsageError: something asked for can't be, or the directory exists.
        """
        kind = find_optimizer(optimizer)
        if not isinstance(settings, Settings):
            settings = read_settings(kind, settings or {})
        elif not isinstance(settings, kind.Settings):
            raise UsageError(f"{type(settings).__name__} are no settings of {optimizer}.")
        if batches is not None and batches < 1:
            raise UsageError(f"batches={batches}: a run has at least 1 batch.")
        around = around or Around()
        extras = {**({"around": around.describe()} if around.describe() else {}), **fleet_entry(task, fleet)}
        # may refuse the task: no directory is made then
        searcher = around.put(kind(task.problem, check_seed(seed), settings))
        manifest = manifest_of(task, optimizer, settings, seed, budget, batches, searcher.packages) | extras
        return cls(Ledger.create(path, manifest), task, searcher)

    @classmethod
    def reopen(cls, path: Path, *, budget: float | None = None, threads: int = 0) -> Session:
        """A run that is there, to go on with, for a larger budget if one is given.

        Raises:
          UsageError: the directory is no run, or is broken, or the budget is smaller than it was.
        """
        ledger = Ledger.open(path)
        try:
            m = ledger.manifest
            task, kind = task_of(m, threads), find_optimizer(m["optimizer"])
            around = Around.read(m.get("around", {}))
            searcher = around.put(kind(task.problem, m["seed"], read_settings(kind, m["settings"])))
            if budget is not None:
                _extend(ledger, budget)
        except BaseException:
            ledger.close()
            raise
        return cls(ledger, task, searcher)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.ledger.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: lines that were dropped, packages that are others than the run began with."""
        was, here = self.ledger.manifest["versions"], versions(self.optimizer.packages)
        changed = [
            f"{name} was {old}, is {here[name]}: resumed results may differ"
            for name, old in was.items()
            if here.get(name, old) != old
        ]
        return (*self.ledger.warnings, *changed)

    def catch_up(self) -> None:
        """Replay the ledger and check that it follows from its seed; begin if the run hasn't yet.

        Raises:
          UsageError: it doesn't follow.
        """
        self.begun = self.ledger.beginning()
        self.state = self.begun.state
        take_in, last = (replay if self.optimizer.state() is None else count), None
        for batch in self.ledger.batches():
            take_in(self.ledger, self.task, self.optimizer, self.tally, batch)
            self.state, last = batch.state, batch
        if take_in is count and last is not None:
            restore(self.ledger, self.optimizer, last)
        self.bar.replayed(self.tally)
        if self.state is None and not self.tally.batches:
            self.begun = self.task.begin(np.random.SeedSequence([int(self.ledger.manifest["seed"]), BEGIN_SEED]))
            self.state = self.begun.state
            if self.state is not None:
                self.ledger.begin(self.begun)

    def walk_batch(self) -> bool:
        """Walk one batch if the budget allows it; whether it did."""
        m, tally = self.ledger.manifest, self.tally
        if m.get("batches") is not None and tally.batches >= int(m["batches"]):
            return False
        queries = self.optimizer.ask()
        planned = sum(self.task.planned(q) for q in queries)
        if tally.batches and tally.clock + planned > float(m["budget"]):
            return False
        began, walked, number = time.perf_counter(), tally.walking, tally.batches
        seeds = [trial_seed(int(m["seed"]), q) for q in queries]
        trials, self.state = self.task.run(queries, seeds, self.state)
        self.optimizer.tell([trial.as_told() for trial in trials])
        tally.add(self.task, trials)
        recommended, searcher = self.optimizer.recommend(), self.optimizer.state()
        self.ledger.append(number, queries, trials, tally.clock, recommended, self.state, searcher)
        wall = time.perf_counter() - began
        paid = {"batch": number, "wall": wall, "walked": tally.walking - walked}
        append_lines(self.ledger.path / "wall.jsonl", [paid], sync=False)  # nothing depends on it
        self.bar.walked(tally)
        return True


def trial_seed(seed: int, query: Query) -> np.random.SeedSequence:
    """The seed of a query's trial: its own, or one shared by all queries with its key."""
    if query.seed is None:
        return np.random.SeedSequence([seed, TRIAL_SEED, query.id])
    return np.random.SeedSequence([seed, SHARED_SEED, query.seed])


def _extend(ledger: Ledger, budget: float) -> None:
    old = float(ledger.manifest["budget"])
    if budget < old:
        raise UsageError(
            f"the run's budget is {show_duration(old)}: it can be extended, not cut to {show_duration(budget)}."
        )
    if budget > old:
        (ledger.path / "result.json").unlink(missing_ok=True)  # it says nothing about the larger budget
        ledger.set_manifest(budget=budget)
