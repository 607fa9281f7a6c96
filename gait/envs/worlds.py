"""Worlds: n quadrupeds between two decisions: what environments see, get and are charged. One world is n = 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.envs.actions import Actions
from gait.robots.odometer import ACROSS, ALONG, PITCH, PITCH_RATE, ROLL, ROLL_RATE, YAW
from gait.robots.quadruped import QuadrupedWalker
from gait.simulate import child
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

LIMITS = {
    "trunk pitch [rad]": np.pi, "trunk roll [rad]": np.pi, "heading [rad]": np.pi, "pitch rate [rad/s]": 50.0,
    "roll rate [rad/s]": 50.0, "yaw rate [rad/s]": 50.0, "forward speed [m/s]": 10.0, "sideways speed [m/s]": 10.0,
    "cosine of the phase": 1.0, "sine of the phase": 1.0,
}  # fmt: skip
"""What is seen of the trunk and the stride, and how large it may be: what is beyond is cut.

Pitch is nose up, heading and sideways to the left, both counted from where walking began; speeds are means since the
last decision.
"""
FELL = (Ending.FELL, Ending.DIVERGED)
CONTACTS = tuple(f"{leg} on the ground" for leg in ("FL", "FR", "HL", "HR"))


@dataclass(frozen=True)
class Bill:
    """Simulated seconds."""

    walked: float
    """By physics."""
    charged: float
    """Walked, set-ups and falls, as the task charges."""


@dataclass(frozen=True)
class Outcome:
    """What a decision of k worlds came to; arrays (k, ...)."""

    seen: Floats
    rewards: Array
    durations: Array
    endings: tuple[Ending | None, ...]


class Worlds:
    """n quadrupeds, each in an episode of its own: a trial of the task, decision by decision.

    Args:
      task: whose trials are walked.
      n: number of worlds.
      actions: what actions mean.
      seconds: of an episode.
      rate: decisions a second; 0: one a stride.
      threads: physics threads; 0 is one a core. Results do not depend on it.
    """

    def __init__(
        self, task: Quadruped, n: int, actions: Actions, seconds: float | None, rate: float = 0.0, threads: int = 1
    ) -> None:
        self.task, self.n, self.actions, self.rate = task, n, actions, rate
        self.seconds = task.problem.seconds.check(seconds)
        self.walk = task.walk(n, threads, rate)
        walker = self.walk.walker
        assert isinstance(walker, QuadrupedWalker)
        self.walker = walker
        contacts = len(CONTACTS) if rate else 0
        self.limits = np.array([*LIMITS.values(), *np.ones(contacts + len(actions.space))])
        """(o,) how large an observation may be."""
        self.last = np.zeros((n, len(actions.space)))
        """The last action of each world, within [-1, 1]."""
        self.before = np.zeros((n, 2))
        """Where each was along and across its heading at its last decision [m]."""
        self.walking = np.zeros(n, bool)
        """Whose episode is under way."""
        self.total = np.zeros(n)
        """Seconds walked in decisions that were scored."""
        self.settled = Bill(0.0, 0.0)
        """Of episodes that are over."""

    @property
    def bill(self) -> Bill:
        """Seconds so far, those of episodes under way or given up with them."""
        walked, charged = self.settled.walked, self.settled.charged
        for i in np.flatnonzero(self.walking).tolist():
            walked, charged = walked + self.walker.walked(i), charged + self.charged(i, None)
        return Bill(walked, charged)

    def charged(self, i: int, ending: Ending | None) -> float:
        """Seconds on the bill for the episode of world i."""
        return self.task.charge(self.walker.walked(i), ending or Ending.COMPLETED)

    def seconds_of(self, endings: Sequence[Ending | None]) -> tuple[Array, Array]:
        """Seconds walked (n,) and charged (n,) of each world's episode, which ended so or goes on."""
        walked = self.walker.meter.tick * self.walker.tick
        charged = [self.task.charge(w, e or Ending.COMPLETED) for w, e in zip(walked.tolist(), endings, strict=True)]
        return walked, np.array(charged)

    def reset(self, ids: Ints, seeds: Sequence[np.random.SeedSequence]) -> Floats:
        """Begin episodes in the worlds `ids`; what is seen of them (k, o). Where decisions are timed, they stand up."""
        self.begin(ids, seeds)
        if self.rate:
            return self.decide(ids, np.zeros((len(ids), self.last.shape[1]))).seen
        return self.seen(ids, np.zeros(len(ids)))

    def begin(self, ids: Ints, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Begin episodes in the worlds `ids`: until their first decision, they are where the last ones ended."""
        for i in ids[self.walking[ids]]:
            self._settle(int(i), None)
        noise = [np.random.default_rng(child(seed, 0)) for seed in seeds]
        self.walk.reset(ids, noise, [self.seconds] * len(ids))
        self.walker.meter.pose[ids] = 0.0
        self.last[ids], self.before[ids], self.total[ids], self.walking[ids] = 0.0, 0.0, 0.0, True

    def decide(self, ids: Ints, actions: Array) -> Outcome:
        """Act in the worlds `ids` with `actions` (k, d), each until its next decision."""
        self.last[ids] = self.actions.check(actions)
        steps = self.walk.advance_all(self.actions.point(actions), ids)
        seen = self.seen(ids, steps.durations)
        self.total[ids] += steps.durations
        rewards = steps.rewards.copy() if self.task.objective.plain else np.zeros(len(ids))
        for k, (i, ending) in enumerate(zip(ids.tolist(), steps.endings, strict=True)):
            if ending is not None:
                self._settle(i, ending)
                if not self.task.objective.plain:
                    rewards[k] = (self.score(i, ending) or 0.0) * self.total[i]
        return Outcome(seen, np.where(np.isfinite(rewards), rewards, 0.0), steps.durations, steps.endings)

    def score(self, i: int, ending: Ending) -> float | None:
        """The trial's score; None if it diverged."""
        if ending is Ending.DIVERGED:
            return None
        return self.task.final_score(self.walker.score(i, ending), self.walker.measures(i), ending)

    def result(self, i: int, ending: Ending) -> dict[str, Any]:
        """How the episode of world i ended, its score and those measures that have a value."""
        if ending is Ending.DIVERGED:
            return {"ending": str(ending)}
        measures = {name: v for name, v in self.walker.measures(i).items() if v is not None}
        return {"ending": str(ending), "score": self.score(i, ending), "measures": measures}

    def seen(self, ids: Ints, durations: Array) -> Floats:
        """(k, o) observations; durations (k,) since the last decision, which is now."""
        walker, pose = self.walker, self.walker.meter.pose[ids]
        moved = pose[:, [ALONG, ACROSS]] - self.before[ids]
        self.before[ids] += moved
        phase, d = 2.0 * np.pi * walker.phase[ids], self.last.shape[1]
        seen = np.empty((len(ids), len(self.limits)))
        seen[:, :3] = pose[:, [PITCH, ROLL, YAW]]
        seen[:, 2] = np.mod(seen[:, 2] + np.pi, 2.0 * np.pi) - np.pi
        seen[:, 3:5] = pose[:, [PITCH_RATE, ROLL_RATE]]
        seen[:, 5] = np.where(durations > 0.0, walker.qvel[ids, 5], 0.0)
        seen[:, 6:8] = moved / np.maximum(durations, walker.tick)[:, None]
        seen[:, 8], seen[:, 9] = np.cos(phase), np.sin(phase)
        if self.rate:
            seen[:, len(LIMITS) : -d] = walker.contacts[ids]
        seen[:, -d:] = self.last[ids]
        seen[np.isnan(seen)] = 0.0  # of a world that blew up
        cut: Floats = np.clip(seen, -self.limits, self.limits).astype(np.float32)
        return cut

    def _settle(self, i: int, ending: Ending | None) -> None:
        """Put the episode of world i on the bill."""
        walked, charged = self.walker.walked(i), self.charged(i, ending)
        self.settled = Bill(self.settled.walked + walked, self.settled.charged + charged)
        self.walking[i] = False
