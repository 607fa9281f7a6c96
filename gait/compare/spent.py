"""Where a run's simulated time went, from its ledger, read line by line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gait.errors import UsageError
from gait.files import read_lines
from gait.run_files import read_manifest
from gait.tally import split_bill
from gait.trial import Ending


class Spent(NamedTuple):
    """Charged seconds by what they were for; they add up to the run's clock."""

    walking: float = 0.0
    """Trials of points that weren't tried before, walked to their end."""
    again: float = 0.0
    """Trials, walked to their end, of a point that was tried before: the price of noise."""
    stopped: float = 0.0
    """Walked in trials that were given up early."""
    fallen: float = 0.0
    """Walked in trials that ended in a fall."""
    falls: float = 0.0
    """Charged for getting up."""
    setup: float = 0.0
    """Charged for setting up."""
    left: float = 0.0
    """Of the budget, not spent: no whole batch fitted in any more, or the run isn't finished. Not charged."""

    @property
    def charged(self) -> float:
        """The run's clock [s]."""
        return sum(self) - self.left


MEANING = {
    "walking": "walking, new points", "again": "walking, points tried before", "stopped": "stopped early",
    "fallen": "walked before a fall", "falls": "falls", "setup": "set-up", "left": "not spent",
}  # fmt: skip
"""What each kind is called."""


def spent_by(path: Path) -> Spent:
    """Where the simulated time of the run in this directory went; of an unfinished run, what its whole batches say.

    A point counts as tried before if the same constant parameters were asked for earlier in the run. Draws of one
    random policy are no repeats of each other.

    Raises:
      UsageError: it's no run, or a line of its events is not one.
    """
    manifest = read_manifest(path)
    setup = float(manifest["setup_seconds"])
    total = dict.fromkeys(Spent._fields, 0.0)
    tried: set[bytes] = set()
    repeats: dict[int, bool] = {}
    batch: list[tuple[str, float]] = []
    file = path / "events.jsonl"
    for number, event in read_lines(file, torn=True):
        try:
            kind = event["event"]
            if kind == "ask":
                repeats[int(event["id"])] = _tried_before(event["policy"], tried)
            elif kind == "tell":
                batch += _kinds(event, repeats.pop(int(event["id"])), setup)
        except (KeyError, TypeError, ValueError):
            raise UsageError(f"{file} line {number} is no event of a run.") from None
        if kind == "batch":  # what follows the last whole batch was in flight
            for what, seconds in batch:
                total[what] += seconds
            batch.clear()
    charged = sum(total.values())
    return Spent(**total)._replace(left=max(float(manifest["budget"]) - charged, 0.0))


def mean_spent(runs: Mapping[Any, Spent]) -> Spent:
    """The mean of several runs, kind by kind."""
    return Spent(*(sum(kind) / len(runs) for kind in zip(*runs.values(), strict=True)))


def _tried_before(policy: Mapping[str, Any], tried: set[bytes]) -> bool:
    if policy["kind"] != "constant":
        return False
    key = hashlib.blake2b(json.dumps(policy["x"]).encode(), digest_size=12).digest()
    if key in tried:
        return True
    tried.add(key)
    return False


def _kinds(event: Mapping[str, Any], again: bool, setup: float) -> list[tuple[str, float]]:
    ending, walked, charged = Ending(event["ending"]), float(event["walked"]), float(event["charged"])
    fell = ending in (Ending.FELL, Ending.DIVERGED)
    kind = "fallen" if fell else "stopped" if ending is Ending.STOPPED else "again" if again else "walking"
    setup, falls = split_bill(walked, charged, ending, setup)
    return [(kind, walked), ("falls", falls), ("setup", setup)]
