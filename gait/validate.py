"""Held-out validation: the same 16 seeds for every run and optimizer, off the bill, cached by policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.files import append_lines, read_lines
from gait.policy import Policy
from gait.task import Recording, Task
from gait.trial import Query

TRIALS = 16
"""Held-out trials a policy."""
CURVE_POINTS = 12
"""Validated points of a learning curve, at most, besides the start and the end."""
HELD_OUT = 0x6865_6C64
"""First word of the entropy of held-out seeds; a run's own trials use another."""


def held_out_seeds() -> list[np.random.SeedSequence]:
    """The seeds of held-out trials."""
    return [np.random.SeedSequence([HELD_OUT, k]) for k in range(TRIALS)]


@dataclass(frozen=True)
class Validation:
    """How a policy did in held-out trials."""

    scores: list[float]
    """One a trial; a trial without a score counts as 0."""
    seconds: float
    """Walked for it [s]; not charged."""
    falls: int
    measures: dict[str, float]
    """Means over the trials."""

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(np.mean(self.scores))

    @property
    def sd(self) -> float:
        """Standard deviation of one trial's score."""
        return float(np.std(self.scores, ddof=1))

    def summary(self) -> dict[str, Any]:
        """Mean, s.d. and number of trials, as plain data."""
        return {"mean": self.mean, "sd": self.sd, "n": len(self.scores)}


class Validator:
    """Validates policies of a task, keeping what it found in a file.

    Args:
      task: the task; its noise is the noise of validation.
      cache: a JSON-lines file; made when first needed.

    Raises:
      UsageError: the file is broken.
    """

    def __init__(self, task: Task, cache: Path) -> None:
        self.task, self.cache = task, cache
        self.known: dict[str, Validation] = {}
        for number, line in read_lines(cache, torn=True):
            try:
                self.known[str(line["policy"])] = Validation(
                    [float(s) for s in line["scores"]], float(line["seconds"]), int(line["falls"]),
                    {str(k): float(v) for k, v in line["measures"].items()},
                )  # fmt: skip
            except (KeyError, TypeError, ValueError, AttributeError):
                raise UsageError(
                    f"{cache} line {number} is no validation; delete the file, it is made again."
                ) from None

    def __call__(self, policies: Sequence[Policy]) -> list[Validation]:
        """Validate these policies, all trials in one batch of worlds."""
        new = {p.key(): p for p in policies if p.key() not in self.known}
        if new:
            queries = [Query(k, p) for k, p in enumerate(p for p in new.values() for _ in range(TRIALS))]
            trials, _ = self.task.run(queries, held_out_seeds() * len(new))
            for k, key in enumerate(new):
                part = trials[k * TRIALS : (k + 1) * TRIALS]
                self.known[key] = Validation(
                    scores=[t.score if t.score is not None else 0.0 for t in part],
                    seconds=sum(t.walked for t in part),
                    falls=sum(t.ending != "completed" for t in part),
                    measures=mean_measures([t.measures for t in part]),
                )
            lines = [{"policy": key, **vars(self.known[key])} for key in new]
            append_lines(self.cache, lines)
        return [self.known[p.key()] for p in policies]

    def record(self, policy: Policy) -> Recording:
        """Walk the policy's median held-out trial again and keep its motion.

        Raises:
          UsageError: it scored otherwise than when it was validated.
        """
        scores = self([policy])[0].scores
        k = int(np.argsort(scores, kind="stable")[len(scores) // 2])
        recording = self.task.record(Query(0, policy), held_out_seeds()[k])
        if (recording.trial.score or 0.0) != scores[k]:
            raise UsageError(
                f"held-out trial {k} scores {recording.trial.score!r} here, not {scores[k]!r} as in "
                f"{self.cache}: validated by other versions? Delete the file, it is made again."
            )
        return recording


def mean_measures(measures: Sequence[dict[str, float | None]]) -> dict[str, float]:
    """Mean of each measure over the trials that have it."""
    names = dict.fromkeys(name for m in measures for name in m)
    found = {name: [v for m in measures if (v := m.get(name)) is not None] for name in names}
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def curve_clocks(clocks: NDArray[np.float64], budget: float) -> list[int]:
    """Which batches' recommendations to validate, by their clocks (ascending) [s].

    The latest at or before each of budget / √2^k, k = 0 … 11: evenly spaced in log time, and a half and a
    quarter of the budget among them.
    """
    wanted = budget * 2.0 ** (-0.5 * np.arange(CURVE_POINTS))
    found = np.searchsorted(clocks, wanted * (1 + 1e-12), side="right") - 1
    return sorted({int(i) for i in found if i >= 0})
