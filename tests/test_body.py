"""Laws of the body: Geyer & Herr's numbers, scaling to a person, a device's mass, the belt, and Galileo's."""

import mujoco
import numpy as np
import pytest
from people import LAW, OFF, ONE, QUIET, person

from gait.errors import UsageError
from gait.human import body
from gait.human.body import DEVICE_HEIGHT, Stature, make_body
from gait.human.crowd import Crowd
from gait.human.reflexes import GAINS

#                mass  length  centre of mass from the proximal joint (x, z), inertia
SEGMENTS = {
    "hat": (53.5, None, (0.0, 0.35), 3.0),
    "thigh": (8.5, 0.5, (0.0, -0.20), 0.15),  # 0.30 from the knee
    "shank": (3.5, 0.5, (0.0, -0.20), 0.05),  # 0.30 from the ankle
    "foot": (1.25, 0.20, (0.02, 0.0), 0.005),  # 0.14 from the ball, which is 0.16 from the ankle
}
SIDES = ("l", "r")
HUMAN = make_body(Stature(), speed=1.25)
sizes = pytest.mark.parametrize(("mass", "height"), [(52.0, 1.8), (80.0, 1.5), (104.0, 1.95)])


def at(model, seed, fast=3.0):
    """The model's data somewhere within its limits, in motion."""
    rng, data = np.random.default_rng(seed), mujoco.MjData(model)
    data.qpos[:3] = rng.normal(0, 0.3, 3)
    data.qpos[3:] = np.radians(rng.uniform([-40, 5, -35] * 2, [100, 130, 28] * 2))
    data.qvel[:] = rng.normal(0, fast, 9)
    mujoco.mj_forward(model, data)
    return data


def inertia_matrix(model, data):
    full = np.empty((model.nv, model.nv))
    mujoco.mj_fullM(model, data, full)
    return full


# Geyer & Herr's human


@pytest.mark.parametrize("segment", SEGMENTS)
def test_segments_are_geyer_and_herrs(segment):
    mass, _, centre, inertia = SEGMENTS[segment]
    for name in (segment,) if segment == "hat" else [f"{segment}_{side}" for side in SIDES]:
        part = HUMAN.body(name)
        assert part.mass[0] == mass
        assert part.ipos[[0, 2]] == pytest.approx(centre)
        assert part.ipos[1] == 0.0
        assert part.inertia[1] == inertia


def test_segments_are_as_long_as_geyer_and_herrs_and_weigh_80_kg():
    assert HUMAN.body_mass.sum() == pytest.approx(80.0, rel=1e-14)
    for side in SIDES:
        assert HUMAN.body(f"thigh_{side}").pos.tolist() == [0, 0, 0]  # the hip is the trunk's origin
        assert HUMAN.body(f"shank_{side}").pos.tolist() == [0, 0, -0.5]
        assert HUMAN.body(f"foot_{side}").pos.tolist() == [0, 0, -0.5]
        heel, ball = HUMAN.geom(f"heel_{side}").pos, HUMAN.geom(f"ball_{side}").pos
        assert ball[0] - heel[0] == pytest.approx(0.20)
        assert ball[0] == pytest.approx(0.16)


def test_joints_count_flexion_and_dorsiflexion_upwards_and_lean_forward():
    data = mujoco.MjData(HUMAN)
    ways = {
        "lean": ("hat", (0, 0, 0.35), 1),
        "hip_l": ("thigh_l", (0, 0, -0.5), 1),
        "knee_l": ("shank_l", (0, 0, -0.5), -1),
        "ankle_l": ("foot_l", (0.16, 0, 0), None),
    }
    for joint, (name, point, forward) in ways.items():
        places = []
        for angle in (0.0, 0.3):
            data.qpos[:] = 0.0
            data.joint(joint).qpos[:] = angle
            mujoco.mj_kinematics(HUMAN, data)
            part = data.body(name)
            places.append(part.xpos + part.xmat.reshape(3, 3) @ point)
        moved = places[1] - places[0]
        if forward is None:
            assert moved[2] > 0.02  # the toes up
        else:
            assert moved[0] * forward > 0.02
    for side in SIDES:
        limits = {f"hip_{side}": (-50, 120), f"knee_{side}": (2, 140), f"ankle_{side}": (-40, 30)}
        for joint, limit in limits.items():
            assert np.degrees(HUMAN.joint(joint).range) == pytest.approx(limit)


