"""What the BBOB benchmark counts, and the reference searches that it holds our optimizers against."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cocoex
import numpy as np
from numpy.typing import NDArray

from gait.optimizers.base import Optimizer

Array = NDArray[np.float64]
Cost = Callable[[Array], float]

FUNCTIONS = range(1, 25)
TARGETS = tuple(10.0**k for k in range(2, -9, -1))
"""Precisions f - f_opt whose first hit is counted; a run ends at the last."""


LONG = 10**9
"""More iterations than any budget allows."""


class Enough(BaseException):
    """The budget is used up, or the last target is hit; no `Exception`, since libraries log those."""


class Meter:
    """A BBOB function of the unit cube that counts evaluations, and those of points that were not tried before."""

    def __init__(self, function: int, dimension: int, instance: int, budget: int) -> None:
        self._f = cocoex.BareProblem("bbob", function, dimension, instance)
        self._optimum = self._f.best_value()
        self._tried: set[bytes] = set()
        self.budget = budget
        self.evaluations = 0
        self.precision = math.inf
        self.hits: list[tuple[int, int]] = []
        """Evaluations until the first targets were hit, and those of new points."""

    @property
    def new(self) -> int:
        """Points evaluated."""
        return len(self._tried)

    def __call__(self, x: Array) -> float:
        """f at the unit-cube point `x` (d,), to be minimised; raises `Enough` when there is nothing left to do."""
        if self.evaluations == self.budget or len(self.hits) == len(TARGETS):
            raise Enough
        x = np.asarray(x, float)
        if not ((x >= 0.0) & (x <= 1.0)).all():
            raise ValueError(f"asked outside the unit cube: {x}")
        value = float(self._f(10.0 * x - 5.0))
        self.evaluations += 1
        self._tried.add(x.tobytes())
        self.precision = min(self.precision, value - self._optimum)
        while len(self.hits) < len(TARGETS) and self.precision <= TARGETS[len(self.hits)]:
            self.hits.append((self.evaluations, self.new))
        return value


Search = Callable[[Cost, Optimizer, int], None]
"""A reference: minimises until the cost raises `Enough`, with the start, step and population of an optimizer
of ours that has not been asked yet, and a seed."""


def pycma(cost: Cost, ours: Optimizer, seed: int) -> None:
    """Bare pycma, on the random numbers that ours draws."""
    import cma

    options = {
        "popsize": ours.batch_size, "bounds": [0.0, 1.0], "CMA_stds": ours.space.scale, "seed": np.nan,
        "randn": lambda *shape: ours.rng.standard_normal(shape), "verbose": -10, "verb_log": 0,
    }  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(ours.space.default, ours.settings.initial_step, options)
    while True:
        population = strategy.ask()
        strategy.tell(population, [cost(x) for x in population])


def cmaes_cma(cost: Cost, ours: Optimizer, seed: int) -> None:
    """CyberAgent's CMA-ES, never stopped nor restarted, as ours."""
    import cmaes

    strategy = cmaes.CMA(
        ours.space.default, ours.settings.initial_step, bounds=np.tile([0.0, 1.0], (len(ours.space), 1)), seed=seed,
        population_size=ours.batch_size, cov=np.diag(ours.space.scale**2),
    )  # fmt: skip
    while True:
        population = [strategy.ask() for _ in range(strategy.population_size)]
        strategy.tell([(x, cost(x)) for x in population])


def cmaes_lra(cost: Cost, ours: Optimizer, seed: int) -> None:
    """CyberAgent's CMA-ES with learning rate adaptation, in the units and on the seed of ours."""
    import cmaes

    start, unit = ours.space.default, ours.settings.initial_step * ours.space.scale
    drawn = np.random.default_rng(np.random.SeedSequence([seed, 1])).integers(2**32)
    strategy = cmaes.CMA(
        np.zeros(len(start)), 1.0, bounds=np.column_stack([-start, 1.0 - start]) / unit[:, None], seed=int(drawn),
        population_size=ours.batch_size, lr_adapt=True,
    )  # fmt: skip
    while True:
        population = [strategy.ask() for _ in range(strategy.population_size)]
        strategy.tell([(y, cost(np.clip(start + unit * y, 0.0, 1.0))) for y in population])


