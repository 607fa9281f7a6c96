"""Durations as people write and read them: 90s, 20min, 3h."""

from __future__ import annotations

import math
import re

from gait.errors import UsageError

UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def parse_duration(value: str | float) -> float:
    """Seconds in a duration such as `90s`, `20min` or `1.5h`; a number is seconds already.

    Raises:
      UsageError: it can't be read, or is not above 0.
    """
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*(s|min|h)\s*", value)
        if not match:
            raise UsageError(f"{value!r} is not a duration above 0; write it as 90s, 20min or 3h.")
        seconds = float(match[1]) * UNITS[match[2]]
    else:
        seconds = float(value)
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"{value!r} is not a duration above 0; write it as 90s, 20min or 3h.")
    return seconds


def show_duration(seconds: float) -> str:
    """A duration to read: `45 s`, `12 min`, `1 h 52 min`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
