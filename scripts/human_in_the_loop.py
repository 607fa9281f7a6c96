"""Human in the loop: CMA-ES finds a simulated person's ankle exoskeleton torque (Zhang et al., Science 356:1280, 2017).

    python scripts/human_in_the_loop.py [--out DIR] [--seed N] [--budget 64min] [--participant NAME]

Four generations of eight laws, two minutes of walking each, every law judged by its breaths alone. Prints what the law
found saves over zero torque, as estimated and truly. Writes everything into DIR (default runs/human-in-the-loop), with
the plots laws.png, rates.png and muscles.png and the video walk.mp4; asked again, it goes on where it was. Some minutes
on 2 cores, most of them for held-out validation.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

import gait
from gait.controllers.torque_profile import TorqueProfile
from gait.events import Batch
from gait.ledger import Ledger
from gait.policy import Constant
from gait.run import Run, resume
from gait.show import outcome
from gait.tasks.exoskeleton import Exoskeleton
from gait.trial import Ending
from gait.view.laws import draw_laws
from gait.view.look import picture
from gait.view.rates import LawRates, draw_law_rates, draw_muscle_changes, draw_muscle_rates

PERCENT = np.linspace(0.0, 100.0, 501)


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description="Human-in-the-loop optimization of an ankle exoskeleton.")
    parser.add_argument("--out", type=Path, default=Path("runs/human-in-the-loop"), help="run directory")
    parser.add_argument("--seed", type=int, default=0, help="every random choice follows from it")
    parser.add_argument("--budget", default="64min", help="simulated time to spend")
    parser.add_argument("--participant", default="1", help="who walks")
    o = parser.parse_args()
    try:
        if (o.out / "run.json").exists():
            run = resume(o.out, budget=o.budget)
        else:
            run = gait.optimize(
                "exoskeleton", "cma-es", budget=o.budget, seed=o.seed, out=o.out, participant=o.participant
            )
        if not run.result:
            raise SystemExit(f"stopped; the same command goes on with {o.out}")
        print(f"start        {law_of(run, 'start').describe()}")
        print(f"recommended  {law_of(run, 'recommended').describe()}")
        print(outcome(run))
        print("\n".join(str(path) for path in draw(run)))
        print(run.render(o.out / "walk.mp4"))
    except gait.UsageError as error:  # without OpenGL, everything but the video is there by now
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def law_of(run: Run, which: str) -> TorqueProfile:
    """The law of the run's `start` or `recommended`, as the device carries it out."""
    return TorqueProfile.from_unit(run.result[which]["policy"]["x"])


def draw(run: Run) -> list[Path]:
    """The three plots."""
    r, paths = run.result, [run.path / f"{name}.png" for name in ("laws", "rates", "muscles")]
    with closing(Ledger.open(run.path)) as ledger:
        batches = list(ledger.batches())
    xs = [q.policy.x for b in batches for q in b.queries if isinstance(q.policy, Constant)]
    born = np.repeat(np.arange(1, len(batches) + 1), [len(b.queries) for b in batches])
    curves = np.array([TorqueProfile.from_unit(x).curve(PERCENT) for x in xs])
    with picture(paths[0]) as (ax,):
        start, recommended = (law_of(run, which).curve(PERCENT) for which in ("start", "recommended"))
        draw_laws(ax, PERCENT, curves, born, start=start, recommended=recommended)
    with picture(paths[1]) as (ax,):
        zero = r["begin"]
        rates = rates_of(batches, Exoskeleton(**r["fields"]))
        draw_law_rates(ax, rates, zero_measured=zero["metabolic_rate"], zero_true=zero["true_metabolic_rate"])
    before, after = r["reference"]["truth"], r["recommended"]["truth"]
    told = f"true net metabolic rate {before['metabolic_rate']:.2f} → {after['metabolic_rate']:.2f} W/kg"
    with picture(paths[2], columns=2, sharey=True, title=told) as (left, right):
        draw_muscle_rates(left, before, after, labels=("zero torque", "recommended"))
        draw_muscle_changes(right, before, after)
    return paths


def rates_of(batches: list[Batch], task: Exoskeleton) -> LawRates:
    """What each law cost, as estimated and truly."""
    trials = [t for b in batches for t in b.trials]
    fell = np.array([t.ending != Ending.COMPLETED for t in trials])
    seen, true = ([t.measures.get("metabolic_rate") for t in trials], [t.truth.get("metabolic_rate") for t in trials])
    estimate = np.array([np.nan if v is None else v for v in seen])
    noise = np.array([task.problem.noise(t.asked) for t in trials])
    return LawRates(
        estimate=estimate, spread=noise * np.abs(estimate), truth=np.array([np.nan if v is None else v for v in true]),
        fell=fell, generation=np.repeat(np.arange(1, len(batches) + 1), [len(b.trials) for b in batches]),
        minutes=np.cumsum([t.charged for t in trials]) / 60,
    )  # fmt: skip


if __name__ == "__main__":
    main()
