"""Pictures of runs, from numbers that are ready: draws only, computes nothing but axis units.

Functions take and return `ax`. Legends stand outside the axes, where they can't hide a curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Okabe & Ito 2008 without yellow and black: told apart with any colour vision, dark enough for thin lines
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("solid", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1, 1, 1)))
GREY = "#555555"
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,  # a "$" in somebody's name is a "$"
    "svg.hashsalt": "gait",
}
SIZE = (7.2, 4.0)
"""Inches: a full text column, 9 pt letters stay 9 pt."""


class Curves(NamedTuple):
    """All runs of one optimizer on a common grid of clocks, and their middle with its band."""

    label: str
    runs: Array
    """(runs, times) validated scores."""
    iqm: Array
    """(times,)."""
    low: Array
    """(times,) lower end of the 95 % interval."""
    high: Array
    """(times,) upper end of the 95 % interval."""


def draw_curves(ax: Axes, clock: Array, curves: Sequence[Curves], *, start: float, quantity: str) -> Axes:
    """Validated score against simulated time: interquartile means, 95 % bands, thin individual runs.

    Args:
      ax: the axes to draw on.
      clock: (times,) charged simulated seconds, up to the budget.
      curves: one an optimizer; the legend lists them by their last score, as the lines end.
      start: the validated score before optimization, dashed.
      quantity: what the score is, with its unit: "speed [m/s]".
    """
    time, axis = _simulated(clock)
    faint = min(0.3, 12 / max(sum(len(c.runs) for c in curves), 1))  # many lines would hide the middles
    shade = min(0.2, 1.2 / max(len(curves), 1))  # so would many bands
    for i, c in enumerate(curves):
        look = look_of(i)
        colour = look["color"]
        ax.plot(time, c.runs.T, color=colour, drawstyle="steps-post", lw=0.5, alpha=faint, zorder=2)
        ax.fill_between(time, c.low, c.high, step="post", color=colour, alpha=shade, lw=0, zorder=1)
        ax.plot(time, c.iqm, **look, drawstyle="steps-post", lw=2, label=c.label, zorder=4)
    ax.axhline(start, color=GREY, ls="--", lw=1, label="start", zorder=3)
    _finish(ax, time[-1], axis, f"{quantity}, held-out trials")
    last = {c.label: float(c.iqm[-1]) for c in curves} | {"start": start}
    count = max((len(c.runs) for c in curves), default=0)
    legend_beside(ax, last, f"interquartile mean of\n{count} runs each, 95 % band;\nthin: single runs")
    return ax


def draw_learning_curve(ax: Axes, result: Mapping[str, Any], references: Mapping[str, float]) -> Axes:
    """One run's validated score against simulated time, ± 1 sd of its held-out trials.

    Args:
      ax: the axes to draw on.
      result: the run's `result.json`; `curve`, `budget`, `score_name`, `score_unit`, `optimizer` are read.
      references: scores to compare with, by label; dotted lines, in the score's unit.
    """
    points = result["curve"]
    last_clock = points[-1]["clock"]
    # the last recommendation holds on to the budget's end, but not far beyond what was walked
    ends = [*(p["clock"] for p in points), max(last_clock, min(result["budget"], 1.1 * last_clock))]
    time, axis = _simulated(np.array(ends, float))
    mean, sd = (np.array([p[key] for p in (*points, points[-1])], float) for key in ("mean", "sd"))
    colour = COLOURS[0]
    ax.fill_between(time, mean - sd, mean + sd, step="post", color=colour, alpha=0.2, lw=0, zorder=1)
    ax.plot(time, mean, color=colour, lw=2, drawstyle="steps-post", label=result["optimizer"], zorder=4)
    ax.plot(time[:-1], mean[:-1], "o", color=colour, ms=3.5, zorder=5)
    ax.axhline(mean[0], color=GREY, ls="--", lw=1, label="start", zorder=3)
    for i, (label, value) in enumerate(references.items(), start=1):
        ax.axhline(value, color=COLOURS[i % len(COLOURS)], ls=":", lw=1.5, label=label, zorder=3)
    _finish(ax, time[-1], axis, f"{result['score_name']} [{result['score_unit']}], held-out trials")
    last = {result["optimizer"]: mean[-1], "start": mean[0], **references}
    legend_beside(ax, last, f"mean of {points[-1]['n']} trials,\nband: ± 1 sd of them")
    return ax


def save_comparison(
    path: Path, clock: Array, curves: Sequence[Curves], *, start: float, quantity: str, title: str = ""
) -> tuple[Path, Path]:
    """`draw_curves` as `path` with the endings .png (200 dpi) and .svg; same numbers, same bytes."""
    with figure(title, tall(len(curves))) as (fig, ax):
        draw_curves(ax, clock, curves, start=start, quantity=quantity)
        return _save(fig, path)


def save_learning_curve(
    path: Path, result: Mapping[str, Any], references: Mapping[str, float], *, title: str = ""
) -> tuple[Path, Path]:
    """`draw_learning_curve` as `path` with the endings .png (200 dpi) and .svg."""
    with figure(title) as (fig, ax):
        draw_learning_curve(ax, result, references)
        return _save(fig, path)


def tall(lines: int, least: float = SIZE[1], share: float = 1.0) -> tuple[float, float]:
    """A picture's size [in], so tall that the legend of so many lines beside its axes, or a share of them, has room."""
    return SIZE[0], max(least, (1.1 + 0.2 * (lines + 1)) / share)


