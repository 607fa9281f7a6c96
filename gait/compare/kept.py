"""Kept: finished runs of a long study as lines of one small file, so that it goes on wherever it was left.

A run directory holds every trial and is large; a line holds what a comparison needs. The file can be committed, and a
study that takes many hours be walked in parts, on several machines.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import inspect
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gait.around import Around
from gait.compare.executors.processes import results
from gait.compare.study import Study
from gait.files import append_lines, drop_torn_line, read_json, read_lines
from gait.optimizers import find_optimizer
from gait.optimizers.base import Optimizer
from gait.run import optimize, resume
from gait.tasks import make_task

Line = dict[str, Any]


class Asked(Protocol):
    """What a line answers; in another process too, so it is plain data."""

    @property
    def described(self) -> Line:
        """All that the answer follows from: the line begins with it."""

    def walk(self, work: Path) -> Line:
        """The whole line, walked below `work`."""


Q = TypeVar("Q", bound=Asked)


@dataclass(frozen=True)
class Question:
    """One run of a study."""

    task: str
    optimizer: str
    seed: int
    budget: float
    """Simulated seconds."""
    settings: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def described(self) -> Line:
        """All that the answer follows from, as plain data: settings and fields in full, and the code's digest."""
        cls, task = find_optimizer(self.optimizer), make_task(self.task, dict(self.fields), 1)
        said = {
            "task": self.task, "task_version": task.version, "fields": task.fields(), "optimizer": self.optimizer,
            "settings": asdict(cls.Settings.parse(self.settings)), "around": dict(self.around), "seed": self.seed,
            "budget": self.budget, "code": code_of(cls),
        }  # fmt: skip
        return dict(json.loads(json.dumps(said)))

    def walk(self, work: Path) -> Line:
        """Do the run in a directory below `work`, or go on with a shorter one of the same; its line."""
        said = self.described
        shared = {k: v for k, v in said.items() if k != "budget"}
        place = work / f"{self.optimizer}-{hashlib.sha256(json.dumps(shared).encode()).hexdigest()[:12]}"
        if (place / "run.json").exists():
            budget = max(self.budget, float(read_json(place / "run.json")["budget"]))
            run = resume(place, budget=budget, progress=False, threads=1)
        else:
            cls = find_optimizer(self.optimizer)
            run = optimize(
                make_task(self.task, dict(self.fields), 1), self.optimizer, budget=self.budget, seed=self.seed,
                out=place, settings=cls.Settings.parse(self.settings), around=Around.read(self.around), progress=False,
            )  # fmt: skip
        if not run.result:
            raise InterruptedError("the run was interrupted; ask again and it goes on")
        return said | line_of(run.result)


def line_of(result: Mapping[str, Any]) -> Line:
    """What is kept of a run's result."""
    best, drawn = result["recommended"], result.get("stochastic")
    return {
        "start": {k: result["start"][k] for k in ("mean", "sd", "n")},
        "recommended": {k: best[k] for k in ("mean", "sd", "n", "falls")}, "parameters": best["parameters"],
        "measures": best["measures"],
        "seconds": result["seconds"], "trials": result["trials"], "batches": result["batches"],
        "endings": result["endings"], "curve": [[p["clock"], p["mean"]] for p in result["curve"]],
        **({"stochastic": {k: drawn[k] for k in ("mean", "sd", "n", "falls")}} if drawn else {}),
    }  # fmt: skip


def study_of(rows: Mapping[str, Sequence[Line]], budget: float, target: float | None = None) -> Study:
    """The study of such lines by label, the reference first, at one budget [s]."""
    return Study({label: [_result(label, line) for line in lines] for label, lines in rows.items()}, budget, target)


def _result(label: str, line: Line) -> Line:
    """A line as the result of a run, whose curve has means only."""
    task = make_task(line["task"], dict(line["fields"]), 1)
    curve = [{"clock": clock, "mean": mean, "sd": None, "n": None} for clock, mean in line["curve"]]
    return line | {
        "optimizer": label, "curve": curve, "score_name": task.score_name, "score_unit": task.score_unit
    }  # fmt: skip


def code_of(cls: type) -> str:
    """A digest of the code an optimizer is: its module and those of its bases, but for the base of all.

    Comments, docstrings and layout don't count.
    """
    modules = dict.fromkeys(base.__module__ for base in cls.__mro__ if base not in Optimizer.__mro__)
    digests = [_digest(ast.parse(inspect.getsource(sys.modules[name]))) for name in modules]
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()[:12]


def _digest(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not _is_string(s)]  # type: ignore[attr-defined]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:12]


def _is_string(statement: object) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


class Kept:
    """The file of a study: a line a finished run.

    Args:
      path: a JSON-lines file; made when first needed.

    Raises:
      UsageError: the file is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        drop_torn_line(path)
        self.lines = [line for _, line in read_lines(path)]

    def find(self, question: Asked) -> Line | None:
        """The line that answers a question, by the code as it is now; None if there is none yet."""
        said = question.described
        return next((line for line in self.lines if all(line.get(k) == v for k, v in said.items())), None)

    def missing(self, questions: Iterable[Q]) -> list[Q]:
        """Questions that aren't answered yet."""
        return [q for q in questions if self.find(q) is None]

    def answer(
        self, questions: Iterable[Q], work: Path, jobs: int, until: float = math.inf
    ) -> Iterator[tuple[Q, Line]]:
        """Walk what isn't known yet, so many at a time, each run on one thread; yields each as it is done.

        No run is begun after `until` on the monotonic clock [s]. A run that fails is told on standard error and tried
        again when the study is asked for again.
        """
        for todo in _rounds(self.missing(questions)):
            walks = (partial(question.walk, work) for question in takewhile(lambda _: time.monotonic() < until, todo))
            for index, line, error in results(walks, jobs):
                if error is not None:
                    print(f"{todo[index]}: {error}", file=sys.stderr)
                    continue
                self.lines.append(line)
                append_lines(self.path, [line])
                yield todo[index], line

    def walk(
        self, questions: Iterable[Q], work: Path, jobs: int, minutes: float, tell: Callable[[Q, Line], str]
    ) -> None:
        """Walk what isn't known yet, and print what `tell` says of each run; none is begun after so many minutes."""
        began, todo = time.monotonic(), self.missing(questions)
        for k, (question, line) in enumerate(self.answer(todo, work, jobs, began + 60.0 * minutes), 1):
            spent = (time.monotonic() - began) / 60.0
            print(f"{k}/{len(todo)} {spent:.0f} min: {tell(question, line)}", flush=True)


def add_options(parser: argparse.ArgumentParser, kept: str, work: str) -> None:
    """What every study whose runs are kept can be asked: --jobs, --minutes, --kept and --work."""
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many minutes; 0: none")
    parser.add_argument("--kept", type=Path, default=Path(kept))
    parser.add_argument("--work", type=Path, default=Path(work), help="where runs are walked")


def _rounds(questions: list[Q]) -> list[list[Q]]:
    """Questions so that those that differ by their budget alone, which are one run, aren't walked at a time."""
    rounds: list[list[Q]] = []
    seen: Counter[str] = Counter()
    for question in questions:
        run = json.dumps({k: v for k, v in question.described.items() if k != "budget"}, sort_keys=True)
        if seen[run] == len(rounds):
            rounds.append([])
        rounds[seen[run]].append(question)
        seen[run] += 1
    return rounds
