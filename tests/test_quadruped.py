"""Laws of the quadruped's worlds: its model, what it is measured by, what ends a trial."""

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest

from gait.controllers.half_ellipse import PUBLISHED_BEST
from gait.policy import Constant, Gaussian
from gait.robots.odometer import ACROSS, ALONG, MEASURES, PITCH, ROLL, SPEED, YAW, new_odometer, read_pose
from gait.robots.quadruped import SETTLE, WARM_UP, QuadrupedWalker
from gait.simulate import Walk
from gait.tasks.quadruped import SECONDS, Quadruped
from gait.trial import Ending, Query
from gait.walking import record_trial, walk_trials

SEEDS = [np.random.SeedSequence([9, k]) for k in range(8)]


def best(task: Quadruped) -> Constant:
    return Constant(task.problem.space.point(PUBLISHED_BEST))


@pytest.fixture(scope="module")
def quiet() -> Quadruped:
    return Quadruped(noise="off", threads=1)


@pytest.fixture(scope="module")
def noisy() -> Quadruped:
    return Quadruped(noise="default", threads=1)


def test_model_has_the_measured_dimensions(quiet):
    m = quiet.model
    assert m.nu == 12
    assert m.body_mass.sum() == pytest.approx(1.4, abs=0.005)
    np.testing.assert_allclose(quiet.robot.legs.hip[0], [0.0595, 0.0592, 0.0])
    lengths = np.linalg.norm(quiet.robot.legs.upper, axis=1), np.linalg.norm(quiet.robot.legs.lower, axis=1)
    np.testing.assert_allclose(lengths[0], 0.0653, atol=5e-5)
    np.testing.assert_allclose(lengths[1], [0.0686, 0.0686, 0.0767, 0.0767], atol=5e-5)
    assert 2 * quiet.robot.foot_radius == pytest.approx(0.026)
    limits = np.rad2deg(np.stack([quiet.robot.legs.low, quiet.robot.legs.high], axis=-1))
    np.testing.assert_allclose(limits, np.broadcast_to([[-117, 117], [-11, 89], [-27, 147]], (4, 3, 2)))
    assert quiet.robot.command_steps * m.opt.timestep == pytest.approx(0.008)


def test_every_element_of_the_model_is_named(quiet):
    m = quiet.model
    for kind, n in (("body", m.nbody), ("joint", m.njnt), ("geom", m.ngeom), ("site", m.nsite), ("camera", m.ncam),
                    ("light", m.nlight), ("actuator", m.nu), ("sensor", m.nsensor), ("material", m.nmat),
                    ("texture", m.ntex)):  # fmt: skip
        assert all(getattr(m, kind)(i).name for i in range(n)), kind
    assert {m.camera(i).name for i in range(m.ncam)} >= {"side", "track"}


def test_servo_torque_falls_linearly_with_speed_to_zero(quiet):
    """Held at a large error and turned at speed ω, a servo delivers τ (1 − ω / ω₀), gear friction apart."""
    m, data = quiet.model, mujoco.MjData(quiet.model)
    stall, damping = m.actuator_forcerange[0, 1], m.dof_damping[quiet.robot.qvel[0, 0]]
    for speed in (0.0, 5.0, stall / damping):
        data.qvel[quiet.robot.qvel[0, 0]] = speed
        data.ctrl[quiet.robot.actuators[0, 0]] = 2.0
        mujoco.mj_forward(m, data)
        dof = quiet.robot.qvel[0, 0]
        delivered = data.qfrc_actuator[dof] + data.qfrc_passive[dof]
        assert delivered == pytest.approx(stall - damping * speed, abs=1e-9)


def test_strides_add_up_to_the_trial(noisy):
    policy = Gaussian(noisy.problem.space.default, np.log(noisy.problem.space.scale), np.zeros((12, 5)))
    for policy_ in (policy, best(noisy)):
        r = noisy.record(Query(0, policy_), SEEDS[0])
        trial = r.trial
        assert trial.ending is Ending.COMPLETED
        assert trial.durations.sum() == pytest.approx(trial.walked - round(SETTLE / 0.008) * 0.008)
        origin = r.qpos[round(SETTLE / 0.008) - 1]
        yaw = heading(origin)
        moved = r.qpos[-1, :2] - origin[:2]
        assert trial.rewards.sum() == pytest.approx(moved @ [math.cos(yaw), math.sin(yaw)], abs=1e-12)
        assert len(trial.actions) == len(trial.rewards) == len(trial.features) - 1
        assert trial.progress[-1] == pytest.approx(trial.score, abs=1e-12)


def heading(qpos: np.ndarray) -> float:
    w, x, y, z = qpos[3:7]
    return math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))


