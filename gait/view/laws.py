"""Draws torque laws as they were tried, generation by generation; draws only, the curves come from elsewhere."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap
from numpy.typing import ArrayLike, NDArray

from gait.view.look import GREY, ORANGE, legend_below

Array = NDArray[np.float64]

TICKS = 8
"""Generations named on the colour bar, about."""


def draw_laws(
    ax: Axes, percent: Array, curves: Array, generations: ArrayLike, *, start: Array, recommended: Array
) -> Axes:
    """Torque over the stride of every law tried, early generations pale and late ones dark.

    Args:
      ax: the axes to draw on.
      percent: (P,) of the stride since heel strike.
      curves: (n, P) torque of each law [N·m/kg].
      generations: (n,) generation of each law, from 1.
      start: (P,) the law that the search started from, dashed.
      recommended: (P,) the law that it came to, thick.
    """
    born = np.asarray(generations, int)
    last = int(born.max(initial=1))
    norm = BoundaryNorm(np.arange(0.5, last + 1.0), last)
    # viridis without its yellow end, which is lost on white; late is dark
    shades = LinearSegmentedColormap.from_list("laws", mpl.colormaps["viridis_r"](np.linspace(0.25, 1.0, 64)), last)
    for curve, generation in sorted(zip(curves, born.tolist(), strict=True), key=lambda pair: pair[1]):
        ax.plot(percent, curve, color=shades(norm(generation)), lw=0.9, alpha=0.8, zorder=2)
    ax.plot(percent, start, color=GREY, lw=1.8, ls=(0, (4, 2)), label="start", zorder=4)
    ax.plot(percent, recommended, color=ORANGE, lw=3, label="recommended", zorder=5)
    ax.set(xlim=(percent[0], percent[-1]), ylim=(0, None))
    ax.set(xlabel="stride, from heel strike to heel strike [%]", ylabel="ankle torque [N·m/kg]")
    legend_below(ax, 2)
    bar = ax.figure.colorbar(ScalarMappable(norm, shades), ax=ax, label="generation")
    bar.set_ticks(np.arange(1, last + 1, -(-last // TICKS)).tolist())
    bar.minorticks_off()
    return ax
