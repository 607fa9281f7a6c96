"""Peak memory of runs of growing length: it must not grow with them.

    python benchmarks/memory.py [--budgets 15min,30min,1h]

Each run has a process of its own; the figure is its peak resident memory.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
from pathlib import Path

import gait


def peak(budget: str) -> tuple[float, int]:
    """Peak resident memory [MiB] of a run of this budget, and the size of its events [bytes]."""
    with tempfile.TemporaryDirectory() as folder:
        run = gait.optimize("quadruped", "random-search", budget=budget, out=Path(folder) / "run", progress=False)
        size = (run.path / "events.jsonl").stat().st_size
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, size


def main() -> None:
    """Print a line a budget."""
    parser = argparse.ArgumentParser(description="Peak memory of runs of growing length.")
    parser.add_argument("--budgets", default="15min,30min,1h")
    for budget in parser.parse_args().budgets.split(","):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            mebibytes, size = pool.apply(peak, (budget,))
        print(f"budget {budget}: peak {mebibytes:.0f} MiB, events {size / 1024:.0f} KiB", flush=True)


if __name__ == "__main__":
    main()
