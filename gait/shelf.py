"""What there is to choose from, one line each, and optimizers in full."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gait.controllers import CONTROLLERS, GAITS
from gait.errors import UsageError
from gait.human.participants import find_participant, participant_names
from gait.objective import NAMED
from gait.optimizers import find_optimizer, optimizer_names
from gait.optimizers.base import Optimizer
from gait.robots import ROBOTS, about_robot
from gait.robots.conditions import DISABLED, KINDS, Kind
from gait.tasks import find_task, make_task, task_names


def shelf() -> dict[str, dict[str, str]]:
    """Names and one line about each, by kind."""
    return {
        "tasks": {name: _about(find_task, name) for name in task_names()},
        "optimizers": {name: _about(find_optimizer, name) for name in optimizer_names()},
        "controllers": {name: cls.about for name, cls in CONTROLLERS.items()},
        "robots": {name: about_robot(name) for name in ROBOTS},
        "gaits": {name: f"{g.about}; touchdown delays FL FR HL HR {g.offsets}" for name, g in GAITS.items()},
        "objectives": {name: about for name, (_, about) in NAMED.items()},
        "conditions": {name: _condition(kind) for name, kind in KINDS.items()} | {DISABLED: "a joint's servo is dead"},
        "participants": {name: find_participant(name).about for name in participant_names()},
    }


def _condition(kind: Kind) -> str:
    span = f"{kind.low:g}…{kind.high:g} {kind.unit}".rstrip()
    return f"{kind.about} ({span})"


def _about(find: Callable[[str], type], name: str) -> str:
    """The class's own line, or the first line of its docstring, or why another's package can't be loaded."""
    try:
        cls = find(name)
    except UsageError as error:
        return str(error)
    return str(getattr(cls, "about", "") or (cls.__doc__ or "").strip().partition("\n")[0])


def optimizers_in_full() -> dict[str, dict[str, Any]]:
    """Each optimizer's line, what it asks for, and its settings, by name.

    `batch` is the number of trials asked for at a time, by task; None where it refuses the task.
    """
    tasks = {name: make_task(name, {}) for name in task_names()}
    found = {}
    for name in optimizer_names():
        cls = find_optimizer(name)
        found[name] = {
            "about": cls.about,
            "batch": {task: _batch(cls, made.problem) for task, made in tasks.items()},
            "chooses_seconds": cls.chooses_seconds,
            "ranks": cls.ranks,
            "settings": [_setting(f) for f in dataclasses.fields(cls.Settings)],
        }
    return found


def _batch(cls: type[Optimizer], problem: Any) -> int | None:
    try:
        return cls(problem).batch_size
    except UsageError:
        return None


def _setting(f: dataclasses.Field[Any]) -> dict[str, Any]:
    meta = f.metadata
    low, high = (v if math.isfinite(v) else None for v in (meta["low"], meta["high"]))
    return {"name": f.name, "default": f.default, "unit": meta["unit"], "about": meta["about"], "low": low,
            "high": high, "choices": list(meta["choices"])}  # fmt: skip


def optimizer_lines(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What `optimizers_in_full` found, as lines for people."""
    for name, o in found.items():
        yield f"{name}: {o['about']}"
        sizes = ", ".join(f"{'–' if n is None else n} on {task}" for task, n in o["batch"].items())
        asks = "it chooses their seconds" if o["chooses_seconds"] else "of the task's default seconds"
        yield f"  trials at a time, at most: {sizes}; {asks}"
        for s in o["settings"]:
            value = f"{_told(s['default'])} {s['unit']}".rstrip()
            yield f"  --set {s['name']}={value}: {s['about']}{_range(s)}"
        yield ""


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _range(s: Mapping[str, Any]) -> str:
    if s["choices"]:
        return f" ({', '.join(s['choices'])})"
    ends = ["" if v is None else f"{v:g}" for v in (s["low"], s["high"])]
    return f" ({'…'.join(ends)})" if any(ends) else ""
