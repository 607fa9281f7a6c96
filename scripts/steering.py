"""How a robot keeps to its course: straight on, and along curves, without noise.

    python scripts/steering.py [--robot ers210] [--heading-hold 5] [--turn 1.5]

Every controller walks from its start for 25 s straight ahead and with a commanded curve to each side. Prints speed and
sideways drift per distance of the straight walk, and the radius that was walked beside the one that was asked for.
"""

from __future__ import annotations

import argparse

import numpy as np

from gait.controllers import CONTROLLERS
from gait.errors import UsageError
from gait.policy import Constant
from gait.task import Recording
from gait.tasks.quadruped import Quadruped
from gait.trial import Ending, Query

SECONDS, LATE = 25.0, 5.0
"""Walked, and from when on the path counts [s]."""


def main() -> None:
    """Walk, print."""
    parser = argparse.ArgumentParser(description="Straight walks and curves of every controller.")
    parser.add_argument("--robot", default="ers210")
    parser.add_argument("--heading-hold", default="", help="none: the robot's own")
    parser.add_argument("--turn", type=float, default=1.5, help="curvature [1/m]")
    o = parser.parse_args()
    try:
        for name in CONTROLLERS:
            if name.startswith("residual"):
                continue
            straight, left, right = (walk(o.robot, name, o.heading_hold, turn) for turn in (0.0, o.turn, -o.turn))
            print(
                f"{name:<13} straight {straightness(straight)} · radius {radius(left)} and {radius(right)} of "
                f"{1 / o.turn:.3f} m", flush=True,
            )  # fmt: skip
    except UsageError as error:
        raise SystemExit(f"gait: {error}") from None


def walk(robot: str, controller: str, hold: str, turn: float) -> Recording:
    """The recorded walk of a controller's start."""
    task = Quadruped(robot=robot, controller=controller, noise="off", heading_hold=hold, turn=turn, threads=1)
    return task.record(Query(0, Constant(task.problem.space.default), SECONDS), np.random.SeedSequence(1))


def straightness(recording: Recording) -> str:
    """Speed and drift in words."""
    m = recording.trial.measures
    if recording.trial.ending is not Ending.COMPLETED:
        return "falls"
    return f"{m['speed']:.3f} m/s, drift {100 * (m['drift_ratio'] or 0.0):.1f} %"


def radius(recording: Recording) -> str:
    """Of the circle that fits the trunk's path best, by least squares [m] (Kåsa, IEEE TIM 25:8, 1976)."""
    if recording.trial.ending is not Ending.COMPLETED:
        return "falls"
    x, y = recording.qpos[recording.time > LATE, :2].T
    (a, b, c), *_ = np.linalg.lstsq(np.column_stack([2 * x, 2 * y, np.ones_like(x)]), x**2 + y**2, rcond=None)
    return f"{np.sqrt(c + a**2 + b**2):.3f}"


if __name__ == "__main__":
    main()
