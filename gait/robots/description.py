"""Robot: an MJCF and a short description that says which joints and feet are which leg, by name.

A description is a TOML file. Our own robot's model has its floor and sensors; those of other robots get them when they
are loaded (`gait.robots.prepare`), so that a description can be written for any quadruped: see CONTRIBUTING.md.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.controllers.chain import AnyLegs
from gait.controllers.controller import LEGS, Body
from gait.errors import UsageError
from gait.robots.geometry import canonical_legs, chains_of, forward_of
from gait.robots.prepare import FLOOR, compile_spec, prepare
from gait.robots.sources import find_model
from gait.robots.terrain import roughen

Ints = NDArray[np.int64]


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
    forward: float
    """Where the trunk's forward axis points, left of its x axis [rad]."""
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
    body: Body
    """What controllers know of it."""
    heading_hold: float
    """How strongly it is steered back to its path, where a task doesn't say: curvature per angle [1/m]."""
    controller: str
    """The one it is walked with where a task doesn't say."""
    digest: str
    """Of its description and model; empty for our own robot, whose versions are the task's."""

    @property
    def legs(self) -> AnyLegs:
        """Geometry of the legs."""
        return self.body.legs

    @property
    def foot_radius(self) -> float:
        """Radius of the foot balls [m]."""
        return self.body.radius


def load_robot(path: Path, own: bool = False, bumps: float = 0.0, ground: int = 0) -> Robot:
    """Read a description file and compile its model.

    Args:
      path: of the TOML file.
      own: the model has its floor and sensors.
      bumps: height of rough ground [m]; 0 is a plane.
      ground: its seed.

    Raises:
      UsageError: the file can't be read, a key is missing, a name is not in the model, or the model isn't there.
    """
    try:
        text = path.read_bytes()
        data = tomllib.loads(text.decode())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no TOML ({error}).") from None
    try:
        file = find_model(str(data["model"]), path)
        spec = mujoco.MjSpec.from_file(str(file)) if own else prepare(file, data)
        if bumps > 0.0:
            roughen(spec, data.get("contact", {}).get("floor", FLOOR), float(data["hip_height"]), bumps, ground)
        model = compile_spec(spec, file)
        digest = "" if own else hashlib.sha256(text + file.read_bytes()).hexdigest()[:12]
        return _resolve(data, model, own, digest)
    except KeyError as error:
        raise UsageError(f"{path.name}: {_missing(error)}") from None
    except (TypeError, ValueError) as error:
        raise UsageError(f"{path.name}: {error}") from None


def _missing(error: KeyError) -> str:
    """A key of the file or a name of the model, as a sentence."""
    said = str(error.args[0])
    return said if " " in said else f"{said} is missing."


def _resolve(data: Mapping[str, Any], model: mujoco.MjModel, own: bool, digest: str) -> Robot:
    legs = [data["legs"][name] for name in LEGS]
    joints = [[model.joint(j) for j in leg["joints"]] for leg in legs]
    contact = data.get("contact", {"trunk": "trunk_touch", "floor": "floor"})
    names = [{key: leg.get(key, f"{name}_{key}") for key in ("touch", "velocity", "spin")}
             for name, leg in zip(LEGS, legs, strict=True)]  # fmt: skip
    sensors = {key: [model.sensor(leg[key]).adr[0] for leg in names] for key in ("touch", "velocity", "spin")}
    actuators = [leg.get("actuators", leg["joints"]) for leg in legs]
    forward = forward_of(str(data.get("forward", "+x")))
    geometry = canonical_legs(model, legs, joints) if own else chains_of(model, data["trunk"], legs, joints, forward)
    if model.body(data["trunk"]).jntadr[0] != 0 or model.jnt_type[0] != mujoco.mjtJoint.mjJNT_FREE:
        raise UsageError(f"trunk {data['trunk']!r} must have the model's first joint, and that must be a free one.")
    radius = float(model.geom(legs[0]["foot"]).size[0]) if own else float(data["foot_radius"])
    height = float(data["hip_height"])
    return Robot(
        name=str(data["name"]),
        about=str(data["about"]),
        model=model,
        trunk=model.body(data["trunk"]).id,
        floor=model.geom(contact["floor"]).id,
        forward=forward,
        command_steps=_command_steps(float(data["command_interval"]), model.opt.timestep),
        qpos=np.array([[j.qposadr[0] for j in leg] for leg in joints]),
        qvel=np.array([[j.dofadr[0] for j in leg] for leg in joints]),
        actuators=np.array([[model.actuator(a).id for a in leg] for leg in actuators]),
        touch=np.array([*sensors["touch"], model.sensor(contact["trunk"]).adr[0]]),
        velocity=np.array(sensors["velocity"]),
        spin=np.array(sensors["spin"]),
        body=Body(geometry, radius, height, data.get("parameters", {}), original=own),
        heading_hold=float(data.get("heading_hold", 0.0)),
        controller=str(data.get("controller", "half-ellipse")),
        digest=digest,
    )


def _command_steps(interval: float, timestep: float) -> int:
    steps = interval / timestep
    if abs(steps - round(steps)) > 1e-6 or steps < 1:
        raise UsageError(f"command_interval {interval} s is no multiple of {timestep} s")
    return round(steps)
