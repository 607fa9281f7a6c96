"""Our optimizers beside those of other libraries, on the noise-free functions of BBOB (COCO).

    pip install -c constraints.txt -e '.[bench,bayesian]'
    python benchmarks/bbob.py [--only cma-es,genetic] [--instances 15] [--dimensions 5,10] [--out runs/bbob]

Both search [-5, 5]^d as the unit cube, from the same uniform start in [-4, 4]^d, with ε = 0.05 of the range, and the
same first step and population where both have one; the score is -f. A run ends with its budget or at f_opt + 1e-8.

What is compared is the expected running time (ERT) to f_opt + 100, 10, …, 1e-8: evaluations of all instances until hit
or given up / hits, the mean runtime of restarts. A target counts that either side hits in half of its runs or more, and
that not all starts meet; a side that never hits it counts as if it had once, at the very end. A pair's figure is the
geometric mean of ERT ours / reference over the targets of a function and dimension, then over functions and dimensions;
its 95 % interval is a bootstrap of functions, and of instances within. The bar: its upper end is at most 1.15.

Runs are kept in `runs.jsonl`, one line each, and done again only when their code or settings change; `summary.json` and
`summary.md` are made of them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.metadata
import inspect
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bbob_ratios import summarize, table
from bbob_references import FUNCTIONS, PAIRS, TARGETS, Cost, Enough, Meter, Pair

from gait.files import append_lines, drop_torn_line, read_lines, write_json
from gait.optimizers import find_optimizer, optimizer_names
from gait.optimizers.base import Optimizer
from gait.space import Parameter, Space
from gait.task import Problem, Seconds
from gait.trial import Ending, Query, Trial

EPSILON = 0.05


@dataclass(frozen=True)
class Instance:
    """Where one run searches."""

    function: int
    dimension: int
    instance: int

    @property
    def seed(self) -> int:
        """A seed for both sides."""
        return 10_000 * self.function + 100 * self.dimension + self.instance

    @property
    def problem(self) -> Problem:
        """All that an optimizer of ours is told; the start is the instance's own."""
        start = np.random.default_rng([1, self.seed]).uniform(-4.0, 4.0, self.dimension)
        parameters = [Parameter(f"x{i}", -5.0, 5.0, x, EPSILON * 10.0, "") for i, x in enumerate(start.tolist())]
        return Problem(Space(parameters), (), Seconds(1.0, 1.0, 1.0), lambda seconds: 0.0)


def trial_of(query: Query, score: float) -> Trial:
    """A trial of one decision."""
    actions, nothing, one = query.policy.arrays()["x"][None], np.zeros((2, 0)), np.ones(1)
    return Trial(query.id, score, 1.0, 1.0, Ending.COMPLETED, actions, nothing, score * one, one, 1.0)


def search(cost: Cost, optimizer: Optimizer) -> None:
    """Minimise with an optimizer of ours until the cost has had enough."""
    while True:
        optimizer.tell([trial_of(query, -cost(query.policy.arrays()["x"])) for query in optimizer.ask()])


class Runs:
    """The runs in a file of lines; those that are missing are run."""

    def __init__(self, path: Path) -> None:
        drop_torn_line(path)
        self.path = path
        self.done = {(line["solver"], Instance(*line["at"])): line for _, line in read_lines(path)}

    def get(self, solver: str, at: Instance, budget: int, run: Callable[[Meter, Instance], None]) -> dict[str, Any]:
        """The line of a run."""
        if (solver, at) not in self.done:
            meter, began = Meter(at.function, at.dimension, at.instance, budget), time.perf_counter()
            with contextlib.suppress(Enough):
                run(meter, at)
            line = {
                "solver": solver, "at": [at.function, at.dimension, at.instance], "budget": budget, "hits": meter.hits,
                "evaluations": meter.evaluations, "new": meter.new, "precision": meter.precision,
                "seconds": time.perf_counter() - began,
            }  # fmt: skip
            append_lines(self.path, [line], sync=False)
            self.done[solver, at] = line
        return self.done[solver, at]


def solver_names(pair: Pair) -> tuple[str, str]:
    """What the runs of each side are known by: who, with what, by which code."""
    cls = find_optimizer(pair.optimizer)
    settings = f"{json.dumps(asdict(cls.Settings.parse(pair.settings)))} {pair.per_dimension}d"
    ours = Path(inspect.getfile(cls)).read_text(encoding="utf-8")
    theirs = inspect.getsource(pair.search) + importlib.metadata.version(pair.package)
    digests = [
        hashlib.sha256(f"{code} {inspect.getsource(Meter)} {TARGETS}".encode()).hexdigest()[:12]
        for code in (ours, theirs)
    ]
    return f"{pair.optimizer} {settings} {digests[0]}", f"{pair.reference} for {pair.optimizer} {settings} {digests[1]}"


def run_pair(pair: Pair, runs: Runs, dimensions: list[int], instances: int) -> list[list[dict[str, Any]]]:
    """The runs of both sides, ours first: of each function, dimension and instance, in this order."""
    cls = find_optimizer(pair.optimizer)

    def run_ours(meter: Meter, at: Instance) -> None:
        search(meter, cls(at.problem, at.seed, cls.Settings.parse(pair.settings)))

    def run_theirs(meter: Meter, at: Instance) -> None:
        pair.search(meter, cls(at.problem, at.seed, cls.Settings.parse(pair.settings)), at.seed)

    grid = [Instance(f, d, i + 1) for f in FUNCTIONS for d in dimensions for i in range(instances)]
    sides = zip(solver_names(pair), (run_ours, run_theirs), strict=True)
    return [[runs.get(solver, at, pair.per_dimension * at.dimension, run) for at in grid] for solver, run in sides]


def can_run(pair: Pair, only: set[str]) -> bool:
    """Whether a pair is wanted, and both sides are there."""
    wanted = pair.optimizer in only or not (only or pair.slow)
    if not wanted or pair.optimizer not in optimizer_names():
        return False
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return bool(importlib.metadata.version(pair.package))
    print(f"{pair.name}: {pair.package} is not installed.")
    return False


def main() -> None:
    """Run what is missing, print the table."""
    parser = argparse.ArgumentParser(description="Our optimizers beside those of other libraries on BBOB.")
    parser.add_argument("--only", default="", help="optimizers of ours, with commas")
    parser.add_argument("--instances", type=int, default=15, help="runs of a function and dimension")
    parser.add_argument("--dimensions", default="5,10")
    parser.add_argument("--out", type=Path, default=Path("runs/bbob"))
    options = parser.parse_args()
    dimensions = [int(d) for d in options.dimensions.split(",")]
    only = set(filter(None, options.only.split(",")))
    options.out.mkdir(parents=True, exist_ok=True)
    runs, rows = Runs(options.out / "runs.jsonl"), []
    for pair in PAIRS:
        if can_run(pair, only):
            rows.append(summarize(pair, run_pair(pair, runs, dimensions, options.instances), dimensions))
            print(f"{pair.name}: {rows[-1]['ratio']:.2f}", flush=True)
    paired = {pair.optimizer for pair in PAIRS}
    text = table(rows, [name for name in optimizer_names() if name not in paired])
    write_json(options.out / "summary.json", {"dimensions": dimensions, "instances": options.instances, "pairs": rows})
    (options.out / "summary.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
