"""Map what torque laws save a person, over peak torque and peak time, at fixed rise and fall times.

    python scripts/landscape.py [--grid 9] [--seconds 60] [--seeds 2] [--early] [--out DIR]

Nothing is optimized and nothing measured: the map shows the noise-free metabolic rate, which no experimenter sees, so
that what an optimizer found can be judged. Each law is walked from a fresh start, with the same sensor noise for all.
Savings are over zero torque with the device worn. `--early` carries the peak time down to 10 % of the stride, far
below the task's bounds, with 17 rows in place of 9: to look at the second basin there; a rise that would begin before
heel strike is shortened.

Writes landscape.png and landscape.csv (with --early landscape-early.…) into DIR (default runs/landscape), and each
walk into DIR/walks.jsonl: what is there is not walked again, so it can be stopped and asked for again. A minute or two
on 2 cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

import gait
from gait.controllers.torque_profile import PEAK, PEAK_TIME, SPACE, project
from gait.files import append_lines, drop_torn_line, read_lines
from gait.human.conditions import ANKLES, DEVICES
from gait.human.crowd import Crowd
from gait.simulate import COMPLETED
from gait.tasks.exoskeleton import SECONDS, Exoskeleton
from gait.view.landscape import Landscape, draw_landscape
from gait.view.look import picture

PEOPLE = (0.54, 0.70, 50.0, 56.0)
"""Peak torque [N·m/kg] and peak time [%] of people's optima: about 0.54 is recalled for the generic law of Zhang et al.
(2017), 0.70 at 54.6 % is the generic law in the code of Slade et al. (2022)."""
EARLIEST = 10.0
"""Peak time with which `--early` begins [%]."""
START = SPACE.decode(SPACE.default)

Walk = dict[str, Any]
"""One walk's settings, and `net` [W/kg] (None after a fall), `fell`, `walked` [s]."""


def main() -> None:
    """Walk what is missing, print, draw."""
    parser = argparse.ArgumentParser(description="Map of metabolic savings by torque law.")
    parser.add_argument("--participant", default="1")
    parser.add_argument("--device", choices=[d for d in DEVICES if d != "none"], default="ankle")
    parser.add_argument("--ankles", choices=list(ANKLES), default="both")
    parser.add_argument("--rise", type=float, default=float(START[2]), help="rise time [%% of the stride]")
    parser.add_argument("--fall", type=float, default=float(START[3]), help="fall time [%% of the stride]")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each walk")
    parser.add_argument("--seeds", type=int, default=2, help="walks of each law")
    parser.add_argument("--grid", type=int, default=9, help="peak torques, and peak times within the task's bounds")
    parser.add_argument("--early", action="store_true", help=f"peak times from {EARLIEST:g} %% on")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/landscape"))
    o = parser.parse_args()
    if o.grid < 2 or o.seeds < 1:
        parser.error(f"--grid {o.grid} --seeds {o.seeds}: a map has 2 × 2 cells and a walk in each, or more.")
    try:
        SECONDS.check(o.seconds)
        task = Exoskeleton(participant=o.participant, device=o.device, ankles=o.ankles)
        torques = np.linspace(SPACE.low[PEAK], SPACE.high[PEAK], o.grid)
        early, rows = (EARLIEST, 2 * o.grid - 1) if o.early else (SPACE.low[PEAK_TIME], o.grid)
        times = np.linspace(early, SPACE.high[PEAK_TIME], rows)
        laws = project([[p, t, o.rise, o.fall] for t in times for p in torques])
        laws[laws[:, PEAK] == 0.0, 1:] = START[1:]  # without torque all are one law
        o.out.mkdir(parents=True, exist_ok=True)
        asked = [settings_of(task, law, o.seconds, s) for law in laws.tolist() for s in range(o.seeds)]
        walks = walk_missing(o.out / "walks.jsonl", asked, lambda s: walk(task, s), o.threads)
    except gait.UsageError as error:
        raise SystemExit(f"gait: {error}") from None
    cells = [cell_of(law, walks[k * o.seeds : (k + 1) * o.seeds], walks[: o.seeds])
             for k, law in enumerate(laws.tolist())]  # fmt: skip
    shape = (len(times), len(torques))
    saving, falls = (np.array([c[k] for c in cells], float).reshape(shape) for k in ("saving_percent", "falls"))
    land = Landscape(torques, times, saving, falls / o.seeds)
    told = f"{task.title}\nrise {o.rise:g} %, fall {o.fall:g} % · {o.seeds} × {o.seconds:g} s a cell, noise-free rates"
    try:
        report(land, told)
    except ValueError as error:
        raise SystemExit(f"no map: {error}") from None
    name = o.out / ("landscape-early" if o.early else "landscape")
    with name.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(cells[0]))
        table.writeheader()
        table.writerows(cells)
    with picture(name.with_suffix(".png"), size=(7.2, 5.2), title=told) as (ax,):
        draw_landscape(ax, land, start=(START[PEAK], START[PEAK_TIME]), people=PEOPLE)
    print(f"{name}.csv\n{name}.png")


