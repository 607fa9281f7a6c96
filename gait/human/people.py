"""People: who walks in each world, and durations in physics steps, as constants of compiled loops."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.human.state import SPAN

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

UNLOADED = 0.15
"""Seconds a foot must have been in the air for its landing to be a heel strike: bounces are none."""
REFRACTORY = 0.10
"""Seconds a leg's reflexes stay in a phase at least."""
BEAT = 0.004
"""Seconds between two looks at the metabolism."""
DRIFT_TICK, DRIFT_SECONDS = 0.010, 0.050
"""Sensors' errors are redrawn every so often [s], and forget with this time constant [s]."""
SUBSTEP = 0.00035
"""Longest time step of muscles and tendons [s]."""


class People(NamedTuple):
    """Who walks in each world: rows (n, …) of constants."""

    gains: Array
    """(n, gains); those that a person adapts as they are now"""
    base: Array
    """(n, LEARNT) those gains before anything was learned"""
    learning: Array
    """(n,) how fast a person adapts; 0: not at all"""
    f_max: Array
    l_opt: Array
    l_slack: Array
    v_max: Array
    mass: Array
    slow: Array
    wires: Ints
    arms: Array
    rest: Array
    tendon: Array
    """ten fields of `Anatomy`, (n, …)"""
    body: Array
    """(n, 4) mass [kg] without the device, hip height at rest [m], its least [m], belt speed [m/s]"""
    sensor: Array
    """(n, 2) relative s.d. of the muscles' sensors, s.d. of the lean's [rad]"""
    ankles: Array
    """(n, 2) 1: this ankle wears a device that can push"""
    push: Array
    """(n, 3) a push on the trunk: first step of a trial, last step, force [N]; zeros: none"""


class Times(NamedTuple):
    """Durations in physics steps."""

    dt: float
    delays: Ints
    substeps: int
    unloaded: int
    refractory: int
    beat: int
    drift: int
    span: int


def make_times(dt: float, delays: Ints) -> Times:
    """Durations at a time step [s]."""
    n = [max(1, round(s / dt)) for s in (UNLOADED, REFRACTORY, BEAT, DRIFT_TICK, SPAN)]
    return Times(dt, delays, math.ceil(dt / SUBSTEP), *n)
