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

    def check(line: int, event: str, difference: str) -> None:
        if difference:
            raise UsageError(
                f"{ledger.events} line {line} ({event}) does not follow from the run's seed and settings "
                f"({difference}): not resumed."
            )

    asked, logged = optimizer.ask(), batch.queries
    counts = f"asked {len(asked)} trials, logged {len(logged)}" if len(asked) != len(logged) else ""
    check(batch.line, f"batch {batch.number}", counts)
    for k, (new, old) in enumerate(zip(asked, logged, strict=True)):
        wrong = "" if _but_policy(new) == _but_policy(old) else f"asked {_but_policy(new)}, logged {_but_policy(old)}"
        check(batch.line + k, f"ask {old.id}", wrong or _difference(new.policy, old.policy))
    optimizer.tell([trial.as_told() for trial in batch.trials])
    number, end = tally.batches, batch.line + 2 * len(logged)
    tally.add(task, batch.trials)
    for said, true in ((batch.number, number), (batch.clock, tally.clock)):
        off = abs(said - true) > TOLERANCE
        check(end, f"batch {number}", f"is {true:.12g}, logged {said:.12g}" if off else "")
    check(end, f"batch {number}", _difference(optimizer.recommend(), batch.recommended))


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
