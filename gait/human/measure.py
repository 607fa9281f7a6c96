"""Measure: what an experimenter sees of a walk, and, apart, what truly happened."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gait.human.crowd import Crowd
from gait.human.device import RAMP
from gait.human.metabolics import BASAL
from gait.human.muscles import MUSCLES
from gait.human.respirometry import Respirometer, estimate, running_estimates
from gait.human.state import SPAN

Array = NDArray[np.float64]

SEEN = ("speed", "stride_time", "stride_time_sd", "duty_factor", "knee_flexion", "peak_load", "device_power")
"""Of `Crowd.summary`, what a motion laboratory measures well."""


@dataclass(frozen=True)
class Measured:
    """What a walk came to."""

    measures: dict[str, float | None] = field(default_factory=dict)
    """What is seen, by name, SI: `metabolic_rate` is the estimated net rate [W/kg]."""
    truth: dict[str, float | None] = field(default_factory=dict)
    """What is not: the noise-free net rate by three models, and each muscle's [W/kg]."""
    progress: Array = field(default_factory=lambda: np.zeros(0))
    """Minus the estimate at each whole second [W/kg]."""


def measure(crowd: Crowd, i: int, respirometer: Respirometer, rng: np.random.Generator) -> Measured:
    """Breathe through the walk of world i, and read everything; the respirometer's state walks on.

    The estimate takes breaths from when the law has ramped in, so that the rate behind them is constant and the
    estimate unbiased.
    """
    walked = crowd.seconds(i)
    spans = max(1, int(walked / SPAN + 1e-9))
    per_span = crowd.times.span // crowd.times.beat
    gross = crowd.sums.gross[i, :spans] / per_span
    if walked < SPAN:
        gross = np.array([BASAL])
    times, readings, crowd.state.breath[i] = respirometer.measure(gross, SPAN, crowd.state.breath[i].copy(), rng)
    late = times >= RAMP
    found = None
    if late.any():
        found = estimate(times[late], readings[late], respirometer.tau, start=RAMP)
    summary = crowd.summary(i)
    measures = {
        "metabolic_rate": None if found is None else found.rate - BASAL,
        "fit_residual": None if found is None else found.residual,
        "breaths": float(late.sum()),
        **{k: _finite(summary[k]) for k in SEEN},
    }
    counted = summary["seconds"] > 0
    truth = {"metabolic_rate": summary["net"], "umberger": summary["net_umberger"], "minetti": summary["net_minetti"]}
    truth |= dict(zip(MUSCLES, crowd.muscles(i).tolist(), strict=True))
    running = running_estimates(times[late], readings[late], respirometer.tau, int(walked + 1e-9), BASAL)
    return Measured(measures, {k: v if counted else None for k, v in truth.items()}, -(running - BASAL))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
