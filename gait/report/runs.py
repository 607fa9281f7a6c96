"""Finds the runs that a report is of, and sorts them by the question they answer. Reads only; files are data."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from gait.around import Around
from gait.compare.spent import Spent, spent_by
from gait.compare.statistics import sample_curve
from gait.compare.study import Study, curve_of
from gait.errors import UsageError
from gait.files import read_json
from gait.run_files import read_manifest, read_result
from gait.space import Parameter

DEEPEST = 4
"""Folders below an experiment's in which a run may lie."""
FULL = ("optimizer", "seed", "budget", "score_name", "score_unit")
"""What a report needs of a result, beside what every result has."""


@dataclass(frozen=True, eq=False)
class FoundRun:
    """A run directory: its manifest, and its result if it is finished."""

    path: Path
    manifest: Mapping[str, Any]
    result: Mapping[str, Any] | None

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.manifest["seed"])

    @property
    def score(self) -> float:
        """Held-out mean score when the budget was spent (not after it); -inf if the run isn't finished."""
        if self.result is None:
            return -math.inf
        return float(sample_curve(*curve_of(self.result), [self.manifest["budget"]])[0])

    @property
    def overspent(self) -> float:
        """Seconds that its last batch cost beyond the budget: what came of them counts in no comparison."""
        charged = float(self.result["seconds"]["charged"]) if self.result else 0.0
        return max(charged - float(self.manifest["budget"]), 0.0)

    @cached_property
    def spent(self) -> Spent:
        """Where its simulated time went."""
        return spent_by(self.path)

    @property
    def optimizer(self) -> str:
        """The optimizer's name."""
        return str(self.manifest["optimizer"])

    @property
    def around(self) -> str:
        """What was around the optimizer, in words; empty if nothing was."""
        around, fleet = Around.read(self.manifest.get("around", {})).words(), self.manifest.get("fleet", 1)
        return ", ".join(part for part in (around, f"{fleet} robots" if fleet != 1 else "") if part)


@dataclass(frozen=True, eq=False)
class Group:
    """Runs that answer one question (task, fields, budget), by label, the reference first."""

    task: str
    fields: Mapping[str, Any]
    budget: float
    runs: Mapping[str, Sequence[FoundRun]]
    wanted: Mapping[str, int] = field(default_factory=dict)
    """How many runs of each label an experiment asked for."""
    target: float | None = None

    @property
    def every(self) -> list[FoundRun]:
        """All runs."""
        return [run for runs in self.runs.values() for run in runs]

    @property
    def finished(self) -> list[FoundRun]:
        """The runs that have a result."""
        return [run for run in self.every if run.result]

    @property
    def asked(self) -> int:
        """How many runs there should be: what was asked for, or what was found."""
        labels = dict.fromkeys([*self.wanted, *self.runs])
        return sum(max(self.wanted.get(label, 0), len(self.runs.get(label, ()))) for label in labels)

    @property
    def best(self) -> FoundRun | None:
        """The finished run that is best on held-out trials when its budget is spent."""
        return max(self.finished, key=lambda run: run.score, default=None)

    @cached_property
    def study(self) -> Study:
        """The finished runs' results; labels without one are left out."""
        results = {
            label: [{**run.result, "optimizer": label} for run in runs if run.result]
            for label, runs in self.runs.items()
        }
        return Study({label: found for label, found in results.items() if found}, self.budget, self.target)

    @property
    def question(self) -> str:
        """What all of them were asked, and what was around all of them, in words."""
        around = {run.around for run in self.every} - {""}
        shared = around if len({run.around for run in self.every}) == 1 else ()
        fields = (f"{str(name).replace('_', ' ')} {value}" for name, value in self.fields.items())
        return " · ".join([self.task, *fields, *shared])


