"""Laws of robots from descriptions: found by name, walking as they are, and refused clearly when something's wrong."""

from __future__ import annotations

import os
from pathlib import Path

import mujoco
import numpy as np
import pytest
from walkers import description, quadruped_xml, write_robot

from gait.errors import UsageError
from gait.policy import Constant
from gait.robots import ROBOTS, find_robot
from gait.robots.description import load_robot
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending, Query

SEED = np.random.SeedSequence(1)
SHARED = Path(__file__).parents[2] / "shared" / "data" / "menagerie"


@pytest.fixture(autouse=True)
def menagerie(monkeypatch):
    if "MENAGERIE_ROOT" not in os.environ and SHARED.is_dir():
        monkeypatch.setenv("MENAGERIE_ROOT", str(SHARED))


def walk(robot, seconds=8.0, noise="off", **fields):
    task = Quadruped(robot=str(robot), noise=noise, threads=1, **fields)
    return task.run([Query(0, Constant(task.problem.space.default), seconds)], [SEED])[0][0]


@pytest.mark.parametrize("how", [{}, {"bend": 1.0}, {"motors": True}, {"size": 0.4}, {"axis": "0.05 0.99 0.05"}])
def test_a_described_robot_walks_at_its_start(how, tmp_path):
    trial = walk(write_robot(tmp_path, **how))
    assert trial.ending is Ending.COMPLETED
    height = 0.3 * how.get("size", 1.0)
    assert trial.measures["speed"] > 0.5 * np.sqrt(9.81 * height) * 0.3
    assert trial.measures["drift_ratio"] < 0.1


@pytest.mark.parametrize(("axis", "angle"), [("-x", np.pi), ("+y", np.pi / 2), ("-y", -np.pi / 2)])
def test_which_way_a_trunk_s_frame_points_doesn_t_matter(axis, angle, tmp_path):
    path = write_robot(tmp_path)
    first = walk(path, 5.0)
    # all that hangs on the trunk turned the other way within its frame
    spec = mujoco.MjSpec.from_file(str(tmp_path / "boxer.xml"))
    half = np.array([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])
    trunk = spec.body("base")
    for thing in (*trunk.bodies, *trunk.geoms):
        out = np.zeros(3)
        mujoco.mju_rotVecQuat(out, np.array(thing.pos, float), half)
        thing.pos, thing.quat = out, half
    spec.compile()
    (tmp_path / "turned").mkdir()
    other = write_robot(tmp_path / "turned", xml=spec.to_xml(), toml=description(forward=f'"{axis}"'))
    second = walk(other, 5.0)
    assert second.measures["speed"] == pytest.approx(first.measures["speed"], rel=0.02)
    assert second.measures["trunk_pitch_mean"] == pytest.approx(first.measures["trunk_pitch_mean"], abs=0.01)


def test_names_count_and_order_doesn_t(tmp_path):
    a = write_robot(tmp_path)
    first = walk(a)
    xml = quadruped_xml()
    head, _, rest = xml.partition("<actuator>")
    drives = rest.partition("</actuator>")[0].replace("/>", "/>\n").strip().split("\n")
    turned = head + "<actuator>" + "".join(reversed(drives)) + "</actuator></mujoco>"
    (tmp_path / "other").mkdir()
    second = walk(write_robot(tmp_path / "other", xml=turned))
    assert second.score == pytest.approx(first.score, rel=1e-6)


def test_the_model_s_file_is_left_as_it_is_and_decides_the_version(tmp_path):
    path = write_robot(tmp_path)
    before = (tmp_path / "boxer.xml").read_bytes()
    one = Quadruped(robot=str(path)).version
    assert (tmp_path / "boxer.xml").read_bytes() == before
    (tmp_path / "boxer.xml").write_text(quadruped_xml(size=1.01))
    assert Quadruped(robot=str(path)).version != one
    assert Quadruped().version == "1"


@pytest.mark.parametrize(("change", "said"), [
    ({"toml": "name = "}, "no TOML"),
    ({"toml": description(trunk=None)}, "trunk is missing"),
    ({"toml": description(trunk='"torso"')}, "no body 'torso'"),
    ({"toml": description(model='"gone.xml"')}, "no model 'gone.xml'"),
    ({"toml": description(forward='"up"')}, "a trunk's forward axis is one of +x, -x"),
    ({"toml": description(command_interval=0.0031)}, "command_interval 0.0031 s is no multiple of 0.002 s"),
    ({"toml": description().replace("geom:FR", "geom:FRX")}, "no geom or site 'geom:FRX' for a foot"),
    ({"toml": description().replace('"FL_fold"]', '"FL_knee"]')}, "FL_knee"),
    ({"toml": description().replace("0.8, -1.6]", "0.8]", 1)}, "each leg has 3 joints and 3 numbers"),
    ({"toml": description().replace("legs.FL", "legs.X").replace("legs.FR", "legs.FL").replace("legs.X", "legs.FR")},
     "are not those of FL, FR, HL, HR"),
    ({"xml": quadruped_xml(motors=True)}, "is a torque motor: [servo] kp and kd are needed"),
    ({"xml": quadruped_xml().replace("<geom name=\"trunk\"", "<geom type=\"mesh\" mesh=\"shell\"/><geom name=\"trunk\"")
      .replace("<worldbody>", '<asset><mesh name="shell" file="shell.stl"/></asset><worldbody>')}, "shell.stl"),
    ({"xml": "<mujoco><worldbody></mujoco>"}, "boxer.xml"),
])  # fmt: skip
def test_what_is_wrong_with_a_robot_is_said(change, said, tmp_path):
    path = write_robot(tmp_path, **change)
    with pytest.raises(UsageError) as error:
        load_robot(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_robots_and_missing_files_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="unknown robot 'go1'"):
        find_robot("go1")
    with pytest.raises(UsageError, match=r"none\.toml: No such file"):
        find_robot(str(tmp_path / "none.toml"))
    monkeypatch.setenv("MENAGERIE_ROOT", str(tmp_path))
    with pytest.raises(UsageError, match="holds no unitree_go1"):
        find_robot("unitree_go1")


@pytest.mark.parametrize("name", [n for n in ROBOTS if n != "ers210"])
def test_shipped_descriptions_walk_and_mirror_themselves(name):
    try:
        robot = find_robot(name)
    except UsageError as error:
        pytest.skip(str(error))
    assert mujoco.mj_id2name(robot.model, mujoco.mjtObj.mjOBJ_GEOM, robot.floor) == "floor"
    assert robot.model.nlight == 1  # ours: all robots are seen alike
    trial = walk(name)
    assert trial.ending is Ending.COMPLETED
    assert trial.measures["speed"] >= 0.4
    assert trial.measures["drift_ratio"] <= 0.05
    assert trial.measures["out_of_reach"] == 0.0


def test_a_turn_is_followed_and_mirrors(tmp_path):
    path = write_robot(tmp_path)
    radii = []
    for turn in (0.8, -0.8):
        task = Quadruped(robot=str(path), noise="off", turn=turn, threads=1)
        r = task.record(Query(0, Constant(task.problem.space.default), 12.0), SEED)
        x, y = r.qpos[r.time > 3.0, :2].T
        (cx, cy, c), *_ = np.linalg.lstsq(np.column_stack([2 * x, 2 * y, np.ones_like(x)]), x**2 + y**2, rcond=None)
        radii.append(np.sqrt(c + cx**2 + cy**2))
        assert np.sign(cy) == np.sign(turn)
    assert radii == pytest.approx([1 / 0.8] * 2, rel=0.1)
    assert radii[0] == pytest.approx(radii[1], rel=0.02)
