"""Laws of gait analysis: what was put into a walk is measured; mirrored and shifted walks measure as they must."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from gait.analysis.body import Body, acceleration, read_body, trunk_angles
from gait.analysis.contacts import circular_mean, circular_sd, clean, stances, strides
from gait.analysis.footfalls import footfalls
from gait.analysis.margins import longitudinal_margin, margins, signed_distance, static_margin, zero_moment_points
from gait.analysis.motion import Walked, motion, path_speed
from gait.analysis.report import QUANTITIES, analyze
from gait.analysis.traces import read_traces
from gait.cli import main
from gait.controllers import LEGS
from gait.controllers.ik import forward
from gait.errors import UsageError
from gait.policy import Constant
from gait.run import optimize
from gait.tasks.quadruped import Quadruped
from gait.trial import Query

TICK = 0.008
GAITS = {
    # delays of FL FR HL HR, duty factor
    "walk": ((0.25, 0.75, 0.0, 0.5), 0.75), "trot": ((0.0, 0.5, 0.5, 0.0), 0.42), "pace": ((0.0, 0.5, 0.0, 0.5), 0.55),
    "bound": ((0.0, 0.0, 0.5, 0.5), 0.4), "gallop": ((0.0, 0.05, 0.4, 0.35), 0.32),
    "pronk": ((0.0, 0.0, 0.0, 0.0), 0.4),
}  # fmt: skip
STEADY = {
    "front_locus_height": 3.0, "front_locus_x_offset": 1.0, "front_locus_y_offset": -0.5, "rear_locus_height": 3.0,
    "rear_locus_x_offset": 1.0, "rear_locus_y_offset": -1.5, "locus_length": 2.5, "locus_skew_multiplier": 0.0,
    "front_body_height": 9.5, "rear_body_height": 10.5, "locus_time": 0.6, "ground_fraction": 0.5,
}  # fmt: skip
"""A trot whose feet hardly bounce."""


def footsteps(gait, period, *, seconds=6.0, start=0.0, jitter=0.0, chatter=False, tick=TICK):
    """Contacts of a gait by definition: leg i is down while (t / T − φᵢ) mod 1 < β."""
    phases, duty = GAITS[gait]
    rng = np.random.default_rng(3)
    time = start + tick * np.arange(1, round(seconds / tick) + 1)
    contacts = np.zeros((len(time), 4), bool)
    for leg, phase in enumerate(phases):
        for k in range(-2, int((start + seconds) / period) + 2):
            down, up = (k + phase) * period + jitter * rng.standard_normal(), duty * period
            contacts[(time >= down) & (time < down + up), leg] = True
            if chatter:
                first, last = np.searchsorted(time, [down, down + up])
                middle = round((down + 0.5 * (period + up) - time[0]) / tick)
                contacts[first + 1 : first + 3, leg] = False
                contacts[last - 3 : last - 1, leg] = False
                if 0 < middle < len(time) - 1:
                    contacts[middle, leg] = True
    return time, contacts


def apart(a, b):
    """Distance of two phases on the circle."""
    return abs((a - b + 0.5) % 1.0 - 0.5)


class TestFootfalls:
    @pytest.mark.parametrize("chatter", [False, True])
    @pytest.mark.parametrize("period", [0.347, 0.7, 1.13])
    @pytest.mark.parametrize("gait", GAITS)
    def test_what_was_put_in_is_measured(self, gait, period, chatter):
        phases, duty = GAITS[gait]
        found = footfalls(*footsteps(gait, period, chatter=chatter and duty * period > 0.15))
        assert found.reference == "FL"
        assert found.stride_frequency == pytest.approx(1 / period, rel=3e-3)
        assert found.stride_period_sd < TICK
        for leg, phase in zip(found.legs, phases, strict=True):
            assert leg.duty_factor == pytest.approx(duty, abs=0.01)
            assert apart(leg.phase, phase - phases[0]) < 0.01
            assert leg.duty_factor_sd < TICK / period
            assert leg.phase_sd < TICK / period
            assert 0 <= leg.phase < 1
        assert found.hind_duty == pytest.approx(duty, abs=0.01)
        for lag, late, early in (("limb_phase_left", 0, 2), ("limb_phase_right", 1, 3), ("fore_lag", 1, 0),
                                 ("hind_lag", 3, 2)):  # fmt: skip
            assert apart(getattr(found, lag), phases[late] - phases[early]) < 0.01

    @pytest.mark.parametrize("gait", GAITS)
    def test_feet_down_and_flights_are_those_of_the_definition(self, gait):
        phases, duty = GAITS[gait]
        found = footfalls(*footsteps(gait, 0.7, seconds=7.0))
        cycle = np.linspace(0, 1, 100_000, endpoint=False)
        down = (((cycle[:, None] - phases) % 1.0) < duty).sum(axis=1)
        np.testing.assert_allclose(found.feet_down, [(down == n).mean() for n in range(5)], atol=0.02)
        assert sum(found.feet_down) == pytest.approx(1)
        assert found.flight_fraction == found.feet_down[0]
        begins = ((down == 0) & (np.roll(down, 1) > 0)).sum()
        assert found.flights_per_stride == pytest.approx(begins, abs=0.1)

    @pytest.mark.parametrize("gait", GAITS)
    def test_jitter_leaves_the_means_and_is_the_spread(self, gait):
        phases, duty = GAITS[gait]
        found = footfalls(*footsteps(gait, 0.7, seconds=60.0, jitter=0.02))
        for k, (leg, phase) in enumerate(zip(found.legs, phases, strict=True)):
            assert leg.duty_factor == pytest.approx(duty, abs=0.01)
            assert apart(leg.phase, phase - phases[0]) < 0.01
            assert k == 0 or 0.02 < leg.phase_sd < 0.06  # of two landings: 0.02 √2 / 0.7 = 0.04 and more
        assert found.stride_period_sd == pytest.approx(0.02 * np.sqrt(2), rel=0.2)

    def test_when_it_begins_does_not_matter(self):
        time, contacts = footsteps("gallop", 0.7)
        for a, b in zip(footfalls(time + 123.456, contacts).legs, footfalls(time, contacts).legs, strict=True):
            assert vars(a) == pytest.approx(vars(b), abs=1e-6)
        for start in (0.1, 0.33, 0.6):
            moved = footfalls(*footsteps("gallop", 0.7, start=start))
            for a, b in zip(moved.legs, footfalls(time, contacts).legs, strict=True):
                assert a.duty_factor == pytest.approx(b.duty_factor, abs=5e-3)
                assert apart(a.phase, b.phase) < 1e-2

    def test_a_scuff_in_every_swing_is_no_stride(self):
        time, contacts = footsteps("trot", 0.7)
        phases, duty = GAITS["trot"]
        scuff = np.abs((time[:, None] / 0.7 - phases) % 1.0 - 0.54) < 0.06  # 84 ms, early in swing
        scuff[:, :2] = False
        found = footfalls(time, contacts | scuff)
        assert found.stride_period == pytest.approx(0.7, rel=1e-2)
        for leg, phase, more in zip(found.legs, phases, (0.0, 0.0, 0.12, 0.12), strict=True):
            assert apart(leg.phase, phase) < 0.01
            assert leg.duty_factor == pytest.approx(duty + more, abs=0.01)

    @pytest.mark.parametrize("gait", GAITS)
    def test_a_mirrored_gait_mirrors_what_is_measured(self, gait):
        time, contacts = footsteps(gait, 0.7, jitter=0.01)
        contacts[:, 0] |= np.roll(contacts[:, 0], 5)  # a limp: FL stays longer
        here, there = footfalls(time, contacts), footfalls(time, contacts[:, [1, 0, 3, 2]])
        for k in range(4):
            a, b = here.legs[k], there.legs[(1, 0, 3, 2)[k]]
            assert (a.duty_factor, a.strides) == (b.duty_factor, b.strides)
            assert apart(b.phase, a.phase - here.legs[1].phase) < 0.01
        assert (here.limb_phase_left, here.limb_phase_right) == (there.limb_phase_right, there.limb_phase_left)
        assert apart(here.limb_phase, there.limb_phase) < 1e-9
        assert apart(here.fore_lag, -there.fore_lag) < 0.01
        assert apart(here.hind_lag, -there.hind_lag) < 0.01
        assert here.asymmetry_fore > 0.05
        assert there.asymmetry_fore == pytest.approx(-here.asymmetry_fore)
        assert there.asymmetry_hind == pytest.approx(-here.asymmetry_hind)
        assert here.feet_down == there.feet_down

    def test_a_foot_that_never_steps_has_no_timing(self):
        time, contacts = footsteps("trot", 0.7)
        for always in (False, True):
            still = contacts.copy()
            still[:, 0] = always
            found = footfalls(time, still)
            assert found.legs[0].duty_factor is None
            assert found.legs[0].phase is None
            assert found.reference == "FR"  # the next one
            assert apart(found.legs[2].phase, 0.0) < 0.01
            assert found.limb_phase_left is None
            assert apart(found.limb_phase, found.limb_phase_right) < 1e-9
            assert found.fore_lag is None
            assert found.asymmetry_fore is None

    @pytest.mark.parametrize("always", [False, True])
    def test_nobody_steps(self, always):
        found = footfalls(TICK * np.arange(100), np.full((100, 4), always))
        assert (found.reference, found.stride_frequency, found.limb_phase, found.flights_per_stride) == (None,) * 4
        assert found.flight_fraction == float(not always)

    def test_one_stride_is_too_few(self):
        found = footfalls(*footsteps("trot", 3.1, start=1.0, seconds=6.4))
        assert (found.legs[0].strides, found.legs[0].duty_factor, found.legs[0].phase) == (1, None, None)

    def test_misshapen_contacts_are_refused(self):
        with pytest.raises(ValueError, match=r"\(frames, 4\)"):
            footfalls(np.arange(5.0), np.zeros((5, 3), bool))


class TestContacts:
    def test_cleaning_takes_what_is_short_and_nothing_else(self):
        time = 0.01 * np.arange(22)
        contact = np.array([int(c) for c in "1011110000010000110011"], bool)[:, None]
        told = "".join("01"[int(c)] for c in clean(time, contact, 0.015)[:, 0])
        assert told == "1111110000000000110011"
        assert (clean(time, clean(time, contact, 0.015), 0.015) == clean(time, contact, 0.015)).all()
        assert (clean(time, contact, 0.005) == contact).all()

    def test_the_caller_keeps_its_contacts(self):
        time, contacts = footsteps("trot", 0.7, chatter=True)
        before = contacts.copy()
        assert (clean(time, contacts) != contacts).any()
        assert (contacts == before).all()

    def test_changes_lie_between_frames(self):
        found = stances(np.array([0.0, 0.1, 0.2, 0.3]), np.array([False, True, True, False]))
        np.testing.assert_allclose(found, [[0.05, 0.25]])
        found = stances(np.array([0.0, 0.1]), np.array([True, True]))
        np.testing.assert_allclose(found, [[-np.inf, np.inf]])

    def test_a_skipped_stride_is_no_long_stride(self):
        time, contacts = footsteps("trot", 0.7)
        contacts[(time > 2.0) & (time < 2.7), 0] = False
        found = strides(time, contacts[:, 0], 0.7)
        np.testing.assert_allclose(found.period, 0.7, atol=0.01)

    def test_phases_are_averaged_on_the_circle(self):
        assert apart(circular_mean(np.array([0.95, 0.05])), 0.0) < 1e-12
        assert circular_mean(np.array([0.25, 0.75])) is None
        assert circular_mean(np.zeros(0)) is None
        assert circular_sd(np.full(5, 0.3)) == pytest.approx(0, abs=1e-7)
        spread = np.random.default_rng(0).normal(0.98, 0.03, 100_000) % 1.0
        assert circular_sd(spread) == pytest.approx(0.03, rel=0.01)


def carried(time, trunk, *, height=0.1, spread=0.08):
    """A body whose trunk goes where told (W, 3), hips at `height`, feet below; the centre of mass is the trunk's."""
    corners = spread * np.array([[1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]])
    hips = trunk[:, None] * [1, 1, 0] + corners + [0, 0, height]
    feet = hips * [1, 1, 0]
    n = len(time)
    return Body(trunk, np.zeros((n, 3)), trunk, feet, hips, np.zeros((n, 4)))


