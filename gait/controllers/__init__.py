"""The shelf of controllers: parameters and phase to joint targets. One file each, one line here."""

from __future__ import annotations

from gait.controllers.half_ellipse import HalfEllipse
from gait.errors import UsageError, unknown_name

CONTROLLERS: dict[str, type[HalfEllipse]] = {HalfEllipse.name: HalfEllipse}

LEGS = ("FL", "FR", "HL", "HR")

GAITS: dict[str, tuple[float, float, float, float]] = {"trot": (0.0, 0.5, 0.5, 0.0)}
"""Phase offset of each leg (FL FR HL HR) as the delay of its touchdown, in strides."""


def find_controller(name: str) -> type[HalfEllipse]:
    """The controller class of this name."""
    if name not in CONTROLLERS:
        raise UsageError(unknown_name("controller", name, CONTROLLERS))
    return CONTROLLERS[name]


def find_gait(name: str) -> tuple[float, float, float, float]:
    """The phase offsets of this gait."""
    if name not in GAITS:
        raise UsageError(unknown_name("gait", name, GAITS))
    return GAITS[name]
