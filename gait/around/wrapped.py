"""Wrapped: an optimizer around an optimizer; passes everything through, for others to change on the way."""

from __future__ import annotations

from gait.optimizers.base import Array, Optimizer
from gait.policy import Policy
from gait.trial import Query, Trial


class Wrapped(Optimizer):
    """An optimizer that asks and tells another one. It has the other's name, settings and recommendation."""

    def __init__(self, inner: Optimizer) -> None:
        super().__init__(inner.problem, 0, inner.settings)
        self.inner = inner
        self.name, self.about = inner.name, inner.about  # type: ignore[misc]
        self.packages = inner.packages
        self.ranks, self.chooses_seconds = inner.ranks, inner.chooses_seconds  # type: ignore[misc]

    @property
    def batch_size(self) -> int:
        """The other's."""
        return self.inner.batch_size

    def recommend(self) -> Policy:
        """The other's."""
        return self.inner.recommend()

    def drawn(self) -> Policy | None:
        """The other's."""
        return self.inner.drawn()

    def _ask(self) -> list[Query]:
        return self.inner.ask()

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        self.inner.tell(trials)
