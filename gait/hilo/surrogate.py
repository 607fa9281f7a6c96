"""Surrogate: people's landscapes as smooth functions, on which an optimizer's settings are tried out in seconds.

A law's rate is interpolated among the laws that a person truly walked with (thin plates); the chance to fall is a
logistic regression on all people's laws, quadratic in the law, as one person's falls are too few. Walks of a landscape
are afresh; in a study a person walks on from law to law, and falls more often: `hazard` times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RBFInterpolator
from scipy.optimize import minimize
from scipy.special import expit

from gait.compare.kept import Kept
from gait.controllers.torque_profile import SPACE
from gait.errors import UsageError
from gait.hilo.chase import Chase
from gait.hilo.truth import SECONDS
from gait.optimizers import find_optimizer
from gait.policy import Constant
from gait.task import Problem
from gait.tasks.exoskeleton import FALLEN, STANDING
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]
SMOOTHING = 1e-4
"""Of the thin plates: walks of 6 min repeat within 0.2 %."""
HAZARD = 1.8
"""Falls in a study over those in walks afresh, at which a run of CMA-ES on surrogates has 6 to 7 as people have."""
RIDGE = 0.1
"""Penalty on the logistic regression's coefficients but the constant."""


class Known(NamedTuple):
    """Laws that one person walked with for `SECONDS`."""

    laws: Array
    """(n, 4) in the unit cube."""
    rates: Array
    """(n,) true net rate [W/kg], nan where the person fell."""


def known_of(kept: Kept, names: Sequence[str]) -> list[Known]:
    """What landscapes say of these people's laws.

    Raises:
      UsageError: of somebody nothing is known.
    """
    found = []
    for name in names:
        lines = [x for x in kept.lines if x.get("kind") == "truth" and x["participant"] == name]
        if not lines:
            raise UsageError(f"{kept.path} has no laws of participant {name}: walk scripts/study_as_cma.py first.")
        laws = np.array([law for x in lines for law in x["laws"]])
        found.append(Known(laws, np.array([r for x in lines for r in x["rates"]], float)))  # None becomes nan: fell
    return found


class Falls:
    """Chance to fall, by the law.

    Args:
      laws: (n, 4).
      fell: (n,) whether the person fell in `SECONDS`.
      hazard: how many times as often it falls as there.
    """

    def __init__(self, laws: Array, fell: NDArray[np.bool_], hazard: float = 1.0) -> None:
        self.hazard = hazard
        x, y = _quadratic(laws), fell.astype(float)

        def loss(w: Array) -> tuple[float, Array]:
            z = x @ w
            value = np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * RIDGE * np.sum(w[1:] ** 2)
            return float(value), x.T @ (expit(z) - y) + RIDGE * np.append(0.0, w[1:])

        self._w: Array = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 5000}).x

    def chance(self, laws: ArrayLike, seconds: float) -> Array:
        """(n,) chance to fall within so many seconds."""
        stands = expit(-_quadratic(np.atleast_2d(np.asarray(laws, float))) @ self._w)
        chance: Array = 1.0 - stands ** (self.hazard * seconds / SECONDS)
        return chance

    def stands_afresh(self, law: ArrayLike) -> float:
        """Chance to stand `SECONDS` in a walk from the start, as in a landscape."""
        return math.pow(1.0 - self.chance(law, SECONDS)[0], 1.0 / self.hazard)


class Rates:
    """One person's true net rate [W/kg], by the law."""

    def __init__(self, known: Known) -> None:
        stood = np.isfinite(known.rates)
        laws, first = np.unique(known.laws[stood], axis=0, return_index=True)
        rates = known.rates[stood][first]
        zero = laws[:, 0] == 0.0
        self.zero = float(known.rates[stood & (known.laws[:, 0] == 0.0)].mean())
        # without torque all laws are one
        idle = np.array([[0.0, *x] for x in product((0.0, 0.5, 1.0), repeat=len(SPACE) - 1)])
        points = np.vstack([laws[~zero], idle])
        values = np.append(rates[~zero], np.full(len(idle), self.zero))
        self._plate = RBFInterpolator(points, values, kernel="thin_plate_spline", smoothing=SMOOTHING)

    def __call__(self, law: ArrayLike) -> float:
        """With this law (4,)."""
        return float(self._plate(np.atleast_2d(np.asarray(law, float)))[0])


