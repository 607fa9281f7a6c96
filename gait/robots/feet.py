"""Where a leg meets the ground: the lowest geom at its end, as a point and a radius."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.robots.chains import Leg
from gait.robots.mjcf import Array, Notes, below, lowest_point, name_of, touching

SAME = 1e-3
"""Points closer than this [m] are one."""
ROUND = (int(mujoco.mjtGeom.mjGEOM_SPHERE), int(mujoco.mjtGeom.mjGEOM_CAPSULE))


@dataclass(frozen=True)
class Foot:
    """A ball at the end of a leg."""

    reference: str
    """How a description names it: a geom or site, or `body:NAME@x,y,z`."""
    body: int
    point: tuple[float, float, float]
    """Its centre in the body's frame [m]."""
    radius: float
    """Metres."""
    geom: int


def find_foot(model: mujoco.MjModel, data: mujoco.MjData, leg: Leg, file: str, notes: Notes) -> Foot:
    """The foot of a leg in the pose of `data`; a ball is preferred to what is hardly lower.

    Raises:
      UsageError: nothing at the end of the leg has a shape, or its body has no name.
    """
    geoms = touching(model, below(model, leg.tip))
    if not geoms:
        raise UsageError(f"{file}: the leg to {name_of(model, 'body', leg.tip)} has no geom at its end.")
    low = {g: lowest_point(model, data, g) for g in geoms}
    geom = min(geoms, key=lambda g: low[g][2])
    for ball in sorted((g for g in geoms if model.geom_type[g] in ROUND), key=lambda g: low[g][2])[:1]:
        if low[ball][2] - low[geom][2] < model.geom_size[ball, 0]:
            geom = ball
    radius = _radius(model, geom)
    body = int(model.geom_bodyid[geom])
    centre = low[geom] + [0, 0, radius]
    point = (centre - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
    if model.geom_type[geom] not in ROUND:
        notes.doubts.append(f"The foot on body {name_of(model, 'body', body)} is no ball: it is taken as one of "
                            f"{1e3 * radius:.0f} mm that touches the ground where the foot does.")  # fmt: skip
    reference = _reference(model, geom, body, point, file)
    return Foot(reference, body, (float(point[0]), float(point[1]), float(point[2])), radius, geom)


def _radius(model: mujoco.MjModel, geom: int) -> float:
    """Of a ball; of another shape, half of its thinnest extent."""
    if model.geom_type[geom] in ROUND:
        return float(model.geom_size[geom, 0])
    return float(model.geom_aabb[geom, 3:].min())


def _reference(model: mujoco.MjModel, geom: int, body: int, point: Array, file: str) -> str:
    """Name of a geom or site with its centre there; `geom:` or `site:` in front where the other kind has it too."""
    names = {kind: {getattr(model, kind)(i).name for i in range(n)} - {""}
             for kind, n in (("geom", model.ngeom), ("site", model.nsite))}  # fmt: skip
    sites = [s for s in range(model.nsite) if int(model.site_bodyid[s]) == body]
    places = [("geom", geom, model.geom_pos[geom]), *(("site", s, model.site_pos[s]) for s in sites)]
    for kind, i, place in places:
        name = getattr(model, kind)(i).name
        if name and np.linalg.norm(place - point) < SAME:
            other = names["site" if kind == "geom" else "geom"]
            return f"{kind}:{name}" if name in other or ":" in name else name
    if not model.body(body).name:
        raise UsageError(f"{file}: neither foot geom {geom} nor its body {body} has a name.")
    return f"body:{model.body(body).name}@{','.join(f'{x:.6g}' for x in point.round(6) + 0.0)}"
