"""Laws of the plots of people: what is drawn is what was given, nothing hides a curve, no walk is walked twice."""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gait.human.participants import find_participant
from gait.view.landscape import Landscape, draw_landscape
from gait.view.laws import draw_laws
from gait.view.look import SIZE, picture
from gait.view.mean_strides import MeanStride, draw_key, draw_mean_stride
from gait.view.rates import MUSCLES, LawRates, draw_law_rates, draw_muscle_changes, draw_muscle_rates

PERCENT = np.linspace(0.0, 100.0, 101)
PEOPLE = (0.54, 0.70, 50.0, 56.0)


def axes(size=SIZE):
    return Figure(figsize=size, layout="constrained").subplots()


def hides_nothing(ax) -> bool:
    """Whether the legend stands within the figure and off the axes."""
    ax.figure.draw_without_rendering()
    legend, figure = ax.get_legend().get_window_extent(), ax.figure.bbox
    inside = figure.x0 <= legend.x0 <= legend.x1 <= figure.x1 and figure.y0 <= legend.y0 <= legend.y1 <= figure.y1
    return inside and not legend.overlaps(ax.get_window_extent())


def labelled(ax, label: str):
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return line


# ---- torque laws ----


def bumps(n: int) -> np.ndarray:
    return np.array([(0.2 + 0.05 * k) * np.exp(-(((PERCENT - 45 - k) / 8) ** 2)) for k in range(n)])


def drawn_laws(generations):
    curves = bumps(len(generations) + 2)
    ax = axes()
    assert draw_laws(ax, PERCENT, curves[2:], generations, start=curves[0], recommended=curves[1]) is ax
    return ax, curves


def test_every_law_is_drawn_as_it_is_with_the_start_dashed_and_the_recommendation_thick():
    ax, curves = drawn_laws([1, 1, 2, 2, 3])
    thin = [line for line in ax.lines if line.get_linewidth() < 1]
    np.testing.assert_array_equal([line.get_ydata() for line in thin], curves[2:])
    start, best = labelled(ax, "start"), labelled(ax, "recommended")
    np.testing.assert_array_equal(start.get_ydata(), curves[0])
    np.testing.assert_array_equal(best.get_ydata(), curves[1])
    assert start.is_dashed()
    assert best.get_linewidth() == max(line.get_linewidth() for line in ax.lines)
    assert "[N·m/kg]" in ax.get_ylabel()
    assert "[%]" in ax.get_xlabel()
    assert hides_nothing(ax)


def test_later_generations_are_darker_whatever_the_order_and_one_generation_has_one_colour():
    ax, _ = drawn_laws([3, 1, 2, 1, 4])
    thin = [line.get_color() for line in ax.lines if line.get_linewidth() < 1]
    assert thin[0] == thin[1]
    light = [np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)) for c in thin[1:]]
    assert np.all(np.diff(light) < -0.05)


@pytest.mark.parametrize("last", [1, 4, 40])
def test_the_colour_bar_names_generations_by_whole_numbers(last):
    ax, _ = drawn_laws(list(range(1, last + 1)))
    ax.figure.draw_without_rendering()
    bar = ax.figure.axes[1]
    ticks = [t for t in bar.get_yticks() if bar.get_ylim()[0] <= t <= bar.get_ylim()[1]]
    assert bar.get_ylabel() == "generation"
    assert 1 <= len(ticks) <= 8
    assert ticks == [round(t) for t in ticks]


# ---- metabolic rate by law ----


def made_rates(fell=(1, 5)) -> LawRates:
    n, rng = 8, np.random.default_rng(0)
    truth = 3.5 + 0.2 * rng.standard_normal(n)
    down = np.isin(np.arange(n), fell)
    estimate = np.where(down, np.nan, truth + 0.1 * rng.standard_normal(n))
    minutes = np.cumsum(np.where(down, 0.5, 2.0))
    return LawRates(estimate, 0.04 * truth, truth, down, np.repeat([1, 2], 4), minutes)