def walk(speed=0.3, *, seconds=4.0, sway=0.0, period=0.5, extra=None, heading=0.0):
    time = TICK * np.arange(round(seconds / TICK) + 1)
    across = sway * np.sin(2 * np.pi * time / period)
    c, s = np.cos(heading), np.sin(heading)
    trunk = np.stack([c * speed * time - s * across, s * speed * time + c * across, np.full(len(time), 0.12)], axis=1)
    contacts = np.ones((len(time), 4), bool)
    return Walked(time, carried(time, trunk), contacts, extra or {}, heading, period)


class TestMotion:
    def test_speed_and_froude_number_in_closed_form(self):
        for heading in (0.0, 2.0):
            found = motion(walk(0.3, heading=heading), weight=10.0)
            assert found.speed == pytest.approx(0.3)
            assert found.froude == pytest.approx(0.3**2 / (9.81 * 0.1))
            assert found.dimensionless_speed == pytest.approx(0.3 / np.sqrt(9.81 * 0.1))
            assert found.stride_length == pytest.approx(0.3 * 0.5)
            assert found.lateral_drift == pytest.approx(0.0, abs=1e-12)
            assert found.path_speed == pytest.approx(0.3)
        assert motion(walk(-0.3), weight=10.0).dimensionless_speed < 0

    def test_sway_is_no_way_but_a_curve_is(self):
        assert motion(walk(0.3, sway=0.05), weight=10.0).path_speed == pytest.approx(0.3, rel=1e-3)
        time = TICK * np.arange(1001)
        circle = np.stack([np.sin(time), -np.cos(time), 0 * time], axis=1)
        assert path_speed(time, circle, 0.1) == pytest.approx(1.0, rel=1e-2)
        assert path_speed(time, circle, 100.0) is None

    def test_costs_of_transport_in_closed_form(self):
        n, weight = 501, 14.0
        extra = {"power": np.tile([3.0, 5.0, 1.0], (n, 1)), "torques": np.full((n, 4, 3), 0.2)}
        extra["power"][0] = 1e6  # of the tick before the window
        found = motion(walk(0.25, extra=extra), weight)
        for kind, power in (("positive", 3.0), ("absolute", 5.0), ("net", 1.0)):
            assert getattr(found, f"cost_of_transport_{kind}") == pytest.approx(power / (weight * 0.25))
        assert found.cost_of_transport_with_heat is None
        found = motion(walk(0.25, extra=extra), weight, motor_constant=0.5)
        assert found.cost_of_transport_with_heat == pytest.approx((3.0 + 12 * 0.2**2 / 0.5**2) / (weight * 0.25))

    def test_no_cost_without_power_or_way(self):
        assert motion(walk(0.25), 14.0).cost_of_transport_positive is None
        extra = {"power": np.ones((501, 3))}
        assert motion(walk(0.0, extra=extra), 14.0).cost_of_transport_positive is None
        assert motion(walk(-0.2, extra=extra), 14.0).cost_of_transport_net is None
        assert motion(walk(0.25, extra=extra), 14.0, motor_constant=1.0).cost_of_transport_with_heat is None

    def test_shaking_in_closed_form(self):
        w = walk(0.3)
        rate = 2 * np.pi / 0.5
        trunk = w.body.trunk + 0.01 * np.sin(rate * w.time)[:, None] * [0, 0, 1]
        angles = np.stack([0 * w.time, 0.2 + 0.1 * np.sin(rate * w.time), 0.05 * np.sin(rate * w.time)], axis=1)
        found = motion(replace(w, body=replace(w.body, trunk=trunk, angles=angles)), 10.0)
        assert found.trunk_height_sd == pytest.approx(0.01 / np.sqrt(2), rel=1e-2)
        assert found.trunk_acceleration_rms == pytest.approx(0.01 * rate**2 / np.sqrt(2), rel=1e-2)
        assert found.trunk_pitch_rms == pytest.approx(0.1 / np.sqrt(2), rel=1e-2)
        assert found.trunk_roll_rms == pytest.approx(0.05 / np.sqrt(2), rel=1e-2)

    def test_only_feet_that_are_down_slip(self):
        w = walk(0.3)
        slip = np.tile([0.1, 9.0, 9.0, 0.3], (len(w.time), 1))
        w = replace(w, body=replace(w.body, slip=slip), contacts=w.contacts & np.array([True, False, False, True]))
        found = motion(w, 10.0)
        assert found.foot_slip == pytest.approx(0.2)
        assert found.slip_distance == pytest.approx((0.1 + 0.3) * 0.5 / 4)  # a stride, a foot
        none = motion(replace(w, contacts=np.zeros_like(w.contacts), period=None), 10.0)
        assert (none.foot_slip, none.froude, none.stride_length, none.path_speed) == (None,) * 4

    def test_angles_have_the_signs_of_the_odometer(self):
        half = 0.05
        turns = np.array([[np.cos(half), *(np.sin(half) * axis)] for axis in (*np.eye(3), -np.eye(3)[1])])
        yaw, pitch, roll = trunk_angles(turns).T
        np.testing.assert_allclose(roll, [0.1, 0, 0, 0], atol=1e-12)
        np.testing.assert_allclose(pitch, [0, -0.1, 0, 0.1], atol=1e-12)  # about y the nose goes down
        np.testing.assert_allclose(yaw, [0, 0, 0.1, 0], atol=1e-12)
        round_ = np.linspace(0, 9, 50)
        around = np.stack([np.cos(round_ / 2), 0 * round_, 0 * round_, np.sin(round_ / 2)], axis=1)
        np.testing.assert_allclose(trunk_angles(around)[:, 0], round_)

    def test_acceleration_is_exact_for_parabolas(self):
        time = 0.01 * np.arange(20)
        points = np.outer(time**2, [1.0, -2.0, 0.5])
        np.testing.assert_allclose(acceleration(time, points), np.tile([2.0, -4.0, 1.0], (20, 1)), atol=1e-9)


