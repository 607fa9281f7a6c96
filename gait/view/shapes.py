"""Simple shapes added to a scene that is about to be drawn: what is seen, but no part of the simulated model."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Kind = Literal["box", "ellipsoid", "capsule", "cylinder"]

MATT = 0.05
"""Specularity."""


def add_block(
    scene: Any, kind: Kind, centre: ArrayLike, size: ArrayLike, frame: Array, rgb: ArrayLike, *, shadow: bool = True
) -> None:
    """Add a box or an ellipsoid of half sizes `size` (3,) [m] at `centre` (3,) [m], turned by `frame` (3, 3)."""
    import mujoco

    geom = _next(scene, shadow)
    number, rgba = _looks(kind, rgb)
    mujoco.mjv_initGeom(geom, number, np.asarray(size, float), np.asarray(centre, float), frame.ravel(), rgba)
    geom.specular = MATT


def add_rod(
    scene: Any, kind: Kind, a: ArrayLike, b: ArrayLike, width: float, rgb: ArrayLike, *,
    glow: float = 0.0, shadow: bool = True,
) -> None:  # fmt: skip
    """Add a capsule or a cylinder of radius `width` from `a` to `b` (3,) [m]; `glow` is its own light, 0 … 1."""
    import mujoco

    geom = _next(scene, shadow)
    number, rgba = _looks(kind, rgb)
    mujoco.mjv_initGeom(geom, number, np.zeros(3), np.zeros(3), np.eye(3).ravel(), rgba)
    mujoco.mjv_connector(geom, number, width, np.asarray(a, float), np.asarray(b, float))
    geom.specular, geom.emission = MATT, glow


def _next(scene: Any, shadow: bool) -> Any:
    """The scene's next free shape."""
    import mujoco

    if scene.ngeom >= scene.maxgeom:
        raise ValueError(f"a scene of {scene.maxgeom} shapes is full")
    geom = scene.geoms[scene.ngeom]
    scene.ngeom += 1
    # decoration is what casts no shadow
    geom.category = mujoco.mjtCatBit.mjCAT_DYNAMIC if shadow else mujoco.mjtCatBit.mjCAT_DECOR
    return geom


def _looks(kind: Kind, rgb: ArrayLike) -> tuple[Any, NDArray[np.float32]]:
    import mujoco

    return getattr(mujoco.mjtGeom, f"mjGEOM_{kind.upper()}"), np.array([*np.asarray(rgb, float), 1.0], np.float32)
