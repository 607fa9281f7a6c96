"""Optimizer: ask for policies to be tried, be told how they did, recommend one.

The public `ask` and `tell` own order, counts and finiteness, so that a subclass writes only `_ask`, `_tell`,
`recommend` and `batch_size`. An optimizer never sees the budget: a one-hour run is the beginning of a three-hour run.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError, unknown_name
from gait.policy import Policy
from gait.task import Problem
from gait.trial import Query, Trial

Array = NDArray[np.float64]


def setting(
    default: Any,
    about: str,
    *,
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    choices: Sequence[str] = (),
) -> Any:
    """A field of `Settings`: its default, what it does, its unit, and what is allowed."""
    meta = {"about": about, "unit": unit, "low": low, "high": high, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=meta)


@dataclass(frozen=True)
class Settings:
    """Base of an optimizer's named options; subclasses add fields made by `setting`."""

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            _check_setting(f, getattr(self, f.name))

    @classmethod
    def parse(cls, words: Mapping[str, str]) -> Settings:
        """Settings from `{name: text}`, as typed on a command line.

        Raises:
          UsageError: a name is unknown, or a value is not of the field's type or out of its range.
        """
        known = {f.name: f for f in dataclasses.fields(cls)}
        values = {}
        for name, text in words.items():
            if name not in known:
                raise UsageError(unknown_name("setting", name, known))
            values[name] = _read(name, text, type(known[name].default))
        return cls(**values)


def _read(name: str, text: str, kind: type) -> Any:
    try:
        if kind is bool:
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        return kind(text)
    except (ValueError, KeyError):
        word = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, kind.__name__)
        raise UsageError(f"--set {name}={text}: {name} must be {word}.") from None


def _check_setting(f: dataclasses.Field[Any], value: Any) -> None:
    meta = f.metadata
    if meta["choices"] and value not in meta["choices"]:
        raise UsageError(f"{f.name}={value}: {f.name} is one of {', '.join(meta['choices'])}.")
    if isinstance(value, (int, float)) and not (math.isfinite(value) and meta["low"] <= value <= meta["high"]):
        raise UsageError(f"{f.name}={value:g}: {f.name} must lie within [{meta['low']:g}, {meta['high']:g}].")


AnySettings = Settings  # inside `Optimizer`, the name `Settings` is the subclass's own


class Optimizer(ABC):
    """The searcher. Subclasses set `name`, `about` and `Settings`, write `_ask`, `_tell`, `recommend`, `batch_size`.

    Args:
      problem: all that is known of the task.
      seed: every random choice follows from it.
      settings: an instance of `Settings`; None is the defaults.
    """

    name: ClassVar[str]
    about: ClassVar[str]
    """One line: method and source."""
    chooses_seconds: ClassVar[bool] = False
    """Whether it says how long its trials last; else they last the task's default."""
    ranks: ClassVar[bool] = True
    """Whether it only compares the scores of fixed points, so that a point's repeats may stand for one trial.

    False for those that look at what was done within a trial.
    """
    packages: tuple[str, ...] = ()
    """Packages whose versions its results depend on, beside those that all runs' do."""
    Settings: ClassVar[type[Settings]] = Settings

    def __init__(self, problem: Problem, seed: int = 0, settings: AnySettings | None = None) -> None:
        self.problem = problem
        self.space = problem.space
        self.settings: Any = self.Settings() if settings is None else settings
        self.rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
        self._next_id = 0
        self._asked: list[Query] = []
        self._lowest = math.inf

    def ask(self) -> list[Query]:
        """The next batch of queries; tell all of it before asking again."""
        if self._asked:
            raise RuntimeError(f"{self.name}: asked twice; tell the {len(self._asked)} trials of the last batch first")
        self._asked = self._ask()
        return list(self._asked)

    def tell(self, trials: Sequence[Trial]) -> None:
        """Take in the whole batch, in any order; a trial without a score ranks below all others."""
        if not self._asked:
            raise RuntimeError(f"{self.name}: told {len(trials)} trials that were not asked for; call ask() first")
        asked, told = [q.id for q in self._asked], sorted(t.query for t in trials)
        if told != asked:
            raise RuntimeError(f"{self.name}: asked for trials {asked}, told {told}; tell the whole batch, once")
        ordered = sorted(trials, key=lambda t: t.query)
        self._asked = []
        self._tell(ordered, self._finite([t.score for t in ordered]))

    @property
    @abstractmethod
    def batch_size(self) -> int:
        """Trials asked for at a time; the most, if batches differ."""

    @abstractmethod
    def recommend(self) -> Policy:
        """The policy to use after all that was told; not the best reading, which is luck."""

    def drawn(self) -> Policy | None:
        """The recommendation with the draws it was learned with; None if its actions were never drawn."""
        return None

    def state(self) -> dict[str, NDArray[Any]] | None:
        """All that it goes on from between two batches, as arrays of numbers; None: a replay is cheap enough."""
        return None

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `state` gave, in an optimizer made with the same problem, seed and settings."""
        raise NotImplementedError(f"{self.name} keeps no state; it is replayed")

    @abstractmethod
    def _ask(self) -> list[Query]:
        """Queries made by `self.query`, in order."""

    @abstractmethod
    def _tell(self, trials: list[Trial], scores: Array) -> None:
        """The batch in the order asked, and its finite scores (n,)."""

    def query(self, policy: Policy, seconds: float | None = None, seed: int | None = None) -> Query:
        """A numbered query."""
        self._next_id += 1
        return Query(self._next_id - 1, policy, seconds, seed)

    def _finite(self, scores: list[float | None]) -> Array:
        """Scores with None put below the worst of the batch, by the batch's spread.

        A batch without any score gets the lowest score ever told, or 0.
        """
        known = [s for s in scores if s is not None and math.isfinite(s)]
        if known:
            self._lowest = min(self._lowest, *known)
            below = min(known) - (max(known) - min(known))
        else:
            below = self._lowest if math.isfinite(self._lowest) else 0.0
        return np.array([below if s is None or not math.isfinite(s) else s for s in scores])
