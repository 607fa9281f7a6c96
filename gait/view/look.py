"""Look: colours, letters and figure files that the plots of people share; the manner of gait/compare/plots.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

# Okabe & Ito 2008: told apart with any colour vision
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
GREY, PALE = "#555555", "#B8BCC2"
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
}
SIZE = (7.2, 4.0)
"""Inches: a full text column, 9 pt letters stay 9 pt."""
HALO = [withStroke(linewidth=2.5, foreground="white")]
"""Keeps letters readable over colours."""


@contextmanager
def picture(
    path: Path, *, size: tuple[float, float] = SIZE, rows: int = 1, columns: int = 1, title: str = "", **sharing: Any
) -> Iterator[list[Axes]]:
    """Axes, row by row, of a figure that is written to `path` (200 dpi) once they are drawn on."""
    with mpl.rc_context(STYLE):
        # a bare Figure, not pyplot: no window system is asked for and no global state is left behind
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False, **sharing)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        yield list(grid.flat)
        figure.savefig(path, dpi=200)


def legend_below(ax: Axes, columns: int, drop: float = 0.2) -> None:
    """A legend below the axes, where no curve can pass; `drop` is how far, as a share of their height."""
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -drop), ncols=columns, fontsize="small")
