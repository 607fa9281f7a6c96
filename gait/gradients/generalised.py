"""Generalised advantage estimation in continuous time: a learned state value in place of what is yet to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gait.gradients.advantages import speed_elsewhere
from gait.gradients.episodes import Episodes, discounted_length

Array = NDArray[np.float64]


def generalised_advantages(
    episodes: Episodes, values: Array, final: Array, tau: float, trace: float
) -> tuple[Array, Array]:
    """How much better each decision was than the state's value (M,), and the returns (M,) to fit that value to.

    With v the average speed of the other trials, a stride of rate s that lasts h earns r = ∫ (s - v) exp(-t/τ) dt
    from 0 to h, so that equal speeds earn equally whatever their periods, and
        δ_k = r_k + exp(-h_k/τ) V_{k+1} - V_k,    A_k = δ_k + λ exp(-h_k/τ) A_{k+1}.
    A trial is bootstrapped by how it ended. If its time was up, or it was given up, the robot would have walked on:
    V is that of the state it ended in. If it fell, it stays where it is: V = -v τ. Where progress is a cost, below 0,
    lying there is no better than the trial was, on average u: V = (min(u, 0) - v) τ.

    J. Schulman, P. Moritz, S. Levine, M. Jordan and P. Abbeel, "High-dimensional continuous control using generalized
    advantage estimation", ICLR 2016.

    Args:
      episodes: what was walked.
      values: (M,) V of the state at each decision.
      final: (n,) V of the state in which each trial ended.
      tau: seconds after which progress counts 1/e, finite.
      trace: λ; 0 believes the value after one decision, 1 only at the end.
    """
    trial, place, n = episodes.trial, episodes.place, len(episodes.asked)
    v = speed_elsewhere(episodes, np.arange(n))
    fade = np.exp(-episodes.durations / tau)
    earned = (episodes.rewards / episodes.durations - v[trial]) * discounted_length(episodes.durations, tau)
    after = np.append(values[1:], 0.0)
    last = np.append(trial[1:] != trial[:-1], True) if len(trial) else np.zeros(0, bool)
    ends = np.where(episodes.fell, (_lying(episodes) - v) * tau, final)
    after[last] = ends[trial[last]]
    delta = earned + fade * after - values
    better = np.zeros(len(trial))
    running = np.zeros(n)
    for k in reversed(range(int(place.max(initial=-1)) + 1)):
        here = np.flatnonzero(place == k)
        running[trial[here]] = better[here] = delta[here] + trace * fade[here] * running[trial[here]]
    return better, better + values


def _lying(episodes: Episodes) -> Array:
    """Rate (n,) at which each trial goes on if it fell."""
    n = len(episodes.asked)
    progress = np.bincount(episodes.trial, episodes.rewards, minlength=n)
    seconds = np.bincount(episodes.trial, episodes.durations, minlength=n)
    return np.minimum(np.divide(progress, seconds, out=np.zeros(n), where=seconds > 0), 0.0)
