"""A stranger's MJCF: read it with errors that are sentences, put a floor under it, and ask where its parts are."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError

Array = NDArray[np.float64]
EVERY_BIT = 2**31 - 1
BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


@dataclass
class Notes:
    """What was found out about a robot, in sentences."""

    told: list[str] = field(default_factory=list)
    """What was inferred, and how."""
    doubts: list[str] = field(default_factory=list)
    """What could not be inferred, or does not fit together."""


def read_spec(path: Path, notes: Notes) -> tuple[Any, mujoco.MjModel]:
    """An MJCF as MjSpec and compiled, with a plane under it if the world has none.

    Raises:
      UsageError: there is no such file, it is no MJCF, or something it names (a mesh) is missing.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    try:
        spec = mujoco.MjSpec.from_file(str(path))
        if not any(g.type == mujoco.mjtGeom.mjGEOM_PLANE for g in spec.worldbody.geoms):
            # every bit: whatever a geom of the robot collides with, it collides with this
            spec.worldbody.add_geom(
                type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], contype=EVERY_BIT, conaffinity=EVERY_BIT
            )
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            model = spec.compile()
        notes.doubts.extend(f"MuJoCo warns: {one_line(str(w.message))}" for w in warned)
        return spec, model
    except (ValueError, RuntimeError, UnicodeError, mujoco.FatalError) as error:
        raise UsageError(f"{path.name}: MuJoCo can't compile it: {one_line(str(error))}") from None


def set_free(spec: Any, trunk: str, file: str) -> mujoco.MjModel:
    """Compile again with a free joint on a body that was fixed to the world; keyframes get its pose in front."""
    body = spec.body(trunk)
    pose = [*body.pos, *body.quat]
    first = spec.bodies[1].name == trunk
    try:
        for key in list(spec.keys):
            if first and len(key.qpos):
                key.qpos, key.qvel = [*pose, *key.qpos], []
            else:  # its place in qpos isn't known before compiling
                spec.delete(key)
        body.add_freejoint()
        return spec.compile()
    except (ValueError, RuntimeError, mujoco.FatalError) as error:
        raise UsageError(f"{file}: body {trunk!r} can't be given a free joint: {one_line(str(error))}") from None


def one_line(text: str) -> str:
    """Text of others without line breaks and control characters, to be put into a sentence or a comment."""
    flat = " ".join(text.split())
    return "".join(c if c.isprintable() else "?" for c in flat)


def name_of(model: mujoco.MjModel, kind: str, i: int) -> str:
    """The name of body, joint, geom, site or actuator i; where it has none, `kind i`."""
    return getattr(model, kind)(i).name or f"{kind} {i}"


def names_of(model: mujoco.MjModel, kind: str, ids: Iterable[int]) -> str:
    """Their names, with commas between."""
    return one_line(", ".join(name_of(model, kind, i) for i in ids))


def path_to(model: mujoco.MjModel, body: int, top: int) -> list[int]:
    """Bodies from below `top` down to `body`; empty if `body` isn't below it."""
    found = []
    while body not in (top, 0):
        found.append(body)
        body = int(model.body_parentid[body])
    return found[::-1] if body == top else []


def below(model: mujoco.MjModel, top: int) -> list[int]:
    """A body and all that hang from it."""
    return [top, *(b for b in range(1, model.nbody) if path_to(model, b, top))]


def joints_of(model: mujoco.MjModel, body: int) -> list[int]:
    """Ids of the joints between a body and its parent, in order."""
    first = int(model.body_jntadr[body])
    return list(range(first, first + int(model.body_jntnum[body])))


def touching(model: mujoco.MjModel, bodies: Iterable[int]) -> list[int]:
    """Geoms of these bodies that can meet the ground: those that collide, or all if none do."""
    chosen = set(bodies)
    geoms = [g for g in range(model.ngeom) if int(model.geom_bodyid[g]) in chosen]
    paired = {int(g) for g in (*model.pair_geom1, *model.pair_geom2)}
    solid = [g for g in geoms if model.geom_contype[g] or model.geom_conaffinity[g] or g in paired]
    return solid or geoms


def lowest_point(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> Array:
    """(3,) the point of a geom that is lowest along the world's z [m]."""
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    centre, turn = data.geom_xpos[geom], data.geom_xmat[geom].reshape(3, 3)
    shape = mujoco.mjtGeom
    if kind == shape.mjGEOM_SPHERE:
        return np.array(centre - [0, 0, size[0]])
    if kind == shape.mjGEOM_CAPSULE:
        return np.array(centre - np.sign(turn[2, 2]) * size[1] * turn[:, 2] - [0, 0, size[0]])
    if kind == shape.mjGEOM_MESH:
        mesh = int(model.geom_dataid[geom])
        first, n = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        points = centre + model.mesh_vert[first : first + n] @ turn.T
        return np.array(points[points[:, 2].argmin()], float)
    if kind in (shape.mjGEOM_ELLIPSOID, shape.mjGEOM_CYLINDER):
        down = -turn[2]  # the world's down in the geom's frame
        if kind == shape.mjGEOM_ELLIPSOID:
            return np.array(centre + turn @ (size**2 * down / np.linalg.norm(size * down)))
        round_part = down[:2] / max(float(np.linalg.norm(down[:2])), 1e-9)
        return np.array(centre + turn @ [*(size[0] * round_part), size[1] * np.sign(down[2])])
    corners = centre + (BOX * model.geom_aabb[geom, 3:] + model.geom_aabb[geom, :3]) @ turn.T
    return np.array(corners[corners[:, 2].argmin()])
