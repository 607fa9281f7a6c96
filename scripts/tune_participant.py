"""Tune a person's reflex gains until it walks well, and put it among the participants.

    python scripts/tune_participant.py --stage walk --generations 300 --out tuning/walk.jsonl
    python scripts/tune_participant.py --stage assist --start tuning/walk.jsonl --out tuning/assist.jsonl --ship 2

CMA-ES over the gains of gait/human/reflexes.py and the starting posture. The cost is `cost_of` in gait/human/tuning.py:
a fall above all, then net metabolic rate, speed held, stride time and duty factor within people's range, joint angles
and ground reaction like people's, an upright trunk. `walk` begins at Geyer & Herr's published gains; `assist` adds
random torque laws, pushes and other belt speeds. The outcome is the mean of the last generations' distributions, since
one alone is as lucky as its laws were mild; it is shown by a minute each of many conditions. Half an hour and more on 2
cores. What is in --out already is not walked again, so it can be stopped and asked for again, or for more generations.
--ship NAME writes the outcome to models/human/participants.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gait.human.body import Stature
from gait.human.participants import Participant, shipped, write_participant
from gait.human.tuning import STAGES, Generation, Judge, battery, split, start_of
from gait.human.tuning_log import Search, last_mean, search

LOOKED_AT = ("net", "speed", "stride_time", "stride_time_sd", "duty_factor", "knee_flexion", "peak_load", "walked")


def main() -> None:
    """Tune, print, ship."""
    parser = argparse.ArgumentParser(description="Tune a simulated person.")
    parser.add_argument("--stage", choices=list(STAGES), required=True)
    parser.add_argument("--start", type=Path, help="outcome of another stage; none: published gains")
    parser.add_argument("--generations", type=int, default=300)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--step", type=float, default=0.4, help="in natural perturbations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mass", type=float, default=80.0)
    parser.add_argument("--height", type=float, default=1.80)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ship", help="name under which the outcome joins the participants")
    o = parser.parse_args()
    start = start_of({} if o.start is None else last_mean(o.start))
    judge = Judge(Participant(o.ship or "candidate", Stature(o.mass, o.height), *split(start)), o.threads)
    began = time.time()

    def report(g: Generation) -> None:
        if g.number % 10 == 0:
            walks = " | ".join(" ".join(f"{k} {t[k]:.3f}" for k in LOOKED_AT) for t in g.told)
            print(f"{g.number} {time.time() - began:.0f} s best {min(g.costs):.2f} median {np.median(g.costs):.2f} "
                  f"step {g.step:.3f} | {walks}", flush=True)  # fmt: skip

    about = {"stage": o.stage, "mass": o.mass, "height": o.height}
    how = Search(o.population, o.step, o.seed)
    found = search(judge, STAGES[o.stage], how, o.generations, o.out, start, about, report)
    rate = confirm(judge, found.x)
    if o.ship:
        command = " ".join(["python scripts/tune_participant.py", *sys.argv[1:]])
        made = (f"{command}; {found.generations} generations of {o.population}, {found.walked / 3600:.1f} simulated "
                f"hours in this stage, start {o.start or 'published gains'}; net {rate:.2f} W/kg")  # fmt: skip
        frozen = write_participant(dataclasses.replace(judge.person(found.x), made=made))
        print(f"{shipped()}: {frozen.name} {frozen.digest()}")


def confirm(judge: Judge, x: NDArray[np.float64]) -> float:
    """Print how an outcome walks in all conditions; its net rate without a device [W/kg]."""
    rates = {}
    for name, episode in battery().items():
        _, told = judge([x], [episode])
        t = told[0][0]
        rates[name] = t["net"]
        end = f"fell after {t['walked']:.0f} s" if t["fell"] else ""
        print(f"{name:<26} {end:<16}" + " ".join(f"{k} {t[k]:.3f}" for k in LOOKED_AT), flush=True)
    return float(np.mean([rate for name, rate in rates.items() if name.startswith("no device")]))


if __name__ == "__main__":
    main()