def find_groups(directories: Sequence[Path], target: float | None = None) -> list[Group]:
    """All runs in or below these directories, by the question they answer.

    Raises:
      UsageError: there is no run, or one is broken.
    """
    paths = {p.resolve(): p for directory in directories for p in _runs_below(directory)}
    if not directories:
        raise UsageError("gait report: name a directory with a run, or with runs below.")
    if not paths:
        said = ", ".join(str(d) for d in directories)
        raise UsageError(f"{said}: there is no run here (a directory with a run.json); nothing to report.")
    questions: dict[str, list[FoundRun]] = {}
    for path in paths.values():
        run = _read_run(path)
        key = [run.manifest[k] for k in ("task", "task_version", "fields", "budget")]
        questions.setdefault(json.dumps(key, sort_keys=True), []).append(run)
    return [_group(runs, target) for _, runs in sorted(questions.items())]


def _runs_below(directory: Path, depth: int = DEEPEST) -> Iterator[Path]:
    if (directory / "run.json").is_file():
        yield directory
    elif depth and directory.is_dir():
        for below in sorted(directory.iterdir()):
            if below.is_dir() and not below.is_symlink():
                yield from _runs_below(below, depth - 1)


def _read_run(path: Path) -> FoundRun:
    """A run, as far as a report reads it known to be what a run writes."""
    manifest = read_manifest(path)
    try:
        _ = [Parameter(**p) for p in manifest["space"]]
    except (TypeError, ValueError):
        raise UsageError(f"{path / 'run.json'} is no manifest of a run: its space is none.") from None
    if not (path / "result.json").exists():
        return FoundRun(path, manifest, None)
    result = read_result(path)
    try:
        _check(result)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise UsageError(f"{path / 'result.json'} is no result of a run.") from None
    return FoundRun(path, manifest, result)


def _check(result: Mapping[str, Any]) -> None:
    """Raises nearly anything if what a report reads of a result isn't there, or no number where it must be one."""
    _ = [result[key] for key in FULL], float(result["seconds"]["charged"]), result["curve"][0]
    clocks = [float(point["clock"]) for point in result["curve"]]
    if sorted(clocks) != clocks:
        raise ValueError("a clock goes back")
    for quality in (result["start"], result["recommended"], *result["curve"]):
        _ = math.sqrt(quality["n"] - 1), float(quality["mean"]), float(quality["sd"])
    for quality in (result["start"], result["recommended"]):
        named = {**(quality.get("parameters") or {}), **(quality.get("measures") or {})}
        _ = [float(value) for value in named.values() if value is not None]


def _group(runs: Sequence[FoundRun], target: float | None) -> Group:
    manifest, wanted = runs[0].manifest, _wanted(runs)
    labels = [run.path.parent.name for run in runs]
    if not all(label in wanted for label in labels):  # else they're the labels that an experiment gave
        labels = _labels(runs)
    found: dict[str, list[FoundRun]] = {}
    for label, run in sorted(zip(labels, runs, strict=True), key=lambda pair: (pair[0], pair[1].seed)):
        found.setdefault(label, []).append(run)
    order = [*(name for name in wanted if name in found), *(name for name in found if name not in wanted)]
    return Group(
        manifest["task"], manifest["fields"], float(manifest["budget"]), {name: found[name] for name in order},
        wanted, target,
    )  # fmt: skip


def _wanted(runs: Sequence[FoundRun]) -> dict[str, int]:
    """How many runs of each label were asked for, by the experiments in whose folders these runs are."""
    wanted: dict[str, int] = {}
    for folder in dict.fromkeys(run.path.resolve().parents[1] for run in runs):
        file = folder / "experiment.json"
        asked = read_json(file) if file.is_file() else {}
        settings, seeds = asked.get("settings"), asked.get("seeds")
        if isinstance(settings, dict) and isinstance(seeds, int):
            wanted |= {str(label): seeds for label in settings}
    return wanted


def _labels(runs: Sequence[FoundRun]) -> list[str]:
    """The optimizer's name; what is around it where that differs, its folder where it has several settings."""
    differ = len({run.around for run in runs}) > 1
    plain = [f"{run.optimizer}, {run.around}" if differ and run.around else run.optimizer for run in runs]
    settings = [json.dumps(run.manifest["settings"], sort_keys=True) for run in runs]
    counts = Counter(name for name, _ in set(zip(plain, settings, strict=True)))
    return [f"{name} ({run.path.parent.name})" if counts[name] > 1 else name
            for name, run in zip(plain, runs, strict=True)]  # fmt: skip
