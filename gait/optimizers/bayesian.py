"""Bayesian optimisation: a Gaussian process says what to expect where, and what is most promising is tried next."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Ending, Query, Trial

if TYPE_CHECKING:
    from gait.optimizers.gaussian_process import GaussianProcess

CANDIDATES = 500
"""Random points about the best one, and as many anywhere, from which the most promising is sought."""
NEAREST, FARTHEST = 0.25, 8.0
"""Standard deviations of those about the best [ε]."""
SIGNAL, LENGTH, NOISE = 1.0, 10.0, 0.1
"""What is thought before any trial, in standardised scores and ε: the medians of log-normal priors."""
SIGNAL_WIDTH, LENGTH_WIDTH, NOISE_WIDTH = 1.0, 1.0, 1.5
"""Standard deviations of the logarithms of these priors."""
REFIT = 0.1
"""How many trials more than at the last fit, as a fraction, make a new one: 40 fits in 200 trials rather than 200."""
RATIOS = (1e-3, 1e3)
"""No trial's noise variance is taken for less or more than this times the usual one."""


@dataclass(frozen=True)
class BayesianSettings(Settings):
    """What is tried first, and what counts as promising afterwards."""

    acquisition: str = setting(
        "ucb", "what is promising: the upper confidence bound, or expected improvement", choices=("ucb", "ei")
    )
    confidence: float = setting(1.5, "standard deviations that ucb adds to the mean (κ)", low=0.0, high=10.0)
    initial: int = setting(0, "trials before the first fit, the start first; 0 is two a parameter", low=0, high=1_000)
    initial_spread: float = setting(
        4.0, "how far from the start these lie at most, in each parameter", unit="ε", low=1e-3, high=1_000.0
    )
    batch: int = setting(1, "trials in a batch", low=1, high=1_000)


