"""Every optimizer on the quadruped, by simulated time: a study that is walked in parts.

    python scripts/study_optimizers.py hour            every optimizer, 10 seeds × 1 h
    python scripts/study_optimizers.py long            the best five and finite differences, 20 seeds × 3 h
    python scripts/study_optimizers.py noise           cma-es and lra-cma-es at three noise levels, 20 seeds × 1 h
    python scripts/study_optimizers.py around          early stop, racing and common seeds, 10 seeds × 1 h

An hour of simulated time takes a minute and a half on a core. Finished runs are kept as lines of --kept (they are in
the repository), so it can be stopped at any time and goes on from there, also elsewhere; --minutes ends it after the
runs then under way, --minutes 0 only tells what is known. Prints validated speeds after 15 min, 1 h and 3 h
(interquartile mean [95 % bootstrap]) and the simulated minutes to the published gait's speed in our model, to 90 % of
what finite differences reach in 3 h, and to 90 % of the best known speed.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gait.compare.kept import Kept, Line, Question, add_options
from gait.compare.runtimes import expected_time, time_to_target
from gait.compare.statistics import bootstrap, sample_curve
from gait.optimizers import optimizer_names

HOUR, LONG = 3600.0, 3 * 3600.0
REFERENCE = "finite-difference"
FEW_TRIALS = {"bayesian": 200 * 10.0}
"""Optimizers that are meant for few trials only, and the simulated seconds of so many."""
PUBLISHED = 0.292
"""Validated speed of Kohl & Stone's learned gait in our model [m/s] (scripts/study_walk.py)."""
LEVELS = ("low", "default", "high")
AROUND: dict[str, dict[str, Any]] = {
    "": {}, "early stop": {"early_stop": True}, "racing, 3": {"racing": 3}, "common seeds": {"common_seeds": True},
}  # fmt: skip
RACED: dict[str, dict[str, str]] = {"cma-es": {}, "finite-difference": {}, "genetic": {}}
Study = dict[str, list[Question]]
"""Questions by the name of their row."""


def main() -> None:
    """Walk what is missing, print what is known."""
    parser = argparse.ArgumentParser(description="Optimizers on the quadruped, by simulated time.")
    parser.add_argument("part", choices=("hour", "long", "noise", "around"))
    parser.add_argument("--optimizers", default="", help="names with commas between; none: all, or the best five")
    parser.add_argument("--seeds", type=int, help="runs of each; none: 10 of an hour, 20 of three")
    add_options(parser, "benchmarks/optimizers.jsonl", "studies/optimizers")
    o = parser.parse_args()
    kept = Kept(o.kept)
    names = o.optimizers.split(",") if o.optimizers else optimizer_names()
    if o.part == "long" and not o.optimizers:
        names = [REFERENCE, *best_after_an_hour(kept, names)]
    seeds = o.seeds or (10 if o.part in ("hour", "around") else 20)
    study = {"hour": hour, "long": long, "noise": noise, "around": around}[o.part](names, seeds)
    # seed by seed, so that a study that is stopped has all rows about equally far
    asked = [q for seed in range(seeds) for row in study.values() for q in row if q.seed == seed]
    kept.walk(asked, o.work, o.jobs, o.minutes, in_words)
    show(kept, study)


def hour(names: list[str], seeds: int) -> Study:
    """Every optimizer for an hour."""
    return {n: [Question("quadruped", n, s, FEW_TRIALS.get(n, HOUR)) for s in range(seeds)] for n in names}


def long(names: list[str], seeds: int) -> Study:
    """Some for an hour and then for three, so that both are validated."""
    budgets = {n: (FEW_TRIALS[n],) if n in FEW_TRIALS else (HOUR, LONG) for n in names}
    return {n: [Question("quadruped", n, s, b) for s in range(seeds) for b in budgets[n]] for n in names}


def noise(names: list[str], seeds: int) -> Study:
    """Two that differ by learning-rate adaptation only, at three levels of noise."""
    return {
        f"{n}, noise {level}": [Question("quadruped", n, s, HOUR, fields={"noise": level}) for s in range(seeds)]
        for level in LEVELS for n in ("cma-es", "lra-cma-es")
    }  # fmt: skip