def drawn_rates(rates: LawRates):
    ax = axes()
    assert draw_law_rates(ax, rates, zero_measured=3.9, zero_true=3.8) is ax
    ax.figure.draw_without_rendering()
    return ax


def test_estimates_their_spread_and_the_truth_are_drawn_where_the_person_stayed_up():
    rates = made_rates()
    ax, up = drawn_rates(rates), ~rates.fell
    (bars,) = ax.containers
    np.testing.assert_array_equal(bars.lines[0].get_ydata(), rates.estimate[up])
    (spread,) = [c for c in bars.lines[2] if isinstance(c, LineCollection)]
    ends = np.array([segment[:, 1] for segment in spread.get_segments()])
    np.testing.assert_allclose(ends.T, [(rates.estimate - rates.spread)[up], (rates.estimate + rates.spread)[up]])
    truth = labelled(ax, "truth")
    np.testing.assert_array_equal(truth.get_ydata(), rates.truth[up])
    np.testing.assert_array_equal(np.round(truth.get_xdata()), np.flatnonzero(up) + 1)
    assert [labelled(ax, f"zero torque, {k}").get_ydata()[0] for k in ("truth", "estimate")] == [3.8, 3.9]
    assert "[W/kg]" in ax.get_ylabel()


def test_falls_are_crosses_above_all_else():
    rates = made_rates()
    ax = drawn_rates(rates)
    cross = labelled(ax, "fell")
    assert cross.get_marker() == "x"
    np.testing.assert_array_equal(cross.get_xdata(), np.flatnonzero(rates.fell) + 1)
    highest = np.nanmax(rates.estimate + rates.spread)
    assert highest < min(cross.get_ydata()) <= max(cross.get_ydata()) < ax.get_ylim()[1]


@pytest.mark.parametrize("fell", [(), (0, 3), tuple(range(8))])
def test_rates_can_be_drawn_without_falls_and_with_falls_only(fell):
    ax = drawn_rates(made_rates(fell))
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert ("fell" in shown) == bool(fell)
    assert hides_nothing(ax)


def test_the_time_along_the_top_is_the_bill_s():
    rates = made_rates()
    (top,) = drawn_rates(rates).child_axes
    assert top.get_xlabel() == "simulated time [min]"
    # its limits are in minutes: from nothing to the end of the last law
    np.testing.assert_allclose(top.get_xlim(), (0.0, rates.minutes[-1]))


def test_rates_of_unequal_number_are_refused():
    rates = made_rates()
    with pytest.raises(ValueError, match="as many"):
        LawRates(**{**vars(rates), "minutes": rates.minutes[1:]})


# ---- muscles ----

BEFORE = dict(zip(MUSCLES, (0.6, 0.3, 0.0, 0.3, 0.6, 0.5, 1.9), strict=True))
AFTER = dict(zip(MUSCLES, (0.42, 0.33, 0.0, 0.3, 0.54, 0.5, 1.7), strict=True))


def test_a_pair_of_bars_a_muscle_as_long_as_its_rates():
    ax = axes()
    assert draw_muscle_rates(ax, BEFORE, AFTER, labels=("zero torque", "recommended")) is ax
    assert [[bar.get_width() for bar in c] for c in ax.containers] == [[*BEFORE.values()], [*AFTER.values()]]
    assert [t.get_text() for t in ax.get_yticklabels()] == list(MUSCLES.values())
    assert hides_nothing(ax)


def test_changes_are_the_differences_and_are_told_in_percent():
    ax = axes()
    assert draw_muscle_changes(ax, BEFORE, AFTER) is ax
    (bars,) = ax.containers
    np.testing.assert_allclose([bar.get_width() for bar in bars], [AFTER[m] - BEFORE[m] for m in MUSCLES])
    assert [t.get_text() for t in ax.texts] == ["−30 %", "+10 %", "–", "0 %", "−10 %", "0 %", "−11 %"]
    ax.figure.draw_without_rendering()
    box = ax.get_window_extent()
    assert all(box.x0 <= t.get_window_extent().x0 and t.get_window_extent().x1 <= box.x1 for t in ax.texts)


