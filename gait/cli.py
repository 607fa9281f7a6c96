"""The command `gait`: parse, call, print. What things do is said in the modules they call."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg, subcommand
from tyro.constructors import PrimitiveConstructorSpec

from gait.errors import UsageError, unknown_name
from gait.view.gl import forget_broken_choice
from gait.words import gather, numbers, pairs, sentence

KINDS = ("tasks", "optimizers", "controllers", "robots", "gaits", "participants")


def _word(metavar: str, read: Callable[[str], Any] = str, what: str = "") -> PrimitiveConstructorSpec[Any]:
    """How a word is read; one that can't be is refused as being not `what`."""

    def read_word(words: list[str]) -> Any:
        try:
            return read(words[0])
        except ValueError:
            raise ValueError(f"{words[0]!r} is not {what}") from None

    return PrimitiveConstructorSpec(1, metavar, read_word, lambda value: True, lambda value: [str(value)])


Name = Annotated[str, _word("NAME")]
Maybe = Annotated[str | None, _word("NAME")]
Duration = Annotated[str, _word("TIME")]
Whole = Annotated[int, _word("N", int, "a whole number")]
Number = Annotated[float | None, _word("X", float, "a number")]
Folder = Annotated[Path, _word("DIR", Path)]
File = Annotated[Path, _word("FILE", Path)]
Pairs = Annotated[tuple[str, ...], arg(metavar="NAME=VALUE")]
TaskName = Positional[Annotated[str, _word("TASK")]]


@dataclass
class TaskFlags:
    """Fields of the task; what a task doesn't have is refused."""

    robot: Maybe = None
    """Robot that walks."""
    controller: Maybe = None
    """Controller whose parameters are tuned."""
    gait: Maybe = None
    """Phase offsets of the legs."""
    noise: Maybe = None
    """Trial noise: off, low, default or high."""
    participant: Maybe = None
    """Person who walks."""
    ankles: Maybe = None
    """Ankles that wear a device: both, left or right."""
    device: Maybe = None
    """What is worn: ankle, massless or none."""
    speed: Maybe = None
    """Speed of the treadmill [m/s]."""
    adaptation: Maybe = None
    """How fast the person learns to walk with less effort: off, slow or fast."""

    def fields(self) -> dict[str, Any]:
        """What was set."""
        return {k: v for k, v in vars(self).items() if v is not None}


Flags = Annotated[TaskFlags, arg(name="")]


@dataclass
class AroundFlags:
    """What is put around the optimizer."""

    early_stop: bool = False
    """Give up trials that fall behind the best one so far; they are charged what they used."""
    racing: Whole = 0
    """Walk each candidate up to N times, where the ranking needs it; 0 is as often as the optimizer asks."""
    common_seeds: bool = False
    """Candidates of a batch meet the same noise. A robot can't do this."""

    def around(self) -> Any:
        """As one thing."""
        from gait.around import Around

        return Around(**vars(self))


AnyAround = Annotated[AroundFlags, arg(name="")]


@dataclass
class List:
    """What there is: tasks, optimizers, controllers, robots, gaits, participants."""

    kind: Positional[Annotated[str, _word("KIND")]] = "all"
    """One kind only."""
    settings: bool = False
    """With `optimizers`: what each asks for, and its settings with units, defaults and ranges."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Print one line each."""
        from gait.shelf import shelf

        if self.kind != "all" and self.kind not in KINDS:
            raise UsageError(unknown_name("kind", self.kind, ("all", *KINDS)))
        if self.settings:
            return self._settings()
        found = {kind: lines for kind, lines in shelf().items() if self.kind in ("all", kind)}
        if self.json:
            _print_json(found)
            return 0
        for kind, lines in found.items():
            print(kind)
            for name, about in lines.items():
                print(f"  {name:<20} {about}")
        return 0

    def _settings(self) -> int:
        from gait.shelf import optimizer_lines, optimizers_in_full

        if self.kind != "optimizers":
            raise UsageError(f"gait list {self.kind} --settings: only optimizers have settings.")
        found = optimizers_in_full()
        if self.json:
            _print_json(found)
        else:
            print("\n".join(optimizer_lines(found)))
        return 0


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
    out: Annotated[Path | None, _word("DIR", Path)] = None
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

        task = make_task(self.task, self.flags.fields(), _threads(self.threads))
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
    budget: Annotated[str | None, _word("TIME")] = None
    """A larger budget than the run was begun with."""
    threads: Whole = 0
    """Physics threads; 0 is one a core."""

    def run(self) -> int:
        """Resume and print what came out."""
        from gait.run import resume

        return _print_outcome(resume(self.dir, budget=self.budget, threads=_threads(self.threads)))


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
            _print_json(data)
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
    params: Annotated[Path | None, _word("FILE", Path)] = None
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

        task = make_task(self.task, self.flags.fields(), _threads(self.threads))
        values = {**read_params(self.params), **numbers(pairs("--param", self.param))}
        data = evaluate(task, values, trials=self.trials, seed=self.seed, seconds=self.seconds)
        if self.json:
            _print_json(data)
        else:
            evaluation_table(data)
        return 0


