"""The gaits of the table, played slowly on our robot, and what their contacts say: phases and duty factors.

    python scripts/gait_table.py

Each gait has its own phase offsets, a duty factor, and stride parameters with which this small robot keeps time: found
by a search, without noise. Prints what was asked and what was measured of each leg; a second each.
"""

from __future__ import annotations

import numpy as np

from gait.analysis.footfalls import Footfalls, footfalls
from gait.controllers import LEGS, find_gait
from gait.policy import Constant
from gait.tasks.quadruped import Quadruped
from gait.trial import Query

SLOW: dict[str, dict[str, float]] = {
    "walk": {"period": 0.2261, "stride_length": 0.0504, "duty_factor": 0.75, "swing_height": 0.01051,
             "stance_depth": 9.314e-05, "body_height": 0.1043, "stance_width": 0.003459, "trunk_pitch": 0.0},
    "trot": {"period": 0.1862, "stride_length": 0.0007845, "duty_factor": 0.5, "swing_height": 0.01415,
             "stance_depth": 0.0001565, "body_height": 0.108, "stance_width": -0.0001602, "trunk_pitch": 0.0},
    "pace": {"period": 0.326, "stride_length": 0.06383, "duty_factor": 0.5, "swing_height": 0.02687,
             "stance_depth": 0.001328, "body_height": 0.1032, "stance_width": -0.004419, "trunk_pitch": 0.0},
    "bound": {"period": 0.4968, "stride_length": 0.092, "duty_factor": 0.6, "swing_height": 0.04777,
              "stance_depth": 4.6e-06, "body_height": 0.1054, "stance_width": -0.00798, "trunk_pitch": 0.15},
    "gallop": {"period": 0.5789, "stride_length": 0.092, "duty_factor": 0.7, "swing_height": 0.004666,
               "stance_depth": 0.0001305, "body_height": 0.1144, "stance_width": 0.00756, "trunk_pitch": 0.15},
    "pronk": {"period": 0.2943, "stride_length": 0.0009894, "duty_factor": 0.5, "swing_height": 0.0316,
              "stance_depth": 0.0001551, "body_height": 0.1092, "stance_width": 0.008895, "trunk_pitch": 0.15},
}  # fmt: skip
"""A slow bound and gallop have their feet down for longer than the table's 0.4 and 0.3: there is no leaping then."""
CONTROLLER = {"pronk": "cpg"}
"""Of each gait, if not Bézier's."""
WARM_UP = 2.0


def play(gait: str) -> tuple[Footfalls, float]:
    """What is measured of a gait played slowly, and its speed [m/s]."""
    task = Quadruped(controller=CONTROLLER.get(gait, "bezier"), gait=gait, noise="off", threads=1)
    recording = task.record(Query(0, Constant(task.problem.space.point(SLOW[gait])), 8.0), np.random.SeedSequence(1))
    late = recording.time > WARM_UP
    found = footfalls(recording.time[late], recording.contacts[late])
    return found, float(recording.trial.measures["speed"] or 0.0)


def asked_phases(gait: str) -> np.ndarray:
    """(4,) touchdown delays after FL [strides]."""
    offsets = np.array(find_gait(gait).offsets)
    return np.asarray((offsets - offsets[0]) % 1.0)


def main() -> None:
    """Play, print."""
    for gait, values in SLOW.items():
        found, speed = play(gait)
        rate = found.stride_frequency or 0.0
        print(f"{gait:<7} {speed:6.3f} m/s, {rate:.2f} of {1 / values['period']:.2f} strides/s asked")
        for name, leg, phase in zip(LEGS, found.legs, asked_phases(gait), strict=True):
            print(f"    {name}  phase {told(leg.phase)} of {phase:.2f}   duty factor {told(leg.duty_factor)} of "
                  f"{values['duty_factor']:.2f}")  # fmt: skip


def told(value: float | None) -> str:
    """A number, or a dash."""
    return "–" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