def test_left_and_right_are_alike():
    for seed in range(5):
        left = at(HUMAN, seed)
        right, swapped = mujoco.MjData(HUMAN), [0, 1, 2, 6, 7, 8, 3, 4, 5]
        right.qpos[:], right.qvel[:] = left.qpos[swapped], left.qvel[swapped]
        mujoco.mj_forward(HUMAN, right)
        assert right.qfrc_bias == pytest.approx(left.qfrc_bias[swapped], rel=1e-12, abs=1e-10)
        matrix = inertia_matrix(HUMAN, left)[np.ix_(swapped, swapped)]
        assert inertia_matrix(HUMAN, right) == pytest.approx(matrix, rel=1e-12, abs=1e-12)


# People of other sizes


@sizes
def test_masses_scale_with_mass_lengths_with_height_inertias_with_both(mass, height):
    other, heavy, long = make_body(Stature(mass, height), speed=1.25), mass / 80, height / 1.8
    parts = slice(1, None)
    assert other.body_mass.sum() == pytest.approx(mass, rel=1e-13)
    assert other.body_mass == pytest.approx(HUMAN.body_mass * heavy, rel=1e-13)
    assert other.body_inertia == pytest.approx(HUMAN.body_inertia * heavy * long**2, rel=1e-12)
    for lengths in ("body_pos", "body_ipos"):
        assert getattr(other, lengths)[parts] == pytest.approx(getattr(HUMAN, lengths)[parts] * long, abs=1e-14)
    mine = HUMAN.geom_bodyid > 0
    for lengths in ("geom_pos", "geom_size"):
        assert getattr(other, lengths)[mine] == pytest.approx(getattr(HUMAN, lengths)[mine] * long, abs=1e-14)
    for lengths in ("site_pos", "site_size"):
        assert getattr(other, lengths) == pytest.approx(getattr(HUMAN, lengths) * long, abs=1e-14)
    for place in ("geom_pos", "geom_size"):
        assert (getattr(other, place)[~mine] == getattr(HUMAN, place)[~mine]).all()  # the treadmill is nobody's


