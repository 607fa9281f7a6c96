"""Odometer: what a walking quadruped is measured by, summed up tick by tick in compiled code."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.trial import Stop

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

SPEED_BIN, SPEED_BINS = 0.1, 400
"""Joint speeds are counted in bins of so many rad/s."""
DEBOUNCE = 3
"""Ticks in the air after which a contact counts as a touchdown."""
TILTED = 0.5
"""Cosine of the tilt of the trunk beyond which it has fallen."""

# columns of a robot's `wires`: addresses of a leg's joint speeds, actuators and sensors
DOF, ACTUATOR, TOUCH, VELOCITY, SPIN = 0, 3, 6, 7, 8
# columns of `pose`: where the trunk is, along and across the initial heading [m], and how it's turned [rad]
ALONG, ACROSS, YAW, PITCH, ROLL, PITCH_RATE, ROLL_RATE, SPEED = range(8)
# columns of `sums`
TICKS, PITCH1, PITCH2, ROLL1, ROLL2, WORK, CONTACT, SLIP, TOUCHDOWNS, FLIGHT, JOINT2, JOLT2 = range(12)


class Odometer(NamedTuple):
    """Sums over a trial, a row a world (n, ...)."""

    tick: Ints
    """(n,) ticks walked."""
    last: Ints
    """(n,) ticks the trial lasts."""
    origin: Array
    """(n, 3) position and yaw where walking began: the initial heading."""
    pose: Array
    """(n, 8) the trunk relative to the origin; columns above."""
    start: Array
    """(n, 3) along, across, yaw where the measured window began."""
    sums: Array
    """(n, 12) over the measured window; columns above."""
    speeds: Ints
    """(n, SPEED_BINS) histogram of the joints' speeds in the measured window."""
    joint: Array
    """(n, 4, 3) the joints' speeds at the end of the tick [rad/s]."""
    air: Ints
    """(n, 4) ticks since each foot was down."""
    progress: Array
    """(n, seconds) running score at each whole second."""
    grace: Ints
    """(n,) seconds of grace of the trial's stop rule."""
    least: Array
    """(n, seconds) what the running score must reach at each whole second, see `gait.trial.Stop`; -inf: nothing."""


def new_odometer(n: int, seconds: float) -> Odometer:
    """An odometer for n worlds and trials of up to so many seconds."""
    return Odometer(
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((n, 3)), np.zeros((n, 8)), np.zeros((n, 3)),
        np.zeros((n, 12)), np.zeros((n, SPEED_BINS), np.int64), np.zeros((n, 4, 3)), np.zeros((n, 4), np.int64),
        np.zeros((n, int(seconds) + 1)), np.zeros(n, np.int64), np.full((n, int(seconds) + 1), -np.inf),
    )  # fmt: skip


def clear(meter: Odometer, i: int, ticks: int, stop: Stop | None = None) -> None:
    """Begin a trial of so many ticks in world `i`, or until the stop rule ends it."""
    for array in meter:
        array[i] = 0
    meter.last[i] = ticks
    meter.least[i] = -np.inf
    if stop is not None:
        meter.grace[i] = stop.grace
        meter.least[i] = stop.thresholds(meter.least.shape[1])


@compiled
def facing(qpos: Array, forward: float) -> tuple[float, float, float, float]:
    """Quaternion of the frame that the trunk faces along: its own, turned to the left by `forward` [rad]."""
    c, s = math.cos(0.5 * forward), math.sin(0.5 * forward)
    w, x, y, z = qpos[3], qpos[4], qpos[5], qpos[6]
    return w * c - z * s, x * c + y * s, y * c - x * s, z * c + w * s


@compiled
def read_pose(meter: Odometer, i: int, qpos: Array, qvel: Array, forward: float = 0.0) -> float:
    """Update the pose of world `i` from its trunk's free joint; the cosine of the trunk's tilt."""
    w, x, y, z = facing(qpos, forward)
    fx, fy, fz = 1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)
    lz, uz = 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    upright: float = uz
    c, s = math.cos(meter.origin[i, 2]), math.sin(meter.origin[i, 2])
    dx, dy = qpos[0] - meter.origin[i, 0], qpos[1] - meter.origin[i, 1]
    pose = meter.pose[i]
    pose[ALONG], pose[ACROSS] = c * dx + s * dy, c * dy - s * dx
    turn = math.atan2(fy, fx) - meter.origin[i, 2] - pose[YAW]
    pose[YAW] += turn - 2 * math.pi * math.floor(turn / (2 * math.pi) + 0.5)  # unwrapped
    pose[PITCH], pose[ROLL] = math.asin(min(1.0, max(-1.0, fz))), math.atan2(lz, uz)
    ahead, aside = math.cos(forward), math.sin(forward)
    pose[PITCH_RATE] = -(qvel[4] * ahead - qvel[3] * aside)  # nose up is a turn about −y
    pose[ROLL_RATE] = qvel[3] * ahead + qvel[4] * aside
    pose[SPEED] = c * qvel[0] + s * qvel[1]
    return upright


