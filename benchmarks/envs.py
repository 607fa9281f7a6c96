"""How fast the vector environments are, beside a bare `mj_step` loop over the same walking on the same cores.

    python benchmarks/envs.py [--rounds 5] [--seconds 8]

A vector environment of n worlds is stepped with random actions: controllers, measures, observations, infos and
episodes that begin anew are in its time; the policy is not. The bare loop plays the same worlds' recorded controls,
`mj_step` and nothing else, dealt to as many threads. They take turns; a line's ratio is the loop's best time / the
environment's best time for the same simulated seconds (shared machines only ever slow one down).
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium
import mujoco
import numpy as np

import gait.envs  # noqa: F401  registers them
from gait.envs.vector import QuadrupedVectorEnv
from gait.robots.quadruped import QuadrupedWalker

CASES = (("gait/QuadrupedJoint-v0", 64), ("gait/QuadrupedJoint-v0", 16), ("gait/Quadruped-v0", 64))
Tape = list[tuple[np.ndarray, list[np.ndarray]]]
"""Of one world: where each episode starts (nq,), and its controls, a command each."""


def actions_of(env: QuadrupedVectorEnv, steps: int) -> np.ndarray:
    """(steps, n, d) random actions around the start."""
    shape = (steps, *(env.action_space.shape or ()))
    return np.clip(0.3 * np.random.default_rng(0).standard_normal(shape), -1, 1).astype(np.float32)


def run(env: QuadrupedVectorEnv, actions: np.ndarray) -> float:
    """Wall seconds of these steps, from a reset on."""
    began = time.perf_counter()
    env.reset(seed=0)
    for a in actions:
        env.step(a)
    return time.perf_counter() - began


def record(env: QuadrupedVectorEnv, actions: np.ndarray) -> list[Tape]:
    """What each world's servos were sent in these steps."""
    walker = env.worlds.walker
    tapes: list[Tape] = [[] for _ in range(env.num_envs)]
    place, command = walker.place, walker.command

    def placed(i: int, action: np.ndarray) -> None:
        place(i, action)
        tapes[i].append((walker.qpos[i].copy(), []))

    def commanded(ids: np.ndarray) -> None:
        command(ids)
        for i in ids.tolist():
            tapes[i][-1][1].append(walker.ctrl[i].copy())

    changed: Any = walker
    changed.place, changed.command = placed, commanded
    try:
        run(env, actions)
    finally:
        changed.place, changed.command = place, command
    return tapes


def bare(walker: QuadrupedWalker, tapes: list[Tape], threads: int) -> float:
    """Wall seconds of `mj_step` over the tapes, dealt to so many threads."""

    def loop(part: list[Tape]) -> None:
        data = mujoco.MjData(walker.model)
        for qpos, controls in (episode for tape in part for episode in tape):
            mujoco.mj_resetData(walker.model, data)
            data.qpos[:] = qpos
            for ctrl in controls:
                data.ctrl[:] = ctrl
                mujoco.mj_step(walker.model, data, walker.steps)

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(loop, tapes[k::threads]) for k in range(threads)]:
            future.result()
    return time.perf_counter() - began


def main() -> None:
    """Print a line a case."""
    parser = argparse.ArgumentParser(description="Vector environments beside a bare mj_step loop.")
    parser.add_argument("--rounds", type=int, default=5, help="times environment and loop take turns")
    parser.add_argument("--seconds", type=float, default=8.0, help="simulated seconds a world, about")
    parser.add_argument("--threads", type=int, default=0, help="physics threads; 0 is one a core")
    asked = parser.parse_args()
    threads = asked.threads or os.cpu_count() or 1
    for name, n in CASES:
        env: Any = gymnasium.make_vec(name, num_envs=n, threads=threads)
        steps = round(asked.seconds * (env.rate or 1.4))
        actions = actions_of(env, steps)
        tapes = record(env, actions)
        seconds = sum(len(controls) for tape in tapes for _, controls in tape) * env.worlds.walker.tick
        pairs = [(run(env, actions), bare(env.worlds.walker, tapes, threads)) for _ in range(asked.rounds)]
        walls, bares = zip(*pairs, strict=True)
        each = [b / w for w, b in pairs]
        print(
            f"{name}, n = {n}: ratio {min(bares) / min(walls):.2f}  ({seconds / min(walls):.0f}× real time, "
            f"{n * steps / min(walls):.0f} steps/s on {threads} threads, {asked.rounds} rounds: "
            f"{min(each):.2f} to {max(each):.2f})", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
