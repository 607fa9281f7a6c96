"""Motion: speed, trunk, slip and cost of transport of a recorded walk. SI units; None where there is nothing to say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gait.analysis.body import Array, Body, acceleration
from gait.analysis.contacts import Bools, tick

LEAST_WAY = 0.01
"""Who comes less far than this along its heading has no cost of transport [m]."""


@dataclass(frozen=True)
class Motion:
    """How a robot moved; costs are energies over weight × distance along the initial heading."""

    speed: float
    path_speed: float | None
    lateral_drift: float
    heading_change: float
    stride_length: float | None
    hip_height: float | None
    froude: float | None
    dimensionless_speed: float | None
    trunk_pitch_rms: float
    trunk_roll_rms: float
    trunk_height_sd: float
    trunk_acceleration_rms: float
    foot_slip: float | None
    slip_distance: float | None
    cost_of_transport_positive: float | None
    cost_of_transport_absolute: float | None
    cost_of_transport_net: float | None
    cost_of_transport_with_heat: float | None


@dataclass(frozen=True, eq=False)
class Walked:
    """The measured window of a walk: W moments, the first of them being the window's beginning."""

    time: Array
    """(W,) [s], evenly spaced."""
    body: Body
    """Of these moments."""
    contacts: Bools
    """(W, 4)"""
    extra: Mapping[str, Array]
    """`power` (W, 3): positive, absolute, net mechanical power over the tick before [W]; `torques` (W, 4, 3) [N·m]."""
    heading: float
    """The initial heading: yaw where walking began [rad]."""
    period: float | None
    """Of a stride [s]."""


def motion(walk: Walked, weight: float, gravity: float = 9.81, motor_constant: float | None = None) -> Motion:
    """Measure a walk.

    Args:
      walk: its measured window.
      weight: of the robot [N].
      gravity: [m/s²].
      motor_constant: of the servos at the joint, torque / √(copper loss) [N·m/√W]; None leaves out the cost with heat.
    """
    time, body = walk.time, walk.body
    seconds = float(time[-1] - time[0])
    along, across = _displacement(body.trunk[-1] - body.trunk[0], walk.heading)
    speed = along / seconds
    down = walk.contacts[1:]
    slip = float(body.slip[1:][down].sum()) * tick(time)
    hip = float(body.hips[1:, :, 2][down].mean()) if down.any() else None
    _, pitch, roll = body.angles[1:].T
    kick = acceleration(time, body.trunk)[1:]
    return Motion(
        speed=speed,
        path_speed=path_speed(time, body.trunk, walk.period) if walk.period else None,
        lateral_drift=across,
        heading_change=float(body.angles[-1, 0] - body.angles[0, 0]),
        stride_length=speed * walk.period if walk.period else None,
        hip_height=hip,
        froude=froude(speed, hip, gravity) if hip else None,
        dimensionless_speed=math.copysign(math.sqrt(froude(speed, hip, gravity)), speed) if hip else None,
        trunk_pitch_rms=float(pitch.std()),
        trunk_roll_rms=float(roll.std()),
        trunk_height_sd=float(body.trunk[1:, 2].std()),
        trunk_acceleration_rms=float(np.sqrt((kick**2).sum(axis=1).mean())),
        foot_slip=slip / (float(down.sum()) * tick(time)) if down.any() else None,
        slip_distance=slip / down.shape[1] * walk.period / seconds if walk.period else None,
        **_costs(walk, weight, along, motor_constant),
    )


def froude(speed: float, hip_height: float, gravity: float = 9.81) -> float:
    """Froude number v² / (g L), L being the hip's height in stance (Alexander & Jayes, J. Zool. 201, 1983)."""
    return speed**2 / (gravity * hip_height)


def path_speed(time: Array, points: Array, period: float) -> float | None:
    """Speed over the ground [m/s] along the path of `points` (W, 3), a point a stride: sway within it is no way.

    None if the walk lasts less than a stride.
    """
    moments = np.arange(time[0], time[-1] + 1e-9, period)
    if len(moments) < 2:
        return None
    x, y = (np.interp(moments, time, points[:, k]) for k in (0, 1))
    return float(np.hypot(np.diff(x), np.diff(y)).sum() / (moments[-1] - moments[0]))


def _displacement(step: Array, heading: float) -> tuple[float, float]:
    """Along a heading, and to the left of it [m]."""
    c, s = math.cos(heading), math.sin(heading)
    return float(c * step[0] + s * step[1]), float(c * step[1] - s * step[0])


def _costs(walk: Walked, weight: float, way: float, motor_constant: float | None) -> dict[str, float | None]:
    """Costs of transport by variant, from the mechanical power and, with heat, positive work and copper loss τ²/k²."""
    names = [f"cost_of_transport_{kind}" for kind in ("positive", "absolute", "net", "with_heat")]
    costs: dict[str, float | None] = dict.fromkeys(names)
    if "power" not in walk.extra or way <= LEAST_WAY:
        return costs
    energy = walk.extra["power"][1:].sum(axis=0) * tick(walk.time)
    costs |= {name: float(e) / (weight * way) for name, e in zip(names, energy, strict=False)}
    if motor_constant is not None and "torques" in walk.extra:
        heat = float((walk.extra["torques"][1:] ** 2).sum()) * tick(walk.time) / motor_constant**2
        costs["cost_of_transport_with_heat"] = (float(energy[0]) + heat) / (weight * way)
    return costs