SQUARE = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def inside_by_triangles(point, feet):
    """Whether a point lies in any triangle of the feet: no hull is built."""
    for a, b, c in combinations(feet, 3):
        try:
            u, v = np.linalg.solve(np.stack([b - a, c - a], axis=1), point - a)
        except np.linalg.LinAlgError:
            continue
        if u >= 0 and v >= 0 and u + v <= 1:
            return True
    return False


class TestMargins:
    def test_square(self):
        assert static_margin(np.zeros(2), SQUARE) == pytest.approx(1.0)
        assert static_margin(np.array([0.7, 0.1]), SQUARE) == pytest.approx(0.3)
        assert static_margin(np.array([1.5, 0.0]), SQUARE) == pytest.approx(-0.5)
        assert static_margin(np.array([4.0, 5.0]), SQUARE) == pytest.approx(-5.0)
        assert static_margin(np.array([1.0, 0.0]), SQUARE) == pytest.approx(0.0)
        assert static_margin(np.zeros(2), SQUARE[:2]) is None
        assert static_margin(np.array([0.1, 0.0]), SQUARE[1:]) < 0 < static_margin(np.array([-0.1, -0.1]), SQUARE[1:])

    def test_fewer_feet_are_a_segment_and_a_point(self):
        assert signed_distance(np.zeros(2), SQUARE[:2]) == pytest.approx(-1.0)
        assert signed_distance(np.array([1.0, 3.0]), SQUARE[:2]) == pytest.approx(-2.0)
        assert signed_distance(np.zeros(2), SQUARE[:1]) == pytest.approx(-np.sqrt(2))
        line = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
        assert signed_distance(np.array([1.0, 0.5]), line) == pytest.approx(-0.5)

    @pytest.mark.parametrize("k", [3, 4, 6])
    def test_the_same_as_without_a_hull(self, k):
        rng = np.random.default_rng(k)
        angles, shares = np.linspace(0, 2 * np.pi, 180, endpoint=False), np.linspace(0, 1, 2001)[:, None]
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        for _ in range(20):
            feet, point = rng.uniform(-1, 1, (k, 2)), rng.uniform(-1.2, 1.2, 2)
            margin = static_margin(point, feet)
            assert (margin > 0) == inside_by_triangles(point, feet)
            if margin > 0:
                assert all(inside_by_triangles(p, feet) for p in point + 0.99 * margin * circle)
                assert not all(inside_by_triangles(p, feet) for p in point + 1.01 * margin * circle)
            else:
                between = np.concatenate([a + shares * (b - a) for a, b in combinations(feet, 2)])
                assert -margin == pytest.approx(np.hypot(*(between - point).T).min(), rel=1e-4, abs=1e-3)
            turn, move = rng.uniform(0, 6), rng.uniform(-1, 1, 2)
            r = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            assert static_margin(r @ point + move, feet @ r.T + move) == pytest.approx(margin)

    def test_longitudinal(self):
        ahead = np.array([1.0, 0.0])
        assert longitudinal_margin(np.array([0.6, 0.9]), SQUARE, ahead) == pytest.approx(0.4)
        assert longitudinal_margin(np.array([-0.7, 0.9]), SQUARE, ahead) == pytest.approx(0.3)
        assert longitudinal_margin(np.array([0.6, 0.9]), SQUARE, np.array([0.0, 1.0])) == pytest.approx(0.1)
        assert longitudinal_margin(np.array([1.5, 0.0]), SQUARE, ahead) == pytest.approx(-0.5)
        assert longitudinal_margin(np.array([-1.5, 0.0]), SQUARE, ahead) == pytest.approx(-0.5)
        assert longitudinal_margin(np.array([0.0, 1.5]), SQUARE, ahead) is None
        assert longitudinal_margin(np.zeros(2), SQUARE[:2], ahead) is None
        diagonal = np.array([1.0, 1.0]) / np.sqrt(2)
        assert longitudinal_margin(np.zeros(2), SQUARE, diagonal) == pytest.approx(np.sqrt(2))

    def test_the_zero_moment_point_lags_behind_what_speeds_up(self):
        com = np.tile([0.2, 0.1, 0.3], (3, 1))
        np.testing.assert_allclose(zero_moment_points(com, np.zeros((3, 3))), com[:, :2])
        pushed = zero_moment_points(com, np.tile([2.0, -1.0, 0.0], (3, 1)))
        np.testing.assert_allclose(pushed, np.tile([0.2 - 0.3 / 9.81 * 2, 0.1 + 0.3 / 9.81], (3, 1)))
        falling = zero_moment_points(com, np.tile([2.0, 0.0, -9.81], (3, 1)))
        assert np.isnan(falling).all()

    def test_of_a_walk(self):
        w = walk(0.3)  # speed is even: the zero-moment point is under the centre of mass
        still = margins(w.time, w.body, w.contacts)
        assert (still.statically_stable, still.zmp_line_distance) == (1.0, None)
        assert still.static_margin == pytest.approx(0.08)
        assert still.zmp_margin == pytest.approx(0.08)
        assert still.longitudinal_margin == pytest.approx(0.08)
        diagonal = w.contacts & np.array([True, False, False, True])
        diagonal[::2] = True
        half = margins(w.time, w.body, diagonal)
        assert half.statically_stable == pytest.approx(0.5, abs=2e-3)
        assert half.zmp_line_distance == pytest.approx(0.0, abs=1e-9)
        tipping = replace(w.body, com=w.body.com + np.array([0.09, 0.0, 0.0]))
        found = margins(w.time, tipping, w.contacts)
        assert found.statically_stable == 0.0
        assert found.static_margin == pytest.approx(-0.01)
        none = margins(w.time, w.body, np.zeros_like(w.contacts))
        assert (none.statically_stable, none.static_margin, none.static_margin_least, none.zmp_margin) == (
            0.0, None, None, None,
        )  # fmt: skip


