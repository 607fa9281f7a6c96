"""Hill climbing: try random neighbours of the best point so far, move to a better one; the point is tried again too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial


@dataclass(frozen=True)
class HillClimbingSettings(Settings):
    """By default 45 trials an iteration, as many as Kohl & Stone's gradient takes."""

    neighbours: int = setting(14, "random neighbours tried in an iteration", low=1, high=10_000)
    evaluations: int = setting(3, "trials of each point, averaged", low=1, high=1_000)
    step: float = setting(1.5, "farthest that a neighbour is, in each parameter", unit="ε", low=1e-3, high=100.0)


class HillClimbing(Optimizer):
    """Hill climbing in all dimensions at once, with its parent tried again in every batch.

    A batch is the parent and its neighbours: every parameter moved by `step` ε u, u uniform in [-1, 1], and
    clipped to the cube. The best neighbour becomes the parent if its average exceeds that of *all* that was
    ever read of the parent: those readings that won it its place and those of every batch since.

    That is the deviation from the textbook, which reads a parent once (as is done here where there is no
    noise). With noisy scores a parent then owes its place to a lucky reading that no honest neighbour beats,
    and the search stands still; here every batch dilutes that luck. Near the top, the best of many noisy
    readings still lures it to a worse point now and then: more `evaluations` or a smaller `step` help, and
    both cost time at the beginning.

    N. Kohl and P. Stone, "Machine learning for fast quadrupedal locomotion", AAAI 2004, compare such a search
    with three others on the Aibo. Its settings there were not at hand: step and the form of the change are ours.
    """

    name = "hill-climbing"
    about = "hill climbing, its parent tried again in every batch (as compared by Kohl & Stone, AAAI 2004)"
    Settings = HillClimbingSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: HillClimbingSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._points: Array = np.zeros((0, len(self.space)))
        self._parent = self.space.default
        self._readings, self._sum = 0, 0.0  # all that was read of the parent

    @property
    def batch_size(self) -> int:
        """The parent and its neighbours; without the parent, from the second on, where there is no noise."""
        return int((1 + self.settings.neighbours) * self.settings.evaluations)

    def recommend(self) -> Policy:
        """The parent: no lucky reading lasts, since it is tried again in every batch."""
        return Constant(self._parent)

    def _ask(self) -> list[Query]:
        u = self.rng.uniform(-1.0, 1.0, (self.settings.neighbours, len(self.space)))
        neighbours = np.clip(self._parent + self.settings.step * self.space.scale * u, 0.0, 1.0)
        self._points = np.vstack([self._parent, neighbours]) if self._tries_parent else neighbours
        return [self.query(Constant(x)) for x in self._points for _ in range(self.settings.evaluations)]

    @property
    def _tries_parent(self) -> bool:
        return self._readings == 0 or self.problem.noisy

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        n = self.settings.evaluations
        sums = scores.reshape(len(self._points), n).sum(axis=1)
        neighbours = slice(int(self._tries_parent), None)
        if self._tries_parent:
            self._readings += n
            self._sum += float(sums[0])
        best = int(np.argmax(sums[neighbours]))
        if sums[neighbours][best] / n > self._sum / self._readings:
            self._parent = self._points[neighbours][best]
            self._readings, self._sum = n, float(sums[neighbours][best])
