"""Draws what laws cost a person: metabolic rate law by law, and muscle by muscle; draws only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gait.view.look import BLUE, GREY, HALO, ORANGE, PALE, legend_below

Array = NDArray[np.float64]

MUSCLES = {
    "SOL": "soleus", "TA": "tibialis anterior", "GAS": "gastrocnemius", "VAS": "vasti", "HAM": "hamstrings",
    "GLU": "glutei", "HFL": "hip flexors",
}  # fmt: skip
"""Muscle groups of a leg in words, from the ankle up."""
BESIDE = 0.14
"""Estimate and truth of a law stand so far to the left and right of its number."""


@dataclass(frozen=True, eq=False)
class LawRates:
    """What each of n laws cost, in the order in which they were walked.

    Raises:
      ValueError: the arrays are of different lengths, or of none.
    """

    estimate: Array
    """(n,) net metabolic rate from the breaths [W/kg]; not drawn where the person fell."""
    spread: Array
    """(n,) s.d. of that estimate [W/kg]."""
    truth: Array
    """(n,) noise-free net rate [W/kg]; not drawn where the person fell."""
    fell: NDArray[np.bool_]
    """(n,) whether the person fell."""
    generation: NDArray[np.int64]
    """(n,) generation of the law, from 1."""
    minutes: Array
    """(n,) simulated minutes on the bill when the law was done."""

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in vars(self).items()}
        if len(set(lengths.values())) != 1 or not lengths["fell"]:
            raise ValueError(f"laws' rates must be as many each, and some, got {lengths}")


def draw_law_rates(ax: Axes, laws: LawRates, *, zero_measured: float, zero_true: float) -> Axes:
    """Metabolic rate by law: the estimate with its s.d., the truth beside it, falls as crosses at the top.

    Args:
      ax: the axes to draw on; the simulated time is told along their top.
      laws: what each law cost.
      zero_measured: net rate at zero torque as estimated during familiarisation [W/kg], dashed.
      zero_true: the same without noise [W/kg], solid.
    """
    n = len(laws.fell)
    number, stood = np.arange(1, n + 1), ~laws.fell
    dot = 4.5 if n <= 64 else 2.5
    ax.axhline(zero_true, color=GREY, lw=1, label="zero torque, truth", zorder=2)
    ax.axhline(zero_measured, color=GREY, lw=1, ls="--", label="zero torque, estimate", zorder=2)
    ax.errorbar(
        number[stood] - BESIDE, laws.estimate[stood], laws.spread[stood], fmt="o", color=BLUE, ms=dot, lw=1.2,
        label="estimate ± s.d. of its breath noise", zorder=4,
    )  # fmt: skip
    ax.plot(number[stood] + BESIDE, laws.truth[stood], "D", mfc="white", mec=ORANGE, mew=1.3, ms=dot, label="truth",
            zorder=5)  # fmt: skip
    low, high = _room(laws, stood, (zero_measured, zero_true))
    ax.set(xlim=(0.5, n + 0.5), ylim=(low, high), xlabel="law", ylabel="net metabolic rate [W/kg]")
    ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.grid(axis="x", visible=False)
    if laws.fell.any():
        ax.plot(number[laws.fell], np.full(laws.fell.sum(), high - 0.05 * (high - low)), "x", color="black", ms=6,
                mew=1.6, label="fell", zorder=5)  # fmt: skip
    _mark_generations(ax, laws.generation, low + 0.03 * (high - low))
    _tell_minutes(ax, laws.minutes)
    legend_below(ax, 3)
    return ax


def _room(laws: LawRates, stood: NDArray[np.bool_], others: tuple[float, ...]) -> tuple[float, float]:
    """Limits that leave a band below for generations and one above for falls."""
    points = [laws.estimate[stood] - laws.spread[stood], laws.estimate[stood] + laws.spread[stood], laws.truth[stood]]
    values = np.concatenate([*points, others])
    low, high = float(values.min()), float(values.max())
    height = max(high - low, 0.02 * high)
    return low - 0.12 * height, high + 0.16 * height


def _mark_generations(ax: Axes, generation: NDArray[np.int64], y: float) -> None:
    """A line between generations, and their numbers as long as there is room for them."""
    numbers, first = np.unique(generation, return_index=True)
    ends = np.append(first, len(generation))
    every = -(-len(numbers) // 16)
    for k, (g, begin, end) in enumerate(zip(numbers, ends, ends[1:], strict=False)):
        if k:
            ax.axvline(begin + 0.5, color=PALE, lw=0.8, zorder=1)
        if k % every == 0:
            word = f"generation {g}" if len(numbers) <= 5 else f"{g}"
            ax.text((begin + end + 1) / 2, y, word, color=GREY, ha="center", fontsize="small", path_effects=HALO)


def _tell_minutes(ax: Axes, minutes: Array) -> None:
    """Simulated time along the top: a law reaches from half before its number to half after."""
    n, end = len(minutes), float(minutes[-1])
    # a point beyond either end, so that ticks outside aren't drawn at it
    edges = np.concatenate([[0.5 - n], np.arange(n + 1) + 0.5, [2 * n + 0.5]])
    clock = np.concatenate([[-end, 0.0], minutes, [2 * end]])

    def to_clock(number: Any) -> Any:
        return np.interp(number, edges, clock)

    def to_number(clocks: Any) -> Any:
        return np.interp(clocks, clock, edges)

    top = ax.secondary_xaxis("top", functions=(to_clock, to_number))
    top.set_xlabel("simulated time [min]")
    top.spines["top"].set_visible(True)


def draw_muscle_rates(
    ax: Axes, reference: Mapping[str, float], recommended: Mapping[str, float], *, labels: tuple[str, str]
) -> Axes:
    """Rate of each muscle [W/kg] in two walks, as pairs of bars, by the names of `MUSCLES`, the ankle's at the top."""
    rows = np.arange(len(MUSCLES))
    for offset, rates, colour, label in ((-0.2, reference, PALE, labels[0]), (0.2, recommended, BLUE, labels[1])):
        ax.barh(rows + offset, [rates[m] for m in MUSCLES], height=0.38, color=colour, label=label)
    _muscle_rows(ax)
    ax.set_xlabel("metabolic rate, both legs [W/kg]")
    legend_below(ax, 2)
    return ax


