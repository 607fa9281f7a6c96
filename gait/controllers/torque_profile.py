"""The ankle exoskeleton torque law of Zhang et al. (Science 356:1280, 2017): four parameters, two cubics.

Torque rises from 0 at the onset to its peak, with zero slope at both ends, and falls to 0 at the end with zero slope
at the peak and zero curvature at the end. Times are in percent of the stride, counted from heel strike; peak and fall
lie in late stance, and the torque must be over by `END`, when the foot leaves the ground.

The closed form is that of the authors' own `desired_torque_generator`. Its curve has the height P = τ_peak − τ_b: the
baseline τ_b, 2 N·m, is left to what keeps the cable of the tethered device from going slack, and outside the curve it
returns 0. `torque` is that function exactly, with τ_b as an argument; a simulated device has no cable, so `BASELINE` is
0 and P is the peak.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.compiled import compiled
from gait.errors import UsageError
from gait.space import Parameter, Space

Array = NDArray[np.float64]

END = 65.0
"""Percent of the stride by which the torque must be over (comment in the authors' generator)."""

BASELINE = 0.0
"""τ_b of a simulated device [N·m/kg]: nothing there goes slack."""

FALL_LOW = 5.0
"""The shortest fall that the projection makes [% of the stride]."""

PEAK, PEAK_TIME, RISE, FALL = 0, 1, 2, 3  # places among the four

SPACE = Space(
    (
        Parameter("peak_torque", 0.0, 0.8, 0.3, 0.08, "N·m/kg", "highest ankle torque, per body mass"),
        Parameter("peak_time", 40.0, 57.0, 52.9, 1.7, "%", "of the stride from heel strike to the peak"),
        Parameter("rise_time", 10.0, 40.0, 26.2, 3.0, "%", "of the stride from the onset to the peak"),
        Parameter("fall_time", FALL_LOW, 20.0, 9.8, 1.5, "%", "of the stride from the peak to the end"),
    )
)
"""Bounds: a rise of 10–40 % as in the code of Slade et al. (Nature 610:277, 2022), of the same lab; a fall of 5–20 % as
recalled, not re-checked. Their torque goes to 1.0 N·m/kg; ours to 0.8, just past where a prototype walker fell. With
the peak at 57 % or before, every law keeps a fall of at least 8 % before `END`. The peak can't come before 40 %: the
prototype had a second basin below 25 %, unlike anything in humans and without work by the exoskeleton.

Start: a modest 0.3 N·m/kg at 52.9, 26.2 and 9.8 %, the timing in PredSim's ankle exoskeleton example and likely the
static law of Zhang et al.
"""


@compiled
def torque(percent: float, peak: float, peak_time: float, rise_time: float, fall_time: float, baseline: float) -> float:
    """The law's torque at one moment, in the unit of `peak`; 0 before the onset and after the end.

    Args:
      percent: of the stride since heel strike; an unknown moment, NaN, has an unknown torque.
      peak: τ_peak [N·m/kg]; the curve's height is P = peak − baseline, and the torque 0 throughout unless P > 0.
      peak_time, rise_time, fall_time: [% of the stride], the latter two above 0.
      baseline: τ_b, in the unit of `peak`.
    """
    height = peak - baseline
    onset = peak_time - rise_time
    if height <= 0.0 or percent < onset or percent >= peak_time + fall_time:
        return 0.0
    if percent < peak_time:
        s = (percent - onset) / rise_time
        return height * s * s * (3.0 - 2.0 * s)
    s = (percent - peak_time) / fall_time
    return height * (1.0 - s) * (1.0 + s - 0.5 * s * s)  # = P (1 − 1.5 s² + 0.5 s³)


@compiled
def _curve(percent: Array, values: Array, baseline: float, out: Array) -> None:
    for i in range(len(percent)):
        out[i] = torque(percent[i], values[0], values[1], values[2], values[3], baseline)


def project(values: ArrayLike) -> Array:
    """Feasible laws (..., 4) for laws `values` (..., 4) in their units; feasible ones are unchanged.

    First the fall is shortened until peak_time + fall_time ≤ `END`, then the rise until the onset,
    peak_time − rise_time, is at or after heel strike. Peak torque and peak time stay. Within the bounds of `SPACE` the
    fall keeps at least 8 % and the rise is never touched.

    Raises:
      UsageError: the shape is wrong, a number isn't finite, a time isn't above 0, or the peak is so late that less
        than `FALL_LOW` would be left of the fall.
    """
    laws = _finite(values).copy()
    for i in (PEAK_TIME, RISE, FALL):
        _refuse(laws[..., i] <= 0.0, laws[..., i], i, "must be above 0 %")
    when, fall = laws[..., PEAK_TIME], laws[..., FALL]
    late, room = when + fall > END, END - when  # the difference is exact: when + room is END to the bit
    rule = f"leaves less than {FALL_LOW:g} % to fall before {END:g} % of the stride"
    _refuse(late & (room < FALL_LOW), when, PEAK_TIME, rule)
    laws[..., FALL] = np.where(late, room, fall)
    laws[..., RISE] = np.minimum(laws[..., RISE], when)
    return laws


@dataclass(frozen=True)
class TorqueProfile:
    """One feasible torque law; `from_unit` makes any point of the unit cube one.

    Raises:
      UsageError: a number isn't finite, a time isn't above 0, or the torque starts before 0 or ends after `END`.
    """

    peak_torque: float
    """[N·m/kg]"""
    peak_time: float
    """[% of the stride from heel strike]"""
    rise_time: float
    """[% of the stride]"""
    fall_time: float
    """[% of the stride]"""

    def __post_init__(self) -> None:
        laws = _finite(astuple(self))
        for i in (PEAK_TIME, RISE, FALL):
            _refuse(laws[i] <= 0.0, laws[i], i, "must be above 0 %")
        if self.end > END:
            raise UsageError(f"peak_time + fall_time = {self.end:g} %: torque must be over by {END:g} % of the stride.")
        if self.onset < 0.0:
            raise UsageError(f"peak_time − rise_time = {self.onset:g} %: torque can't start before heel strike.")

    @classmethod
    def from_unit(cls, x: ArrayLike) -> TorqueProfile:
        """The law at a unit-cube point (4,) of `SPACE`, projected to a feasible one."""
        point = _finite(x)
        if point.ndim != 1:
            raise UsageError(f"a torque law is one point (4,), got shape {point.shape}.")
        return cls(*project(SPACE.decode(point)).tolist())

    @property
    def values(self) -> Array:
        """The four numbers (4,) in the order of `SPACE`."""
        return np.array(astuple(self), float)

    @property
    def onset(self) -> float:
        """When the torque starts [% of the stride]."""
        return self.peak_time - self.rise_time

    @property
    def end(self) -> float:
        """When the torque is over [% of the stride]."""
        return self.peak_time + self.fall_time

    def curve(self, percent: ArrayLike, *, baseline: float = BASELINE) -> Array:
        """Torque (...) [N·m/kg] at `percent` (...) of the stride; `baseline` is τ_b [N·m/kg]."""
        moments = np.asarray(percent, float)
        out = np.empty(moments.size)
        _curve(moments.ravel(), self.values, float(baseline), out)
        return out.reshape(moments.shape)

    def describe(self) -> str:
        """The law in a line: `0.47 N·m/kg, peak 51 %, rise 27 %, fall 9 %`."""
        times = f"peak {self.peak_time:.0f} %, rise {self.rise_time:.0f} %, fall {self.fall_time:.0f} %"
        return f"{self.peak_torque:.2f} N·m/kg, {times}"


def _finite(values: ArrayLike) -> Array:
    """`values` as floats (..., 4), if they are finite and that many."""
    laws = np.asarray(values, float)
    if laws.ndim == 0 or laws.shape[-1] != len(SPACE):
        raise UsageError(f"a torque law has {len(SPACE)} numbers, {', '.join(SPACE.names)}; got shape {laws.shape}.")
    for i in range(len(SPACE)):
        _refuse(~np.isfinite(laws[..., i]), laws[..., i], i, "must be a finite number")
    return laws


def _refuse(bad: ArrayLike, values: ArrayLike, i: int, rule: str) -> None:
    """A `UsageError` with parameter `i`'s name and its first bad value, if there is one."""
    wrong = np.asarray(values)[np.asarray(bad)]
    if wrong.size:
        raise UsageError(f"{SPACE.names[i]}={wrong.flat[0]:g}: {SPACE.names[i]} {rule}.")
