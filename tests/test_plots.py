"""Laws of gait.compare.plots: nothing hidden, units on the axes, the same picture from the same numbers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from gait.compare import plots


def made(names: list[str], budget: float = 3600.0) -> tuple[np.ndarray, list[plots.Curves]]:
    """Curves that rise at different paces; no statistics needed."""
    clock = np.linspace(0, budget, 61)
    curves = []
    for i, name in enumerate(names):
        runs = (1 - np.exp(-clock / budget * (2 + i))) * np.linspace(0.8, 1.2, 5)[:, None]
        curves.append(plots.Curves(name, runs, runs[2], runs[1], runs[3]))
    return clock, curves


def drawn(names: list[str], budget: float = 3600.0):
    clock, curves = made(names, budget)
    fig = Figure(figsize=plots.SIZE, layout="constrained")
    ax = fig.subplots()
    assert plots.draw_curves(ax, clock, curves, start=0.1, quantity="speed [m/s]") is ax
    fig.draw_without_rendering()
    return fig, ax


def result(budget: float = 3600.0) -> dict:
    points = [{"clock": c, "mean": 0.1 + c / 1e4, "sd": 0.01, "n": 16} for c in (0.0, 300.0, 2400.0)]
    return {
        "optimizer": "cma-es", "budget": budget, "curve": points, "score_name": "speed", "score_unit": "m/s"
    }  # fmt: skip


@pytest.mark.parametrize("names", [["cma-es"], ["finite-difference", "reinforce", "cma-es"], list("abcdefgh")])
def test_legend_stands_outside_the_axes_and_inside_the_figure(names):
    fig, ax = drawn(names)
    legend, axes = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert not legend.overlaps(axes)
    assert fig.bbox.x0 <= legend.x0 <= legend.x1 <= fig.bbox.x1
    assert fig.bbox.y0 <= legend.y0 <= legend.y1 <= fig.bbox.y1
    assert axes.width > 0.5 * fig.bbox.width


def test_learning_curve_legend_stands_outside_too():
    fig = Figure(figsize=plots.SIZE, layout="constrained")
    ax = fig.subplots()
    assert plots.draw_learning_curve(ax, result(), {"Kohl & Stone 2004": 0.291}) is ax
    fig.draw_without_rendering()
    assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())
    assert (ax.get_xlabel(), "[m/s]" in ax.get_ylabel()) == ("simulated time [min]", True)
    assert "Kohl & Stone 2004" in [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(("budget", "end"), [(3600.0, 44), (2460.0, 41), (1200.0, 40)])
def test_learning_curve_ends_with_the_budget_or_a_little_after_what_was_walked(budget, end):
    ax = plots.draw_learning_curve(Figure().subplots(), result() | {"budget": budget}, {})
    assert ax.get_xlim() == pytest.approx((0, end))


@pytest.mark.parametrize(("budget", "unit", "end"), [(3600, "h", 1), (10800, "h", 3), (2400, "min", 40)])
def test_axes_carry_units_and_end_with_the_budget(budget, unit, end):
    _, ax = drawn(["cma-es"], budget)
    assert ax.get_xlabel() == f"simulated time [{unit}]"
    assert "[m/s]" in ax.get_ylabel()
    assert ax.get_xlim() == pytest.approx((0, end))


def test_legend_lists_lines_in_the_order_in_which_they_end():
    _, ax = drawn(["slow", "middle", "fast"])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fast", "middle", "slow", "start"]


def test_no_run_reaches_outside_the_view():
    _, ax = drawn(["a", "b"])
    low, high = ax.get_ylim()
    ys = np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.lines])
    assert low <= ys.min() <= ys.max() <= high


def test_optimizers_differ_in_colour_or_dash_and_colours_differ_in_grey():
    _, ax = drawn(list("abcdefghijkl"))
    thick = [line for line in ax.lines if line.get_linewidth() == 2]
    assert len({(line.get_color(), line.get_linestyle(), str(line._dash_pattern)) for line in thick}) == 12
    grey = sorted(np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in plots.COLOURS[:3])
    assert min(np.diff(grey)) > 0.02


def test_saved_files_do_not_change_between_calls(tmp_path):
    clock, curves = made(["cma-es", "reinforce"])
    first, second = (
        plots.save_comparison(tmp_path / name, clock, curves, start=0.1, quantity="speed [m/s]", title="quadruped")
        for name in ("one", "two")
    )
    assert [path.name for path in first] == ["one.png", "one.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert "simulated time [h]" in first[1].read_text()
    png, svg = plots.save_learning_curve(tmp_path / "run", result(), {})
    assert png.stat().st_size > 0
    assert svg.stat().st_size > 0


def test_gait_does_not_import_matplotlib():
    code = "import sys, gait, gait.compare.statistics; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
