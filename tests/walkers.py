"""Quadrupeds of boxes and balls, made for tests: any size, either knee direction, servos or motors; no download."""

from __future__ import annotations

LEGS = {"FL": (1, 1), "FR": (1, -1), "HL": (-1, 1), "HR": (-1, -1)}


def quadruped_xml(size=1.0, bend=-1.0, motors=False, axis="0 1 0", first="1 0 0") -> str:
    """A robot with abduction, hip and knee; `bend` −1 folds knees back, `axis` and `first` turn its joints' axes."""
    s = size
    legs, drives = "", ""
    for name, (x, y) in LEGS.items():
        legs += f"""
        <body name="{name}_hip" pos="{0.2 * s * x} {0.05 * s * y} 0">
          <joint name="{name}_abduct" axis="{first}" range="-0.9 0.9"/>
          <geom type="sphere" size="{0.03 * s}" mass="{0.5 * s**3}" contype="0" conaffinity="0"/>
          <body name="{name}_thigh" pos="0 {0.08 * s * y} 0">
            <joint name="{name}_swing" axis="{axis}" range="-2 3"/>
            <geom type="capsule" fromto="0 0 0 0 0 {-0.2 * s}" size="{0.015 * s}" mass="{0.5 * s**3}" contype="0"
                  conaffinity="0"/>
            <body name="{name}_shank" pos="0 0 {-0.2 * s}">
              <joint name="{name}_fold" axis="{axis}" range="{"-2.6 -0.5" if bend < 0 else "0.5 2.6"}"/>
              <geom type="capsule" fromto="0 0 0 0 0 {-0.2 * s}" size="{0.01 * s}" mass="{0.2 * s**3}" contype="0"
                    conaffinity="0"/>
              <geom name="{name}" type="sphere" pos="0 0 {-0.2 * s}" size="{0.02 * s}" mass="{0.05 * s**3}"/>
            </body>
          </body>
        </body>"""
        for joint in ("abduct", "swing", "fold"):
            most = 40 * s**4
            drives += (
                f'<motor name="{name}_{joint}" joint="{name}_{joint}" ctrlrange="{-most} {most}"/>'
                if motors
                else f'<position name="{name}_{joint}" joint="{name}_{joint}" kp="{150 * s**4}" '
                f'forcerange="{-most} {most}"/>'
            )
    return f"""
    <mujoco><compiler angle="radian" autolimits="true"/><option timestep="0.002" integrator="implicitfast"/>
      <default><joint damping="{2.5 * s**4.5}" armature="{0.01 * s**5}"/></default>
      <worldbody><body name="base" pos="0 0 {0.4 * s}"><freejoint/>
        <geom name="trunk" type="box" size="{0.22 * s} {0.08 * s} {0.05 * s}" mass="{6 * s**3}"/>{legs}
      </body></worldbody><actuator>{drives}</actuator></mujoco>"""


def description(size=1.0, bend=-1.0, motors=False, **changes) -> str:
    """Its description; `changes` replace top-level lines."""
    home = [0.0, 0.8, -1.6] if bend < 0 else [0.0, -0.8, 1.6]
    top = {
        "name": '"boxer"', "about": '"a box on legs"', "model": '"boxer.xml"', "trunk": '"base"', "forward": '"+x"',
        "command_interval": 0.01, "hip_height": 0.3 * size, "foot_radius": 0.02 * size, "heading_hold": 1.0 / size,
        "controller": '"bezier"', **changes,
    }  # fmt: skip
    lines = [f"{k} = {v}" for k, v in top.items() if v is not None]
    if motors:
        lines += ["[servo]", f"kp = {120 * size**4}", f"kd = {3 * size**4.5}"]
    for name in LEGS:
        joints = [f'"{name}_{j}"' for j in ("abduct", "swing", "fold")]
        lines += [f"[legs.{name}]", f"joints = [{', '.join(joints)}]", f"actuators = [{', '.join(joints)}]",
                  f'foot = "geom:{name}"', f"home = {home}"]  # fmt: skip
    return "\n".join(lines)


def write_robot(folder, xml=None, toml=None, **how):
    """Both files in a folder; the description's path."""
    (folder / "boxer.xml").write_text(xml or quadruped_xml(**how))
    path = folder / "boxer.toml"
    shared = {k: v for k, v in how.items() if k in ("size", "bend", "motors")}
    path.write_text(toml or description(**shared))
    return path
