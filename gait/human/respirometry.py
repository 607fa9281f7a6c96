"""Respirometry: metabolic rate as a mask measures it, late and noisy at each breath, and the two-minute estimate.

What a walker burns, x(t), shows in the breath only through the body's stores of gas: gas exchange y follows as a
first-order lag, ẏ = (x − y)/τ with τ ≈ 42 s (Selinger & Donelan 2014, J Appl Physiol 117:1406). A trial of two minutes
therefore ends before y has settled, and the steady rate is estimated from the way y goes there (Zhang et al. 2017,
Science 356:1280, after the lab's `metabolic_rate_estimation`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gait.errors import UsageError

Array = NDArray[np.float64]

READING, UNTIL_BREATH, DRIFT = 0, 1, 2  # places in the state (3,)

SHORTEST_BREATH = 1.0
"""No breath is drawn shorter than this [s]."""

WIDEST = 0.999
"""Largest relative spread that is reported: beyond it, a trial tells nothing."""


@dataclass(frozen=True)
class Respirometer:
    """The mask and the body in front of it: how true metabolic rate becomes breath-by-breath readings.

    Raises:
      UsageError: a field is outside its rule.
    """

    tau: float = 42.0
    """Time constant of gas exchange [s]; Selinger & Donelan 2014."""
    breath: float = 3.5
    """Mean period of a breath [s]."""
    breath_spread: float = 0.15
    """Standard deviation of the period, relative to its mean."""
    noise: float = 0.10
    """Standard deviation of one breath's reading, relative to it; white."""
    drift: float = 0.005
    """Standard deviation of the slow relative wander of readings, an Ornstein–Uhlenbeck process."""
    drift_seconds: float = 600.0
    """Time constant of that wander [s]."""

    def __post_init__(self) -> None:
        for name in ("tau", "drift_seconds"):
            self._require(name, 0.0 < getattr(self, name) < math.inf, "is a time above 0 s")
        rule = f"is at least {SHORTEST_BREATH:g} s, the shortest breath drawn"
        self._require("breath", SHORTEST_BREATH <= self.breath < math.inf, rule)
        for name in ("breath_spread", "noise", "drift"):
            self._require(name, 0.0 <= getattr(self, name) < 1.0, "is relative, at least 0 and below 1")

    def _require(self, name: str, held: bool, rule: str) -> None:
        if not held:
            raise UsageError(f"respirometer {name}={getattr(self, name):g}: {name} {rule}.")

    def rest(self, gross: float) -> Array:
        """The state (3,) of somebody who has been steady at a gross metabolic rate [W/kg].

        The state holds, in this order:
          0. the gas exchange y now, without noise or drift [W/kg],
          1. the time until the next breath ends [s], above 0; here the mean period,
          2. the drift that the next breath will be read with, relative; here 0, freshly calibrated.

        Raises:
          UsageError: the rate isn't finite.
        """
        return _state([gross, self.breath, 0.0])

    def measure(
        self, rates: ArrayLike, dt: float, state: ArrayLike, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """One trial through the mask: `times (B,)`, `readings (B,)` of its breaths, and the state after it.

        Gas exchange is exact for rates constant over each interval. A breath is read at its end, at t with
        0 < t ≤ n·dt, as y(t)·(1 + drift)·(1 + noise·z). Breaths and their relative noise depend on `rng` and the
        state's last two values, never on the rates. Two trials on end with one generator give the breaths of the trial
        that joins them, to rounding; with a generator each, y, the breath under way and the drift still go on.

        Args:
          rates: (n,) true gross metabolic rate [W/kg], the mean over each of successive intervals.
          dt: length of an interval [s].
          state: (3,) as `rest` describes; not changed.
          rng: draws three normal numbers a breath.

        Returns:
          times of the breaths since the trial began [s], readings [W/kg gross], and the state (3,) at its end.

        Raises:
          UsageError: rates or state have another shape or aren't finite, or dt isn't above 0.
        """
        rates, state = np.asarray(rates, float), _state(state)
        if rates.ndim != 1 or not np.isfinite(rates).all():
            raise UsageError(f"metabolic rates are (n,) finite W/kg, got shape {rates.shape}: {rates}.")
        if not 0.0 < dt < math.inf:
            raise UsageError(f"dt={dt:g}: an interval of metabolic rate is a time above 0 s.")
        times, factors, until, drift = self._breaths(len(rates) * dt, state, rng)
        edges = self._follow(rates, dt, float(state[READING]))
        k = np.minimum((times / dt).astype(int), len(rates) - 1)  # the interval that each breath ends in
        left = np.exp(-(times - k * dt) / self.tau)
        y = rates[k] + (edges[k] - rates[k]) * left
        return times, y * factors, np.array([edges[-1], until, drift])

    def _breaths(self, seconds: float, state: Array, rng: np.random.Generator) -> tuple[Array, Array, float, float]:
        """Ends (B,) of the breaths in (0, seconds], reading / y at each (B,), and what the state keeps of breathing."""
        times, factors = [], []
        time, drift = float(state[UNTIL_BREATH]), float(state[DRIFT])
        while time <= seconds:
            # All three are drawn whatever the fields are, so that masks can be compared on the same breaths. The next
            # breath's period and drift are drawn with this one: then a trial's end needs no draw, and splits nothing.
            noise, wander, length = rng.standard_normal(3).tolist()
            times.append(time)
            factors.append((1.0 + drift) * (1.0 + self.noise * noise))
            period = max(SHORTEST_BREATH, self.breath * (1.0 + self.breath_spread * length))
            kept = math.exp(-period / self.drift_seconds)
            drift = kept * drift + self.drift * math.sqrt(1.0 - kept * kept) * wander
            time += period
        return np.array(times), np.array(factors), time - seconds, drift

    def _follow(self, rates: Array, dt: float, y: float) -> Array:
        """Gas exchange (n + 1,) at the edges of the intervals, from y at the first."""
        kept = math.exp(-dt / self.tau)
        edges = [y]
        for x in rates.tolist():
            y = x + (y - x) * kept
            edges.append(y)
        return np.array(edges)


def _state(state: ArrayLike) -> Array:
    """A respirometer's state (3,), checked."""
    state = np.asarray(state, float)
    if state.shape != (3,) or not np.isfinite(state).all() or state[UNTIL_BREATH] <= 0.0:
        raise UsageError(f"respirometer state {state}: it is a finite reading, seconds above 0 to a breath, and drift.")
    return state


@dataclass(frozen=True)
class Estimate:
    """What a trial's breaths say of its metabolic rate."""

    rate: float
    """The steady gross rate x that the readings are heading for [W/kg]."""
    initial: float
    """Gas exchange y at the first breath used [W/kg]."""
    residual: float
    """Mean squared distance of the readings from the fit [(W/kg)²]."""


def estimate(times: ArrayLike, readings: ArrayLike, tau: float, start: float = 0.0) -> Estimate:
    """Least-squares metabolic rate of a trial, taken as constant, from breaths that may still be settling.

    Solves A [y(0), x] = readings by pseudo-inverse, with y(0) at the first breath used. The lab's code steps ẏ by
    explicit Euler, A_i0 = A_{i−1,0}(1 − Δt/τ), A_i1 = A_{i−1,1}(1 − Δt/τ) + Δt/τ. Here each step decays by exp(−Δt/τ),
    which is unbiased, and the recursion closes to [exp(−t/τ), 1 − exp(−t/τ)]. Euler would have a rate that began 15 %
    low come out 0.33 % low after 60 s, 0.19 % after 120 s and 0.05 % after 360 s, in proportion to that offset.
    One breath alone is its own estimate. Nothing keeps the rate from being negative.

    Args:
      times: (B,) ends of the breaths [s], increasing.
      readings: (B,) gross metabolic rate read at each [W/kg].
      tau: time constant of gas exchange [s].
      start: breaths before this time are left out [s].

    Raises:
      UsageError: a `ValueError`: no breath is left, times don't increase, shapes differ, or a value isn't finite.
    """
    times, readings = _breaths_used(times, readings, start)
    _check_tau(tau)
    if len(times) == 0:
        raise UsageError(f"no breath at or after {start:g} s: an estimate of metabolic rate needs one.")
    if len(times) == 1:
        return Estimate(float(readings[0]), float(readings[0]), 0.0)
    a = _weights(times, tau)
    initial, rate = np.linalg.pinv(a) @ readings
    misfit = a @ np.array([initial, rate]) - readings
    return Estimate(float(rate), float(initial), float(misfit @ misfit) / len(times))


def running_estimates(times: ArrayLike, readings: ArrayLike, tau: float, seconds: int, fallback: float) -> Array:
    """The estimate (seconds,) of metabolic rate [W/kg] that one would have at each whole second 1, 2, … `seconds`.

    Each uses the breaths up to and including its second. The first few swing widely: two breaths alone have a relative
    spread of 17 times a breath's.

    Args:
      times: (B,) ends of the breaths [s], increasing.
      readings: (B,) gross metabolic rate read at each [W/kg].
      tau: time constant of gas exchange [s].
      seconds: how many.
      fallback: what stands before the first breath [W/kg].

    Raises:
      UsageError: as `estimate`, but for want of breaths.
    """
    times, readings = _breaths_used(times, readings, -math.inf)
    _check_tau(tau)
    whole = np.arange(1, seconds + 1)
    heard = np.searchsorted(times, whole, side="right")  # breaths so far, at each second
    rates = np.full(len(times) + 1, float(fallback))
    for n in np.unique(heard[heard > 0]):  # only a breath changes the estimate
        rates[n] = estimate(times[:n], readings[:n], tau, -math.inf).rate
    return rates[heard]


def relative_spread(seconds: float, respirometer: Respirometer) -> float:
    """Standard deviation of a trial's estimate relative to the rate, from the noise of breaths; at most `WIDEST`.

    σ_b √[(AᵀA)⁻¹]_xx for breaths at every mean period of `seconds`, with y near x. Drift is left out: it shifts all of
    a trial's breaths alike, by `drift`. With the defaults 6.5 % after 60 s, 2.8 % after 120 s, 1.1 % after 360 s.

    Raises:
      UsageError: seconds aren't above 0, or not finite.
    """
    if not 0.0 < seconds < math.inf:
        raise UsageError(f"a trial of {seconds:g} s: a measurement lasts above 0 s.")
    breaths = int(seconds / respirometer.breath)
    if breaths < 2:  # an offset can't be told from the rate
        return WIDEST
    a = _weights(respirometer.breath * np.arange(breaths, dtype=np.float64), respirometer.tau)
    spread = respirometer.noise * math.sqrt(np.linalg.inv(a.T @ a)[1, 1])
    return min(WIDEST, spread)


def _weights(times: Array, tau: float) -> Array:
    """A (B, 2): what y at the first breath, and the steady rate x, contribute to y at each breath."""
    left: Array = np.exp(-(times - times[0]) / tau)
    return np.stack([left, 1.0 - left], axis=1)


def _breaths_used(times: ArrayLike, readings: ArrayLike, start: float) -> tuple[Array, Array]:
    """Times and readings (B,) from `start` on, checked."""
    times, readings = np.asarray(times, float), np.asarray(readings, float)
    if times.ndim != 1 or times.shape != readings.shape:
        raise UsageError(f"breaths are times (B,) and readings (B,), got shapes {times.shape} and {readings.shape}.")
    if not (np.isfinite(times).all() and np.isfinite(readings).all()):
        raise UsageError("a breath's time or reading isn't finite.")
    if (np.diff(times) <= 0.0).any():
        raise UsageError(f"times of breaths increase, got {times}.")
    return times[times >= start], readings[times >= start]


def _check_tau(tau: float) -> None:
    if not 0.0 < tau < math.inf:
        raise UsageError(f"tau={tau:g}: the time constant of gas exchange is a time above 0 s.")
