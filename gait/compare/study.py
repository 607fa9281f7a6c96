"""Study: what an experiment's runs gave, as tables, CSV files and a plot."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gait.compare import statistics, summary
from gait.compare.runtimes import TimeToTarget
from gait.compare.summary import Summary

SIGNIFICANT = 0.05
"""Below this p-value a difference is called better or worse."""


@dataclass(frozen=True, eq=False)
class Study:
    """What was found: every run's result by optimizer (the reference first), at one budget [s]."""

    results: Mapping[str, Sequence[Mapping[str, Any]]]
    budget: float
    target: float | None = None
    paired: bool = False
    """Whether the k-th runs of all optimizers met the same: the same person. Else they share no more than a task."""

    @property
    def every(self) -> list[Mapping[str, Any]]:
        """All results, optimizer by optimizer."""
        return [result for results in self.results.values() for result in results]

    @cached_property
    def start(self) -> float:
        """Mean validated score of the starts."""
        return float(np.mean([r["start"]["mean"] for r in self.every]))

    @cached_property
    def goal(self) -> tuple[float, str]:
        """The target and what it is, in words: what was asked for, or else twice the start.

        Twice a start of 0 or below says nothing; then it is halfway from there to the best run's end.
        """
        if self.target is not None:
            return self.target, "the target asked for"
        if self.start > 0:
            return 2 * self.start, "twice the start"
        best = max(r["recommended"]["mean"] for r in self.every)
        return (self.start + best) / 2, "halfway from the start to the best run"

    @cached_property
    def summaries(self) -> list[Summary]:
        """What the table says, as numbers, in the order given; the same runs give the same numbers."""
        return summary.summarize(self.curves, self.budget, self.goal[0], np.random.default_rng(0), paired=self.paired)

    @cached_property
    def curves(self) -> dict[str, list[summary.Curve]]:
        """Every run's clock [s] and validated mean score, by optimizer."""
        return {name: [curve_of(r) for r in results] for name, results in self.results.items()}

    def write(self, out: Path) -> None:
        """Write runs.csv, curves.csv, summary.csv, comparison.png and comparison.svg into `out`."""
        write_csv(out / "runs.csv", [_run_row(r) for r in self.every])
        write_csv(out / "curves.csv", [_point_row(r, p) for r in self.every for p in r["curve"]])
        write_csv(out / "summary.csv", [_summary_row(s, self.goal[0]) for s in self.summaries])
        from gait.compare import plots  # matplotlib takes half a second: only a picture pays for it

        rng, clock = np.random.default_rng(0), np.linspace(0, self.budget, 241)
        curves = []
        for name, results in self.results.items():
            sampled = np.array([statistics.sample_curve(*curve_of(r), clock) for r in results])
            curves.append(plots.Curves(name, sampled, *statistics.bootstrap(sampled, rng)))
        one = self.every[0]
        quantity = f"{one['score_name']} [{one['score_unit']}]"
        plots.save_comparison(out / "comparison", clock, curves, start=self.start, quantity=quantity, title=one["task"])

    def table(self) -> Table:
        """The comparison for a terminal, best first; its caption says what the numbers are."""
        places, unit = decimals(self.summaries), self.every[0]["score_unit"]
        table = Table(box=None, padding=(0, 1), caption=self.caption(), caption_justify="left")
        heads = [f"after {spell(self.budget / 4)}", f"after {spell(self.budget)}"]
        heads.append(f"time to {self.goal[0]:.{places}f} {unit}")
        if len(self.summaries) > 1:
            heads.append(f"vs {self.summaries[0].name}")
        for i, head in enumerate(("optimizer", *heads)):
            table.add_column(head, no_wrap=i < 3, overflow="fold")
        for s in sorted(self.summaries, key=lambda s: -float(s.whole.iqm)):
            scores = (_interval(s.quarter, places), _interval(s.whole, places))
            table.add_row(*(s.name, *scores, _reached(s.time), _versus(s))[: 1 + len(heads)])
        return table

    @property
    def test(self) -> str:
        """What tells whether a difference is clear."""
        return "signed-rank test" if self.paired else "permutation test"

    def print(self) -> None:
        """Print the table."""
        Console(width=max(100, Console().width)).print(self.table(), highlight=False)

    def caption(self) -> str:
        """What the table's numbers are, a caution if there are few seeds included."""
        counts = {len(results) for results in self.results.values()}
        unit = self.every[0]["score_unit"]
        said = [
            f"{unit} on held-out trials, interquartile mean [95 % bootstrap] of {max(counts)} runs, simulated time",
            f"time to {self.goal[1]} ({self.goal[0]:.3g} {unit}): all seconds spent / runs that got there",
        ]
        if len(self.results) > 1:
            said.append(
                f"P: that a run beats {'its pair' if self.paired else 'one'} of {self.summaries[0].name}; better or "
                f"worse where a {self.test} gives p < {SIGNIFICANT}, Holm-corrected over all pairs"
            )
        return "\n".join(line for line in (*said, statistics.few_seeds(min(counts))) if line)


