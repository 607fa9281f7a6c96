"""BallWalker: worlds of the quadruped, each with a ball of its own; a trial ends when the ball is reached."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from gait.controllers import find_controller, find_gait
from gait.robots.quadruped import QuadrupedWalker
from gait.seeing.world import NOSE, RADIUS, REACH, Ball, seeing_robot
from gait.simulate import Flag
from gait.tasks.quadruped import NOISE
from gait.trial import Ending, Stop

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SECONDS = 30.0
"""A ball must be reached within."""
ACTIONS = ("curvature", "stride length", "skew")
"""What is decided once a stride; each from -1 to 1, and clipped there."""
SHARPEST = 5.0
"""Curvature of the path at action 1 [1/m], left."""
GAIT = {
    "front_locus_height": 4.0, "front_locus_x_offset": 3.7, "front_locus_y_offset": 3.7, "rear_locus_height": 6.6,
    "rear_locus_x_offset": -0.1, "rear_locus_y_offset": -2.9, "locus_length": 6.5, "locus_skew_multiplier": 0.0,
    "front_body_height": 7.5, "rear_body_height": 10.8, "locus_time": 0.58, "ground_fraction": 0.5,
}  # fmt: skip
"""The gait at action 0: about one that REINFORCE found (0.58 m/s, see benchmarks/optimizers.jsonl), with a shorter
stroke and without its skew."""
VARIED = {"locus_length": 1.0, "locus_skew_multiplier": 0.3}
"""What else is decided: stride length and skew, and how much an action of 1 adds, in the parameter's unit."""


class BallWalker(QuadrupedWalker):
    """Worlds of the seeing quadruped; implements `gait.simulate.Walker`.

    An action (3,) is one of `ACTIONS` each: the curvature of the path, and by how much the half-axis of the feet's
    ellipse and the skew of the stroke differ from those of `GAIT`. A trial ends, completed, when the ball is reached
    or the seconds are over; `reached` says which.

    Args:
      noise: level of the trial noise, as in `gait.tasks.quadruped`.
    """

    def __init__(self, noise: str = "default") -> None:
        robot = seeing_robot()
        controller = find_controller("half-ellipse")(robot.body, find_gait("trot").offsets)
        super().__init__(robot, controller, NOISE[noise], SECONDS)
        names = [p.name for p in controller.space.parameters]
        self.base = controller.space.point(GAIT)
        self.places = [names.index(name) for name in VARIED]
        ranges = [controller.space.parameters[p] for p in self.places]
        self.scales = np.array([s / (r.high - r.low) for s, r in zip(VARIED.values(), ranges, strict=True)])

    def attach(self, batch: Batch) -> None:
        """Bind to the arrays of a batch of n worlds."""
        super().attach(batch)
        self.mocap = batch.bind("mocap_pos")
        self.ball = np.zeros((batch.nsim, 2))
        self.reached = np.zeros(batch.nsim, bool)

    def begin(self, i: int, rng: np.random.Generator, seconds: float, stop: Stop | None = None) -> None:
        """Prepare world `i` for a trial, draw its noise; `put` its ball afterwards."""
        super().begin(i, rng, seconds, stop)
        self.reached[i] = False

    def put(self, i: int, ball: Ball) -> None:
        """Put the ball of world `i` down."""
        self.ball[i] = ball.place
        self.mocap[i, 0] = [*ball.place, RADIUS]

    def act(self, ids: Ints, actions: Array) -> None:
        """Walk with these actions (k, 3) from now on."""
        a = np.clip(actions, -1.0, 1.0)
        cube = np.repeat(self.base[None], len(a), axis=0)
        cube[:, self.places] += self.scales * a[:, 1:]
        super().act(ids, cube)
        self.turn[ids] = SHARPEST * a[:, 0]

    def measure(self, ids: Ints, records: Mapping[str, Array]) -> int:
        """Measure after a tick, set `flags`: a ball that is reached ends the trial. How many flags are set."""
        wanting = super().measure(ids, records)
        near = self.nose_to_ball(ids)[0] <= REACH
        if not near.any():
            return wanting
        for i in ids[near]:
            if self.flags[i] in (Flag.WALKING, Flag.DECIDE, Flag.COMPLETED):
                wanting += self.flags[i] == Flag.WALKING
                self.flags[i] = Flag.COMPLETED
                self.reached[i] = True
        return wanting

    def nose_to_ball(self, ids: Ints) -> tuple[Array, Array]:
        """Distance (k,) from the tip of the snout to the ball's centre [m], and its bearing (k,), left [rad]."""
        q = self.qpos[ids]
        w, x, y, z = q[:, 3:7].T
        ahead = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z)])
        c, s = ahead / np.hypot(*ahead)
        dx, dy = (self.ball[ids] - q[:, :2]).T
        along, left = c * dx + s * dy - NOSE[0], c * dy - s * dx - NOSE[1]
        return np.hypot(along, left), np.arctan2(left, along)

    def outcome(self, i: int, ending: Ending) -> str:
        """How the trial of world `i` ended: `reached`, `time out`, `fell` or `diverged`."""
        if ending is not Ending.COMPLETED:
            return str(ending)
        return "reached" if self.reached[i] else "time out"
