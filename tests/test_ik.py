"""Laws of the leg's kinematics."""

import mujoco
import numpy as np
import pytest

from gait.controllers.ik import FAR, MARGIN, forward, inverse
from gait.robots import find_robot

ROBOT = find_robot("ers210")
LEGS = ROBOT.legs
STRAIGHT = np.arctan2(LEGS.upper[:, 0], -LEGS.upper[:, 2]) - np.arctan2(LEGS.lower[:, 0], -LEGS.lower[:, 1])


def workspace_joints(n: int, seed: int = 0) -> np.ndarray:
    """Joint angles (n, 4, 3) whose feet are not in the border of the workspace."""
    rng = np.random.default_rng(seed)
    joints = np.empty((n, 4, 3))
    joints[..., 0] = rng.uniform(-1.5, 1.5, (n, 4))
    joints[..., 1] = rng.uniform(0.0, 0.9, (n, 4))
    joints[..., 2] = rng.uniform(STRAIGHT + 0.5, LEGS.high[:, 2] - 0.1, (n, 4))
    return joints


def test_inverse_undoes_forward():
    joints = workspace_joints(2000)
    solved, far = inverse(LEGS, forward(LEGS, joints))
    assert not far.any()
    np.testing.assert_allclose(solved, joints, atol=1e-9)


def test_forward_undoes_inverse_inside_the_workspace():
    targets = forward(LEGS, workspace_joints(2000, seed=1))
    solved, _ = inverse(LEGS, targets)
    np.testing.assert_allclose(forward(LEGS, solved), targets, atol=1e-9)


def test_forward_is_mujocos():
    data = mujoco.MjData(ROBOT.model)
    for joints in workspace_joints(20, seed=2):
        data.qpos[ROBOT.qpos] = joints
        mujoco.mj_kinematics(ROBOT.model, data)
        trunk = data.body("trunk")
        feet = np.array([data.site(f"{leg}_foot").xpos for leg in ("FL", "FR", "HL", "HR")])
        local = (feet - trunk.xpos) @ trunk.xmat.reshape(3, 3)
        np.testing.assert_allclose(LEGS.hip + forward(LEGS, joints), local, atol=1e-12)


def test_any_target_gives_joints_within_limits_and_says_if_it_was_moved():
    rng = np.random.default_rng(3)
    targets = rng.normal(0, 0.12, (5000, 4, 3))
    joints, far = inverse(LEGS, targets)
    assert np.isfinite(joints).all()
    assert (joints >= LEGS.low - 1e-12).all()
    assert (joints <= LEGS.high + 1e-12).all()
    missed = np.linalg.norm(forward(LEGS, joints) - targets, axis=-1)
    assert (missed[~far] <= FAR + 1e-12).all()
    assert far.mean() > 0.3  # most of such targets are out of reach
    assert (missed[far] > 0).all()


def test_a_target_on_its_way_out_of_reach_moves_the_joints_without_a_jump():
    direction = np.array([0.3, 0.1, -1.0]) / np.linalg.norm([0.3, 0.1, -1.0])
    distances = np.linspace(0.04, 0.25, 20_001)
    targets = np.zeros((len(distances), 4, 3))
    targets[:] = (distances[:, None] * direction)[:, None] * np.stack([LEGS.fore, LEGS.side, np.ones(4)], axis=1)
    joints, far = inverse(LEGS, targets)
    step = distances[1] - distances[0]
    # near the straight leg the knee turns by √(2 m / l) over the border's width m: no faster than this per metre
    assert np.abs(np.diff(joints, axis=0)).max() < 400 * step
    assert far[0].all()
    assert far[-1].all()
    reached = np.linalg.norm(forward(LEGS, joints)[-1], axis=-1)
    longest = np.linalg.norm(LEGS.upper[:, [0, 2]], axis=1) + np.linalg.norm(LEGS.lower, axis=1)
    assert (np.abs(reached - longest) < MARGIN).all()


@pytest.mark.parametrize("target", [(0, 0, 0), (0, 0, 0.1), (1e9, 0, 0), (0, 0.5, 0)])
def test_absurd_targets_have_an_answer(target):
    joints, far = inverse(LEGS, np.tile(np.array(target, float), (4, 1)))
    assert np.isfinite(joints).all()
    assert far.all()
