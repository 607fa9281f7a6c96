"""What the runs of the BBOB benchmark say: ratios of expected running times, their intervals, a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from bbob_references import FUNCTIONS, TARGETS, Array, Pair

BAR = 1.15
REPLICATES = 2000


@dataclass(frozen=True)
class Comparison:
    """What runs say of the ratio of ERT, ours / theirs."""

    hits: Array
    """First hits (ours and theirs, functions, dimensions, instances, targets), inf where missed."""
    ends: Array
    """Evaluations of the runs, with one column for all targets."""

    @classmethod
    def of(cls, sides: list[list[dict[str, Any]]], dimensions: int, new: bool = False) -> Comparison:
        """Of the runs of both sides, in so many dimensions; with `new` only new points count as evaluations."""
        shape = (2, len(FUNCTIONS), dimensions, -1, len(TARGETS))
        hits = np.full((2, len(sides[0]), len(TARGETS)), math.inf)
        ends = np.array([[float(r["new" if new else "evaluations"]) for r in runs] for runs in sides])
        for side, i in np.ndindex(ends.shape):
            hit = [counts[new] for counts in sides[side][i]["hits"]]
            hits[side, i, : len(hit)] = hit
        return cls(hits.reshape(shape), ends.reshape(*shape[:-1], 1))

    @cached_property
    def counted(self) -> Array:
        """1 where a target counts, (functions, dimensions, targets)."""
        often = np.isfinite(self.hits).mean(axis=3).max(axis=0) >= 0.5
        return np.asarray(often & (self.hits > 1).any(axis=(0, 3)), float)

    @cached_property
    def log_ratios(self) -> Array:
        """ln ERT ours / theirs (functions, dimensions, targets); what was never hit counts as hit at the very end."""
        spent: Array = np.minimum(self.hits, self.ends).sum(axis=3)
        times: Array = spent / np.maximum(np.isfinite(self.hits).sum(axis=3), 1)
        return np.asarray(np.log(times[0] / times[1]))

    @property
    def ratio(self) -> float:
        """The pair's figure."""
        return geometric_mean(self.log_ratios, self.counted)

    def interval(self, rng: np.random.Generator) -> tuple[float, float]:
        """95 % percentile bootstrap of the ratio: functions are resampled, and instances in each."""
        _, functions, dimensions, instances, _ = self.hits.shape
        ratios = []
        for _ in range(REPLICATES):
            f = rng.integers(functions, size=functions)
            i = rng.integers(instances, size=(1, functions, dimensions, instances, 1))
            resample = Comparison(*(np.take_along_axis(a[:, f], i, axis=3) for a in (self.hits, self.ends)))
            ratios.append(geometric_mean(resample.log_ratios, self.counted[f]))
        low, high = np.quantile(ratios, [0.025, 0.975])
        return float(low), float(high)


def geometric_mean(log_ratios: Array, counted: Array) -> float:
    """Over the targets of a function and dimension, then over those; 1 if nothing counts."""
    targets = counted.sum(axis=-1)
    means = (log_ratios * counted).sum(axis=-1)[targets > 0] / targets[targets > 0]
    return float(np.exp(means.mean())) if means.size else 1.0


def summarize(pair: Pair, sides: list[list[dict[str, Any]]], dimensions: list[int]) -> dict[str, Any]:
    """What the runs of a pair say."""
    c = Comparison.of(sides, len(dimensions))
    logs, counted = c.log_ratios, c.counted
    low, high = c.interval(np.random.default_rng(0))
    walls = [1e6 * sum(r["seconds"] for r in runs) / sum(r["evaluations"] for r in runs) for runs in sides]
    parts = {
        "by_target": {f"{t:g}": (logs[..., [k]], counted[..., [k]]) for k, t in enumerate(TARGETS)},
        "by_function": {f"f{f}": (logs[k], counted[k]) for k, f in enumerate(FUNCTIONS)},
        "by_dimension": {str(d): (logs[:, k], counted[:, k]) for k, d in enumerate(dimensions)},
    }
    return {
        "pair": pair.name, "note": pair.note, "ratio": c.ratio, "low": low, "high": high, "met": high <= BAR,
        "identical": bool((c.hits[0] == c.hits[1]).all()),
        "ratio_of_new": Comparison.of(sides, len(dimensions), new=True).ratio,
        "hits": [int((np.isfinite(side) * counted[:, :, None]).sum()) for side in c.hits],
        "of": int(counted.sum()) * c.hits.shape[3], "microseconds": [round(wall, 1) for wall in walls],
        **{part: {key: geometric_mean(*value) for key, value in of.items()} for part, of in parts.items()},
    }  # fmt: skip


def table(rows: list[dict[str, Any]], missing: list[str]) -> str:
    """The summary as Markdown."""
    head = ["ours / reference", "ERT ratio", "95 %", "bar", "new only", "hits", "µs", "at 100, 1, 0.01, 1e-6", "worst"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        worst = sorted(row["by_function"].items(), key=lambda item: -item[1])[:3]
        cells = [
            row["pair"],
            f"{row['ratio']:.2f}",
            f"{row['low']:.2f} to {row['high']:.2f}",
            "identical" if row["identical"] else "met" if row["met"] else "missed",
            f"{row['ratio_of_new']:.2f}",
            "{} : {} of {}".format(*row["hits"], row["of"]),
            "{:.0f} : {:.0f}".format(*row["microseconds"]),
            ", ".join(f"{row['by_target'][key]:.2f}" for key in ("100", "1", "0.01", "1e-06")),
            ", ".join(f"{name} {ratio:.1f}" for name, ratio in worst),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    notes = [f"- {row['pair']}: {row['note']}" for row in rows if row["note"]]
    notes.append("- New only: the ratio if a point that was tried before is not counted.")
    return "\n".join([*lines, "", *notes, f"- No counterpart in a library: {', '.join(missing)}."])
