"""Laws of the ankle torque curve: its shape, its independent definition, and the projection to feasible laws."""

import itertools

import numpy as np
import pytest
from scipy.interpolate import BPoly, CubicSpline

from gait.controllers.torque_profile import BASELINE, END, FALL_LOW, SPACE, TorqueProfile, project, torque
from gait.errors import UsageError

PEAK, PEAK_TIME, RISE, FALL = range(4)
ANY = (0.4, 52.9, 26.2, 9.8)


def drawn(n: int, seed: int = 0) -> np.ndarray:
    """Laws (n, 4) anywhere within the bounds, feasible or not."""
    return SPACE.decode(np.random.default_rng(seed).uniform(size=(n, 4)))


def profiles(n: int, seed: int = 0) -> list[TorqueProfile]:
    return [TorqueProfile(*v) for v in project(drawn(n, seed))]


def laws(n: int, seed: int = 0) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("law", profiles(n, seed), ids=lambda law: law.describe())


def spline(law: TorqueProfile, height: float) -> tuple[CubicSpline, CubicSpline]:
    """Rise and fall from their boundary conditions alone, solved as a tridiagonal system."""
    rise = CubicSpline([law.onset, law.peak_time], [0, height], bc_type=((1, 0.0), (1, 0.0)))
    fall = CubicSpline([law.peak_time, law.end], [height, 0], bc_type=((1, 0.0), (2, 0.0)))
    return rise, fall


def inside(low: float, high: float, n: int = 101) -> np.ndarray:
    return np.linspace(low, high, n + 2)[1:-1]


# The curve


@laws(20)
def test_highest_torque_is_the_peak_at_the_peak_time(law):
    assert law.curve(law.peak_time) == law.peak_torque
    assert law.curve(np.linspace(0, 100, 5001)).max() <= law.peak_torque
    assert (np.diff(law.curve(inside(law.onset, law.peak_time))) > 0).all()
    assert (np.diff(law.curve(inside(law.peak_time, law.end))) < 0).all()


@laws(20, seed=1)
def test_slopes_and_curvature_at_the_ends_of_the_two_cubics(law):
    h = 1e-3
    onset, peak, end = (law.curve(t + h * np.arange(-3, 4)) for t in (law.onset, law.peak_time, law.end))
    steep = law.peak_torque / min(law.rise_time, law.fall_time) ** 2
    for slope in (onset[4] - onset[3], peak[4] - peak[3], peak[3] - peak[2]):
        assert abs(slope / h) < 4 * steep * h  # |slope| = |curvature| h / 2 where the slope is 0
    assert (end[3] - 4 * end[2] / 3 + end[1] / 3) / (2 * h / 3) == pytest.approx(
        -1.5 * law.peak_torque / law.fall_time, rel=1e-6
    )
    third = 3 * law.peak_torque / law.fall_time**3
    curvature = (end[3] - 2 * end[2] + end[1]) / h**2  # at end − h, so third · h remains
    assert curvature == pytest.approx(-third * h, abs=1e-8)


@laws(20, seed=2)
def test_curve_is_continuous(law):
    fine = np.linspace(0, 100, 20001)
    steepest = 1.5 * law.peak_torque / min(law.rise_time, law.fall_time)
    assert np.abs(np.diff(law.curve(fine))).max() <= steepest * (fine[1] - fine[0]) * (1 + 1e-9)
    for event in (law.onset, law.peak_time, law.end):
        before, after = law.curve([np.nextafter(event, 0), np.nextafter(event, 100)])
        assert before == pytest.approx(after, abs=1e-13)


@laws(200, seed=3)
def test_torque_is_zero_outside_the_law_and_after_the_limit_and_positive_inside(law):
    assert law.onset >= 0.0
    assert law.end <= END
    outside = np.concatenate([inside(-10, law.onset), [law.onset, law.end, END], inside(law.end, 130), inside(END, 66)])
    assert (law.curve(outside) == 0.0).all()
    assert (law.curve(inside(law.onset, law.end)) > 0.0).all()
    last = np.nextafter(law.end, 0) - np.spacing(law.end) * np.arange(5)
    assert (law.curve(last) >= 0.0).all()


