"""The world with a ball: the shipped quadruped with a camera in its head, and a ball on the floor before it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.models import model_path
from gait.robots import find_robot
from gait.robots.description import Robot

Array = NDArray[np.float64]

ROBOT = "ers210"
BALL, EYE = "ball", "eye"
"""Names of the ball's body and of the camera in the model."""
RADIUS = 0.08
"""Of the ball [m]: at 2 m it is as wide as 1.5 pixels, so that it always covers the middle of one."""
ORANGE = (1.0, 0.35, 0.0, 1.0)
EYE_PLACE, FIELD = (0.17, 0.0, 0.115), 120.0
"""Of the camera in the trunk's frame [m]: in the front of the head, above the snout; its field of view [deg]."""
NOSE = (0.198, 0.0)
"""Tip of the snout in the trunk's frame, forward and left [m]."""
REACH = 0.15
"""A ball is reached when its centre is within so many metres of the tip of the snout, seen from above."""
NEAREST, FARTHEST, WIDEST = 1.0, 2.0, math.radians(60.0)
"""A trial's ball lies so far from the trunk's middle [m], and at most so far to a side of where it heads [rad]."""
FLOOR, SQUARE = 30.0, 5.0
"""Half-width of the floor as it's drawn, and of the squares it is drawn in [m]; to physics it has no end. Squares
as small as the shipped model's would take most of a picture's time."""


@dataclass(frozen=True)
class Ball:
    """Where a ball lies when a trial begins, as the robot sees it."""

    distance: float
    """From the trunk's middle [m]."""
    bearing: float
    """Left of where the trunk faces [rad]."""

    @property
    def place(self) -> Array:
        """(2,) in the world, whose x axis is where the robot faces when it is set down [m]."""
        return self.distance * np.array([math.cos(self.bearing), math.sin(self.bearing)])


def draw_ball(rng: np.random.Generator) -> Ball:
    """A ball anywhere it may lie: distance and bearing are uniform."""
    return Ball(float(rng.uniform(NEAREST, FARTHEST)), float(rng.uniform(-WIDEST, WIDEST)))


def spread_balls(n: int, seed: int) -> Iterator[Ball]:
    """`n` balls spread evenly over all bearings, from right to left: one in each n-th of the range."""
    rng = np.random.default_rng(seed)
    for k in range(n):
        bearing = WIDEST * (2.0 * (k + rng.uniform()) / n - 1.0)
        yield Ball(float(rng.uniform(NEAREST, FARTHEST)), float(bearing))


def world_spec() -> Any:
    """The shipped quadruped's `MjSpec` with a camera in its head and a ball that nothing collides with."""
    spec = mujoco.MjSpec.from_file(str(model_path(f"quadruped/{ROBOT}.xml")))
    ball = spec.worldbody.add_body(name=BALL, mocap=True, pos=[NEAREST, 0.0, RADIUS])
    ball.add_geom(
        name=BALL, type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[RADIUS, 0, 0], rgba=ORANGE, contype=0, conaffinity=0,
        group=0,
    )  # fmt: skip
    # a camera looks along its −z, its y is up: here along the trunk's x
    spec.body("trunk").add_camera(name=EYE, pos=EYE_PLACE, quat=[0.5, 0.5, -0.5, -0.5], fovy=FIELD)
    spec.geom("floor").size = [FLOOR, FLOOR, SQUARE]
    return spec


@cache
def seeing_robot() -> Robot:
    """The quadruped as every part of the package knows it, its model being that of the world with a ball."""
    return replace(find_robot(ROBOT), model=world_spec().compile())