@dataclass
class Render:
    """Video of a run: the start and the recommendation side by side."""

    dir: Positional[Folder]
    """Run directory."""
    out: File = Path("walk.mp4")
    """Video to write."""

    def run(self) -> int:
        """Draw the recorded trials."""
        from gait.view.render import render_run

        print(render_run(self.dir, self.out))
        return 0


@dataclass
class Compare:
    """Compare optimizers by what they reach per simulated hour."""

    task: TaskName
    """Task: see `gait list tasks`."""
    optimizers: Annotated[str, _word("NAME,NAME,…")]
    """Names, with commas between."""
    out: Folder
    """Directory for the runs, the tables and the plot; what's there already is kept and added to."""
    seeds: Whole = 20
    """Runs of each optimizer."""
    budget: Duration = "1h"
    """Simulated time each run may spend: 90s, 20min, 3h."""
    target: Number = None
    """Score for the column "time to …"; if none is named, twice the start."""
    jobs: Whole = 1
    """Processes that walk at the same time."""
    fleet: Whole = 1
    """Robots that walk at the same time in each run."""
    threads: Whole = 0
    """Physics threads of a run when --jobs is 1; 0 is one a core. With more jobs each run has one."""
    wrap: AnyAround = field(default_factory=AroundFlags)
    flags: Flags = field(default_factory=TaskFlags)

    def run(self) -> int:
        """Run what is missing; print the table."""
        from gait.compare.experiment import Experiment, RunsFailed
        from gait.durations import parse_duration

        names = [name.strip() for name in self.optimizers.split(",")]
        if self.jobs > 1 and self.threads > 1:
            raise UsageError(f"--threads {self.threads} goes with --jobs 1: with more jobs, each run has one thread.")
        if len(set(names)) < len(names):
            raise UsageError(f"--optimizers {self.optimizers}: each is named once.")
        experiment = Experiment(
            self.task, {name: {} for name in names}, self.out, fields=self.flags.fields(), seeds=self.seeds,
            budget=parse_duration(self.budget), target=self.target, jobs=self.jobs,
            threads=_threads(self.threads), around=self.wrap.around(), fleet=self.fleet,
        )  # fmt: skip
        try:
            study = experiment.run()
        except RunsFailed as error:
            print(f"gait: {error}", file=sys.stderr)
            return 1
        study.print()
        print(f"{self.out}: comparison.png · summary.csv · curves.csv · runs.csv")
        return 0


COMMANDS: dict[str, type] = {
    cls.__name__.lower(): cls for cls in (List, Optimize, Resume, Show, Evaluate, Render, Compare)
}


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point: exit code 0 if done, 2 if asked for what can't be, 130 if interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "±" gets a "?", not an exception
    forget_broken_choice()
    try:
        code = _parse(list(sys.argv[1:] if argv is None else argv)).run()
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        code = 2
    except OSError as error:  # a full disk, a file in the way
        print(f"gait: {error.filename or 'a file'}: {error.strerror or error}.", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("gait: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def _parse(words: list[str]) -> Any:
    """The command that these words ask for; what the parser can't read is refused in one sentence."""
    name = words[0] if words and not words[0].startswith("-") else ""
    if name and name not in COMMANDS:
        raise UsageError(unknown_name("command", name, COMMANDS))
    form: Any = COMMANDS[name] if name else _any_command()
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(
                form, prog=f"gait {name}".strip(), args=gather(words[bool(name) :]),
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
                description=None if name else "Tune walkers; see what it cost in simulated time.",
            )  # fmt: skip
    except SystemExit as stop:
        if not stop.code:
            raise
        raise UsageError(f"{sentence(said.getvalue())} See: {f'gait {name}'.strip()} --help") from None


def _any_command() -> Any:
    """All commands, for their list."""
    choices: Any = None
    for name, cls in COMMANDS.items():
        choice: Any = Annotated.__class_getitem__((cls, subcommand(name, prefix_name=False)))  # type: ignore[attr-defined]
        choices = choice if choices is None else choices | choice
    return choices


def _threads(n: int) -> int:
    if not 0 <= n <= 1024:
        raise UsageError(f"--threads {n}: physics threads are 0 (one a core) to 1024.")
    return n


def _print_json(data: Any) -> None:
    json.dump(data, sys.stdout, indent=1, allow_nan=False)
    print()


def _print_outcome(run: Any) -> int:
    from gait.show import outcome

    for warning in run.warnings:
        print(f"gait: {warning}", file=sys.stderr)
    print(outcome(run, start=not sys.stderr.isatty()))  # on a terminal it was told above the bar
    return 0 if run.result else 130


if __name__ == "__main__":
    main()
