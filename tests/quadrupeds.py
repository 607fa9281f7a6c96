"""Quadrupeds of known dimensions as MJCF: any names, order, forward axis, knees and drives."""

from __future__ import annotations

import math

from gait.robots.description import LEGS

SCHEMES = {
    "FL": dict(zip(LEGS, ("FL", "FR", "RL", "RR"), strict=True)),
    "LF": dict(zip(LEGS, ("LF", "RF", "LH", "RH"), strict=True)),
    "words": dict(zip(LEGS, ("front_left", "front_right", "rear_left", "rear_right"), strict=True)),
    "letters": dict(zip(LEGS, ("l_f", "r_f", "l_h", "r_h"), strict=True)),
    "camel": dict(zip(LEGS, ("LeftFront", "RightFront", "LeftHind", "RightHind"), strict=True)),
}
NUMBERS = dict(zip(LEGS, ("one", "two", "three", "four"), strict=True))
YAWS = {"+x": 0, "+y": 90, "-x": 180, "-y": 270}
POSITION = '<position name="{name}" joint="{joint}" kp="60" kv="2" forcerange="-40 40"/>'
MOTOR = '<motor name="{name}" joint="{joint}" ctrlrange="-40 40"/>'


def leg(name, at, *, side=1, upper=0.2, lower=0.22, offset=0.06, radius=0.02, knee="-2.7 -0.3", foot=True):
    """A leg of hip, thigh and calf that hangs straight down at zero."""
    return f"""
    <body name="{name}_hip" pos="{at[0]} {at[1]} 0">
      <joint name="{name}_hip_joint" axis="1 0 0" range="-0.8 0.8"/>
      <geom type="sphere" size="0.03" mass="0.4" contype="0" conaffinity="0"/>
      <body name="{name}_thigh" pos="0 {side * offset} 0">
        <joint name="{name}_thigh_joint" axis="0 1 0" range="-3 3"/>
        <geom type="capsule" size="0.015" fromto="0 0 0 0 0 -{upper}" mass="0.4" contype="0" conaffinity="0"/>
        <body name="{name}_calf" pos="0 0 -{upper}">
          <joint name="{name}_calf_joint" axis="0 1 0" range="{knee}"/>
          <geom type="capsule" size="0.01" fromto="0 0 0 0 0 -{lower}" mass="0.1"/>
          <geom {f'name="{name}_foot"' if foot else ""} type="sphere" size="{radius}" pos="0 0 -{lower}" mass="0.05"/>
        </body>
      </body>
    </body>"""


def robot(*, names=SCHEMES["FL"], order=LEGS, forward="+x", yaw=0, drive=POSITION, wires=None, a=0.2, b=0.1, mass=8,
          extra="", more="", free="<freejoint/>", legs=None, mirror=False, wide=0.0, **each):  # fmt: skip
    """A quadruped; `wide` makes left hips wider apart, `mirror` is its image in a mirror that left and right swap."""
    body = ""
    for key in order:
        s = 1 if key[1] == "L" else -1
        out = b + (wide if (key[1] == "L") != mirror else 0)
        body += leg(names[key], (a if key[0] == "F" else -a, s * out), side=s, **{**each, **(legs or {}).get(key, {})})
    joints = [f"{names[k]}_{part}" for k in order for part in ("hip", "thigh", "calf")]
    drives = "".join(drive.format(name=n, joint=f"{j}_joint") for n, j in zip(wires or joints, joints, strict=True))
    return f"""<mujoco model="made">
    <compiler angle="radian" autolimits="true"/>
    <default><joint armature="0.01" damping="0.2"/></default>
    <worldbody><body name="trunk" pos="0 0 0.5" euler="0 0 {math.radians(yaw)}">{free}
      <geom type="box" size="0.2 0.1 0.05" mass="{mass}"/>
      <frame euler="0 0 {math.radians(YAWS[forward])}">{body}{extra}</frame></body></worldbody>
    <actuator>{drives}</actuator>{more}</mujoco>"""


def key(qpos, name="home"):
    return f'<keyframe><key name="{name}" qpos="{" ".join(map(str, qpos))}"/></keyframe>'
