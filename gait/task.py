"""Task: what is wanted, and Problem: all that an optimizer is told about it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.space import Space
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]
State = Mapping[str, Array] | None
"""What a world carries from one batch to the next; None where each trial starts afresh."""


@dataclass(frozen=True)
class Seconds:
    """How long one trial may be [s]."""

    low: float
    default: float
    high: float

    def check(self, seconds: float | None) -> float:
        """The seconds a query means, within bounds; a clear `UsageError` otherwise."""
        value = self.default if seconds is None else float(seconds)
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise UsageError(f"a trial of {value:g} s: trials last {self.low:g} to {self.high:g} s.")
        return value


@dataclass(frozen=True)
class Problem:
    """All that an optimizer may know: where to search, what it sees, how long and how noisy trials are."""

    space: Space
    features: tuple[str, ...]
    """Names of what a policy sees at a decision, with units."""
    seconds: Seconds
    noise: Callable[[float], float]
    """Relative standard deviation of one trial's score after that many seconds, as measured."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A trial as it was walked: enough to draw it, never simulated again."""

    trial: Trial
    time: Array
    """(F,) seconds since the trial began."""
    qpos: Array
    """(F, nq) positions of the model."""
    contacts: NDArray[np.bool_]
    """(F, feet) whether each foot is on the ground."""


class Task(ABC):
    """The question: a walker, what counts as good, and what trying costs.

    A task is registered under its `name`; `version` changes whenever the same policy and seed may score
    differently. Its constructor takes the task's fields (robot, noise, …) as keywords.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    score_name: ClassVar[str]
    """What the score is, in words."""
    score_unit: ClassVar[str]
    setup_seconds: ClassVar[float]
    """Charged for every trial, on top of what it walks [s]."""
    fall_seconds: ClassVar[float]
    """Charged for every fall, on top of what it walked [s]."""
    decision: ClassVar[Literal["stride", "trial"]]
    """How often a policy acts."""

    problem: Problem
    title: str
    """The walker in a few words, for a picture."""
    threads: int = 0
    """Physics threads; 0 is one a core. Results do not depend on it."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """The constructor's keywords that make this task again."""

    @abstractmethod
    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """Walk every query from `state`; a trial depends on its query, its seed and the state only."""

    @abstractmethod
    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """Walk one query and keep its motion: the same trial that `run` gives."""

    @abstractmethod
    def score(self, measures: Mapping[str, float | None]) -> float:
        """The score of a completed trial's measures; higher is better."""

    @abstractmethod
    def headline(self) -> str:
        """The task in a few words, for the first line of a run."""

    def planned(self, query: Query) -> float:
        """Seconds a query is going to be charged if nothing falls."""
        return self.problem.seconds.check(query.seconds) + self.setup_seconds

    def charge(self, walked: float, ending: Ending) -> float:
        """Seconds on the bill for a trial that walked so long and ended so."""
        fell = ending in (Ending.FELL, Ending.DIVERGED)
        return walked + self.setup_seconds + (self.fall_seconds if fell else 0.0)
