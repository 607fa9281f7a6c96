"""Protocol: what one person does in a study. Laws are tuned while it walks, then compared in mirrored order.

After Zhang et al. (Science 356:1280, 2017): 32 laws of 2 min by CMA-ES, then trials of 6 min with zero torque, a fixed
generic law and the optimized one, each twice in mirrored order (double reversal), so that what drifts slowly falls out
of their differences; the last 3 min of each count. The abstract's result is verified, these details are as recalled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.human.muscles import MUSCLES
from gait.optimizers import find_optimizer
from gait.policy import Constant, Policy
from gait.session import Session
from gait.task import State, Task
from gait.tasks.exoskeleton import SECONDS, Exoskeleton
from gait.trial import Ending, Query, Trial

ZERO, GENERIC, OPTIMIZED, CONTROL = "zero torque", "generic", "optimized", "control"
ORDER = (ZERO, GENERIC, OPTIMIZED, OPTIMIZED, GENERIC, ZERO)
"""Double reversal."""
AGAIN = 2
"""So often a bout is walked again that ended in a fall: else nothing would be known of who can hardly bear its law."""
LAW = 120.0
"""A law's seconds, and so the piece that a control's walk is made of."""
STUDIED = {"cma-es": {"initial_step": "1.5"}}
"""Settings of optimizers in a study, where they aren't given: a first step that saves most and trips least in 4
generations of 8 laws, as scripts/study_first_step.py found on people who don't adapt."""
VALIDATION_SEED, CONTROL_SEED = 5, 6
"""Second word of the entropy of seeds, beside those of a run's own trials."""


@dataclass(frozen=True)
class Protocol:
    """What every person of a study does.

    Raises:
      UsageError: the optimizer or a setting is unknown, or the time is too short for a law.
    """

    optimizer: str = "cma-es"
    settings: Mapping[str, str] = field(default_factory=dict)
    """The optimizer's; those of `STUDIED` go without saying."""
    budget: float = 64 * 60.0
    """Walking time for the optimizer [s]."""
    seed: int = 0
    bout: float = 360.0
    """Each law's seconds in validation; the second half counts."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The task's, but for who walks and whether it adapts."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", {**STUDIED.get(self.optimizer, {}), **self.settings})
        find_optimizer(self.optimizer).Settings.parse(self.settings)
        if not LAW <= self.budget < float("inf"):
            raise UsageError(f"--minutes {self.budget / 60:g}: a study needs {LAW / 60:g} minutes or more.")
        SECONDS.check(0.5 * self.bout)

    def seed_of(self, participant: str) -> int:
        """A seed for each person: with one for all, all would try the same laws."""
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{participant}".encode()).digest()[:4], "big")

    def task(self, participant: str, adaptation: str, threads: int = 1, **changes: Any) -> Exoskeleton:
        """The person with the devices on."""
        fields = {**self.fields, **changes}
        return Exoskeleton(participant=participant, adaptation=adaptation, threads=threads, **fields)


@dataclass(frozen=True)
class Bout:
    """Six minutes of walking with one law, of which the last three count."""

    law: str
    true: float | None
    """Noise-free net metabolic rate [W/kg]; None if the person fell in what counts, each time."""
    measured: float | None
    """The same as estimated from breaths."""
    fell: int
    """Falls in all of it, bouts that were walked again too."""
    walked: float
    """All seconds of it [s]."""
    muscles: Mapping[str, float | None]
    """Each muscle's share of the true rate [W/kg]."""

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        return vars(self) | {"muscles": dict(self.muscles)}


def walk_bouts(
    task: Task, state: State, order: Sequence[str], laws: Mapping[str, Policy], seconds: float, entropy: Sequence[int]
) -> list[Bout]:
    """Walk laws in this order, so many seconds each, one after the other, from `state`.

    Who falls in what counts walks that bout again at once, `AGAIN` times at most.
    """
    bouts = []
    for k, name in enumerate(order):
        query = Query(k, laws[name], 0.5 * seconds)
        walked: list[Trial] = []
        for half in range(0, 2 * (1 + AGAIN), 2):
            seeds = [np.random.SeedSequence([*entropy, k, half + h]) for h in range(2)]
            trials, state = task.run([query, query], seeds, state)
            walked += trials
            if trials[-1].ending is Ending.COMPLETED:
                break
        last, stood = walked[-1], walked[-1].ending is Ending.COMPLETED
        bouts.append(
            Bout(
                name, last.truth["metabolic_rate"] if stood else None,
                last.measures["metabolic_rate"] if stood else None,
                sum(t.ending is not Ending.COMPLETED for t in walked), sum(t.walked for t in walked),
                {m: last.truth[m] if stood else None for m in MUSCLES},
            )
        )  # fmt: skip
    return bouts


def validate(session: Session, task: Exoskeleton, protocol: Protocol) -> list[Bout]:
    """Double reversal by the person as the run left it: what it learned it keeps."""
    laws = {ZERO: task.reference, GENERIC: Constant(task.problem.space.default),
            OPTIMIZED: session.optimizer.recommend()}  # fmt: skip
    entropy = (int(session.ledger.manifest["seed"]), VALIDATION_SEED)
    return walk_bouts(task, session.state, ORDER, laws, protocol.bout, entropy)


def walk_control(task: Exoskeleton, seconds: float, protocol: Protocol) -> tuple[list[Bout], float]:
    """Walk so many seconds without a device, then two bouts: what a person would have learned anyway.

    With the run's walking time and the two bouts that precede those with the optimized law, both have walked as long.

    Returns:
      the bouts, and all seconds walked.
    """
    entropy = (protocol.seed_of(task.person.name), CONTROL_SEED)
    begun = task.begin(np.random.SeedSequence(entropy))
    queries = [Query(k, task.reference, LAW) for k in range(max(1, round(seconds / LAW)))]
    seeds = [np.random.SeedSequence([*entropy, k]) for k in range(len(queries))]
    trials, state = task.run(queries, seeds, begun.state)
    bouts = walk_bouts(task, state, (CONTROL, CONTROL), {CONTROL: task.reference}, protocol.bout, entropy)
    return bouts, begun.walked + sum(t.walked for t in trials) + sum(b.walked for b in bouts)
