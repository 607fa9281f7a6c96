"""Queries and trials: what is asked of a walker, what came back, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gait.policy import Policy

Array = NDArray[np.float64]


class Ending(StrEnum):
    """How a trial ended."""

    COMPLETED = "completed"
    """Walked all the seconds that were asked."""
    FELL = "fell"
    """Fell; charged what it walked and the task's fall cost."""
    DIVERGED = "diverged"
    """The simulation blew up; charged as a fall, no score."""
    STOPPED = "stopped"
    """Ended by its query's stop rule; charged what it used, scored by what it had reached."""


@dataclass(frozen=True)
class Stop:
    """When a trial is given up: it fell behind a running score that it has to keep up with.

    At each whole second t beyond `grace` g, a trial stops if max(f(t), f(t − g)) < min(bar(t), bar(t − g)), f being its
    running score (Arza, Le Goff & Hart, "Generalized early stopping in evolutionary direct policy search", ACM TELO
    4:3, 2024).

    Raises:
      ValueError: grace is below 1 s, or the bar is no finite numbers.
    """

    grace: int
    """Seconds that every trial gets."""
    bar: tuple[float, ...]
    """Running score at the whole seconds 1, 2, …; where it ends, nothing stops any more."""

    def __post_init__(self) -> None:
        if self.grace < 1:
            raise ValueError(f"grace must be at least 1 s, got {self.grace}")
        if not all(math.isfinite(v) for v in self.bar):
            raise ValueError("the bar must be finite numbers")

    def thresholds(self, seconds: int) -> Array:
        """(seconds,) what max(f(t), f(t − g)) must reach at t = 1, 2, … `seconds`; -inf where nothing stops."""
        least = np.full(seconds, -np.inf)
        for t in range(self.grace + 1, min(seconds, len(self.bar)) + 1):
            least[t - 1] = min(self.bar[t - 1], self.bar[t - 1 - self.grace])
        return least

    def second(self, progress: Array) -> int | None:
        """The whole second at which a trial with this running score (K,) stops; None if it goes on."""
        least = self.thresholds(len(progress))
        for t in range(self.grace + 1, len(progress) + 1):
            if max(progress[t - 1], progress[t - 1 - self.grace]) < least[t - 1]:
                return t
        return None


@dataclass(frozen=True)
class Query:
    """What an optimizer wants tried; pure data."""

    id: int
    """Number of the query in its run, from 0."""
    policy: Policy
    seconds: float | None = None
    """Seconds to walk; None is the task's default."""
    seed: int | None = None
    """None: fresh noise. A key: queries with the same key meet the same noise (common random numbers)."""
    stop: Stop | None = None
    """When to give the trial up; None: never."""


@dataclass(frozen=True, eq=False)
class Trial:
    """What came back from a query: T decisions of a walker, what they brought and what they cost."""

    query: int
    score: float | None
    """Higher is better, SI units; None if the simulation diverged."""
    walked: float
    """Seconds simulated by physics."""
    charged: float
    """Seconds on the bill: walked, set-up, and the fall cost if it fell."""
    ending: Ending
    actions: Array
    """(T, d) unclipped draws, one a decision."""
    features: Array
    """(T+1, f) what the policy saw at each decision, and at the end."""
    rewards: Array
    """(T,) progress made during each decision."""
    durations: Array
    """(T,) seconds each decision lasted."""
    asked: float
    """Seconds that the query asked for."""
    progress: Array = field(default_factory=lambda: np.zeros(0))
    """Running score at each whole second walked."""
    measures: dict[str, float | None] = field(default_factory=dict)
    """SI values by name; None where a measure has no value (no distance, no step)."""
    truth: dict[str, float | None] = field(default_factory=dict)
    """Noise-free values that an experimenter can't see: recorded, never told to an optimizer.

    `truth["score"]` is the noise-free score.
    """

    def as_told(self) -> Trial:
        """This trial as an optimizer is told it: without the truth."""
        return replace(self, truth={}) if self.truth else self
