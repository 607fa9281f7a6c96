"""Random search: the floor that every other optimizer has to beat."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class RandomSearchSettings(Settings):
    """How many points are tried at once."""

    batch: int = setting(16, "trials in a batch", low=1, high=10_000)


class RandomSearch(Optimizer):
    """Uniform draws from the space, after the start itself.

    It recommends the best score it has seen. With noisy scores that is partly luck (the winner's curse: after
    100 trials the reading is some 2.5 standard deviations of the noise too good), and so is the choice.
    """

    name = "random-search"
    about = "uniform random search, recommends the best score seen"
    Settings = RandomSearchSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: RandomSearchSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._batch: list[Query] = []
        self._best: Policy = Constant(self.space.default)
        self._best_score = -math.inf

    @property
    def batch_size(self) -> int:
        """A batch of draws."""
        return int(self.settings.batch)

    def recommend(self) -> Policy:
        """The policy of the best score seen; the start before anything is told."""
        return self._best

    def _ask(self) -> list[Query]:
        points = self.rng.uniform(size=(self.settings.batch, len(self.space)))
        if self._next_id == 0:
            points[0] = self.space.default
        self._batch = [self.query(Constant(x)) for x in points]
        return self._batch

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        for query, trial, score in zip(self._batch, trials, scores.tolist(), strict=True):
            # an imputed score must not win a batch in which nothing else was scored
            if trial.score == score and score > self._best_score:
                self._best, self._best_score = query.policy, score
