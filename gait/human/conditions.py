"""Conditions that a person can be asked to walk under: device, noise and speed, by their names on the command line."""

from __future__ import annotations

from gait.errors import UsageError
from gait.human.body import DEVICE_MASS
from gait.human.respirometry import Respirometer

ANKLES = {"both": (True, True), "left": (True, False), "right": (False, True)}
DEVICES = {"ankle": DEVICE_MASS, "massless": 0.0, "none": 0.0}
NOISE = {
    "off": (0.0, Respirometer(noise=0.0, drift=0.0)),
    "low": (0.5, Respirometer(noise=0.05)),
    "default": (1.0, Respirometer()),
    "high": (2.0, Respirometer(noise=0.15)),
}
"""By level: how wrong the person's sensors are over the default, and the respirometer."""


def belt_speed(value: str | float) -> float:
    """A belt's speed [m/s] as given.

    Raises:
      UsageError: it is none a person can be asked for.
    """
    try:
        speed = float(value)
    except ValueError:
        speed = float("nan")
    if not 1.0 <= speed <= 1.3:
        raise UsageError(f"--speed {value}: the belt's speed must lie within [1, 1.3] m/s.")
    return speed