@contextmanager
def figure(title: str = "", size: tuple[float, float] = SIZE) -> Iterator[tuple[Figure, Axes]]:
    """A figure in the house style with one axes, `size` in inches."""
    # a bare Figure, not pyplot: no window system is asked for and no global state is left behind
    with mpl.rc_context(STYLE):
        fig = Figure(figsize=size, layout="constrained")
        ax = fig.subplots()
        ax.set_title(title, loc="left", fontsize=10)
        yield fig, ax


def _save(fig: Figure, path: Path) -> tuple[Path, Path]:
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    fig.savefig(png, dpi=200)
    fig.savefig(svg, metadata={"Date": None})
    return png, svg


def _simulated(clock: Array) -> tuple[Array, str]:
    unit, seconds = ("h", 3600.0) if clock[-1] >= 3600 else ("min", 60.0)
    return clock / seconds, f"simulated time [{unit}]"


def _finish(ax: Axes, end: float, time: str, score: str) -> None:
    ax.set(xlim=(0, end), xlabel=time, ylabel=score)
    ax.set_axisbelow(True)


def look_of(i: int) -> dict[str, Any]:
    """Colour and dash of the i-th optimizer, the same in all pictures of a comparison."""
    return {"color": COLOURS[i % len(COLOURS)], "ls": DASHES[i // len(COLOURS) % len(DASHES)]}


def legend_beside(ax: Axes, last: Mapping[str, float], title: str) -> None:
    """Beside the axes, in the order in which lines end."""
    handles, labels = ax.get_legend_handles_labels()
    pairs = sorted(zip(handles, labels, strict=True), key=lambda pair: -last[pair[1]])
    legend = ax.legend(*zip(*pairs, strict=True), loc="upper left", bbox_to_anchor=(1.02, 1.0), title=title)
    legend.set_alignment("left")
    legend.get_title().set(color=GREY, fontsize="small")


def draw_front(ax: Axes, values: Array, front: NDArray[np.bool_], labels: tuple[str, str], runs: Sequence[str]) -> Axes:
    """All trials by two measures, those that nobody beats in both joined by a line.

    Args:
      ax: the axes to draw on.
      values: (n, 2) measures.
      front: (n,) whether a trial is on the front.
      labels: of the axes.
      runs: (n,) the run each trial is of: its colour.
    """
    names = list(dict.fromkeys(runs))
    for k, name in enumerate(names):
        own = values[[r == name for r in runs]]
        ax.plot(*own.T, ".", ms=3, alpha=0.5, color=COLOURS[k % len(COLOURS)], label=name if len(names) <= 8 else None)
    best = values[front]
    best = best[np.argsort(best[:, 0])]
    ax.plot(*best.T, "o-", ms=4, lw=1.2, color="black", label="not beaten in both")
    ax.set_xlabel(labels[0])
    ax.set_ylabel(labels[1])
    # far-off trials, such as those that went nowhere, would squeeze the rest into a corner
    low, high = np.quantile(values, [0.02, 0.9], axis=0)
    spread = np.maximum(high - low, 1e-9)
    ends = np.stack([np.minimum(low - 0.1 * spread, best.min(axis=0) - 0.05 * spread),
                     np.maximum(high + 0.1 * spread, best.max(axis=0) + 0.05 * spread)])  # fmt: skip
    ax.set_xlim(*ends[:, 0])
    ax.set_ylim(*ends[:, 1])
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small")
    return ax


def save_front(
    path: Path, values: Array, front: NDArray[np.bool_], labels: tuple[str, str], runs: Sequence[str]
) -> Path:
    """The picture of `draw_front`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        draw_front(figure.add_subplot(), values, front, labels, runs)
        figure.savefig(path, dpi=150)
    return path
