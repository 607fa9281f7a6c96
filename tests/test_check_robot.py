"""`gait check-robot`: the legs of an unknown quadruped are found, whatever they are called and in any order."""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from pathlib import Path

import mujoco
import numpy as np
import pytest
from quadrupeds import MOTOR, NUMBERS, POSITION, SCHEMES, YAWS, key, leg, robot

from gait.cli import main
from gait.errors import UsageError
from gait.robots.check import check_robot
from gait.robots.description import LEGS
from gait.robots.drives import kind
from gait.robots.home import kinematics
from gait.robots.sides import letters
from gait.simulate import hold


@pytest.fixture
def check(tmp_path):
    """Check the robot of an XML text."""

    def call(xml, name="made.xml"):
        (tmp_path / name).write_text(xml)
        return check_robot(tmp_path / name)

    return call


def first_joints(check):
    return {name: found["joints"][0] for name, found in check.description["legs"].items()}


# which leg is which


@pytest.mark.parametrize("forward", YAWS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_names_and_axes_do_not_change_the_legs(check, scheme, forward):
    names = SCHEMES[scheme]
    found = check(robot(names=names, forward=forward))
    assert found.description["forward"] == forward
    assert first_joints(found) == {k: f"{names[k]}_hip_joint" for k in LEGS}
    assert found.ok, found.verdict
    assert not found.doubts


@pytest.mark.parametrize("yaw", [90, 180])
def test_a_turned_trunk_is_the_same_robot(check, yaw):
    assert check(robot(yaw=yaw)).description == check(robot()).description


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_legs_does_not_matter(check, seed):
    order = [str(k) for k in np.random.default_rng(seed).permutation(LEGS)]
    assert check(robot(order=order)).description == check(robot()).description


def test_a_mirrored_robot_has_mirrored_legs(check):
    one, other = check(robot(wide=0.05)), check(robot(wide=0.05, mirror=True))
    assert {**one.description, "legs": 0} == {**other.description, "legs": 0}
    for k in LEGS:
        assert first_joints(one)[k] == f"{SCHEMES['FL'][k]}_hip_joint"
        assert one.description["legs"][k] == other.description["legs"][k]


def test_the_trunks_origin_may_be_anywhere(check):
    moved = robot().replace("<frame", '<frame pos="0.3 -0.15 0"')
    assert check(moved).description["legs"] == check(robot()).description["legs"]


def test_actuators_are_mapped_by_what_they_drive_not_by_name(check):
    wires = [f"wire{i}" for i in np.random.default_rng(0).permutation(12)]
    found = check(robot(wires=wires)).description["legs"]
    assert [a for k in LEGS for a in found[k]["actuators"]] == wires


def test_the_head_tells_forward_where_no_names_do(check):
    head = '<geom name="head" type="sphere" size="0.05" pos="0.25 0 0.1" mass="0.1" contype="0" conaffinity="0"/>'
    found = check(robot(names=NUMBERS, forward="-x", extra=head))
    assert found.description["forward"] == "-x"
    assert first_joints(found) == {k: f"{NUMBERS[k]}_hip_joint" for k in LEGS}
    assert not found.doubts


def test_what_nothing_tells_is_said(check):
    found = check(robot(names=NUMBERS))
    assert found.description["forward"] == "+x"
    assert any("may be the other way" in d for d in found.doubts)


def test_left_names_on_the_right_are_doubted(check):
    swapped = {k: SCHEMES["FL"][k[0] + ("R" if k[1] == "L" else "L")] for k in LEGS}
    found = check(robot(names=swapped))
    assert first_joints(found)["FL"] == "FR_hip_joint"
    assert any("on the right side of forward" in d for d in found.doubts)


def test_names_of_legs():
    said = {"RL_hip_joint": "HL", "rf_knee": "FR", "rr": "HR", "LH_HAA": "HL", "FrontRightHip": "FR", "b_l_2": "HL",
            "left_leg": "L", "hind": "H", "calf": "", "shin_r": ""}  # fmt: skip
    assert {name: letters([name]) for name in said} == said


# dimensions


@pytest.mark.parametrize("seed", range(4))
def test_dimensions_come_back(check, seed):
    rng = np.random.default_rng(seed)
    upper, lower, radius = rng.uniform(0.15, 0.3), rng.uniform(0.15, 0.3), rng.uniform(0.015, 0.03)
    found = check(robot(upper=upper, lower=lower, radius=radius, offset=rng.uniform(0.02, 0.1)))
    d = found.description
    depth = 0.775 * (upper + lower)
    assert d["hip_height"] == pytest.approx(depth + radius, abs=2e-4)
    assert d["foot_radius"] == pytest.approx(radius, abs=1e-5)
    bend = math.acos((depth**2 - upper**2 - lower**2) / (2 * upper * lower))
    for each in d["legs"].values():
        assert each["home"][2] == pytest.approx(-bend, abs=1e-3)
        hip, knee = each["home"][1:]
        assert upper * math.sin(hip) + lower * math.sin(hip + knee) == pytest.approx(0, abs=1e-3)  # under the hip


@pytest.mark.parametrize(
    ("knee", "sign"),
    [
        ("-2.7 -0.3", "backward"),
        ("0.3 2.7", "forward"),
        ("-3 1.5", "backward"),
        ("-1.5 3", "forward"),
    ],
)
def test_knees_bend_where_their_range_is(check, knee, sign):
    found = check(robot(knee=knee))
    assert all(
        np.sign(each["home"][2]) == (1 if sign == "forward" else -1) for each in found.description["legs"].values()
    )
    assert f"FL {sign}, FR {sign}, HL {sign}, HR {sign}" in "".join(found.told)
    assert found.ok, found.verdict


def test_home_is_within_the_joints_ranges(check):
    found = check(robot(knee="-1.2 0.9"))
    assert all(-1.2 <= each["home"][2] < 0 for each in found.description["legs"].values())


def test_free_knees_point_to_the_middle_unless_a_pose_tells(check):
    assert "FL backward, FR backward, HL forward, HR forward" in "".join(check(robot(knee="-3 3")).told)
    lying = [0, 0, 0.1, 1, 0, 0, 0, *4 * [0, -1.4, 2.9]]
    assert "FL forward, FR forward, HL forward, HR forward" in "".join(check(robot(knee="-3 3", more=key(lying))).told)


def test_a_foot_is_named_or_is_a_point_of_its_body(check):
    assert check(robot()).description["legs"]["HL"]["foot"] == "RL_foot"
    assert check(robot(foot=False)).description["legs"]["HL"]["foot"] == "body:RL_calf@0,0,-0.22"
    both = robot().replace("</body>\n      </body>\n    </body>", '<site name="FL_foot"/></body></body></body>', 1)
    assert check(both).description["legs"]["FL"]["foot"] == "geom:FL_foot"


def test_a_keyframe_is_home_if_it_stands(check):
    standing = [0, 0, 0.36, 1, 0, 0, 0, *4 * [0.1, 0.7, -1.3]]
    assert check(robot(more=key(standing, "any"))).description["legs"]["HR"]["home"] == [0.1, 0.7, -1.3]
    for wrong, why in (([0, 1.4, -2.69], "of the legs' reach"), ([0.9, 0.7, -1.3], "outside [-0.8, 0.8] rad")):
        found = check(robot(more=key([*standing[:7], *4 * wrong])))
        assert found.description["legs"]["HR"]["home"] != wrong
        assert any(t.startswith("home: not the keyframe 'home'") and why in t for t in found.told)


# actuators


def test_only_motors_get_a_servo(check):
    assert "servo" not in check(robot()).description
    light, heavy = (check(robot(drive=MOTOR, mass=m)) for m in (8, 16 + 4 * 0.95))
    assert light.ok, light.verdict
    assert 0 < light.stand.sag < 0.05
    assert heavy.description["servo"]["kp"] == pytest.approx(2 * light.description["servo"]["kp"], rel=0.02)


def test_kinds_are_read_from_gain_and_bias():
    kinds = {"position": 'position kp="9"', "motor": "motor", "velocity": "velocity", "other": 'cylinder area="1"',
             "turned": 'intvelocity kp="9" actrange="-1 1"'}  # fmt: skip
    words = "".join(f'<{word} joint="j"/>' for word in kinds.values())
    model = mujoco.MjModel.from_xml_string(
        f'<mujoco><worldbody><body><joint name="j"/><geom size="1"/></body></worldbody>'
        f"<actuator>{words}</actuator></mujoco>"
    )
    assert [kind(model, a) for a in range(5)] == [*list(kinds)[:4], "other"]


def test_motors_without_limits_are_doubted(check):
    found = check(robot(drive='<motor name="{name}" joint="{joint}"/>'))
    assert any("no torque limit" in d for d in found.doubts)
    assert found.ok, found.verdict


def test_what_a_servo_cannot_be_told_and_closed_loops_are_doubted(check):
    found = check(robot(drive=POSITION.replace("kp", 'ctrlrange="-0.5 0.5" kp')))
    assert any(d.startswith("Servo RL_thigh can be commanded to [-0.5, 0.5] rad only") for d in found.doubts)
    loop = '<equality><connect body1="FL_calf" body2="FL_thigh" anchor="0 0 0"/></equality>'
    assert any("equality constraints" in d for d in check(robot(more=loop)).doubts)
    assert not check(robot()).doubts


def test_a_robot_too_heavy_for_its_motors_does_not_stand(check):
    found = check(robot(drive=MOTOR.replace("40", "2")))
    assert "it doesn't stand" in found.verdict
    assert any("too heavy for FL_" in d for d in found.doubts)


def test_places_that_feet_cannot_reach_are_told(check):
    found = check(robot(legs={"HL": {"knee": "-1.6 -1.3"}}))
    assert re.search(r"feet miss places near home by up to \d+ mm \(HL\)", found.verdict)
    assert not found.ok


def test_commands_are_a_multiple_of_the_timestep(check):
    for timestep, interval in ((0.002, 0.01), (0.003, 0.009), (0.02, 0.02)):
        xml = robot().replace("<default>", f'<option timestep="{timestep}"/><default>', 1)
        assert check(xml).description["command_interval"] == pytest.approx(interval)


# other parts


def test_an_arm_is_no_leg(check):
    arm = leg("arm", (0.15, 0)).replace('<body name="arm_hip" pos="0.15 0 0"', '<body name="arm_hip" pos="0.15 0 0.4"')
    wires = "".join(POSITION.format(name=f"arm_{p}", joint=f"arm_{p}_joint") for p in ("hip", "thigh", "calf"))
    found = check(robot(extra=arm).replace("<actuator>", f"<actuator>{wires}"))
    assert first_joints(found) == first_joints(check(robot()))
    assert any("arm_hip end higher" in t for t in found.told)


def test_a_robot_fixed_to_the_world_is_checked_as_if_free(check):
    home = [0, 0.7, -1.3] * 4
    found = check(robot(free="", more=key(home)))
    assert found.description == {**check(robot(more=key([0, 0, 0.36, 1, 0, 0, 0, *home]))).description}
    assert found.stand.stood
    assert not found.ok
    assert any("put <freejoint/> into body 'trunk'" in d for d in found.doubts)


def without(*keys):
    return tuple(k for k in LEGS if k not in keys)


def branched():
    feet = "".join(
        f'<body name="toe{i}" pos="0 {i} -0.3"><joint name="t{i}"/><joint name="u{i}" axis="0 1 0"/>'
        f'<geom type="sphere" size="0.02"/></body>' for i in range(4)
    )  # fmt: skip
    wires = "".join(f'<motor joint="{j}{i}"/>' for i in range(4) for j in "tu")
    stem = f'<body name="stem"><joint name="s"/><geom size="0.1"/>{feet}</body>'
    return (f'<mujoco><worldbody><body name="trunk"><freejoint/><geom size="0.1"/>{stem}</body></worldbody>'
            f'<actuator>{wires}<motor joint="s"/></actuator></mujoco>')  # fmt: skip


BAD = {
    "biped": (robot(order=("FL", "FR")), "2 legs end on the ground (FL_calf, FR_calf); a quadruped has 4."),
    "five legs": (
        robot(extra=leg("mid", (0, 0.2))).replace(
            "<actuator>", "<actuator>" + "".join(MOTOR.format(name=f"m{p}", joint=f"mid_{p}_joint")
                                                 for p in ("hip", "thigh", "calf"))),
        "5 legs end on the ground (FL_calf, FR_calf, RL_calf, RR_calf, mid_calf)",
    ),
    "four feet on one leg": (
        branched(), "1 leg ends on the ground (toe3); a quadruped has 4. stem splits into 4 chains",
    ),
    "a joint is missing": (
        robot().replace('<joint name="RR_thigh_joint" axis="0 1 0" range="-3 3"/>', "")
        .replace(POSITION.format(name="RR_thigh", joint="RR_thigh_joint"), ""),
        "the leg to RR_calf has 2 hinge joints (RR_hip_joint, RR_calf_joint); 3 with actuators are needed.",
    ),
    "an actuator is missing": (
        robot().replace(POSITION.format(name="RR_calf", joint="RR_calf_joint"), ""),
        "the leg to RR_calf has 3 hinge joints (RR_hip_joint, RR_thigh_joint, RR_calf_joint); no actuator drives "
        "RR_calf_joint; 3 with actuators are needed.",
    ),
    "no actuators": (
        re.sub("<actuator>.*</actuator>", "", robot()), "needs 12 actuators at hinge joints, and there are none",
    ),
    "a slide": (
        robot().replace('"FL_calf_joint" axis', '"FL_calf_joint" type="slide" axis'),
        "the leg to FL_calf has joints that are no hinges: FL_calf_joint (slide).",
    ),
    "a slider for a base": (
        robot(free='<joint name="rail" type="slide" axis="1 0 0"/>'),
        "'trunk' has no free joint; it moves on rail (slide)",
    ),
    "velocity servos": (
        robot(drive='<velocity name="{name}" joint="{joint}" kv="1"/>'),
        "are to be position servos or torque motors; these are not: FL_hip, FL_thigh",
    ),
    "mixed drives": (
        robot().replace(
            POSITION.format(name="FL_hip", joint="FL_hip_joint"), MOTOR.format(name="FL_hip", joint="FL_hip_joint")
        ),
        "torque motors (FL_hip) and the others are position servos",
    ),
    "nameless actuator": (
        robot().replace('name="FL_thigh" joint', "joint"), "actuator of joint FL_thigh_joint has no name",
    ),
    "upside down": (
        robot().replace('euler="0 0 0.0"', 'euler="3.14 0 0"'), "z axis of the trunk's frame must point up",
    ),
    "missing mesh": (
        robot().replace("<worldbody>", '<asset><mesh name="m" file="lost.stl"/></asset><worldbody>'), "lost.stl",
    ),
    "torn": ("<mujoco><worldbody>", "MuJoCo can't compile it"),
    "empty": ("", "MuJoCo can't compile it"),
    "no knee can bend": (robot(knee="-0.01 0.01"), "Give the model a keyframe named 'home'."),
    "no second joint across": (
        robot().replace('axis="0 1 0" range="-3 3"', 'axis="0 0 1" range="-3 3"'),
        "two of its joints should turn about",
    ),
    "no thigh": (robot(upper=1e-6), "the leg is 1e-06 m long above it and 0.22 m below it."),
    "hips in a row": (robot(b=0, offset=0), "the hips are not at four corners of the trunk"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_quadruped_is_refused_by_what_is_missing(tmp_path, capsys, name):
    xml, why = BAD[name]
    (tmp_path / "bad.xml").write_text(xml)
    with pytest.raises(SystemExit) as stop:
        main(["check-robot", str(tmp_path / "bad.xml")])
    said = capsys.readouterr()
    assert (stop.value.code, said.out) == (2, "")
    assert said.err.startswith("gait: bad.xml: ")
    assert said.err.count("\n") == 1
    assert why in said.err


# what is printed


def test_the_toml_is_the_description(check):
    names = {**SCHEMES["FL"], "FL": 'FL&quot;\\&#9;# "'.replace('"', "&quot;")}
    found = check(robot(names=names, drive=MOTOR))
    assert tomllib.loads(found.toml()) == found.description
    assert json.loads(json.dumps(found.data(), allow_nan=False))["description"] == found.description
    assert found.toml().startswith("# made.xml: ok: ")


def test_the_command_writes_once(tmp_path, capsys):
    (tmp_path / "made.xml").write_text(robot())
    codes = []
    for words in ([], ["--json"], ["--out", str(tmp_path / "made.toml")], ["--out", str(tmp_path / "made.toml")]):
        with pytest.raises(SystemExit) as stop:
            main(["check-robot", str(tmp_path / "made.xml"), *words])
        codes.append((stop.value.code, capsys.readouterr()))
    assert [code for code, _ in codes] == [0, 0, 0, 2]
    written = tomllib.loads((tmp_path / "made.toml").read_text())
    assert written["model"] == "made.xml"
    printed, shown = tomllib.loads(codes[0][1].out), json.loads(codes[1][1].out)
    assert shown["ok"]
    assert {**printed, "model": ""} == {**written, "model": ""} == {**shown["description"], "model": ""}
    assert codes[3][1].err == f"gait: {tmp_path / 'made.toml'} is there already: name another file, or remove it.\n"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        check_robot(tmp_path / "none.xml")


def test_a_world_that_blows_up_ends_in_nan():
    model = mujoco.MjModel.from_xml_string(
        '<mujoco><worldbody><body><joint name="j"/><geom size="0.1"/></body></worldbody>'
        '<actuator><motor joint="j"/></actuator></mujoco>'
    )

    def push(data):
        data.qvel[0] = 1e12 if data.time > 0.01 else 0.0

    path = hold(model, np.zeros(1), 0.1, push)
    assert len(path) == 51
    assert np.isfinite(path[:5]).all()
    assert np.isnan(path[-1]).all()


# real robots

MENAGERIE = Path(os.environ.get("MENAGERIE_ROOT") or Path(__file__).parents[2] / "shared/data/menagerie")
REAL = {
    "unitree_go1/go1.xml": ("FL", {"FL": [0, 0.9, -1.8], "HR": [0, 0.9, -1.8]}),
    "anybotics_anymal_c/anymal_c.xml": ("LF", {"FL": [0, 0.74, -1.1], "HR": [0, -0.74, 1.1]}),
    "anybotics_anymal_c/anymal_c_mjx.xml": ("LF", {}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_robots_are_found_and_stand(name):
    if not (MENAGERIE / name).is_file():
        pytest.skip(f"no {MENAGERIE / name}")
    found = check_robot(MENAGERIE / name)
    scheme, homes = REAL[name]
    assert found.ok, found.verdict
    assert {k: j.split("_")[0] for k, j in first_joints(found).items()} == SCHEMES[scheme]
    for k, home in homes.items():
        assert found.description["legs"][k]["home"] == pytest.approx(home, abs=0.01)


def test_our_own_robot_is_found_as_described():
    models = Path(__file__).parents[1] / "models/quadruped"
    found, described = check_robot(models / "ers210.xml"), tomllib.loads((models / "ers210.toml").read_text())
    assert found.ok, found.verdict
    for k in LEGS:
        assert found.description["legs"][k]["joints"] == described["legs"][k]["joints"]


def test_feet_at_home_are_under_the_hips(check, tmp_path):
    found = check(robot()).description
    model = mujoco.MjModel.from_xml_path(str(tmp_path / "made.xml"))
    qpos = np.array(model.qpos0)
    for each in found["legs"].values():
        for joint, q in zip(each["joints"], each["home"], strict=True):
            qpos[model.joint(joint).qposadr[0]] = q
    data = kinematics(model, qpos)
    for each in found["legs"].values():
        foot, hip = data.geom(each["foot"]).xpos, data.joint(each["joints"][1]).xanchor
        assert foot[:2] == pytest.approx(hip[:2], abs=1e-3)
        assert hip[2] - foot[2] + found["foot_radius"] == pytest.approx(found["hip_height"], abs=1e-3)
