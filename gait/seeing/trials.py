"""Walk to balls: trials of many worlds at once, a picture and a decision a stride."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.seeing.camera import Eye, Picture
from gait.seeing.policy import BLACK, SeeingPolicy
from gait.seeing.walker import SECONDS, SHARPEST, BallWalker
from gait.seeing.world import RADIUS, Ball
from gait.simulate import Walk, child
from gait.tasks.quadruped import Quadruped

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sight(NamedTuple):
    """What there is to be known when a stride begins; who steers may be told only some of it."""

    picture: Picture
    """(64, 64, 3) of the head camera; black for whom nothing is rendered."""
    distance: float
    """From the tip of the snout to the ball's centre, seen from above [m]."""
    bearing: float
    """Of the ball from there, left of where the trunk faces [rad]."""


Pilot = Callable[[Sight, np.random.Generator], NDArray[np.floating[Any]]]
"""Who decides: an action (3,) from what is seen; chance comes from the trial's own stream."""


@dataclass(frozen=True, eq=False)
class BallTrial:
    """A walk to a ball: T decisions and how it ended."""

    ball: Ball
    outcome: str
    """`reached`, `time out`, `fell` or `diverged`."""
    walked: float
    """Simulated seconds."""
    charged: float
    """Seconds on the bill: walked, set-up, and the fall cost if it fell, as in task `quadruped`."""
    pictures: NDArray[np.uint8]
    """(T, 64, 64, 3) seen at the decisions."""
    actions: Array
    """(T, 3) unclipped draws."""
    places: Array
    """(T + 1, 2) distance [m] and bearing [rad] of the ball from the nose at the decisions and at the end."""
    times: Array
    """(T + 1,) of the same [s]."""


def told(sight: Sight, rng: np.random.Generator) -> Array:
    """The upper bound: steers by the true bearing, three times it as curvature [1/m]."""
    return np.array([3.0 * sight.bearing / SHARPEST, 0.0, 0.0])


def seeing(policy: SeeingPolicy, *, drawn: bool = False) -> Pilot:
    """Steers by the picture alone: the policy's mean, or a draw."""

    def pilot(sight: Sight, rng: np.random.Generator) -> NDArray[np.floating[Any]]:
        return policy.act(sight.picture, rng) if drawn else policy.means(sight.picture)

    return pilot


def curve(curvature: float) -> Pilot:
    """Walks a path of one curvature [1/m], whatever there is: all that a blind robot without a memory can do."""
    return lambda sight, rng: np.array([curvature / SHARPEST, 0.0, 0.0])


class _Log:
    """Of one world's trial as it goes on."""

    def __init__(self, ball: Ball, rng: np.random.Generator) -> None:
        self.ball, self.rng = ball, rng
        self.pictures: list[Picture] = []
        self.actions: list[Array] = []
        self.places: list[tuple[float, float]] = []
        self.times: list[float] = []


def walk_balls(
    walk: Walk, balls: Sequence[Ball], seeds: Sequence[np.random.SeedSequence], pilot: Pilot, eye: Eye | None = None,
    seconds: float = SECONDS,
) -> list[BallTrial]:  # fmt: skip
    """Walk to each ball in a world of its own, as many at a time as there are worlds.

    Args:
      walk: worlds of a `BallWalker`.
      balls: one a trial.
      seeds: one a trial; noise and chance depend on nothing else.
      pilot: who decides.
      eye: the head camera; without it all pictures are black.
      seconds: after which a trial is over.
    """
    trials: list[BallTrial] = []
    for first in range(0, len(balls), walk.n):
        part = slice(first, first + walk.n)
        trials += _walk_together(walk, balls[part], seeds[part], pilot, eye, seconds)
    return trials


def _walk_together(
    walk: Walk, balls: Sequence[Ball], seeds: Sequence[np.random.SeedSequence], pilot: Pilot, eye: Eye | None,
    seconds: float,
) -> list[BallTrial]:  # fmt: skip
    walker = walk.walker
    assert isinstance(walker, BallWalker)
    ids = np.arange(len(balls))
    walk.stop()
    walk.reset(ids, [np.random.default_rng(child(s, 0)) for s in seeds], [seconds] * len(ids))
    logs = [_Log(b, np.random.default_rng(child(s, 1))) for b, s in zip(balls, seeds, strict=True)]
    for i, ball in enumerate(balls):
        walker.put(i, ball)
        walker.place(i, np.zeros(3))  # stands, so that it sees before its first stride
    done: dict[int, BallTrial] = {}
    while len(done) < len(balls):
        sights = _look(walker, ids, eye)
        for i, sight in zip(ids.tolist(), sights, strict=True):
            _note(logs[i], walker, i, sight)
            logs[i].pictures.append(sight.picture)
            logs[i].actions.append(np.asarray(pilot(sight, logs[i].rng), float))
        steps = walk.advance([logs[i].actions[-1] for i in ids], ids)
        for i, ending in zip(steps.ids.tolist(), steps.endings, strict=True):
            if ending is not None:
                _note(logs[i], walker, i, _look(walker, np.array([i]), None)[0])
                done[i] = _trial(logs[i], walker.outcome(i, ending), walker.walked(i))
        ids = steps.ids[np.array([e is None for e in steps.endings], bool)]
    return [done[i] for i in range(len(balls))]


def _look(walker: BallWalker, ids: Ints, eye: Eye | None) -> list[Sight]:
    distance, bearing = walker.nose_to_ball(ids)
    sights = []
    for k, i in enumerate(ids.tolist()):
        picture = eye.look(walker.qpos[i], np.array([*walker.ball[i], RADIUS])) if eye else BLACK
        sights.append(Sight(picture, float(distance[k]), float(bearing[k])))
    return sights


def _note(log: _Log, walker: BallWalker, i: int, sight: Sight) -> None:
    log.places.append((sight.distance, sight.bearing))
    log.times.append(walker.walked(i))


def _trial(log: _Log, outcome: str, walked: float) -> BallTrial:
    fell = outcome in ("fell", "diverged")
    charged = walked + Quadruped.setup_seconds + (Quadruped.fall_seconds if fell else 0.0)
    arrays = np.array(log.pictures), np.array(log.actions), np.array(log.places), np.array(log.times)
    return BallTrial(log.ball, outcome, walked, charged, *arrays)
