"""Laws of gait.compare.plots: nothing hidden, units on the axes, the same picture from the same numbers."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from gait.compare import plots, plots_runtime, plots_tables


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


NAMES = ["random-search", "cma-es", "finite-difference", "natural-gradient"]


def overlaps(texts) -> list[tuple[str, str]]:
    """Pairs of texts that lie over each other."""
    boxes = [(t.get_text(), t.get_window_extent()) for t in texts if t.get_text() and t.get_visible()]
    return [(a, b) for i, (a, x) in enumerate(boxes) for b, y in boxes[i + 1 :] if x.overlaps(y)]


def test_runtime_distribution_ends_with_the_budget_in_the_order_of_its_legend():
    clock = np.geomspace(80, 3600, 50)
    fractions = {name: np.linspace(0, 0.2 * k, 50) for k, name in enumerate(NAMES)}
    with plots.figure() as (fig, ax):
        assert plots_runtime.draw_runtime_distribution(ax, clock, fractions) is ax
        fig.draw_without_rendering()
        assert [t.get_text() for t in ax.get_legend().get_texts()] == NAMES[::-1]
        assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())
        assert ax.get_xlim()[1] == pytest.approx(1)
        assert ax.get_xscale() == "log"
        assert "[h]" in ax.get_xlabel()
        assert not overlaps(ax.get_xticklabels())


def test_expected_times_end_where_no_run_got_there():
    targets, never = np.linspace(0.2, 0.6, 9), np.full(9, np.inf)
    rising = np.geomspace(60, 5000, 9)
    found = {
        "a": plots_runtime.Expected(rising, rising / 2, rising * 2, np.linspace(1, 0.2, 9)),
        "b": plots_runtime.Expected(np.where(targets < 0.4, rising, np.inf), rising / 2, never, targets < 0.4),
        "c": plots_runtime.Expected(never, never, never, np.zeros(9)),
    }
    with plots.figure() as (fig, ax):
        ax.remove()
        top, below = fig.subplots(2, 1, sharex=True)
        plots_runtime.draw_expected_times((top, below), targets, found, "speed [m/s]")
        fig.draw_without_rendering()
        assert [len(line.get_xdata()) for line in top.lines] == [9, 4, 0]
        assert [t.get_text() for t in top.get_legend().get_texts()] == ["a", "b", "c"]
        assert all(np.isfinite(top.get_ylim()))
        assert (top.get_ylabel(), below.get_ylim()[0] < 0) == ("expected time [min]", True)


@pytest.mark.parametrize("count", [2, 4, 12])
def test_who_beats_whom_writes_in_every_cell_but_the_diagonal(count):
    names = [f"optimizer-number-{k}" for k in range(count)]
    p = np.random.default_rng(0).uniform(size=(count, count))
    with plots.figure(size=(7.2, min(1.6 + 0.5 * count, 9))) as (fig, ax):
        plots_tables.draw_beats(ax, names, plots_tables.Beats(p, p / 2, (1 + p) / 2, p > 0.9))
        fig.draw_without_rendering()
        assert len(ax.texts) == count * (count - 1)
        assert overlaps(ax.texts) == []
        assert {t.get_weight() for t, q in zip(ax.texts, p[~np.eye(count, dtype=bool)], strict=True) if q > 0.9} <= {
            "bold"
        }
        assert all(ax.get_window_extent().padded(1).contains(*t.get_window_extent().min) for t in ax.texts)


def test_bars_of_time_are_as_long_as_the_sum_and_kinds_differ_in_grey():
    seconds = np.array([[100.0, 0, 30, 70], [50, 0, 150, 25]])
    with plots.figure(size=(7.2, 2)) as (fig, ax):
        plots_tables.draw_spent(ax, NAMES[:2], seconds, ["walking", "nothing", "falls", "set-up"])
        fig.draw_without_rendering()
        ends = [max(bar.get_x() + bar.get_width() for row in ax.containers for bar in row[i : i + 1]) for i in (0, 1)]
        assert ends == pytest.approx(seconds.sum(1) / 60)
        (legend,) = fig.legends
        assert [t.get_text() for t in legend.get_texts()] == ["walking", "falls", "set-up"]
        assert not legend.get_window_extent().overlaps(ax.get_window_extent())
    grey = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in plots_tables.BARS]
    assert min(abs(a - b) for a, b in itertools.pairwise(grey)) > 0.04


def test_a_name_with_dollars_is_drawn_as_it_is():
    with plots.figure() as (fig, ax):
        plots_runtime.draw_distribution(ax, np.linspace(0, 1, 5), {"$x_$": np.linspace(1, 0, 5)}, "s [$]", 0.2)
        fig.draw_without_rendering()
        assert ax.get_legend().get_texts()[0].get_text() == "$x_$"


def test_gait_does_not_import_matplotlib():
    code = "import sys, gait, gait.compare.statistics; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("count", [1, 6, 20])
def test_a_legend_of_many_has_room_beside_its_axes(count):
    names = [f"optimizer-{k}" for k in range(count)]
    clock, runs = np.linspace(0.0, 60.0, 5), np.zeros((2, 5))
    drawn = [plots.Curves(name, runs, *runs, runs[0]) for name in names]
    with plots.figure(size=plots.tall(count)) as (fig, ax):
        plots.draw_curves(ax, clock, drawn, start=0.0, quantity="speed [m/s]")
        fig.draw_without_rendering()
        assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y0
