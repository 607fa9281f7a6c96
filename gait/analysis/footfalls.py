"""Footfalls: duty factors, phases and Hildebrand's coordinates of a contact sequence.

A phase is the *delay* of a foot's touchdown after the reference foot's, in strides, as in `gait.controllers.GAITS`:
an oscillator's advance would turn a lateral-sequence walk into a diagonal-sequence one. The reference is FL, or the
first foot of FL FR HL HR that steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gait.analysis.contacts import (
    Array,
    Bools,
    Strides,
    circular_mean,
    circular_sd,
    clean,
    delays,
    stances,
    stride_period,
    strides,
)
from gait.controllers import LEGS

FL, FR, HL, HR = range(4)
FEWEST = 2
"""A foot with fewer whole strides has no duty factor and no phase."""


@dataclass(frozen=True)
class LegTiming:
    """One foot's timing; None where it makes too few whole strides."""

    strides: int
    """Whole strides, touchdown to touchdown."""
    duty_factor: float | None
    """Fraction of the stride that the foot is on the ground, mean over strides."""
    duty_factor_sd: float | None
    phase: float | None
    """Delay of the touchdown after the reference foot's [strides], 0 … 1, circular mean."""
    phase_sd: float | None
    """Its circular standard deviation [strides]."""


@dataclass(frozen=True)
class Footfalls:
    """When the feet are down; None where too few feet step to say."""

    legs: tuple[LegTiming, LegTiming, LegTiming, LegTiming]
    """FL FR HL HR."""
    reference: str | None
    """The foot that phases are counted from."""
    stride_frequency: float | None
    stride_period: float | None
    stride_period_sd: float | None
    hind_duty: float | None
    """Mean duty factor of the hind feet: abscissa of Hildebrand's plot."""
    limb_phase: float | None
    """Delay of the fore contact after the ipsilateral hind one, circular mean of both sides: Hildebrand's ordinate."""
    limb_phase_left: float | None
    limb_phase_right: float | None
    fore_lag: float | None
    """Delay of FR after FL."""
    hind_lag: float | None
    """Delay of HR after HL."""
    asymmetry_fore: float | None
    """(left − right) / mean of the two fore feet's duty factors (Robinson et al., J Manip Physiol Ther 10, 1987)."""
    asymmetry_hind: float | None
    flight_fraction: float
    flights_per_stride: float | None
    """Spells with no foot on the ground in a stride."""
    feet_down: tuple[float, ...]
    """(5,) fractions of the time with 0 … 4 feet on the ground."""


def footfalls(time: Array, contacts: Bools) -> Footfalls:
    """Measure the contacts (F, 4) of the feet FL FR HL HR at `time` (F,) [s]; chatter is cleaned away first.

    Source of duty factor, limb phase and the plot: M. Hildebrand, Science 150 (1965) 701; of the lags:
    A. Abourachid, C. R. Biologies 326 (2003) 625.

    Raises:
      ValueError: there aren't four feet, or fewer than two frames.
    """
    if contacts.ndim != 2 or contacts.shape != (len(time), len(LEGS)) or len(time) < 2:
        raise ValueError(f"contacts must be (frames, {len(LEGS)}) at (frames,) moments, got {contacts.shape}")
    cleaned = clean(time, contacts)
    period = stride_period(time, cleaned)
    feet = [strides(time, c, period) if period else _still() for c in cleaned.T]
    stepping = [leg for leg, foot in enumerate(feet) if len(foot.start) >= FEWEST]
    reference = stepping[0] if stepping else None
    lengths = np.concatenate([feet[leg].period for leg in stepping]) if stepping else np.zeros(0)
    timings = [_timing(feet, leg, reference) for leg in range(4)]
    duty = [t.duty_factor for t in timings]
    sides = [_lags(feet, HL, FL), _lags(feet, HR, FR)]
    down = cleaned.sum(axis=1)
    histogram = tuple(float((down == n).mean()) for n in range(5))
    return Footfalls(
        legs=(timings[FL], timings[FR], timings[HL], timings[HR]),
        reference=None if reference is None else LEGS[reference],
        stride_frequency=1.0 / float(lengths.mean()) if stepping else None,
        stride_period=float(lengths.mean()) if stepping else None,
        stride_period_sd=float(lengths.std()) if stepping else None,
        hind_duty=_mean(duty[HL], duty[HR]),
        limb_phase=circular_mean(np.concatenate(sides)),
        limb_phase_left=circular_mean(sides[0]),
        limb_phase_right=circular_mean(sides[1]),
        fore_lag=circular_mean(_lags(feet, FL, FR)),
        hind_lag=circular_mean(_lags(feet, HL, HR)),
        asymmetry_fore=_asymmetry(duty[FL], duty[FR]),
        asymmetry_hind=_asymmetry(duty[HL], duty[HR]),
        flight_fraction=histogram[0],
        flights_per_stride=_flights(time, down == 0, [feet[leg] for leg in stepping]),
        feet_down=histogram,
    )


def _still() -> Strides:
    none = np.zeros(0)
    return Strides(none, none, none, none)


def _timing(feet: Sequence[Strides], leg: int, reference: int | None) -> LegTiming:
    foot = feet[leg]
    if len(foot.start) < FEWEST or reference is None:
        return LegTiming(len(foot.start), None, None, None, None)
    late = np.zeros(1) if leg == reference else _lags(feet, reference, leg)
    return LegTiming(
        len(foot.start), float(foot.duty.mean()), float(foot.duty.std()), circular_mean(late), circular_sd(late)
    )


def _lags(feet: Sequence[Strides], first: int, second: int) -> Array:
    """Delays of one foot after another, in strides of the first; nothing where either makes too few strides."""
    if min(len(feet[first].start), len(feet[second].start)) < FEWEST:
        return np.zeros(0)
    return delays(feet[first], feet[second].touchdowns)


def _mean(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else 0.5 * (left + right)


def _asymmetry(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None or left + right == 0 else 2 * (left - right) / (left + right)


def _flights(time: Array, flying: Bools, feet: Sequence[Strides]) -> float | None:
    """Flights that begin within the feet's whole strides, a stride, mean of the feet; None without feet."""
    begins, count = stances(time, flying)[:, 0], 0
    for foot in feet:
        place = np.searchsorted(foot.start, begins, side="right") - 1
        ends = (foot.start + foot.period)[np.maximum(place, 0)]
        count += int(((place >= 0) & (begins < ends)).sum())
    return count / sum(len(foot.start) for foot in feet) if feet else None
