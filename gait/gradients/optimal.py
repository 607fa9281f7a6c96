"""Optimal baselines: for each component of the gradient, what leaves its estimate the least variance.

Peters and Schaal, "Reinforcement learning of motor skills with policy gradients", Neural Networks 21 (2008).
Shapes: n trials, M decisions, p components of the score.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.gradients.advantages import Returns, speed_elsewhere
from gait.gradients.episodes import Episodes, progress_to_go

Array = NDArray[np.float64]


def optimal_advantages(
    scores: Array, episodes: Episodes, tau: float = math.inf, returns: Returns = "reward-to-go"
) -> Array:
    """How much more progress (M, …) followed each decision than each component of its score (M, …) expects.

    Progress counts against the average speed of other trials, as in `advantages`. Every expectation is a mean
    over the other trials: one with the trial itself in it biases the gradient. By `returns`, Σ ∇log π_k A_k is
      "total"         Σ_k ∇log π_k (R - b),   b = E[G² R]/E[G²],               G = Σ_k ∇log π_k
      "reward-to-go"  Σ_k ∇log π_k (Q_k - b_k),   b_k = E[∇log π_k² Q_k]/E[∇log π_k²]
      "gpomdp"        Σ_t C_t (r_t - b_t),    b_t = E[C_t² r_t]/E[C_t²],       C_t = Σ_{k≤t} ∇log π_k
    In seconds, k is the decision under way at the same time in the other trial, and the sum over t an integral
    of C(t) (rate(t) - b(t)), where what was decided fades from C as exp(-s/τ). Takes (decisions × trials × p)
    numbers of memory.
    """
    flat = scores.reshape(len(scores), math.prod(scores.shape[1:]))
    n = len(episodes.asked)
    # more of the same trials can't be had: a single trial is compared with nothing
    speed = speed_elsewhere(episodes, np.arange(n)) if n > 1 else np.zeros(n)
    better = {"total": _of_trials, "reward-to-go": _to_go, "gpomdp": _of_rates}[returns]
    return better(flat, episodes, tau, speed).reshape(scores.shape)


def trial_sums(scores: Array, episodes: Episodes) -> Array:
    """G (n, p): the score of each trial, the sum of its decisions' scores (M, p)."""
    sums = np.zeros((len(episodes.asked), scores.shape[1]))
    np.add.at(sums, episodes.trial, scores)
    return sums


def _of_trials(scores: Array, episodes: Episodes, tau: float, speed: Array) -> Array:
    progress, seconds = progress_to_go(episodes, np.zeros(1), tau)
    lead = progress - speed * seconds  # (n, n): row j of column i is trial j against the speed without i
    weights = trial_sums(scores, episodes) ** 2
    others = _others(len(lead))
    baseline = _ratio((others * lead.T) @ weights, others @ weights, 0.0)
    better: Array = np.diagonal(lead)[:, None] - baseline
    return better[episodes.trial]


def _to_go(scores: Array, episodes: Episodes, tau: float, speed: Array) -> Array:
    trial, m = episodes.trial, np.arange(len(episodes.trial))
    progress, seconds = progress_to_go(episodes, episodes.starts, tau)
    lead = progress - speed[trial] * seconds
    times, again = np.unique(episodes.starts, return_inverse=True)
    meanwhile = _under_way(episodes, times)
    weights = np.where(meanwhile[:, :, None] >= 0, scores[meanwhile] ** 2, 0.0)[:, again]  # (n, M, p)
    weights[trial, m] = 0.0  # its own doesn't count
    baseline = _ratio(np.einsum("nm,nmp->mp", lead, weights), weights.sum(axis=0), 0.0)
    better: Array = lead[trial, m][:, None] - baseline
    return better


def _under_way(episodes: Episodes, times: Array) -> NDArray[np.int64]:
    """(n, m) the decision that is under way in each trial at each of `times` (m,); -1 after its last."""
    first = np.searchsorted(episodes.trial, np.arange(len(episodes.asked)))
    counts = np.bincount(episodes.trial, minlength=len(episodes.asked))
    found = np.full((len(first), len(times)), -1)
    for i, (begin, k) in enumerate(zip(first, counts, strict=True)):
        place = np.searchsorted(episodes.edges[i, 1 : k + 1], times, side="right")
        found[i] = np.where(place < k, begin + place, -1)
    return found


class _Piece(NamedTuple):
    """A time between two neighbouring edges of any trials: nobody decides within it."""

    begun: NDArray[np.int64]
    """Decisions that are made as it begins."""
    rate: Array
    """(n,) of each trial's progress."""
    walking: NDArray[np.bool_]
    """(n,) whether the trial goes on, be it lying where it fell."""
    seconds: float
    """Its length, discounted within itself."""
    decay: float
    """What is left at its end of a decision's weight."""


def _of_rates(scores: Array, episodes: Episodes, tau: float, speed: Array) -> Array:
    pieces, others = _pieces(episodes, tau), _others(len(speed))
    trace = np.zeros((len(speed), scores.shape[1]))  # C, on the way forward; then what is still to come
    leads = []
    for piece in pieces:
        who = episodes.trial[piece.begun]
        trace[who] += scores[piece.begun]
        weights = piece.walking[:, None] * trace**2
        # all traces fade alike within a piece, which cancels: the baseline is constant there
        baseline = _ratio(others @ (weights * piece.rate[:, None]), others @ weights, speed[:, None])
        leads.append(piece.walking[:, None] * (piece.rate[:, None] - baseline) * piece.seconds)
        trace *= piece.decay
    better, value = np.zeros_like(scores), np.zeros_like(trace)
    for piece, lead in zip(reversed(pieces), reversed(leads), strict=True):
        value = lead + piece.decay * value
        better[piece.begun] = value[episodes.trial[piece.begun]]
    return better


def _pieces(episodes: Episodes, tau: float) -> list[_Piece]:
    edges = np.unique(episodes.edges)
    begins, lengths = edges[:-1], np.diff(edges)
    rates = np.zeros((len(episodes.asked), episodes.edges.shape[1]))
    rates[episodes.trial, episodes.place] = episodes.rewards / episodes.durations
    now = np.array([np.searchsorted(row, begins, side="right") for row in episodes.edges[:, 1:]], dtype=np.int64)
    rate = np.take_along_axis(rates, now.reshape(len(rates), -1), axis=1)
    walking = begins < episodes.edges[:, -1:]
    order = np.argsort(episodes.starts, kind="stable")
    begun = np.split(order, np.searchsorted(episodes.starts[order], begins[1:]))
    seconds = lengths if math.isinf(tau) else -tau * np.expm1(-lengths / tau)
    return [
        _Piece(begun[k], rate[:, k], walking[:, k], float(seconds[k]), math.exp(-lengths[k] / tau))
        for k in range(len(begins))
    ]


def _others(n: int) -> Array:
    """(n, n) 1, but 0 for oneself: sums over others without the rounding of a difference."""
    return 1.0 - np.eye(n)


def _ratio(above: Array, below: Array, otherwise: float | Array) -> Array:
    """above / below, and `otherwise` where there is nothing below."""
    ratio: Array = np.where(below > 0, above / np.where(below > 0, below, 1.0), otherwise)
    return ratio
