"""Queries and trials: what is asked of a walker, what came back, and how it ended."""

from __future__ import annotations

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