# ---- the map ----


def made_land() -> Landscape:
    torque, time = np.linspace(0, 0.8, 5), np.linspace(40, 57, 4)
    saving = 20 * torque[None, :] * (time[:, None] - 44) / 10
    falls = np.zeros_like(saving)
    falls[3, 4], falls[2, 4] = 1.0, 0.5
    saving[3, 4] = np.nan
    return Landscape(torque, time, saving, falls)


def test_the_map_shows_the_savings_and_hatches_the_falls():
    land, ax = made_land(), axes((7.2, 5.2))
    assert draw_landscape(ax, land, start=(0.4, 52.9), people=PEOPLE) is ax
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan), land.saving)
    hatched = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_hatch()]
    assert len(hatched) == 2
    assert {tuple(np.round(p.get_center(), 6)) for p in hatched} == {(0.8, 57.0), (0.8, round(40 + 34 / 3, 6))}
    (box,) = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_hatch()]
    np.testing.assert_allclose(box.get_bbox().extents, (0.54, 50.0, 0.70, 56.0))
    assert "people's optima" in [t.get_text() for t in ax.texts]
    assert hides_nothing(ax)


def test_the_best_cell_is_one_without_a_fall_and_is_starred():
    land, ax = made_land(), axes()
    torque, time, saving = land.best()
    assert (torque, time) == pytest.approx((0.6, 57.0))
    assert saving == np.where(land.falls == 0, land.saving, -np.inf).max()
    draw_landscape(ax, land, start=(0.4, 52.9), people=PEOPLE)
    (star,) = [line for line in ax.lines if line.get_marker() == "*"]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (torque, time)
    start = labelled(ax, "start")
    assert (start.get_xdata()[0], start.get_ydata()[0]) == (0.4, 52.9)


def test_a_map_without_a_safe_cell_or_of_another_shape_is_refused():
    land = made_land()
    with pytest.raises(ValueError, match="every cell"):
        Landscape(land.peak_torque, land.peak_time, land.saving, np.ones_like(land.falls)).best()
    with pytest.raises(ValueError, match="falls must be"):
        Landscape(land.peak_torque, land.peak_time, land.saving, land.falls[1:])
    with pytest.raises(ValueError, match="ascend"):
        Landscape(land.peak_torque[::-1], land.peak_time, land.saving, land.falls)


# ---- mean strides ----


def test_both_legs_are_thin_their_mean_thick_and_people_behind():
    legs = np.random.default_rng(0).random((2, 50))
    normal, ax = np.linspace(0, 1, 50), axes()
    walk = MeanStride("no device", legs)
    assert draw_mean_stride(ax, [walk], title="hip", unit="[deg]", normal=normal) is ax
    people, left, right, mean = ax.lines
    for line, values in ((people, normal), (left, legs[0]), (right, legs[1]), (mean, legs.mean(axis=0))):
        np.testing.assert_array_equal(line.get_ydata(), values)
        np.testing.assert_allclose(line.get_xdata(), np.arange(1, 100, 2))
    assert left.get_linewidth() < mean.get_linewidth() < people.get_linewidth()
    assert people.get_zorder() < left.get_zorder() < mean.get_zorder()
    assert ax.get_ylabel() == "[deg]"
    key = draw_key(axes(), ax)
    assert [t.get_text() for t in key.get_legend().get_texts()] == ["people", "no device"]
    with pytest.raises(ValueError, match="legs must be"):
        MeanStride("one leg", legs[:1])


