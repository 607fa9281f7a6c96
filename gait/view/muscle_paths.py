"""Where a person's muscles are drawn, and in what colour: paths over points fixed to the segments, for pictures only.

The paths are an anatomy book's, roughly; a simulated muscle's lengths and moment arms are not read from them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MUSCLES = ("SOL", "TA", "GAS", "VAS", "HAM", "GLU", "HFL")
"""A leg's muscles in the order of a recording's activations: first the left leg's seven, then the right's."""
LEGS = ("l", "r")
PLANE = {"l": 0.085, "r": -0.085}
"""Each leg's plane in the body of 1.80 m, along y [m]; the camera looks from the right, where y is negative."""
SHANK = 0.5
"""Distance of a body's knee from its ankle at 1.80 m [m]; drawn things are scaled by it."""

_NEARER = {"hat": 0.072, "thigh": 0.050, "shank": 0.036, "foot": 0.028}
"""How far in front of its leg's plane a path lies, on each segment [m]: on the skin that faces the camera."""
_POINTS = {
    "SOL": (("shank", -0.030, -0.11), ("shank", -0.034, -0.26), ("shank", -0.030, -0.40), ("foot", -0.060, 0.004)),
    "TA": (("shank", 0.020, -0.07), ("shank", 0.040, -0.20), ("shank", 0.028, -0.43), ("foot", 0.045, 0.034),
           ("foot", 0.085, 0.012)),
    "GAS": (("thigh", -0.036, -0.455), ("shank", -0.060, -0.07), ("shank", -0.064, -0.20), ("shank", -0.046, -0.38),
            ("foot", -0.066, 0.010)),
    "VAS": (("thigh", 0.030, -0.09), ("thigh", 0.060, -0.25), ("thigh", 0.052, -0.455), ("shank", 0.048, -0.015),
            ("shank", 0.034, -0.085)),
    "HAM": (("hat", -0.075, -0.015), ("thigh", -0.062, -0.21), ("thigh", -0.048, -0.43), ("shank", -0.040, -0.05),
            ("shank", -0.024, -0.105)),
    "GLU": (("hat", -0.075, 0.115), ("hat", -0.105, 0.020), ("thigh", -0.050, -0.10), ("thigh", -0.022, -0.17)),
    "HFL": (("hat", 0.020, 0.165), ("hat", 0.066, 0.045), ("thigh", 0.045, -0.05), ("thigh", 0.018, -0.14)),
}  # fmt: skip
"""Segment, forward and up of its upper joint [m], in the body of 1.80 m; origin first."""
_WIDTH = {"SOL": 0.019, "TA": 0.014, "GAS": 0.018, "VAS": 0.024, "HAM": 0.020, "GLU": 0.023, "HFL": 0.019}
"""Radius of the belly [m]."""
TENDON = 0.62
"""Radius at the ends, as a share of the belly's."""
PIECES = 12
"""Of a path."""

RESTING = np.array([0.82, 0.79, 0.75])
FULL = np.array([0.84, 0.0, 0.05])
"""Colours at activation 0 and 1."""
CONCAVE = 0.75
"""Exponent of the way between them: activations beyond 0.8 are rare."""


class Muscle(NamedTuple):
    """One muscle's path in a model."""

    leg: int
    place: int
    """In the recording's 14 activations."""
    bodies: NDArray[np.int64]
    """(k,) of the path's points"""
    points: Array
    """(k, 3) in their bodies' frames [m]"""
    width: float
    """Radius of the belly [m]."""


def body_scale(model: Any) -> float:
    """How much longer the model's segments are than those of the body of 1.80 m."""
    return float(-model.body("foot_r").pos[2] / SHANK)


def body_id(model: Any, segment: str, leg: str) -> int:
    """The model's body of a leg's segment; the hat and the world are both legs'."""
    return int(model.body(segment if segment in ("hat", "world") else f"{segment}_{leg}").id)


def muscles_of(model: Any) -> list[Muscle]:
    """The paths of both legs' muscles, in the order of a recording's activations."""
    scale, found = body_scale(model), []
    for leg, side in enumerate(LEGS):
        for m, name in enumerate(MUSCLES):
            via = _POINTS[name]
            bodies = np.array([body_id(model, segment, side) for segment, _, _ in via])
            points = np.array([(x, PLANE[side] - _NEARER[segment], z) for segment, x, z in via])
            found.append(Muscle(leg, len(MUSCLES) * leg + m, bodies, points * scale, _WIDTH[name] * scale))
    return found


def path_of(muscle: Muscle, data: Any) -> Array:
    """The path (PIECES + 1, 3) [m] in the world, corners cut, evenly spaced; its ends stay fixed to their segments."""
    frames = data.xmat[muscle.bodies].reshape(-1, 3, 3)
    path: Array = data.xpos[muscle.bodies] + np.einsum("kij,kj->ki", frames, muscle.points)
    path = _cut_corners(_cut_corners(path))
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    even = np.linspace(0.0, along[-1], PIECES + 1)
    return np.stack([np.interp(even, along, axis) for axis in path.T], axis=1)


def _cut_corners(path: Array) -> Array:
    """Each corner replaced by two points a quarter of the way to its neighbours (Chaikin 1974); both ends stay."""
    corner = path[1:-1]
    before, after = 0.75 * corner + 0.25 * path[:-2], 0.75 * corner + 0.25 * path[2:]
    cut: Array = np.concatenate([path[:1], np.stack([before, after], axis=1).reshape(-1, 3), path[-1:]])
    return cut


def widths_of(muscle: Muscle) -> Array:
    """Radius (PIECES,) [m] of each piece of a path: a belly between two tendons."""
    middle = (np.arange(PIECES) + 0.5) / PIECES
    widths: Array = muscle.width * (TENDON + (1.0 - TENDON) * np.sin(np.pi * middle) ** 2)
    return widths


def activation_colour(activation: float) -> Array:
    """Red, green and blue (3,) in 0 … 1 of an activation in 0 … 1: from pale grey to full red."""
    a = min(max(activation, 0.0), 1.0) ** CONCAVE
    rgb: Array = (1.0 - a) * RESTING + a * FULL
    return rgb
