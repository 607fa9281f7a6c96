"""Commands of what there is, and of what could be added: list, and check a robot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from gait.commands.flags import (
    File,
    print_json,
    word,
)
from gait.errors import UsageError, unknown_name

KINDS = ("tasks", "optimizers", "controllers", "robots", "gaits", "objectives", "conditions", "participants")


@dataclass
class List:
    """What there is: tasks, optimizers, controllers, robots, gaits, participants."""

    kind: Positional[Annotated[str, word("KIND")]] = "all"
    """One kind only."""
    settings: bool = False
    """With `optimizers`: what each asks for, and its settings with units, defaults and ranges."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Print one line each."""
        from gait.shelf import shelf

        if self.kind != "all" and self.kind not in KINDS:
            raise UsageError(unknown_name("kind", self.kind, ("all", *KINDS)))
        if self.settings:
            return self._settings()
        found = {kind: lines for kind, lines in shelf().items() if self.kind in ("all", kind)}
        if self.json:
            print_json(found)
            return 0
        for kind, lines in found.items():
            print(kind)
            for name, about in lines.items():
                print(f"  {name:<20} {about}")
        return 0

    def _settings(self) -> int:
        from gait.shelf import optimizer_lines, optimizers_in_full

        if self.kind != "optimizers":
            raise UsageError(f"gait list {self.kind} --settings: only optimizers have settings.")
        found = optimizers_in_full()
        if self.json:
            print_json(found)
        else:
            print("\n".join(optimizer_lines(found)))
        return 0


@dataclass
class CheckRobot:
    """Propose the description of a quadruped from its MJCF, and see whether it holds."""

    file: Positional[File]
    """Model of the robot."""
    out: Annotated[Path | None, word("FILE", Path)] = None
    """Description to write; if none is named, it is printed."""
    json: bool = False
    """Print JSON."""

    def run(self) -> int:
        """Print the description, or write it and print the verdict; 1 if it doesn't hold."""
        from gait.robots.check import check_robot, write_description

        check = check_robot(self.file, self.out)
        if self.out:
            write_description(check, self.out)
        if self.json:
            print_json(check.data())
        else:
            print("\n".join(check.lines()) if self.out else check.toml())
        return 0 if check.ok else 1