def around(names: list[str], seeds: int) -> Study:
    """What early stop, racing and common seeds save."""
    return {
        f"{n} {what}".strip(): [Question("quadruped", n, s, HOUR, settings, {}, put) for s in range(seeds)]
        for n, settings in RACED.items() for what, put in AROUND.items()
    }  # fmt: skip


def best_after_an_hour(kept: Kept, names: list[str]) -> list[str]:
    """The five with the best interquartile mean after an hour, as far as is known; not the reference."""
    means = {}
    for name, row in hour(names, 10).items():
        lines = [line for q in row if (line := kept.find(q)) is not None]
        if lines and name != REFERENCE:
            means[name] = float(bootstrap([at(line, HOUR) for line in lines], np.random.default_rng(0)).iqm)
    return sorted(means, key=lambda n: -means[n])[:5]


def in_words(q: Question, line: Line) -> str:
    """What a run came to."""
    said = " ".join(str(dict(x)) for x in (q.around, q.fields) if x)
    return (f"{q.optimizer} {said} seed {q.seed}, {q.budget / 3600:.2g} h: "
            f"{line['recommended']['mean']:.3f} m/s")  # fmt: skip


def at(line: Line, clock: float) -> float:
    """Validated speed of what a run recommended at a time [m/s]."""
    clocks, means = np.array(line["curve"]).T
    return float(sample_curve(clocks, means, np.array([clock]))[0])


def show(kept: Kept, study: Study) -> None:
    """Print a row an optimizer."""
    known = {name: [line for q in row if (line := kept.find(q)) is not None] for name, row in study.items()}
    known = {name: lines for name, lines in known.items() if lines}
    if not known:
        print("nothing is known yet")
        return
    best = max(line["recommended"]["mean"] for lines in known.values() for line in lines)
    table = Table(box=None, padding=(0, 1))
    targets = [PUBLISHED, 0.9 * best]
    if any(line["budget"] == LONG for line in known.get(REFERENCE, ())):
        final = [at(line, LONG) for line in known[REFERENCE] if line["budget"] == LONG]
        targets.insert(1, 0.9 * float(bootstrap(final, np.random.default_rng(0)).iqm))  # of what the reference reaches
    columns = ("optimizer", "runs", "15 min", "1 h", "3 h", *(f"minutes to {t:.3f}" for t in targets), "falls a run")
    for column in columns:
        table.add_column(column, no_wrap=True)
    rows = sorted(known.items(), key=lambda row: -float(np.mean([r["recommended"]["mean"] for r in row[1]])))
    for name, lines in rows:
        table.add_row(name, *cells(lines, targets))
    print(f"validated speed [m/s], interquartile mean [95 % bootstrap]; best known run {best:.3f} m/s")
    Console(width=180).print(table, highlight=False)


def cells(lines: list[Line], targets: list[float]) -> list[str]:
    """What is known of one row."""
    longest = {line["seed"]: line for line in sorted(lines, key=lambda line: float(line["budget"]))}
    told = [str(len(longest))]
    for clock in (900.0, HOUR, LONG):
        # the run that was validated at this very time, where there is one
        fit = {line["seed"]: line for line in lines if line["budget"] in (clock, FEW_TRIALS.get(line["optimizer"]))}
        runs = list((fit or {s: r for s, r in longest.items() if r["budget"] >= clock}).values())
        told.append(spread([at(r, clock) for r in runs]) if runs else "–")
    for target in targets:
        budget = max(float(r["budget"]) for r in longest.values())
        curves = [np.array(r["curve"]).T for r in longest.values()]
        times = [time_to_target(clock, mean, target, budget) for clock, mean in curves]
        t = expected_time(times, budget)
        told.append(f"{t.seconds / 60:.0f} ({t.successes}/{t.runs})" if t.successes else f"– (0/{t.runs})")
    return [*told, f"{np.mean([r['endings']['fell'] for r in longest.values()]):.1f}"]


def spread(values: list[float]) -> str:
    """Interquartile mean and its interval."""
    x = bootstrap(values, np.random.default_rng(0))
    return f"{x.iqm:.3f} [{x.low:.3f}, {x.high:.3f}]"


if __name__ == "__main__":
    main()
