"""Events: what an executor tells of the jobs it was given, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

DAY = 86400.0
"""Wall seconds that a job may take if nothing else is said: what takes longer hangs."""
RETRIES = 2
"""How often a job is begun again whose process died or hung. What raises would raise again: it's not retried."""


@dataclass(frozen=True)
class Began:
    """A job is under way."""

    index: int
    """Its place among the jobs given."""


@dataclass(frozen=True)
class Again:
    """A job lost its process and will be begun again."""

    index: int
    why: str


@dataclass(frozen=True)
class Ended:
    """A job is done with, well or not."""

    index: int
    value: Any = None
    """What it returned."""
    error: Exception | None = None
    """What it raised, or `Lost`."""


Event = Began | Again | Ended


class Lost(RuntimeError):
    """A job's process died or hung, each time it was tried."""


class Job(Protocol):
    """A run that can be walked anywhere and gone on with: it lives in a directory."""

    @property
    def place(self) -> Path:
        """The directory."""

    def at(self, place: Path) -> Job:
        """The same run in another directory."""

    def __call__(self, threads: int = 1) -> None:
        """Walk it, or what is left of it."""


class Executor(Protocol):
    """Something that walks jobs."""

    def walk(self, jobs: Sequence[Job]) -> Generator[Event, None, None]:
        """Walk them all and tell; closing the iterator ends those under way."""


T = TypeVar("T")
Task = Callable[[], T]
"""Anything to be called in another process; plain data."""


def lost(why: str, tries: int) -> Lost:
    """The failure of a job that was tried so often."""
    return Lost(why if tries == 1 else f"{why}, {tries} times")