def curve_of(result: Mapping[str, Any]) -> tuple[statistics.Array, statistics.Array]:
    """Clock [s] and validated mean score (points,) of a run's result."""
    clock, mean = ([point[key] for point in result["curve"]] for key in ("clock", "mean"))
    return np.array(clock, float), np.array(mean, float)


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that have the same keys, a header first."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _run_row(r: Mapping[str, Any]) -> dict[str, Any]:
    start, end = r["start"], r["recommended"]
    row = {"optimizer": r["optimizer"], "seed": r["seed"], "score_unit": r["score_unit"]}
    row |= {"start_mean": start["mean"], "start_sd": start["sd"], "n": end["n"]}
    row |= {"recommended_mean": end["mean"], "recommended_sd": end["sd"], "trials": r["trials"]}
    row |= {f"{key}_s": r["seconds"][key] for key in ("walking", "setup", "falls", "charged", "validation")}
    return row | {key: r["endings"].get(key, 0) for key in ("completed", "fell", "diverged", "stopped")}


def _point_row(r: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any]:
    row = {"optimizer": r["optimizer"], "seed": r["seed"], "clock_s": point["clock"]}
    return row | {key: point[key] for key in ("mean", "sd", "n")}


def _summary_row(s: Summary, target: float) -> dict[str, Any]:
    row: dict[str, Any] = {"optimizer": s.name, "runs": s.time.runs}
    for when, interval in (("quarter", s.quarter), ("whole", s.whole)):
        row |= {f"{when}_{key}": float(value) for key, value in interval._asdict().items()}
    row |= {"target": target, "expected_s_to_target": s.time.seconds, "reached": s.time.successes}
    row |= {"expected_s_low": s.time.low, "expected_s_high": s.time.high}
    return row | {"probability": s.probability, "p_value": s.p_value}


def spell(seconds: float) -> str:
    """Seconds as people say them: 45 s, 9 min, 1 h 5 min."""
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min")) if n)


def decimals(rows: Sequence[Summary]) -> int:
    """As many as half an interval's width deserves, the same in the whole table."""
    widths = [float(r.whole.high - r.whole.low) / 2 for r in rows]
    size = float(np.median(widths)) or max(abs(float(r.whole.iqm)) for r in rows) / 50 or 1.0
    return min(max(math.ceil(-math.log10(size)), 0), 6)


def _interval(x: statistics.Interval, places: int) -> str:
    return f"{x.iqm:.{places}f} [{x.low:.{places}f}, {x.high:.{places}f}]"


def _reached(t: TimeToTarget) -> str:
    return f"{spell(t.seconds) if t.successes else '–'} ({t.successes}/{t.runs})"


def _versus(s: Summary) -> str:
    if s.probability is None or s.p_value is None:
        return "–"
    return f"{verdict(s.probability, s.p_value)}, P = {s.probability:.2f}"


def verdict(probability: float, p_value: float) -> str:
    """Better, worse or unclear."""
    return "unclear" if p_value >= SIGNIFICANT else "better" if probability > 0.5 else "worse"
