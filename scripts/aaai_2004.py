"""The four-way comparison of Kohl & Stone (AAAI 2004) on the simulated robot: who learns to walk fast soonest?

    python scripts/aaai_2004.py                  10 runs each of an hour, from what is kept, at once
    python scripts/aaai_2004.py --hours 3        as long as the robots learned; 4 min a run where it isn't kept

The policy gradient by finite differences, hill climbing, the amoeba (downhill simplex, Nelder-Mead) and a genetic
algorithm tune the same 12 parameters of the same trot from the same slow start; all are made to live with noise, and an
hour of simulated time is walking, setting up and falling. Finished runs are lines of --kept (they are in the
repository), so it goes on where it was left; --minutes 0 only tells what is known.

Beside it stand what is published of the robot's learning (start and end of the policy gradient), and an independent
comparison on another robot of whose figures a text can be read. The paper's own figures for the other three aren't
quoted: we could read its abstract only. As we recall, policy gradient and hill climbing came out ahead of the amoeba
and the genetic algorithm there. Prints all that and writes OUT/report.html.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gait.compare.kept import Kept, Question, add_options, study_of
from gait.compare.study import Study
from gait.errors import UsageError
from gait.report import markup
from gait.report.kept import Told, write_kept_report

FOUR = ("finite-difference", "hill-climbing", "nelder-mead", "genetic")
WORDS = "In the paper's words finite-difference is the policy gradient and nelder-mead the amoeba."
LEARNED = 0.291
"""Speed of the policy gradient's gait on the robot [m/s] (Kohl & Stone, ICRA 2004; 23 iterations of 45 trials)."""
PUBLISHED = (
    ("ERS-210, start of learning", "below 150 mm/s", "UT Austin Villa, learned walk; Kohl & Stone, ICRA 2004"),
    ("ERS-210, policy gradient, 1035 trials in 3 h", "291 mm/s", "the same"),
    ("QuadraTot, by hand", "11 mm/s", "Yosinski et al., ECAL 2011, best gait, mean of 3 runs"),
    ("QuadraTot, policy gradient, 174 trials", "13 ± 16 mm/s", "the same"),
    ("QuadraTot, hill climbing, uniform or Gaussian, 234 and 284 trials", "17 and 21 mm/s", "the same"),
    ("QuadraTot, Nelder–Mead, 172 trials", "26 mm/s", "the same"),
)
"""What, how fast, and where it is published."""


def main() -> None:
    """Walk what is missing, print what is known beside what is published, write the report."""
    parser = argparse.ArgumentParser(description="Kohl & Stone's four optimizers, by simulated time.")
    parser.add_argument("--hours", type=float, default=1.0, help="simulated time of each run")
    parser.add_argument("--seeds", type=int, default=10)
    add_options(parser, "benchmarks/optimizers.jsonl", "studies/optimizers")
    parser.add_argument("--out", type=Path, default=Path("studies/aaai-2004"), help="where the report goes")
    o = parser.parse_args()
    try:
        kept = Kept(o.kept)
        asked = [Question("quadruped", name, seed, 3600.0 * o.hours) for seed in range(o.seeds) for name in FOUR]
        kept.walk(asked, o.work, o.jobs, o.minutes,
                  lambda q, line: f"{q.optimizer} seed {q.seed}, {line['recommended']['mean']:.3f} m/s")  # fmt: skip
        rows = {name: [known for q in asked if q.optimizer == name and (known := kept.find(q))] for name in FOUR}
        show(study_of({name: lines for name, lines in rows.items() if lines}, 3600.0 * o.hours, LEARNED), o)
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def show(study: Study, o: argparse.Namespace) -> None:
    """Print the comparison and what is published; write the report."""
    if not study.results:
        print("nothing is known yet")
        return
    study.print()
    print("published:")
    for what, how_fast, where in PUBLISHED:
        print(f"  {how_fast:<16} {what} ({where})")
    told = Told(
        f"quadruped · {o.seeds} runs each · budget {o.hours:g} h of simulated time",
        f"python scripts/aaai_2004.py --hours {o.hours:g} --seeds {o.seeds}",
        {name: results[0]["settings"] for name, results in study.results.items()},
        [WORDS],
        ("Published", markup.table(("robot and optimizer", "speed", "where"), PUBLISHED)),
    )  # fmt: skip
    print(write_kept_report(study, o.out, told))


if __name__ == "__main__":
    main()
