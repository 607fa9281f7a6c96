"""The shelf of robots: a model and a short description of it each, one line here."""

from __future__ import annotations

from gait.errors import UsageError, unknown_name
from gait.models import model_path
from gait.robots.description import Robot, load_robot

ROBOTS: dict[str, str] = {"ers210": "quadruped/ers210.toml"}
"""Name to description file, relative to the models' folder."""


def find_robot(name: str) -> Robot:
    """The robot of this name, its model compiled."""
    if name not in ROBOTS:
        raise UsageError(unknown_name("robot", name, ROBOTS))
    return load_robot(model_path(ROBOTS[name]))
