"""Tuning log: a search for reflex gains as a file of lines, so that it goes on where it was left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.files import append_lines, drop_torn_line, read_json, read_lines
from gait.human.tuning import NAMES, Episodes, Generation, Judge, start_of, tune

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Search:
    """How a search is made: what its log begins with."""

    population: int
    step: float
    """In natural perturbations of the gains."""
    seed: int
    averaged: int = 20
    """Last generations whose means make the outcome: one alone is as lucky as its laws were mild."""


@dataclass(frozen=True)
class Outcome:
    """What a search came to."""

    x: Array
    """(d,) by `NAMES`."""
    generations: int
    walked: float
    """Simulated seconds, those of earlier sittings included."""


def search(
    judge: Judge, episodes: Episodes, how: Search, generations: int, out: Path, start: Array,
    about: Mapping[str, Any], report: Callable[[Generation], None] = lambda generation: None,
) -> Outcome:  # fmt: skip
    """Search for so many generations from `start` (d,); what `out` holds already is not walked again.

    Raises:
      UsageError: `out` was begun otherwise.
    """
    head = {**about, "population": how.population, "step": how.step, "seed": how.seed}
    start, before, earlier = _begin(out, head, start)
    means = deque[Array](maxlen=how.averaged)
    for g in tune(judge, start, episodes, population=how.population, step=how.step, seed=how.seed, before=before):
        means.append(g.mean)
        if g.number > len(before):
            mean = dict(zip(NAMES, g.mean.tolist(), strict=True))
            line = {"generation": g.number, "costs": g.costs, "mean": mean, "walked": earlier + judge.seconds}
            append_lines(out, [line], sync=False)
            report(g)
        if g.number >= generations:
            break
    return Outcome(np.mean(means, axis=0), g.number, earlier + judge.seconds)


def _begin(out: Path, head: dict[str, Any], start: Array) -> tuple[Array, list[list[float]], float]:
    """Start, costs of the logged generations, seconds walked for them; a new log if there's none."""
    if out.exists():
        drop_torn_line(out)
        lines = [line for _, line in read_lines(out)]
        if any(lines[0].get(k) != v for k, v in head.items()):
            raise UsageError(f"{out} was begun with other settings: {lines[0]}")
        walked = float(lines[-1].get("walked", 0.0))
        return start_of(lines[0]["start"]), [line["costs"] for line in lines[1:]], walked
    out.parent.mkdir(parents=True, exist_ok=True)
    append_lines(out, [{**head, "start": dict(zip(NAMES, start.tolist(), strict=True))}])
    return start, [], 0.0


def last_mean(path: Path) -> dict[str, float]:
    """The outcome of another search, or a JSON file of values by name."""
    if path.suffix == ".json":
        return {str(k): float(v) for k, v in read_json(path).items()}
    return dict([line for _, line in read_lines(path)][-1]["mean"])
