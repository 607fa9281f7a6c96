"""Prepare: a floor, sensors, servos and our look for a robot's model made elsewhere, whose file isn't touched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from gait.controllers.controller import LEGS
from gait.errors import UsageError

FLOOR = "floor"
HIDDEN = 3
"""Geom groups from here on aren't drawn."""
SHELL = (0.35, 0.36, 0.4, 1.0)
SENSORS = ("touch", "velocity", "spin")


def prepare(path: Path, data: Mapping[str, Any]) -> Any:
    """The spec of the model with what a walker needs: see `gait.robots.description`.

    Raises:
      UsageError: the file is no MJCF, a mesh is missing, or a name isn't in it.
    """
    try:
        spec = mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise UsageError(f"{path.name}: {_first_line(error)}") from None
    trunk = _found(spec.body(str(data["trunk"])), "body", str(data["trunk"]))
    feet = [_foot(spec, str(data["legs"][name]["foot"])) for name in LEGS]
    _add_sensors(spec, trunk, feet, float(data["foot_radius"]))
    _add_floor(spec, feet[0][2])
    for name in LEGS:
        for actuator in data["legs"][name]["actuators"]:
            _set_servo(_found(spec.actuator(actuator), "actuator", actuator), data.get("servo", {}))
    _dress(spec, float(data["hip_height"]))
    return spec


def compile_spec(spec: Any, path: Path) -> mujoco.MjModel:
    """The compiled model.

    Raises:
      UsageError: MuJoCo refuses it, such as for a missing mesh.
    """
    try:
        model = spec.compile()
    except ValueError as error:
        raise UsageError(f"{path.name}: {_first_line(error)}") from None
    _show_hidden(model)
    return model


def _show_hidden(model: mujoco.MjModel) -> None:
    """Show the collision shapes of bodies that would else hardly be seen: some copies of models lack large meshes."""
    for body in range(1, model.nbody):
        geoms = np.flatnonzero(model.geom_bodyid == body)
        hidden = geoms[model.geom_group[geoms] >= HIDDEN]
        seen = np.setdiff1d(geoms, hidden)
        if len(hidden) and model.geom_rbound[seen].max(initial=0.0) < 0.3 * model.geom_rbound[hidden].max():
            model.geom_group[hidden] = 1
            model.geom_rgba[hidden] = SHELL


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n")[:2]).strip().rstrip(".") + "."


def _found(thing: Any, kind: str, name: str) -> Any:
    if thing is None:
        raise UsageError(f"the model has no {kind} {name!r}.")
    return thing


def _foot(spec: Any, name: str) -> tuple[Any, Any, Any]:
    """Body and place of a foot's centre in it, and the geom that touches the ground if it's named."""
    kind, _, rest = name.partition(":")
    if kind == "body":
        where, _, numbers = rest.partition("@")
        body, place = _found(spec.body(where), "body", where), [float(x) for x in numbers.split(",")]
        near = [g for g in body.geoms if np.linalg.norm(g.pos - place) < 1e-3 and (g.contype or g.conaffinity)]
        return body, place, near[0] if near else None
    for kinds, thing in ((("geom", name), spec.geom(rest or name)), (("site", name), spec.site(rest or name))):
        if thing is not None and (not rest or kind == kinds[0]):
            return thing.parent, list(thing.pos), thing if kinds[0] == "geom" else None
    raise UsageError(f"the model has no geom or site {name!r} for a foot.")


def _add_sensors(spec: Any, trunk: Any, feet: list[tuple[Any, Any, Any]], radius: float) -> None:
    """A site at each foot and around the trunk, with what feels the ground and how feet move over it."""
    site = mujoco.mjtObj.mjOBJ_SITE
    for name, (body, place, _) in zip(LEGS, feet, strict=True):
        if spec.site(f"{name}_foot") is None:
            body.add_site(name=f"{name}_foot", pos=place, size=[1.3 * radius] * 3, group=4)
        for key, kind in zip(SENSORS, ("TOUCH", "FRAMELINVEL", "FRAMEANGVEL"), strict=True):
            kinds = getattr(mujoco.mjtSensor, f"mjSENS_{kind}")
            if spec.sensor(f"{name}_{key}") is None:
                spec.add_sensor(name=f"{name}_{key}", type=kinds, objtype=site, objname=f"{name}_foot")
    box = mujoco.mjtGeom.mjGEOM_BOX
    if spec.sensor("trunk_touch") is not None:
        return
    trunk.add_site(name="trunk_touch", type=box, size=[2.0, 2.0, 2.0], group=4, rgba=[0, 0, 0, 0])
    spec.add_sensor(name="trunk_touch", type=mujoco.mjtSensor.mjSENS_TOUCH, objtype=site, objname="trunk_touch")


