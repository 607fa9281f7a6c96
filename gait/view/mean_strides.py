"""Draws mean strides: one quantity over the stride, both legs, beside people's; draws only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gait.view.look import BLUE, PALE

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanStride:
    """One quantity over the mean stride of one walk.

    Raises:
      ValueError: there aren't two legs.
    """

    label: str
    legs: Array
    """(2, B) left and right, in B even bins of the stride."""
    colour: str = BLUE

    def __post_init__(self) -> None:
        if self.legs.ndim != 2 or len(self.legs) != 2:
            raise ValueError(f"{self.label}: legs must be (2, bins), got {self.legs.shape}")


def draw_mean_stride(
    ax: Axes, walks: Sequence[MeanStride], *, title: str, unit: str, normal: Array | None = None
) -> Axes:
    """A quantity over the stride: each leg thin, their mean thick, people's as a broad grey line behind.

    Args:
      ax: the axes to draw on.
      walks: one or more.
      title: what the quantity is.
      unit: what stands beside the axis, such as `[deg]`.
      normal: (B,) of walking people, in the same bins; None where nobody has a curve.
    """
    if normal is not None:
        ax.plot(_percent(len(normal)), normal, color=PALE, lw=5, solid_capstyle="round", label="people", zorder=1)
    for walk in walks:
        percent = _percent(walk.legs.shape[1])
        ax.plot(percent, walk.legs.T, color=walk.colour, lw=0.6, alpha=0.8, zorder=2)
        ax.plot(percent, walk.legs.mean(axis=0), color=walk.colour, lw=1.8, label=walk.label, zorder=3)
    ax.set_title(title, loc="left", fontsize="medium")
    ax.set(xlim=(0, 100), xlabel="stride [%]", ylabel=unit)
    return ax


def draw_key(ax: Axes, other: Axes, note: str = "") -> Axes:
    """On `ax`, which holds nothing else, the legend of `other`'s lines."""
    ax.set_axis_off()
    handles, labels = other.get_legend_handles_labels()
    legend = ax.legend(handles, labels, loc="center left", title=note, fontsize="medium")
    legend.set_alignment("left")
    return ax


def _percent(bins: int) -> Array:
    return (np.arange(bins) + 0.5) * 100.0 / bins