class Bayesian(Optimizer):
    """Bayesian optimisation with a Gaussian process, for some 200 trials.

    The first points are the start and a Latin hypercube about it. Then the process is conditioned on all scores,
    standardised, and the next point maximises the upper confidence bound or the expected improvement over the
    recommended point. Its kernel is Matérn 5/2 with a length for each parameter, so that what does not matter is
    left alone. The noise of a trial has the variance σ_n² (noise(s) / noise(s₀))², with s its seconds and s₀ the
    usual ones: how it falls with the seconds is the problem's knowledge, its level is estimated.

    The hyperparameters maximise likelihood times weak priors: 24 trials would otherwise say anything of 12 lengths.
    They are fitted again when a tenth more trials have come; this depends on the number of trials alone. A batch
    is made one point after the other, each taken to score what is expected of it (Ginsbourger's kriging believer).
    A fall is a score like any other; a trial without a score is taken for as bad as the worst.

    The recommendation is the point tried so far that has the highest posterior mean: neighbours vouch for it, and a
    lucky reading of its own is discounted. Points and hyperparameters are rounded, so that a replay on another
    machine, whose arithmetic differs in the last bits, asks the same.

    J. Močkus 1975; D. R. Jones, M. Schonlau and W. J. Welch, "Efficient global optimization of expensive black-box
    functions", J. Global Optimization 13:455, 1998; for gaits D. Lizotte et al., IJCAI 2007; the batch:
    D. Ginsbourger, R. Le Riche and L. Carraro, "Kriging is well-suited to parallelize optimization", 2010.

    Raises:
      UsageError: scikit-learn is not installed.
    """

    name = "bayesian"
    about = "Bayesian optimisation with a Gaussian process (Jones et al. 1998; Lizotte et al. 2007), by scikit-learn"
    Settings = BayesianSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: BayesianSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        try:
            from gait.optimizers import acquisition, gaussian_process  # here, since they take a second
        except ModuleNotFoundError:
            raise UsageError("bayesian needs scikit-learn: pip install 'gaitopt[bayesian]'.") from None
        self._gp, self._acquisition = gaussian_process, acquisition
        d = len(self.space)
        self._design = self._first_points()
        self._batch = self._x = np.zeros((0, d))
        self._scores, self._ratio = np.zeros(0), np.zeros(0)
        self._scales = self._prior = gaussian_process.Scales(SIGNAL, LENGTH * self.space.scale, NOISE)
        self._next_fit = len(self._design)
        self._best = self.space.default

    @property
    def batch_size(self) -> int:
        """A batch, of the first points too."""
        return int(self.settings.batch)

    def recommend(self) -> Policy:
        """Of the points tried, that with the highest posterior mean; the start before anything is scored."""
        return Constant(self._best)

    def _first_points(self) -> Array:
        """(n, d): the start and a Latin hypercube about it, in whole batches."""
        d, batch, start = len(self.space), self.settings.batch, self.space.default
        n = -(-(self.settings.initial or 2 * d) // batch) * batch
        ranks = self.rng.permuted(np.tile(np.arange(n - 1), (d, 1)), axis=1).T
        cube = (ranks + self.rng.random((n - 1, d))) / max(n - 1, 1)
        reach = self.settings.initial_spread * self.space.scale
        low, high = np.clip([start - reach, start + reach], 0.0, 1.0)
        return np.vstack([start, low + cube * (high - low)])

    def _ask(self) -> list[Query]:
        told = len(self._x)
        design = self._design[told : told + self.settings.batch]
        with self._gp.one_thread():
            self._batch = design if len(design) else self._promising()
        return [self.query(Constant(x)) for x in self._batch]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        real = [t.score == s for t, s in zip(trials, scores.tolist(), strict=True)]
        self._x = np.vstack([self._x, self._batch])
        self._scores = np.append(self._scores, np.where(real, scores, np.nan))
        self._ratio = np.append(self._ratio, [self._noise_ratio(t) for t in trials])
        with self._gp.one_thread():
            self._learn()

    def _learn(self) -> None:
        """Fit if it is time, and find the recommended point."""
        n, y = len(self._x), self._standardised()
        if n >= self._next_fit:
            widths = np.array([SIGNAL_WIDTH, *[LENGTH_WIDTH] * len(self.space), NOISE_WIDTH])
            starts = (self._scales, self._prior)
            self._scales = self._gp.fit(self._x, y, self._ratio, self._prior, widths, starts)
            self._next_fit = n + max(1, int(REFIT * n))
        scored = self._x[np.isfinite(self._scores)]
        if len(scored):
            posterior = self._gp.GaussianProcess(self._x, y, self._ratio, self._scales)
            self._best = scored[int(np.argmax(posterior.predict(scored)[0]))]

    def _promising(self) -> Array:
        """The next batch (n, d); each point is taken to score what is expected of it before the next is chosen."""
        x, y, ratio = self._x, self._standardised(), self._ratio
        for _ in range(self.settings.batch):
            posterior = self._gp.GaussianProcess(x, y, ratio, self._scales)
            point = self._maximise(posterior)
            x = np.vstack([x, point])
            y = np.append(y, posterior.predict(point[None])[0])
            ratio = np.append(ratio, 1.0)
        return x[len(self._x) :]

    def _maximise(self, posterior: GaussianProcess) -> Array:
        """The most promising point (d,)."""
        if self.settings.acquisition == "ucb":
            promise = functools.partial(self._acquisition.upper_confidence_bound, confidence=self.settings.confidence)
        else:
            best = float(posterior.predict(self._best[None])[0][0])
            promise = functools.partial(self._acquisition.expected_improvement, best=best)
        return self._acquisition.most_promising(posterior, promise, self._candidates())

    def _candidates(self) -> Array:
        """(m, d): about the best point, near and far; and anywhere."""
        shape = (CANDIDATES, len(self.space))
        reach = np.exp(self.rng.uniform(np.log(NEAREST), np.log(FARTHEST), (CANDIDATES, 1))) * self.space.scale
        about = self._best + reach * self.rng.standard_normal(shape)
        return np.vstack([np.clip(about, 0.0, 1.0), self.rng.random(shape)])

    def _standardised(self) -> Array:
        """All scores (n,) with mean 0 and variance 1; those without one are as bad as the worst."""
        real = self._scores[np.isfinite(self._scores)]
        filled = np.where(np.isfinite(self._scores), self._scores, real.min() if len(real) else 0.0)
        apart = filled.std() > 1e-9 * np.abs(filled).max()  # equal scores may have a mean of other last bits
        y: Array = (filled - filled.mean()) / (filled.std() if apart else 1.0)
        return y

    def _noise_ratio(self, trial: Trial) -> float:
        """Variance of this trial's noise relative to that of a trial of usual length."""
        noise, usual = self.problem.noise, self.problem.noise(self.problem.seconds.default)
        seconds = trial.walked if trial.ending is Ending.STOPPED else trial.asked
        return float(np.clip((noise(seconds) / usual) ** 2, *RATIOS)) if usual > 0 else 1.0
