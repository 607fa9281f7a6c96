"""Judging: how many held-out balls a pilot reaches, and how soon."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from gait.seeing.camera import Eye
from gait.seeing.trials import BallTrial, Pilot, walk_balls
from gait.seeing.walker import BallWalker
from gait.seeing.world import spread_balls
from gait.simulate import Walk

HELD_OUT = 100
"""Balls that a policy is judged by."""
HELD_OUT_SEED = 2026
"""Of their places and of the noise of their trials."""
WORLDS = 50
"""Walked at a time; what comes out doesn't depend on it."""


@dataclass(frozen=True)
class Judged:
    """Trials to held-out balls, in the order of their bearings from right to left."""

    trials: list[BallTrial]

    @property
    def success(self) -> float:
        """Share of balls that were reached."""
        return float(np.mean([t.outcome == "reached" for t in self.trials]))

    @property
    def outcomes(self) -> dict[str, int]:
        """How many trials ended how."""
        return dict(sorted(Counter(t.outcome for t in self.trials).items()))

    @property
    def seconds(self) -> float | None:
        """Median time to a ball that was reached [s]; None if none was."""
        took = [t.walked for t in self.trials if t.outcome == "reached"]
        return float(np.median(took)) if took else None


def judge(pilot: Pilot, *, sees: bool, balls: int = HELD_OUT, seed: int = HELD_OUT_SEED) -> Judged:
    """Walk to the held-out balls, spread evenly over all bearings, with the pilot's choice and no draws.

    Args:
      pilot: who decides.
      sees: whether there is a picture; else it's black, and nothing is rendered.
      balls: how many.
      seed: of their places and noise.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """
    walk = Walk(BallWalker(), min(balls, WORLDS))
    seeds = [np.random.SeedSequence([seed, k]) for k in range(balls)]
    places = list(spread_balls(balls, seed))
    if not sees:
        return Judged(walk_balls(walk, places, seeds, pilot))
    with Eye(walk.walker.model) as eye:
        return Judged(walk_balls(walk, places, seeds, pilot, eye))


def in_words(name: str, judged: Judged) -> str:
    """One line: how a pilot did."""
    n = len(judged.trials)
    took = "" if judged.seconds is None else f" · {judged.seconds:.1f} s to a ball (median)"
    ends = ", ".join(f"{count} {outcome}" for outcome, count in judged.outcomes.items())
    return f"{name:<18} {judged.success:6.1%} of {n} held-out balls{took} · {ends}"
