"""Laws of legs as chains: inverse undoes forward, closed form and least squares agree, and both are MuJoCo's."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from walkers import write_robot

from gait.controllers.chain import KIND, NUMERIC, PLANAR, forward, inverse, rows_of
from gait.robots import find_robot
from gait.robots.description import load_robot

SHAPES = {
    "knees back": {},
    "knees forward": {"bend": 1.0},
    "small": {"size": 0.3},
    "axes turned round": {"axis": "0 -1 0"},
}


@pytest.fixture(scope="module", params=SHAPES)
def robot(request, tmp_path_factory):
    how = SHAPES[request.param]
    path = write_robot(tmp_path_factory.mktemp("robot"), **how)
    if "axis" in how:  # the same pose by joints that count the other way
        text = path.read_text().replace("home = [0.0, 0.8, -1.6]", "home = [0.0, -0.8, 1.6]")
        path.write_text(text)
        xml = (path.parent / "boxer.xml").read_text()
        (path.parent / "boxer.xml").write_text(xml.replace('"-2.6 -0.5"', '"0.5 2.6"').replace('"-2 3"', '"-3 2"'))
    return load_robot(path)


def joints_near_home(robot, n=500, seed=0):
    rng = np.random.default_rng(seed)
    return robot.legs.home + rng.uniform(-0.6, 0.6, (n, 4, 3))


def test_inverse_undoes_forward(robot):
    assert (rows_of(robot.legs)[:, KIND] == PLANAR).all()
    joints = joints_near_home(robot)
    solved, far = inverse(robot.legs, forward(robot.legs, joints))
    assert not far.any()
    np.testing.assert_allclose(solved, joints, atol=1e-8)


def test_forward_is_mujocos(robot):
    data = mujoco.MjData(robot.model)
    for joints in joints_near_home(robot, 10, seed=1):
        data.qpos[:7] = 0.3, -0.2, 0.5, 1.0, 0.0, 0.0, 0.0
        data.qpos[robot.qpos] = joints
        mujoco.mj_kinematics(robot.model, data)
        feet = [data.site(f"{leg}_foot").xpos - [0.3, -0.2, 0.5] for leg in ("FL", "FR", "HL", "HR")]
        np.testing.assert_allclose(robot.legs.hip + forward(robot.legs, joints), feet, atol=1e-9)


def test_least_squares_agrees_with_the_closed_form(robot, monkeypatch):
    joints = joints_near_home(robot, 200, seed=2)
    targets = forward(robot.legs, joints)
    monkeypatch.setattr(type(robot.legs), "_plane", lambda self, leg: None)
    assert (rows_of(robot.legs)[:, KIND] == NUMERIC).all()
    solved, far = inverse(robot.legs, targets)
    assert not far.any()
    np.testing.assert_allclose(forward(robot.legs, solved), targets, atol=1e-6)
    np.testing.assert_allclose(solved, joints, atol=1e-4)


def test_a_leg_with_slanted_axes_is_solved_by_least_squares(tmp_path):
    legs = load_robot(write_robot(tmp_path, first="0.97 0.17 0.17", axis="0.1 0.98 0.15")).legs
    assert (rows_of(legs)[:, KIND] == NUMERIC).all()
    targets = forward(legs, legs.home + np.random.default_rng(3).uniform(-0.4, 0.4, (300, 4, 3)))
    solved, far = inverse(legs, targets)
    assert not far.any()
    np.testing.assert_allclose(forward(legs, solved), targets, atol=1e-6)


def test_out_of_reach_is_said_and_met_as_nearly_as_may_be(robot):
    below = np.array([0.0, 0.0, -10.0 * robot.body.height])
    joints, far = inverse(robot.legs, np.broadcast_to(below, (4, 3)))
    assert far.all()
    feet = forward(robot.legs, joints)
    assert (feet[:, 2] < -1.1 * robot.body.height).all()
    np.testing.assert_allclose(feet[:, :2], 0.0, atol=0.03 * robot.body.height)
    assert ((joints >= robot.legs.low) & (joints <= robot.legs.high)).all()


def test_a_mirrored_target_is_met_by_mirrored_joints(robot):
    targets = forward(robot.legs, joints_near_home(robot, 100, seed=4))
    mirrored = targets[:, [1, 0, 3, 2]] * [1.0, -1.0, 1.0]
    a, b = inverse(robot.legs, targets)[0], inverse(robot.legs, mirrored)[0]
    np.testing.assert_allclose(b, a[:, [1, 0, 3, 2]] * [-1.0, 1.0, 1.0], atol=1e-9)


def test_our_own_robot_is_solved_as_before():
    from gait.controllers import ik

    legs = find_robot("ers210").legs
    joints = np.random.default_rng(5).uniform([-1.0, 0.0, 0.7], [1.0, 0.8, 2.0], (200, 4, 3))
    targets = ik.forward(legs, joints)
    np.testing.assert_array_equal(inverse(legs, targets)[0], ik.inverse(legs, targets)[0])
    np.testing.assert_allclose(forward(legs, joints), targets, atol=1e-12)
