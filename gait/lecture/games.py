"""Rock-paper-scissors: a game whose only safe play is chance, learned by policy gradient against a learner."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.gradients import estimate_gradient, score_softmax
from gait.lecture.softmax import chances, draw
from gait.lecture.steps import unit_episodes

Array = NDArray[np.float64]

MOVES = ("rock", "paper", "scissors")
PAYOFF = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])
"""What the row's player wins of the column's."""


class Match(NamedTuple):
    """Two players who learned against each other, after every batch of games."""

    policies: Array
    """(batches, 2, 3) chances of rock, paper and scissors."""

    @property
    def averages(self) -> Array:
        """(batches, 2, 3) means of all policies so far."""
        counts = np.arange(1, len(self.policies) + 1)[:, None, None]
        averages: Array = np.cumsum(self.policies, axis=0) / counts
        return averages


def play(batches: int = 2000, games: int = 40, step: float = 0.12, start: float = 1.0, seed: int = 0) -> Match:
    """Let two softmax players climb their own gradients at once, `games` games a batch.

    The first begins with a preference `start` for rock, the second for paper. Everything is learned from the
    moves drawn and what they won: a game is a trial of one decision.
    """
    rng = np.random.default_rng(seed)
    preferences = np.zeros((2, 3, 1))
    preferences[0, 0] = preferences[1, 1] = start
    policies, nothing_to_see = np.zeros((batches, 2, 3)), np.ones((games, 1))
    for b in range(batches):
        moves = [draw(chances(p, nothing_to_see), rng) for p in preferences]
        won = PAYOFF[moves[0], moves[1]]
        for me, reward in enumerate((won, -won)):
            policies[b, me] = chances(preferences[me], nothing_to_see[:1])[0]
            scores = score_softmax(preferences[me], nothing_to_see, moves[me])
            preferences[me] += step * estimate_gradient(scores, unit_episodes(reward[:, None]))
    return Match(policies)


def exploited(policy: Array) -> float:
    """What `policy` (3,) wins a game from one who knows it: 0 if it is uniform, -1 if it has no chance in it."""
    return float((policy @ PAYOFF).min())
