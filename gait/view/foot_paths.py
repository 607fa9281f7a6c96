"""Draws what a foot was told to do against what it did; draws only, the arrays come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

BEFORE, AFTER = "#8a8f98", "#0a6ebd"
"""Grey for where a run started, blue for what it recommends."""


@dataclass(frozen=True, eq=False)
class FootPath:
    """One leg's foot in one gait: fore-aft (forward is positive) and height from its hip, in cm."""

    label: str
    walked: Array
    """(S, 2) where the foot was during some strides, in order."""
    commanded: Array | None = None
    """(P, 2) once around the locus it should follow; None if the controller has none."""
    colour: str = AFTER

    def __post_init__(self) -> None:
        for name, points in (("walked", self.walked), ("commanded", self.commanded)):
            if points is not None and (points.ndim != 2 or points.shape[1] != 2):
                raise ValueError(f"{self.label}: {name} must be (points, 2), got {points.shape}")


def draw_foot_paths(ax: Axes, paths: Sequence[FootPath], *, title: str = "") -> Axes:
    """Draw each path on `ax`, solid as walked and dashed as commanded, with the same scale both ways [cm].

    Give one pair of legs an `ax` (the front legs one, the hind legs one), start and recommendation together.
    The legend stands below the axes, where no curve can pass.
    """
    for path in paths:
        ax.plot(*path.walked.T, color=path.colour, lw=1.2, alpha=0.8, label=f"{path.label}, walked")
        if path.commanded is not None:
            closed = np.vstack([path.commanded, path.commanded[:1]])
            ax.plot(*closed.T, color=path.colour, lw=1.6, ls=(0, (4, 2)), label=f"{path.label}, commanded")
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("fore–aft from the hip [cm]")
    ax.set_ylabel("height from the hip [cm]")
    ax.set_title(title, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2, frameon=False, fontsize="small")
    return ax
