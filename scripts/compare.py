"""Compare optimizers by what they reach per simulated hour.

    python scripts/compare.py [OUT]

Walks what is missing in OUT (default studies/compare): 3 optimizers × 5 seeds × 1 simulated hour, about a
quarter of an hour on 2 cores. Writes runs.csv, curves.csv, summary.csv and comparison.png there.
"""

import sys

import gait

if __name__ == "__main__":  # worker processes import this file
    out = sys.argv[1] if len(sys.argv) > 1 else "studies/compare"
    study = gait.compare_optimizers(
        "quadruped", ["finite-difference", "cma-es", "reinforce"], seeds=5, budget="1h", out=out, jobs=2
    )
    study.print()
