"""What reward-to-go and the baseline are worth to REINFORCE on the quadruped.

    python scripts/ablation_reinforce.py [--seeds 5] [--budget 1h] [--jobs 2] [--out studies/ablation]

Walks seven variants of one optimizer for the same simulated time from the same start, prints validated speeds
(interquartile mean [95 % bootstrap]), and draws them. What is there already is kept; asked again, it goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gait.compare import plots
from gait.compare.experiment import compare_optimizers
from gait.compare.statistics import bootstrap, sample_curve
from gait.compare.study import curve_of
from gait.durations import parse_duration

VARIANTS: dict[str, dict[str, str]] = {
    "to-go, mean": {},
    "to-go, state value": {"baseline": "state-value"},
    "gpomdp, optimal": {"returns": "gpomdp", "baseline": "optimal"},
    "to-go, no baseline": {"baseline": "none"},
    "whole trial, mean": {"returns": "total"},
    "whole trial, optimal": {"returns": "total", "baseline": "optimal"},
    "whole trial, no baseline": {"returns": "total", "baseline": "none"},
}


def main() -> None:
    """Walk, print, draw."""
    parser = argparse.ArgumentParser(description="Ablation of REINFORCE.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", default="1h")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("studies/ablation"))
    o = parser.parse_args()
    budget = parse_duration(o.budget)
    clock, drawn, start = np.linspace(0, budget, 241), [], 0.0
    print(f"{'variant':<30}{'after a quarter':>26}{'after ' + o.budget:>26}   m/s, {o.seeds} seeds", flush=True)
    for name, settings in VARIANTS.items():
        folder = o.out / name.replace(", ", "-").replace(" ", "-")
        study = compare_optimizers(
            "quadruped", {"reinforce": settings}, out=folder, seeds=o.seeds, budget=budget, jobs=o.jobs
        )
        sampled = np.array([sample_curve(*curve_of(r), clock) for r in study.every])
        band = bootstrap(sampled, np.random.default_rng(0))
        drawn.append(plots.Curves(name, sampled, *band))
        start = study.start
        cells = [f"{band.iqm[k]:.3f} [{band.low[k]:.3f}, {band.high[k]:.3f}]" for k in (60, 240)]
        print(f"{name:<30}{cells[0]:>26}{cells[1]:>26}", flush=True)
    print(*plots.save_comparison(o.out / "ablation", clock, drawn, start=start, quantity="speed [m/s]"), sep="\n")


if __name__ == "__main__":
    main()
