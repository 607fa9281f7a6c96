"""How fast a person walks, beside a bare `mj_step` loop over the same walking; and whether the time step is fine.

    python benchmarks/human.py [--rounds 5] [--seconds 60]

The bare loop plays back the joint torques of the same walk, `mj_step` and nothing else, in compiled code on one core.
The same through `mujoco.batch`, a call from Python a step, is what a walker on a batch could reach before any reflex.
Person and loops take turns; best times count (shared machines only ever slow one down). `× real time` is a core's.
The cost by time step is the net metabolic rate without torque, mean and standard error over seeds.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from gait.compiled import compiled, doubles_at
from gait.human.body import DEVICE_MASS
from gait.human.crowd import ZERO_LAW, Crowd
from gait.human.participants import find_participant
from gait.simulate import COMPLETED, Bench, step_world

Array = NDArray[np.float64]
LAW = np.array([0.4, 52.9, 26.2, 9.8])
WORLDS = 8


@compiled
def play(bench: Bench, tape: Array) -> None:
    """`mj_step` in world 0 under the torques (steps, 9) of a walk."""
    applied = doubles_at(bench.applied[0], 9)
    for k in range(len(tape)):
        applied[:] = tape[k]
        step_world(bench, 0)


def new_crowd(n: int, seconds: float, timestep: float = 0.001, device: float = DEVICE_MASS) -> Crowd:
    """n times the shipped participant, with its devices on."""
    person = find_participant("1")
    return Crowd([person] * n, seconds, device=(device, device), timestep=timestep)


def begin_all(crowd: Crowd, seconds: float, law: Array) -> None:
    """Set everybody out."""
    for i in range(crowd.n):
        crowd.begin(i, law, seconds, i)


def taped(seconds: float) -> Array:
    """Joint torques of a walk, step by step."""
    crowd, rows = new_crowd(1, seconds), []
    begin_all(crowd, seconds, LAW)
    while crowd.flags[0] == 0:
        crowd.walk(np.array([0]), 1)
        rows.append(crowd.datas[0].qfrc_applied.copy())
    return np.array(rows)


def timed_walk(crowd: Crowd, seconds: float) -> float:
    """Wall seconds to walk all worlds through."""
    begin_all(crowd, seconds, LAW)
    began = time.perf_counter()
    crowd.walk(np.arange(crowd.n), int(crowd.sums.last.max()))
    return time.perf_counter() - began


def timed_batch(crowd: Crowd, seconds: float, tape: Array) -> float:
    """Wall seconds of the same through `mujoco.batch`, a call a step, in a Python loop."""
    begin_all(crowd, seconds, LAW)
    batch = Batch(crowd.models[0], 1, 1)
    qpos, qvel, applied = (batch.bind(name) for name in ("qpos", "qvel", "qfrc_applied"))
    qpos[0], qvel[0] = crowd.datas[0].qpos, crowd.datas[0].qvel
    began = time.perf_counter()
    for row in tape:
        applied[0] = row
        batch.step()
    return time.perf_counter() - began


def timed_play(crowd: Crowd, seconds: float, tape: Array) -> float:
    """Wall seconds of the bare loop."""
    begin_all(crowd, seconds, LAW)
    began = time.perf_counter()
    play(crowd.bench, tape)
    return time.perf_counter() - began


def speeds(rounds: int, seconds: float) -> None:
    """One person, eight, and eight on each of two cores."""
    tape = taped(seconds)
    walked = len(tape) * 0.001
    one, many, other = new_crowd(1, seconds), new_crowd(WORLDS, seconds), new_crowd(WORLDS, seconds)
    best = {"bare": np.inf, "batch": np.inf, "one": np.inf, "eight": np.inf, "two": np.inf}
    for _ in range(rounds):
        best["bare"] = min(best["bare"], timed_play(one, seconds, tape) / walked)
        best["batch"] = min(best["batch"], timed_batch(one, seconds, tape) / walked)
        best["one"] = min(best["one"], timed_walk(one, seconds) / one.seconds(0))
        best["eight"] = min(best["eight"], timed_walk(many, seconds) / total(many))
        with ThreadPoolExecutor(2) as pool:
            took = list(pool.map(lambda c: timed_walk(c, seconds), (many, other)))
        best["two"] = min(best["two"], max(took) / total(many))
    names = {"bare": "bare mj_step loop", "batch": "mujoco.batch, a call a step",
             "one": "one person", "eight": f"{WORLDS} persons in one batch, one core",
             "two": f"{WORLDS} persons a core, two cores"}  # fmt: skip
    for key, name in names.items():
        print(f"{name:<36} {1 / best[key]:6.0f} × real time a core   {best['bare'] / best[key]:.2f} of the bare loop")


def total(crowd: Crowd) -> float:
    """Seconds all worlds walked."""
    return float(sum(crowd.seconds(i) for i in range(crowd.n)))


def time_steps(seconds: float, seeds: int) -> None:
    """Net metabolic rate by time step."""
    rates = {}
    for ms in (1.0, 0.5):
        crowd = new_crowd(seeds, seconds, ms / 1000)
        begin_all(crowd, seconds, ZERO_LAW)
        crowd.walk(np.arange(seeds), int(crowd.sums.last.max()))
        net = [crowd.summary(i)["net"] for i in range(seeds) if crowd.flags[i] == COMPLETED]
        rates[ms] = float(np.mean(net))
        print(
            f"time step {ms:g} ms: {rates[ms]:.3f} ± {np.std(net, ddof=1) / len(net) ** 0.5:.3f} W/kg, {len(net)} walks"
        )
    print(f"1 ms against 0.5 ms: {100 * (rates[1.0] / rates[0.5] - 1):+.2f} %")


def main() -> None:
    """Time, print."""
    parser = argparse.ArgumentParser(description="Speed of the simulated person.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=8)
    o = parser.parse_args()
    speeds(o.rounds, o.seconds)
    time_steps(120.0, o.seeds)


if __name__ == "__main__":
    main()
