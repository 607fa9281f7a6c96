"""Laws of conditions: they are what they say, in physics, and leave the noise as it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from walkers import write_robot

from gait.errors import UsageError
from gait.policy import Constant
from gait.robots.conditions import PUSH_EVERY, Conditions
from gait.robots.terrain import ground_below, heights
from gait.simulate import Walk
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending, Query

SEED = np.random.SeedSequence(3)


@pytest.fixture(scope="module")
def boxer(tmp_path_factory):
    return str(write_robot(tmp_path_factory.mktemp("robot")))


def walked(robot, condition="", seconds=4.0, seeds=(SEED,), noise="default", **fields):
    task = Quadruped(robot=robot, condition=condition, noise=noise, threads=1, **fields)
    policy = Constant(task.problem.space.default)
    return task.run([Query(k, policy, seconds) for k in range(len(seeds))], list(seeds))[0]


def test_conditions_are_read_with_their_units():
    c = Conditions.parse("slope=5deg, payload=0.1..0.3kg,friction=0.6,disabled=FL_knee")
    assert c.ranges["slope"] == pytest.approx((math.radians(5),) * 2)
    assert c.ranges["payload"] == (0.1, 0.3)
    assert c.ranges["friction"] == (0.6, 0.6)
    assert c.disabled == ("FL_knee",)
    assert Conditions.parse("") == Conditions()


@pytest.mark.parametrize(("text", "said"), [
    ("slpe=5deg", "unknown condition 'slpe'. Did you mean 'slope'?"), ("slope", "a condition is NAME=VALUE"),
    ("slope=steep", "slope (uphill, negative is downhill) is a number in deg"),
    ("slope=90deg", "must lie within [-30, 30] deg"),
    ("payload=1..2..3kg", "or LOW..HIGH"), ("payload=nan", "must lie within"), ("rough=0..0.1m", "no range"),
    ("payload=1lb", "is a number in kg"), ("ground=3", "say rough=HEIGHT too"),
])  # fmt: skip
def test_bad_conditions_are_refused(text, said):
    with pytest.raises(UsageError) as error:
        Conditions.parse(text)
    assert said in str(error.value)


def test_an_unknown_joint_is_refused(boxer):
    task = Quadruped(robot=boxer, condition="disabled=FL_kneee", threads=1)
    with pytest.raises(UsageError, match="unknown joint 'FL_kneee'"):
        task.run([Query(0, Constant(task.problem.space.default))], [SEED])


def drawn(task):
    """The disturbances of a task's world after one trial has begun."""
    walker = task._walker(task.conditions)
    walk = Walk(walker, 1)
    walk.reset(np.array([0]), [np.random.default_rng(8)], [20.0])
    return walker.disturbances


def test_a_condition_leaves_the_noise_as_it_was(boxer):
    plain, hard = (
        drawn(Quadruped(robot=boxer, condition=c)) for c in ("", "payload=2kg,friction=0.5,push=3Ns,slope=4deg")
    )
    trunk = plain.robot.trunk
    extra = hard.mass[0] - plain.mass[0]
    assert extra[trunk] == pytest.approx(2.0)
    np.testing.assert_array_equal(np.delete(extra, trunk), 0.0)
    np.testing.assert_array_equal(hard.gain, plain.gain)
    floor = plain.robot.floor
    noise = plain.friction[0, floor, 0] / plain.model.geom_friction[floor, 0]
    assert hard.friction[0, floor, 0] == pytest.approx(0.5 * noise)


def test_a_slope_is_gravity_turned_back_and_keeps_its_size(boxer):
    d = drawn(Quadruped(robot=boxer, condition="slope=10deg"))
    g = d.gravity[0]
    assert np.linalg.norm(g) == pytest.approx(9.81)
    assert math.degrees(math.atan2(-g[0], -g[2])) == pytest.approx(10.0)


def test_uphill_costs_the_height_that_is_climbed(tmp_path):
    big = str(write_robot(tmp_path, size=2.0))
    level, up = (walked(big, c, 8.0, noise="off", heading_hold="0")[0].measures for c in ("", "slope=6deg"))
    more = up["cost_of_transport_positive"] - level["cost_of_transport_positive"]
    assert more > math.sin(math.radians(6.0))  # at least the climb; slipping comes on top


def test_pushes_have_the_impulse_that_was_asked_for(boxer):
    d = drawn(Quadruped(robot=boxer, condition="push=3Ns"))
    tick, total = 0.01, np.zeros(2)
    sizes = []
    for n in range(int(19.9 / tick)):
        d.push(np.array([0]), np.array([n]), tick)
        force = d.pushed[0, d.robot.trunk, :2].copy()
        if n * tick >= PUSH_EVERY and abs((n * tick) % PUSH_EVERY) < 1e-9:
            sizes.append(np.zeros(2))
        if sizes:
            sizes[-1] += force * tick
        total += force * tick
    assert len(sizes) == 9
    np.testing.assert_allclose([np.linalg.norm(s) for s in sizes], 3.0, rtol=0.11)  # a push ends within a tick
    assert len({round(float(s[0]), 6) for s in sizes}) == 9


def test_weakness_takes_stiffness_and_torque(boxer):
    d = drawn(Quadruped(robot=boxer, condition="weakness=0.25", noise="off"))
    np.testing.assert_allclose(d.limits[0], 0.75 * d.model.actuator_forcerange)
    np.testing.assert_allclose(d.gain[0, :, 0], 0.75 * d.model.actuator_gainprm[:, 0])
    np.testing.assert_allclose(d.bias[0, :, 1], -d.gain[0, :, 0])


def test_a_disabled_joint_gives_no_torque(boxer):
    task = Quadruped(robot=boxer, condition="disabled=FL_fold", noise="off", threads=1)
    r = task.record(Query(0, Constant(task.problem.space.default), 4.0), SEED)
    force = r.extra["torques"]
    moved = np.gradient(r.qpos[:, task.robot.qpos[0, 2]], r.time)
    damping = float(task.model.dof_damping[task.robot.qvel[0, 2]])
    np.testing.assert_allclose(force[:, 0, 2], -damping * moved, atol=0.2 * np.abs(force[:, 1, 2]).max())
    assert np.abs(force[:, 1, 2]).max() > 1.0


def test_ground_is_rough_by_its_seed_alone_and_within_its_bumps(boxer):
    field = heights(4)
    assert (field.min(), field.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(field, heights(4))
    assert np.abs(field - heights(5)).max() > 0.2
    task = Quadruped(robot=boxer, condition="rough=0.03m,ground=4", threads=1)
    z = ground_below(task.model, *np.random.default_rng(0).uniform(-5, 5, (2, 500)))
    assert 0.0 <= z.min() < z.max() <= 0.03
    assert np.ptp(z) > 0.01
    seeds = [np.random.SeedSequence([1, k]) for k in range(3)]
    trials = walked(boxer, "rough=0.012m,ground=4", 8.0, seeds, heading_hold="0")
    assert all(t.ending is Ending.COMPLETED for t in trials)
    assert len({t.score for t in trials}) == 3


def test_ranges_differ_from_trial_to_trial_and_are_the_seed_s(boxer):
    seeds = [np.random.SeedSequence([2, k]) for k in range(3)]
    a, b = (walked(boxer, "payload=0..3kg", 4.0, seeds, noise="off") for _ in range(2))
    assert [t.score for t in a] == [t.score for t in b]
    assert len({t.score for t in a}) == 3
