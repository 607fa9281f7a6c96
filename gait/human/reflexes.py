"""Reflexes: what makes the human walk (Geyer & Herr, IEEE TNSRE 18:263, 2010), and what keeps it on the belt.

Each muscle is stimulated by what sensors felt a little earlier: tendon forces, fibre lengths, joint angles, loads and
the trunk's lean, through delays of 20 ms (ankle), 10 ms (knee) and 5 ms (hip, trunk, load). Beyond Geyer & Herr:

* a proportional stance-knee reflex (`kst`) and a swing-knee brake (`kfsw`);
* a swing-hip reflex towards a target thigh angle that depends on speed (`kphsw`, `hsw`, `cv`), in Raibert's manner;
* station keeping: a person on a treadmill sees where on the belt it is. Its distance `I` [m] behind the middle, the
  leaky integral `J` [m·s] of that, the speed's error `D` [m/s] and the belt's speed shift the lean, the push-off, the
  hip's double-support bias and the swing target. Since the drift is bounded by the belt, the mean speed is the belt's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.human.muscles import GAS, GLU, HAM, HFL, LEAST, SOL, TA, VAS

Array = NDArray[np.float64]


class Gain(NamedTuple):
    """One gain: where published values put it, and within what it is searched."""

    name: str
    default: float
    low: float
    high: float
    about: str


GAINS = (
    Gain("GSOL", 1.2, 0.0, 4.0, "soleus, own force, stance"),
    Gain("GGAS", 1.1, 0.0, 4.0, "gastrocnemius, own force, stance"),
    Gain("GVAS", 1.15, 0.0, 4.0, "vasti, own force, stance"),
    Gain("GTA", 1.1, 0.0, 5.0, "tibialis anterior, own length"),
    Gain("loTA", 0.71, 0.4, 1.1, "its length threshold [l_opt]"),
    Gain("GSOLTA", 0.3, 0.0, 2.0, "soleus force inhibits tibialis, stance"),
    Gain("kphi", 2.0, 0.0, 10.0, "knee near extension inhibits vasti [1/rad]"),
    Gain("kfoff", 0.1745, 0.0, 0.524, "from this knee flexion on [rad]"),
    Gain("kbw", 1.2, 0.0, 4.0, "other leg's load inhibits the trailing leg's vasti"),
    Gain("kpHAM", 1.9, 0.0, 8.0, "lean excites hamstrings, stance [1/rad]"),
    Gain("kpGLU", 1.3, 0.0, 8.0, "lean excites glutei, stance [1/rad]"),
    Gain("kpHFL", 1.9, 0.0, 8.0, "backward lean excites hip flexors, stance [1/rad]"),
    Gain("kdth", 0.25, 0.0, 1.5, "lean rate, all three [s/rad]"),
    Gain("thref", 0.1047, -0.087, 0.349, "reference lean [rad]"),
    Gain("dS", 0.25, 0.0, 1.0, "double support: flexors up, glutei down, trailing leg"),
    Gain("GHFL", 0.35, 0.0, 4.0, "hip flexors, own length, swing"),
    Gain("loHFL", 0.6, 0.3, 1.1, "its length threshold [l_opt]"),
    Gain("GHAMHFL", 4.0, 0.0, 12.0, "hamstring stretch inhibits hip flexors, swing"),
    Gain("loHAM", 0.85, 0.6, 1.3, "its length threshold [l_opt]"),
    Gain("klean", 1.15, -2.0, 5.0, "lean at take-off excites hip flexors, swing [1/rad]"),
    Gain("GHAM", 0.65, 0.0, 3.0, "hamstrings, own force, swing"),
    Gain("GGLU", 0.4, 0.0, 3.0, "glutei, own force, swing"),
    Gain("s0VAS", 0.09, 0.01, 0.5, "prestimulation of vasti, stance"),
    Gain("s0SOL", 0.01, 0.01, 0.3, "of soleus"),
    Gain("s0GAS", 0.01, 0.01, 0.3, "of gastrocnemius"),
    Gain("s0HIP", 0.05, 0.01, 0.3, "of the hip's muscles"),
    Gain("s0TAsw", 0.01, 0.01, 0.3, "of tibialis anterior"),
    Gain("kst", 0.0, 0.0, 4.0, "stance knee flexion excites vasti [1/rad]"),
    Gain("kftst", 0.2618, 0.0, 0.698, "from this flexion on [rad]"),
    Gain("kphsw", 0.0, 0.0, 4.0, "swing thigh towards its target [1/rad]"),
    Gain("kdhsw", 0.0, 0.0, 0.5, "damping of that [s/rad]"),
    Gain("hsw", 0.5236, 0.0, 1.047, "target of the swing thigh, forward of vertical [rad]"),
    Gain("cv", 0.0, -0.3, 0.6, "target's shift by speed error [rad·s/m]"),
    Gain("kfsw", 0.0, 0.0, 3.0, "swing knee flexion beyond 65° excites vasti [1/rad]"),
    Gain("s0VASsw", 0.01, 0.01, 0.3, "prestimulation of vasti, swing"),
    Gain("s0HFLsw", 0.01, 0.01, 0.5, "prestimulation of hip flexors, swing"),
    Gain("cI1", 0.0, -0.5, 0.5, "position on the belt shifts the reference lean [rad/m]"),
    Gain("cI2", 0.0, -0.6, 0.6, "… the double-support bias [1/m]"),
    Gain("cI3", 0.0, -0.95, 2.0, "… the push-off gains [1/m]"),
    Gain("cI4", 0.0, -0.5, 0.5, "… the swing target [rad/m]"),
    Gain("cJ1", 0.0, -0.1, 0.1, "its integral shifts the reference lean [rad/(m·s)]"),
    Gain("cJ3", 0.0, -0.3, 0.3, "… the push-off gains [1/(m·s)]"),
    Gain("cJ4", 0.0, -0.1, 0.1, "… the swing target [rad/(m·s)]"),
    Gain("cD1", 0.0, -0.5, 0.5, "slow speed error shifts the reference lean [rad·s/m]"),
    Gain("cD2", 0.0, -1.0, 1.0, "… the double-support bias [s/m]"),
    Gain("cD3", 0.0, -2.0, 2.0, "… the push-off gains [s/m]"),
    Gain("cS1", 0.0, -0.5, 0.5, "belt speed beyond 1.25 m/s shifts the reference lean [rad·s/m]"),
    Gain("cS2", 0.0, -1.0, 1.0, "… the double-support bias [s/m]"),
    Gain("cS3", 0.0, -2.0, 2.0, "… the push-off gains [s/m]"),
    Gain("cS4", 0.0, -0.6, 0.6, "… the swing target [rad·s/m]"),
    Gain("wTA", 0.0, 0.0, 2.0, "heel-only load excites tibialis (lowers the foot)"),
)
NAMES = tuple(g.name for g in GAINS)
(
    GSOL, GGAS, GVAS, GTA, LOTA, GSOLTA, KPHI, KFOFF, KBW, KPHAM, KPGLU, KPHFL, KDTH, THREF, DS, GHFL, LOHFL, GHAMHFL,
    LOHAM, KLEAN, GHAM, GGLU, S0VAS, S0SOL, S0GAS, S0HIP, S0TA, KST, KFTST, KPHSW, KDHSW, HSW, CV, KFSW, S0VASSW,
    S0HFLSW, CI1, CI2, CI3, CI4, CJ1, CJ3, CJ4, CD1, CD2, CD3, CS1, CS2, CS3, CS4, WTA,
) = range(len(NAMES))  # fmt: skip

# what a leg's nerves report; LEG signals a leg, then the trunk's
(
    F_SOL,
    L_TA,
    F_GAS,
    F_VAS,
    KNEE_FLEXION,
    KNEE_RATE,
    F_HAM,
    L_HAM,
    F_GLU,
    L_HFL,
    LOAD,
    CONTACT,
    HEEL,
    THIGH,
    THIGH_RATE,
) = range(15)
LEG = 15
LEAN, LEAN_RATE, SPEED = 2 * LEG, 2 * LEG + 1, 2 * LEG + 2
SIGNALS = 2 * LEG + 3

_BY_LEG = (0.020, 0.020, 0.020, 0.010, 0.010, 0.010, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005, 0.005)
DELAYS = np.array([*_BY_LEG, *_BY_LEG, 0.005, 0.005, 0.005])
"""(SIGNALS,) [s] Geyer & Herr: 20 ms ankle, 10 ms knee, 5 ms hip, trunk and load."""

SWING_KNEE = 1.1345
"""65°: where the swing-knee brake sets in [rad]."""


def delay_steps(timestep: float) -> NDArray[np.int64]:
    """(SIGNALS,) delays in physics steps of so many seconds; a delay is at least one step."""
    return np.maximum(1, np.round(DELAYS / timestep)).astype(np.int64)


@compiled
def recall(ring: Array, age: int, delays: NDArray[np.int64], felt: Array) -> None:
    """What was reported `delays` steps before step `age`; `ring` (L, SIGNALS) holds step k in row k mod L."""
    rows = len(ring)
    row = age % rows
    for c in range(len(delays)):
        k = row - delays[c]
        felt[c] = ring[k + rows if k < 0 else k, c]


@compiled
def _over(x: float) -> float:
    return max(x, 0.0)


@compiled
def stance(
    g: Array, felt: Array, own: int, other: int, trailing: bool, lean: float, push: float, bias: float, stim: Array
) -> None:
    """Stimulation (7,) of a stance leg whose signals begin at `own` in `felt`.

    `lean` [rad] is the trunk's beyond its reference, `push` scales the push-off, `bias` is the double-support bias ΔS.
    """
    load, across = min(felt[own + LOAD], 1.0), min(felt[other + LOAD], 1.0)
    rate = g[KDTH] * felt[LEAN_RATE]
    flexion = felt[own + KNEE_FLEXION]
    double = 1.0 if trailing else 0.0
    stim[SOL] = g[S0SOL] + push * g[GSOL] * felt[own + F_SOL]
    stim[GAS] = g[S0GAS] + push * g[GGAS] * felt[own + F_GAS]
    stim[TA] = g[S0TA] + g[GTA] * _over(felt[own + L_TA] - g[LOTA]) - g[GSOLTA] * felt[own + F_SOL]
    stim[TA] += g[WTA] * felt[own + HEEL]
    stim[VAS] = g[S0VAS] + g[GVAS] * felt[own + F_VAS] + g[KST] * _over(flexion - g[KFTST])
    stim[VAS] -= g[KBW] * across * double
    if flexion < g[KFOFF] and felt[own + KNEE_RATE] < 0.0:
        stim[VAS] -= g[KPHI] * (g[KFOFF] - flexion)
    stim[HAM] = g[S0HIP] + load * _over(g[KPHAM] * lean + rate)
    stim[GLU] = g[S0HIP] + load * _over(g[KPGLU] * lean + rate) - bias * double
    stim[HFL] = g[S0HIP] + load * _over(-g[KPHFL] * lean - rate) + bias * double


@compiled
def swing(g: Array, felt: Array, own: int, takeoff: float, target: float, stim: Array) -> None:
    """Stimulation (7,) of a swing leg; `takeoff` is the lean when it left the ground, `target` that of the thigh."""
    steer = g[KPHSW] * (target - felt[own + THIGH]) - g[KDHSW] * felt[own + THIGH_RATE]
    stim[SOL] = stim[GAS] = LEAST
    stim[TA] = g[S0TA] + g[GTA] * _over(felt[own + L_TA] - g[LOTA])
    stim[VAS] = g[S0VASSW] + g[KFSW] * _over(felt[own + KNEE_FLEXION] - SWING_KNEE)
    stim[HAM] = LEAST + g[GHAM] * felt[own + F_HAM]
    stim[GLU] = LEAST + g[GGLU] * felt[own + F_GLU] + _over(-steer)
    stim[HFL] = g[S0HFLSW] + g[GHFL] * _over(felt[own + L_HFL] - g[LOHFL]) + _over(steer)
    stim[HFL] += g[KLEAN] * (takeoff - g[THREF]) - g[GHAMHFL] * _over(felt[own + L_HAM] - g[LOHAM])