# a robot


@pytest.fixture(scope="module")
def task():
    return Quadruped(noise="off", threads=1)


@pytest.fixture(scope="module")
def recorded(task):
    """As older recordings are, without forces."""
    return replace(fresh(task), extra={})


def fresh(task):
    return task.record(Query(0, Constant(task.problem.space.point(STEADY))), np.random.SeedSequence(3))


def told(recording, robot):
    """The same recording with what newer ones hold."""
    n = len(recording.time)
    joints = recording.qpos[:, robot.qpos]
    extra = {"targets": joints + 0.05, "torques": np.sin(joints), "power": np.tile([3.0, 5.0, 1.0], (n, 1))}
    return replace(recording, extra=extra | {"loads": 3.0 * recording.contacts})


def mirror(recording, robot):
    """The recording as seen in a mirror along the initial x axis; joint signs are mirrored in the model already."""
    swap = [1, 0, 3, 2]
    qpos = recording.qpos.copy()
    qpos[:, [1, 4, 6]] *= -1
    qpos[:, robot.qpos] = recording.qpos[:, robot.qpos[swap]]
    return replace(recording, qpos=qpos, contacts=recording.contacts[:, swap])


def standing(recording):
    """A robot that stands where it was at the end."""
    qpos = np.tile(recording.qpos[-1], (len(recording.qpos), 1))
    return replace(recording, qpos=qpos, contacts=np.ones_like(recording.contacts))


