"""Task `quadruped`: how fast can this robot walk forward? (Kohl & Stone, ICRA 2004)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np

from gait.controllers import find_controller, find_gait
from gait.errors import UsageError, unknown_name
from gait.objective import read_objective
from gait.robots import find_robot
from gait.robots.conditions import Conditions, Noise
from gait.robots.quadruped import FEATURES, Course, QuadrupedWalker
from gait.simulate import Walk
from gait.task import Problem, Recording, Seconds, State, Task
from gait.trial import Ending, Query, Trial
from gait.walking import record_trial, walk_trials

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


SLIPPERY, PUSHED = 0.5, 0.15
"""Robustness: the ground's friction on slippery ground, as a share of the floor's, and pushes, as a change of speed
[m/s] of the whole robot."""


class Quadruped(Task):
    """How well a quadruped walks with a gait.

    Args:
      robot: name of the robot, or its description file.
      controller: name of the controller whose parameters are tuned; none is the robot's own.
      gait: name of the phase offsets and duty factor it starts with.
      noise: level of the trial noise.
      objective: what counts as good: a name, or `measure=weight,…`.
      command_speed: speed that an objective wants walked at [m/s].
      condition: what makes walking harder, such as `slope=5deg,payload=0..0.3kg`.
      turn: curvature of the path to be walked, left positive [1/m].
      heading_hold: how strongly it is steered back to its path [1/m], 0: not at all; none is the robot's own.
      tune_phases: whether phase offsets of three legs are parameters too.
      threads: physics threads; 0 is one a core.

    Raises:
      UsageError: a name is unknown, or a value out of bounds.
    """

    name: ClassVar[str] = "quadruped"
    version: str = "1"
    about: ClassVar[str] = "forward speed (or another objective) of a quadruped with a parameterized gait"
    score_name: str = "speed"
    score_unit: str = "m/s"
    setup_seconds: float = 2.0
    fall_seconds: ClassVar[float] = 8.0
    decision: ClassVar[Literal["stride", "trial"]] = "stride"

    def __init__(
        self,
        robot: str = "ers210",
        controller: str = "",
        gait: str = "trot",
        noise: str = "default",
        objective: str = "speed",
        command_speed: str | float = "",
        condition: str = "",
        turn: str | float = 0.0,
        heading_hold: str | float = "",
        tune_phases: bool = False,
        threads: int = 0,
    ) -> None:
        if noise not in NOISE:
            raise UsageError(unknown_name("noise level", noise, NOISE))
        self.objective = read_objective(objective, _number("--command-speed", command_speed))
        self.conditions = Conditions.parse(condition)
        self.threads = threads
        self.robot = find_robot(robot, self.conditions.most("rough"), round(self.conditions.most("ground")))
        controller = controller or self.robot.controller
        hold = _number("--heading-hold", heading_hold, 0.0, 100.0)
        self.course = Course(
            _number("--turn", turn, -20.0, 20.0) or 0.0, self.robot.heading_hold if hold is None else hold
        )
        asked: dict[str, Any] = {"robot": robot, "controller": controller, "gait": gait, "noise": noise}
        more = {
            "objective": (objective, "speed"), "command_speed": (command_speed, ""), "condition": (condition, ""),
            "turn": (turn, 0.0), "heading_hold": (heading_hold, ""), "tune_phases": (tune_phases, False),
        }  # fmt: skip
        # what isn't asked for isn't told: a run of before there was more to ask is the run it was
        self._fields = asked | {name: value for name, (value, default) in more.items() if value != default}
        self.model = self.robot.model
        held = "path" if self.course.hold else ""  # held to the path; before, to its heading alone
        self.version = "-".join(filter(None, (type(self).version, self.robot.digest, held)))
        self.title = f"{self.robot.name} · {gait} · {controller}"
        self.score_name, self.score_unit = self.objective.name, self.objective.unit
        self.setup_seconds = type(self).setup_seconds * len(self.variants())  # each walk is set up
        kind = find_gait(gait)
        duty = None if gait == "trot" else kind.duty_factor  # where robots start is a trot, of their own duty factor
        self.controller = find_controller(controller)(self.robot.body, kind.offsets, duty, tune_phases)
        self.noise = NOISE[noise]
        self.problem = Problem(self.controller.space, FEATURES, SECONDS, lambda seconds: SPREAD[noise])
        self._walks: list[list[Walk]] = []

    def fields(self) -> dict[str, Any]:
        """The constructor's keywords that make this task again."""
        return dict(self._fields)

    def headline(self) -> str:
        """The task in a few words."""
        f, d = self._fields, len(self.problem.space)
        more = [f"{k.replace('_', ' ')} {v}" for k, v in f.items() if k not in ("robot", "gait", "controller", "noise")]
        said = " · ".join([f"noise {f['noise']}", *more])
        return f"quadruped · {self.robot.name} · {f['gait']} · {f['controller']}, {d} parameters · {said}"

    def variants(self) -> list[Conditions]:
        """The walks that a trial is made of: one, or for robustness three."""
        if self.objective.name != "robustness":
            return [self.conditions]
        friction = SLIPPERY * float(self.model.geom_friction[self.robot.floor, 0])
        push = PUSHED * float(self.model.body_mass.sum())
        harder = ({"push": (push, push)}, {"friction": (friction, friction)})
        return [self.conditions, *(self.conditions.with_ranges(more) for more in harder)]

    def planned(self, query: Query) -> float:
        """What a query may cost: every walk of it lasts as long."""
        return len(self.variants()) * self.problem.seconds.check(query.seconds) + self.setup_seconds

    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """Walk every query afresh; there is no state to carry.

        Raises:
          UsageError: a query has a stop rule, and its running score isn't known while it walks.
        """
        if not self.objective.plain and any(q.stop for q in queries):
            raise UsageError(f"--early-stop: the objective {self.objective.name} is known at a trial's end only.")
        walked = [walk_trials(self, walks, queries, seeds) for walks in self._variant_worlds(len(queries))]
        trials = [self._together(parts) for parts in zip(*walked, strict=True)]
        return trials, None

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """Walk one query as it is and keep its motion, a frame a command."""
        recording = record_trial(self, self._worlds(1)[0], query, seed)
        (trial,), _ = ([recording.trial], None) if len(self.variants()) == 1 else self.run([query], [seed])
        return replace(recording, trial=trial if len(self.variants()) > 1 else self._scored(trial))

    def score(self, measures: Mapping[str, float | None]) -> float:
        """By the objective; forward speed [m/s] if no other is asked for."""
        return self.objective.score(measures)

    def model_changed(self) -> None:
        """Forget the worlds under way: the model they were made from was edited."""
        self._walks = []

    def _together(self, parts: Sequence[Trial]) -> Trial:
        """The walks of one query as one trial: the worst of them, at the price of all; it fell if one of them did."""
        if len(parts) == 1:
            return self._scored(parts[0])
        scored = [self._scored(p) for p in parts]
        worst = min(scored, key=lambda t: -math.inf if t.score is None else t.score)
        ending = next((e for e in (Ending.DIVERGED, Ending.FELL) if any(t.ending is e for t in parts)), worst.ending)
        falls = sum(t.ending in (Ending.DIVERGED, Ending.FELL) for t in parts)
        walked = sum(t.walked for t in parts)
        charged = walked + self.setup_seconds + falls * self.fall_seconds
        return replace(worst, walked=walked, charged=charged, ending=ending)

    def _scored(self, trial: Trial) -> Trial:
        """A walk by the objective. Others than speed are of whole trials: each stride gets its time's share."""
        if self.objective.plain or trial.score is None:
            return trial
        score = self.final_score(trial.score, trial.measures, trial.ending)
        progress = np.full(len(trial.progress), score)
        return replace(trial, score=score, rewards=score * trial.durations, progress=progress)

    def final_score(self, speed: float, measures: Mapping[str, float | None], ending: Ending) -> float:
        """By the objective, of one walk that ended so, from the walker's own score [m/s] and its measures."""
        if self.objective.plain:
            return speed
        return self.score(measures) if ending is Ending.COMPLETED else self.objective.fallen(speed)

    def walk(self, n: int, threads: int = 1, rate: float = 0.0) -> Walk:
        """n worlds of a trial as it is, for who walks them decision by decision, `rate` of these a second or a stride.

        Raises:
          UsageError: a trial of this objective is more than one walk.
        """
        if len(self.variants()) > 1:
            raise UsageError(f"--objective {self.objective.name}: a trial is {len(self.variants())} walks, not one.")
        return Walk(self._walker(self.conditions, rate), n, threads)

    def _worlds(self, n: int) -> list[Walk]:
        """Those of a trial as it is."""
        return self._variant_worlds(n)[0]

    def _variant_worlds(self, n: int) -> list[list[Walk]]:
        """By variant: worlds enough for n trials, or as many as are walked together, a thread each part; kept."""
        lanes = self.threads or os.cpu_count() or 1
        each = min(-(-n // lanes), WORLDS)
        if not self._walks or len(self._walks[0]) != lanes or self._walks[0][0].n < each:
            self._walks = [[Walk(self._walker(c), each) for _ in range(lanes)] for c in self.variants()]
        return self._walks

    def _walker(self, conditions: Conditions, rate: float = 0.0) -> QuadrupedWalker:
        return QuadrupedWalker(self.robot, self.controller, self.noise, SECONDS.high, conditions, self.course, rate)


def _number(flag: str, value: str | float, low: float = -math.inf, high: float = math.inf) -> float | None:
    """A number that was asked for, None if none was."""
    if value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and low <= number <= high):
        span = f" within [{low:g}, {high:g}]" if math.isfinite(low) else ""
        raise UsageError(f"{flag} {value}: must be a number{span}.")
    return number
