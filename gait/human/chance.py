"""Chance inside compiled loops: a counter-based generator whose state is two integers, so that it can be stored."""

from __future__ import annotations

import math

import numpy as np

from gait.compiled import compiled

_GOLDEN, _A, _B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@compiled
def uniform(key: np.uint64, count: np.uint64) -> float:
    """Draw `count` of the stream `key`, in (0, 1): SplitMix64 (Steele, Lea & Flood, OOPSLA 2014)."""
    z = key + (count + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> _30)) * _A
    z = (z ^ (z >> _27)) * _B
    z = z ^ (z >> _31)
    return (float(z >> _12) + 0.5) * 2.0**-52  # 52 bits: half more is still exact, so that 1 is never drawn


@compiled
def normal_pair(key: np.uint64, count: np.uint64) -> tuple[float, float]:
    """Two independent standard normal draws from draws `count` and `count` + 1 of the stream (Box & Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(uniform(key, count)))
    angle = 2.0 * math.pi * uniform(key, count + np.uint64(1))
    return radius * math.cos(angle), radius * math.sin(angle)
