"""How soon AS-CMA finds a person's exoskeleton law, against CMA-ES with laws of 2 min, 1 min and 30 s.

    python scripts/study_as_cma.py

First the landscapes: 12 people walk 96 laws that cover the box, 32 more around their best, 6 min each, and the best
three three times again. Then everybody's best law is walked by everybody. Then the chases, all from one poor start:
12 people × 3 seeds, each run ends once the law it recommends truly saves 80 % of what that person's best one does
(regret of 20 %), or after 160 min of walking. Prints the landscapes, expected minutes with success counts, and how
often AS-CMA is sooner with the same person and seed (Martin & Collins, Evolutionary Computation 2026: 24 to 65 %
sooner than the best fixed duration).

Finished parts are lines of --kept (they are in the repository), so it goes on where it was left; --minutes ends it
after the parts then under way, --minutes 0 only tells what is known. About six hours of one core in all. With
--surrogates the chases are made in a minute on smooth functions through the landscapes, with as many --seeds as wanted;
so the first step of all arms, --step, was chosen.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from gait.compare.kept import Kept, Line, add_options
from gait.controllers.torque_profile import TorqueProfile
from gait.errors import UsageError
from gait.hilo.chase import BUDGET, Chase
from gait.hilo.regret import Key, Landscape, landscape_of, sooner, times, walks_for
from gait.hilo.surrogate import known_of, pursue, surrogates
from gait.hilo.truth import Walks
from gait.human.participants import studied_names
from gait.optimizers import find_optimizer

ARMS: dict[str, tuple[str, float | None, dict[str, str]]] = {
    "as-cma": ("as-cma", None, {"longest": "120"}), "cma-es, 2 min": ("cma-es", 120.0, {}),
    "cma-es, 1 min": ("cma-es", 60.0, {}), "cma-es, 30 s": ("cma-es", 30.0, {}),
}  # fmt: skip
"""Optimizer, each law's seconds, settings beside the first step."""
REGRET = 0.2


def main() -> None:
    """Walk what is missing, print what is known."""
    parser = argparse.ArgumentParser(description="AS-CMA against CMA-ES with fixed durations, on simulated people.")
    parser.add_argument("--participants", default="", help="names with commas; none: all that aren't held out")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--step", default="3", help="first standard deviation of every arm [ε]")
    parser.add_argument("--surrogates", action="store_true", help="walk nothing; chase on surrogates of the landscapes")
    add_options(parser, "benchmarks/as_cma.jsonl", "studies/as-cma")
    o = parser.parse_args()
    try:
        if min(o.seeds, o.jobs) < 1:
            raise UsageError(f"--seeds {o.seeds} and --jobs {o.jobs}: each must be above 0.")
        names = o.participants.split(",") if o.participants else studied_names()
        kept = Kept(o.kept)
        walk = walker(kept, o.work, o.jobs, o.minutes) if o.minutes > 0 and not o.surrogates else None
        found = landscapes(kept, names, walk)
        show_landscapes(found, cross(kept, found, walk))
        chases = {arm: [c for s in range(o.seeds) for c in row(found, arm, s, o.step)] for arm in ARMS}
        if o.surrogates:
            print("on surrogates:")
            show_chases(on_surrogates(kept, chases, names, o.jobs))
            return
        if walk:
            walk(c for row in chases.values() for c in row)
        show_chases(walked(kept, chases))
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(2) from None


Walk = Callable[[Iterable[Walks | Chase]], None]


def walker(kept: Kept, work: Path, jobs: int, minutes: float) -> Walk:
    """What walks all that isn't known of some questions, until it is late."""
    until = time.monotonic() + 60.0 * minutes
    return lambda asked: kept.walk(asked, work, jobs, (until - time.monotonic()) / 60.0, in_words)


def in_words(q: Walks | Chase, line: Line) -> str:
    """What a part came to."""
    if isinstance(q, Walks):
        return f"participant {q.participant}, {len(q.laws)} laws, {sum(r is not None for r in line['rates'])} stood"
    reached = f"{line['reached']:.0f} s" if line["reached"] else "not reached"
    return f"participant {q.participant}, {q.optimizer} {q.seconds or ''} seed {q.seed}: {reached}"


def landscapes(kept: Kept, names: list[str], walk: Walk | None) -> dict[str, Landscape]:
    """Each person's landscape, of those that are complete; rounds follow from those before."""
    found: dict[str, Landscape] = {}
    while walk and (asked := [q for name in names for q in walks_for(kept, name)]):
        before = len(kept.lines)
        walk(asked)
        if len(kept.lines) == before:  # it's late, or none of them can be walked
            break
    for name in names:
        if not walks_for(kept, name):
            found[name] = landscape_of(kept, name)
    return found