def numbers(data):
    if isinstance(data, dict):
        return [n for v in data.values() for n in numbers(v)]
    if isinstance(data, (list, tuple)):
        return [n for v in data for n in numbers(v)]
    return [data] if isinstance(data, float) else []


class TestOfARobot:
    def test_a_trot_is_measured_as_it_was_asked_for(self, task, recorded):
        found = analyze(recorded, task.robot)
        assert (found.start, found.end) == pytest.approx((2.0, 8.0))
        for leg, phase in zip(found.footfalls.legs, (0.0, 0.5, 0.5, 0.0), strict=True):
            assert leg.duty_factor == pytest.approx(STEADY["ground_fraction"], abs=0.1)
            assert apart(leg.phase, phase) < 0.1
        assert found.footfalls.stride_period == pytest.approx(STEADY["locus_time"], rel=0.02)

    def test_it_agrees_with_the_measures_of_the_trial(self, task, recorded):
        found, measures = analyze(recorded, task.robot), recorded.trial.measures
        assert found.motion.speed == pytest.approx(measures["speed"], abs=1e-9)
        assert found.motion.lateral_drift == pytest.approx(measures["lateral_drift"], abs=1e-9)
        assert found.motion.heading_change == pytest.approx(measures["heading_change"], abs=1e-9)
        assert found.motion.trunk_pitch_rms == pytest.approx(measures["trunk_pitch_rms"], rel=1e-6)
        assert found.motion.trunk_roll_rms == pytest.approx(measures["trunk_roll_rms"], rel=1e-6)
        assert found.motion.foot_slip == pytest.approx(measures["foot_slip"], rel=0.1)  # differences, not sensors
        assert found.footfalls.flight_fraction == pytest.approx(measures["flight_fraction"], abs=0.02)
        assert 0.08 < found.motion.hip_height < 0.12

    def test_in_the_mirror_it_is_mirrored(self, task, recorded):
        here, there = analyze(recorded, task.robot), analyze(mirror(recorded, task.robot), task.robot)
        a, b = here.values(), there.values()
        turned = {"lateral_drift", "heading_change", "asymmetry_fore", "asymmetry_hind"}
        swapped = {"limb_phase_left": "limb_phase_right", "limb_phase_right": "limb_phase_left"}
        for name in QUANTITIES:
            if name in ("fore_lag", "hind_lag"):
                assert apart(a[name], -b[name]) < 0.02
            elif a[name] is None:
                assert b[name] is None
            else:
                sign = -1 if name in turned else 1
                assert b[name] == pytest.approx(sign * a[swapped.get(name, name)], rel=1e-6, abs=1e-9), name
        assert abs(a["lateral_drift"]) > 1e-3
        for k in range(4):
            assert here.footfalls.legs[k].duty_factor == there.footfalls.legs[(1, 0, 3, 2)[k]].duty_factor

    def test_power_makes_costs_and_what_is_missing_is_none(self, task, recorded):
        plain, full = analyze(recorded, task.robot), analyze(told(recorded, task.robot), task.robot)
        weight = 9.81 * task.model.body_mass.sum()
        assert full.motion.cost_of_transport_absolute == pytest.approx(5.0 / (weight * full.motion.speed))
        assert plain.motion.cost_of_transport_absolute is None
        assert replace(full.motion, **{k: None for k in vars(full.motion) if k.startswith("cost")}) == plain.motion

    def test_costs_of_a_fresh_recording_are_its_measures(self, task):
        recording = fresh(task)
        found = analyze(recording, task.robot).motion
        measures = recording.trial.measures
        assert found.cost_of_transport_positive == pytest.approx(measures["cost_of_transport_positive"], rel=1e-3)
        assert found.cost_of_transport_net < found.cost_of_transport_positive < found.cost_of_transport_absolute
        weight = 9.81 * task.model.body_mass.sum()
        carried = recording.extra["loads"][recording.time > 2.0].sum(axis=1).mean()
        assert carried == pytest.approx(weight, rel=0.03)  # over many strides the ground carries the robot

    def test_every_quantity_has_a_unit_and_nothing_is_nan(self, task, recorded):
        for recording in (recorded, told(recorded, task.robot), standing(recorded)):
            found = analyze(recording, task.robot)
            data = found.describe()
            assert json.loads(json.dumps(data, allow_nan=False)) == json.loads(json.dumps(data))
            assert np.isfinite(numbers(data)).all()
            parts = (found.footfalls, found.motion, found.margins)
            names = {name for part in parts for name in vars(part)} - {"legs", "reference", "feet_down"}
            assert names == set(QUANTITIES)
            assert set(data["legs"]) == set(LEGS)
        assert analyze(standing(recorded), task.robot).footfalls.stride_frequency is None

    def test_too_short_a_walk_is_refused(self, task, recorded):
        n = int(np.searchsorted(recorded.time, 1.5))
        short = replace(recorded, time=recorded.time[:n], qpos=recorded.qpos[:n], contacts=recorded.contacts[:n])
        with pytest.raises(UsageError, match=r"ended after 1\.50 s"):
            analyze(short, task.robot)

    def test_the_heading_is_the_one_it_set_out_with(self, task, recorded):
        qpos = recorded.qpos.copy()
        qpos[:40, 3:7] = np.cos(0.5), 0.0, 0.0, np.sin(0.5)  # while it settles
        assert analyze(replace(recorded, qpos=qpos), task.robot) == analyze(recorded, task.robot)

    def test_what_diverged_is_measured_up_to_there(self, task, recorded):
        n, qpos = 700, recorded.qpos.copy()
        qpos[n:] = np.nan
        cut = replace(recorded, time=recorded.time[:n], qpos=recorded.qpos[:n], contacts=recorded.contacts[:n])
        assert analyze(replace(recorded, qpos=qpos), task.robot) == analyze(cut, task.robot)

    def test_a_foot_ball_that_rolls_does_not_slip(self, task, recorded):
        robot = task.robot
        still = replace(recorded, time=recorded.time[:3], qpos=recorded.qpos[[-1] * 3], contacts=recorded.contacts[:3])
        bottom = read_body(robot, still).feet[0, 0] - [0, 0, robot.foot_radius]
        qpos = still.qpos.copy()
        start = qpos[0, :7].copy()
        for k, angle in enumerate((-1e-4, 0.0, 1e-4)):  # the whole robot, turned about the ball's lowest point
            turn = np.array([np.cos(angle / 2), 0.0, np.sin(angle / 2), 0.0])
            x, z = start[0] - bottom[0], start[2] - bottom[2]
            qpos[k, 0] = bottom[0] + np.cos(angle) * x + np.sin(angle) * z
            qpos[k, 2] = bottom[2] - np.sin(angle) * x + np.cos(angle) * z
            w, v = start[3], start[4:7]
            qpos[k, 3] = turn[0] * w - turn[1:] @ v
            qpos[k, 4:7] = turn[0] * v + w * turn[1:] + np.cross(turn[1:], v)
        slip = read_body(robot, replace(still, qpos=qpos)).slip[1]
        assert slip[0] == pytest.approx(0.0, abs=1e-6)
        assert slip.max() > 1e-5  # the others are not on its axis

    def test_traces_are_the_last_strides(self, task, recorded):
        found = read_traces(told(recorded, task.robot), task.robot, 0.6)
        assert found.time[-1] - found.time[0] == pytest.approx(1.8, abs=TICK)
        assert found.joints == ("rotator", "elevator", "knee")
        joints = np.deg2rad(found.angles)
        for paths, angles in ((found.walked, joints), (found.commanded, joints + 0.05)):
            np.testing.assert_allclose(paths, 100 * forward(task.robot.legs, angles)[..., [0, 2]], atol=1e-9)
        np.testing.assert_allclose(found.torques, np.sin(np.deg2rad(found.angles)))
        np.testing.assert_allclose(found.angle_limits, [[-117, 117], [-11, 89], [-27, 147]])
        assert (found.torque_limits == [-1.25, 1.25]).all()
        assert read_traces(recorded, task.robot, None).commanded is None