def draw_muscle_changes(ax: Axes, reference: Mapping[str, float], recommended: Mapping[str, float]) -> Axes:
    """What each muscle's rate changed by [W/kg], as bars with the change in percent of the reference beside them."""
    change = np.array([recommended[m] - reference[m] for m in MUSCLES])
    colours = [BLUE if c <= 0 else ORANGE for c in change]
    ax.barh(np.arange(len(MUSCLES)), change, height=0.6, color=colours)
    reach = max(1e-9, float(np.abs(change).max()))
    for row, (m, c) in enumerate(zip(MUSCLES, change.tolist(), strict=True)):
        share = f"{round(100 * c / reference[m]):+d} %".replace("-", "−") if reference[m] > 0 else "–"
        share = share.replace("+0", "0")
        ax.text(c + np.copysign(0.04 * reach, c), row, share, va="center", ha="right" if c < 0 else "left")
    _muscle_rows(ax)
    ax.axvline(0.0, color=GREY, lw=1)
    least, most = min(0.0, float(change.min())), max(0.0, float(change.max()))
    ax.set_xlim(least - 0.4 * reach * (least < 0), most + 0.4 * reach * (most > 0))
    ax.set_xlabel("change of metabolic rate [W/kg]")
    return ax


def _muscle_rows(ax: Axes) -> None:
    ax.set_yticks(np.arange(len(MUSCLES)), list(MUSCLES.values()))
    ax.set_ylim(len(MUSCLES) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