def settings_of(task: Exoskeleton, law: Sequence[float], seconds: float, seed: int) -> Walk:
    """All that a walk depends on; what was walked with these is not walked again."""
    return {"participant": task.person.digest(), "version": task.version, "speed": task.speed,
            "device": list(task.device), "ankles": list(task.ankles), "sensor": list(task.sensor),
            "seconds": seconds, "seed": seed, "law": list(law)}  # fmt: skip


def walk_missing(cache: Path, asked: Sequence[Walk], walker: Callable[[Walk], Walk], threads: int) -> list[Walk]:
    """The walks with these settings: from the cache, or walked and appended to it, one line each."""

    def key(settings: Walk) -> str:
        return json.dumps({name: settings[name] for name in asked[0]})

    drop_torn_line(cache)
    known = {key(line): line for _, line in read_lines(cache) if line.keys() >= asked[0].keys()}
    missing = {key(s): s for s in asked if key(s) not in known}
    with ThreadPoolExecutor(threads) as pool:
        under_way = [pool.submit(walker, s) for s in missing.values()]
        try:
            for future in track(as_completed(under_way), "walking", len(under_way), disable=not sys.stdout.isatty()):
                done = future.result()
                append_lines(cache, [done], sync=False)
                known[key(done)] = done
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [known[key(s)] for s in asked]


def walk(task: Exoskeleton, settings: Walk) -> Walk:
    """One walk from a fresh start, summed up once the law has ramped in."""
    crowd = Crowd([task.person], settings["seconds"], speed=task.speed, device=task.device, ankles=task.ankles,
                  sensor=task.sensor)  # fmt: skip
    crowd.begin(0, np.array(settings["law"]), settings["seconds"], settings["seed"])
    crowd.walk(np.array([0]), int(crowd.sums.last[0]))
    fell = bool(crowd.flags[0] != COMPLETED)
    return {**settings, "net": None if fell else crowd.summary(0)["net"], "fell": fell, "walked": crowd.seconds(0)}


def cell_of(law: Sequence[float], walks: Sequence[Walk], zero: Sequence[Walk]) -> dict[str, float]:
    """One law in a line: savings over zero torque, seed by seed, where both walks were completed."""
    pairs = [(w["net"], z["net"]) for w, z in zip(walks, zero, strict=True) if w["net"] and z["net"]]
    return {
        **dict(zip(SPACE.names, law, strict=True)), "walks": len(walks), "falls": sum(w["fell"] for w in walks),
        "net_rate": float(np.mean([w for w, _ in pairs])) if pairs else float("nan"),
        "saving_percent": float(np.mean([100 * (1 - w / z) for w, z in pairs])) if pairs else float("nan"),
    }  # fmt: skip


def report(land: Landscape, told: str) -> None:
    """The best cell, and what the map says where people's optima lie."""
    torque, time, saving = land.best()
    low, high, early, late = PEOPLE
    print(f"{told}\nbest cell         {saving:.1f} % saved with {torque:.2f} N·m/kg at {time:.1f} % of the stride")
    across = (land.peak_torque > low - 1e-9) & (land.peak_torque < high + 1e-9)
    along = (land.peak_time > early - 1e-9) & (land.peak_time < late + 1e-9)
    there, fell = land.saving[np.ix_(along, across)], land.falls[np.ix_(along, across)] > 0
    walked = there[~np.isnan(there)]
    found = f"{walked.min():.1f} to {walked.max():.1f} % saved" if walked.size else "nobody walked on"
    inside = low <= torque <= high and early <= time <= late
    print(f"people's optima   {low:g}–{high:g} N·m/kg at {early:g}–{late:g} %: {found} in {there.size} cells, "
          f"{fell.sum()} with falls; the best cell lies {'within' if inside else 'outside'}")  # fmt: skip


if __name__ == "__main__":
    main()
