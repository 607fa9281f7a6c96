"""How far should CMA-ES's first generation reach? Tried out on surrogates of people's landscapes.

    python scripts/study_first_step.py

Thin plates through the laws that 12 people truly walked with (the landscapes of scripts/study_as_cma.py) stand for
them, a logistic regression for their falls; CMA-ES tunes each for 4 generations of 8 laws of 2 min, as in
scripts/zhang_2017.py, many times over, with one first step and then another. Who walks on from law to law falls more
often than in a landscape's walks afresh: 1.8 times (--hazard), at which a run has 6 to 7 falls as in the study. Prints
true savings over no torque and their spread, falls, and the risk of what was found. Half a minute.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from gait.compare.kept import Kept
from gait.errors import UsageError
from gait.hilo.protocol import LAW
from gait.hilo.surrogate import HAZARD, Falls, Rates, Tuned, known_of, surrogates, tune
from gait.human.participants import studied_names
from gait.optimizers import find_optimizer
from gait.tasks.exoskeleton import Exoskeleton

LAWS = 32


def main() -> None:
    """Tune on surrogates, print a line a step."""
    parser = argparse.ArgumentParser(description="CMA-ES's first step, tried out on surrogates of people.")
    parser.add_argument("--steps", default="1,1.25,1.5,1.75,2,2.5", help="first standard deviations with commas [ε]")
    parser.add_argument("--seeds", type=int, default=40, help="runs of each with each person")
    parser.add_argument("--hazard", type=float, default=HAZARD, help="falls in a study over those in walks afresh")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/as_cma.jsonl"))
    o = parser.parse_args()
    try:
        if min(o.seeds, o.jobs) < 1 or not 0.0 < o.hazard < float("inf"):
            raise UsageError(f"--seeds {o.seeds}, --jobs {o.jobs} and --hazard {o.hazard:g}: each must be above 0.")
        parse = find_optimizer("cma-es").Settings.parse
        settings = {step: parse({"initial_step": step}) for step in o.steps.split(",")}
        people = known_of(Kept(o.kept), studied_names())
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    rates, falls = surrogates(people, o.hazard)
    print(f"{len(people)} people, {sum(len(p.laws) for p in people)} laws; {o.seeds} runs of {LAWS} laws with each:")
    with ProcessPoolExecutor(o.jobs) as pool:
        for step, chosen in settings.items():
            runs = pool.map(partial(of_seed, rates, falls, chosen), range(o.seeds))
            print(f"  {step:<5} {told([r for some in runs for r in some])}", flush=True)


def of_seed(rates: list[Rates], falls: Falls, settings: object, seed: int) -> list[Tuned]:
    """A run with each person."""
    problem = Exoskeleton(threads=1).problem
    return [
        tune(r, falls, problem, "cma-es", settings, LAWS, LAW, 1000 * k + seed) for k, r in enumerate(rates)
    ]  # fmt: skip


def told(runs: list[Tuned]) -> str:
    """What runs came to."""
    saved = 100.0 * np.array([r.saving for r in runs])
    error, few = saved.std() / np.sqrt(len(saved)), np.percentile(saved, 5)
    falls, risk = np.mean([r.falls for r in runs]), 100 * np.mean([r.risk for r in runs])
    return (
        f"saves {saved.mean():.2f} ± {saved.std():.2f} % (s.e. {error:.2f}; one in twenty below {few:.1f}, least "
        f"{saved.min():.1f}), {falls:.1f} falls; {risk:.0f} % of what was found trips the person in 6 min"
    )


if __name__ == "__main__":
    main()
