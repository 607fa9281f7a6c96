"""Holds our interquartile mean, bootstrap interval and P(improvement) against rliable's, on made-up runs.

rliable 1.2.0 doesn't load with pandas 3, and brings 330 MB: it gets an environment of its own.

    python -m venv rliable-venv && rliable-venv/bin/pip install rliable==1.2.0 'pandas<3' 'numpy<3'
    PYTHONPATH=. rliable-venv/bin/python benchmarks/rliable_check.py

Prints a line a comparison, and exits with 1 if one differs by more than its tolerance. Interquartile means are equal
where runs × tasks is a multiple of 4; elsewhere rliable drops whole runs, we count the two at the cuts by a fraction.
Intervals are random in both, so they are compared in units of our interval's width.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from gait.compare.contests import probability_of_improvement
from gait.compare.statistics import stratified_bootstrap

REPLICATES = 20_000
WIDTHS = 0.03
"""Tolerance of an interval's ends, in its widths: about 4 standard errors of a 2.5 % quantile of 20 000 replicates.

rliable's intervals differ from call to call: its `random_state` seeds nothing."""


def compare(runs: int, tasks: int, library: Any, metrics: Any) -> list[bool]:
    """All three for so many runs of so many tasks."""
    rng = np.random.default_rng([runs, tasks])
    scores = rng.normal(size=(runs, tasks)) + np.linspace(0, 1, tasks)
    other = scores.mean(0) + rng.normal(0.4, 1, size=(runs, tasks))
    theirs, found = library.get_interval_estimates(
        {"a": scores}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=REPLICATES,
        random_state=np.random.RandomState(1),
    )  # fmt: skip
    mine = stratified_bootstrap(list(scores.T), rng, REPLICATES)
    width = float(mine.high - mine.low)
    iqm = abs(float(mine.iqm) - float(theirs["a"][0]))
    ends = np.abs(np.array([mine.low, mine.high]) - found["a"][:, 0]).max() / width
    ps = [probability_of_improvement(a, b) for a, b in zip(scores.T, other.T, strict=True)]
    p = abs(float(np.mean(ps)) - float(metrics.probability_of_improvement(scores, other)))
    whole = runs * tasks % 4 == 0
    print(
        f"{runs:4d} {tasks:6d}   {iqm:14.2e}   {ends:22.4f}   {p:16.2e}" + ("" if whole else "   (not a multiple of 4)")
    )
    return [iqm < (1e-12 if whole else 0.25 * width), ends < (WIDTHS if whole else 0.25), p < 1e-12]


def main() -> int:
    """Print the table; 1 if something differs."""
    from rliable import library, metrics

    print("runs  tasks   |Δ IQM|          |Δ ends| / our width     |Δ P(improvement)|")
    sizes = ((8, 1), (20, 1), (48, 1), (50, 1), (10, 2), (20, 5), (5, 1), (10, 1))
    good = [ok for runs, tasks in sizes for ok in compare(runs, tasks, library, metrics)]
    print("equal to the tolerances" if all(good) else "differs")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
