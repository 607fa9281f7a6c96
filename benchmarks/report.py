"""What a report costs: of a run with a ledger of 10 000 trials, and of an experiment of 500 runs.

    python benchmarks/report.py [--trials 10000] [--runs 500]

The runs are real but for physics: what a trial gave is copied from one that was walked, with another score, so that
ledgers are as long as real ones (runs of the experiment have an hour's 360 trials each). Each report is made by a
process of its own; told are its time, its processor time and its peak memory, the video included where it can be made.
The bars are 60 s and 1 GB; ends with 1 where one is missed, by processor time where the machine is busy.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import gait
from gait.policy import Constant
from gait.report.write import write_report
from gait.task import Recording, State
from gait.tasks.quadruped import Quadruped
from gait.trial import Query, Trial

SECONDS, BYTES = 60.0, 1e9
KINDS = 10
"""Optimizers of the experiment: random search with so many sizes of a batch."""
TRIAL = 10.0
"""Charged seconds of a trial."""


class Unwalked(Quadruped):
    """The quadruped, its trials made up: better near the middle of the cube, with noise."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        query = Query(0, Constant(self.problem.space.default))
        self._recording = super().record(query, np.random.SeedSequence(0))
        self._trial = self._recording.trial

    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """Nothing is walked."""
        return [self._made_up(q, s) for q, s in zip(queries, seeds, strict=True)], None

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """The motion of the one trial that was walked."""
        return dataclasses.replace(self._recording, trial=self._made_up(query, seed))

    def _made_up(self, query: Query, seed: np.random.SeedSequence) -> Trial:
        rng, t = np.random.default_rng(seed), self._trial
        x = query.policy.act(np.zeros(0), rng)
        score = 0.5 - float(((x - 0.5) ** 2).mean()) + 0.02 * rng.standard_normal()
        return dataclasses.replace(t, query=query.id, score=score, actions=np.tile(x, (len(t.actions), 1)))


class Cost(NamedTuple):
    """What a report cost."""

    wall: float
    processor: float
    memory: float
    """Peak resident memory [bytes]."""
    page: int
    """[bytes]"""


def cost(place: Path) -> Cost:
    """Make the report in this directory, and look at the clock."""
    wall, processor = time.perf_counter(), time.process_time()
    page = write_report([place])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Cost(time.perf_counter() - wall, time.process_time() - processor, memory, page.stat().st_size)


def told(what: str, place: Path) -> bool:
    """Print what the report of a directory costs; whether that is little enough."""
    events = sum(path.stat().st_size for path in place.rglob("events.jsonl"))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        c = pool.apply(cost, (place,))
    print(f"{what}, {events / 1e6:.0f} MB of events: {c.wall:.1f} s ({c.processor:.1f} s of processor), peak "
          f"{c.memory / 1e6:.0f} MB, page of {c.page / 1e6:.1f} MB", flush=True)  # fmt: skip
    return min(c.wall, c.processor) < SECONDS and c.memory < BYTES


def main() -> int:
    """Make the runs, print two lines; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description="Time and memory of reports.")
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=500)
    o = parser.parse_args()
    task = Unwalked()
    with tempfile.TemporaryDirectory() as folder:
        long, many = Path(folder) / "long", Path(folder) / "many"
        gait.optimize(task, "random-search", budget=TRIAL * o.trials, out=long, progress=False)
        for k in range(o.runs):
            seed, kind = divmod(k, KINDS)
            gait.optimize(
                task, "random-search", budget=3600.0, seed=seed, out=many / f"batch-{10 + kind}" / f"seed-{seed}",
                settings={"batch": 10 + kind}, progress=False,
            )  # fmt: skip
        fine = [told(f"a run of {o.trials} trials", long), told(f"{o.runs} runs of {KINDS} optimizers", many)]
    return int(not all(fine))


if __name__ == "__main__":
    raise SystemExit(main())
