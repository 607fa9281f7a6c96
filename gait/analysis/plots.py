"""Draws a gait: gait diagram, Hildebrand's plot, foot paths, joints against their limits, a phase portrait.

Draws only: the numbers are an `Analysis` and its `Traces`. Left legs amber, right legs blue, hind legs paler and
dashed, as in the videos.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from gait.analysis.footfalls import Footfalls
from gait.analysis.report import Analysis
from gait.analysis.traces import Traces
from gait.controllers import LEGS
from gait.view.look import GREY, HALO, PALE, STYLE
from gait.view.panel import LEG_COLOURS

Array = NDArray[np.float64]

SHADE = 0.88
"""The videos' colours are for a dark ground; on paper they are a little darker."""
COLOURS = tuple((SHADE * r / 255, SHADE * g / 255, SHADE * b / 255) for r, g, b in LEG_COLOURS)
LIMIT = "#B3261E"
DASHES = ("solid", "solid", (0, (4, 1.2)), (0, (4, 1.2)))
SIZE = (7.2, 9.8)
"""Inches: a full text column, 9 pt letters stay 9 pt."""
HEIGHTS = (1.5, 2.3, 1.9, 1.8, 2.1)
"""Of the rows; the last are angles and torques."""
STANDARD = (
    ("lateral-sequence\nwalk", 75, 25, (7, 0)), ("diagonal-sequence\nwalk", 75, 75, (7, 0)), ("trot", 50, 50, (7, 0)),
    ("pace", 50, 0, (7, 0)), ("pace", 50, 100, (7, 0)), ("bound", 40, 50, (-32, 0)), ("pronk", 40, 0, (-32, 0)),
)  # fmt: skip
"""Gaits: name, duty factor of the hind feet [%], limb phase [%] (Hildebrand 1965), and where the name stands [pt]."""
SKEWED = ("bound", "pronk")
"""Gaits whose left and right feet land together: Hildebrand's plot is made for the others."""


def draw_gait_diagram(ax: Axes, traces: Traces, footfalls: Footfalls) -> Axes:
    """A bar a leg while its foot is down (Hildebrand 1965), duty factor β and phase φ beside it."""
    step = np.median(np.diff(traces.time))
    for leg, timing in enumerate(footfalls.legs):
        down = np.flatnonzero(traces.contacts[:, leg])
        ax.broken_barh(
            [(t, step) for t in traces.time[down] - 0.5 * step], (leg - 0.36, 0.72), color=COLOURS[leg], lw=0
        )
        words = f"β {_two(timing.duty_factor)}   φ {_two(timing.phase)}"
        ax.text(1.015, leg, words, transform=ax.get_yaxis_transform(), va="center", fontsize="small")
        ax.axhline(leg, color=PALE, lw=0.5, zorder=0)
    ax.set_yticks(range(4), LEGS)
    ax.set(ylim=(3.6, -0.6), xlim=(traces.time[0], traces.time[-1]), xlabel="time [s]")
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    ax.set_title(f"Feet on the ground; β duty factor, φ delay after {footfalls.reference or 'nobody'} [strides]",
                 loc="left", fontsize="medium")  # fmt: skip
    return ax


def draw_hildebrand(ax: Axes, footfalls: Footfalls) -> Axes:
    """Hildebrand's plot: limb phase against duty factor of the hind feet, this gait among the standard ones."""
    for name, duty, phase, aside in STANDARD:
        filled = "none" if name in SKEWED else PALE
        ax.plot(duty, phase, "o", ms=6, mfc=filled, mec=GREY, mew=0.8, zorder=2, clip_on=False)
        ax.annotate(name, (duty, phase), xytext=aside, textcoords="offset points", va="center",
                    fontsize="x-small", color=GREY, path_effects=HALO)  # fmt: skip
    ax.axvline(50, color=PALE, lw=0.8, ls="--", zorder=1)
    if footfalls.hind_duty is not None and footfalls.limb_phase is not None:
        at = 100 * footfalls.hind_duty, 100 * footfalls.limb_phase
        ax.plot(*at, marker="*", ms=13, mfc=COLOURS[1], mec="white", mew=0.8, zorder=4, clip_on=False)
        ax.annotate("this gait", at, xytext=(0, 9), textcoords="offset points", ha="center", fontsize="small",
                    fontweight="bold", path_effects=HALO, zorder=5)  # fmt: skip
    ax.set(xlim=(10, 100), ylim=(-4, 104), yticks=range(0, 101, 25))
    ax.set(xlabel="duty factor, hind feet [%]", ylabel="limb phase [%]")
    ax.set_title("Limb phase (hollow: left and right together)", loc="left", fontsize="medium")
    return ax


