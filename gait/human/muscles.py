"""Muscles: Geyer & Herr's seven a leg, each a contractile element in series with a compliant tendon.

Geyer & Herr, IEEE TNSRE 18:263 (2010); Geyer, Seyfarth & Blickhan, Proc. R. Soc. B 270:2173 (2003). Their pennation
factor ρ shortens what a muscle-tendon unit moves but not the moment arm its force acts on, so that force times unit
velocity is ρ times the joint's power, and energy is lost. Here fibre and tendon lengths are divided by ρ instead:
relative lengths, velocities and forces are theirs, and work is conserved. Muscle mass follows from the literature's
fibre lengths.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled
from gait.human.body import Stature
from gait.human.metabolics import muscle_mass

Array = NDArray[np.float64]

MUSCLES = ("SOL", "TA", "GAS", "VAS", "HAM", "GLU", "HFL")
"""Soleus, tibialis anterior, gastrocnemius, vasti, hamstrings, glutei, hip flexors."""
SOL, TA, GAS, VAS, HAM, GLU, HFL = range(7)
HIP, KNEE, ANKLE = range(3)

#                    F_max  l_opt  v_max   l_slack  ρ    slow fibres
TABLE = {
    "SOL": (4000.0, 0.04, 6.0, 0.26, 0.5, 0.80),
    "TA": (800.0, 0.06, 12.0, 0.24, 0.7, 0.70),
    "GAS": (1500.0, 0.05, 12.0, 0.40, 0.7, 0.54),
    "VAS": (6000.0, 0.08, 12.0, 0.23, 0.7, 0.50),
    "HAM": (3000.0, 0.10, 12.0, 0.31, 0.7, 0.44),
    "GLU": (1500.0, 0.11, 12.0, 0.13, 0.5, 0.55),
    "HFL": (2000.0, 0.11, 12.0, 0.10, 0.5, 0.50),
}
"""[N], [m], [l_opt/s], [m], –, –; the first five Geyer & Herr's."""

ATTACHMENTS = (
    # muscle, joint, does it lengthen as the joint's angle grows, arm [m], angle of the largest arm or None if the arm
    # is constant, reference angle [deg]
    (SOL, ANKLE, -1.0, 0.05, 110.0, 80.0),
    (TA, ANKLE, 1.0, 0.04, 80.0, 110.0),
    (GAS, ANKLE, -1.0, 0.05, 110.0, 80.0),
    (GAS, KNEE, 1.0, 0.05, 140.0, 165.0),
    (VAS, KNEE, -1.0, 0.06, 165.0, 125.0),
    (HAM, KNEE, 1.0, 0.05, 180.0, 180.0),
    (HAM, HIP, -1.0, 0.08, None, 155.0),
    (GLU, HIP, -1.0, 0.10, None, 150.0),
    (HFL, HIP, 1.0, 0.10, None, 180.0),
)
NEUTRAL = np.radians([180.0, 180.0, 90.0])
"""Geyer & Herr's angle of hip, knee and ankle at zero of ours; ours (flexion, dorsiflexion) count the other way."""

WIDTH = 0.56
"""w: half width of the force–length curve [l_opt]."""
LN_EDGE = math.log(0.05)
"""c: the curve's logarithm at that width."""
ECCENTRIC = 1.5
"""N: force at fast lengthening over isometric force."""
CURVATURE = 5.0
"""K: of the force–velocity hyperbola."""
TENDON_STRAIN = 0.04
"""ε_ref: tendon strain at F_max."""
ACTIVATION = 0.01
"""τ_act: excitation–contraction coupling [s]."""
LEAST = 0.01
"""Smallest stimulation."""
SLOWER = 0.4
"""Maximal velocity of slow-twitch fibres over that of fast ones (Umberger, Gerritsen & Martin 2003)."""


class Anatomy(NamedTuple):
    """A leg's muscles for compiled code; the effective lengths are the literature's divided by ρ."""

    f_max: Array
    """(7,) [N]"""
    l_opt: Array
    """(7,) effective optimal fibre length [m]"""
    l_slack: Array
    """(7,) effective tendon slack length [m]"""
    v_max: Array
    """(7,) [l_opt/s]"""
    mass: Array
    """(7,) [kg]"""
    slow: Array
    """(7,) share of slow-twitch fibres"""
    wires: NDArray[np.int64]
    """(9, 2) muscle and joint of each attachment"""
    arms: Array
    """(9, 4) signed arm [m], angle of the largest arm [rad], offset of the length [m], 1 if the arm is constant"""
    rest: Array
    """(7,) length of the unit at its reference angles [m]"""
    tendon: float
    """tendon stiffness over Geyer & Herr's"""


