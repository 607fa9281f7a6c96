"""The study of Zhang et al. (2017) with simulated people: exoskeleton torque tuned with the human in the loop.

    python scripts/zhang_2017.py

Every participant gets used to the devices for 6 min, then CMA-ES tunes their torque law for 64 min, 4 generations of 8
laws of 2 min. Validation follows at once: zero torque, a fixed generic law (the start) and the optimized law, 6 min
each in mirrored order, of which the last 3 min count. With --adaptation slow or fast the person learns on its own all
the while; then the same walking time without a device is its control, and savings are over that.

Finished people are lines of OUT/sittings.jsonl, unfinished ones go on at the batch they were in, so it can be stopped
at any time and asked for again. Prints every participant and the cohort beside the published result, and draws savings,
laws and muscles. Reports both truth, which no laboratory sees, and what breaths said.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gait.errors import UsageError
from gait.hilo import Protocol, Study
from gait.hilo.plots import save_laws, save_muscles, save_savings
from gait.hilo.study import WAYS
from gait.hilo.summary import report, simulated
from gait.human.adaptation import RATES
from gait.human.participants import participant_names
from gait.words import pairs


def main() -> None:
    """Walk what is missing, print, draw."""
    parser = argparse.ArgumentParser(description="Exoskeletons tuned with simulated humans in the loop.")
    parser.add_argument("--participants", default="", help="names with commas; none: all")
    parser.add_argument("--adaptation", default="off", help=f"with commas: {', '.join(RATES)}")
    parser.add_argument("--optimizer", default="cma-es")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the optimizer")
    parser.add_argument("--minutes", type=float, default=64.0, help="walking time for the optimizer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", choices=WAYS, default="processes", help="how people walk; results are the same")
    parser.add_argument("--jobs", type=int, default=2, help="people that walk at a time")
    parser.add_argument("--out", type=Path, default=Path("studies/zhang-2017"))
    o = parser.parse_args()
    try:
        study = Study(
            o.participants.split(",") if o.participants else participant_names(), o.adaptation.split(","),
            Protocol(o.optimizer, pairs("--set", o.set), 60.0 * o.minutes, o.seed), o.out,
        )  # fmt: skip
        walk(study, o.way, o.jobs)
        lines = study.lines()
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print("\n".join(report(lines)))
    for save in (save_savings, save_laws, save_muscles):
        print(save(o.out, lines))


def walk(study: Study, way: str, jobs: int) -> None:
    """Walk what is missing, with a bar on a terminal, and say how long it took."""
    known, began = len(study.lines()), time.perf_counter()
    columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    walked = 0.0
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as bar:
        row = bar.add_task("people", total=len(study.sittings), completed=known)
        for line in study.run(way, jobs):
            walked += simulated([line])
            wall = time.perf_counter() - began
            told = f"people · {walked / 3600:.1f} h simulated · {walked / wall:.0f}× real time"
            bar.update(row, advance=1, description=told)
    if walked:
        wall = time.perf_counter() - began
        print(f"{walked / 3600:.1f} h simulated in {wall / 60:.1f} min, {walked / wall:.0f} times real time "
              f"({jobs} at a time, {way})")  # fmt: skip


if __name__ == "__main__":
    main()