def cross(kept: Kept, found: dict[str, Landscape], walk: Walk | None) -> np.ndarray | None:
    """(people, people) what a person (row) saves with each one's best law (column); None if it isn't all known."""
    laws = tuple(place.best for place in found.values())
    asked = {name: [Walks(name, laws, 40 + k) for k in range(2)] for name in found}
    if walk:
        walk(q for row in asked.values() for q in row)
    lines = {name: [kept.find(q) for q in row] for name, row in asked.items()}
    if not found or any(line is None for row in lines.values() for line in row):
        return None
    table = []
    for name, known in lines.items():
        rates = np.array([line["rates"] for line in known if line], float)  # None becomes nan: fell
        table.append(1.0 - rates.mean(axis=0) / found[name].zero)
    return np.array(table)


def row(found: dict[str, Landscape], arm: str, seed: int, step: str) -> list[Chase]:
    """One optimizer's runs, one with each person."""
    optimizer, seconds, settings = ARMS[arm]
    chosen = {"initial_step": step, **settings}
    find_optimizer(optimizer).Settings.parse(chosen)  # here, where a wrong one is told at once
    return [Chase(name, optimizer, seconds, seed, round(p.target(REGRET), 6), chosen) for name, p in found.items()]


def on_surrogates(
    kept: Kept, chases: dict[str, list[Chase]], names: list[str], jobs: int
) -> dict[str, dict[Key, float | None]]:
    """When each chase gets there on surrogates of the landscapes."""
    rates, falls = surrogates(known_of(kept, names))
    found: dict[str, dict[Key, float | None]] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for arm, row in chases.items():
            theirs = [rates[names.index(q.participant)] for q in row]
            reached = pool.map(partial(pursue, falls=falls), row, theirs, chunksize=8)
            found[arm] = {(q.participant, q.seed): t for q, t in zip(row, reached, strict=True)}
    return found


def show_landscapes(found: dict[str, Landscape], table: np.ndarray | None) -> None:
    """A line a person: the best law and how it compares with the others' best ones."""
    for k, (name, p) in enumerate(found.items()):
        told = ""
        if table is not None:
            others = np.delete(table[k], k)
            worst = f"least {100 * np.nanmin(others):.1f} %" + (f", {np.isnan(others).sum()} trip it" if
                                                             np.isnan(others).any() else "")  # fmt: skip
            told = f" · with the others' best laws {100 * np.nanmean(others):.1f} %, {worst}"
        print(
            f"participant {name}: {p.laws} laws, {p.fell} tripped it · best {100 * p.saving:.1f} ± {100 * p.error:.1f} "
            f"% · {TorqueProfile.from_unit(np.array(p.best)).describe()}{told}"
        )
    if not found:
        return
    places = list(found.values())
    print(
        f"the best laws save {100 * np.mean([p.saving for p in places]):.1f} % in the mean, error of one such saving "
        f"{100 * np.mean([p.error for p in places]):.2f} points; {sum(p.fell for p in places)} of "
        f"{sum(p.laws for p in places)} laws trip the person within 6 min"
    )
    if table is not None:
        apart = (np.diag(table)[:, None] - table)[~np.eye(len(table), dtype=bool)]
        fell = int(np.isnan(table[~np.eye(len(table), dtype=bool)]).sum())
        print(f"another's best law saves {100 * np.nanmean(apart):.1f} points less than one's own where it's stood "
              f"twice; {fell} of {len(apart)} aren't")  # fmt: skip


def walked(kept: Kept, chases: dict[str, list[Chase]]) -> dict[str, dict[Key, float | None]]:
    """When each chase that is known got there."""
    return {arm: times([(q, kept.find(q)) for q in row]) for arm, row in chases.items()}


def show_chases(chases: dict[str, dict[Key, float | None]]) -> None:
    """Expected minutes with success counts, and who is sooner."""
    known = {arm: t for arm, t in chases.items() if t}
    if not known:
        return
    print(f"minutes of walking to a regret of {100 * REGRET:.0f} %, failed runs started again (runs that got there):")
    for arm, reached in known.items():
        there = sum(t is not None for t in reached.values())
        spent = sum(BUDGET if t is None else t for t in reached.values()) / 60
        expected = f"{spent / there:.0f} min" if there else "–"
        print(f"  {arm:<14} {expected} ({there}/{len(reached)})")
    for arm in list(known)[1:]:
        p = sooner(known["as-cma"], known[arm], np.random.default_rng(0)) if "as-cma" in known else None
        if p:
            print(f"  as-cma sooner than {arm}: P = {p.share:.2f} [{p.low:.2f}, {p.high:.2f}] ({p.pairs} pairs)")


if __name__ == "__main__":
    main()
