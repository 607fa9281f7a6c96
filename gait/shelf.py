"""What there is to choose from, one line each."""

from __future__ import annotations

from collections.abc import Callable

from gait.controllers import CONTROLLERS, GAITS
from gait.errors import UsageError
from gait.human.participants import find_participant, participant_names
from gait.optimizers import find_optimizer, optimizer_names
from gait.robots import ROBOTS, find_robot
from gait.tasks import find_task, task_names


def shelf() -> dict[str, dict[str, str]]:
    """Names and one line about each, by kind."""
    return {
        "tasks": {name: _about(find_task, name) for name in task_names()},
        "optimizers": {name: _about(find_optimizer, name) for name in optimizer_names()},
        "controllers": {name: cls.about for name, cls in CONTROLLERS.items()},
        "robots": {name: find_robot(name).about for name in ROBOTS},
        "gaits": {name: f"touchdown delays FL FR HL HR {offsets} strides" for name, offsets in GAITS.items()},
        "participants": {name: find_participant(name).about for name in participant_names()},
    }


def _about(find: Callable[[str], type], name: str) -> str:
    """The class's own line, or the first line of its docstring, or why another's package can't be loaded."""
    try:
        cls = find(name)
    except UsageError as error:
        return str(error)
    return str(getattr(cls, "about", "") or (cls.__doc__ or "").strip().partition("\n")[0])
