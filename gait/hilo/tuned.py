"""Tuned: what kept tunings came to, as a study of optimizers whose runs pair by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gait.compare.kept import Kept, Line
from gait.compare.study import Study
from gait.hilo.truth import no_torque
from gait.hilo.tuning import BUDGET, Tuning, saving_of

Key = tuple[str, int]
"""Person and seed."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What is known of the questions put to each optimizer."""

    kept: Kept
    asked: Mapping[str, Sequence[Tuning]]

    @cached_property
    def found(self) -> dict[str, dict[Key, Line]]:
        """The lines of each optimizer that isn't two or more people behind the others."""
        every = {}
        for name, row in self.asked.items():
            known = {
                (q.participant, q.seed): self.kept.find(q) for q in row if self.kept.find(no_torque(q.participant))
            }
            every[name] = {key: line for key, line in known.items() if line is not None}
        most = max((len(lines) for lines in every.values()), default=0)
        return {name: lines for name, lines in every.items() if lines and len(lines) >= most - 1}

    @cached_property
    def shared(self) -> list[Key]:
        """Who was met by all of them, in the order asked."""
        rows = list(self.found.values())
        return [key for key in rows[0] if all(key in row for row in rows)] if rows else []

    @cached_property
    def known(self) -> dict[str, list[Line]]:
        """Each optimizer's lines with those people; empty if there's none that all have met."""
        if not self.shared:
            return {}
        return {name: [lines[key] for key in self.shared] for name, lines in self.found.items()}

    def zero(self, participant: str) -> float:
        """The net rate without torque [W/kg]."""
        line = self.kept.find(no_torque(participant)) or {}
        return float(np.mean([rate for rate in line["rates"] if rate is not None]))


def study_of(answers: Answers, goal: float) -> Study:
    """The study; `goal` is the saving [%] whose time is told."""
    results = {
        name: [_result(line, answers.zero(line["participant"])) for line in lines]
        for name, lines in answers.known.items()
    }
    return Study(results, BUDGET, goal, paired=True)


def _result(line: Line, zero: float) -> dict[str, Any]:
    """A line as a run's result: its score is the true saving over no torque [%]."""
    curve = [
        {"clock": clock, "mean": 100 * saving_of(rates, zero), "sd": None, "n": len(rates)}
        for (clock, _), rates in zip(line["laws"], line["rates"], strict=True)
    ]
    spent = line["spent"]
    walking = spent["walking"] + spent["again"] + spent["stopped"] + spent["fallen"]
    charged = walking + spent["setup"] + spent["falls"]
    return {
        "task": "exoskeleton", "optimizer": line["optimizer"], "seed": f"participant {line['participant']}",
        "budget": line["budget"], "score_name": "true saving over no torque", "score_unit": "%", "start": curve[0],
        "recommended": curve[-1], "curve": curve, "trials": line["trials"], "endings": line["endings"],
        "seconds": {"walking": walking, "setup": spent["setup"], "falls": spent["falls"], "charged": charged,
                    "validation": line["validation"]},
    }  # fmt: skip


def tell(answers: Answers) -> list[str]:
    """Who was met, and how often the laws found trip people."""
    people = list(dict.fromkeys(participant for participant, _ in answers.shared))
    tripped = {
        name: sum(rate is None for line in lines for rate in line["rates"][-1]) for name, lines in answers.known.items()
    }
    walks = sum(len(line["rates"][-1]) for line in next(iter(answers.known.values())))
    told = ", ".join(f"{name} {count}" for name, count in tripped.items())
    return [
        f"People: {', '.join(people)}. They do not adapt.",
        f"Of {walks} walks with the last laws, so many ended in a fall: {told}.",
    ]