def make_anatomy(stature: Stature, strength: float = 1.0, tendon: float = 1.0, slow_more: float = 0.0) -> Anatomy:
    """Muscles of a person: forces scale with mass (and strength), lengths and arms with height.

    `tendon` is the tendons' stiffness over Geyer & Herr's: their force at a strain. `slow_more` is added to each
    muscle's share of slow fibres, which contract `SLOWER` times as fast as fast ones: the maximal velocity follows.
    """
    table = np.array([TABLE[name] for name in MUSCLES])
    f_max, l_opt, v_max, l_slack, rho, slow = table.T
    f_max, long = f_max * stature.weight_scale * strength, stature.length_scale
    usual, slow = slow, np.clip(slow + slow_more, 0.0, 1.0)
    v_max = v_max * ((1.0 - (1.0 - SLOWER) * slow) / (1.0 - (1.0 - SLOWER) * usual))  # the usual mix: exactly as given
    arms = np.zeros((len(ATTACHMENTS), 4))
    for k, (_, _, sign, arm, largest, reference) in enumerate(ATTACHMENTS):
        r = sign * arm * long
        if largest is None:
            arms[k] = r, 0.0, r * math.radians(reference), 1.0
        else:
            arms[k] = r, math.radians(largest), r * math.sin(math.radians(reference - largest)), 0.0
    return Anatomy(
        f_max=f_max.copy(), l_opt=l_opt / rho * long, l_slack=l_slack / rho * long, v_max=v_max,
        mass=muscle_mass(f_max, l_opt * long), slow=slow,
        wires=np.array([(m, j) for m, j, *_ in ATTACHMENTS]), arms=arms, rest=(l_opt + l_slack) / rho * long,
        tendon=tendon,
    )  # fmt: skip


@compiled
def lengths_and_arms(anatomy: Anatomy, hip: float, knee: float, ankle: float, length: Array, arm: Array) -> None:
    """Length (7,) [m] of each unit, and torque a newton (7, 3) [N·m/N] on hip, knee and ankle (ours), written in place.

    The torque a newton on a joint is minus the derivative of the unit's length by that joint's angle.
    """
    length[:] = anatomy.rest
    arm[:] = 0.0
    for k in range(len(anatomy.wires)):
        m, j = anatomy.wires[k]
        q = hip if j == 0 else knee if j == 1 else ankle
        phi = NEUTRAL[j] - q
        r, largest, offset, constant = anatomy.arms[k]
        if constant > 0.0:
            length[m] += r * phi - offset
            arm[m, j] = r
        else:
            length[m] += r * math.sin(phi - largest) - offset
            arm[m, j] = r * math.cos(phi - largest)


@compiled
def force_length(x: float) -> float:
    """f_l of the fibre's relative length."""
    return math.exp(LN_EDGE * abs((x - 1.0) / WIDTH) ** 3)


@compiled
def tendon_force(stretch: float) -> float:
    """Tendon force over F_max at a strain: quadratic, nothing when slack."""
    return (stretch / TENDON_STRAIN) ** 2 if stretch > 0.0 else 0.0


@compiled
def parallel_force(x: float) -> float:
    """Parallel elasticity over F_max at a relative fibre length (before f_v acts on it)."""
    return ((x - 1.0) / WIDTH) ** 2 if x > 1.0 else 0.0


@compiled
def buffer_force(x: float) -> float:
    """Buffer elasticity over F_max: keeps the fibre from collapsing, pushes."""
    short = x - (1.0 - WIDTH)
    return (short / (0.5 * WIDTH)) ** 2 if short < 0.0 else 0.0


@compiled
def velocity_of(f_v: float, v_max: float) -> float:
    """Fibre velocity [l_opt/s] at a force–velocity factor: Hill's hyperbola and its eccentric branch, inverted."""
    if f_v < 1.0:
        v = -v_max * (1.0 - f_v) / (1.0 + CURVATURE * f_v)
    else:
        v = v_max * (f_v - 1.0) / (7.56 * CURVATURE * (ECCENTRIC - f_v) + ECCENTRIC - 1.0)
    return min(max(v, -v_max), v_max)


@compiled
def force_velocity(v: float, v_max: float) -> float:
    """f_v of a fibre velocity [l_opt/s]; the inverse of `velocity_of`."""
    s = v / v_max
    if s <= 0.0:
        return (1.0 + s) / (1.0 - CURVATURE * s)
    return ECCENTRIC + (ECCENTRIC - 1.0) * (s - 1.0) / (7.56 * CURVATURE * s + 1.0)


@compiled
def balance(a: float, x: float, pull: float) -> float:
    """f_v that lets the fibre bear the tendon's `pull` [F_max], within [0, N]."""
    f_v = (pull + buffer_force(x)) / (a * force_length(x) + parallel_force(x))
    return min(max(f_v, 0.0), ECCENTRIC)
