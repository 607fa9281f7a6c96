"""Speed against cost of transport: a sweep of weights, and the front of all the trials that were walked for it.

    python scripts/speed_and_cost.py [--robot ers210] [--budget 30min] [--weights 5] [--out studies/speed-and-cost]

Each run maximises speed − w × cost of transport, for weights from none to much. What is there is kept. Prints what each
run recommends, and draws the front of all recorded trials; about half a minute a run on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gait
from gait.compare.pareto import pareto
from gait.errors import UsageError
from gait.run import load_run, resume

COST = "cost_of_transport_positive"


def main() -> None:
    """Walk, print, draw."""
    parser = argparse.ArgumentParser(description="Speed against cost of transport.")
    parser.add_argument("--robot", default="ers210")
    parser.add_argument("--optimizer", default="cma-es")
    parser.add_argument("--budget", default="30min")
    parser.add_argument("--weights", type=int, default=5, help="how many, from 0 to 1 m/s per unit of cost")
    parser.add_argument("--out", type=Path, default=Path("studies/speed-and-cost"))
    o = parser.parse_args()
    try:
        paths = []
        for w in np.linspace(0.0, 1.0, o.weights) ** 2:
            place = o.out / f"weight-{w:.2f}"
            paths.append(place)
            if (place / "result.json").exists():
                run = load_run(place)
            elif (place / "run.json").exists():
                run = resume(place)
            else:
                wanted = f"speed=1,{COST}={-w:.3f}"
                run = gait.optimize(
                    "quadruped", optimizer=o.optimizer, budget=o.budget, out=place, robot=o.robot, objective=wanted
                )
            m = run.result["recommended"]["measures"]
            print(f"weight {w:.2f}: {m['speed']:.3f} m/s, cost of transport {m[COST]:.2f}", flush=True)
        print("\n".join(pareto(paths, ("speed", COST), o.out / "front.png")))
    except UsageError as error:
        raise SystemExit(f"gait: {error}") from None


if __name__ == "__main__":
    main()