@pytest.mark.parametrize("baseline", [0.0, 0.02])
@laws(30, seed=4)
def test_curve_is_the_spline_of_its_boundary_conditions(law, baseline):
    height = max(0.0, law.peak_torque - baseline)
    rise, fall = spline(law, height)
    up, down = np.linspace(law.onset, law.peak_time, 101), np.linspace(law.peak_time, law.end, 101)
    np.testing.assert_allclose(law.curve(up, baseline=baseline), rise(up), rtol=0, atol=1e-12)
    np.testing.assert_allclose(law.curve(down, baseline=baseline), fall(down), rtol=0, atol=1e-12)
    hermite = BPoly.from_derivatives(  # the second independent definition, with the end slope that zero curvature gives
        [law.onset, law.peak_time, law.end], [[0, 0], [height, 0], [0, -1.5 * height / law.fall_time]]
    )
    both = np.concatenate([up, down])
    np.testing.assert_allclose(law.curve(both, baseline=baseline), hermite(both), rtol=0, atol=1e-12)


@laws(20, seed=5)
def test_torque_is_proportional_to_its_peak_and_scales_with_time(law):
    t = np.linspace(0, 100, 501)
    half = TorqueProfile(law.peak_torque / 2, law.peak_time, law.rise_time, law.fall_time)
    np.testing.assert_array_equal(half.curve(t), law.curve(t) / 2)
    short = TorqueProfile(law.peak_torque, law.peak_time / 2, law.rise_time / 2, law.fall_time / 2)
    np.testing.assert_allclose(short.curve(t / 2), law.curve(t), atol=1e-15)


@laws(20, seed=6)
def test_baseline_lowers_the_peak_and_nothing_else(law):
    assert BASELINE == 0.0
    t, baseline = np.linspace(0, 100, 501), 2.0 / 75.0  # 2 N·m on 75 kg
    lower = TorqueProfile(max(law.peak_torque - baseline, 0.0), law.peak_time, law.rise_time, law.fall_time)
    np.testing.assert_array_equal(law.curve(t, baseline=baseline), lower.curve(t))
    for at_least_the_peak in (law.peak_torque, law.peak_torque + 0.1):
        assert (law.curve(t, baseline=at_least_the_peak) == 0.0).all()


@laws(30, seed=7)
def test_compiled_torque_and_curve_agree_and_match_the_plain_function(law):
    grid = np.linspace(0, 100, 60).reshape(3, 20)
    curve = law.curve(grid)
    assert curve.shape == grid.shape
    for t, value in zip(grid.flat, curve.flat, strict=True):
        arguments = (t, law.peak_torque, law.peak_time, law.rise_time, law.fall_time, BASELINE)
        assert torque(*arguments) == pytest.approx(value, rel=0, abs=1e-15)
        assert torque.py_func(*arguments) == pytest.approx(value, rel=0, abs=1e-15)


def test_an_unknown_moment_has_an_unknown_torque():
    assert np.isnan(TorqueProfile(*ANY).curve([np.nan])).all()


# The projection


def test_projected_laws_are_feasible_and_projecting_again_changes_nothing():
    before = drawn(5000)
    after = project(before)
    assert (after[:, PEAK_TIME] + after[:, FALL] <= END).all()
    assert (after[:, PEAK_TIME] - after[:, RISE] >= 0.0).all()
    assert ((after >= SPACE.low) & (after <= SPACE.high)).all()
    np.testing.assert_array_equal(project(after), after)


def test_projection_leaves_feasible_laws_alone_and_shortens_only_the_fall_to_end_at_the_limit():
    before = drawn(5000, seed=1)
    kept = before.copy()
    after = project(before)
    np.testing.assert_array_equal(before, kept)  # the caller's array is the caller's
    late = before[:, PEAK_TIME] + before[:, FALL] > END
    assert 0.1 < late.mean() < 0.9
    np.testing.assert_array_equal(after[~late], before[~late])
    np.testing.assert_array_equal(after[late, :FALL], before[late, :FALL])
    np.testing.assert_array_equal(after[late, PEAK_TIME] + after[late, FALL], END)
    assert (after[late, FALL] >= END - SPACE.high[PEAK_TIME]).all()
    assert END - SPACE.high[PEAK_TIME] >= FALL_LOW


