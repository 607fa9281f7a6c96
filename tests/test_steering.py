"""Laws of keeping to a path: what is told to a walker that curves by itself and walks askew brings it onto the path."""

import math

import numpy as np
import pytest

from gait.policy import Constant
from gait.robots.odometer import ACROSS, ALONG, YAW, new_odometer
from gait.robots.ticks import steer
from gait.task import Recording
from gait.tasks.quadruped import Quadruped
from gait.trial import Query

SEED = np.random.SeedSequence(1)
TICK, SPEED, SHARPEST = 0.01, 0.5, 5.0


def slid(turn: float, hold: float, bias: float, askew: float, seconds: float = 40.0) -> np.ndarray:
    """(n, 3) along, across and heading of a point that curves by `bias` [1/m] and moves `askew` [rad] of ahead."""
    meter, ids = new_odometer(1, 1.0), np.zeros(1, dtype=np.int64)
    meter.origin[0] = 0.3, -0.2, 0.7  # the path begins anywhere
    left, told = np.zeros(1), np.zeros(1)
    path = []
    for n in range(round(seconds / TICK)):
        along, across, yaw = meter.pose[0, [ALONG, ACROSS, YAW]]
        toward = meter.origin[0, 2] + yaw + askew
        qvel = SPEED * np.array([[math.cos(toward), math.sin(toward)]])
        meter.tick[0] = n + 1
        steer(ids, meter, qvel, 0, TICK, np.full(1, turn), np.full(1, hold), SHARPEST, left, told)
        meter.pose[0, ALONG] = along + SPEED * TICK * math.cos(yaw + askew)
        meter.pose[0, ACROSS] = across + SPEED * TICK * math.sin(yaw + askew)
        meter.pose[0, YAW] = yaw + SPEED * TICK * (told[0] + bias)
        path.append(meter.pose[0, [ALONG, ACROSS, YAW]].copy())
    return np.array(path)


@pytest.mark.parametrize("turn", [0.0, 0.5, -1.5])
def test_who_curves_and_walks_askew_ends_on_the_path(turn):
    along, across, yaw = slid(turn, 6.0, bias=0.4, askew=0.1)[-500:].T
    if turn == 0.0:
        np.testing.assert_allclose(across, 0.0, atol=2e-3)
        np.testing.assert_allclose(yaw, -0.1, atol=2e-3)  # it heads askew so that it moves straight
    else:
        np.testing.assert_allclose(np.hypot(along, across - 1 / turn), abs(1 / turn), atol=2e-3)
        assert np.ptp(yaw) > 0.9 * abs(turn) * 500 * TICK * SPEED * 0.9  # and goes round


def test_without_a_hold_it_is_told_the_turn_alone():
    path = slid(0.5, 0.0, bias=0.4, askew=0.0, seconds=4.0)
    np.testing.assert_allclose(path[-1, 2], 0.9 * SPEED * 4.0, rtol=1e-9)


def test_the_mirrored_walker_is_steered_the_mirrored_way():
    a, b = slid(0.8, 6.0, bias=0.3, askew=0.05), slid(-0.8, 6.0, bias=-0.3, askew=-0.05)
    np.testing.assert_allclose(a, b * [1, -1, -1], atol=1e-9)


def test_a_straight_line_is_the_limit_of_wide_arcs():
    np.testing.assert_allclose(slid(1e-9, 6.0, 0.3, 0.05), slid(0.0, 6.0, 0.3, 0.05), atol=1e-6)


def walked(**fields: object) -> Recording:
    """The published start, which curves left by 13° a second when nobody steers."""
    task = Quadruped(noise="off", threads=1, **fields)
    return task.record(Query(0, Constant(task.problem.space.default), 16.0), SEED)


def test_our_robot_keeps_to_a_line_and_to_a_curve():
    assert walked().trial.measures["drift_ratio"] > 0.3
    straight = walked(heading_hold=10.0).trial.measures
    assert straight["drift_ratio"] < 0.05
    assert straight["speed"] > 0.25
    r = walked(heading_hold=10.0, turn=1.5)
    x, y = r.qpos[r.time > 5.0, :2].T
    (a, b, c), *_ = np.linalg.lstsq(np.column_stack([2 * x, 2 * y, np.ones_like(x)]), x**2 + y**2, rcond=None)
    assert np.sqrt(c + a**2 + b**2) == pytest.approx(1 / 1.5, rel=0.2)


def test_a_held_walk_has_a_version_of_its_own():
    free, held = Quadruped(), Quadruped(heading_hold=5.0)
    assert free.version == Quadruped.version
    assert held.version != free.version