def scipy_nelder_mead(cost: Cost, ours: Optimizer, seed: int) -> None:
    """SciPy's Nelder-Mead, started anew as ours is, with the same luck."""
    from scipy.optimize import minimize

    rng, x = np.random.default_rng(np.random.SeedSequence([seed, 1])), ours.space.default
    edges = ours.settings.initial_step * ours.space.scale
    options = {"xatol": ours.settings.restart_size * edges[0], "fatol": math.inf, "maxiter": LONG, "maxfev": LONG}
    while True:
        up = np.where(x + edges > 1.0, False, np.where(x - edges < 0.0, True, rng.random(len(x)) < 0.5))
        simplex = np.vstack([x, np.clip(x + np.diag(np.where(up, edges, -edges)), 0.0, 1.0)])
        bounds = [(0.0, 1.0)] * len(x)
        x = minimize(cost, x, method="Nelder-Mead", bounds=bounds, options={**options, "initial_simplex": simplex}).x


def scipy_bare(cost: Cost, ours: Optimizer, seed: int) -> None:
    """A local method of SciPy in ε-units, started anew at the best point where it ends."""
    from scipy.optimize import minimize

    s, scale, best, x = ours.settings, ours.space.scale, math.inf, ours.space.default

    def function(z: Array) -> float:
        nonlocal best, x
        point = np.clip(z * scale, 0.0, 1.0)
        value = cost(point)
        best, x = min((best, x), (value, point), key=lambda pair: pair[0])
        return value

    while True:
        start, high = x / scale, 1.0 / scale
        edges = np.where(start + s.initial_step > high, -s.initial_step, s.initial_step)
        simplex = np.clip(np.vstack([start, start + np.diag(edges)]), 0.0, high)
        options = {
            "nelder-mead": {"initial_simplex": simplex, "xatol": s.final_step, "fatol": math.inf},
            "cobyqa": {"initial_tr_radius": s.initial_step, "final_tr_radius": s.final_step},
        }[s.method]
        minimize(function, start, method=s.method, bounds=np.stack([0.0 * high, high], axis=1), options=options)


def skopt_gp(cost: Cost, ours: Optimizer, seed: int) -> None:
    """Scikit-optimize's Gaussian process and expected improvement, the start among its first random points."""
    from skopt import Optimizer as Searcher

    d = len(ours.space)
    searcher = Searcher([(0.0, 1.0)] * d, base_estimator="GP", n_initial_points=2 * d, acq_func="EI", random_state=seed)
    x = ours.space.default.tolist()
    while True:
        searcher.tell(x, cost(np.array(x)))
        x = searcher.ask()


def nevergrad_emna(cost: Cost, ours: Optimizer, seed: int) -> None:
    """Nevergrad's AnisoEMNA: a normal distribution of the best 16 of 64, with one spread for all parameters."""
    _nevergrad("AnisoEMNA", cost, ours, seed)


def _nevergrad(name: str, cost: Cost, ours: Optimizer, seed: int) -> None:
    import nevergrad as ng

    start = ng.p.Array(init=ours.space.default.copy())
    start.set_mutation(sigma=ours.settings.initial_std * ours.space.scale[0]).set_bounds(0.0, 1.0)
    start.random_state.seed(seed)
    optimizer = ng.optimizers.registry[name](start)
    while True:
        candidate = optimizer.ask()
        optimizer.tell(candidate, cost(candidate.value))


def _pygad(cost: Cost, first: Array, seed: int, step: float, **options: Any) -> None:
    """PyGAD from the population `first`: the best breed, the elites live on, mutations are uniform and clipped."""
    import pygad

    def clip(_: Any, offspring: Array) -> None:
        np.clip(offspring, 0.0, 1.0, out=offspring)

    pygad.GA(
        num_generations=LONG, initial_population=first, fitness_func=lambda ga, x, i: -cost(x), random_seed=seed,
        parent_selection_type="sss", mutation_type="random", random_mutation_min_val=-step,
        random_mutation_max_val=step, on_mutation=clip, suppress_warnings=True, **options,
    ).run()  # fmt: skip