def draw_foot_path(ax: Axes, traces: Traces, leg: int) -> Axes:
    """One foot from its hip, in the trunk's axes: solid as it went, grey dashes as commanded."""
    if traces.commanded is not None:
        ax.plot(*traces.commanded[:, leg].T, color=GREY, lw=1.0, ls=(0, (3, 1.5)), zorder=3)
    ax.plot(*traces.walked[:, leg].T, color=COLOURS[leg], lw=1.3, zorder=2)
    ax.set_aspect("equal", adjustable="box")
    ax.set_title(LEGS[leg], loc="left", fontsize="medium", color=COLOURS[leg], fontweight="bold")
    ax.set(xlabel="forward [cm]")
    return ax


def draw_joint(ax: Axes, time: Array, values: Array, limits: Array) -> Axes:
    """One joint's `values` (S, 4) of the four legs at `time` (S,), between its limits (2,), which are red."""
    for leg in range(4):
        ax.plot(time, values[:, leg], color=COLOURS[leg], ls=DASHES[leg], lw=1.1)
    for limit in limits:
        ax.axhline(limit, color=LIMIT, lw=1.0)
    ax.set_xlim(time[0], time[-1])
    return ax


def draw_pitch_portrait(ax: Axes, traces: Traces) -> Axes:
    """The trunk's pitch rate against its pitch: a closed loop where strides are alike."""
    ax.plot(*traces.pitch.T, color=COLOURS[1], lw=1.0)
    ax.plot(*traces.pitch[-1], "o", ms=4, color=COLOURS[1])
    ax.set(xlabel="trunk pitch, nose up [deg]", ylabel="pitch rate [deg/s]")
    ax.set_title("Phase portrait of the trunk", loc="left", fontsize="medium")
    return ax


def save_gait(path: Path, analysis: Analysis, traces: Traces, *, title: str = "") -> Path:
    """One figure of a gait, all panels, written to `path` (200 dpi)."""
    with mpl.rc_context(STYLE):
        # a bare Figure, not pyplot: no window system is asked for and no global state is left behind
        figure = Figure(figsize=SIZE, layout=ConstrainedLayoutEngine(w_pad=0.08))
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        curves = [("angle [deg]", traces.angles, traces.angle_limits)]
        if traces.torques is not None:
            curves.append(("torque [N·m]", traces.torques, traces.torque_limits))
        rows: Any = figure.subfigures(3 + len(curves), height_ratios=HEIGHTS[: 3 + len(curves)])
        draw_gait_diagram(rows[0].subplots(), traces, analysis.footfalls)
        left, right = rows[1].subplots(1, 2)
        draw_hildebrand(left, analysis.footfalls)
        draw_pitch_portrait(right, traces)
        for leg, ax in enumerate(rows[2].subplots(1, 4, sharey=True)):
            draw_foot_path(ax, traces, leg)
            ax.set_ylabel("up from the hip [cm]" if leg == 0 else "")
        for row, (quantity, values, limits) in zip(rows[3:], curves, strict=True):
            for k, ax in enumerate(row.subplots(1, 3)):
                draw_joint(ax, traces.time, values[:, :, k], limits[k])
                ax.set_title(traces.joints[k], loc="left", fontsize="medium")
                ax.set(ylabel=quantity if k == 0 else "", xlabel="time [s]" if row is rows[-1] else "")
        rows[-1].legend(handles=_key(traces), loc="outside lower center", ncols=6, fontsize="small")
        figure.savefig(path, dpi=200)
    return path


def _key(traces: Traces) -> list[Line2D]:
    lines = [Line2D([], [], color=COLOURS[k], ls=DASHES[k], label=LEGS[k]) for k in range(4)]
    lines.append(Line2D([], [], color=LIMIT, label="limit"))
    if traces.commanded is not None:
        lines.append(Line2D([], [], color=GREY, ls=(0, (3, 1.5)), label="foot path commanded"))
    return lines


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
