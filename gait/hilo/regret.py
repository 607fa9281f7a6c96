"""Regret: what a person's best law is, how much of its saving another one misses, and who gets near it sooner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, NamedTuple

import numpy as np

from gait.compare.kept import Kept
from gait.hilo.chase import Chase
from gait.hilo.truth import AGAIN, FINALISTS, WIDTHS, Law, Walks, again, broad, closer, no_torque, ranked

Line = dict[str, Any]


@dataclass(frozen=True)
class Landscape:
    """What is known of one person's laws."""

    laws: int
    fell: int
    """How many of them the person didn't stand for 6 min."""
    zero: float
    """Net rate without torque [W/kg]."""
    best: Law
    rate: float
    """Net rate with the best law [W/kg], by walks that weren't used to choose it among all; it stood in all of them."""
    error: float
    """Standard deviation of the saving as one walk of 6 min tells it."""

    @property
    def saving(self) -> float:
        """Of the best law, over no torque."""
        return 1.0 - self.rate / self.zero

    def regret(self, rate: float) -> float:
        """1 − saving / best saving."""
        return 1.0 - (1.0 - rate / self.zero) / self.saving

    def target(self, regret: float) -> float:
        """The net rate [W/kg] with this regret."""
        return self.zero * (1.0 - (1.0 - regret) * self.saving)


def walks_for(kept: Kept, participant: str) -> list[Walks]:
    """What this person walks next for its landscape; empty once it is whole."""
    known: list[Line] = []
    for stage in range(len(WIDTHS) + 1):
        asked = _stage(participant, stage, known)
        if missing := kept.missing(asked):
            return missing
        known += _lines(kept, asked)
    for asked in _finals(participant, known):
        if missing := kept.missing(asked):
            return missing
        if any(len(rates) == AGAIN for rates in _stood(_lines(kept, asked)).values()):
            break
    return []


def landscape_of(kept: Kept, participant: str) -> Landscape:
    """The landscape from walks that are all known."""
    known: list[Line] = []
    for stage in range(len(WIDTHS) + 1):
        known += _lines(kept, _stage(participant, stage, known))
    none = kept.find(no_torque(participant)) or {}
    walked = takewhile(bool, (_lines(kept, asked) for asked in _finals(participant, known)))
    finals = _stood([line for lines in walked for line in lines])
    best, rate = min(((law, float(np.mean(r))) for law, r in finals.items() if len(r) == AGAIN), key=lambda x: x[1])
    zero = float(np.mean([r for r in none["rates"] if r is not None]))
    tried = [line for line in known if line["laws"] != none["laws"]]
    spread = [float(np.var(r, ddof=1)) for r in finals.values() if len(r) > 1]
    return Landscape(
        laws=sum(len(x["laws"]) for x in tried), fell=sum(r is None for x in tried for r in x["rates"]), zero=zero,
        best=best, rate=rate, error=float(np.sqrt(np.mean(spread))) / zero,
    )  # fmt: skip


def _stage(participant: str, stage: int, known: list[Line]) -> list[Walks]:
    """Everywhere first, then closer and closer to the best."""
    if stage == 0:
        return [no_torque(participant), *broad(participant)]
    return [closer(participant, ranked(known)[0][1], stage - 1)]


def _finals(participant: str, known: list[Line]) -> Iterator[list[Walks]]:
    """The best few again, then the next few: many of the best trip a person sooner or later, some every other time."""
    laws = [law for _, law in ranked(known)]
    return (again(participant, laws[k : k + FINALISTS]) for k in range(0, len(laws), FINALISTS))


def _stood(lines: Iterable[Line]) -> dict[Law, list[float]]:
    """The rates of each law's walks that stood."""
    rates: dict[Law, list[float]] = {}
    for line in lines:
        for law, rate in zip(line["laws"], line["rates"], strict=True):
            rates.setdefault(tuple(law), []).extend([] if rate is None else [rate])
    return rates


def _lines(kept: Kept, asked: Iterable[Walks]) -> list[Line]:
    """Those of the answers that are known."""
    return [line for q in asked if (line := kept.find(q)) is not None]


class Sooner(NamedTuple):
    """How often one arm is there before another, ties counting half, with its 95 % interval over people."""

    share: float
    low: float
    high: float
    pairs: int


Key = tuple[str, int]
"""Person and seed."""


def times(answers: Iterable[tuple[Chase, Line | None]]) -> dict[Key, float | None]:
    """When each known run got there [s], None if it didn't."""
    return {(q.participant, q.seed): line["reached"] for q, line in answers if line is not None}


def sooner(a: Mapping[Key, float | None], b: Mapping[Key, float | None], rng: np.random.Generator) -> Sooner | None:
    """P(a is sooner than b) with the same person and seed; whole people are resampled."""
    won: dict[str, list[float]] = {}
    for key in a.keys() & b.keys():
        x, y = (np.inf if t is None else t for t in (a[key], b[key]))
        won.setdefault(key[0], []).append(float(x < y) + 0.5 * float(x == y))
    if not won:
        return None
    people = [won[name] for name in sorted(won)]
    drawn = [
        np.concatenate([people[k] for k in rng.integers(len(people), size=len(people))]).mean() for _ in range(2000)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    flat = np.concatenate(people)
    return Sooner(float(flat.mean()), float(low), float(high), len(flat))
