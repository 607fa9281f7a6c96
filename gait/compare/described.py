"""Described: a plan as a TOML file, to be written by hand and by the experiment itself.

    task = "quadruped"          # of every row, unless it names its own
    seeds = 10
    budget = "1h"               # simulated, of each run

    [fields]                    # of every row
    noise = "default"

    [tasks.flat]                # rows, each with fields of its own; without any, there is one row without a label
    [tasks.go1]
    robot = "unitree_go1"

    [optimizers.finite-difference]
    [optimizers.small]          # a label; its optimizer is `optimizer`, the rest are settings
    optimizer = "cma-es"
    population = 12

Also there can be `target`, `fleet`, and `early_stop`, `racing`, `common_seeds` in `[around]`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from gait.around import Around
from gait.compare.entries import OptimizerEntry, TaskEntry
from gait.compare.plan import Plan
from gait.durations import parse_duration
from gait.errors import UsageError, unknown_name

KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "task": ((str,), "a name"),
    "seeds": ((int,), "a whole number"),
    "budget": ((str, int, float), 'simulated time, such as "1h"'),
    "target": ((int, float), "a number"),
    "fleet": ((int,), "a whole number"),
    "around": ((dict,), "a table"),
    "fields": ((dict,), "a table"),
    "tasks": ((dict,), "a table of tables"),
    "optimizers": ((dict, list), "a table of tables, or a list of names"),
}
"""What a file can say."""
Table = Mapping[str, Any]


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file.

    Raises:
      UsageError: it can't be read, or says what can't be.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:  # of TOML or of UTF-8
        raise UsageError(f"{path} is not TOML: {error}.") from None
    try:
        return plan_of(data)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def plan_of(data: Table) -> Plan:
    """The plan that such data describes.

    Raises:
      UsageError: it says what can't be.
    """
    for key, value in data.items():
        _check(key, value, *KINDS.get(key, ((), "")))
    if "optimizers" not in data:
        raise UsageError("optimizers are missing: [optimizers.NAME] tables, or a list of names.")
    given = {key: data[key] for key in ("seeds", "fleet") if key in data}
    if "budget" in data:
        given["budget"] = parse_duration(data["budget"])
    if "target" in data:
        given["target"] = float(data["target"])
    return Plan(_tasks(data), _optimizers(data["optimizers"]), around=_around(data.get("around", {})), **given)


def _check(key: str, value: object, kinds: tuple[type, ...], what: str) -> None:
    if not kinds:
        raise UsageError(unknown_name("entry", key, KINDS))
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise UsageError(f"{key} = {value!r}: {key} is {what}.")


def _tasks(data: Table) -> tuple[TaskEntry, ...]:
    shared, found = dict(data.get("fields", {})), []
    for label, row in data.get("tasks", {"": {}}).items():
        if not isinstance(row, dict):
            raise UsageError(f"tasks.{label} = {row!r}: a task is a table of fields.")
        own = dict(row)
        name = own.pop("task", data.get("task"))
        if not isinstance(name, str):
            raise UsageError(f'task is missing{f" of tasks.{label}" if label else ""}: task = "NAME".')
        found.append(TaskEntry(label, name, shared | own))
    return tuple(found)


def _optimizers(data: Table | list[Any]) -> tuple[OptimizerEntry, ...]:
    if isinstance(data, list):
        return tuple(OptimizerEntry(str(name), str(name)) for name in data)
    found = []
    for label, row in data.items():
        if not isinstance(row, dict):
            raise UsageError(f"optimizers.{label} = {row!r}: an optimizer is a table of settings.")
        settings = {key: str(value) for key, value in row.items() if key != "optimizer"}
        found.append(OptimizerEntry(label, str(row.get("optimizer", label)), settings))
    return tuple(found)


def _around(data: Table) -> Around:
    known = {f.name: type(f.default) for f in fields(Around)}
    for key, value in data.items():
        if key not in known:
            raise UsageError(f"around: {unknown_name('entry', key, known)}")
        if type(value) is not known[key]:
            what = "true or false" if known[key] is bool else "a whole number"
            raise UsageError(f"around.{key} = {value!r}: {key} is {what}.")
    return Around(**data)


def text_of(plan: Plan) -> str:
    """The plan as a TOML file, in full where it matters: read again it's the same plan."""
    lines = [f"seeds = {plan.seeds}", f"budget = {_value(plan.budget)}  # simulated seconds of each run"]
    lines += [f"target = {_value(plan.target)}"] if plan.target is not None else []
    lines += [f"fleet = {plan.fleet}"] if plan.fleet != 1 else []
    lines += _table("around", plan.around.describe()) if plan.around.describe() else []
    for task in plan.tasks:
        if task.label:
            lines += _table(f"tasks.{_key(task.label)}", {"task": task.name, **task.fields})
        else:
            lines.insert(0, f"task = {_value(task.name)}")
            lines += _table("fields", task.fields) if task.fields else []
    for entry in plan.optimizers:
        named = {"optimizer": entry.name} if entry.name != entry.label else {}
        lines += _table(f"optimizers.{_key(entry.label)}", {**named, **entry.words})
    return "\n".join(lines) + "\n"


def _table(name: str, values: Table) -> list[str]:
    return ["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in values.items())]


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else _value(name)


def _value(value: Any) -> str:
    """A string, number or truth value, written alike in JSON and TOML but for DEL and lone surrogates."""
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
