"""Pictures that are tables: who beats whom, and where the time went. Draws only, computes nothing but axis units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from gait.compare.plots import Array
from gait.compare.plots_runtime import time_unit

# orange loses, blue wins: told apart with any colour vision; pale in the middle, so that black letters stay readable
WINS = LinearSegmentedColormap.from_list("wins", ["#E69F00", "#FBF7EF", "#56B4E9"])
BARS = ("#0072B2", "#56B4E9", "#CC79A7", "#E69F00", "#D55E00", "#999999", "#F0F0F0")
WITH_INTERVALS = 8
"""Up to so many optimizers, a cell has room for its interval."""


class Beats(NamedTuple):
    """Everybody against everybody, (names, names) each; the diagonal is nan."""

    probability: Array
    """That a run of the row's optimizer beats one of the column's."""
    low: Array
    high: Array
    clear: Any
    """Whether the difference is significant; these are written in bold."""


def draw_beats(ax: Axes, names: Sequence[str], beats: Beats) -> Axes:
    """P(row beats column), with 95 % intervals where there is room."""
    shown = np.ma.masked_invalid(beats.probability)
    ax.imshow(shown, cmap=WINS, vmin=0, vmax=1, aspect="auto")
    small = len(names) > WITH_INTERVALS
    for i, j in np.ndindex(shown.shape):
        if i != j:
            said = f"{beats.probability[i, j]:.2f}"
            said += "" if small else f"\n[{beats.low[i, j]:.2f}, {beats.high[i, j]:.2f}]"
            weight = "bold" if beats.clear[i, j] else "normal"
            ax.text(j, i, said, ha="center", va="center", fontsize=6 if small else 8, weight=weight)
    ax.set_xticks(
        range(len(names)), names, rotation=30 if len(names) > 3 else 0, ha="right" if len(names) > 3 else "center"
    )
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="… a run of this one", ylabel="P that a run of this one beats …")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax


def draw_spent(ax: Axes, names: Sequence[str], seconds: Array, kinds: Sequence[str]) -> Axes:
    """Where the simulated time went: a bar an optimizer, of mean seconds a run.

    Args:
      ax: the axes to draw on.
      names: of the optimizers, top to bottom.
      seconds: (names, kinds).
      kinds: what each was for; those without a second are left out.
    """
    unit, name = time_unit(float(seconds.sum(axis=1).max()))
    ends = np.zeros(len(names))
    for k, kind in enumerate(kinds):
        if seconds[:, k].any():
            ax.barh(
                range(len(names)), seconds[:, k] / unit, left=ends / unit, height=0.62, label=kind,
                color=BARS[k % len(BARS)], edgecolor="white", linewidth=0.6,
            )  # fmt: skip
            ends += seconds[:, k]
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlabel(f"simulated time, mean of the runs [{name}]")
    ax.grid(axis="y", visible=False)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.figure.legend(loc="outside upper left", ncols=4)
    return ax
