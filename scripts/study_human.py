"""How much CMA-ES saves a simulated person in an hour of walking with ankle exoskeletons: several seeds.

    python scripts/study_human.py [--seeds 5] [--budget 64min] [--participant 1] [--jobs 2] [--out studies/human]

What is there already is kept, so it can be stopped and asked for again. Prints for each run the law found, what it
saves over zero torque, truly and as estimated from breaths, on held-out walks, how well the belt's speed was held, and
falls; then the mean, s.d. and least saving. Some minutes a run on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gait.compare.experiment import RunsFailed, compare_optimizers
from gait.controllers.torque_profile import TorqueProfile
from gait.errors import UsageError
from gait.hilo.summary import percent


def main() -> None:
    """Walk, print."""
    parser = argparse.ArgumentParser(description="CMA-ES on the exoskeleton, several seeds.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", default="64min")
    parser.add_argument("--participant", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("studies/human"))
    o = parser.parse_args()
    try:
        study = compare_optimizers(
            "exoskeleton", ["cma-es"], out=o.out, seeds=o.seeds, budget=o.budget, jobs=o.jobs,
            participant=o.participant,
        )  # fmt: skip
    except (UsageError, RunsFailed) as error:
        raise SystemExit(f"gait: {error}") from None
    for r in study.every:
        print_run(r)
    for kind in ("true", "estimated"):
        print_spread(kind, [r[f"{kind}_saving"]["mean"] for r in study.every])
    print(f"{o.out}: runs.csv, curves.csv, summary.csv, comparison.png, and a directory a run")


def print_run(r: Mapping[str, Any]) -> None:
    """What one run found."""
    law = TorqueProfile.from_unit(r["recommended"]["policy"]["x"])
    off = {k: speed_error(r, k) for k in ("recommended", "reference")}
    print(
        f"seed {r['seed']}: {percent(r['true_saving']['mean'])} truly, {percent(r['estimated_saving']['mean'])} as "
        f"estimated · {law.describe()}\n"
        f"        speed off by {off['recommended']} with it, {off['reference']} at zero torque · "
        f"falls: {r['endings']['fell']} of {r['trials']} laws tried, {r['recommended']['falls']} of "
        f"{r['recommended']['n']} held-out walks",
        flush=True,
    )


def speed_error(r: Mapping[str, Any], which: str) -> str:
    """How far the mean speed of the held-out walks was from the belt's."""
    belt, speed = float(r["fields"]["speed"]), r[which]["measures"].get("speed")
    return "–" if speed is None else f"{100 * abs(speed - belt) / belt:.2f} %"


def print_spread(kind: str, savings: list[float | None]) -> None:
    """Mean, s.d. and least of the runs' savings."""
    known = [s for s in savings if s is not None]
    if known:
        sd = percent(float(np.std(known, ddof=1))) if len(known) > 1 else "–"
        print(f"{kind:<9} saving: mean {percent(float(np.mean(known)))}, s.d. {sd}, least {percent(min(known))} "
              f"({len(known)} runs)")  # fmt: skip


if __name__ == "__main__":
    main()
