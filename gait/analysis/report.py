"""Report: all that is measured of one recorded trial, as values and as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gait.analysis.body import read_body, trunk_angles
from gait.analysis.footfalls import Footfalls, footfalls
from gait.analysis.margins import Margins, margins
from gait.analysis.motion import Motion, Walked, motion
from gait.controllers import LEGS
from gait.errors import UsageError
from gait.robots.description import Robot
from gait.robots.quadruped import SETTLE, WARM_UP
from gait.task import Recording
from gait.view.kinematics import finite

QUANTITIES: dict[str, str] = {
    "stride_frequency": "Hz, strides a second",
    "stride_period": "s, mean over the whole strides of all feet",
    "stride_period_sd": "s, standard deviation over the strides",
    "hind_duty": "1, mean duty factor of the hind feet (Hildebrand's abscissa)",
    "limb_phase": "stride, fore contact after the hind one of its side (Hildebrand's ordinate)",
    "limb_phase_left": "stride, FL after HL",
    "limb_phase_right": "stride, FR after HR",
    "fore_lag": "stride, FR after FL",
    "hind_lag": "stride, HR after HL",
    "asymmetry_fore": "1, left minus right over mean duty factor, fore feet",
    "asymmetry_hind": "1, left minus right over mean duty factor, hind feet",
    "flight_fraction": "1, of the time with no foot down",
    "flights_per_stride": "1, spells with no foot down in a stride",
    "speed": "m/s, mean along the initial heading",
    "path_speed": "m/s, along the path of the trunk, a point a stride",
    "lateral_drift": "m, to the left of the initial heading",
    "heading_change": "rad, to the left",
    "stride_length": "m, speed × stride period",
    "hip_height": "m, mean height of the hips of feet that are down",
    "froude": "1, v² / (g × hip height)",
    "dimensionless_speed": "1, v / √(g × hip height)",
    "trunk_pitch_rms": "rad, root mean square deviation from the mean",
    "trunk_roll_rms": "rad, root mean square deviation from the mean",
    "trunk_height_sd": "m, standard deviation",
    "trunk_acceleration_rms": "m/s², root mean square",
    "foot_slip": "m/s, mean speed over the ground of the feet that are down",
    "slip_distance": "m, that a foot slips in a stride",
    "cost_of_transport_positive": "1, positive work of the servos / (weight × distance)",
    "cost_of_transport_absolute": "1, positive and negative work, both counted up",
    "cost_of_transport_net": "1, positive less negative work",
    "cost_of_transport_with_heat": "1, positive work and copper loss of the motors",
    "statically_stable": "1, of the time with the centre of mass above three feet or more",
    "static_margin": "m, centre of mass to the edge of the support, mean with three feet or more",
    "static_margin_least": "m, the least of it",
    "longitudinal_margin": "m, the same ahead and back, the lesser of both",
    "zmp_margin": "m, zero-moment point to the edge of the support, mean with three feet or more",
    "zmp_line_distance": "m, zero-moment point to the segment between two feet",
}
"""What is measured: name to unit and meaning."""


@dataclass(frozen=True)
class Analysis:
    """One recorded trial, measured."""

    start: float
    """Seconds of the trial at which the measured window begins; what went before is settling and setting out."""
    end: float
    footfalls: Footfalls
    motion: Motion
    margins: Margins

    def values(self) -> dict[str, float | None]:
        """The quantities of `QUANTITIES`, by name."""
        found = {**vars(self.footfalls), **vars(self.motion), **vars(self.margins)}
        return {name: found[name] for name in QUANTITIES}

    def describe(self) -> dict[str, Any]:
        """Plain data: numbers in SI units, phases in strides, None where there is nothing to say."""
        return {
            "window": {"start": self.start, "end": self.end},
            "reference": self.footfalls.reference,
            "legs": {name: asdict(leg) for name, leg in zip(LEGS, self.footfalls.legs, strict=True)},
            "feet_down": list(self.footfalls.feet_down),
            **self.values(),
        }


def analyze(recording: Recording, robot: Robot, *, motor_constant: float | None = None) -> Analysis:
    """Measure a recorded trial of a quadruped, from 2 s on, as its score is.

    Args:
      recording: with contacts FL FR HL HR. Of its `extra`, `power` (F, 3) gives costs of transport and `torques`
        (F, 4, 3) their heat; without them those are None.
      robot: who walked; its nominal mass is its weight.
      motor_constant: of the servos at the joint, torque / √(copper loss) [N·m/√W]; None leaves out the cost with heat.

    Raises:
      UsageError: the trial ended before there was anything to measure.
    """
    recording = finite(recording)
    walked = cut(recording, window_start(recording))
    set_out = int(np.searchsorted(recording.time, SETTLE - 1e-6))
    heading = float(trunk_angles(recording.qpos[set_out : set_out + 1, 3:7])[0, 0])
    body, gravity = read_body(robot, walked), abs(float(robot.model.opt.gravity[2]))
    weight = float(robot.model.body_mass.sum()) * gravity
    steps = footfalls(walked.time, walked.contacts)
    walk = Walked(walked.time, body, walked.contacts, walked.extra, heading, steps.stride_period)
    return Analysis(
        start=float(walked.time[0]),
        end=float(walked.time[-1]),
        footfalls=steps,
        motion=motion(walk, weight, gravity, motor_constant),
        margins=margins(walked.time, body, walked.contacts, gravity),
    )


def window_start(recording: Recording) -> int:
    """The first frame of the measured window.

    Raises:
      UsageError: there are fewer than three frames from there on.
    """
    begin = int(np.searchsorted(recording.time, WARM_UP - 1e-6))
    if len(recording.time) - begin < 3:
        end = float(recording.time[-1])
        raise UsageError(f"the recorded trial ended after {end:.2f} s; gaits are measured from {WARM_UP:g} s on.")
    return begin


def cut(recording: Recording, begin: int) -> Recording:
    """The recording from a frame on."""
    extra = {name: values[begin:] for name, values in recording.extra.items()}
    return replace(
        recording, time=recording.time[begin:], qpos=recording.qpos[begin:], contacts=recording.contacts[begin:],
        extra=extra,
    )  # fmt: skip
