"""What is drawn of a treadmill and of a worn exoskeleton: simple shapes, and the belt's marks on their way back."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.view.shapes import Kind

Array = NDArray[np.float64]
Point = tuple[float, float, float]
Colour = tuple[float, float, float]

HALF, BREADTH = 1.0, 0.35
"""Half the belt's length and half its breadth [m]."""
SPACING = 0.25
"""Between two marks on the belt [m]; the belt's upper side is a whole number of them long."""
MARK = 0.022
"""Half a mark's length [m]."""

FLOOR: Colour = (0.93, 0.94, 0.95)
_METAL: Colour = (0.60, 0.63, 0.67)
_DARK: Colour = (0.30, 0.33, 0.37)
_BELT: Colour = (0.19, 0.21, 0.24)
NEAR: Colour = (0.74, 0.77, 0.81)
FAR: Colour = (0.50, 0.53, 0.58)
DEVICE: Colour = (0.05, 0.52, 0.56)
PULLING: Colour = (0.15, 0.95, 1.0)
"""The device's cable at a large torque."""
MARKED: Colour = (0.50, 0.53, 0.57)
"""Marks on the belt."""


class Part(NamedTuple):
    """A shape fixed to a segment, as drawn for the body of 1.80 m; y counts from the leg's plane."""

    segment: Literal["world", "hat", "thigh", "shank", "foot"]
    kind: Kind
    at: Point
    """Centre, or one end of a capsule or cylinder [m]."""
    size: Point
    """Half sizes of a box or an ellipsoid; the other end of a capsule or cylinder [m]."""
    width: float = 0.0
    """Radius of a capsule or cylinder [m]."""
    colour: Colour = NEAR


TREADMILL = (
    Part("world", "box", (0, 0.385, -0.065), (1.10, 0.035, 0.085), colour=_METAL),
    Part("world", "box", (0, -0.385, -0.065), (1.10, 0.035, 0.085), colour=_METAL),
    Part("world", "cylinder", (1.0, -0.35, -0.062), (1.0, 0.35, -0.062), 0.060, _BELT),
    Part("world", "cylinder", (-1.0, -0.35, -0.062), (-1.0, 0.35, -0.062), 0.060, _BELT),
    Part("world", "box", (0.9, 0, -0.175), (0.06, 0.40, 0.025), colour=_DARK),
    Part("world", "box", (-0.9, 0, -0.175), (0.06, 0.40, 0.025), colour=_DARK),
    Part("world", "capsule", (1.02, 0.385, 0), (0.88, 0.385, 1.10), 0.022, _METAL),
    Part("world", "capsule", (1.02, -0.385, 0), (0.88, -0.385, 1.10), 0.022, _METAL),
    Part("world", "capsule", (0.88, -0.385, 1.10), (0.88, 0.385, 1.10), 0.028, _DARK),
)
TRUNK = (
    Part("hat", "ellipsoid", (-0.002, 0, 0.19), (0.092, 0.132, 0.19)),
    Part("hat", "capsule", (0, 0.165, 0.455), (-0.045, 0.205, 0.20), 0.040, FAR),
    Part("hat", "capsule", (-0.045, 0.205, 0.20), (0.165, 0.15, 0.255), 0.032, FAR),
    Part("hat", "capsule", (0, -0.165, 0.455), (-0.045, -0.205, 0.20), 0.040),
    Part("hat", "capsule", (-0.045, -0.205, 0.20), (0.165, -0.15, 0.255), 0.032),
)
"""Roundings, and arms bent as in a gait laboratory, where they would hide the hips."""
LEG = (
    Part("thigh", "ellipsoid", (-0.002, 0, -0.16), (0.072, 0.068, 0.21)),
    Part("shank", "ellipsoid", (0.002, 0, 0), (0.052, 0.050, 0.060)),
    Part("shank", "ellipsoid", (-0.012, 0, -0.15), (0.050, 0.046, 0.15)),
    Part("foot", "ellipsoid", (-0.030, 0, 0.008), (0.038, 0.032, 0.034)),
)
"""The roundings of a person whose segments are capsules."""
EXOSKELETON = (
    Part("shank", "cylinder", (-0.006, 0, -0.185), (-0.006, 0, -0.235), 0.060, DEVICE),
    *(Part("shank", "capsule", (0, y, -0.20), (0, y, -0.50), 0.010, DEVICE) for y in (-0.060, 0.060)),
    Part("shank", "cylinder", (0, -0.072, -0.50), (0, 0.072, -0.50), 0.019, DEVICE),
    Part("foot", "box", (0.060, 0, -0.021), (0.115, 0.046, 0.006), colour=DEVICE),
    *(Part("foot", "capsule", (0, y, 0), (0.065, 0.75 * y, -0.018), 0.009, DEVICE) for y in (-0.060, 0.060)),
    *(Part("foot", "capsule", (0, y, 0), (-0.125, 0, 0.020), 0.009, DEVICE) for y in (-0.060, 0.060)),
)
"""A cuff below the knee, struts to a hinge at the ankle, a plate under the foot, and a lever behind the heel."""
CABLE = (("shank", (-0.078, 0.0, -0.41)), ("foot", (-0.125, 0.0, 0.020)))
"""Pulls the lever up: from the box on the calf, which has the device's mass, to the lever's end."""


def belt_speed(model: Any) -> float:
    """How fast the belt's upper side goes back, in the room [m/s]."""
    return float(-model.geom_surfacevel[model.geom("belt").id, 0])


def marks(time: float, speed: float) -> Array:
    """Centres (n,) along x [m] of the belt's marks after `time` [s]: they go back with the belt and come round."""
    start = np.arange(round(2 * HALF / SPACING)) * SPACING
    places: Array = np.mod(start - speed * time, 2 * HALF) - HALF
    return places


def seen(centre: float) -> tuple[float, float]:
    """From where to where along x [m] a mark of this centre lies on the belt's upper side."""
    return max(centre - MARK, -HALF), min(centre + MARK, HALF)
