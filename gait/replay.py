"""Replay: bring an optimizer to where it was from the ledger alone, and notice if the ledger is not its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.events import Batch
from gait.ledger import Ledger
from gait.optimizers.base import Optimizer
from gait.policy import Policy
from gait.tally import Tally
from gait.task import Task
from gait.trial import Query

TOLERANCE = 1e-9
"""How far a replayed ask may be from the logged one."""


def replay(ledger: Ledger, task: Task, optimizer: Optimizer, tally: Tally, batch: Batch) -> None:
    """Ask again what was asked then, tell what was told then, and check that all of it follows.

    Raises:
      UsageError: it doesn't; names the line, the event, and what is different.
    """
    asked, logged = optimizer.ask(), batch.queries
    counts = f"asked {len(asked)} trials, logged {len(logged)}" if len(asked) != len(logged) else ""
    _check(ledger, batch.line, f"batch {batch.number}", counts)
    for k, (new, old) in enumerate(zip(asked, logged, strict=True)):
        wrong = "" if _but_policy(new) == _but_policy(old) else f"asked {_but_policy(new)}, logged {_but_policy(old)}"
        _check(ledger, batch.line + k, f"ask {old.id}", wrong or _difference(new.policy, old.policy))
    optimizer.tell([trial.as_told() for trial in batch.trials])
    count(ledger, task, optimizer, tally, batch)
    _check(ledger, _end(batch), f"batch {batch.number}", _difference(optimizer.recommend(), batch.recommended))


def count(ledger: Ledger, task: Task, optimizer: Optimizer, tally: Tally, batch: Batch) -> None:
    """Put a batch on the bill, and check that the logged bill is the same; the optimizer is left alone.

    Raises:
      UsageError: it isn't.
    """
    number = tally.batches
    tally.add(task, batch.trials)
    for said, true in ((batch.number, number), (batch.clock, tally.clock)):
        off = abs(said - true) > TOLERANCE
        _check(ledger, _end(batch), f"batch {number}", f"is {true:.12g}, logged {said:.12g}" if off else "")


def restore(ledger: Ledger, optimizer: Optimizer, last: Batch) -> None:
    """Bring an optimizer that keeps its state to where it was after the last batch, without a replay.

    Raises:
      UsageError: the ledger has no such state, or it does not recommend what was logged.
    """
    place = (_end(last), f"batch {last.number}")
    kept, wanted = last.searcher or {}, optimizer.state() or {}
    wrong = [name for name, a in wanted.items() if name not in kept or kept[name].shape != np.shape(a)]
    _check(ledger, *place, f"it keeps no {', '.join(sorted(wrong))} of the optimizer's state" if wrong else "")
    optimizer.restore(kept)
    _check(ledger, *place, _difference(optimizer.recommend(), last.recommended))


def _end(batch: Batch) -> int:
    """Line of the event that closes a batch."""
    return batch.line + 2 * len(batch.queries)


def _check(ledger: Ledger, line: int, event: str, difference: str) -> None:
    if difference:
        raise UsageError(
            f"{ledger.events} line {line} ({event}) does not follow from the run's seed and settings "
            f"({difference}): not resumed."
        )


def _but_policy(query: Query) -> dict[str, Any]:
    """A query but for its policy."""
    return {"id": query.id, "seconds": query.seconds, "seed": query.seed, "stop": query.stop}


def _difference(new: Policy, old: Policy) -> str:
    """What is different in two policies, beyond `TOLERANCE`."""
    if new.kind != old.kind:
        return f"asked a {new.kind} policy, logged a {old.kind} one"
    logged = old.arrays()
    for name, a in new.arrays().items():
        b = logged[name]
        if a.shape != b.shape:
            return f"asked {name} of shape {a.shape}, logged {b.shape}"
        wrong = np.flatnonzero(np.abs(a - b).ravel() > TOLERANCE)
        if len(wrong):
            return f"asked {a.ravel()[wrong[0]]:.12g}, logged {b.ravel()[wrong[0]]:.12g} in {name}"
    return ""
