"""What any controller must keep, on our robot and on one of boxes: a new one is tested here by being on the shelf."""

from __future__ import annotations

import numpy as np
import pytest
from walkers import write_robot

from gait.controllers import CONTROLLERS, GAITS, find_gait
from gait.controllers.bezier import Bezier
from gait.controllers.chain import forward
from gait.controllers.controller import Inputs
from gait.controllers.cpg import CPG, PHASE, advance
from gait.controllers.stride import BODY, DEPTH, DUTY, HEIGHT, LENGTH, PITCH
from gait.errors import UsageError
from gait.robots import find_robot
from gait.robots.description import load_robot

every = pytest.mark.parametrize("name", CONTROLLERS)
SWAP = [1, 0, 3, 2]


@pytest.fixture(scope="module", params=["ers210", "boxer"])
def body(request, tmp_path_factory):
    if request.param == "ers210":
        return find_robot("ers210").body
    return load_robot(write_robot(tmp_path_factory.mktemp("robot"))).body


def start(controller):
    return controller.space.decode(controller.space.default)


def walk(controller, values, phases, curvature=0.0, amplitude=1.0, tick=0.004):
    """Joints (F, 4, 3) of one world at these phases, one after the other."""
    joints, far = controller.home_joints()[None].copy(), np.zeros(1, np.int64)
    memory, out = np.zeros((1, controller.memory)), []
    for phase in phases:
        inputs = Inputs(
            np.asarray(values, float)[None].copy(), np.array([phase]), np.array([amplitude]),
            controller.leg_offsets(values)[None].copy(), np.array([curvature]), memory,
        )  # fmt: skip
        controller.command(np.array([0]), inputs, tick, joints, far)
        out.append(joints[0].copy())
    return np.array(out)


def phases_of(controller, values, strides=1, tick=0.004):
    return np.arange(0.0, strides, tick / float(controller.period(values)))


@every
def test_it_says_what_it_is(name, body):
    controller = CONTROLLERS[name](body, GAITS["trot"].offsets)
    assert controller.name == name
    assert controller.about
    names = controller.space.names
    assert names[controller.stroke].split("_")[0] in ("locus", "stride", "hip")
    assert float(controller.period(start(controller))) > 0.05


@every
def test_joints_stay_within_their_limits_and_do_not_jump(name, body):
    controller = CONTROLLERS[name](body, GAITS["walk"].offsets, 0.6)
    values = start(controller)
    joints = walk(controller, values, phases_of(controller, values, 4))[5:]
    assert (joints >= controller.legs.low - 1e-9).all()
    assert (joints <= controller.legs.high + 1e-9).all()
    assert np.abs(np.diff(joints, axis=0)).max() < 0.25  # rad in 4 ms
    assert np.ptp(joints, axis=0).max() > 0.1


@every
def test_standing_it_keeps_still(name, body):
    controller = CONTROLLERS[name](body, GAITS["trot"].offsets)
    values = start(controller)
    joints = walk(controller, values, np.linspace(0.0, 1.0, 50), amplitude=0.0)
    np.testing.assert_allclose(joints, np.broadcast_to(joints[0], joints.shape), atol=1e-9)
    np.testing.assert_allclose(controller.stand(values)[0], joints[0], atol=1e-9)


@every
def test_a_mirrored_gait_is_the_gait_mirrored(name, body):
    ours, theirs = (CONTROLLERS[name](body, o) for o in (GAITS["walk"].offsets, np.array(GAITS["walk"].offsets)[SWAP]))
    values = start(ours)
    mirrored = values.copy()
    if "locus_skew_multiplier" in ours.space.names:
        mirrored[ours.space.names.index("locus_skew_multiplier")] *= -1.0
    phases = phases_of(ours, values, 2)
    if hasattr(ours, "fixed"):  # a residual's base may be skewed
        theirs.fixed = ours.fixed.copy()
        if "locus_skew_multiplier" in ours.inner.space.names:
            theirs.fixed[ours.inner.space.names.index("locus_skew_multiplier")] *= -1.0
    a = forward(body.legs, walk(ours, values, phases, curvature=1.0))
    b = forward(body.legs, walk(theirs, mirrored, phases, curvature=-1.0))
    np.testing.assert_allclose(b, a[:, SWAP] * [1.0, -1.0, 1.0], atol=1e-8)


@pytest.mark.parametrize("name", ["half-ellipse", "bezier"])
def test_feet_in_stance_move_as_the_ground_does_below_a_turning_trunk(name, body):
    controller = CONTROLLERS[name](body, GAITS["trot"].offsets)
    values = start(controller)
    if name == "half-ellipse":
        values[[2, 5, 7, 8, 9]] = 0.0, 0.0, 0.0, 100 * body.height, 100 * body.height  # no skew, level, within reach
    else:
        values[[DEPTH, PITCH]] = 0.0
    values[controller.stroke] *= 0.3
    curvature = 0.5 / np.abs(body.legs.hip[:, 1]).max() / 10
    path = body.legs.hip + forward(body.legs, walk(controller, values, np.arange(4.2, 4.26, 0.002), curvature))
    place, moved = 0.5 * (path[1:] + path[:-1]), np.diff(path, axis=0)
    down = np.abs(moved[:, :, 2]).max(axis=0) < 1e-7
    assert down.sum() == 2
    straight = moved[:, :, 0] / (1.0 - curvature * place[:, :, 1])  # what the trunk's middle moves back by
    speed = straight[:, down].mean()
    for leg in np.flatnonzero(down):
        np.testing.assert_allclose(straight[:, leg], speed, rtol=0.02)
        ahead = body.legs.hip[leg, 0]
        np.testing.assert_allclose(moved[:, leg, 1], curvature * ahead * speed, rtol=0.02, atol=1e-9)