def _add_floor(spec: Any, foot: Any) -> None:
    """A plane that decides every contact with it, as the feet's own contact numbers say."""
    for geom in spec.worldbody.geoms:
        if geom.type == mujoco.mjtGeom.mjGEOM_PLANE:
            spec.delete(geom)
    floor = spec.worldbody.add_geom(name=FLOOR, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], group=0)
    floor.contype, floor.conaffinity, floor.priority, floor.condim = 1, 1, 9, 3
    if foot is not None:
        floor.friction, floor.condim = foot.friction, max(3, foot.condim)
        floor.solref, floor.solimp = foot.solref, foot.solimp


def _set_servo(actuator: Any, gains: Mapping[str, Any]) -> None:
    """Leave position servos as they are; make one of a torque motor, or where gains are given.

    Raises:
      UsageError: it is a motor, and there are no gains.
    """
    motor = actuator.biastype == mujoco.mjtBias.mjBIAS_NONE
    if motor and not {"kp", "kd"} <= set(gains):
        raise UsageError(f"actuator {actuator.name!r} is a torque motor: [servo] kp and kd are needed.")
    if not motor and "kp" not in gains:
        return
    if motor:  # what it could be told is what it can push
        gear = abs(float(actuator.gear[0])) or 1.0
        limited = actuator.ctrlrange[0] < actuator.ctrlrange[1]
        if limited:
            actuator.forcerange = gear * np.array(actuator.ctrlrange)
            actuator.forcelimited = True
        actuator.gear[0] = 1.0
    kp, kd = float(gains["kp"]), float(gains.get("kd", 0.0))
    actuator.gaintype, actuator.biastype = mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_AFFINE
    actuator.gainprm[:3] = kp, 0.0, 0.0
    actuator.biasprm[:3] = 0.0, -kp, -kd
    actuator.ctrllimited = False


def _dress(spec: Any, height: float) -> None:
    """Our sky, floor and light, so that all robots are seen alike."""
    builtin = mujoco.mjtBuiltin
    spec.add_texture(name="gait_sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=builtin.mjBUILTIN_GRADIENT,
                     rgb1=[0.87, 0.9, 0.93], rgb2=[0.6, 0.68, 0.76], width=64, height=384)  # fmt: skip
    spec.add_texture(name="gait_checker", type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=builtin.mjBUILTIN_CHECKER,
                     rgb1=[0.62, 0.66, 0.68], rgb2=[0.48, 0.53, 0.57], width=128, height=128,
                     mark=mujoco.mjtMark.mjMARK_EDGE, markrgb=[0.72, 0.75, 0.77])  # fmt: skip
    tiles = max(1.0, round(1.0 / height))
    material = spec.add_material(name="gait_floor", texrepeat=[tiles, tiles], texuniform=True)
    material.textures[int(mujoco.mjtTextureRole.mjTEXROLE_RGB)] = "gait_checker"
    spec.geom(FLOOR).material = "gait_floor"
    for other in list(spec.lights):
        spec.delete(other)
    light = spec.worldbody.add_light(name="gait_sun", pos=[-6 * height, -8 * height, 20 * height], dir=[0.3, 0.4, -1.0])
    light.type, light.mode = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM
    light.diffuse, light.specular = [0.55] * 3, [0.1] * 3
    head = spec.visual.headlight
    head.ambient, head.diffuse, head.specular = [0.45] * 3, [0.35] * 3, [0.0] * 3
    spec.visual.rgba.haze = [0.87, 0.9, 0.93, 1.0]
    spec.visual.quality.shadowsize = 2048
    spec.visual.map.zfar = 60.0
    spec.stat.center, spec.stat.extent = [0.0, 0.0, height], 5.0 * height