def test_projection_shortens_a_rise_that_starts_before_heel_strike():
    np.testing.assert_array_equal(project([0.3, 30.0, 40.0, 20.0]), [0.3, 30.0, 30.0, 20.0])
    np.testing.assert_array_equal(project([0.3, 55.0, 60.0, 20.0]), [0.3, 55.0, 55.0, 10.0])


def test_every_corner_of_the_cube_is_a_law_and_the_start_is_left_alone():
    for corner in itertools.product((0.0, 1.0), repeat=4):
        law = TorqueProfile.from_unit(corner)
        np.testing.assert_array_equal(law.values, project(SPACE.decode(corner)))
        assert law.onset >= 0.0
        assert law.end <= END
    np.testing.assert_allclose(TorqueProfile.from_unit(SPACE.default).values, SPACE.decode(SPACE.default))


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_projection_works_row_by_row_in_any_shape(shape):
    values = drawn(int(np.prod(shape, dtype=int)), seed=2).reshape(*shape, 4)
    after = project(values)
    assert after.shape == values.shape
    for i in np.ndindex(*shape):
        np.testing.assert_array_equal(after[i], project(values[i]))


# What is refused


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("i", range(4))
def test_numbers_that_are_not_finite_are_refused_by_name(i, bad):
    values = np.array([ANY, ANY])
    values[1, i] = bad
    for use in (project, lambda v: TorqueProfile(*v[1]), lambda v: TorqueProfile.from_unit(v[1])):
        with pytest.raises(UsageError, match=f"^{SPACE.names[i]}={bad:g}: .*finite"):
            use(values)


@pytest.mark.parametrize("i", [PEAK_TIME, RISE, FALL])
def test_times_must_be_above_zero(i):
    values = np.array(ANY)
    values[i] = 0.0
    for use in (project, lambda v: TorqueProfile(*v)):
        with pytest.raises(UsageError, match=rf"^{SPACE.names[i]}=0: .*above 0"):
            use(values)


@pytest.mark.parametrize("shape", [(), (3,), (1,), (4, 2), (0,)])
def test_other_than_four_numbers_are_refused(shape):
    for use in (project, TorqueProfile.from_unit):
        with pytest.raises(UsageError, match="peak_torque, peak_time, rise_time, fall_time; got shape"):
            use(np.full(shape, 0.5))


def test_several_points_are_not_one_law():
    with pytest.raises(UsageError, match=r"one point \(4,\), got shape \(2, 4\)"):
        TorqueProfile.from_unit(np.full((2, 4), 0.5))


def test_a_peak_too_late_for_any_fall_is_refused_but_a_short_fall_in_time_is_not():
    with pytest.raises(UsageError, match=r"peak_time=61: .*less than 5 % to fall"):
        project([0.4, 61.0, 20.0, 6.0])
    np.testing.assert_array_equal(project([0.4, 61.0, 20.0, 3.0]), [0.4, 61.0, 20.0, 3.0])


def test_infeasible_laws_cannot_be_held():
    with pytest.raises(UsageError, match="over by 65 %"):
        TorqueProfile(0.4, 57.0, 20.0, 8.1)
    with pytest.raises(UsageError, match="before heel strike"):
        TorqueProfile(0.4, 30.0, 30.1, 10.0)


def test_a_law_typed_to_end_at_the_limit_can_be_held_and_is_left_alone():
    for tenths in range(400, 571):
        law = TorqueProfile(0.4, tenths / 10, 20.0, (650 - tenths) / 10)
        np.testing.assert_array_equal(project(law.values), law.values)


def test_description_has_the_units():
    assert TorqueProfile(0.47, 51.2, 27.4, 8.8).describe() == "0.47 N·m/kg, peak 51 %, rise 27 %, fall 9 %"
