"""Chase: how long an optimizer walks one person until it recommends a law that is nearly as good as the best known."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gait.compare.kept import code_of
from gait.controllers.torque_profile import SPACE
from gait.hilo.protocol import Protocol
from gait.hilo.truth import Walks
from gait.optimizers import find_optimizer
from gait.policy import Constant
from gait.session import Session
from gait.space import Space
from gait.tasks.exoskeleton import SECONDS, Exoskeleton

POOR = {"peak_torque": 0.10, "peak_time": 44.0, "rise_time": 34.0, "fall_time": 16.0}
"""The common start: a weak torque, too early and too long; it saves nothing."""
BUDGET = 160 * 60.0
"""Walking time after which a run has failed [s]: ten generations of 2 min laws, forty of 30 s."""


@dataclass(frozen=True)
class Chase:
    """One run from the poor start, ended once its recommendation truly costs no more than `target`; kept as a line."""

    participant: str
    optimizer: str
    seconds: float | None
    """Each law's, for optimizers that don't choose them; None leaves both to the optimizer and the task."""
    seed: int
    target: float
    """Net metabolic rate [W/kg]."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The optimizer's, by name."""
    budget: float = BUDGET

    @cached_property
    def described(self) -> dict[str, Any]:
        """All that the answer follows from, as plain data."""
        cls = find_optimizer(self.optimizer)
        said = dataclasses.asdict(self) | {
            "kind": "chase", "task_version": self.task().version, "code": code_of(cls),
            "settings": dataclasses.asdict(cls.Settings.parse(self.settings)), "start": POOR,
        }  # fmt: skip
        return dict(json.loads(json.dumps(said)))

    @property
    def draws(self) -> int:
        """The run's seed: another one for each person."""
        return Protocol(seed=self.seed).seed_of(self.participant)

    def task(self) -> Exoskeleton:
        """The person, with the poor start and the seconds of this run."""
        task = Exoskeleton(participant=self.participant, threads=1)
        seconds = SECONDS if self.seconds is None else dataclasses.replace(SECONDS, default=self.seconds)
        task.problem = dataclasses.replace(task.problem, space=poor_space(), seconds=seconds)
        return task

    def walk(self, work: Path) -> dict[str, Any]:
        """Walk until it is there or the budget is spent.

        The line has, after each batch, the clock [s] and what the recommendation truly costs in a walk of 360 s off
        the bill, None where the person fell; and the clock at which the target was reached, or None.
        """
        work.mkdir(parents=True, exist_ok=True)
        curve: list[tuple[float, float | None]] = []
        with tempfile.TemporaryDirectory(dir=work) as place, Session.new(
            Path(place) / "run", self.task(), self.optimizer, budget=self.budget, seed=self.draws,
            settings=self.settings,
        ) as session:  # fmt: skip
            session.catch_up()
            while not self._there(curve) and session.walk_batch():
                law = session.optimizer.recommend()
                assert isinstance(law, Constant)
                (rate,) = Walks(self.participant, (tuple(law.x.tolist()),), 30 + self.seed).walk(work)["rates"]
                curve.append((session.tally.clock, rate))
            spent = {"trials": session.tally.trials, "falls": session.tally.endings["fell"]}
        return self.described | {"curve": curve, "reached": curve[-1][0] if self._there(curve) else None} | spent

    def _there(self, curve: list[tuple[float, float | None]]) -> bool:
        rate = curve[-1][1] if curve else None
        return rate is not None and rate <= self.target


def poor_space() -> Space:
    """The laws, with the poor start as their default."""
    return Space([dataclasses.replace(p, default=POOR[p.name]) for p in SPACE.parameters])
