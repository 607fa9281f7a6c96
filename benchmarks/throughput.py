"""How fast a whole run is, beside a bare `mj_step` loop over the same walking on the same cores.

    python benchmarks/throughput.py [--rounds 5]

A run is everything but validation: optimizer, controller, noise, measures, ledger. The bare loop plays the same
trials' recorded controls, `mj_step` and nothing else, the trials dealt to as many threads. Run and loop take turns;
the ratio of a line is the loop's best time / the run's best time for the same walked seconds (shared machines only ever
slow one down): 1 would be a toolkit that costs nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np

from gait.robots.quadruped import QuadrupedWalker
from gait.session import Session, trial_seed
from gait.simulate import Walk
from gait.task import Task
from gait.tasks.quadruped import SECONDS, Quadruped
from gait.trial import Query
from gait.walking import walk_trials

CASES: tuple[tuple[int, str, dict[str, str], int], ...] = (
    (1, "random-search", {"batch": "1"}, 1),
    (12, "cma-es", {"population": "12"}, 0),
    (45, "finite-difference", {}, 0),
    (200, "cma-es", {"population": "200"}, 0),
)
"""Population, optimizer, its settings, threads (0: one a core)."""
SEED = 0


@dataclass(frozen=True)
class Tape:
    """A trial's start and controls, tick by tick."""

    qpos: np.ndarray
    ctrl: np.ndarray


class TapedWalker(QuadrupedWalker):
    """A walker that keeps the controls it writes for world 0."""

    def place(self, i: int, action: np.ndarray) -> None:
        """Stand up, and keep where."""
        super().place(i, action)
        self.start = self.qpos[i].copy()
        self.tape: list[np.ndarray] = []

    def command(self, ids: np.ndarray) -> None:
        """Command, and keep what."""
        super().command(ids)
        self.tape.append(self.ctrl[0].copy())


def tapes(task: Quadruped, queries: list[Query]) -> list[Tape]:
    """What the trials of these queries sent to their servos."""
    walker = TapedWalker(task.robot, task.controller, task.noise, SECONDS.high)
    walk, kept = Walk(walker, 1), []
    for query in queries:
        walk_trials(task, [walk], [query], [trial_seed(SEED, query)])
        kept.append(Tape(walker.start, np.array(walker.tape)))
    return kept


def bare_loop(model: mujoco.MjModel, steps: int, parts: list[Tape]) -> None:
    """`mj_step` over the tapes, one after the other."""
    data = mujoco.MjData(model)
    for tape in parts:
        mujoco.mj_resetData(model, data)
        data.qpos[:] = tape.qpos
        for ctrl in tape.ctrl:
            data.ctrl[:] = ctrl
            mujoco.mj_step(model, data, steps)


def time_bare(task: Quadruped, kept: list[Tape], threads: int) -> float:
    """Seconds the bare loop takes on so many threads."""
    steps = task.robot.command_steps
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(bare_loop, task.model, steps, kept[k::threads]) for k in range(threads)]:
            future.result()
    return time.perf_counter() - began


def time_run(task: Task, optimizer: str, settings: dict[str, str], batches: int) -> tuple[float, float, list[Query]]:
    """Wall seconds and walked seconds of the first batches of a run, ledger and all, and what was asked."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Session.new(Path(folder) / "run", task, optimizer, budget=1e9, seed=SEED, settings=settings) as session,
    ):
        session.catch_up()
        began = time.perf_counter()
        for _ in range(batches):
            session.walk_batch()
        wall = time.perf_counter() - began
        asked = [query for batch in session.ledger.batches() for query in batch.queries]
        return wall, session.tally.walking, asked


def _range(bares: list[float], walls: list[float]) -> str:
    """The ratios of the single rounds."""
    ratios = [bare / wall for bare, wall in zip(bares, walls, strict=True)]
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def main() -> None:
    """Print a line a population."""
    parser = argparse.ArgumentParser(description="Whole runs beside a bare mj_step loop.")
    parser.add_argument("--rounds", type=int, default=5, help="times run and loop take turns")
    rounds = parser.parse_args().rounds
    for population, optimizer, settings, threads in CASES:
        task = Quadruped(threads=threads)
        cores = threads or os.cpu_count() or 1
        batches = max(1, 72 // population)
        *_, asked = time_run(task, optimizer, settings, batches)  # compiles, and tells what will be walked
        kept = tapes(task, asked)
        walls, bares, speeds = [], [], []
        for _ in range(rounds):
            wall, walked, _ = time_run(task, optimizer, settings, batches)
            walls.append(wall)
            bares.append(time_bare(task, kept, cores))
            speeds.append(walked / wall)
        print(
            f"population {population}: ratio {min(bares) / min(walls):.2f}  "
            f"({statistics.median(speeds):.0f}× real time on {cores} core{'s' * (cores > 1)}, "
            f"{len(walls)} rounds: {_range(bares, walls)})", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