@sizes
def test_bodies_of_any_size_move_alike(mass, height):
    """Gravity's torques scale with mass × height, inertias with mass × height²: as rigid bodies do."""
    other, heavy, long = make_body(Stature(mass, height), speed=1.25), mass / 80, height / 1.8
    unarmed = []
    for model in (HUMAN, other):
        data = at(model, 1, fast=0.0)
        unarmed.append((inertia_matrix(model, data) - np.diag(model.dof_armature), data.qfrc_bias))
    (matrix, gravity), (its_matrix, its_gravity) = unarmed
    assert its_matrix[2:, 2:] == pytest.approx(matrix[2:, 2:] * heavy * long**2, rel=1e-10, abs=1e-12)
    assert its_gravity[2:] == pytest.approx(gravity[2:] * heavy * long, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(
    ("size", "name"),
    [((39.0, 1.8), "mass"), ((131.0, 1.8), "mass"), ((np.nan, 1.8), "mass"), ((np.inf, 1.8), "mass"),
     ((80.0, 1.3), "height"), ((80.0, 2.2), "height"), ((80.0, np.nan), "height"), ((80.0, -1.8), "height")],
)  # fmt: skip
def test_nobody_is_of_an_impossible_size(size, name):
    with pytest.raises(UsageError, match=f"{name}.*must lie within"):
        Stature(*size)


# Devices


def with_points(left, right, stature):
    """The body with a body of so much mass, a point, fixed to each shank: what a device's mass must amount to."""
    spec = mujoco.MjSpec.from_file(str(body.model_path("human/sagittal.xml")))
    long = stature.length_scale
    height = -0.5 * long + DEVICE_HEIGHT * long
    for name, mass in (("shank_l", left), ("shank_r", right)):
        spec.body(name).add_body(
            pos=[0, 0, height], mass=mass, ipos=[0, 0, 0], inertia=[1e-12] * 3, explicitinertial=True
        )
    return spec.compile()


@pytest.mark.parametrize("masses", [(0.85, 0.85), (0.85, 1e-9), (3.0, 1.0)])
def test_device_is_a_point_fixed_to_the_shank(masses):
    worn, built = make_body(Stature(), speed=1.25, device=masses), with_points(*masses, Stature())
    assert worn.body_mass.sum() == pytest.approx(80 + sum(masses), rel=1e-13)
    for seed in range(5):
        a, b = at(worn, seed), at(built, seed)
        assert inertia_matrix(worn, a) == pytest.approx(inertia_matrix(built, b), rel=1e-9, abs=1e-9)
        assert a.qfrc_bias == pytest.approx(b.qfrc_bias, rel=1e-9, abs=1e-9)


def test_device_follows_the_parallel_axis_theorem():
    m, d = 2.0, 0.15 - 0.30  # its height above the ankle, less the shank's own centre's
    model = make_body(Stature(), speed=1.25, device=(m, 0.0))
    shank, bare = model.body("shank_l"), HUMAN.body("shank_l")
    assert shank.mass[0] == 3.5 + m
    assert shank.ipos[2] == pytest.approx(-0.20 + m / (3.5 + m) * d, rel=1e-12)
    assert shank.inertia[1] == pytest.approx(0.05 + 3.5 * m / (3.5 + m) * d**2, rel=1e-12)
    assert bare.mass[0] == model.body("shank_r").mass[0] == 3.5
    assert (model.body("shank_r").ipos == bare.ipos).all()
    assert (model.body("shank_r").inertia == bare.inertia).all()


def test_device_does_not_grow_with_the_person_but_sits_at_the_same_share_of_the_shank():
    stature = Stature(60.0, 1.6)
    model, bare = (make_body(stature, speed=1.25, device=d) for d in ((0.85, 0.85), (0.0, 0.0)))
    long = stature.length_scale
    for side in SIDES:
        worn, own = model.body(f"shank_{side}"), bare.body(f"shank_{side}")
        assert worn.mass[0] == pytest.approx(own.mass[0] + 0.85)
        place = (worn.mass[0] * worn.ipos[2] - own.mass[0] * own.ipos[2]) / 0.85
        assert place == pytest.approx((-0.5 + 0.15) * long, rel=1e-9)


# The belt


def test_a_block_put_on_the_belt_is_carried_at_its_speed(tmp_path, monkeypatch):
    block = """<body name="block" pos="0.9 0.3 0.05"><freejoint/><geom type="box" size=".05 .04 .05" mass="2"
               contype="0" conaffinity="1" friction=".9 .005 .0001"/></body></worldbody>"""
    file = tmp_path / "sagittal.xml"
    file.write_text(body.model_path("human/sagittal.xml").read_text().replace("</worldbody>", block))
    monkeypatch.setattr(body, "model_path", lambda name: file)
    for speed in (1.0, 1.25):
        model = make_body(Stature(), speed=speed)
        data = mujoco.MjData(model)
        data.qpos[1] = 5.0  # the person out of the way
        places = []
        for _ in range(800):
            mujoco.mj_step(model, data)
            places.append(data.body("block").xpos[0])
        carried = (places[-1] - places[-401]) / 0.4
        assert carried == pytest.approx(-speed, rel=2e-3)
        slid = places[-1] - places[0] + 0.8 * speed  # it lagged while friction got it going: v²/(2 μ g)
        assert slid == pytest.approx(speed**2 / (2 * 0.9 * 9.81), rel=0.15)


def test_walking_on_a_belt_is_walking_over_ground():
    """Galileo: in the belt's frame, physics and reflexes are the same, without the sight of belt and speed.

    Step by step along a walk: contacts and reflexes switch in whole steps, so that rounding grows in a free walk.
    """
    who, v = person(**{g.name: 0.0 for g in GAINS if g.name[0] == "c"}), 1.25
    belt, ground = (Crowd([who], 5.0, speed=speed, sensor=QUIET) for speed in (v, 0.0))
    belt.begin(0, OFF, 5.0, 1)
    for _ in range(1200):
        here = belt.end(0)
        there = {**here, "qvel": here["qvel"] + v * np.eye(9)[0]}
        ground.begin(0, OFF, 5.0, 1, start=there)
        assert belt.walk(ONE, 1) == ground.walk(ONE, 1) == 0
        (q, qd), (r, rd) = ((c.datas[0].qpos, c.datas[0].qvel) for c in (belt, ground))
        assert r - q == pytest.approx(v * 0.001 * np.eye(9)[0], abs=1e-10)
        assert rd - qd == pytest.approx(v * np.eye(9)[0], abs=1e-7)
        assert (ground.state.stim == belt.state.stim).all()
        assert (ground.state.force == belt.state.force).all()
    assert (belt.state.strike[0] > 0).all()  # both feet stepped


def test_someone_set_down_on_the_belt_just_touches_it_and_is_borne_by_heels_and_balls():
    for stature in (Stature(), Stature(50.0, 1.55)):
        c = Crowd([person(mass=stature.mass, height=stature.height)], 2.0, sensor=QUIET)
        c.begin(0, LAW, 2.0, 1)
        mujoco.mj_kinematics(c.models[0], c.datas[0])
        feet = [c.models[0].geom(f"{part}_{side}").id for part in ("heel", "ball") for side in SIDES]
        assert (c.datas[0].geom_xpos[feet, 2] - c.models[0].geom_size[feet, 0]).min() == pytest.approx(0.0, abs=1e-15)
        mean = np.mean([c.walk(ONE, 1) or c.state.load[0].sum() for _ in range(1000)])
        assert mean == pytest.approx(1.0, abs=0.15)  # body weights
