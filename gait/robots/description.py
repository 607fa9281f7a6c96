"""Robot: an MJCF and a short description that says which joints and feet are which leg, by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.controllers.ik import Legs
from gait.errors import UsageError
from gait.models import model_path

Ints = NDArray[np.int64]
LEGS = ("FL", "FR", "HL", "HR")


@dataclass(frozen=True)
class Robot:
    """A quadruped's model, and where its parts are in MuJoCo's arrays; everything found by name."""

    name: str
    about: str
    model: mujoco.MjModel
    trunk: int
    """Body id of the trunk."""
    floor: int
    """Geom id of the floor."""
    command_steps: int
    """Physics steps between two commands."""
    qpos: Ints
    """(4, 3) addresses of the joints in qpos, legs FL FR HL HR, from the trunk outward."""
    qvel: Ints
    """(4, 3) addresses of the joints in qvel."""
    actuators: Ints
    """(4, 3) actuator ids."""
    touch: Ints
    """(5,) addresses of touch sensors: four feet, trunk."""
    velocity: Ints
    """(4,) addresses of the feet's velocity sensors."""
    spin: Ints
    """(4,) addresses of the feet's angular velocity sensors."""
    foot_radius: float
    """Radius of the foot balls [m]."""
    legs: Legs


def load_robot(path: Path) -> Robot:
    """Read a description file and compile its model.

    Raises:
      UsageError: a key is missing, a name is not in the model, or a leg is not rotator, elevator, knee.
    """
    with path.open("rb") as file:
        data = tomllib.load(file)
    try:
        model = mujoco.MjModel.from_xml_path(str(model_path(data["model"])))
        return _resolve(data, model)
    except KeyError as error:
        raise UsageError(f"{path.name}: {error.args[0]!s}") from None


def _resolve(data: dict[str, Any], model: mujoco.MjModel) -> Robot:
    legs = [data["legs"][name] for name in LEGS]
    joints = [[model.joint(j) for j in leg["joints"]] for leg in legs]
    sensors = {key: [model.sensor(leg[key]).adr[0] for leg in legs] for key in ("touch", "velocity", "spin")}
    steps = data["command_interval"] / model.opt.timestep
    if abs(steps - round(steps)) > 1e-6 or steps < 1:
        raise UsageError(f"command_interval {data['command_interval']} s is no multiple of {model.opt.timestep} s")
    return Robot(
        name=data["name"],
        about=data["about"],
        model=model,
        trunk=model.body(data["trunk"]).id,
        floor=model.geom(data["contact"]["floor"]).id,
        command_steps=round(steps),
        qpos=np.array([[j.qposadr[0] for j in leg] for leg in joints]),
        qvel=np.array([[j.dofadr[0] for j in leg] for leg in joints]),
        actuators=np.array([[model.actuator(j.name).id for j in leg] for leg in joints]),
        touch=np.array([*sensors["touch"], model.sensor(data["contact"]["trunk"]).adr[0]]),
        velocity=np.array(sensors["velocity"]),
        spin=np.array(sensors["spin"]),
        foot_radius=float(model.geom(legs[0]["foot"]).size[0]),
        legs=_geometry(model, legs, joints),
    )


def _geometry(model: mujoco.MjModel, legs: list[dict[str, Any]], joints: list[list[Any]]) -> Legs:
    """Segment vectors from the model itself, mirrored into the canonical frame (see controllers/ik)."""
    rotator, knee = ([model.body(model.joint(leg[k].name).bodyid[0]) for leg in joints] for k in (0, 2))
    hip = np.array([body.pos for body in rotator])
    fore, side = np.sign(hip[:, 0]), np.sign(hip[:, 1])
    mirror = np.stack([fore, side, np.ones(4)], axis=1)
    upper = np.array([body.pos for body in knee]) * mirror
    lower = np.array([model.site(leg["foot"]).pos for leg in legs]) * mirror
    for name, leg, f, s in zip(LEGS, joints, fore, side, strict=True):
        for joint, axis in zip(leg, ([0, -f, 0], [s, 0, 0], [0, -f, 0]), strict=True):
            if not np.allclose(joint.axis, axis):
                raise UsageError(f"leg {name}: joint {joint.name} turns about {joint.axis}, not about {axis}")
    limits = np.array([[j.range for j in leg] for leg in joints])
    arrays = (hip, fore, side, upper, lower[:, [0, 2]], limits[..., 0], limits[..., 1])
    return Legs(*(np.ascontiguousarray(a) for a in arrays))
