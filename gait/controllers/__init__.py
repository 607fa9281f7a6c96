"""The shelf of controllers and gaits: parameters and phase to joint targets. One file each, one line here."""

from __future__ import annotations

from dataclasses import dataclass

from gait.controllers.bezier import Bezier
from gait.controllers.controller import LEGS as LEGS
from gait.controllers.controller import Controller
from gait.controllers.cpg import CPG
from gait.controllers.half_ellipse import HalfEllipse
from gait.controllers.joint_sine import JointSine
from gait.controllers.residual import residual
from gait.errors import UsageError, unknown_name

_BASES: tuple[type[Controller], ...] = (HalfEllipse, Bezier, CPG, JointSine)
CONTROLLERS: dict[str, type[Controller]] = {cls.name: cls for cls in (*_BASES, *(residual(cls) for cls in _BASES))}


@dataclass(frozen=True)
class Gait:
    """A gait by Hildebrand's quantities (Hildebrand, Science 150:701, 1965)."""

    offsets: tuple[float, float, float, float]
    """Touchdown *delay* of each leg (FL FR HL HR) in strides; as an advance, a walk would be a diagonal one."""
    duty_factor: float
    """Fraction of the stride that a foot is on the ground, where it starts."""
    about: str


GAITS: dict[str, Gait] = {
    "walk": Gait(
        (0.25, 0.75, 0.0, 0.5), 0.75, "lateral sequence: each fore foot a quarter after the hind one beside it"
    ),
    "trot": Gait((0.0, 0.5, 0.5, 0.0), 0.5, "diagonal pairs"),
    "pace": Gait((0.0, 0.5, 0.0, 0.5), 0.5, "pairs of one side"),
    "bound": Gait((0.0, 0.0, 0.5, 0.5), 0.4, "fore and hind pairs"),
    "gallop": Gait(
        (0.5, 0.6, 0.0, 0.1), 0.3, "transverse: hind feet shortly after each other, then fore feet likewise"
    ),
    "pronk": Gait((0.0, 0.0, 0.0, 0.0), 0.5, "all four at a time"),
}
"""Symmetrical and asymmetrical gaits with the duty factors they start with."""


def find_controller(name: str) -> type[Controller]:
    """The controller class of this name."""
    if name not in CONTROLLERS:
        raise UsageError(unknown_name("controller", name, CONTROLLERS))
    return CONTROLLERS[name]


def find_gait(name: str) -> Gait:
    """The gait of this name."""
    if name not in GAITS:
        raise UsageError(unknown_name("gait", name, GAITS))
    return GAITS[name]