@pytest.mark.parametrize("kind", [Bezier, CPG])
def test_the_stride_is_as_its_parameters_say(kind, body):
    controller = kind(body, GAITS["trot"].offsets)
    values = start(controller)
    values[[DEPTH, PITCH, DUTY]] = 0.0, 0.0, 0.6
    phases = phases_of(controller, values, 13, 0.001)
    last = slice(-round(float(controller.period(values)) / 0.001), None)
    path = forward(body.legs, walk(controller, values, phases, tick=0.001))[last]
    ground = body.radius - values[BODY]
    assert path[:, :, 2].min() == pytest.approx(ground, abs=1e-5)
    assert path[:, :, 2].max() - ground == pytest.approx(values[HEIGHT], rel=0.01)
    for leg in range(4):
        down = path[:, leg, 2] < ground + 1e-6
        assert down.mean() == pytest.approx(values[DUTY], abs=0.01)
        assert np.ptp(path[down, leg, 0]) == pytest.approx(values[LENGTH] * values[DUTY], rel=0.03)


def test_oscillators_come_back_to_the_gait_s_delays():
    offsets, memory = np.array(GAITS["walk"].offsets), np.zeros(8)
    rng = np.random.default_rng(0)
    memory[:4], memory[4:] = 0.3 - offsets + rng.uniform(-0.15, 0.15, 4), 0.3
    for _ in range(4000):
        advance(memory, 0.5, offsets, 0.002)
    apart = memory[PHASE : PHASE + 4] + offsets
    np.testing.assert_allclose(apart, apart.mean(), atol=1e-6)
    np.testing.assert_allclose(memory[4:], 1.0, atol=1e-6)


@pytest.mark.parametrize("name", ["half-ellipse", "bezier", "cpg", "joint-sine"])
def test_a_residual_of_nothing_is_its_base(name, body):
    base, residual = (CONTROLLERS[n](body, GAITS["trot"].offsets) for n in (name, f"residual-{name}"))
    values = start(base)
    values[:] = residual.fixed
    phases = phases_of(base, values, 2)
    a, b = walk(base, values, phases), walk(residual, start(residual), phases)
    np.testing.assert_allclose(forward(body.legs, b), forward(body.legs, a), atol=1.5e-3)
    assert float(residual.period(start(residual))) == pytest.approx(float(base.period(values)))
    assert residual.memory == base.memory + 12  # compiled code would write beyond a shorter one
    shifted = start(residual)
    up = residual.space.names.index("FL_up")
    shifted[up] = 0.1 * body.height
    c = forward(body.legs, walk(residual, shifted, phases))[-1] - forward(body.legs, b)[-1]
    assert c[0, 2] == pytest.approx(0.1 * body.height, rel=0.15)
    np.testing.assert_allclose(c[1:], 0.0, atol=1e-6)


@every
def test_tuned_phases_start_at_the_gait_s(name, body):
    fixed = CONTROLLERS[name](body, GAITS["walk"].offsets)
    tuned = CONTROLLERS[name](body, GAITS["walk"].offsets, tune_offsets=True)
    assert len(tuned.space) == len(fixed.space) + 3
    apart = (tuned.leg_offsets(start(tuned)) - np.array(GAITS["walk"].offsets)) % 1.0
    np.testing.assert_allclose((apart - apart[0] + 0.5) % 1.0, 0.5, atol=1e-12)


def test_hildebrand_s_quantities_of_the_gaits():
    for gait in GAITS.values():
        assert all(0.0 <= o < 1.0 for o in gait.offsets)
        assert 0.25 <= gait.duty_factor <= 0.8
    walk_, trot, pace = (np.array(find_gait(g).offsets) for g in ("walk", "trot", "pace"))
    limb_phase = [(o[0] - o[2]) % 1.0 for o in (walk_, trot, pace)]  # fore after the hind one beside it
    assert limb_phase == [0.25, 0.5, 0.0]


def test_a_robot_s_own_start_is_checked(tmp_path):
    bad = write_robot(tmp_path).read_text() + "\n[parameters.bezier]\nstride = 1.0\n"
    (tmp_path / "boxer.toml").write_text(bad)
    robot = load_robot(tmp_path / "boxer.toml")
    with pytest.raises(UsageError, match=r"\[parameters.bezier\] stride: no parameter"):
        Bezier(robot.body, GAITS["trot"].offsets)
