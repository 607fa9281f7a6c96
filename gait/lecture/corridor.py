"""A corridor in which two cells look alike and need opposite actions (after D. Silver's lecture 7).

Five cells side by side; the treasure lies south of the middle one, traps south of the two ends. All that is seen of a
cell are its walls, so that the two between an end and the middle look alike:

        corner   grey   middle   grey   corner
         trap         treasure           trap
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.gradients import Episodes, estimate_gradient, score_softmax
from gait.lecture.softmax import chances, draw

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

ACTIONS = ("west", "east", "south")
WEST, EAST, SOUTH = range(3)
SEEN = np.array([0, 1, 2, 1, 3])
"""What each cell looks like."""
LOOKS = ("west corner", "grey", "middle", "east corner")
MIDDLE, STARTS = 2, np.array([0, 1, 3, 4])
LIMIT = 30
"""Seconds after which a trial ends; every move takes one."""


class Moves(NamedTuple):
    """What happened to n walkers in one second."""

    cells: Ints
    rewards: Array
    ended: NDArray[np.bool_]


def move(cells: Ints, actions: Ints, left: Array) -> Moves:
    """Each move costs 1, with the treasure too; a trap costs all seconds that are `left` (n,) besides."""
    south = actions == SOUTH
    treasure, trap = south & (cells == MIDDLE), south & ((cells == 0) | (cells == 4))
    aside = np.clip(cells + np.where(actions == EAST, 1, -1), 0, 4)
    return Moves(np.where(south, cells, aside), -1.0 - trap * left, treasure | trap)


def walk(policy: Array, cells: Ints, rng: np.random.Generator) -> tuple[Episodes, Ints, NDArray[np.bool_]]:
    """Trials from these cells by a policy (4, 3), chances by looks.

    Returns:
      the trials, whose features (M, 4) name the looks; the actions (M,); whether each reached the treasure.
    """
    n = len(cells)
    rows: list[tuple[Ints, Ints, Ints, Array]] = []
    going, found = np.ones(n, bool), np.zeros(n, bool)
    for second in range(LIMIT):
        who = np.flatnonzero(going)
        if not len(who):
            break
        looks = SEEN[cells[who]]
        actions = draw(policy[looks], rng)
        moves = move(cells[who], actions, np.full(len(who), LIMIT - 1.0 - second))
        rows.append((who, looks, actions, moves.rewards))
        found[who] = moves.ended & (cells[who] == MIDDLE)
        going[who[moves.ended]] = False
        cells = cells.copy()
        cells[who] = moves.cells
    trial, looks, actions, rewards = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.argsort(trial, kind="stable")
    # who is out of the corridor pays no more, as one who fell walks no further
    episodes = Episodes(
        trial[order], np.eye(4)[looks[order]], rewards[order], np.ones(len(order)), np.full(n, float(LIMIT)), ~going
    )
    return episodes, actions[order], found


def reinforce(batches: int = 300, trials: int = 24, step: float = 0.05, seed: int = 0) -> Array:
    """Chances (batches, 4, 3) by looks of a softmax policy that climbs its gradient, from equal chances on."""
    rng = np.random.default_rng(seed)
    preferences = np.zeros((3, 4))
    policies = np.zeros((batches, 4, 3))
    for b in range(batches):
        policies[b] = chances(preferences, np.eye(4))
        episodes, actions, _ = walk(policies[b], rng.permutation(np.resize(STARTS, trials)), rng)
        gradient = estimate_gradient(score_softmax(preferences, episodes.features, actions), episodes)
        preferences += step * gradient
    return policies


def q_learning(trials: int = 3000, rate: float = 0.1, explore: float = 0.1, seed: int = 0) -> Array:
    """Values (4, 3) by looks of tabular Q-learning, which takes what it sees for the state."""
    rng = np.random.default_rng(seed)
    values = np.zeros((4, 3))
    for _ in range(trials):
        cell = int(rng.choice(STARTS))
        for second in range(LIMIT):
            look = SEEN[cell]
            action = int(rng.integers(3)) if rng.random() < explore else int(values[look].argmax())
            cells, rewards, ended = move(np.array([cell]), np.array([action]), np.array([LIMIT - 1.0 - second]))
            cell = int(cells[0])
            after = 0.0 if ended[0] else values[SEEN[cell]].max()
            values[look, action] += rate * (rewards[0] + after - values[look, action])
            if ended[0]:
                break
    return values


def greedy(values: Array) -> Array:
    """The deterministic policy (4, 3) of the best values."""
    policy: Array = np.eye(3)[values.argmax(axis=1)]
    return policy


def every_deterministic_policy() -> Iterator[Array]:
    """All 81 of them, (4, 3) each."""
    for actions in itertools.product(range(3), repeat=4):
        yield np.eye(3)[list(actions)]


def reaches(policy: Array) -> Array:
    """Chance (4,) to reach the treasure in time from each of the starts, exactly."""
    cells = np.eye(5)[STARTS]  # (starts, cells) chances to be there, still on the way
    found = np.zeros(len(STARTS))
    for _ in range(LIMIT):
        shares = cells[:, :, None] * policy[SEEN]
        found += shares[:, MIDDLE, SOUTH]
        cells = np.zeros_like(cells)
        for action in (WEST, EAST):
            to = move(np.arange(5), np.full(5, action), np.zeros(5)).cells
            np.add.at(cells.T, to, shares[:, :, action].T)
        cells[:, [1, 3]] += shares[:, [1, 3], SOUTH]  # a wall
    return found