@compiled
def add_tick(
    meter: Odometer,
    i: int,
    qvel: Array,
    force: Array,
    damping: Array,
    wires: Ints,
    sensors: Array,
    radius: float,
    step: float,
) -> None:
    """Add one tick of the measured window of world `i` to its sums.

    `qvel` (steps, nv) and `force` (steps, nu) are those of every physics step: a servo's torque jumps when a command
    comes and has fallen by the next, so that work at ticks alone would be half of what it is.
    """
    sums, pose = meter.sums[i], meter.pose[i]
    sums[TICKS] += 1
    sums[PITCH1] += pose[PITCH]
    sums[PITCH2] += pose[PITCH] ** 2
    sums[ROLL1] += pose[ROLL]
    sums[ROLL2] += pose[ROLL] ** 2
    for leg in range(4):
        for k in range(3):
            dof, actuator = wires[leg, DOF + k], wires[leg, ACTUATOR + k]
            before = meter.joint[i, leg, k]
            for t in range(len(qvel)):
                after = qvel[t, dof]
                speed = 0.5 * (before + after)
                # the servo's torque falls with speed: its damping is part of the motor, not of the load
                sums[WORK] += max(0.0, (force[t, actuator] - damping[dof] * speed) * speed) * step
                sums[JOINT2] += after * after
                meter.speeds[i, min(SPEED_BINS - 1, int(abs(after) / SPEED_BIN))] += 1
                before = after
    steps = len(qvel) - 1
    if steps > 0:
        for k in range(3):  # within the tick: it was not measured before the first
            jolt = (qvel[steps, k] - qvel[0, k]) / (steps * step)
            sums[JOLT2] += jolt * jolt
    down = 0
    for leg in range(4):
        if sensors[wires[leg, TOUCH]] <= 0.0:
            continue
        down += 1
        # the ball's lowest point: its centre's velocity plus spin × (0, 0, −radius)
        velocity, spin = wires[leg, VELOCITY], wires[leg, SPIN]
        vx = sensors[velocity] - sensors[spin + 1] * radius
        vy = sensors[velocity + 1] + sensors[spin] * radius
        sums[SLIP] += math.hypot(vx, vy)
        sums[TOUCHDOWNS] += meter.air[i, leg] >= DEBOUNCE
    sums[CONTACT] += down
    sums[FLIGHT] += down == 0


def measures_of(meter: Odometer, i: int, tick: float, weight: float, far: float) -> dict[str, float | None]:
    """The measures of world `i`, SI; None where there is no window yet, no distance or no contact.

    Args:
      meter: the odometer.
      i: the world.
      tick: seconds a tick.
      weight: mass times gravity [N].
      far: fraction of foot targets that were out of reach.
    """
    sums = meter.sums[i]
    n = sums[TICKS]
    if n == 0:
        return dict.fromkeys(MEASURES)
    along, across, yaw = meter.pose[i, [ALONG, ACROSS, YAW]] - meter.start[i]
    counts = meter.speeds[i]
    p95 = (int(np.searchsorted(np.cumsum(counts), 0.95 * counts.sum())) + 0.5) * SPEED_BIN
    window, way = n * tick, math.hypot(along, across)
    values = (
        along / window, across, yaw,
        math.sqrt(max(0.0, sums[PITCH2] / n - (sums[PITCH1] / n) ** 2)), sums[PITCH1] / n,
        math.sqrt(max(0.0, sums[ROLL2] / n - (sums[ROLL1] / n) ** 2)),
        sums[WORK] / (weight * along) if along > 0.01 else None,
        sums[CONTACT] / (4 * n), sums[TOUCHDOWNS] / (4 * window), sums[FLIGHT] / n,
        sums[SLIP] / sums[CONTACT] if sums[CONTACT] else None,
        far, p95, math.sqrt(sums[JOINT2] / counts.sum()), abs(across) / way if way > 0.01 else None,
        math.sqrt(sums[JOLT2] / n),
    )  # fmt: skip
    return {name: None if v is None else float(v) for name, v in zip(MEASURES, values, strict=True)}


MEASURES: dict[str, str] = {
    "speed": "m/s, mean forward speed along the initial heading",
    "lateral_drift": "m, to the left of the initial heading over the measured window",
    "heading_change": "rad, to the left over the measured window",
    "trunk_pitch_rms": "rad, root mean square deviation of the trunk's pitch from its mean",
    "trunk_pitch_mean": "rad, mean pitch of the trunk, nose up",
    "trunk_roll_rms": "rad, root mean square deviation of the trunk's roll from its mean",
    "cost_of_transport_positive": "1, positive mechanical work of the servos / (weight × distance along the heading)",
    "duty_factor": "1, fraction of the time a foot is on the ground, mean of the legs",
    "stride_frequency": "Hz, touchdowns a second, mean of the legs",
    "flight_fraction": "1, fraction of the time with no foot on the ground",
    "foot_slip": "m/s, mean speed over the ground of the feet that are down",
    "out_of_reach": "1, fraction of foot targets that the leg can't reach",
    "joint_speed_p95": "rad/s, 95th percentile of the joints' speeds",
    "joint_speed_rms": "rad/s, root mean square of the joints' speeds",
    "drift_ratio": "1, distance sideways of the initial heading / distance between the ends of the measured window",
    "trunk_acceleration_rms": "m/s², root mean square acceleration of the trunk's origin",
}
"""Measures of a quadruped's trial: name to unit and meaning."""