class TestFigure:
    @pytest.mark.parametrize("full", [False, True])
    def test_no_words_lie_on_others(self, full, task, recorded, tmp_path, monkeypatch):
        from matplotlib.figure import Figure

        from gait.analysis.plots import save_gait

        drawn = []
        monkeypatch.setattr(Figure, "savefig", lambda self, path, dpi: drawn.append(self))
        recording = told(recorded, task.robot) if full else recorded
        analysis = analyze(recording, task.robot)
        save_gait(tmp_path / "gait.png", analysis, read_traces(recording, task.robot, 0.6), title="robot")
        (figure,) = drawn
        figure.draw_without_rendering()
        assert len(figure.axes) == (13 if full else 10)
        size = figure.get_window_extent()
        boxes = [ax.get_tightbbox() for ax in figure.axes]
        for a, b in combinations(boxes, 2):
            assert min(a.x1, b.x1) - max(a.x0, b.x0) < 3 or min(a.y1, b.y1) - max(a.y0, b.y0) < 3
        assert all(b.x0 >= 0 and b.y0 >= 0 and b.x1 <= size.x1 and b.y1 <= size.y1 for b in boxes)
        names = [t.get_window_extent() for t in figure.axes[1].texts if t.get_text() != "this gait"]
        assert not any(a.overlaps(b) for a, b in combinations(names, 2))
        words = [t.get_text() for ax in figure.axes for t in ax.texts]
        for leg in analysis.footfalls.legs:
            assert f"β {leg.duty_factor:.2f}   φ {leg.phase:.2f}" in words
        assert "this gait" in words

    def test_who_does_not_step_can_be_drawn(self, task, recorded, tmp_path):
        from gait.analysis.plots import save_gait

        recording = standing(recorded)
        out = tmp_path / "gait.png"
        save_gait(out, analyze(recording, task.robot), read_traces(recording, task.robot, None))
        assert out.stat().st_size > 10_000


