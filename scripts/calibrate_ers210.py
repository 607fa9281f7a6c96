"""Find servo and ground numbers with which the published gaits walk at their published speeds on our ERS-210.

    python scripts/calibrate_ers210.py                 how the model as it is walks
    python scripts/calibrate_ers210.py --search 10min  look for better numbers, for so long (wall time)

Nothing that was measured on the robot is touched. Free are the servo's stall torque, no-load speed, stiffness, gear
friction and rotor inertia, and the ground's friction, torsional friction and softness: eight numbers against two
published speeds (initial < 150 mm/s, here 145; best 291 mm/s), two walks that must hardly scatter, and no falls. So the
result is plausible, not proven. The search draws broadly at first, then around the best found so far.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import numpy as np

from gait.controllers.half_ellipse import PUBLISHED_BEST
from gait.durations import parse_duration
from gait.policy import Constant
from gait.tasks.quadruped import NOISE, Quadruped
from gait.trial import Ending, Query

RANGES = {
    "stall torque [N·m]": (0.6, 4.0),
    "no-load speed [rad/s]": (6.0, 32.0),
    "stiffness [N·m/rad]": (5.0, 30.0),
    "gear friction [N·m]": (0.003, 0.08),
    "rotor inertia [kg m²]": (5e-5, 1.5e-3),
    "friction": (0.3, 1.0),
    "torsional friction [m]": (0.003, 0.05),
    "contact time constant [s]": (0.004, 0.03),
}
"""The free numbers, drawn log-uniformly in these ranges at first."""
INITIAL, BEST = 0.145, 0.291
"""Speeds to reach [m/s]."""
TRIALS = 6
"""Trials a gait, at low noise."""
BROAD = 80
"""Draws before the search narrows."""


def apply(task: Quadruped, numbers: Sequence[float]) -> None:
    """Write the free numbers into the task's model."""
    torque, speed, stiffness, gears, inertia, friction, torsion, softness = numbers
    m, floor = task.model, task.robot.floor
    m.actuator_forcerange[:] = -torque, torque
    m.actuator_gainprm[:, 0], m.actuator_biasprm[:, 1] = stiffness, -stiffness
    joints = task.robot.qvel.ravel()
    m.dof_damping[joints], m.dof_frictionloss[joints], m.dof_armature[joints] = torque / speed, gears, inertia
    m.geom_friction[floor, :2] = friction, torsion
    m.geom_solref[floor, 0] = softness
    task.model_changed()


def walk(task: Quadruped) -> tuple[np.ndarray, np.ndarray, int]:
    """Speeds of the initial and the best gait (TRIALS,) [m/s], and the number of falls."""
    space = task.problem.space
    points = [space.default] * TRIALS + [space.point(PUBLISHED_BEST)] * TRIALS
    seeds = [np.random.SeedSequence([0, k % TRIALS]) for k in range(2 * TRIALS)]
    trials, _ = task.run([Query(k, Constant(x)) for k, x in enumerate(points)], seeds)
    speeds = np.array([t.score or 0.0 for t in trials])
    return speeds[:TRIALS], speeds[TRIALS:], sum(t.ending is not Ending.COMPLETED for t in trials)


def misfit(initial: np.ndarray, best: np.ndarray, falls: int) -> float:
    """How far from the published speeds, how scattered, how often down: 0 is perfect."""
    far = abs(initial.mean() / INITIAL - 1) + abs(best.mean() / BEST - 1)
    scatter = initial.std() / INITIAL + best.std() / BEST
    return float(2 * far + 2 * scatter + 0.3 * falls)


def search(task: Quadruped, seconds: float, seed: int) -> None:
    """Draw, walk, keep the best; print what improves."""
    rng = np.random.default_rng(seed)
    low, high = np.log(np.array(list(RANGES.values()))).T
    found: list[tuple[float, np.ndarray]] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if len(found) < BROAD:
            x = rng.uniform(low, high)
        else:
            parent = sorted(found, key=lambda f: f[0])[min(len(found) - 1, int(rng.exponential(4)))][1]
            x = parent + 0.12 * rng.standard_normal(len(low))
        apply(task, np.exp(x))
        initial, best, falls = walk(task)
        cost = misfit(initial, best, falls)
        if not found or cost < min(found, key=lambda f: f[0])[0]:
            print(f"\n{len(found)} tried, misfit {cost:.3f}: {_told(initial, best, falls)}")
            for name, value in zip(RANGES, np.exp(x), strict=True):
                print(f"  {name:<28} {value:.3g}")
        found.append((cost, x))


def _told(initial: np.ndarray, best: np.ndarray, falls: int) -> str:
    speeds = [f"{1e3 * s.mean():.0f} ± {1e3 * s.std(ddof=1):.0f}" for s in (initial, best)]
    return f"initial {speeds[0]} mm/s, best {speeds[1]} mm/s, {falls} falls of {2 * TRIALS}"


def main() -> None:
    """Report the model, or search."""
    parser = argparse.ArgumentParser(description="Calibrate models/quadruped/ers210.xml.")
    parser.add_argument("--search", help="wall time to search for: 10min")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for level in NOISE:
        initial, best, falls = walk(Quadruped(noise=level))
        print(f"as it is, noise {level:<8} {_told(initial, best, falls)}", flush=True)
    if options.search:
        search(Quadruped(noise="low"), parse_duration(options.search), options.seed)


if __name__ == "__main__":
    main()
