"""Nelder-Mead: an amoeba of d + 1 points that crawls uphill; when it has contracted, it starts anew where it is."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

Search = Generator[Array, Array, None]
"""Yields points to be tried (n, d) and is sent their values (n,), lower is better."""

HALF = 0.5
"""Longest edge: from anywhere in the cube there is room for it in one direction."""


@dataclass(frozen=True)
class NelderMeadSettings(Settings):
    """The first simplex, how trials are repeated, and when to start anew."""

    evaluations: int = setting(3, "trials of each point, averaged", low=1, high=1_000)
    initial_step: float = setting(3.0, "edges of a new simplex", unit="ε", low=1e-3, high=100.0)
    restart_size: float = setting(0.33, "starts anew at this part of a new simplex's size", low=1e-12, high=0.9)
    adaptive: bool = setting(False, "coefficients that depend on the number of parameters (Gao & Han 2012)")


class NelderMead(Optimizer):
    """The simplex method in the form of Lagarias et al., with restarts.

    Each step reflects the worst vertex through the centroid x̄ of the others, and expands, contracts or
    shrinks by what is found there; all that is asked is clipped to the cube. With one evaluation and exact
    scores it asks what `scipy.optimize.minimize(method="Nelder-Mead")` evaluates, to the last bit, until its
    first restart.

    The original keeps a vertex for as long as nothing beats its one reading, and contracts around a lucky one
    to a point, of which it would ask forever. Here a vertex's value is the average of `evaluations` trials,
    and a simplex whose vertices all lie within `restart_size` of a new one's edges of the best, in every
    parameter, is replaced: a new simplex from its best vertex, each edge up or down by chance. All of it is
    tried, the best vertex again: luck lasts until the next restart at most.

    A batch is the d + 1 vertices of a new simplex, one point of a step, or the d points of a shrink.

    J. A. Nelder and R. Mead, Computer Journal 7:308, 1965; J. C. Lagarias et al., SIAM J. Optim. 9:112, 1998;
    F. Gao and L. Han, Comput. Optim. Appl. 51:259, 2012. Compared on the Aibo by N. Kohl and P. Stone,
    "Machine learning for fast quadrupedal locomotion", AAAI 2004, whose settings were not at hand.
    """

    name = "nelder-mead"
    about = "downhill simplex, or amoeba, with restarts (Nelder & Mead 1965)"
    Settings = NelderMeadSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: NelderMeadSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._χ, self._γ, self._σ = coefficients(len(self.space), self.settings.adaptive)
        self._edges = np.minimum(self.settings.initial_step * self.space.scale, HALF)
        self._recommended = self.space.default
        self._search = self._amoeba()
        self._points = next(self._search)

    @property
    def batch_size(self) -> int:
        """A new simplex; other batches are smaller."""
        return int((len(self.space) + 1) * self.settings.evaluations)

    def recommend(self) -> Policy:
        """The mean of the better half of the vertices: the best one is partly luck."""
        return Constant(self._recommended)

    def _ask(self) -> list[Query]:
        return [self.query(Constant(x)) for x in self._points for _ in range(self.settings.evaluations)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        averages = scores.reshape(len(self._points), self.settings.evaluations).mean(axis=1)
        self._points = self._search.send(-averages)

    def _amoeba(self) -> Search:
        """The search, without end."""
        x = self._new_simplex(self.space.default)
        f = yield x
        while True:
            order = np.argsort(f, kind="stable")
            x, f = x[order], f[order]
            self._recommended = x[: (len(x) + 1) // 2].mean(axis=0)
            if (np.abs(x[1:] - x[0]) <= self.settings.restart_size * self._edges).all():
                x = self._new_simplex(x[0])
                f = yield x
            else:
                yield from self._step(x, f)

    def _step(self, x: Array, f: Array) -> Search:
        """Changes the vertices `x` (d+1, d) and their values `f` (d+1,), sorted from the best to the worst."""
        centroid, worst = np.add.reduce(x[:-1], 0) / (len(x) - 1), x[-1]

        def at(t: float) -> Array:
            """x̄ + t (x̄ - x_{d+1}), rounded as scipy does."""
            point: Array = np.clip((1 + t) * centroid - t * worst, 0.0, 1.0)
            return point[None]

        reflected = at(1.0)  # ρ = 1
        (fr,) = yield reflected
        if fr < f[0]:
            expanded = at(self._χ)
            (fe,) = yield expanded
            x[-1], f[-1] = (expanded, fe) if fe < fr else (reflected, fr)
        elif fr < f[-2]:
            x[-1], f[-1] = reflected, fr
        else:
            outside = fr < f[-1]
            contracted = at(self._γ if outside else -self._γ)
            (fc,) = yield contracted
            if (fc <= fr) if outside else (fc < f[-1]):
                x[-1], f[-1] = contracted, fc
            else:
                x[1:] = np.clip(x[0] + self._σ * (x[1:] - x[0]), 0.0, 1.0)
                f[1:] = yield x[1:]

    def _new_simplex(self, corner: Array) -> Array:
        """`corner` and d points, each one edge away in one parameter: up or down by chance, or where there is room."""
        up = self.rng.random(len(corner)) < HALF
        up = np.where(corner + self._edges > 1.0, False, np.where(corner - self._edges < 0.0, True, up))
        away = corner + np.diag(np.where(up, self._edges, -self._edges))
        return np.vstack([corner, np.clip(away, 0.0, 1.0)])


def coefficients(d: int, adaptive: bool) -> tuple[float, float, float]:
    """Expansion χ, contraction γ and shrinkage σ; the adaptive ones are the usual ones at d = 2."""
    return (1 + 2 / d, 0.75 - 1 / (2 * d), 1 - 1 / d) if adaptive else (2.0, 0.5, 0.5)
