"""Names to classes: what ships here, and what other packages add through entry points."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TypeVar

from gait.errors import UsageError, unknown_name

T = TypeVar("T")


def find(kind: str, name: str, shipped: Mapping[str, T], group: str) -> T:
    """The class registered as `name`, here or by another package under the entry point `group`.

    Raises:
      UsageError: nothing has this name (lists what has one), or the other package fails to load.
    """
    if name in shipped:
        return shipped[name]
    for point in entry_points(group=group):
        if point.name == name:
            try:
                found: T = point.load()
            except Exception as error:
                raise UsageError(f"{kind} {name!r} ({point.value}) does not load: {error}") from error
            return found
    raise UsageError(unknown_name(kind, name, names(shipped, group)))


def names(shipped: Mapping[str, object], group: str) -> list[str]:
    """All names under which `find` finds something, sorted."""
    return sorted({*shipped, *(point.name for point in entry_points(group=group))})
