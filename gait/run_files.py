"""Run files: the manifest and the result of a run directory, read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gait.errors import UsageError
from gait.files import read_json

SCHEMA = 1
MANIFEST: dict[str, tuple[type, ...]] = {
    "task": (str,), "task_version": (str,), "fields": (dict,), "space": (list,), "optimizer": (str,),
    "settings": (dict,), "seed": (int,), "budget": (int, float), "fall_seconds": (int, float),
    "setup_seconds": (int, float),
    "versions": (dict,),
}  # fmt: skip
"""What a manifest must have, and of which type."""
RESULT = ("start", "recommended", "seconds", "endings", "trials", "curve")
"""What a result must have."""


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run directory.

    Raises:
      UsageError: there is none, or it is not one.
    """
    file = path / "run.json"
    if not file.is_file():
        raise UsageError(f"{path} is no run directory: it has no run.json.")
    manifest = read_json(file)
    if manifest.get("schema") != SCHEMA:
        raise UsageError(f"{file} has schema {manifest.get('schema')!r}; this version reads schema {SCHEMA}.")
    wrong = [key for key, kinds in MANIFEST.items() if not isinstance(manifest.get(key), kinds)]
    wrong += [key for key in ("seed", "budget") if key not in wrong and manifest[key] < 0]
    if "space" not in wrong and not all(_is_parameter(p) for p in manifest["space"]):
        wrong.append("space")
    if wrong:
        raise UsageError(f"{file} is no manifest of a run: it has no usable {', '.join(wrong)}.")
    del manifest["schema"]
    return manifest


def _is_parameter(p: object) -> bool:
    return isinstance(p, dict) and p.keys() >= {"name", "low", "high", "default", "unit"}


def read_result(path: Path) -> dict[str, Any]:
    """What came out of the run in this directory.

    Raises:
      UsageError: it is no run, or not finished, or its result is not one.
    """
    read_manifest(path)
    file = path / "result.json"
    if not file.exists():
        raise UsageError(f"{path} is not finished; go on with: gait resume {path}")
    result = read_json(file)
    missing = [key for key in RESULT if key not in result]
    if missing:
        raise UsageError(f"{file} is no result of a run: it has no {', '.join(missing)}.")
    return result
