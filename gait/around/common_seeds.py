"""Common random numbers: candidates of a batch meet the same noise, so that their differences are their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gait.around.wrapped import Wrapped
from gait.optimizers.base import Optimizer
from gait.trial import Query


class CommonSeeds(Wrapped):
    """Gives the k-th trial of every candidate of a batch the same seed, another one in each batch.

    The repeats of one candidate have different seeds: they are there to average noise. A simulator can do this, a
    robot or a person can't: results with common seeds are no forecast of what a robot's tuning costs.

    P. Glasserman and D. D. Yao, "Some guidelines and guarantees for common random numbers", Management Science 38
    (1992).
    """

    def __init__(self, inner: Optimizer) -> None:
        super().__init__(inner)
        self._first_free = 0

    def _ask(self) -> list[Query]:
        queries, seen = self.inner.ask(), Counter[str]()
        keyed = []
        for query in queries:
            key = query.policy.key()
            keyed.append(replace(query, seed=self._first_free + seen[key]))
            seen[key] += 1
        self._first_free += max(seen.values())
        return keyed
