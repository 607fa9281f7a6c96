"""The command that compares optimizers."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from gait.commands.flags import (
    AnyAround,
    AroundFlags,
    Flags,
    Folder,
    Number,
    TaskFlags,
    TaskName,
    Whole,
    threads_of,
    word,
)
from gait.errors import UsageError


@dataclass
class Compare:
    """Compare optimizers by what they reach per simulated hour."""

    task: TaskName
    """Task (see `gait list tasks`), or a TOML file that says tasks, optimizers, seeds and budget."""
    out: Folder
    """Directory for the runs, the tables and the plot; what's there already is kept and added to."""
    optimizers: Annotated[str | None, word("NAME,NAME,…")] = None
    """Names with commas between; NAME:SETTING=VALUE:… sets something, LABEL=NAME:… names one that is there twice."""
    seeds: Annotated[int | None, word("N", int, "a whole number")] = None
    """Runs of each optimizer; 20 if not said."""
    budget: Annotated[str | None, word("TIME")] = None
    """Simulated time each run may spend: 90s, 20min, 3h; 1h if not said."""
    target: Number = None
    """Score for the column "time to …"; if none is named, twice the start."""
    jobs: Whole = 1
    """Processes that walk at the same time."""
    executor: Annotated[str, word("NAME[:ADDRESS]")] = "local"
    """Where runs walk: local, ray (this machine), ray:auto or ray:ADDRESS (a cluster)."""
    run_timeout: Annotated[str | None, word("TIME")] = None
    """Wall time after which a run hangs and is begun again where it stopped; 24h if not said."""
    part: Annotated[str | None, word("K/N")] = None
    """Walk every N-th run only, from the K-th: for job arrays, all with the same --out."""
    fleet: Annotated[int | None, word("N", int, "a whole number")] = None
    """Robots that walk at the same time in each run; 1 if not said."""
    threads: Whole = 0
    """Physics threads of a run when --jobs is 1; 0 is one a core. With more jobs each run has one."""
    wrap: AnyAround = field(default_factory=AroundFlags)
    flags: Flags = field(default_factory=TaskFlags)

    def run(self) -> int:
        """Run what is missing; print the table."""
        from gait.compare.executors import read_executor
        from gait.compare.experiment import Experiment, RunsFailed
        from gait.durations import parse_duration
        from gait.report.write import write_report
        from gait.words import read_part

        timeout = None if self.run_timeout is None else parse_duration(self.run_timeout)
        executor = read_executor(self.executor, self.jobs, threads_of(self.threads), timeout)
        part = read_part(self.part) if self.part else (1, 1)
        experiment = Experiment(self._plan(), self.out)
        try:
            experiment.walk(executor, part)
        except RunsFailed as error:
            print(f"gait: {error}", file=sys.stderr)
            return 1
        if self.part and (missing := len(experiment.missing)):
            print(f"part {self.part} is finished; of all {len(experiment.runs)} runs, {missing} are not yet.")
            return 0
        for label, study in experiment.tabulate().items():
            if label:
                print(f"\n{label}")
            study.print()
            print(f"{self.out / label}: comparison.png · summary.csv · curves.csv · runs.csv")
        print(write_report([self.out], target=experiment.plan.target))
        return 0

    def _plan(self) -> Any:
        """The plan that the flags describe, or the file."""
        from gait.compare.described import read_plan
        from gait.compare.entries import TaskEntry, read_optimizers
        from gait.compare.plan import Plan
        from gait.durations import parse_duration

        fields, around = self.flags.fields(), self.wrap.around()
        said = ("optimizers", "seeds", "budget", "target", "fleet")
        given = {name: value for name in said if (value := getattr(self, name)) is not None}
        if self.task.endswith(".toml"):
            for name in (*given, *around.describe(), *fields):
                raise UsageError(f"--{name.replace('_', '-')} goes with a task's name; say it in {self.task}.")
            return read_plan(Path(self.task))
        if self.optimizers is None:
            raise UsageError("missing from gait compare: --optimizers NAME,NAME,… See: gait compare --help")
        given["optimizers"] = read_optimizers(self.optimizers.split(","))
        if self.budget is not None:
            given["budget"] = parse_duration(self.budget)
        return Plan((TaskEntry("", self.task, fields),), around=around, **given)
