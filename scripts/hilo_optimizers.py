"""Which optimizer finds a person's exoskeleton law within an hour of walking? Simulated people, simulated minutes.

    python scripts/hilo_optimizers.py

Every optimizer tunes the four numbers of the torque law for the same people, from the same generic law, for 64 min:
32 laws of 2 min, or what AS-CMA makes of them. Settings suit that budget; they were set beforehand and are told below
and in the report. After 16, 32, 48 and 64 min the law then recommended is walked off the bill, and what it truly
saves over no torque is the quality: breaths are for the optimizer only. A walk that ends in a fall saves nothing.
Optimizers meet the same people, so people pair.

Finished runs are lines of --kept (they are in the repository), so it can be stopped at any time and goes on from there;
--minutes ends it after the run then under way, --minutes 0 only tells what is known. A run takes a minute and a half of
a core. Prints the comparison and writes OUT/report.html.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gait.compare.kept import Kept, Line, add_options
from gait.errors import UsageError
from gait.hilo.truth import Walks, no_torque
from gait.hilo.tuned import Answers, study_of, tell
from gait.hilo.tuning import Tuning
from gait.human.participants import studied_names
from gait.report.kept import Told, write_kept_report

ARMS: dict[str, dict[str, str]] = {
    "cma-es": {"population": "8", "initial_step": "2"},
    "as-cma": {"population": "8", "initial_step": "2", "longest": "120"},
    "bayesian": {"initial": "8", "initial_spread": "3", "batch": "1"},
    "finite-difference": {"policies": "8", "evaluations": "1", "step": "2"},
    "regression-gradient": {"trials": "8", "spread": "1", "step": "2"},
    "nelder-mead": {"evaluations": "1", "initial_step": "2"},
    "random-search": {"batch": "8"},
    "hill-climbing": {"neighbours": "7", "evaluations": "1", "step": "1.5"},
    "genetic": {"population": "8", "parents": "4", "elites": "1", "evaluations": "1"},
    "cem": {"population": "8", "elite": "0.375"},
    "scipy": {"method": "cobyqa", "evaluations": "1", "initial_step": "2"},
}
"""Optimizers and settings; the first is what the others are held against."""
FIRST = 7
"""So many of them meet everybody before the others do."""
GOAL = 10.0
"""Saving whose time is told [%]; the generic law saves about 8."""


def main() -> None:
    """Walk what is missing, print what is known, write the report."""
    parser = argparse.ArgumentParser(description="Optimizers with the human in the loop, by simulated minutes.")
    parser.add_argument("--participants", default="", help="names with commas; none: all that aren't held out")
    parser.add_argument("--optimizers", default="", help="names with commas; none: all")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each optimizer with each person")
    add_options(parser, "benchmarks/hilo.jsonl", "studies/hilo-optimizers/work")
    parser.add_argument("--out", type=Path, default=Path("studies/hilo-optimizers"), help="where the report goes")
    o = parser.parse_args()
    try:
        arms, people = chosen(o.optimizers), o.participants.split(",") if o.participants else studied_names()
        kept = Kept(o.kept)
        kept.walk(questions(arms, people, o.seeds), o.work, o.jobs, o.minutes, in_words)
        show(kept, arms, people, o)
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def chosen(names: str) -> dict[str, dict[str, str]]:
    """The optimizers asked for, with their settings."""
    for name in names.split(",") if names else ():
        if name not in ARMS:
            raise UsageError(f"--optimizers {name}: there are {', '.join(ARMS)}.")
    return {name: ARMS[name] for name in names.split(",")} if names else ARMS


def questions(arms: dict[str, dict[str, str]], people: list[str], seeds: int) -> list[Tuning | Walks]:
    """All that is to be walked, person by person, so that a study that is stopped has all optimizers equally far."""
    asked: list[Tuning | Walks] = []
    first, others = dict(list(arms.items())[:FIRST]), dict(list(arms.items())[FIRST:])
    for seed in range(seeds):
        for part in (first, others):
            for person in people:
                asked += [no_torque(person)] if seed == 0 and part is first else []
                asked += [Tuning(person, name, settings, seed) for name, settings in part.items()]
    return asked


def in_words(q: Tuning | Walks, line: Line) -> str:
    """Who walked what."""
    what = f"{q.optimizer} seed {q.seed}, {line['trials']} laws" if isinstance(q, Tuning) else "no torque"
    return f"participant {q.participant}, {what}"


def show(kept: Kept, arms: dict[str, dict[str, str]], people: list[str], o: argparse.Namespace) -> None:
    """Print what is known and write the report."""
    asked = {name: [Tuning(p, name, arms[name], s) for s in range(o.seeds) for p in people] for name in arms}
    answers = Answers(kept, asked)
    if not answers.known:
        print("nothing is known yet")
        return
    study = study_of(answers, GOAL)
    study.print()
    print("\n".join(tell(answers)))
    command = "python scripts/hilo_optimizers.py" + (f" --seeds {o.seeds}" if o.seeds > 1 else "")
    told = Told(
        question=f"exoskeleton · {len(answers.shared)} runs of each optimizer, each with another person"
        if o.seeds == 1 else f"exoskeleton · {len(answers.shared)} runs of each optimizer, person by person",
        command=command, settings={name: answers.known[name][0]["settings"] for name in study.results},
        notes=tell(answers),
    )  # fmt: skip
    print(write_kept_report(study, o.out, told))


if __name__ == "__main__":
    main()
