"""Words and flags that several commands share: how they are read, and what they mean."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg
from tyro.constructors import PrimitiveConstructorSpec

from gait.errors import UsageError


def word(metavar: str, read: Callable[[str], Any] = str, what: str = "") -> PrimitiveConstructorSpec[Any]:
    """How a word is read; one that can't be is refused as being not `what`."""

    def read_word(words: list[str]) -> Any:
        try:
            return read(words[0])
        except ValueError:
            raise ValueError(f"{words[0]!r} is not {what}") from None

    return PrimitiveConstructorSpec(1, metavar, read_word, lambda value: True, lambda value: [str(value)])


Name = Annotated[str, word("NAME")]
Maybe = Annotated[str | None, word("NAME")]
Duration = Annotated[str, word("TIME")]
Whole = Annotated[int, word("N", int, "a whole number")]
Number = Annotated[float | None, word("X", float, "a number")]
Folder = Annotated[Path, word("DIR", Path)]
Folders = Annotated[tuple[Path, ...], arg(metavar="DIR…")]
File = Annotated[Path, word("FILE", Path)]
Pairs = Annotated[tuple[str, ...], arg(metavar="NAME=VALUE")]
TaskName = Positional[Annotated[str, word("TASK")]]


@dataclass
class TaskFlags:
    """Fields of the task; what a task doesn't have is refused."""

    robot: Maybe = None
    """Robot that walks."""
    controller: Maybe = None
    """Controller whose parameters are tuned."""
    gait: Maybe = None
    """Phase offsets of the legs."""
    noise: Maybe = None
    """Trial noise: off, low, default or high."""
    objective: Maybe = None
    """What counts as good: a name (`gait list objectives`), or MEASURE=WEIGHT,…"""
    command_speed: Number = None
    """Speed that an objective wants walked at [m/s]."""
    condition: Annotated[str | None, word("NAME=VALUE,…")] = None
    """What makes walking harder (`gait list conditions`); NAME=LOW..HIGH draws it in each trial."""
    turn: Number = None
    """Curvature of the path to be walked, left positive [1/m]."""
    heading_hold: Number = None
    """How strongly a robot is steered back to its path [1/m]; 0 lets it drift."""
    tune_phases: bool = False
    """Tune phase offsets too."""
    participant: Maybe = None
    """Person who walks."""
    ankles: Maybe = None
    """Ankles that wear a device: both, left or right."""
    device: Maybe = None
    """What is worn: ankle, massless or none."""
    speed: Maybe = None
    """Speed of the treadmill [m/s]."""
    adaptation: Maybe = None
    """How fast the person learns to walk with less effort: off, slow or fast."""

    def fields(self) -> dict[str, Any]:
        """What was set."""
        return {k: v for k, v in vars(self).items() if v is not None and v is not False}


Flags = Annotated[TaskFlags, arg(name="")]


@dataclass
class AroundFlags:
    """What is put around the optimizer."""

    early_stop: bool = False
    """Give up trials that fall behind the best one so far; they are charged what they used."""
    racing: Whole = 0
    """Walk each candidate up to N times, where the ranking needs it; 0 is as often as the optimizer asks."""
    common_seeds: bool = False
    """Candidates of a batch meet the same noise. A robot can't do this."""

    def around(self) -> Any:
        """As one thing."""
        from gait.around import Around

        return Around(**vars(self))


AnyAround = Annotated[AroundFlags, arg(name="")]


def threads_of(n: int) -> int:
    """The number, if it is one of threads."""
    if not 0 <= n <= 1024:
        raise UsageError(f"--threads {n}: physics threads are 0 (one a core) to 1024.")
    return n


def print_json(data: Any) -> None:
    """Data for other programs, on standard output."""
    json.dump(data, sys.stdout, indent=1, allow_nan=False)
    print()
