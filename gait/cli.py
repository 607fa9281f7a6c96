"""The command `gait`: parse, call, say what went wrong. What each command asks for is in `gait.commands`."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro
from tyro.conf import subcommand

from gait.commands.comparison import Compare
from gait.commands.looks import Analyze, Pareto, Render, Report, View
from gait.commands.runs import Evaluate, Optimize, Resume, Show
from gait.commands.shelf import CheckRobot, List
from gait.errors import UsageError, unknown_name
from gait.view.gl import forget_broken_choice
from gait.words import gather, sentence

COMMANDS: dict[str, type] = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower(): cls
    for cls in (List, Optimize, Resume, Show, Evaluate, Render, View, Analyze, Pareto, Compare, Report, CheckRobot)
}
PIPE_CLOSED = 128 + 13
"""What a shell says of a program that SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point: exit code 0 if done, 2 if asked for what can't be, 130 if interrupted, 141 if nobody reads on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without "±" gets a "?", not an exception
    forget_broken_choice()
    try:
        code = _parse(list(sys.argv[1:] if argv is None else argv)).run()
        sys.stdout.flush()  # here, where a closed pipe can still be caught
    except BrokenPipeError:  # as of `gait list | head -1`: no more is wanted
        code = PIPE_CLOSED
        _drop_output()
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        code = 2
    except OSError as error:  # a full disk, a file in the way
        print(f"gait: {error.filename or 'a file'}: {error.strerror or error}.", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("gait: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)


def _drop_output() -> None:
    """Let what is still to be written go nowhere: Python writes it when it ends, and would complain."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parse(words: list[str]) -> Any:
    """The command that these words ask for; what the parser can't read is refused in one sentence."""
    name = words[0] if words and not words[0].startswith("-") else ""
    if name and name not in COMMANDS:
        raise UsageError(unknown_name("command", name, COMMANDS))
    form: Any = COMMANDS[name] if name else _any_command()
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(
                form, prog=f"gait {name}".strip(), args=gather(words[bool(name) :]),
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
                description=None if name else "Tune walkers; see what it cost in simulated time.",
            )  # fmt: skip
    except SystemExit as stop:
        if not stop.code:  # help was asked for
            sys.stdout.flush()
            raise
        raise UsageError(f"{sentence(said.getvalue())} See: {f'gait {name}'.strip()} --help") from None


def _any_command() -> Any:
    """All commands, for their list."""
    choices: Any = None
    for name, cls in COMMANDS.items():
        choice: Any = Annotated.__class_getitem__((cls, subcommand(name, prefix_name=False)))  # type: ignore[attr-defined]
        choices = choice if choices is None else choices | choice
    return choices


if __name__ == "__main__":
    main()
