"""Truth: what laws truly cost a person, each walked afresh for minutes; and the landscape that comes of many laws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from gait.controllers.torque_profile import SPACE
from gait.policy import Constant
from gait.tasks.exoskeleton import Exoskeleton
from gait.trial import Ending, Query

Law = tuple[float, ...]
"""A point of the unit cube."""

TRUTH_SEED = 7
"""First word of the entropy of these walks' seeds."""
SECONDS = 360.0
HIGHEST = 0.75
"""Of the range of the peak torque, for the first laws: above 0.6 N·m/kg people soon fall."""
BROAD, CLOSER, WIDTHS = 96, 16, (0.10, 0.05)
"""Laws that cover the box, and rounds of so many around the best one with these standard deviations."""
FINALISTS, AGAIN = 3, 3
"""So many of the best laws are walked again so many times: the best reading of many is luck, and so is standing."""


@dataclass(frozen=True)
class Walks:
    """Laws that one person walks with, without adapting, each from its own start; a question of a kept study."""

    participant: str
    laws: tuple[Law, ...]
    seed: int = 0
    seconds: float = SECONDS

    @cached_property
    def described(self) -> dict[str, Any]:
        """All that the answer follows from, as plain data."""
        said = {"kind": "truth", "participant": self.participant, "task_version": self._task().version,
                "laws": self.laws, "seed": self.seed, "seconds": self.seconds}  # fmt: skip
        return dict(json.loads(json.dumps(said)))

    def walk(self, work: Path) -> dict[str, Any]:
        """Walk them; the line has each law's true net rate [W/kg], None where the person fell."""
        task = self._task()
        queries = [Query(k, Constant(np.array(law)), self.seconds) for k, law in enumerate(self.laws)]
        seeds = [np.random.SeedSequence([TRUTH_SEED, self.seed, k]) for k in range(len(queries))]
        trials, _ = task.run(queries, seeds, None)
        stood = [t.ending is Ending.COMPLETED for t in trials]
        rates = [t.truth["metabolic_rate"] if up else None for t, up in zip(trials, stood, strict=True)]
        return self.described | {"rates": rates, "walked": float(sum(t.walked for t in trials))}

    def _task(self) -> Exoskeleton:
        return Exoskeleton(participant=self.participant, threads=1)


def no_torque(participant: str) -> Walks:
    """Four walks without torque: what savings are over."""
    return Walks(participant, ((0.0, *SPACE.default[1:].tolist()),) * 4)


def broad(participant: str) -> list[Walks]:
    """Laws that cover the box evenly, the same for all people, in parts."""
    points = qmc.Sobol(len(SPACE), scramble=True, seed=0).random_base2(7)[:BROAD] * [HIGHEST, 1.0, 1.0, 1.0]
    laws = _laws(np.round(points, 6))
    return [Walks(participant, laws[part::3], part) for part in range(3)]


def closer(participant: str, best: Sequence[float], number: int) -> Walks:
    """Laws scattered around the best one known, round `number` of them."""
    rng = np.random.default_rng([TRUTH_SEED, number])
    points = np.asarray(best) + WIDTHS[number] * rng.standard_normal((CLOSER, len(SPACE)))
    return Walks(participant, _laws(np.round(np.clip(points, 0.0, 1.0), 6)), 10 + number)


def again(participant: str, laws: Sequence[Law]) -> list[Walks]:
    """The best few once more, several times each."""
    return [Walks(participant, tuple(laws), 20 + k) for k in range(AGAIN)]


def ranked(lines: Sequence[dict[str, Any]]) -> list[tuple[float, Law]]:
    """Rates and laws of walks that stood, best first."""
    pairs = [(r, tuple(law)) for x in lines for r, law in zip(x["rates"], x["laws"], strict=True) if r is not None]
    return sorted(pairs)


def _laws(points: NDArray[Any]) -> tuple[Law, ...]:
    return tuple(tuple(p) for p in points.tolist())
