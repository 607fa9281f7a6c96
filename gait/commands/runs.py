"""Commands of a run: optimize, go on, show, and try one set of parameters."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional

from gait.commands.flags import (
    AnyAround,
    AroundFlags,
    Duration,
    Flags,
    Folder,
    Name,
    Number,
    Pairs,
    TaskFlags,
    TaskName,
    Whole,
    print_json,
    threads_of,
    word,
)
from gait.words import numbers, pairs


@dataclass
class Optimize:
    """Tune a walker for a budget of simulated time."""

    task: TaskName
    """Task: see `gait list tasks`."""
    optimizer: Name = "cma-es"
    """Optimizer: see `gait list optimizers`."""
    budget: Duration = "1h"
    """Simulated time to spend: 90s, 20min, 3h."""
    seed: Whole = 0
    """Every random choice follows from it."""
    out: Annotated[Path | None, word("DIR", Path)] = None
    """Run directory to make; if none is named, runs/TASK-OPTIMIZER-seedSEED."""
    set: Pairs = ()
    """Settings of the optimizer: see `gait list optimizers --settings`."""
    fleet: Whole = 1
    """Robots that walk at the same time; the bill sums their seconds."""
    threads: Whole = 0
    """Physics threads; 0 is one a core."""
    wrap: AnyAround = field(default_factory=AroundFlags)
    flags: Flags = field(default_factory=TaskFlags)

    def run(self) -> int:
        """Run it and print what came out."""
        from gait.durations import parse_duration, show_duration
        from gait.manifest import check_seed
        from gait.optimizers import find_optimizer
        from gait.run import optimize
        from gait.tasks import make_task

        task = make_task(self.task, self.flags.fields(), threads_of(self.threads))
        settings = find_optimizer(self.optimizer).Settings.parse(pairs("--set", self.set))
        budget, seed, around = parse_duration(self.budget), check_seed(self.seed), self.wrap.around()
        with_it = f" with {around.words()}" if around.words() else ""
        robots = f" · {self.fleet} robots" if self.fleet > 1 else ""
        print(f"{task.headline()} · {self.optimizer}{with_it} · budget {show_duration(budget)} simulated{robots}")
        run = optimize(
            task, self.optimizer, budget=budget, seed=seed, out=self.out, settings=settings, around=around,
            fleet=self.fleet,
        )  # fmt: skip
        return _print_outcome(run)


@dataclass
class Resume:
    """Go on with a run that was stopped, killed, or is to get a larger budget."""

    dir: Positional[Folder]
    """Run directory."""
    budget: Annotated[str | None, word("TIME")] = None
    """A larger budget than the run was begun with."""
    threads: Whole = 0
    """Physics threads; 0 is one a core."""

    def run(self) -> int:
        """Resume and print what came out."""
        from gait.run import resume

        return _print_outcome(resume(self.dir, budget=self.budget, threads=threads_of(self.threads)))


@dataclass
class Show:
    """All about a run."""

    dir: Positional[Folder]
    """Run directory."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Print the parameters, the bill and the measures."""
        from gait.show import show, show_table

        data = show(self.dir)
        if self.json:
            print_json(data)
        else:
            show_table(data)
        return 0


@dataclass
class Evaluate:
    """Try one set of parameters, several times."""

    task: TaskName
    """Task: see `gait list tasks`."""
    param: Pairs = ()
    """Parameters in their units; the others are the task's defaults."""
    params: Annotated[Path | None, word("FILE", Path)] = None
    """Parameters from a JSON or TOML file {name: value}, or from a run directory (its recommendation)."""
    trials: Whole = 16
    """How many trials."""
    seed: Whole = 0
    """Seed of the trials' noise."""
    seconds: Number = None
    """Seconds of each trial; if none are named, the task's."""
    threads: Whole = 0
    """Physics threads; 0 is one a core."""
    json: bool = False
    """Print JSON."""
    flags: Flags = field(default_factory=TaskFlags)

    def run(self) -> int:
        """Walk the trials and print their mean and spread."""
        from gait.evaluate import evaluate, evaluation_table, read_params
        from gait.tasks import make_task

        task = make_task(self.task, self.flags.fields(), threads_of(self.threads))
        values = {**read_params(self.params), **numbers(pairs("--param", self.param))}
        data = evaluate(task, values, trials=self.trials, seed=self.seed, seconds=self.seconds)
        if self.json:
            print_json(data)
        else:
            evaluation_table(data)
        return 0


def _print_outcome(run: Any) -> int:
    from gait.show import outcome

    for warning in run.warnings:
        print(f"gait: {warning}", file=sys.stderr)
    print(outcome(run, start=not sys.stderr.isatty()))  # on a terminal it was told above the bar
    return 0 if run.result else 130