def _around(ours: Optimizer, n: int, step: float, seed: int) -> Array:
    """The start and n - 1 points around it, (n, d)."""
    moves = np.random.default_rng(seed).uniform(-step, step, (n, len(ours.space)))
    moves[0] = 0.0
    return np.clip(ours.space.default + moves * ours.space.scale, 0.0, 1.0)


def pygad_genetic(cost: Cost, ours: Optimizer, seed: int) -> None:
    """PyGAD with the operators of ours: its parents mate in a ring, its elites are not tried again."""
    s = ours.settings
    _pygad(
        cost, _around(ours, s.population, s.initial_step, seed), seed, s.mutation_step * ours.space.scale[0],
        num_parents_mating=s.parents, keep_elitism=s.elites, crossover_type="two_points",
        mutation_probability=s.mutation,
    )  # fmt: skip


def pygad_climbing(cost: Cost, ours: Optimizer, seed: int) -> None:
    """PyGAD as a (1 + λ) evolution strategy with a fixed step: its only parent mates with itself."""
    s = ours.settings
    _pygad(
        cost, _around(ours, 1 + s.neighbours, s.step, seed), seed, s.step * ours.space.scale[0],
        num_parents_mating=1, keep_elitism=1, crossover_type="two_points", mutation_probability=1.0,
    )  # fmt: skip


def uniform(cost: Cost, ours: Optimizer, seed: int) -> None:
    """The start, then numpy's uniform draws."""
    cost(ours.space.default)
    rng = np.random.default_rng(seed)
    while True:
        cost(rng.random(len(ours.space)))


@dataclass(frozen=True)
class Pair:
    """One of our optimizers and its counterpart."""

    optimizer: str
    reference: str
    package: str
    """The distribution whose version the results belong to."""
    search: Search
    settings: dict[str, str] = field(default_factory=dict)
    """Of ours, where the reference has something that our default has not."""
    per_dimension: int = 200
    """Evaluations of a run, for each dimension."""
    note: str = ""
    """What the reader must know of this counterpart."""
    slow: bool = False
    """Whether it runs only if named."""

    @property
    def name(self) -> str:
        """`ours / reference`."""
        words = "".join(f" {key}={value}" for key, value in self.settings.items())
        return f"{self.optimizer}{words} / {self.reference}"


ONCE = {"evaluations": "1"}
"""No repeats, since there is no noise."""

FINE = {**ONCE, "final_step": "1e-3"}

EVERYWHERE = {"acquisition": "ei", "initial_spread": "20"}
"""Expected improvement, after first points all over the box."""

PAIRS: tuple[Pair, ...] = (
    Pair("random-search", "numpy uniform", "numpy", uniform),
    Pair("hill-climbing", "pygad (1 + λ)", "pygad", pygad_climbing, ONCE),
    Pair("nelder-mead", "scipy Nelder-Mead", "scipy", scipy_nelder_mead, {**ONCE, "restart_size": "1e-4"}),
    Pair("scipy", "bare Nelder-Mead", "scipy", scipy_bare, {**FINE, "method": "nelder-mead"}, 100),
    Pair("scipy", "bare COBYQA", "scipy", scipy_bare, {**FINE, "method": "cobyqa"}, 20),
    Pair("genetic", "pygad", "pygad", pygad_genetic, ONCE, note="pygad's parents mate in a ring, ours by chance"),
    Pair("cem", "nevergrad AnisoEMNA", "nevergrad", nevergrad_emna, per_dimension=100),
    Pair("cma-es", "pycma", "cma", pycma),
    Pair("cma-es", "cmaes.CMA", "cmaes", cmaes_cma),
    Pair("lra-cma-es", "cmaes.CMA(lr_adapt)", "cmaes", cmaes_lra),
    Pair("bayesian", "skopt GP-EI", "scikit-optimize", skopt_gp, EVERYWHERE, per_dimension=10, slow=True),
)
