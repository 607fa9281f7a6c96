"""Measure what the noise levels of the quadruped task do to one trial's score.

    python scripts/noise_levels.py [--trials 64]

For both published gaits, each level and several lengths of trial: the standard deviation of one trial's speed relative
to the mean speed. The figures in gait/tasks/quadruped.py (SPREAD) are the means of the two gaits.
"""

from __future__ import annotations

import argparse

from gait.controllers.half_ellipse import PUBLISHED_BEST
from gait.evaluate import evaluate
from gait.tasks.quadruped import NOISE, Quadruped

LENGTHS = (4.0, 8.0, 16.0)


def main() -> None:
    """Print a line a level and length."""
    parser = argparse.ArgumentParser(description="Noise levels of the quadruped task.")
    parser.add_argument("--trials", type=int, default=64)
    trials = parser.parse_args().trials
    print("level     seconds   initial gait            published best          mean of both")
    for level in NOISE:
        task = Quadruped(noise=level)
        for seconds in LENGTHS:
            found = [evaluate(task, v, trials=trials, seconds=seconds)["score"] for v in ({}, PUBLISHED_BEST)]
            rel = [s["sd"] / s["mean"] for s in found]
            cells = [
                f"{1e3 * s['mean']:4.0f} ± {1e3 * s['sd']:3.0f} mm/s ({r:5.1%})"
                for s, r in zip(found, rel, strict=True)
            ]
            print(f"{level:<10}{seconds:4.0f} s    {cells[0]}   {cells[1]}   {sum(rel) / 2:.1%}", flush=True)


if __name__ == "__main__":
    main()