def test_pictures_of_the_same_numbers_are_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        with picture(tmp_path / f"{name}.png", columns=2, sharey=True, title="muscles") as (left, right):
            draw_muscle_rates(left, BEFORE, AFTER, labels=("zero torque", "recommended"))
            draw_muscle_changes(right, BEFORE, AFTER)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


# ---- scripts/landscape.py ----


@pytest.fixture(scope="module")
def script():
    path = Path(__file__).parent.parent / "scripts" / "landscape.py"
    spec = importlib.util.spec_from_file_location("landscape_script", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def walked(script, monkeypatch):
    """The settings that were walked; no physics, and nobody stands 0.8 N·m/kg."""
    seen = []

    def walk(task, settings):
        seen.append(settings)
        torque, time = settings["law"][:2]
        fell = torque > 0.75
        return {**settings, "net": None if fell else 4 - torque * (time - 45) / 20, "fell": fell, "walked": 1.0}

    monkeypatch.setattr(script, "walk", walk)
    return seen


def ask(script, monkeypatch, out: Path, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["landscape.py", "--out", str(out), "--grid", "3", *words])
    script.main()


def test_a_map_walks_only_what_it_has_not_walked(script, walked, monkeypatch, tmp_path):
    ask(script, monkeypatch, tmp_path, "--seeds", "1")
    assert len(walked) == 7  # 3 × 3, of which the 3 without torque are one
    cache = tmp_path / "walks.jsonl"
    first = {name: (tmp_path / name).read_bytes() for name in ("landscape.csv", "landscape.png")}
    lines = cache.read_text().splitlines(keepends=True)
    assert len(lines) == 7

    lost = json.loads(lines.pop(3))
    cache.write_text("".join(lines) + '{"torn')
    walked.clear()
    ask(script, monkeypatch, tmp_path, "--seeds", "1")
    assert [s["law"] for s in walked] == [lost["law"]]
    assert {name: (tmp_path / name).read_bytes() for name in first} == first

    walked.clear()
    ask(script, monkeypatch, tmp_path, "--seeds", "2")
    assert {s["seed"] for s in walked} == {1}
    walked.clear()
    ask(script, monkeypatch, tmp_path, "--seeds", "1", "--seconds", "40")
    assert len(walked) == 7


def test_a_person_tuned_anew_is_walked_anew(script, walked, monkeypatch, tmp_path):
    ask(script, monkeypatch, tmp_path, "--seeds", "1")
    walked.clear()
    other = dataclasses.replace(find_participant("1"), slow_more=0.01)
    monkeypatch.setattr("gait.tasks.exoskeleton.find_participant", lambda name: other)
    ask(script, monkeypatch, tmp_path, "--seeds", "1")
    assert len(walked) == 7


def test_the_table_says_what_was_saved_and_who_fell(script, walked, monkeypatch, tmp_path, capsys):
    ask(script, monkeypatch, tmp_path)
    with (tmp_path / "landscape.csv").open(newline="") as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 9
    for row in rows:
        if row["peak_torque"] > 0.75:
            assert row["falls"] == row["walks"] == 2
            assert np.isnan(row["saving_percent"])
        else:
            saved = row["peak_torque"] * (row["peak_time"] - 45) / 20 if row["peak_torque"] else 0.0
            assert row["saving_percent"] == pytest.approx(100 * saved / 4)
    assert "best cell         6.0 % saved with 0.40 N·m/kg at 57.0 %" in capsys.readouterr().out


def test_early_laws_begin_at_heel_strike_or_later(script, walked, monkeypatch, tmp_path):
    ask(script, monkeypatch, tmp_path, "--early", "--seeds", "1")
    laws = np.array([s["law"] for s in walked])
    assert laws[:, 1].min() == 10.0
    assert (laws[:, 2] <= laws[:, 1]).all()
    assert len(walked) == 1 + 2 * 5
    assert (tmp_path / "landscape-early.png").stat().st_size > 1000
