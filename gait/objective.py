"""Objective: what counts as good, as a weighted sum of a trial's measures. Re-scoring needs no simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from gait.errors import UsageError, unknown_name

WORST: dict[str, float] = {
    "speed": 0.0, "cost_of_transport_positive": 10.0, "drift_ratio": 1.0, "trunk_acceleration_rms": 40.0,
    "trunk_pitch_rms": 0.5, "trunk_roll_rms": 0.5, "foot_slip": 1.0, "flight_fraction": 1.0, "out_of_reach": 1.0,
    "joint_speed_rms": 20.0, "joint_speed_p95": 40.0, "stride_frequency": 10.0, "duty_factor": 0.0,
}  # fmt: skip
"""Measures that may be weighed, and what a trial without them counts as: one that fell, or went nowhere."""
SHORTFALL = 10.0
"""What walking at none of the commanded speed costs, in the score's unit."""


@dataclass(frozen=True)
class Objective:
    """Σ weight × measure, minus what is lacking of a commanded speed; higher is better.

    Raises:
      UsageError: a measure is unknown, a weight is not finite, or the commanded speed isn't above 0.
    """

    name: str = "speed"
    weights: Mapping[str, float] = field(default_factory=lambda: {"speed": 1.0})
    command: float | None = None
    """Speed that should be walked at [m/s]: less costs SHORTFALL × what is lacking of it, more is free."""

    def __post_init__(self) -> None:
        for measure, weight in self.weights.items():
            if measure not in WORST:
                raise UsageError(unknown_name("measure", measure, WORST))
            if not math.isfinite(weight):
                raise UsageError(f"--objective {measure}={weight}: a weight is a finite number.")
        if not self.weights:
            raise UsageError("an objective weighs one measure or more.")
        if self.command is not None and not (math.isfinite(self.command) and self.command > 0.0):
            raise UsageError(f"--command-speed {self.command:g}: a commanded speed is above 0 m/s.")

    @property
    def plain(self) -> bool:
        """Whether it is nothing but speed."""
        return dict(self.weights) == {"speed": 1.0} and self.command is None

    @property
    def unit(self) -> str:
        """Of the score; weighted sums have none."""
        return "m/s" if self.plain else ""

    def score(self, measures: Mapping[str, float | None]) -> float:
        """Of a trial's measures; one without a value counts as its worst."""
        total = 0.0
        for measure, weight in self.weights.items():
            value = measures.get(measure)
            total += weight * (WORST[measure] if value is None else float(value))
        return total - self.lacking(float(measures.get("speed") or 0.0))

    def fallen(self, speed: float) -> float:
        """Of a trial that fell, which walked at so much over its whole asked time [m/s]."""
        worst = {m: v for m, v in WORST.items() if self.weights.get(m, 0.0) < 0.0}
        best = {m: 0.0 for m in self.weights if m not in worst}
        return self.score({**best, **worst, "speed": speed})

    def lacking(self, speed: float) -> float:
        """What walking slower than commanded costs."""
        return 0.0 if self.command is None else SHORTFALL * max(0.0, 1.0 - speed / self.command)


NAMED: dict[str, tuple[dict[str, float], str]] = {
    "speed": ({"speed": 1.0}, "forward speed [m/s]"),
    "cost-of-transport": (
        {"cost_of_transport_positive": -1.0},
        "minus work / (weight × distance), at --command-speed",
    ),
    "straightness": ({"speed": 1.0, "drift_ratio": -1.0}, "speed, minus sideways drift per distance"),
    "smoothness": ({"speed": 1.0, "trunk_acceleration_rms": -0.05}, "speed, minus the trunk's acceleration [20 m/s²]"),
    "robustness": ({"speed": 1.0}, "the least speed of three walks: as it is, pushed, and on slippery ground"),
}
"""Objectives by name."""


def read_objective(text: str, command: float | None = None) -> Objective:
    """An objective from its name, or from `measure=weight,measure=weight`.

    Raises:
      UsageError: neither is known, or cost of transport is asked for without a commanded speed.
    """
    if "=" not in text:
        if text not in NAMED:
            raise UsageError(unknown_name("objective", text, NAMED) + " Or MEASURE=WEIGHT,…")
        if text == "cost-of-transport" and command is None:
            raise UsageError("--objective cost-of-transport needs --command-speed: standing still costs nothing.")
        return Objective(text, NAMED[text][0], command)
    weights: dict[str, float] = {}
    for part in text.split(","):
        measure, _, weight = (w.strip() for w in part.partition("="))
        try:
            weights[measure] = float(weight)
        except ValueError:
            raise UsageError(f"--objective {part.strip()}: a term is MEASURE=WEIGHT.") from None
    return Objective(text, weights, command)
