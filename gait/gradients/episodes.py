"""Episodes: the decisions of some trials, and what progress followed each, in continuous time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Episodes:
    """The decisions of n trials, in order, trial after trial.

    Raises:
      ValueError: shapes disagree, a number is not finite, a duration not positive, or trials not in order.
    """

    trial: NDArray[np.int64]
    """(M,) the trial of each decision, 0…n-1, never decreasing; a trial may have no decision."""
    features: Array
    """(M, f) the state in which each decision was made."""
    rewards: Array
    """(M,) progress made during each decision."""
    durations: Array
    """(M,) seconds each decision lasted."""
    asked: Array
    """(n,) seconds each trial should have lasted."""
    fell: NDArray[np.bool_]
    """(n,) whether the trial fell: it then makes no progress for the rest of the asked seconds."""

    def __post_init__(self) -> None:
        m, n = len(self.trial), len(self.asked)
        sizes = (self.features.shape[:1], self.rewards.shape, self.durations.shape, self.fell.shape)
        if self.features.ndim != 2 or sizes != ((m,), (m,), (m,), (n,)):
            raise ValueError(f"episodes: {m} decisions of {n} trials, but arrays of shapes {sizes}")
        numbers = (self.features, self.rewards, self.durations, self.asked)
        if not all(np.isfinite(a).all() for a in numbers) or not (self.durations > 0).all():
            raise ValueError("episodes: all numbers must be finite, and durations above 0 s")
        if m and (self.trial[0] < 0 or self.trial[-1] >= n or (np.diff(self.trial) < 0).any()):
            raise ValueError(f"episodes: trials must be in order and within 0…{n - 1}")

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """(M,) number of each decision in its own trial, from 0."""
        first = np.searchsorted(self.trial, np.arange(len(self.asked)))
        return np.arange(len(self.trial)) - first[self.trial]

    @cached_property
    def lengths(self) -> Array:
        """(n, K+1) seconds of each decision, 0 where a trial has fewer; last, what a fall left unwalked."""
        lengths = np.zeros((len(self.asked), int(self.place.max(initial=-1)) + 2))
        lengths[self.trial, self.place] = self.durations
        lengths[:, -1] = np.where(self.fell, np.maximum(self.asked - lengths.sum(axis=1), 0.0), 0.0)
        return lengths

    @cached_property
    def edges(self) -> Array:
        """(n, K+2) seconds since the trial began, at which its decisions and the rest begin and end."""
        # summed trial by trial, so that equal gaits get equal times to the last bit
        edges: Array = np.pad(np.cumsum(self.lengths, axis=1), ((0, 0), (1, 0)))
        return edges

    @cached_property
    def starts(self) -> Array:
        """(M,) seconds since the trial began at which each decision was made."""
        return self.edges[self.trial, self.place]


def progress_to_go(episodes: Episodes, times: Array, tau: float) -> tuple[Array, Array]:
    """Discounted progress, and discounted seconds, of every trial from each of `times` (m,) on; both (n, m).

    Q(t) = ∫ rate(s) exp(-(s - t)/τ) ds from t to the trial's end, where a decision's reward is spread
    evenly over its duration; the seconds are the same integral of a rate of 1. A trial that fell goes on
    at rate 0 to the asked seconds; one that ended before t has 0 of both.
    """
    lengths, edges = episodes.lengths, episodes.edges
    n, segments = lengths.shape
    times, again = np.unique(times, return_inverse=True)  # of equal steps there are few
    rates = np.zeros((2, n, segments + 1))  # one more, for the time after the end
    rates[0, episodes.trial, episodes.place] = episodes.rewards / episodes.durations
    rates[1, :, :-1] = 1.0
    pieces, decay = rates[:, :, :-1] * discounted_length(lengths, tau), np.exp(-lengths / tau)
    tails = np.zeros((2, n, segments + 2))  # from the beginning of each segment on
    for k in reversed(range(segments)):
        tails[:, :, k] = pieces[:, :, k] + decay[:, k] * tails[:, :, k + 1]
    now = np.array([np.searchsorted(row, times, side="right") for row in edges[:, 1:]]).reshape(n, len(times))
    trial = np.arange(n)[:, None]
    left = np.maximum(edges[trial, np.minimum(now + 1, segments)] - times, 0.0)  # of the segment under way
    piece, fade = discounted_length(left, tau), np.exp(-left / tau)
    progress, seconds = rates[:, trial, now] * piece + tails[:, trial, now + 1] * fade
    return progress.take(again, axis=1), seconds.take(again, axis=1)


def discounted_length(seconds: Array, tau: float) -> Array:
    """∫ exp(-s/τ) ds from 0 to each of `seconds`."""
    return seconds if math.isinf(tau) else -tau * np.expm1(-seconds / tau)
