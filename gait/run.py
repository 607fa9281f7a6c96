"""The loop: ask, walk, tell, under a budget of simulated time; what it recorded survives a kill."""

from __future__ import annotations

import operator
import platform
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from gait import __version__
from gait.around import Around
from gait.durations import parse_duration, show_duration
from gait.errors import UsageError
from gait.files import append_lines
from gait.ledger import Ledger, read_result
from gait.optimizers import find_optimizer
from gait.optimizers.base import Optimizer, Settings
from gait.policy import Constant
from gait.progress import Progress, show_progress
from gait.replay import replay
from gait.result import finish
from gait.tally import Tally
from gait.task import Beginning, State, Task
from gait.tasks import make_task
from gait.trial import Query
from gait.validate import Validator

LARGEST_FLEET = 1000
TRIAL_SEED, SHARED_SEED, BEGIN_SEED = 1, 2, 4
"""Second word of the entropy of a run's seeds: a fresh trial's, one shared by a query's key, the beginning's."""


@dataclass(frozen=True)
class Run:
    """A run directory and what came out of it."""

    path: Path
    result: dict[str, Any]
    """What `result.json` holds; empty if the run was interrupted before its budget was spent."""
    tally: Tally | None = None
    """What was spent; None if the run was only read."""
    warnings: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Mean held-out score of the recommendation."""
        return float(self.result["recommended"]["mean"])

    @property
    def recommended(self) -> dict[str, float]:
        """The recommended parameters, in their units; none if a feedback policy is recommended."""
        return dict(self.result["recommended"]["parameters"] or {})

    def render(self, out: str | Path) -> Path:
        """Write a video of the start beside the recommendation."""
        from gait.view.render import render_run

        return render_run(self.path, Path(out))


def optimize(
    task: str | Task,
    optimizer: str = "cma-es",
    *,
    budget: str | float,
    seed: int = 0,
    out: str | Path | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    around: Around | None = None,
    fleet: int = 1,
    batches: int | None = None,
    threads: int = 0,
    progress: bool = True,
    **fields: Any,
) -> Run:
    """Optimize a task for a budget of simulated time.

    Args:
      task: a registered name, or a task.
      optimizer: a registered name.
      budget: simulated time to spend: `"3h"`, or seconds.
      seed: every random choice of the run follows from it.
      out: the run directory to make; None is runs/TASK-OPTIMIZER-seedSEED.
      settings: the optimizer's options.
      around: what is put around the optimizer: early stop, racing, common seeds.
      fleet: robots that walk at the same time. The bill sums their seconds; the time that went by is kept beside it.
      batches: stop after so many batches, even if budget is left.
      threads: physics threads; 0 is one a core. The ledger does not depend on it.
      progress: show a progress bar where there is a terminal.
      **fields: the task's fields (noise="low").

    Raises:
      UsageError: something asked for can't be, or the directory exists.
    """
    if isinstance(task, str):
        task = make_task(task, fields, threads)
    elif fields:
        raise UsageError(f"the task is made already; {', '.join(fields)} can't be set any more.")
    cls = find_optimizer(optimizer)
    if not isinstance(settings, Settings):
        settings = _settings(cls, settings or {})
    elif not isinstance(settings, cls.Settings):
        raise UsageError(f"{type(settings).__name__} are no settings of {optimizer}.")
    if batches is not None and batches < 1:
        raise UsageError(f"batches={batches}: a run has at least 1 batch.")
    around = around or Around()
    extras = {**({"around": around.describe()} if around.describe() else {}), **_fleet(task, fleet)}
    manifest = manifest_of(task, optimizer, settings, seed, parse_duration(budget), batches) | extras
    # may refuse the task: no directory is made then
    searcher = around.put(cls(task.problem, manifest["seed"], settings))
    path = Path(out) if out is not None else Path("runs") / f"{task.name}-{optimizer}-seed{seed}"
    ledger = Ledger.create(path, manifest)
    try:
        return _go(ledger, task, searcher, progress)
    finally:
        ledger.close()


def resume(out: str | Path, *, budget: str | float | None = None, threads: int = 0, progress: bool = True) -> Run:
    """Go on with a run: replay its ledger, check that it follows from its seed, and walk what is left.

    Args:
      out: the run directory.
      budget: a larger budget than the run was begun with; None keeps it.
      threads: physics threads; 0 is one a core.
      progress: show a progress bar where there is a terminal.

    Raises:
      UsageError: the directory is no run, or is broken, or doesn't follow from its seed and settings.
    """
    path = Path(out)
    ledger = Ledger.open(path)
    try:
        m = ledger.manifest
        task = task_of(m, threads)
        cls = find_optimizer(m["optimizer"])
        around = Around.read(m.get("around", {}))
        searcher = around.put(cls(task.problem, m["seed"], _settings(cls, m["settings"])))
        if budget is not None:
            _extend(ledger, parse_duration(budget))
        return _go(ledger, task, searcher, progress)
    finally:
        ledger.close()


def _settings(cls: type[Optimizer], values: Mapping[str, Any]) -> Settings:
    """Settings from plain data: read as if typed, and so checked."""
    return cls.Settings.parse({k: str(v) for k, v in values.items()})


def _fleet(task: Task, fleet: int) -> dict[str, int]:
    """The manifest's entry for so many robots; none for one."""
    if not 1 <= fleet <= LARGEST_FLEET:
        raise UsageError(f"--fleet {fleet}: 1 to {LARGEST_FLEET} robots walk at the same time.")
    if fleet > 1 and task.carries:
        raise UsageError(f"--fleet {fleet}: {task.name} carries one walker on from trial to trial; its fleet is 1.")
    return {"fleet": fleet} if fleet > 1 else {}


