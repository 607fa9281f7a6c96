"""Trails and force arrows, drawn into a scene over its model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TRAIL_POINTS = 48
"""Of a trail of one stride."""
TRAIL_WIDTH = 3.5
"""Pixels of a picture shown."""
ARROW_WIDTH = 0.026
"""Of a force arrow, as a share of the walker's height."""
IN_FRONT = 0.5
"""How far from the eye an arrow is drawn, as a share of where it is."""
LEAST_LOAD = 0.05
"""A foot that carries less than this share of the weight has no arrow."""


@dataclass(frozen=True)
class Marks:
    """What is drawn besides the walker."""

    strides: int = 1
    """Length of the trails."""
    trunk: bool = False
    """Whether the trunk leaves a trail, too."""
    forces: bool = False
    """Whether feet that are down have an arrow."""


def add_trail(scene: Any, points: Array, rgb: NDArray[np.float32], width: float) -> None:
    """Add a line of `width` pixels through `points` (n, 3) [m] that grows clearer towards the last."""
    fade = np.linspace(0.25, 1.0, len(points) - 1)
    for a, b, alpha in zip(points, points[1:], fade, strict=False):
        _add_connector(scene, "line", a, b, width, np.array([*rgb, alpha], np.float32))


def add_force(scene: Any, foot: Array, load: float, height: float, rgb: NDArray[np.float32]) -> None:
    """Add the arrow of the ground's push on a foot at `foot` (3,) [m]; a `load` of 1, the weight, is `height` long."""
    if load < LEAST_LOAD:
        return
    ground = np.array([foot[0], foot[1], 0.0])
    tip = np.array([foot[0], foot[1], load * height])
    # shrunk towards the eye it looks the same, but no leg hides it
    eye = np.mean([camera.pos for camera in scene.camera], axis=0)
    a, b = (eye + IN_FRONT * (point - eye) for point in (ground, tip))
    _add_connector(scene, "arrow", a, b, IN_FRONT * ARROW_WIDTH * height, np.array([*rgb, 1.0], np.float32))


def _add_connector(scene: Any, kind: str, a: Array, b: Array, width: float, rgba: NDArray[np.float32]) -> None:
    import mujoco

    if scene.ngeom >= scene.maxgeom:
        return
    # thin lines of a fixed width in pixels: capsules would double the price of a frame
    number = getattr(mujoco.mjtGeom, f"mjGEOM_{kind.upper()}")
    geom = scene.geoms[scene.ngeom]
    mujoco.mjv_initGeom(geom, number, np.zeros(3), np.zeros(3), np.zeros(9), rgba)
    mujoco.mjv_connector(geom, number, width, a, b)
    scene.ngeom += 1