@dataclass(frozen=True)
class Tuned:
    """What a run on a surrogate came to."""

    saving: float
    """True, of the recommended law over no torque."""
    risk: float
    """The recommended law's chance to fall in `SECONDS`."""
    falls: int


def tune(
    rates: Rates, falls: Falls, problem: Problem, optimizer: str, settings: Any, laws: int, seconds: float, seed: int
) -> Tuned:
    """Let an optimizer tune the law on a surrogate, so many laws of so many seconds, measured as `problem` says."""
    rng = np.random.default_rng([seed, 1])
    searcher = find_optimizer(optimizer)(problem, seed, settings)
    noise, asked, fell = problem.noise(seconds), 0, 0
    while asked < laws:
        trials = [_walk(q, rates, falls, seconds, noise, rng) for q in searcher.ask()]
        searcher.tell(trials)
        asked += len(trials)
        fell += sum(t.ending is Ending.FELL for t in trials)
    best = searcher.recommend()
    assert isinstance(best, Constant)
    return Tuned(1.0 - rates(best.x) / rates.zero, float(falls.chance(best.x, SECONDS)[0]), fell)


def pursue(chase: Chase, rates: Rates, falls: Falls) -> float | None:
    """A chase on a surrogate: the clock [s] at which its person would have been there, None if it wasn't."""
    task, cls = chase.task(), find_optimizer(chase.optimizer)
    rng = np.random.default_rng([chase.draws, 2])
    searcher = cls(task.problem, chase.draws, cls.Settings.parse(chase.settings))
    clock = 0.0
    while clock < chase.budget:
        asked = [(q, task.problem.seconds.check(q.seconds)) for q in searcher.ask()]
        trials = [_walk(q, rates, falls, s, task.problem.noise(s), rng) for q, s in asked]
        searcher.tell(trials)
        clock += sum(task.charge(t.walked, t.ending) for t in trials)
        best = searcher.recommend()
        assert isinstance(best, Constant)
        if rates(best.x) <= chase.target and rng.uniform() < falls.stands_afresh(best.x):
            return clock
    return None


def _walk(
    query: Query, rates: Rates, falls: Falls, seconds: float, noise: float, rng: np.random.Generator
) -> Trial:  # fmt: skip
    """A law's walk on the surrogate: it falls, or it's measured."""
    assert isinstance(query.policy, Constant)
    law = query.policy.x
    hazard = -np.log1p(-min(float(falls.chance(law, seconds)[0]), 0.999))
    stood = min(1.0, rng.exponential() / hazard)
    error = noise * rng.standard_normal()
    fell = stood < 1.0
    score = STANDING + (FALLEN - STANDING) * (1.0 - stood) if fell else -rates(law) * (1.0 + error)
    walked = seconds * stood
    return Trial(
        query=query.id, score=score, walked=walked, charged=walked, ending=Ending.FELL if fell else Ending.COMPLETED,
        actions=law[None], features=np.zeros((2, 0)), rewards=np.array([score]), durations=np.array([walked]),
        asked=seconds, progress=np.zeros(0), measures={}, truth={},
    )  # fmt: skip


def surrogates(people: Sequence[Known], hazard: float = HAZARD) -> tuple[list[Rates], Falls]:
    """Each person's rates, and falls of all."""
    laws = np.vstack([p.laws for p in people])
    fell = np.concatenate([np.isnan(p.rates) for p in people])
    pushed = laws[:, 0] > 0.0
    return [Rates(p) for p in people], Falls(laws[pushed], fell[pushed], hazard)


def _quadratic(laws: Array) -> Array:
    """(n, 15) constant, linear and quadratic terms of laws (n, 4)."""
    pairs = combinations_with_replacement(range(len(SPACE)), 2)
    return np.column_stack([np.ones(len(laws)), laws, *(laws[:, i] * laws[:, j] for i, j in pairs)])
