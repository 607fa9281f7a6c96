"""What an hour of simulated walking makes of a robot's shipped trot: faster, or cheaper at the same speed.

    python scripts/study_robots.py [--robot unitree_go1] [--seeds 5] [--command-speed 0.4]

Walks CMA-ES for speed and for cost of transport at a commanded speed, several seeds of an hour each, and the shipped
trot as it is and with its stride shortened until it walks at that speed. Prints validated speed, cost of transport and
sideways drift per distance. Finished runs are lines of --kept, so it can be stopped and asked for again. Robots of
MuJoCo Menagerie need MENAGERIE_ROOT; a Go1's hour takes two to three minutes on a core.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gait.compare.kept import Kept, Question
from gait.errors import UsageError
from gait.policy import Constant
from gait.tasks.quadruped import Quadruped
from gait.trial import Query

TRIALS = 16
COST = "cost_of_transport_positive"


def main() -> None:
    """Walk what is missing, print."""
    parser = argparse.ArgumentParser(description="A robot's trot, tuned for speed and for cost of transport.")
    parser.add_argument("--robot", default="unitree_go1")
    parser.add_argument("--optimizer", default="cma-es")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--command-speed", type=float, default=0.4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=Path("benchmarks/robots.jsonl"))
    parser.add_argument("--work", type=Path, default=Path("studies/robots"))
    o = parser.parse_args()
    try:
        shipped(o.robot, o.command_speed)
        cheap = {"objective": "cost-of-transport", "command_speed": o.command_speed}
        kept = Kept(o.kept)
        rows = {
            "for speed": [question(o, seed, {}) for seed in range(o.seeds)],
            f"for cost of transport at {o.command_speed:g} m/s": [question(o, seed, cheap) for seed in range(o.seeds)],
        }
        for q, line in kept.answer([q for row in rows.values() for q in row], o.work, o.jobs):
            print(f"{q.fields.get('objective', 'speed')} seed {q.seed}: {told(line['measures'])}", flush=True)
        for name, row in rows.items():
            lines = [x for q in row if (x := kept.find(q)) is not None]
            print(f"{o.optimizer} {name}, {len(lines)} runs of 1 h:")
            for key in ("speed", COST, "drift_ratio"):
                v = np.array([x["measures"][key] for x in lines])
                print(f"  {key:<28} {v.mean():.3f} ± {v.std(ddof=1):.3f}, from {v.min():.3f} to {v.max():.3f}")
    except UsageError as error:
        raise SystemExit(f"gait: {error}") from None


def question(o: Any, seed: int, fields: Mapping[str, Any]) -> Question:
    """One run."""
    return Question("quadruped", o.optimizer, seed, 3600.0, fields={"robot": o.robot, "gait": "trot", **fields})


def shipped(robot: str, speed: float) -> None:
    """Print the shipped trot, and what it costs at this speed with another length of stride."""
    task = Quadruped(robot=robot)
    place = task.controller.stroke
    name, start = task.problem.space.names[place], float(task.problem.space.decode(task.problem.space.default)[place])
    print(f"shipped trot: {told(walk(task, {}))}")
    low, high = 0.2 * start, start
    for _ in range(8):
        middle = 0.5 * (low + high)
        found = walk(task, {name: middle})
        low, high = (middle, high) if found["speed"] < speed else (low, middle)
    print(f"shipped trot with {name}={middle:.3g}: {told(found)}")


def walk(task: Quadruped, values: Mapping[str, float]) -> dict[str, float]:
    """Mean measures of some trials."""
    policy = Constant(task.problem.space.point(values))
    seeds = [np.random.SeedSequence([23, k]) for k in range(TRIALS)]
    trials, _ = task.run([Query(k, policy) for k in range(TRIALS)], seeds)
    return {k: float(np.mean([t.measures[k] for t in trials])) for k in ("speed", COST, "drift_ratio")}


def told(m: Mapping[str, Any]) -> str:
    """Three measures in words."""
    return f"{m['speed']:.3f} m/s, cost of transport {m[COST]:.3f}, drift {100 * m['drift_ratio']:.1f} %"


if __name__ == "__main__":
    main()