def test_score_is_forward_speed_after_the_warm_up(noisy):
    r = noisy.record(Query(0, best(noisy), 6.0), SEEDS[1])
    start, origin = r.qpos[round(WARM_UP / 0.008) - 1], r.qpos[round(SETTLE / 0.008) - 1]
    yaw = heading(origin)
    speed = (r.qpos[-1, :2] - start[:2]) @ [math.cos(yaw), math.sin(yaw)] / (6.0 - WARM_UP)
    assert r.trial.score == pytest.approx(speed, rel=1e-9)
    assert r.trial.score == noisy.score(r.trial.measures)


def test_measures_are_named_and_finite(noisy):
    (trial,), _ = noisy.run([Query(0, best(noisy))], [SEEDS[2]])
    assert list(trial.measures) == list(MEASURES)
    assert all(v is not None and math.isfinite(v) for v in trial.measures.values())
    m = trial.measures
    assert 0 < m["duty_factor"] < 1
    assert m["joint_speed_rms"] < m["joint_speed_p95"]
    assert 1.0 < m["stride_frequency"] < 5.0


def test_work_is_that_of_every_physics_step(quiet):
    walker = Taped(quiet.robot, quiet.controller, quiet.noise, SECONDS.high)
    (trial,) = walk_trials(quiet, [Walk(walker, 1)], [Query(0, best(quiet))], [SEEDS[0]])
    m, data = quiet.model, mujoco.MjData(quiet.model)
    data.qpos[:] = walker.start
    dofs, actuators = quiet.robot.qvel.ravel(), quiet.robot.actuators.ravel()
    work = start = 0.0
    for k, ctrl in enumerate(walker.tape):
        data.ctrl[:] = ctrl
        if k == round(WARM_UP / 0.008):
            work, start = 0.0, data.qpos[0]
        for _ in range(4):
            before = data.qvel[dofs].copy()
            mujoco.mj_step(m, data)
            speed = (before + data.qvel[dofs]) / 2
            power = (data.actuator_force[actuators] - m.dof_damping[dofs] * speed) * speed
            work += m.opt.timestep * np.maximum(0, power).sum()
    cot = work / (m.body_mass.sum() * 9.81 * (data.qpos[0] - start))
    assert trial.measures["cost_of_transport_positive"] == pytest.approx(cot, rel=1e-3)


class Taped(QuadrupedWalker):
    """Keeps where it starts and what it commands."""

    def place(self, i, action):
        super().place(i, action)
        self.start, self.tape = self.qpos[i].copy(), []

    def command(self, ids):
        super().command(ids)
        self.tape.append(self.ctrl[0].copy())


@pytest.mark.parametrize(("quat", "column", "sign"), [
    ((math.cos(0.1), 0, -math.sin(0.1), 0), PITCH, 1),  # nose up
    ((math.cos(0.1), math.sin(0.1), 0, 0), ROLL, 1),  # left side up
    ((math.cos(0.1), 0, 0, math.sin(0.1)), YAW, 1),  # to the left
])  # fmt: skip
def test_attitude_has_the_documented_signs(quat, column, sign):
    meter = new_odometer(1, 8.0)
    upright = read_pose(meter, 0, np.array([0, 0, 0.1, *quat]), np.zeros(6))
    assert meter.pose[0, column] == pytest.approx(sign * 0.2)
    assert upright == pytest.approx(1.0 if column == YAW else math.cos(0.2))


def test_mirrored_gait_walks_a_mirrored_path():
    ours, theirs = Quadruped(noise="off", threads=1), Quadruped(noise="off", threads=1)
    theirs.controller.offsets = np.array([0.5, 0.0, 0.0, 0.5])
    skewed = {**PUBLISHED_BEST, "locus_skew_multiplier": 0.2}
    mirrored = {**PUBLISHED_BEST, "locus_skew_multiplier": -0.2}
    a = ours.record(Query(0, Constant(ours.problem.space.point(skewed)), 4.0), SEEDS[0])
    b = theirs.record(Query(0, Constant(theirs.problem.space.point(mirrored)), 4.0), SEEDS[0])
    np.testing.assert_allclose(b.qpos[:, :3] * [1, -1, 1], a.qpos[:, :3], atol=1e-6)
    assert b.trial.measures["lateral_drift"] == pytest.approx(-a.trial.measures["lateral_drift"], abs=1e-6)
    assert abs(a.trial.measures["lateral_drift"]) > 0.01


def test_without_noise_all_seeds_are_one_trial(quiet, noisy):
    query = Query(0, best(quiet), 4.0)
    scores = [quiet.run([query], [seed])[0][0].score for seed in SEEDS[:2]]
    assert scores[0] == scores[1]
    scores = [noisy.run([query], [seed])[0][0].score for seed in SEEDS[:2]]
    assert scores[0] != scores[1]


