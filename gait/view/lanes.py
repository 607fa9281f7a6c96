"""Parallel lanes for recorded walks: everybody starts on one line, and nobody's motion is bent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.task import Recording
from gait.view.kinematics import finite, resample

Array = NDArray[np.float64]

WIDTH = 2.1
"""Of a lane, in lengths of the walker."""


@dataclass(frozen=True, eq=False)
class Runner:
    """A recorded walk in its lane, at the K moments of the race."""

    name: str
    recording: Recording
    lane: float
    """y of the lane's middle [m]."""
    qpos: Array
    """(K, nq) shifted so that the walk begins at x = 0 in the middle of its lane."""
    place: int
    """Column of qpos that holds x; y and z follow."""

    @property
    def track(self) -> Array:
        """(K, 3) where its root is [m]."""
        return self.qpos[:, self.place : self.place + 3]

    @property
    def distance(self) -> Array:
        """(K,) how far it got along x [m]."""
        return self.track[:, 0]

    @property
    def end(self) -> float:
        """The last recorded moment [s]."""
        return float(self.recording.time[-1])


def line_up(
    model: Any, names: Sequence[str], recordings: Sequence[Recording], times: Array, width: float
) -> list[Runner]:
    """Runners in lanes `width` apart [m], in the order given; after its end a walk's last pose stays.

    Open-loop gaits curve. Those that curve to the left get lanes farther left, so that nobody crosses another's way.

    Raises:
      UsageError: the walker isn't free to leave its place.
    """
    place = _root(model)
    walks = [resample(model, finite(recording), times) for recording in recordings]
    aside = [float(np.mean(qpos[:, place + 1]) - qpos[0, place + 1]) for qpos in walks]
    rank = np.argsort(np.argsort(aside, kind="stable"), kind="stable")
    runners = []
    for name, recording, qpos, r in zip(names, recordings, walks, rank, strict=True):
        lane = (float(r) - (len(walks) - 1) / 2) * width
        shifted = qpos.copy()
        shifted[:, place] -= qpos[0, place]
        shifted[:, place + 1] += lane - qpos[0, place + 1]
        runners.append(Runner(name, finite(recording), lane, shifted, place))
    return runners


def ranking(distances: Sequence[float]) -> list[int]:
    """Who is first, second, …: indices by distance, the farthest first; ties keep their order."""
    return sorted(range(len(distances)), key=lambda i: -distances[i])


def _root(model: Any) -> int:
    """Column of qpos where the free joint's position begins."""
    import mujoco

    free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
    if len(free) != 1:
        raise UsageError("a race needs walkers that get along; these stay in their place.")
    return int(model.jnt_qposadr[free[0]])


@dataclass(frozen=True, eq=False)
class Chase:
    """A camera of fixed direction that keeps all runners in the picture, at each of K moments.

    Lengths in metres; `a` is to the picture's right, `b` up in it, `c` away from the eye.
    """

    axes: Array
    """(3, 3) rows: right, up, away."""
    centre: Array
    """(K, 3) of the picture, as a, b, c."""
    distance: Array
    """(K,) from the eye to the centre."""
    slopes: tuple[float, float]
    """Tangent of half the angle of view, across and up."""

    def look_at(self, k: int) -> Array:
        """The world point (3,) in the middle of the picture."""
        point: Array = self.centre[k] @ self.axes
        return point

    def project(self, k: int, point: Array) -> tuple[float, float]:
        """Where a world point (3,) is in the picture, as shares of its width and height from the upper left."""
        a, b, c = self.axes @ point - self.centre[k]
        depth = self.distance[k] + c
        return 0.5 + 0.5 * a / (depth * self.slopes[0]), 0.5 - 0.5 * b / (depth * self.slopes[1])


def chase(points: Array, around: float, angles: tuple[float, float], fovy: float, aspect: float) -> Chase:
    """The camera that shows `points` (K, n, 3) with `around` metres of air, seen along azimuth and elevation [deg].

    It only ever draws back, so that the picture doesn't breathe; smooth it with `replace`.
    """
    azimuth, elevation = map(math.radians, angles)
    away = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    right = np.array([math.sin(azimuth), -math.cos(azimuth), 0.0])
    axes = np.stack([right, np.cross(right, away), away])
    seen = points @ axes.T
    centre = 0.5 * (seen.max(axis=1) + seen.min(axis=1))
    up = math.tan(math.radians(fovy) / 2)
    slopes = aspect * up, up
    off = seen - centre[:, None]
    needed = (np.abs(off[..., :2]) + around) / slopes - off[..., 2:]
    distance = np.maximum.accumulate(needed.max(axis=(1, 2)))
    return Chase(axes, centre, distance, slopes)


def steady(camera: Chase, filtered: Any) -> Chase:
    """The camera with its motion filtered by `filtered`, a function of (K, n)."""
    return replace(camera, centre=filtered(camera.centre), distance=filtered(camera.distance[:, None])[:, 0])
