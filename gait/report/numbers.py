"""The numbers of a report: everything its words, tables and pictures need, computed once from finished runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gait.compare import contests, runtimes, statistics
from gait.compare.spent import Spent, mean_spent
from gait.compare.statistics import Array, Interval
from gait.compare.study import Study
from gait.compare.summary import final_scores, target_times, time_contests
from gait.report.runs import Group

MOMENTS = 241
"""Moments at which curves are sampled for pictures."""


def _rng() -> np.random.Generator:
    """The same for every number: none depends on which others were asked for before."""
    return np.random.default_rng(0)


@dataclass(frozen=True, eq=False)
class Numbers:
    """What a comparison's finished runs say; labels come in the study's order."""

    study: Study

    @cached_property
    def names(self) -> list[str]:
        """The optimizers' labels."""
        return list(self.study.results)

    @cached_property
    def best(self) -> float:
        """Best validated score of any curve within the budget, above the start if anything is."""
        scores = [
            s[c <= self.study.budget].max(initial=self.study.start)
            for runs in self.study.curves.values()
            for c, s in runs
        ]
        return float(max(scores))

    @property
    def improved(self) -> bool:
        """Whether any run got better than the start: else there's no target to race to."""
        return self.best > self.study.start

    @cached_property
    def final(self) -> dict[str, Array]:
        """Scores (runs,) when the budget is spent."""
        return final_scores(self.study.curves, self.study.budget)

    @cached_property
    def times(self) -> dict[str, Array]:
        """Times (runs,) to the goal [s]."""
        return target_times(self.study.curves, self.study.goal[0], self.study.budget)

    @cached_property
    def beats(self) -> dict[tuple[str, str], contests.Contest]:
        """Who ends better, Holm-corrected over the pairs."""
        return contests.contests(self.final, _rng(), paired=self.study.paired)

    @cached_property
    def sooner(self) -> dict[tuple[str, str], contests.Contest]:
        """Who gets to the goal sooner, Holm-corrected over the pairs."""
        return time_contests(self.times, self.study.budget, _rng(), paired=self.study.paired)

    def speed_up(self, name: str, other: str) -> tuple[float, float, float]:
        """How many times sooner `name` gets to the goal than `other`, with its interval."""
        return runtimes.speed_up(self.times[name], self.times[other], self.study.budget, _rng())

    @cached_property
    def clock(self) -> Array:
        """(times,) moments of the curves."""
        return np.linspace(0, self.study.budget, MOMENTS)

    @cached_property
    def curves(self) -> dict[str, tuple[Array, Interval]]:
        """Each optimizer's sampled curves (runs, times) and their middle with its band."""
        found = {}
        for name, runs in self.study.curves.items():
            sampled = np.array([statistics.sample_curve(*curve, self.clock) for curve in runs])
            found[name] = sampled, statistics.bootstrap(sampled, _rng())
        return found

    @cached_property
    def ladder(self) -> Array:
        """(targets,) of the runtime distribution and the expected times."""
        return runtimes.target_ladder(self.study.start, self.best)

    @cached_property
    def reached(self) -> dict[str, Array]:
        """Times (runs, targets) up the ladder."""
        return {
            name: np.array([runtimes.times_to_targets(*curve, self.ladder, self.study.budget) for curve in runs])
            for name, runs in self.study.curves.items()
        }

    @cached_property
    def log_clock(self) -> Array:
        """(times,) moments of the runtime distribution, evenly spaced in log time."""
        return np.geomspace(runtimes.FIRST * self.study.budget, self.study.budget, MOMENTS)

    @cached_property
    def distributions(self) -> dict[str, Array]:
        """Fraction (times,) of run–target pairs reached by `log_clock`."""
        return {name: runtimes.runtime_distribution(t, self.log_clock) for name, t in self.reached.items()}

    @cached_property
    def expected(self) -> dict[str, list[runtimes.TimeToTarget]]:
        """Expected times up the ladder."""
        budget, rng = self.study.budget, _rng()
        return {n: [runtimes.expected_time(t, budget, rng) for t in times.T] for n, times in self.reached.items()}

    @cached_property
    def areas(self) -> dict[str, tuple[Interval, Interval]]:
        """Area over the convergence curve in log and in linear time, of the runs' own, with intervals."""
        low, high, budget = self.study.start, self.best, self.study.budget
        found = {}
        for name, runs in self.study.curves.items():
            both = [[runtimes.area(*curve, low, high, budget, log=log) for curve in runs] for log in (True, False)]
            found[name] = statistics.bootstrap(both[0], _rng()), statistics.bootstrap(both[1], _rng())
        return found

    @cached_property
    def levels(self) -> Array:
        """(levels,) scores of the run-score distribution."""
        every = np.concatenate([*self.final.values(), [self.study.start]])
        margin = 0.05 * (np.ptp(every) or abs(every[0]) or 1.0)
        return np.linspace(every.min() - margin, every.max() + margin, MOMENTS)

    @cached_property
    def above(self) -> dict[str, Array]:
        """Fraction (levels,) of runs that end above each level."""
        return {name: (last[:, None] > self.levels).mean(axis=0) for name, last in self.final.items()}


def spent_of(group: Group) -> dict[str, Spent]:
    """Where each optimizer's simulated time went, mean of its finished runs (of all, if none is finished)."""
    chosen = {label: [run for run in runs if run.result] or list(runs) for label, runs in group.runs.items()}
    return {label: mean_spent({run.path: run.spent for run in runs}) for label, runs in chosen.items()}


def across_tasks(numbers: dict[str, Numbers]) -> dict[str, Interval]:
    """Each optimizer's scores over all tasks: fractions from start to best known, stratified by task.

    Only optimizers that ran on every task, and only tasks on which somebody improved.
    """
    useful = {task: n for task, n in numbers.items() if n.improved}
    if len(useful) < 2:
        return {}
    names = [name for name in next(iter(useful.values())).names if all(name in n.names for n in useful.values())]
    return {
        name: statistics.stratified_bootstrap(
            [statistics.normalized(n.final[name], n.study.start, n.best) for n in useful.values()], _rng()
        )
        for name in names
    }


def paired_across_tasks(numbers: dict[str, Numbers]) -> dict[tuple[str, str], contests.Contest]:
    """Who beats whom over tasks, task by task: the optimizers' mean scores on a task are a pair."""
    useful = [n for n in numbers.values() if n.improved]
    names = list(across_tasks(numbers))

    def on(name: str, n: Numbers) -> float:
        return float(statistics.interquartile_mean(statistics.normalized(n.final[name], n.study.start, n.best)))

    scores = {name: np.array([on(name, n) for n in useful]) for name in names}
    return contests.contests(scores, _rng(), paired=True) if names else {}
