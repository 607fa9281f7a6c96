"""Contact sequences: chatter cleaned away, touchdowns and lift-offs, strides. Pure numpy; nothing knows a robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

DEBOUNCE = 0.03
"""A foot that is off the ground, or on it, for less than this did not step, it chattered [s]."""
APART = 0.7
"""Touchdowns of a foot are so far apart, in strides; it may land more often, but that is bouncing or scuffing."""


def clean(time: Array, contacts: Bools, debounce: float = DEBOUNCE) -> Bools:
    """Contacts without chatter: gaps shorter than `debounce` are closed, then contacts shorter than it are dropped.

    What is cut off by the beginning or the end may be the rest of something long, and stays.

    Args:
      time: (F,) [s], evenly spaced.
      contacts: (F, L) whether each foot is down; it's left as it was.
      debounce: [s].
    """
    shortest = debounce / tick(time)
    cleaned = contacts.copy()
    for leg in range(contacts.shape[1]):
        for state in (False, True):
            for start, stop in _spells(cleaned[:, leg] == state):
                if start > 0 and stop < len(time) and stop - start < shortest - 1e-6:
                    cleaned[start:stop, leg] = not state
    return cleaned


def tick(time: Array) -> float:
    """Seconds between frames; 1 where there is but one frame."""
    return float(time[-1] - time[0]) / (len(time) - 1) if len(time) > 1 else 1.0


def _spells(states: Bools) -> list[tuple[int, int]]:
    """First frames and frames after the last, of each spell of True."""
    edges = np.diff(np.concatenate([[False], states, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def stances(time: Array, contact: Bools) -> Array:
    """Touchdown and lift-off (n, 2) [s] of each spell on the ground, of one foot's `contact` (F,) at `time` (F,).

    A change lies half-way between the frames that saw it. A foot that is down in the first frame has landed at −inf,
    one that is down in the last takes off at inf: when is not known.
    """
    between = np.concatenate([[-np.inf], 0.5 * (time[1:] + time[:-1]), [np.inf]])
    return between[np.array(_spells(contact), np.int64).reshape(-1, 2)]


def stride_period(time: Array, contacts: Bools) -> float | None:
    """The time [s] after which the contacts (F, L) repeat best: the main peak of their autocorrelation, legs summed.

    Feet that bounce or scuff land more than once a stride, so that touchdowns alone don't tell a stride's length.
    None where no foot ever steps, or the recording holds less than two periods.
    """
    ups = contacts - contacts.mean(axis=0)
    n = len(ups)
    spectrum = np.fft.rfft(ups, 2 * n, axis=0)
    likeness = np.fft.irfft((np.abs(spectrum) ** 2).sum(axis=1))[: n // 2 + 1]
    apart = np.flatnonzero(likeness < 0)  # until here, lags are short of half a stride
    if len(apart) == 0 or likeness[0] < 1e-9:
        return None
    best = int(apart[0] + np.argmax(likeness[apart[0] :]))
    return best * tick(time) if likeness[best] > 0 else None


@dataclass(frozen=True, eq=False)
class Strides:
    """One foot's whole strides, touchdown to touchdown."""

    touchdowns: Array
    """(n + 1,) [s] one a stride, ascending; strides that were skipped or cut in two are between them too."""
    start: Array
    """(m,) touchdowns that begin whole strides [s]."""
    period: Array
    """(m,) their lengths [s]."""
    duty: Array
    """(m,) fraction of each that the foot is on the ground."""


def strides(time: Array, contact: Bools, period: float) -> Strides:
    """Strides of one foot's cleaned `contact` (F,), given how long a stride is [s].

    A stride begins when the foot lands from its longest flight: landings from shorter ones, `APART` or less away,
    are bounces. Strides that differ from `period` by more than a half aren't whole strides.
    """
    spells = stances(time, contact)
    air = np.concatenate([[np.inf], spells[1:, 0] - spells[:-1, 1]])[: len(spells)]
    landings: list[float] = []
    for k in np.argsort(-air, kind="stable"):
        t = float(spells[k, 0])
        if np.isfinite(t) and all(abs(t - other) >= APART * period for other in landings):
            landings.append(t)
    touchdowns = np.array(sorted(landings))
    lengths = np.diff(touchdowns)
    whole = np.abs(lengths - period) <= 0.5 * period
    start, lengths = touchdowns[:-1][whole], lengths[whole]
    # time on the ground within [start, start + length)
    first = np.maximum(spells[None, :, 0], start[:, None])
    last = np.minimum(spells[None, :, 1], (start + lengths)[:, None])
    down = np.maximum(0.0, last - first).sum(axis=1)
    return Strides(touchdowns, start, lengths, down / lengths)


def delays(reference: Strides, touchdowns: Array) -> Array:
    """(k,) delays of touchdowns [s] after the reference foot's, in strides of it, 0 … 1; those outside are left out."""
    place = np.searchsorted(reference.start, touchdowns, side="right") - 1
    known = place >= 0
    place, late = place[known], touchdowns[known]
    share = (late - reference.start[place]) / reference.period[place]
    inside: Array = share[share < 1.0]
    return inside


def circular_mean(fractions: Array) -> float | None:
    """Mean of fractions of a cycle, 0 … 1, where 0.99 and 0.01 lie close together; None of none, or if they cancel."""
    sum_ = np.exp(2j * np.pi * fractions).sum()
    if len(fractions) == 0 or abs(sum_) < 1e-9 * len(fractions):
        return None
    mean = float(np.angle(sum_) / (2 * np.pi)) % 1.0
    return 0.0 if mean > 1.0 - 1e-9 else mean


def circular_sd(fractions: Array) -> float | None:
    """Circular standard deviation √(−2 ln R) / 2π [cycles] (Mardia & Jupp, Directional Statistics, 2000)."""
    if circular_mean(fractions) is None:
        return None
    resultant = min(1.0, float(abs(np.exp(2j * np.pi * fractions).mean())))
    return float(np.sqrt(2.0 * abs(np.log(resultant))) / (2 * np.pi))
