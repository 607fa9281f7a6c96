"""The pictures of a report: each as SVG for the page, and as SVG and CSV files beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gait.compare import plots, plots_runtime, plots_tables
from gait.compare.spent import MEANING, Spent
from gait.compare.study import SIGNIFICANT, write_csv
from gait.report.numbers import Numbers

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """A plot as it goes into the page, with what is seen in it, and its data."""

    name: str
    title: str
    svg: str
    rows: Sequence[Row]

    def write(self, folder: Path) -> None:
        """NAME.svg and NAME.csv into a folder."""
        (folder / f"{self.name}.svg").write_text(self.svg, encoding="utf-8")
        write_csv(folder / f"{self.name}.csv", self.rows)


def curves_picture(numbers: Numbers, quantity: str) -> Picture:
    """Validated score against simulated time."""
    drawn = [plots.Curves(name, runs, *band) for name, (runs, band) in numbers.curves.items()]
    rows = [
        {"optimizer": c.label, "clock_s": t, "iqm": m, "low": lo, "high": hi}
        for c in drawn for t, m, lo, hi in zip(numbers.clock, c.iqm, c.low, c.high, strict=True)
    ]  # fmt: skip
    start = numbers.study.start
    return _picture(
        "score-time", "Score against simulated time", rows,
        lambda ax: plots.draw_curves(ax, numbers.clock, drawn, start=start, quantity=quantity),
        plots.tall(len(numbers.names)),
    )  # fmt: skip


def comparison_pictures(numbers: Numbers, quantity: str) -> Iterator[Picture]:
    """The other plots of a comparison."""
    if numbers.improved:
        yield _runtime(numbers)
        yield _expected(numbers, quantity)
    yield _distribution(numbers, quantity)
    if len(numbers.names) > 1:
        yield _beats(numbers)


def spent_picture(spent: Mapping[str, Spent]) -> Picture:
    """Where the time went."""
    names, seconds = list(spent), np.array(list(spent.values()), float)
    rows = [{"optimizer": name} | {f"{k}_s": v for k, v in s._asdict().items()} for name, s in spent.items()]
    return _picture(
        "where-time-went", "Where the simulated time went", rows,
        lambda ax: plots_tables.draw_spent(ax, names, seconds, list(MEANING.values())),
        size=(plots.SIZE[0], 1.4 + 0.32 * len(names)),
    )  # fmt: skip


def learning_curve_picture(result: Mapping[str, Any]) -> Picture:
    """One run's validated score against simulated time."""
    rows = [{"clock_s": p["clock"], "mean": p["mean"], "sd": p["sd"], "n": p["n"]} for p in result["curve"]]
    return _picture(
        "score-time", "Score against simulated time", rows, lambda ax: plots.draw_learning_curve(ax, result, {})
    )


def _runtime(numbers: Numbers) -> Picture:
    rows = [
        {"optimizer": name, "clock_s": t, "fraction": f}
        for name, values in numbers.distributions.items() for t, f in zip(numbers.log_clock, values, strict=True)
    ]  # fmt: skip
    return _picture(
        "runtime-distribution", "Share of targets reached by simulated time", rows,
        lambda ax: plots_runtime.draw_runtime_distribution(ax, numbers.log_clock, numbers.distributions),
        plots.tall(len(numbers.names)),
    )  # fmt: skip


def _expected(numbers: Numbers, quantity: str) -> Picture:
    ladder = zip(numbers.ladder, *numbers.expected.values(), strict=True)
    rows = [
        {"optimizer": name, "target": target, "expected_s": t.seconds, "low_s": t.low, "high_s": t.high,
         "reached": t.successes, "runs": t.runs}
        for target, *times in ladder for name, t in zip(numbers.names, times, strict=True)
    ]  # fmt: skip
    found = {}
    for name, times in numbers.expected.items():
        columns = np.array([(t.seconds, t.low, t.high, t.successes / t.runs) for t in times]).T
        found[name] = plots_runtime.Expected(*columns)
    with plots.figure(size=plots.tall(len(numbers.names), least=4.6, share=0.75)) as (fig, ax):
        ax.remove()
        axes = fig.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        plots_runtime.draw_expected_times((axes[0], axes[1]), numbers.ladder, found, quantity)
        return Picture("expected-time", "Expected simulated time to a target", _svg(fig), rows)


def _distribution(numbers: Numbers, quantity: str) -> Picture:
    rows = [
        {"optimizer": name, "score": level, "fraction_above": f}
        for name, values in numbers.above.items() for level, f in zip(numbers.levels, values, strict=True)
    ]  # fmt: skip
    start = numbers.study.start
    return _picture(
        "run-scores", "How the runs' final scores are spread", rows,
        lambda ax: plots_runtime.draw_distribution(ax, numbers.levels, numbers.above, quantity, start),
        plots.tall(len(numbers.names)),
    )  # fmt: skip


def _beats(numbers: Numbers) -> Picture:
    names, k = numbers.names, len(numbers.names)
    table = np.full((4, k, k), np.nan)
    for (a, b), c in numbers.beats.items():
        table[:, names.index(a), names.index(b)] = c
    beats = plots_tables.Beats(table[0], table[1], table[2], table[3] < SIGNIFICANT)
    rows = [{"optimizer": a, "against": b, **c._asdict()} for (a, b), c in numbers.beats.items()]
    return _picture(
        "who-beats-whom", "Probability that a run of one ends above a run of another", rows,
        lambda ax: plots_tables.draw_beats(ax, names, beats),
        size=(plots.SIZE[0], min(1.6 + 0.5 * k, 9.0)),
    )  # fmt: skip


def _picture(
    name: str, title: str, rows: Sequence[Row], draw: Callable[[Axes], object], size: tuple[float, float] = plots.SIZE
) -> Picture:
    with plots.figure(size=size) as (fig, ax):
        draw(ax)
        return Picture(name, title, _svg(fig), rows)


def _svg(fig: Figure) -> str:
    """The figure as an SVG element: no prolog, as wide as there is room."""
    file = io.StringIO()
    fig.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    tag, rest = svg[svg.index("<svg") :].split(">", 1)
    return re.sub(r' (width|height)="[^"]*"', "", tag) + ">" + rest


def inline(picture: Picture, prefix: str) -> str:
    """The SVG with ids of its own: of two elements with one id, a page would use the first for both."""
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}-\1"', picture.svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)
