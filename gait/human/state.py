"""State: all that a walking person is between two physics steps, and what a trial sums up; rows of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.human.reflexes import SIGNALS

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

DOF = 9
BINS = 50
"""Bins of a stride in `Sums.curves`."""
CHANNELS = 13
"""What a stride's bins hold: hip, knee, ankle [rad], load [BW], seven activations, exoskeleton torque [N·m/kg],
lean [rad]."""
WANDERERS = 15
"""Sensors whose readings wander: seven muscles a leg, and the lean."""
LEARNT = 2
"""Gains that a person adapts."""
SPAN = 0.5
"""Seconds of a bin of `Sums.gross`."""


class State(NamedTuple):
    """Rows (n, …) of what carries on from trial to trial; legs are left, right."""

    qpos: Array
    """(n, 9)"""
    qvel: Array
    """(n, 9)"""
    warm: Array
    """(n, 9) where the contact solver starts"""
    age: Ints
    """(n,) physics steps since this person set off"""
    activation: Array
    """(n, 2, 7)"""
    stim: Array
    """(n, 2, 7) stimulation"""
    fibre: Array
    """(n, 2, 7) fibre lengths [m]"""
    rate: Array
    """(n, 2, 7) fibre velocities [l_opt/s]"""
    force: Array
    """(n, 2, 7) tendon forces [F_max]"""
    ring: Array
    """(n, L, SIGNALS) what was felt lately: step k is in row k mod L"""
    load: Array
    """(n, 2, 2) heel's and ball's load [body weights]"""
    smooth: Array
    """(n, 2) load, low-passed"""
    stance: Ints
    """(n, 2) 1: the leg's reflexes are in stance"""
    since: Ints
    """(n, 2) steps since that changed"""
    takeoff: Array
    """(n, 2) lean when the leg left the ground [rad]"""
    pace: Array
    """(n,) speed over the belt, low-passed [m/s]"""
    station: Array
    """(n,) leaky integral of the distance behind the belt's middle [m·s]"""
    wander: Array
    """(n, 15) relative error of each sensor"""
    draws: Words
    """(n,) random numbers drawn so far"""
    unloaded: Ints
    """(n, 2) steps since the foot was last loaded"""
    strike: Ints
    """(n, 2) age at the last heel strike"""
    period: Array
    """(n, 2) running mean of the stride time [s]"""
    strides: Ints
    """(n, 2) regular strides in a row"""
    torque: Array
    """(n, 2) exoskeleton torque [N·m/kg], plantarflexing"""
    old: Array
    """(n, 4) the law before this one"""
    law: Array
    """(n, 4) peak torque [N·m/kg], peak, rise and fall time [% of the stride]"""
    ramp: Ints
    """(n,) steps since this law began, with the stride known"""
    breath: Array
    """(n, 3) the respirometer's"""
    habit: Array
    """(n, LEARNT) what was learned: shifts of the adapted gains, of their reach"""
    probe: Array
    """(n, LEARNT) what is being tried beside that"""
    lesson: Array
    """(n, 3) effort felt so far"""
    lesson_at: Ints
    """(n, 2) how far the lesson is"""


class Sums(NamedTuple):
    """Rows (n, …) of what a trial adds up; all but `step`, `gross` and `peak` begin when the law has ramped in."""

    step: Ints
    """(n,) physics steps of this trial"""
    last: Ints
    """(n,) steps it was asked to last"""
    from_step: Ints
    """(n,) step from which on things are summed"""
    key: Words
    """(n,) of the trial's random numbers"""
    beats: Ints
    """(n,) how often energies were added"""
    energy: Array
    """(n, 3, 7) power by Bhargava, Umberger, Minetti of both legs' muscles, summed [W]"""
    gross: Array
    """(n, spans) gross metabolic rate by Bhargava in each 0.5 s, summed over beats [W/kg]"""
    start: Array
    """(n,) position on the belt when summing began [m]"""
    strides: Array
    """(n, 2, 4) number of strides, their seconds, squares of those, seconds of stance"""
    work: Array
    """(n, 2, 2) positive and negative work of the device [J/kg]"""
    peak: Array
    """(n,) largest load of one foot [body weights]"""
    knee: Array
    """(n, 2, 2) largest flexion in this swing, and the sum over strides [rad]"""
    curves: Array
    """(n, 2, BINS, CHANNELS) sums over strides by phase"""
    counts: Array
    """(n, 2, BINS)"""


def new_state(n: int, ring: int) -> State:
    """Room for n persons whose rings hold so many steps."""
    z, i = np.zeros, np.int64
    return State(
        qpos=z((n, DOF)), qvel=z((n, DOF)), warm=z((n, DOF)), age=z(n, i), activation=z((n, 2, 7)),
        stim=z((n, 2, 7)), fibre=z((n, 2, 7)), rate=z((n, 2, 7)), force=z((n, 2, 7)), ring=z((n, ring, SIGNALS)),
        load=z((n, 2, 2)), smooth=z((n, 2)), stance=z((n, 2), i), since=z((n, 2), i), takeoff=z((n, 2)), pace=z(n),
        station=z(n), wander=z((n, WANDERERS)), draws=z(n, np.uint64), unloaded=z((n, 2), i), strike=z((n, 2), i),
        period=z((n, 2)), strides=z((n, 2), i), torque=z((n, 2)), old=z((n, 4)), law=z((n, 4)), ramp=z(n, i),
        breath=z((n, 3)), habit=z((n, LEARNT)), probe=z((n, LEARNT)), lesson=z((n, 3)), lesson_at=z((n, 2), i),
    )  # fmt: skip


def new_sums(n: int, longest: float) -> Sums:
    """Room for the sums of n trials of so many seconds at most."""
    z, i = np.zeros, np.int64
    return Sums(
        step=z(n, i), last=z(n, i), from_step=z(n, i), key=z(n, np.uint64), beats=z(n, i), energy=z((n, 3, 7)),
        gross=z((n, int(longest / SPAN) + 2)), start=z(n), strides=z((n, 2, 4)), work=z((n, 2, 2)), peak=z(n),
        knee=z((n, 2, 2)), curves=z((n, 2, BINS, CHANNELS)), counts=z((n, 2, BINS)),
    )  # fmt: skip


def clear(rows: Sums | State, i: int) -> None:
    """Zero row i."""
    for field in rows:
        field[i] = 0


def take(state: State, i: int) -> dict[str, NDArray[Any]]:
    """A copy of row i, by name."""
    return {name: np.array(getattr(state, name)[i]) for name in State._fields}


def put(state: State, i: int, row: Mapping[str, NDArray[Any]]) -> None:
    """Write a copy of row i back.

    Raises:
      UsageError: something is missing or has another shape, as in a run of another version.
    """
    for name in State._fields:
        there = getattr(state, name)
        if name not in row:
            raise UsageError(f"state of a person: {name} is missing. It can't walk on from there.")
        value = np.asarray(row[name])
        if value.shape != there[i].shape:
            raise UsageError(
                f"state of a person: {name} has shape {value.shape}, not {there[i].shape}, as if another version of "
                "gait had written it. It can't walk on from there."
            )
        there[i] = value
