"""Task: what is wanted, and Problem: all that an optimizer is told about it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.policy import Policy
from gait.space import Space
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]
State = Mapping[str, NDArray[Any]] | None
"""What a world carries from one batch to the next, as arrays of numbers; None where each trial starts afresh."""


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

    @property
    def noisy(self) -> bool:
        """Whether a point tried again may score differently; where not, it need not be tried again."""
        return self.noise(self.seconds.default) > 0.0


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
    extra: Mapping[str, Array] = field(default_factory=dict)
    """What else a task records of each frame, (F, …) by name."""


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a run starts from.

    Raises:
      ValueError: something was walked or measured, but no state came of it; or the state has no arrays.
    """

    state: State = None
    """Carried from batch to batch; None where each trial starts afresh."""
    measured: Mapping[str, float | None] = field(default_factory=dict)
    """SI values measured on the way, by name."""
    walked: float = 0.0
    """Seconds walked on the way: familiarisation, not charged."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.walked) and self.walked >= 0):
            raise ValueError(f"walked must be finite and at least 0 s, got {self.walked}")
        if not self.state and (self.state is not None or self.measured or self.walked):
            raise ValueError("a beginning that was walked or measured must leave a state, of one array or more")


class Task(ABC):
    """The question: a walker, what counts as good, and what trying costs.

    A task is registered under its `name`; `version` changes whenever the same policy and seed may score
    differently. Its constructor takes the task's fields (robot, noise, …) as keywords.
    """

    name: ClassVar[str]
    version: str
    score_name: str
    """What the score is, in words."""
    score_unit: str
    setup_seconds: float
    """Charged for every trial, on top of what it walks [s]."""
    fall_seconds: ClassVar[float]
    """Charged for every fall, on top of what it walked [s]."""
    decision: ClassVar[Literal["stride", "trial"]]
    """How often a policy acts."""
    no_score: ClassVar[float] = 0.0
    """What a held-out trial without a score counts as; below any score worth having."""
    carries: ClassVar[bool] = False
    """Whether one world is carried on from trial to trial, so that no two can be walked at a time."""

    problem: Problem
    title: str
    """The walker in a few words, for a picture."""
    threads: int = 0
    """Physics threads; 0 is one a core. Results do not depend on it."""
    reference: Policy | None = None
    """What savings are counted against, such as zero torque; for scores that are costs (below 0)."""
    reference_name: str = ""
    """The reference in words."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """The constructor's keywords that make this task again."""

    @abstractmethod
    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """Walk these queries; a trial depends on its query, its seed and where it starts, on nothing else.

        Without a state each query starts afresh, whatever the others. From a state they are walked in this
        order in one world; the state after the last is returned, with arrays of the same names and types.
        The state passed in is left as it was.
        """

    def begin(self, seed: np.random.SeedSequence) -> Beginning:
        """What a run starts from: the state of a world that is carried from batch to batch, if it is."""
        return Beginning()

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
