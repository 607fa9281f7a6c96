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
import json
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.files import append_lines, drop_torn_line, read_json, read_lines, write_json
from gait.human.body import Stature
from gait.human.participants import shipped
from gait.human.tuning import NAMES, STAGES, Judge, battery, start_of, tune
from gait.models import model_path

LOOKED_AT = ("net", "speed", "stride_time", "stride_time_sd", "duty_factor", "knee_flexion", "peak_load", "walked")
AVERAGED = 20
"""Last generations whose means make the outcome."""


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
    judge, means = Judge(Stature(o.mass, o.height), o.threads), deque[NDArray[np.float64]](maxlen=AVERAGED)
    head = {k: getattr(o, k) for k in ("stage", "population", "step", "seed", "mass", "height")}
    start, before, walked = begin(o.out, head, o.start)
    began = time.time()
    for g in tune(judge, start, o.stage, population=o.population, step=o.step, seed=o.seed, before=before):
        means.append(g.mean)
        if g.number > len(before):
            mean = dict(zip(NAMES, g.mean.tolist(), strict=True))
            line = {"generation": g.number, "costs": g.costs, "mean": mean, "walked": walked + judge.seconds}
            append_lines(o.out, [line], sync=False)
            if g.number % 10 == 0:
                report(g.number, g.costs, g.step, g.told, time.time() - began)
        if g.number >= o.generations:
            break
    x = np.mean(means, axis=0)
    rate = confirm(judge, x)
    if o.ship:
        command = " ".join(["python scripts/tune_participant.py", *sys.argv[1:]])
        hours = (walked + judge.seconds) / 3600
        made = (f"{command}; {g.number} generations of {o.population}, {hours:.1f} simulated hours in this stage, "
                f"start {o.start or 'published gains'}; net {rate:.2f} W/kg")  # fmt: skip
        ship(o.ship, judge, x, made)


def begin(out: Path, head: dict[str, Any], start: Path | None) -> tuple[NDArray[np.float64], list[list[float]], float]:
    """Start, costs of the logged generations, seconds walked for them; a new log if there's none."""
    if out.exists():
        drop_torn_line(out)
        lines = [line for _, line in read_lines(out)]
        if any(lines[0].get(k) != v for k, v in head.items()):
            raise SystemExit(f"{out} was begun with other settings: {lines[0]}")
        walked = float(lines[-1].get("walked", 0.0))
        return start_of(lines[0]["start"]), [line["costs"] for line in lines[1:]], walked
    x = start_of({} if start is None else last_mean(start))
    out.parent.mkdir(parents=True, exist_ok=True)
    append_lines(out, [{**head, "start": dict(zip(NAMES, x.tolist(), strict=True))}])
    return x, [], 0.0


def last_mean(path: Path) -> dict[str, float]:
    """The outcome of another stage, or a JSON file of values by name."""
    if path.suffix == ".json":
        return {str(k): float(v) for k, v in read_json(path).items()}
    return dict([line for _, line in read_lines(path)][-1]["mean"])


def report(number: int, costs: list[float], step: float, told: list[dict[str, float]], wall: float) -> None:
    """One line a generation."""
    walks = " | ".join(" ".join(f"{k} {t[k]:.3f}" for k in LOOKED_AT) for t in told)
    print(
        f"{number} {wall:.0f} s best {min(costs):.2f} median {np.median(costs):.2f} step {step:.3f} | {walks}",
        flush=True,
    )


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


def ship(name: str, judge: Judge, x: NDArray[np.float64], made: str) -> None:
    """Write the outcome among the participants."""
    try:
        path, people = shipped(), read_json(shipped())["participants"]
    except FileNotFoundError:
        path, people = model_path("human/sagittal.xml").with_name("participants.json"), []
    p = judge.person(x, name)
    entry = {"name": name, "mass": p.stature.mass, "height": p.stature.height, "strength": p.strength,
             "gains": {k: round(v, 6) for k, v in p.gains.items()},
             "posture": {k: round(v, 6) for k, v in p.posture.items()}, "made": made}  # fmt: skip
    people = [q for q in people if q["name"] != name] + [entry]
    write_json(path, {"participants": sorted(people, key=lambda q: str(q["name"]))})
    print(f"{path}: {json.dumps([q['name'] for q in people])}")


if __name__ == "__main__":
    main()
