"""Files that survive a kill: JSON, JSON lines and arrays, written whole, read as data and nothing else."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gait.errors import UsageError


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is not allowed")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)  # 1e999 is infinite, too


def _parse(text: str | bytes) -> dict[str, Any]:
    """A JSON object of finite numbers; `ValueError` if it's something else."""
    try:
        data = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("no JSON object")
    return data


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file, as data; a `UsageError` that says what is wrong otherwise."""
    try:
        return _parse(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"{path} is not a JSON object: {error}.") from None


def read_lines(path: Path, *, torn: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers from 1 and JSON objects of a file of lines; a `UsageError` names a line that is none.

    With `torn`, a last line without its end is left out: it's being written, or its writer was killed.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if torn and not line.endswith(b"\n"):
                    return
                try:
                    event = _parse(line)
                except ValueError as error:
                    raise UsageError(f"{path} line {number} is corrupt: {error}.") from None
                yield number, event
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from None


def append_lines(path: Path, objects: Sequence[dict[str, Any]], *, sync: bool = True) -> None:
    """Append objects as JSON lines in one write; with `sync`, they're on disk when this returns.

    Floats round-trip exactly.
    """
    text = "".join(json.dumps(o, allow_nan=False) + "\n" for o in objects)
    with path.open("ab") as file:
        file.write(text.encode())
        file.flush()
        if sync:
            os.fsync(file.fileno())


def drop_torn_line(path: Path) -> None:
    """Cut a last line without its end, so that the next one doesn't run on from it."""
    if path.exists():
        with path.open("r+b") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file so that it's either the old one or the whole new one."""
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays so that the file is either absent or whole."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **arrays)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def read_npz(path: Path) -> dict[str, Any]:
    """Arrays of a file, never pickled objects; `ValueError` if it's broken."""
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name: data[name] for name in data.files}
    except OSError as error:
        raise ValueError(f"{path.name} can't be read: {error.strerror or error}") from None
    except Exception as error:  # a broken zip can raise nearly anything, and anything means the same
        raise ValueError(f"{path.name} is broken: {error}") from None
