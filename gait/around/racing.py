"""Racing: repeat the trials of those candidates only whose place in the ranking is still open."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gait.around.wrapped import Wrapped
from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer
from gait.trial import Ending, Query, Trial

CONFIDENCE = 1.0
"""Standard errors by which a candidate must be above or below the boundary to be settled."""
KNOWN = 8
"""Trials' worth of trust in the noise that the task tells, before repeats have shown it."""


class Racing(Wrapped):
    """Walks each candidate of a batch once; those near the boundary of the better half again, up to `repeats` times.

    A candidate is settled if the mean of its trials is `CONFIDENCE` standard errors from the middle between the last
    that would be selected and the first that would not; the standard error is that of both, by the scatter of the
    repeats so far pooled with the task's own noise. The optimizer is told, once, a trial a candidate, with the mean
    score and all the seconds. A round of the race is a batch of the run.

    V. Heidrich-Meisner and C. Igel, "Hoeffding and Bernstein races for selecting policies in evolutionary direct policy
    search", ICML 2009, whose bounds need bounded scores and more repeats than walking time allows.

    Raises:
      UsageError: the optimizer does more than compare scores, or chooses seconds itself.
    """

    def __init__(self, inner: Optimizer, repeats: int) -> None:
        super().__init__(inner)
        if not inner.ranks:
            raise UsageError(f"{inner.name} can't be raced: it looks into its trials, and needs each of them.")
        self.repeats = repeats
        self._candidates: list[Query] = []
        self._told: list[list[Trial]] = []
        self._running: list[int] = []
        self._squares, self._freedom = 0.0, 0
        """Squared distances of repeats from their candidates' means, and their degrees of freedom."""

    @property
    def batch_size(self) -> int:
        """The first round's: one trial a candidate."""
        return self.inner.batch_size

    def _ask(self) -> list[Query]:
        if not self._running:
            self._candidates = self.inner.ask()
            self._told = [[] for _ in self._candidates]
            self._running = list(range(len(self._candidates)))
        again = [self._candidates[k] for k in self._running]
        return [replace(self.query(q.policy, q.seconds, q.seed), stop=q.stop) for q in again]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        for k, trial in zip(self._running, trials, strict=True):
            self._told[k].append(trial)
        means = np.array([self._finite([t.score for t in told]).mean() for told in self._told])
        self._running = self._open(means)
        if self._running:
            return
        for told in self._told:
            known = np.array([t.score for t in told if t.score is not None])
            if len(known) > 1:
                self._squares += float(((known - known.mean()) ** 2).sum())
                self._freedom += len(known) - 1
        one = [_merged(q, told) for q, told in zip(self._candidates, self._told, strict=True)]
        self.inner.tell(one)

    def _open(self, means: Array) -> list[int]:
        """Candidates that are to walk again."""
        n = len(means)
        if n < 2:
            return []
        order = np.argsort(-means, kind="stable")
        boundary = 0.5 * (means[order[(n - 1) // 2]] + means[order[(n - 1) // 2 + 1]])
        counts = np.array([len(told) for told in self._told])
        error = self._spread(means) / np.sqrt(counts)
        undecided: NDArray[np.bool_] = np.abs(means - boundary) < CONFIDENCE * error
        fell = np.array([told[-1].ending in (Ending.FELL, Ending.DIVERGED) for told in self._told])
        again = undecided & (counts < self.repeats) & ~fell  # a fall is no reading of the noise
        return np.flatnonzero(again).tolist()

    def _spread(self, means: Array) -> float:
        """Standard deviation of one trial."""
        level = float(np.median(np.abs(means)))
        told = self.problem.noise(self.problem.seconds.default) * level
        return math.sqrt((KNOWN * told**2 + self._squares) / (KNOWN + self._freedom))


def _merged(query: Query, told: list[Trial]) -> Trial:
    """One trial that stands for all of a candidate's."""
    known = [t.score for t in told if t.score is not None]
    last = told[-1]
    return replace(
        last, query=query.id, score=float(np.mean(known)) if len(known) == len(told) else None,
        walked=sum(t.walked for t in told), charged=sum(t.charged for t in told),
    )  # fmt: skip
