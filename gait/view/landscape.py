"""Draws a map of what torque laws save, over peak torque and peak time; draws only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from gait.view.look import HALO, ORANGE

Array = NDArray[np.float64]

FALLEN = "#C9CBCF"
"""Colour of a cell without any walk that was completed."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """What laws save on a grid of T peak times and P peak torques.

    Raises:
      ValueError: the shapes don't belong together, or an axis doesn't ascend.
    """

    peak_torque: Array
    """(P,) [N·m/kg], ascending."""
    peak_time: Array
    """(T,) [% of the stride], ascending."""
    saving: Array
    """(T, P) of the metabolic rate at zero torque [%]; NaN where no walk was completed."""
    falls: Array
    """(T, P) share of the walks that ended in a fall."""

    def __post_init__(self) -> None:
        shape = (len(self.peak_time), len(self.peak_torque))
        for name in ("saving", "falls"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must be {shape}, got {getattr(self, name).shape}")
        for name in ("peak_torque", "peak_time"):
            if len(getattr(self, name)) < 2 or not (np.diff(getattr(self, name)) > 0).all():
                raise ValueError(f"{name} must ascend over 2 points or more, got {getattr(self, name)}")

    def best(self) -> tuple[float, float, float]:
        """Peak torque, peak time and saving of the best cell without a fall.

        Raises:
          ValueError: there is none.
        """
        safe = np.where(self.falls == 0, self.saving, np.nan)
        if np.isnan(safe).all():
            raise ValueError("there is a fall in every cell")
        t, p = np.unravel_index(np.nanargmax(safe), safe.shape)
        return float(self.peak_torque[p]), float(self.peak_time[t]), float(safe[t, p])


def draw_landscape(
    ax: Axes, land: Landscape, *, start: tuple[float, float], people: tuple[float, float, float, float]
) -> Axes:
    """Saving as a heat map with contours; cells with a fall are hatched, and grey where every walk ended in one.

    Args:
      ax: the axes to draw on.
      land: the map; a cell's colour is the value at its middle, cells at the border are cut in half.
      start: peak torque and peak time of the law that searches start from.
      people: least and greatest peak torque, least and greatest peak time of people's optima, as a box.
    """
    x, y = land.peak_torque, land.peak_time
    best = land.best()
    top = max(best[2], 1.0)
    ax.grid(visible=False)
    ax.set_facecolor(FALLEN)
    shades = mpl.colormaps["viridis"].with_extremes(under=mpl.colormaps["viridis"](0.0))
    # laws that cost much more than zero torque share one colour: the rest is what the eye should tell apart
    low = max(float(np.nanmin(land.saving)), -top)
    values = np.ma.masked_invalid(land.saving)
    mesh = ax.pcolormesh(x, y, values, cmap=shades, vmin=min(low, 0.0), vmax=top, shading="nearest", rasterized=True)
    _hatch_falls(ax, land)
    levels = _levels(min(low, 0.0), top)
    if len(levels) and (~np.isnan(land.saving)).sum() > 3:
        lines = ax.contour(x, y, values, levels, colors="white", linewidths=[1.8 if v == 0 else 0.8 for v in levels])
        ax.clabel(lines, fmt=lambda v: f"{v:g} %".replace("-", "−"), fontsize=7)
    left, right, early, late = people
    box = Rectangle((left, early), right - left, late - early, fill=False, ec=ORANGE, lw=2.2, zorder=5)
    ax.add_patch(box)
    ax.annotate("people's optima", ((left + right) / 2, late), (0, 3), textcoords="offset points", color=ORANGE,
                weight="bold", ha="center", va="bottom", fontsize="small", path_effects=HALO, zorder=6)  # fmt: skip
    ax.axvline(0.0, color="black", lw=5, zorder=4, label="zero torque")
    look: dict[str, Any] = {"mec": "black", "mew": 1.0, "ls": "none", "zorder": 7, "clip_on": False}
    ax.plot(*start, "o", mfc="white", ms=8, label="start", **look)
    ax.plot(*best[:2], "*", mfc="white", ms=15, label=f"best cell: {best[2]:.1f} %", **look)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    ax.set(xlabel="peak torque [N·m/kg]", ylabel="peak time [% of the stride]")
    extend = "min" if np.nanmin(land.saving) < low else "neither"
    ax.figure.colorbar(mesh, ax=ax, label="metabolic rate saved over zero torque [%]", extend=extend)
    _legend(ax, land)
    return ax


def _hatch_falls(ax: Axes, land: Landscape) -> None:
    """A hatched rectangle over each cell with a fall."""
    edges = [_edges(values) for values in (land.peak_torque, land.peak_time)]
    for t, p in zip(*np.nonzero(land.falls > 0), strict=True):
        corner, end = (edges[0][p], edges[1][t]), (edges[0][p + 1], edges[1][t + 1])
        ax.add_patch(
            Rectangle(corner, end[0] - corner[0], end[1] - corner[1], fill=False, hatch="////", lw=0, ec="#303030")
        )


def _edges(middles: Array) -> Array:
    """Cells' edges (n + 1,) from their middles (n,)."""
    between = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[2 * middles[0] - between[0]], between, [2 * middles[-1] - between[-1]]])


def _levels(low: float, high: float) -> list[float]:
    """Four to eight round levels between two savings [%]."""
    step = next((s for s in (0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if (high - low) / s <= 8), 50.0)
    return [float(v) for v in step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)]


def _legend(ax: Axes, land: Landscape) -> None:
    handles, _ = ax.get_legend_handles_labels()
    shown = [Line2D([], [], color="black", lw=5, label="zero torque") if h.get_label() == "zero torque" else h
             for h in handles]  # fmt: skip
    hatched: dict[str, Any] = {"ec": "#303030", "hatch": "////", "lw": 0}
    if ((land.falls > 0) & ~np.isnan(land.saving)).any():
        shown.append(Patch(fc="none", **hatched, label="fell in some walks"))
    if np.isnan(land.saving).any():
        shown.append(Patch(fc=FALLEN, **hatched, label="fell in every walk"))
    ax.legend(handles=shown, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize="small")