class Tripped(QuadrupedWalker):
    """Stands world `victim` on its back, or throws it so hard that the simulation blows up."""

    victim, how = 1, "fell"

    def place(self, i, action):
        super().place(i, action)
        if i == self.victim and self.how == "fell":
            self.qpos[i, 2:7] = 0.1, 0.0, 1.0, 0.0, 0.0
        elif i == self.victim:
            self.qvel[i, 3] = 1e12


@pytest.mark.parametrize("how", ["fell", "diverged"])
def test_one_bad_world_is_one_bad_trial(noisy, how, tmp_path: Path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    walker = Tripped(noisy.robot, noisy.controller, noisy.noise, SECONDS.high)
    walker.how = how
    queries = [Query(k, best(noisy), 4.0) for k in range(3)]
    trials = walk_trials(noisy, [Walk(walker, 3)], queries, SEEDS[:3])
    alone, _ = noisy.run(queries, SEEDS[:3])
    assert [t.ending for t in trials] == ["completed", how, "completed"]
    for k in (0, 2):
        assert trials[k].score == alone[k].score
    bad = trials[1]
    assert bad.walked < 0.2
    assert bad.charged == pytest.approx(bad.walked + 2.0 + 8.0)
    if how == "fell":
        assert bad.score == pytest.approx(bad.rewards.sum() / 4.0)
    else:
        assert bad.score is None
    assert np.isfinite(bad.features).all()
    assert not list(tmp_path.iterdir()), "MuJoCo wrote a log file"
    assert not capfd.readouterr().err


def test_a_fall_scores_the_distance_before_it_over_the_asked_time():
    task = Quadruped(noise="high", threads=2)
    rng = np.random.default_rng(0)
    queries = [Query(k, Constant(rng.uniform(size=12))) for k in range(40)]
    trials, _ = task.run(queries, [np.random.SeedSequence([5, k]) for k in range(40)])
    fallen = [t for t in trials if t.ending is Ending.FELL]
    assert fallen, "none of 40 random gaits fell"
    for t in fallen:
        assert t.walked < 8.0
        assert t.score == pytest.approx(t.rewards.sum() / 8.0, abs=1e-12)
        assert t.charged == pytest.approx(t.walked + 10.0)


def test_ground_is_not_entered_and_recording_is_the_trial(noisy):
    walk = noisy._worlds(1)[0]
    r = record_trial(noisy, walk, Query(0, best(noisy), 4.0), SEEDS[3])
    (trial,), _ = noisy.run([Query(0, best(noisy), 4.0)], [SEEDS[3]])
    assert trial.score == r.trial.score
    data, lowest = mujoco.MjData(noisy.model), []
    feet = [noisy.model.site(f"{leg}_foot").id for leg in ("FL", "FR", "HL", "HR")]
    for qpos in r.qpos[::5]:
        data.qpos[:] = qpos
        mujoco.mj_kinematics(noisy.model, data)
        lowest.append(data.site_xpos[feet, 2].min() - noisy.robot.foot_radius)
    assert min(lowest) > -0.006  # contacts are soft: at an impact, by less than half the ball's radius
    assert np.median(lowest) > -0.001


def test_an_interrupted_batch_leaves_nothing_in_the_next(noisy):
    class Interrupted(QuadrupedWalker):
        ticks = 300

        def command(self, ids):
            self.ticks -= 1
            if self.ticks == 0:
                raise KeyboardInterrupt
            super().command(ids)

    walk = Walk(Interrupted(noisy.robot, noisy.controller, noisy.noise, SECONDS.high), 3)
    queries = [Query(k, best(noisy), 4.0) for k in range(3)]
    with pytest.raises(KeyboardInterrupt):
        walk_trials(noisy, [walk], queries, SEEDS[:3])
    again = walk_trials(noisy, [walk], queries[:1], SEEDS[:1])
    assert again[0].score == noisy.run(queries[:1], SEEDS[:1])[0][0].score
    assert walk.batch.time[1] < 4.0, "a world of the interrupted batch walked on"


@pytest.mark.parametrize("yaw", [0.0, 0.7, -2.5])
def test_where_a_robot_is_does_not_depend_on_which_way_it_started(yaw):
    meter = new_odometer(1, 8.0)
    meter.origin[0] = 1.0, 2.0, yaw
    forward, left = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
    place = [1.0, 2.0] + 3.0 * forward + 0.5 * left
    turned = yaw + 0.2
    qpos = np.array([*place, 0.1, math.cos(turned / 2), 0.0, 0.0, math.sin(turned / 2)])
    read_pose(meter, 0, qpos, np.array([*(0.4 * forward), 0.0, 0.0, 0.0, 0.0]))
    np.testing.assert_allclose(meter.pose[0, [ALONG, ACROSS, YAW, SPEED]], [3.0, 0.5, 0.2, 0.4], atol=1e-12)
