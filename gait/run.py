"""The loop: ask, walk, tell, under a budget of simulated time; what it recorded survives a kill."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gait.around import Around
from gait.durations import parse_duration
from gait.errors import UsageError
from gait.optimizers.base import Settings
from gait.policy import Constant
from gait.progress import show_progress
from gait.result import finish
from gait.run_files import read_result
from gait.session import Session
from gait.tally import Tally
from gait.task import Task
from gait.tasks import make_task
from gait.validate import Validator


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

    def render(self, out: str | Path, style: str = "") -> Path:
        """Write a video of the start beside the recommendation; `style` as in `gait render --style`."""
        from gait.view.render import render_run

        return render_run(self.path, Path(out), style)


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
    path = Path(out) if out is not None else Path("runs") / f"{task.name}-{optimizer}-seed{seed}"
    with Session.new(
        path, task, optimizer, budget=parse_duration(budget), seed=seed, settings=settings, around=around, fleet=fleet,
        batches=batches,
    ) as session:  # fmt: skip
        return _go(session, progress)


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
    larger = None if budget is None else parse_duration(budget)
    with Session.reopen(Path(out), budget=larger, threads=threads) as session:
        return _go(session, progress)


def load_run(path: str | Path) -> Run:
    """A finished run, as it was recorded.

    Raises:
      UsageError: it is no run, or has no result yet.
    """
    path = Path(path)
    return Run(path, read_result(path))


def _go(session: Session, progress: bool) -> Run:
    """Replay what is logged, walk what is left of the budget, validate."""
    path, m, task, tally = session.ledger.path, session.ledger.manifest, session.task, session.tally
    validator = Validator(task, path / "validation.jsonl")
    start = Constant(task.problem.space.default)
    with show_progress(progress, float(m["budget"]), task) as session.bar, _interruptible() as interrupted:
        session.bar.started(validator([start])[0])
        session.catch_up()
        while not interrupted() and session.walk_batch():
            pass
        if interrupted():
            return Run(path, {}, tally, session.notes)
        session.bar.validating()
        result = finish(path, m, task, tally, validator, start, session.begun, session.optimizer.drawn())
    return Run(path, result, tally, session.notes)


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
