"""Pictures of how soon targets are reached, from numbers that are ready: draws only, computes nothing but axis units.

Functions take and return `ax`; an optimizer's colour and dash are those of its place in the order given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gait.compare.plots import GREY, Array, legend_beside, look_of


class Expected(NamedTuple):
    """One optimizer's expected times to a ladder of targets, (targets,) each."""

    seconds: Array
    """inf where no run got there."""
    low: Array
    """Ends of the 95 % intervals."""
    high: Array
    rate: Array
    """Fraction of its runs that got there."""


def draw_runtime_distribution(ax: Axes, clock: Array, fractions: Mapping[str, Array]) -> Axes:
    """Fraction of (run, target) pairs reached against simulated time: staircases up to the budget.

    Args:
      ax: the axes to draw on.
      clock: (times,) charged simulated seconds above 0, up to the budget; the axis is logarithmic.
      fractions: (times,) by optimizer.
    """
    unit, name = time_unit(clock[-1])
    for i, (label, values) in enumerate(fractions.items()):
        ax.plot(clock / unit, values, drawstyle="steps-post", lw=2, label=label, **look_of(i))
        ax.plot(clock[-1] / unit, values[-1], "x", ms=7, mew=2, color=look_of(i)["color"], clip_on=False, zorder=5)
    ax.set(xscale="log", xlim=(clock[0] / unit, clock[-1] / unit), ylim=(0, 1))
    ax.set(xlabel=f"simulated time [{name}], logarithmic", ylabel="run–target pairs reached")
    _plain_log(ax.xaxis)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f} %"))
    ax.set_axisbelow(True)
    last = {label: float(values[-1]) for label, values in fractions.items()}
    legend_beside(ax, last, "targets equally spaced\nfrom the start to the\nbest known; ×: budget")
    return ax


def draw_expected_times(axes: tuple[Axes, Axes], targets: Array, found: Mapping[str, Expected], quantity: str) -> None:
    """Expected running time against the target with 95 % bands, and below it the fraction of runs that got there.

    Args:
      axes: one above the other; they share their x axis.
      targets: (targets,) scores.
      found: by optimizer; a line ends where no run got there.
      quantity: what the score is, with its unit.
    """
    top, below = axes
    longest = max(float(np.max(e.seconds, where=np.isfinite(e.seconds), initial=0.0)) for e in found.values())
    smallest = min(float(np.min(e.low, where=e.low > 0, initial=longest)) for e in found.values())
    unit, name = time_unit(float(np.sqrt(smallest * longest)))
    for i, (label, e) in enumerate(found.items()):
        known = np.isfinite(e.seconds)
        # an end at inf goes on beyond the axes
        high = np.where(np.isfinite(e.high), e.high, 1e3 * longest)[known]
        colour = look_of(i)["color"]
        top.fill_between(targets[known], e.low[known] / unit, high / unit, color=colour, alpha=0.15, lw=0)
        top.plot(targets[known], e.seconds[known] / unit, lw=2, label=label, **look_of(i))
        below.plot(targets, e.rate, lw=2, **look_of(i))
    top.set(yscale="log", ylim=(0.8 * smallest / unit, 1.6 * longest / unit), ylabel=f"expected time [{name}]")
    below.set(ylim=(-0.04, 1.04), ylabel="runs there", xlabel=f"target: {quantity}, held-out trials")
    below.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f} %"))
    _plain_log(top.yaxis)
    for ax in axes:
        ax.set_axisbelow(True)
    reach = {label: float(np.isfinite(e.seconds).sum()) for label, e in found.items()}
    legend_beside(top, reach, "all seconds spent /\nruns that got there;\nband: 95 %")


def time_unit(seconds: float) -> tuple[float, str]:
    """Seconds in the unit that such a time is told in, and its name."""
    return (3600.0, "h") if seconds >= 3600 else (60.0, "min")


def _plain_log(axis: Any) -> None:
    """Ticks at 1, 2, 5 of each decade, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.set_minor_formatter(NullFormatter())


def draw_distribution(ax: Axes, levels: Array, fractions: Mapping[str, Array], quantity: str, start: float) -> Axes:
    """Fraction of runs that end above a score, against the score.

    Args:
      ax: the axes to draw on.
      levels: (levels,) scores, ascending.
      fractions: (levels,) by optimizer.
      quantity: what the score is, with its unit.
      start: the validated score before optimization, dashed.
    """
    for i, (label, values) in enumerate(fractions.items()):
        ax.plot(levels, values, drawstyle="steps-pre", lw=2, label=label, **look_of(i))
    ax.axvline(start, color=GREY, ls="--", lw=1, label="start", zorder=1)
    ax.set(ylim=(-0.02, 1.02), ylabel="runs that end above", xlabel=f"{quantity}, held-out trials")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.0f} %"))
    ax.set_axisbelow(True)
    areas = {label: float(values.mean()) for label, values in fractions.items()}
    legend_beside(ax, areas | {"start": -1.0}, "when the budget\nis spent")
    return ax
