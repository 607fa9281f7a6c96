"""The shelf of robots: a model and a short description of it each, one line here."""

from __future__ import annotations

import tomllib
from pathlib import Path

from gait.errors import UsageError, unknown_name
from gait.models import model_path
from gait.robots.description import Robot, load_robot
from gait.robots.sources import find_model

OWN = "ers210"
ROBOTS: dict[str, str] = {
    OWN: "quadruped/ers210.toml",
    "unitree_go1": "robots/unitree_go1.toml",
    "anymal_c": "robots/anymal_c.toml",
    "unitree_go2": "robots/unitree_go2.toml",
    "spot": "robots/spot.toml",
}
"""Name to description file, relative to the models' folder."""


def about_robot(name: str) -> str:
    """The robot in a line, and how its model can be had if it isn't here; nothing is compiled."""
    path = model_path(ROBOTS[name])
    said = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        find_model(said["model"], path)
    except UsageError as error:
        return f"{said['about']}; not here: {error}"
    return str(said["about"])


def find_robot(name: str, bumps: float = 0.0, ground: int = 0) -> Robot:
    """The robot of this name, or of this description file (`.toml`), its model compiled, on ground so rough [m].

    Raises:
      UsageError: there is none, or its model isn't here.
    """
    if name.endswith(".toml"):
        return load_robot(Path(name), bumps=bumps, ground=ground)
    if name not in ROBOTS:
        raise UsageError(unknown_name("robot", name, ROBOTS) + " Or a description file: FILE.toml.")
    return load_robot(model_path(ROBOTS[name]), own=name == OWN, bumps=bumps, ground=ground)
