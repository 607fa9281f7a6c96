"""Tuning: one optimizer and one person for an hour of walking, told by what its laws truly save; kept as a line."""

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
from gait.compare.spent import spent_by
from gait.controllers.torque_profile import SPACE, TorqueProfile
from gait.hilo.protocol import Protocol
from gait.hilo.truth import Law, Walks
from gait.optimizers import find_optimizer
from gait.policy import Constant
from gait.session import Session
from gait.tasks.exoskeleton import Exoskeleton

BUDGET = 64 * 60.0
"""Walking time [s]: 32 laws of 2 min, as of Zhang et al. (2017)."""
MOMENTS = (16 * 60.0, 32 * 60.0, 48 * 60.0, BUDGET)
"""What is recommended at these clocks is walked off the bill [s]."""
TRUTH_SEED, TRIES, SECONDS = 50, 2, 90.0
"""A law's truth: so many walks afresh, of so many seconds each, the same for all laws and optimizers."""


@dataclass(frozen=True)
class Tuning:
    """One run from the generic law; people do not adapt."""

    participant: str
    optimizer: str
    settings: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    budget: float = BUDGET

    @cached_property
    def described(self) -> dict[str, Any]:
        """All that the answer follows from, as plain data."""
        cls = find_optimizer(self.optimizer)
        said = {
            "kind": "tuning", "participant": self.participant, "optimizer": self.optimizer, "seed": self.seed,
            "settings": dataclasses.asdict(cls.Settings.parse(self.settings)), "budget": self.budget,
            "task_version": self._task().version, "code": code_of(cls), "moments": MOMENTS,
            "truth": [TRUTH_SEED, TRIES, SECONDS],
        }  # fmt: skip
        return dict(json.loads(json.dumps(said)))

    def walk(self, work: Path) -> dict[str, Any]:
        """Spend the budget, then walk what was recommended at each moment.

        The line has `laws`, with the clock [s] from which each was recommended, and `rates`, the true net rates
        [W/kg] of their walks, None where the person fell; the start is first.
        """
        work.mkdir(parents=True, exist_ok=True)
        seed = Protocol(seed=self.seed).seed_of(self.participant)
        recommended: list[tuple[float, Law]] = [(0.0, tuple(SPACE.default.tolist()))]
        with tempfile.TemporaryDirectory(dir=work) as place:
            run = Path(place) / "run"
            with Session.new(
                run, self._task(), self.optimizer, budget=self.budget, seed=seed, settings=self.settings
            ) as session:  # fmt: skip
                session.catch_up()
                while session.walk_batch():
                    law = session.optimizer.recommend()
                    assert isinstance(law, Constant)
                    recommended.append((session.tally.clock, tuple(law.x.tolist())))
                trials, endings = session.tally.trials, dict(session.tally.endings)
            spent = spent_by(run)
        laws = at_moments(recommended)
        true = {law: self.truth(law).walk(work) for law in dict.fromkeys(law for _, law in laws)}
        return self.described | {
            "laws": [[clock, law] for clock, law in laws], "rates": [true[law]["rates"] for _, law in laws],
            "validation": sum(line["walked"] for line in true.values()), "trials": trials,
            "endings": endings, "spent": spent._asdict(),
            "parameters": dict(zip(SPACE.names, TorqueProfile.from_unit(laws[-1][1]).values.tolist(), strict=True)),
        }  # fmt: skip

    def truth(self, law: Law) -> Walks:
        """The walks that tell what a law truly costs this person."""
        return Walks(self.participant, (law,) * TRIES, TRUTH_SEED, SECONDS)

    def _task(self) -> Exoskeleton:
        return Exoskeleton(participant=self.participant, threads=1)


def at_moments(recommended: list[tuple[float, Law]]) -> list[tuple[float, Law]]:
    """Of what was recommended from which clock on, in order: the first, and what held at each of the moments."""
    kept = [recommended[0]]
    for moment in MOMENTS:
        last = [pair for pair in recommended if pair[0] <= moment][-1]
        if last != kept[-1]:
            kept.append(last)
    return kept


def saving_of(rates: list[float | None], zero: float) -> float:
    """Share of the net rate without torque that a law's walks save on average; one that ends in a fall saves nothing.

    Args:
      rates: true net rates [W/kg] of the walks, None where the person fell.
      zero: the net rate without torque [W/kg].
    """
    return sum(0.0 if rate is None else 1.0 - rate / zero for rate in rates) / len(rates)
