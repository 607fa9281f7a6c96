"""How far three optimizers get on the quadruped, 10 seeds each, at default noise.

    python scripts/study_walk.py [--seeds 10] [--jobs 2] [--out studies/walk]

Finite differences and REINFORCE for 3 simulated hours, CMA-ES for 1; half an hour and more on 2 cores. What is there
already is kept, so it can be stopped and asked for again. Prints for each run the validated speed at the end and when
it was first seen to pass the speed of the published best parameters in our model, and what the gaits found do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gait.compare.experiment import compare_optimizers
from gait.controllers.half_ellipse import PUBLISHED_BEST
from gait.durations import show_duration
from gait.evaluate import evaluate
from gait.tasks import make_task

BUDGETS = {"cma-es": "1h", "finite-difference": "3h", "reinforce": "3h"}
LOOKED_AT = ("duty_factor", "stride_frequency", "flight_fraction", "foot_slip", "joint_speed_p95", "joint_speed_rms",
             "out_of_reach", "heading_change", "cost_of_transport_positive")  # fmt: skip


def main() -> None:
    """Walk, print."""
    parser = argparse.ArgumentParser(description="Three optimizers on the quadruped.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("studies/walk"))
    o = parser.parse_args()
    published = evaluate(make_task("quadruped"), PUBLISHED_BEST, trials=64)["score"]["mean"]
    print(f"published best parameters in our model: {published:.3f} m/s")
    for name, hours in BUDGETS.items():
        study = compare_optimizers("quadruped", [name], out=o.out / name, seeds=o.seeds, budget=hours, jobs=o.jobs)
        print(f"\n{name}, {hours}", flush=True)
        reached = 0
        for r in study.every:
            end, start = r["recommended"], r["start"]["mean"]
            passed = next((p["clock"] for p in r["curve"] if p["mean"] >= published), None)
            reached += end["mean"] >= published
            when = f"passed the published best by {show_duration(passed)}" if passed is not None else "did not pass it"
            print(
                f"  seed {r['seed']}: {end['mean']:.3f} ± {end['sd']:.3f} m/s ({end['mean'] / start:.2f} × start), "
                f"{when}, {r['endings']['fell']} falls in {r['trials']} trials"
            )
        ends = [r["recommended"]["mean"] for r in study.every]
        print(f"  mean {np.mean(ends):.3f}, s.d. {np.std(ends, ddof=1) if len(ends) > 1 else 0:.3f}, "
              f"least {min(ends):.3f} m/s; {reached} of {len(ends)} at or above the published best")  # fmt: skip
        means = {m: np.mean([r["recommended"]["measures"][m] for r in study.every]) for m in LOOKED_AT}
        print("  mean measures: " + ", ".join(f"{m} {v:.3g}" for m, v in means.items()), flush=True)


if __name__ == "__main__":
    main()
