"""Held-out validation: the same 16 seeds for every run and optimizer, off the bill, cached by policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.files import append_lines, read_lines
from gait.policy import Policy
from gait.task import Recording, Task
from gait.trial import Ending, Query, Trial

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
    """One a trial; a trial without a score counts as the task's `no_score`."""
    seconds: float
    """Walked for it [s]; not charged."""
    falls: int
    measures: dict[str, float]
    """Means over the trials."""
    completed: list[bool] = field(default_factory=list)
    """Whether each trial was walked to its end; empty if the task has no reference."""
    truths: list[float | None] = field(default_factory=list)
    """Noise-free score of each trial; empty if the task tells no truth."""
    truth: dict[str, float] = field(default_factory=dict)
    """Means of the noise-free values."""

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

    def describe(self) -> dict[str, Any]:
        """All of it as plain data, but for what the task doesn't have."""
        optional = ("completed", "truths", "truth")
        return {name: value for name, value in vars(self).items() if value or name not in optional}


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
                self.known[str(line["policy"])] = _read(line, task)
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
                self.known[key] = _summarise(self.task, trials[k * TRIALS : (k + 1) * TRIALS])
            append_lines(self.cache, [{"policy": key, **self.known[key].describe()} for key in new])
        return [self.known[p.key()] for p in policies]

    def record(self, policy: Policy) -> Recording:
        """Walk the policy's median held-out trial again and keep its motion.

        Raises:
          UsageError: it scored otherwise than when it was validated.
        """
        scores = self([policy])[0].scores
        k = int(np.argsort(scores, kind="stable")[len(scores) // 2])
        recording = self.task.record(Query(0, policy), held_out_seeds()[k])
        if counted(self.task, recording.trial) != scores[k]:
            raise UsageError(
                f"held-out trial {k} scores {recording.trial.score!r} here, not {scores[k]!r} as in "
                f"{self.cache}: validated by other versions? Delete the file, it is made again."
            )
        return recording


def counted(task: Task, trial: Trial) -> float:
    """What a held-out trial counts as: its score, or the task's `no_score`."""
    return task.no_score if trial.score is None else trial.score


def _summarise(task: Task, trials: Sequence[Trial]) -> Validation:
    completed = [t.ending is Ending.COMPLETED for t in trials]
    told = any(t.truth for t in trials)
    # where there is a truth, means are of those that stood: a few seconds before a fall are no steady walk
    steady = [t for t, stood in zip(trials, completed, strict=True) if stood or not told] or trials
    return Validation(
        scores=[counted(task, t) for t in trials],
        seconds=sum(t.walked for t in trials),
        falls=len(trials) - sum(completed),
        measures=mean_measures([t.measures for t in steady]),
        completed=completed if task.reference is not None else [],
        truths=[t.truth.get("score") for t in trials] if told else [],
        truth=mean_measures([t.truth for t in steady]),
    )


def _read(line: dict[str, Any], task: Task) -> Validation:
    """A line of the cache; raises nearly anything if it's none of this task."""
    scores = [float(s) for s in line["scores"]]
    completed = [bool(c) for c in line["completed"]] if task.reference is not None else []
    truths = [None if t is None else float(t) for t in line.get("truths", [])]
    wanted = len(scores) if task.reference is not None else 0
    if len(completed) != wanted or len(truths) not in (0, len(scores)):
        raise ValueError("not of the same trials")
    means = [{str(k): float(v) for k, v in d.items()} for d in (line["measures"], line.get("truth", {}))]
    return Validation(scores, float(line["seconds"]), int(line["falls"]), means[0], completed, truths, means[1])


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
