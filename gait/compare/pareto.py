"""Pareto front of recorded trials: found, told, drawn and written."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from gait.compare.plots import save_front
from gait.compare.recorded import Recorded, front, recorded_trials, rescore
from gait.errors import UsageError
from gait.objective import read_objective

SHOWN = 12
"""Points of the front that are printed at most."""


def pareto(
    paths: Sequence[Path], names: tuple[str, str], out: Path, objective: str | None = None, command: float | None = None
) -> Iterator[str]:
    """Lines that tell the front of two measures, and the best trials by an objective; draws it into `out`.

    Raises:
      UsageError: no run is named or one is broken, a measure or an objective is unknown, or `out` is no picture.
    """
    if not paths:
        raise UsageError("gait pareto: name one run directory or more.")
    if out.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise UsageError(f"--out {out}: a figure's name must end in .png, .pdf or .svg.")
    wanted = None if objective is None else read_objective(objective, command)
    trials = recorded_trials(paths)
    values, on, have = front(trials, names)
    order = np.flatnonzero(on)[np.argsort(values[on, 0])]
    yield f"{len(have)} trials of {len(paths)} runs; {len(order)} that none beats in both {names[0]} and {names[1]}:"
    for i in order[np.unique(np.linspace(0, len(order) - 1, SHOWN).round().astype(int))]:
        yield f"  {values[i, 0]:8.3f} {values[i, 1]:8.3f}  {have[i].run}, trial {have[i].id}"
    if wanted is not None:
        yield f"best readings by {wanted.name}, to be tried again:"
        for score, t in rescore(trials, wanted):
            yield f"  {score:8.3f}  {t.run}, trial {t.id}"
    labels = (names[0].replace("_", " "), names[1].replace("_", " "))
    picture = save_front(out, values, on, labels, [Path(t.run).name for t in have])
    yield f"{picture} · {_write(out, names, order.tolist(), have)}"


def _write(out: Path, names: tuple[str, str], order: Sequence[int], have: Sequence[Recorded]) -> Path:
    """The front as a table: measures, parameters, where it's from."""
    file = out.with_suffix(".csv")
    with file.open("w", newline="", encoding="utf-8") as f:
        table = csv.writer(f)
        table.writerow([*names, *have[0].parameters, "run", "trial"])
        for i in order:
            t = have[i]
            table.writerow([*(t.measures[n] for n in names), *t.parameters.values(), t.run, t.id])
    return file
