"""Optimize a gait for a budget of simulated time, and make a video of it.

    python scripts/optimize.py [OUT]

Writes the run directory OUT (default runs/optimize) and OUT/walk.mp4.
"""

import sys

import gait

out = sys.argv[1] if len(sys.argv) > 1 else "runs/optimize"
run = gait.optimize("quadruped", optimizer="cma-es", budget="1h", seed=0, out=out)
print(f"{run.score:.3f} m/s on held-out trials with")
for name, value in run.recommended.items():
    print(f"  {name:<24} {value:8.3f}")
print(run.render(f"{out}/walk.mp4"))
