"""Metabolic power of a muscle by three models, compiled scalars for the simulation's loop.

Bhargava et al. (J Biomech 2004) as in OpenSim's probe, Umberger (J R Soc Interface 2010) with the recruitment of
Uchida et al. (PLoS ONE 2016), Minetti & Alexander (J Theor Biol 1997). Each is the power of one muscle [W]; a person's
is `BASAL` × body mass plus the sum over the muscles.

Fibre velocity is positive when the fibre lengthens; excitation `u` and activation `a` are in [0, 1]; forces are
positive in tension. Nothing is checked here: masses, lengths and v_max must be positive.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gait.compiled import compiled

SPECIFIC_TENSION = 0.25e6
"""Greatest isometric force over a muscle's cross-section [Pa]."""
DENSITY = 1059.7
"""Of muscle [kg/m³]."""
BASAL = 1.2
"""Power of the body apart from its muscles, standing [W/kg of body mass] (Umberger 2003)."""
HEAT_FLOOR = 1.0
"""Least heat of a muscle [W/kg of muscle] (Umberger 2003)."""
AEROBIC = 1.5
"""Umberger's S: heat rates are so many times as high when muscles work aerobically (1 when anaerobically)."""
SLOW_LIMIT = 100.0
"""Greatest shortening heat of slow fibres [W/kg] (Umberger 2003)."""

FloatOrArray = TypeVar("FloatOrArray", float, NDArray[np.float64])


def muscle_mass(f_max: FloatOrArray, l_opt: FloatOrArray) -> FloatOrArray:
    """Mass [kg] of muscles of greatest isometric force `f_max` [N] and optimal fibre length `l_opt` [m], any shape.

    `l_opt` is the literature's: a model that folds the tendon into its fibre has far too much muscle by this.
    """
    return f_max / SPECIFIC_TENSION * DENSITY * l_opt


@compiled
def _recruited(u: float, slow: float) -> tuple[float, float]:
    """Excitation (slow, fast) of the two kinds of fibre: slow ones come first (Bhargava 2004, Uchida 2016)."""
    angle = 0.5 * math.pi * u
    return slow * math.sin(angle), (1.0 - slow) * (1.0 - math.cos(angle))


@compiled
def _total(heat: float, work: float, mass: float) -> float:
    """Heat plus work [W] after the two clamps, in OpenSim's order.

    First, heat + work < 0 raises the heat (OpenSim: its shortening part) until the sum is 0: a stretched muscle
    doesn't make fuel. Then, heat below the floor is raised to it, and with it the sum. Both only raise the heat, so
    that the sum stays ≥ 0 and the order doesn't matter: heat = max(heat, −work, floor).
    """
    return max(heat, -work, HEAT_FLOOR * mass) + work


@compiled
def bhargava(
    u: float,
    a: float,
    l: float,  # noqa: E741
    v: float,
    f_active: float,
    f_total: float,
    mass: float,
    slow: float,
) -> float:
    """Power of a muscle [W] after Bhargava et al. (2004), with the defaults of OpenSim's probe.

    Args:
      u: excitation.
      a: activation; only the force-dependent option of the paper needs it, which OpenSim leaves off by default.
      l: fibre length over its optimum.
      v: fibre velocity [m/s], lengthening positive.
      f_active: force of the contractile element [N].
      f_total: active plus passive force of the fibre [N].
      mass: of the muscle [kg].
      slow: fraction of slow-twitch fibres.
    """
    u_slow, u_fast = _recruited(u, slow)
    if l <= 0.5:
        length = 0.5
    elif l <= 1.0:
        length = l
    else:
        length = max(0.0, 3.0 - 2.0 * l)
    activation = mass * (40.0 * u_slow + 133.0 * u_fast)
    maintenance = mass * length * (74.0 * u_slow + 111.0 * u_fast)
    shortening = 0.25 * f_total * max(0.0, -v)  # α = 0.25 F_total, 0 for lengthening
    return _total(activation + maintenance + shortening, -f_active * v, mass)


@compiled
def umberger(
    u: float,
    a: float,
    l: float,  # noqa: E741
    v_rel: float,
    f_l: float,
    f_active: float,
    v: float,
    mass: float,
    slow: float,
    v_max: float,
) -> float:
    """Power of a muscle [W] after Umberger (2010), slow fibres recruited first (Uchida et al. 2016).

    Args:
      u: excitation.
      a: activation.
      l: fibre length over its optimum.
      v_rel: fibre velocity over its optimal length [1/s], lengthening positive.
      f_l: active force-length factor at `l`, 1 at the optimum.
      f_active: force of the contractile element [N].
      v: fibre velocity [m/s], lengthening positive.
      mass: of the muscle [kg].
      slow: fraction of slow-twitch fibres.
      v_max: greatest shortening velocity of its fast fibres [optimal lengths/s]; slow ones reach v_max/2.5.
    """
    drive = u if u > a else 0.5 * (u + a)
    u_slow, u_fast = _recruited(u, slow)
    recruited = u_slow + u_fast
    r = u_slow / recruited if recruited > 0.0 else 1.0  # the limit for u → 0: the first fibres are slow
    long = f_l if l > 1.0 else 1.0  # past the optimum fewer bridges cycle
    # activation and maintenance; 0.4 of it doesn't depend on bridges
    power: float = drive**0.6
    steady = power * (0.4 + 0.6 * long) * (128.0 * (1.0 - r) + 25.0)
    alpha_slow, alpha_fast = 250.0 / v_max, 153.0 / v_max
    if v_rel <= 0.0:
        rate = min(-alpha_slow * v_rel, SLOW_LIMIT) * r - alpha_fast * v_rel * (1.0 - r)
        moving = drive * drive * rate * long
    else:
        moving = drive * 4.0 * alpha_slow * v_rel * long
    return _total(mass * AEROBIC * (steady + moving), -f_active * v, mass)


@compiled
def minetti(a: float, v_rel: float, f_max: float, l_opt: float, v_max: float) -> float:
    """Power of a muscle [W] after Minetti & Alexander (1997): a F_max v_max Φ(x), x the shortening velocity / v_max.

    Φ has numerator and denominator positive on [−1, 1], to which x is clipped. The denominator is ≥ 1 for x ≤ 0, where
    all its terms are positive, and ≥ 0.97 for 0 ≤ x ≤ 1; it vanishes near x = 7.7 only, which the clip keeps away. The
    numerator has no real root. Φ is thus positive: 0.054 at x = 0, least (0.022) at x = −0.12 and 0.12 at x = −1, so
    that slow lengthening costs less than holding. With Hill's force the efficiency is highest at x = 0.09, not 0.2–0.3.

    Args:
      a: activation.
      v_rel: fibre velocity over its optimal length [1/s], lengthening positive.
      f_max: greatest isometric force [N].
      l_opt: optimal fibre length [m].
      v_max: greatest shortening velocity [optimal lengths/s].
    """
    x = min(1.0, max(-1.0, -v_rel / v_max))
    phi = (0.054 + x * (0.506 + x * 2.46)) / (1.0 + x * (-1.13 + x * (12.8 - x * 1.64)))
    return a * f_max * v_max * l_opt * phi