def check_seed(seed: int) -> int:
    """`seed` if it's a whole number from 0."""
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0:
        raise UsageError(f"--seed {seed}: a seed is a whole number from 0.")
    return number


def manifest_of(
    task: Task, optimizer: str, settings: Settings, seed: int, budget: float, batches: int | None
) -> dict[str, Any]:
    """What a run is, as plain data; no wall times."""
    return {
        "task": task.name, "task_version": task.version, "fields": task.fields(), "optimizer": optimizer,
        "settings": asdict(settings), "seed": check_seed(seed), "budget": budget, "batches": batches,
        "score": f"{task.score_name} [{task.score_unit}]", "setup_seconds": task.setup_seconds,
        "fall_seconds": task.fall_seconds, "space": task.problem.space.describe(),
        "versions": versions(),
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Versions that results may depend on."""
    found = {"gait": __version__, "python": platform.python_version(), "platform": platform.machine()}
    for name in ("mujoco", "numpy", "scipy", "cma"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def task_of(manifest: Mapping[str, Any], threads: int = 0) -> Task:
    """The task that a manifest names.

    Raises:
      UsageError: it's unknown here, of another version, or has other parameters.
    """
    task = make_task(manifest["task"], manifest["fields"], threads)
    if task.version != manifest["task_version"]:
        raise UsageError(
            f"the run is of version {manifest['task_version']} of task {task.name!r}; this is version {task.version}."
        )
    if task.problem.space.describe() != manifest["space"]:
        raise UsageError(f"the run's parameters are not those of task {task.name!r} here.")
    return task


def load_run(path: str | Path) -> Run:
    """A finished run, as it was recorded.

    Raises:
      UsageError: it is no run, or has no result yet.
    """
    path = Path(path)
    return Run(path, read_result(path))


def _extend(ledger: Ledger, budget: float) -> None:
    old = float(ledger.manifest["budget"])
    if budget < old:
        raise UsageError(
            f"the run's budget is {show_duration(old)}: it can be extended, not cut to {show_duration(budget)}."
        )
    if budget > old:
        (ledger.path / "result.json").unlink(missing_ok=True)  # it says nothing about the larger budget
        ledger.set_manifest(budget=budget)


def _go(ledger: Ledger, task: Task, optimizer: Optimizer, progress: bool) -> Run:
    """Replay what is logged, walk what is left of the budget, validate."""
    m, here = ledger.manifest, versions()
    notes = [
        f"{name} was {was}, is {here[name]}: resumed results may differ"
        for name, was in m["versions"].items()
        if here.get(name, was) != was
    ]
    tally = Tally(int(m.get("fleet", 1)))
    validator = Validator(task, ledger.path / "validation.jsonl")
    start = Constant(task.problem.space.default)
    with show_progress(progress, float(m["budget"]), task) as bar, _interruptible() as interrupted:
        bar.started(validator([start])[0])
        begun = ledger.beginning()
        state = begun.state
        for batch in ledger.batches():
            replay(ledger, task, optimizer, tally, batch)
            state = batch.state
        bar.replayed(tally)
        if state is None and not tally.batches and not interrupted():
            begun = _begin(ledger, task)
            state = begun.state
        going = True
        while going and not interrupted():
            going, state = _walk_batch(ledger, task, optimizer, tally, bar, state)
        if interrupted():
            return Run(ledger.path, {}, tally, (*ledger.warnings, *notes))
        bar.validating()
        result = finish(ledger.path, m, task, tally, validator, start, begun)
    return Run(ledger.path, result, tally, (*ledger.warnings, *notes))


def _begin(ledger: Ledger, task: Task) -> Beginning:
    """Begin, and log it where there is a state to carry on."""
    begun = task.begin(np.random.SeedSequence([int(ledger.manifest["seed"]), BEGIN_SEED]))
    if begun.state is not None:
        ledger.begin(begun)
    return begun


def _walk_batch(
    ledger: Ledger, task: Task, optimizer: Optimizer, tally: Tally, bar: Progress, state: State = None
) -> tuple[bool, State]:
    """Walk one batch from `state` if the budget allows it; whether it did, and the state after it."""
    m = ledger.manifest
    if m.get("batches") is not None and tally.batches >= int(m["batches"]):
        return False, state
    queries = optimizer.ask()
    planned = sum(task.planned(q) for q in queries)
    if tally.batches and tally.clock + planned > float(m["budget"]):
        return False, state
    began, walked = time.perf_counter(), tally.walking
    trials, state = task.run(queries, [trial_seed(int(m["seed"]), q) for q in queries], state)
    optimizer.tell([trial.as_told() for trial in trials])
    number = tally.batches
    tally.add(task, trials)
    ledger.append(number, queries, trials, tally.clock, optimizer.recommend(), state)
    wall = time.perf_counter() - began
    paid = {"batch": number, "wall": wall, "walked": tally.walking - walked}
    append_lines(ledger.path / "wall.jsonl", [paid], sync=False)  # nothing depends on it
    bar.walked(tally)
    return True, state


def trial_seed(seed: int, query: Query) -> np.random.SeedSequence:
    """The seed of a query's trial: its own, or one shared by all queries with its key."""
    if query.seed is None:
        return np.random.SeedSequence([seed, TRIAL_SEED, query.id])
    return np.random.SeedSequence([seed, SHARED_SEED, query.seed])


@contextmanager
def _interruptible() -> Iterator[Any]:
    """Ctrl-C asks to stop after the batch in flight; a second one stops at once."""
    asked = False

    def on_interrupt(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        before = signal.signal(signal.SIGINT, on_interrupt)
    except ValueError:  # not the main thread: the caller's business
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
