"""Make the cohort: 11 people beside the first, and 4 held out, each tuned from the first one's gains and frozen.

    python scripts/make_participants.py

What people differ by is drawn in gait/human/cohort.py from their names. Each is tuned as the first was in its last
stage (laws, pushes, other belt speeds), but shorter, and towards a stride time of its own; then it must walk 10 minutes
at 1.25 m/s without a fall, three times without a device and three times with one, and 4 minutes with a usual law. Who
falls is tuned on and checked again. Three to six minutes of processor time a person. Logs are kept in --work, so it can
be stopped and asked for again; people who are there already stay.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from gait.human.cohort import FIRST, SEARCH, WALKS, Made, draw, make, members
from gait.human.crowd import ZERO_LAW, Crowd
from gait.human.participants import Participant, participant_names, write_participant


def main() -> None:
    """Make who is missing."""
    parser = argparse.ArgumentParser(description="Make the participants of the cohort.")
    parser.add_argument("--names", default="", help="with commas; none: all of the cohort but the first")
    parser.add_argument("--again", action="store_true", help="also make again who is there")
    parser.add_argument("--jobs", type=int, default=2, help="people made at a time")
    parser.add_argument("--work", type=Path, default=Path("studies/cohort"), help="where searches are logged")
    o = parser.parse_args()
    names = o.names.split(",") if o.names else members()
    if unknown := sorted(set(names) - set(members())):
        parser.error(f"--names {unknown[0]}: the cohort's members are {', '.join(members())}.")
    there = set() if o.again else set(participant_names())
    missing = [n for n in names if n not in there]
    warm_up()
    with ProcessPoolExecutor(o.jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(made, n, o.work) for n in missing]):
            found = done.result()
            who, passed = found.person, found.check.passed
            verdict = write_participant(who).digest() if passed else "falls: not kept"
            print(f"{who.title()}, {about(who)}: {who.made}; {verdict}", flush=True)


def warm_up() -> None:
    """Compile once, before many processes would at the same time."""
    crowd = Crowd([draw("2")], 1.0)
    crowd.begin(0, ZERO_LAW, 1.0, 0)
    crowd.walk(np.array([0]), 10)


def made(name: str, work: Path) -> Made:
    """A person and how it walks; how it was made is told in its entry."""
    began, log = time.process_time(), work / f"{name}.jsonl"
    resumed = log.exists()
    found = make(name, log, threads=1)
    minutes = (time.process_time() - began) / 60
    paid = f"{minutes:.1f} min of processor time" + (" in the last sitting" if resumed else "")
    c = found.check
    told = (f"python scripts/make_participants.py --names {name} --again; {found.generations} generations of "
            f"{SEARCH.population} from participant {FIRST}, {found.walked / 3600:.1f} simulated hours, {paid}; "
            f"{c.stood} of {WALKS} walks at 1.25 m/s without a fall, 3 of 10 min without a device, 3 with one, 3 of "
            f"4 min with a usual law; net {c.net:.2f} W/kg, stride {c.stride_time:.3f} s, speed within "
            f"{100 * c.speed_error:.1f} %")  # fmt: skip
    return dataclasses.replace(found, person=dataclasses.replace(found.person, made=told))


def about(who: Participant) -> str:
    """What a body is beyond its size."""
    return (f"strength {who.strength:g}, tendons {who.tendon:g}, slow fibres {who.slow_more:+g}, "
            f"likes {who.stride_time:g} s")  # fmt: skip


if __name__ == "__main__":
    main()
