"""Early stop: give up a trial that has fallen behind the best one so far, at equal time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gait.around.wrapped import Wrapped
from gait.optimizers.base import Array, Optimizer
from gait.trial import Ending, Query, Stop, Trial

GRACE = 0.2
"""Share of its seconds that every trial gets (GESP's t_grace)."""


class EarlyStop(Wrapped):
    """GESP's grace-period rule, with the best completed trial's running score as the bar; see `gait.trial.Stop`.

    A stopped trial is charged what it used and told with the score it had then, which is biased but below the best.
    The bar is the best reading, lucky or not, as in the paper: with it, a trial stops only where it is behind both now
    and a grace period ago. Nothing stops in the first batch, and nothing whose running score isn't known.

    E. Arza, L. Le Goff and E. Hart, "Generalized early stopping in evolutionary direct policy search", ACM
    Transactions on Evolutionary Learning and Optimization 4:3 (2024).
    """

    def __init__(self, inner: Optimizer) -> None:
        super().__init__(inner)
        self._bar: tuple[float, ...] = ()
        self._best = -math.inf

    def _ask(self) -> list[Query]:
        queries = self.inner.ask()
        return [replace(q, stop=Stop(self._grace(q), self._bar)) for q in queries] if self._bar else queries

    def _grace(self, query: Query) -> int:
        seconds = self.problem.seconds.default if query.seconds is None else query.seconds
        return max(1, math.ceil(GRACE * seconds))

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        for trial in trials:
            known = len(trial.progress) > 0 and np.isfinite(trial.progress).all()
            if trial.ending is Ending.COMPLETED and trial.score is not None and trial.score > self._best and known:
                self._best, self._bar = trial.score, tuple(trial.progress.tolist())
        self.inner.tell(trials)
