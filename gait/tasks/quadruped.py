"""Task `quadruped`: how fast can this robot walk forward? (Kohl & Stone, ICRA 2004)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from gait.controllers import find_controller, find_gait
from gait.errors import UsageError, unknown_name
from gait.robots import find_robot
from gait.robots.quadruped import FEATURES, Noise, QuadrupedWalker
from gait.simulate import Walk, record_trial, walk_trials
from gait.task import Problem, Recording, Seconds, State, Task
from gait.trial import Query, Trial

SECONDS = Seconds(low=4.0, default=8.0, high=60.0)
"""How long a trial may be [s]."""
NOISE: dict[str, Noise] = {
    "off": Noise(joints=0.0, friction=0.0, servo=0.0, mass=0.0),
    "low": Noise(joints=0.002, friction=0.004, servo=0.004, mass=0.002),
    "default": Noise(joints=0.015, friction=0.04, servo=0.03, mass=0.015),
    "high": Noise(joints=0.06, friction=0.20, servo=0.10, mass=0.06),
}
"""Trial noise by level."""
SPREAD: dict[str, float] = {"off": 0.0, "low": 0.037, "default": 0.053, "high": 0.152}
"""Standard deviation of one 8 s trial's speed relative to the speed, mean of the published initial and best gait.

Measured by scripts/noise_levels.py (64 trials). The best gait alone scatters by 0.7, 1.3 and 4.3 %; the initial gait is
near an instability of its heading, and scatters by 6.6, 9.3 and 26 %, however small the noise.
"""
WORLDS = 128
"""Worlds a thread walks together at most."""


class Quadruped(Task):
    """Mean forward speed of a quadruped's gait.

    Args:
      robot: name of the robot.
      controller: name of the controller whose parameters are tuned.
      gait: name of the phase offsets.
      noise: level of the trial noise.
      threads: physics threads; 0 is one a core.

    Raises:
      UsageError: a name is unknown.
    """

    name: ClassVar[str] = "quadruped"
    version: str = "1"
    about: ClassVar[str] = "forward speed of a small quadruped with parameterized foot paths"
    score_name: ClassVar[str] = "speed"
    score_unit: ClassVar[str] = "m/s"
    setup_seconds: ClassVar[float] = 2.0
    fall_seconds: ClassVar[float] = 8.0
    decision: ClassVar[Literal["stride", "trial"]] = "stride"

    def __init__(
        self,
        robot: str = "ers210",
        controller: str = "half-ellipse",
        gait: str = "trot",
        noise: str = "default",
        threads: int = 0,
    ) -> None:
        if noise not in NOISE:
            raise UsageError(unknown_name("noise level", noise, NOISE))
        self._fields = {"robot": robot, "controller": controller, "gait": gait, "noise": noise}
        self.threads = threads
        self.robot = find_robot(robot)
        self.model = self.robot.model
        self.title = f"{robot} · {gait} · {controller}"
        self.controller = find_controller(controller)(self.robot.legs, find_gait(gait), self.robot.foot_radius)
        self.noise = NOISE[noise]
        self.problem = Problem(self.controller.space, FEATURES, SECONDS, lambda seconds: SPREAD[noise])
        self._walks: list[Walk] = []

    def fields(self) -> dict[str, Any]:
        """The constructor's keywords that make this task again."""
        return dict(self._fields)

    def headline(self) -> str:
        """The task in a few words."""
        f, d = self._fields, len(self.problem.space)
        return f"quadruped · {f['robot']} · {f['gait']} · {f['controller']}, {d} parameters · noise {f['noise']}"

    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """Walk every query afresh; there is no state to carry."""
        return walk_trials(self, self._worlds(len(queries)), queries, seeds), None

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """Walk one query and keep its motion, a frame every 8 ms."""
        return record_trial(self, self._worlds(1)[0], query, seed)

    def score(self, measures: Mapping[str, float | None]) -> float:
        """Forward speed [m/s]."""
        return float(measures["speed"] or 0.0)

    def model_changed(self) -> None:
        """Forget the worlds under way: the model they were made from was edited."""
        self._walks = []

    def _worlds(self, n: int) -> list[Walk]:
        """Worlds enough for n trials, or as many as are walked together, a thread each part; kept between batches."""
        lanes = self.threads or os.cpu_count() or 1
        each = min(-(-n // lanes), WORLDS)
        if len(self._walks) != lanes or self._walks[0].n < each:
            self._walks = [
                Walk(QuadrupedWalker(self.robot, self.controller, self.noise, SECONDS.high), each) for _ in range(lanes)
            ]
        return self._walks
