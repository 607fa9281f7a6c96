"""The body: Geyer & Herr's seven segments, scaled to a person, with or without a device on the shanks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np

from gait.errors import UsageError
from gait.models import model_path

MASS, HEIGHT = 80.0, 1.80
"""Geyer & Herr's human [kg, m]: what the model file holds."""
DEVICE_HEIGHT = 0.15
"""Of the device's centre of mass above the ankle [m], for a shank of 0.5 m."""
DEVICE_MASS = 0.85
"""Of one device [kg]: the tethered ankle exoskeletons of Zhang's lab weigh about that (Witte 2015, as recalled)."""
SHANKS = ("shank_l", "shank_r")
BELT = "belt"


@dataclass(frozen=True)
class Stature:
    """A person's size.

    Raises:
      UsageError: it is no adult's.
    """

    mass: float = MASS
    """[kg]"""
    height: float = HEIGHT
    """[m]"""

    def __post_init__(self) -> None:
        for name, value, low, high, unit in (
            ("mass", self.mass, 40.0, 130.0, "kg"),
            ("height", self.height, 1.4, 2.1, "m"),
        ):
            if not (math.isfinite(value) and low <= value <= high):
                raise UsageError(f"{name}={value:g}: a person's {name} must lie within [{low:g}, {high:g}] {unit}.")

    @property
    def weight_scale(self) -> float:
        """Mass over that of Geyer & Herr's human."""
        return self.mass / MASS

    @property
    def length_scale(self) -> float:
        """Height over that of Geyer & Herr's human."""
        return self.height / HEIGHT


def make_body(
    stature: Stature, *, speed: float, device: tuple[float, float] = (0.0, 0.0), timestep: float = 0.001
) -> mujoco.MjModel:
    """The model of a person of this stature on a belt of this speed [m/s].

    Lengths scale with height, masses with mass, inertias with mass × height². `device` is the mass [kg] on the left
    and right shank, a point 0.3 of the shank's length above the ankle.
    """
    spec = mujoco.MjSpec.from_file(str(model_path("human/sagittal.xml")))
    spec.option.timestep = timestep
    heavy, long = stature.weight_scale, stature.length_scale
    for body in spec.bodies[1:]:
        body.pos = np.asarray(body.pos) * long
        body.ipos = np.asarray(body.ipos) * long
        body.mass *= heavy
        body.inertia = np.asarray(body.inertia) * heavy * long**2
        for geom in body.geoms:
            geom.size = np.asarray(geom.size) * long
            geom.pos = np.asarray(geom.pos) * long
            geom.fromto = np.asarray(geom.fromto) * long
        for site in body.sites:
            site.pos, site.size = np.asarray(site.pos) * long, np.asarray(site.size) * long
    for name, mass in zip(SHANKS, device, strict=True):
        _carry(spec.body(name), mass, np.array([0.0, 0.0, -0.5 + DEVICE_HEIGHT]) * long)
        if mass == 0.0:
            spec.geom(name.replace("shank", "device")).rgba = np.zeros(4)
    spec.geom(BELT).surfacevel = np.array([-speed, 0.0, 0.0, 0.0, 0.0, 0.0])
    return spec.compile()


def _carry(body: mujoco.MjsBody, mass: float, at: np.ndarray) -> None:
    """Add a point of `mass` [kg] at `at` (3,) [m] to a body: its mass, its centre and its inertia."""
    if mass == 0.0:
        return
    centre = np.asarray(body.ipos)
    total = body.mass + mass
    joint = (body.mass * centre + mass * at) / total
    reduced = body.mass * mass / total * float(((at - centre) ** 2).sum())
    body.inertia = np.asarray(body.inertia) + np.array([reduced, reduced, 0.0])
    body.mass, body.ipos = total, joint
