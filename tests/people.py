"""People for tests of the human: one who walks and is none of the shipped participants, so that those can be tuned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.human.body import Stature
from gait.human.crowd import Crowd
from gait.human.participants import Participant
from gait.human.state import State

Array = NDArray[np.float64]

GAINS = {
    "GSOL": 0.6884, "GGAS": 0.6772, "GVAS": 1.3476, "GTA": 1.3764, "loTA": 0.5075, "GSOLTA": 0.0472, "kphi": 1.6473,
    "kfoff": 0.1623, "kbw": 0.8282, "kpHAM": 2.3923, "kpGLU": 1.2641, "kpHFL": 1.8705, "kdth": 0.2074,
    "thref": 0.1908, "dS": 0.4578, "GHFL": 0.1112, "loHFL": 0.7647, "GHAMHFL": 3.6988, "loHAM": 0.9379,
    "klean": 2.8349, "GHAM": 0.5958, "GGLU": 0.2552, "s0VAS": 0.1177, "s0SOL": 0.0995, "s0GAS": 0.0936,
    "s0HIP": 0.0192, "s0TAsw": 0.0641, "kst": 0.2372, "kftst": 0.2661, "kphsw": 0.6823, "kdhsw": 0.0164,
    "hsw": 0.4811, "cv": 0.0988, "kfsw": 0.3238, "s0VASsw": 0.0268, "s0HFLsw": 0.0761, "cI1": 0.0152, "cI2": -0.0077,
    "cI3": 0.177, "cI4": -0.1598, "cJ1": 0.0064, "cJ3": 0.0766, "cJ4": 0.0002, "cD1": 0.1217, "cD2": 0.3525,
    "cD3": 0.1965, "cS1": 0.0, "cS2": 0.0, "cS3": 0.0, "cS4": 0.0, "wTA": 0.2965,
}  # fmt: skip
POSTURE = {
    "i_th": 0.1383, "i_vx": 1.5893, "i_hs": 0.2181, "i_ks": 0.0927, "i_as": 0.0261, "i_hw": 0.7211, "i_kw": 0.0513,
    "i_aw": 0.0578, "i_aVAS": 0.1166, "i_aSOL": 0.0895, "i_aHFL": 0.4294, "i_aGLU": 0.0487,
}  # fmt: skip

OFF = np.array([0.0, 52.9, 26.2, 9.8])
"""No torque."""
LAW = np.array([0.4, 50.0, 25.0, 10.0])
"""A law with which this person walks well."""
QUIET = (0.0, 0.0)
"""Sensors without errors."""
ONE = np.array([0])
LONGEST = 40.0
"""Seconds that a crowd's trials may last."""


def person(
    name: str = "walker", *, mass: float = 80.0, height: float = 1.8, strength: float = 1.0, **changes: float
) -> Participant:
    """Who walks; `changes` are gains or posture entries by name."""
    gains = {k: changes.get(k, v) for k, v in GAINS.items()}
    posture = {k: changes.get(k, v) for k, v in POSTURE.items()}
    return Participant(name, Stature(mass, height), gains, posture, strength)


def crowd(n: int = 1, *, sensor: tuple[float, float] = QUIET, **options: Any) -> Crowd:
    """n worlds of that person, with sensors that don't err."""
    return Crowd([person()] * n, LONGEST, sensor=sensor, **options)


def walk(c: Crowd, i: int, law: Array, seconds: float, key: int = 1, **options: Any) -> dict[str, NDArray[Any]]:
    """World i through a trial, and the state at its end."""
    c.begin(i, law, seconds, key, **options)
    c.walk(np.array([i]), int(c.sums.last[i]))
    return c.end(i)


def same(a: Mapping[str, NDArray[Any]], b: Mapping[str, NDArray[Any]], *, but: tuple[str, ...] = ()) -> bool:
    """Whether two states are the same to the bit, but for these fields."""
    return all(np.array_equal(a[k], b[k], equal_nan=True) for k in State._fields if k not in but)
