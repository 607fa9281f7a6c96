"""Training: walk to random balls, judge each decision by what followed it, learn; a line an update."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gait.seeing.camera import Eye
from gait.seeing.policy import SeeingPolicy
from gait.seeing.trials import BallTrial, seeing, walk_balls
from gait.seeing.walker import BallWalker
from gait.seeing.world import draw_ball
from gait.simulate import Walk, child

if TYPE_CHECKING:
    from gait.seeing.learn import Learner, Settings

Array = NDArray[np.float64]

UPDATES, TRIALS = 25, 64
"""Batches that are learned from, and the trials of each."""
SECONDS = 8.0
"""A training trial lasts so long; what would come after is what the critic expects."""
BONUS, FALL, HEADING = 1.0, 1.0, 0.3
"""A reached ball counts as so many metres nearer, a fall as so many farther, and an angle that it is turned closer to
the ball as so many metres a radian."""
DISCOUNT, TRACE = 0.95, 0.9
"""γ a decision, and λ of the generalised advantages."""
TRAINING_SEED = 8
"""Second word of the entropy of training trials' seeds; held-out balls use another."""


@dataclass
class Bill:
    """What a training used."""

    trials: int = 0
    decisions: int = 0
    charged: float = 0.0
    """Simulated seconds, with set-ups and falls."""
    processor: float = 0.0
    """Seconds of processor time of this process, over all threads."""
    wall: float = 0.0
    curve: list[tuple[float, float]] = field(default_factory=list)
    """After each update: simulated hours, and the share of its training trials that reached their ball."""


def rewards(trial: BallTrial) -> Array:
    """(T,) what each decision brought: metres nearer, closer in angle, a bonus for the ball, a loss for a fall."""
    distance, off = trial.places[:, 0], np.abs(trial.places[:, 1])
    gained: Array = -np.diff(distance) - HEADING * np.diff(off)
    if trial.outcome == "reached":
        # the bearing of a ball beside the nose says nothing any more
        gained[-1] = distance[-2] - distance[-1] + BONUS
    elif trial.outcome != "time out":
        gained[-1] = -FALL
    return gained


def states(trial: BallTrial) -> Array:
    """(T + 1, 5) what the critic is told: distance and bearing of the ball, its sine and cosine, whether it walks."""
    distance, bearing = trial.places.T
    return np.column_stack([distance, bearing / np.pi, np.sin(bearing), np.cos(bearing), trial.times > 0])


def advantages(gained: Array, values: Array, ended: bool) -> Array:
    """Generalised advantages (T,) of rewards (T,) under values (T + 1,); after an ending nothing is worth anything."""
    values = np.append(values[:-1], 0.0 if ended else values[-1])
    errors = gained + DISCOUNT * values[1:] - values[:-1]
    out, after = np.zeros(len(gained)), 0.0
    for t in reversed(range(len(gained))):
        out[t] = after = errors[t] + DISCOUNT * TRACE * after
    return out


def train(
    seed: int, *, updates: int = UPDATES, trials: int = TRIALS, blind: bool = False, settings: Settings | None = None,
    tell: Callable[[str], None] = print,
) -> tuple[SeeingPolicy, Bill]:  # fmt: skip
    """Learn to walk to balls from pictures; the same seed gives the same weights.

    Args:
      seed: of weights, balls, noise and chance.
      updates: how many batches are learned from.
      trials: of each.
      blind: all pictures are black, and nothing is rendered.
      settings: of PPO.
      tell: is told a line after each update.

    Raises:
      UsageError: PyTorch isn't installed, or there is no OpenGL to draw with.
    """
    from gait.seeing.learn import Learner

    learner, walk, bill = Learner(seed, updates, settings), Walk(BallWalker(), trials), Bill()
    cpu, clock = time.process_time(), time.perf_counter()
    with nullcontext() if blind else Eye(walk.walker.model) as eye:
        for k in range(updates):
            seeds = [np.random.SeedSequence([seed, TRAINING_SEED, k, i]) for i in range(trials)]
            balls = [draw_ball(np.random.default_rng(child(s, 2))) for s in seeds]
            walked = walk_balls(walk, balls, seeds, seeing(learner.policy(), drawn=True), eye, SECONDS)
            told = _learn(learner, walked)
            bill.trials, bill.decisions = bill.trials + trials, bill.decisions + sum(len(t.actions) for t in walked)
            bill.charged += sum(t.charged for t in walked)
            bill.processor, bill.wall = time.process_time() - cpu, time.perf_counter() - clock
            reached = float(np.mean([t.outcome == "reached" for t in walked]))
            bill.curve.append((round(bill.charged / 3600, 4), reached))
            tell(
                f"update {k + 1:3d}  {bill.charged / 3600:5.2f} h simulated  reached {reached:4.0%}  return "
                f"{np.mean([rewards(t).sum() for t in walked]):5.2f}  "
                + "  ".join(f"{name} {value:.3f}" for name, value in told.items())
                + f"  {bill.processor / 60:.1f} min of processor time"
            )
    return learner.policy(), bill


def _learn(learner: Learner, walked: Sequence[BallTrial]) -> dict[str, float]:
    """One update from a batch of trials."""
    told = [states(t) for t in walked]
    worth = [
        advantages(rewards(t), learner.values(s), t.outcome != "time out") for t, s in zip(walked, told, strict=True)
    ]
    return learner.learn(
        np.concatenate([t.pictures for t in walked]), np.concatenate([t.actions for t in walked]),
        np.concatenate([s[:-1] for s in told]), np.concatenate(worth),
    )  # fmt: skip
