"""What optimizers themselves cost: ask, tell and recommend against the wall time of a run.

    python benchmarks/overhead.py [--optimizers cma-es,ars] [--budget 10min]

Runs each on the quadruped, one thread, and times its own part of every batch. `bayesian` grows dearer with every trial:
for it the time of one ask after 200 trials is told, too. Bars: under 2 % of the wall time, `bayesian` under 100 ms.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from gait.durations import parse_duration
from gait.optimizers import find_optimizer, optimizer_names
from gait.optimizers.base import Optimizer
from gait.session import trial_seed
from gait.task import Task
from gait.tasks import make_task

MANY = 200
"""Trials after which an ask of `bayesian` is timed."""


def main() -> None:
    """Run, print."""
    parser = argparse.ArgumentParser(description="Overhead of optimizers.")
    parser.add_argument("--optimizers", default="", help="names with commas between; none: all")
    parser.add_argument("--budget", default="10min", help="simulated time of each run")
    o = parser.parse_args()
    task, budget = make_task("quadruped", {}, 1), parse_duration(o.budget)
    run(task, find_optimizer("random-search")(task.problem), 60.0)  # compiles, warms up
    print(f"{'optimizer':<22}{'own [ms a trial]':>18}{'own / wall':>12}")
    for name in o.optimizers.split(",") if o.optimizers else optimizer_names():
        optimizer = find_optimizer(name)(task.problem)
        own, wall, trials = run(task, optimizer, budget)
        print(f"{name:<22}{1000 * own / trials:>18.2f}{100 * own / wall:>11.2f} %", flush=True)
        if name == "bayesian":
            print(f"{'  an ask after ' + str(MANY):<22}{1000 * late_ask(task.problem):>18.2f}")


def run(task: Task, optimizer: Optimizer, budget: float) -> tuple[float, float, int]:
    """Own seconds, wall seconds, and trials of a run of this budget."""
    began, own, clock, trials = time.perf_counter(), 0.0, 0.0, 0
    while clock < budget:
        t = time.perf_counter()
        queries = optimizer.ask()
        own += time.perf_counter() - t
        told, _ = task.run(queries, [trial_seed(0, q) for q in queries])
        t = time.perf_counter()
        optimizer.tell(told)
        optimizer.recommend()
        own += time.perf_counter() - t
        clock += sum(trial.charged for trial in told)
        trials += len(told)
    return own, time.perf_counter() - began, trials


def late_ask(problem: Any) -> float:
    """Median seconds of an ask, tell and recommend of `bayesian` around its 200th trial, on a noisy quadratic."""
    from gait.trial import Ending, Trial

    optimizer, rng, took = find_optimizer("bayesian")(problem), np.random.default_rng(0), []
    none = np.zeros(0)
    while optimizer._next_id < MANY + 10:
        t = time.perf_counter()
        queries = optimizer.ask()
        own = time.perf_counter() - t
        scores = [1.0 - float(((q.policy.arrays()["x"] - 0.6) ** 2).sum()) + 0.05 * rng.normal() for q in queries]
        told = [
            Trial(q.id, s, 8.0, 10.0, Ending.COMPLETED, none[:, None], none[:, None], none, none, 8.0)
            for q, s in zip(queries, scores, strict=True)
        ]
        t = time.perf_counter()
        optimizer.tell(told)
        optimizer.recommend()
        took.append(own + time.perf_counter() - t)
    return float(np.median(took[-20:]))


if __name__ == "__main__":
    main()
