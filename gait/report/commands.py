"""The commands that make a run or an experiment again, and the versions it was made with."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gait.report.runs import FoundRun, Group


def run_command(manifest: Mapping[str, Any], out: object) -> str:
    """The `gait optimize` that makes this run again."""
    return shlex.join([*_words(manifest), "--seed", str(manifest["seed"]), "--out", str(out)])


def group_commands(group: Group) -> list[str]:
    """The commands that make a comparison again: a line for each optimizer's runs."""
    lines = []
    for runs in group.runs.values():
        for first, seeds in _alike(runs):
            line = f'{shlex.join(_words(first.manifest))} --seed "$seed"'
            place = f'studies/again/{_folder(first)}/seed-"$seed"'
            lines.append(f"for seed in {' '.join(map(str, seeds))}; do {line} --out {place}; done")
    return lines


def _words(manifest: Mapping[str, Any]) -> list[str]:
    """The command but for the seed and the place."""
    words = ["gait", "optimize", str(manifest["task"]), "--optimizer", str(manifest["optimizer"])]
    words += ["--budget", f"{manifest['budget']!r}s", *_flags(manifest)]
    for name, value in manifest["settings"].items():
        if value != "":  # nothing can't be typed; it's the default where it's allowed
            words += ["--set", f"{name}={value}"]
    return words


def versions(runs: Sequence[FoundRun]) -> list[tuple[str, str]]:
    """Name and version of what the results may depend on; all that were found, most frequent first."""
    found: dict[str, Counter[str]] = {}
    for run in runs:
        for name, version in run.manifest["versions"].items():
            found.setdefault(str(name), Counter())[str(version)] += 1
    return [(name, ", ".join(version for version, _ in counts.most_common())) for name, counts in found.items()]


def _alike(runs: Sequence[FoundRun]) -> list[tuple[FoundRun, list[int]]]:
    """Runs that differ in their seeds only: the first, and all seeds."""
    kinds: dict[str, list[FoundRun]] = {}
    for run in runs:
        keys = ("settings", "around", "fleet")
        kinds.setdefault(json.dumps([run.manifest.get(k) for k in keys], sort_keys=True), []).append(run)
    return [(alike[0], [run.seed for run in alike]) for alike in kinds.values()]


def _folder(run: FoundRun) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in run.path.resolve().parent.name) or "runs"


def _flags(manifest: Mapping[str, Any]) -> list[str]:
    """Fields of the task and what is around the optimizer, as options."""
    words: list[str] = []
    for name, value in {**manifest["fields"], **manifest.get("around", {}), "fleet": manifest.get("fleet", 1)}.items():
        option = f"--{str(name).replace('_', '-')}"
        if value is True:
            words.append(option)
        elif not (value is False or value is None or (name == "fleet" and value == 1)):
            words += [option, str(value)]
    return words