# the command


@pytest.fixture(scope="module")
def run_directory(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "walked"
    optimize("quadruped", "random-search", budget=60, settings={"batch": 4}, out=out, progress=False, threads=1)
    return out


def call(*words):
    with pytest.raises(SystemExit) as stop:
        main([str(w) for w in words])
    return stop.value.code


def test_the_command_draws_and_tells(run_directory, tmp_path, capsys):
    assert call("analyze", run_directory, "--which", "start", "--json", "--out", tmp_path / "a.png") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["which"] == "start"
    assert set(QUANTITIES) <= set(data)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert call("analyze", run_directory) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in QUANTITIES)
    assert (run_directory / "gait.png").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{run}/nowhere",), "nowhere is no run directory"),
        (("{run}", "--which", "best"), "unknown recorded trial 'best'. Recorded trials: recommended, start"),
        (("{run}", "--out", "gait.txt"), "--out gait.txt: a figure's name must end in .png, .pdf or .svg."),
        (("{run}", "--out", "nowhere/gait.png"), "there is no folder nowhere"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(words, said, run_directory, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call("analyze", *(w.format(run=run_directory) for w in words)) == 2
    caught = capsys.readouterr()
    assert said in caught.err
    assert caught.err.count("\n") == 1
    assert caught.out == ""
