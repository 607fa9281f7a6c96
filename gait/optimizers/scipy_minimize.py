"""SciPy's derivative-free methods: they call a function, so each runs in a thread that waits for its scores."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.optimizers.base import Array, Optimizer, Settings, setting
from gait.policy import Constant, Policy
from gait.task import Problem
from gait.trial import Query, Trial

Function = Callable[[Array], float]
LOCAL = ("nelder-mead", "powell", "cobyla", "cobyqa")
GLOBAL = ("differential-evolution", "dual-annealing", "direct")
DECIMALS = 12
"""Decimals kept of a point asked: one asked again after a restart is known again, for all that ε-units round."""
BOXES = 5
"""Runs of `direct` from the whole cube to the smallest box, a sixteenth as wide; then the whole cube again."""


@dataclass(frozen=True)
class ScipyMinimizeSettings(Settings):
    """Which method, how often it looks, and from how wide to how narrow it searches."""

    method: str = setting("cobyqa", "method of scipy.optimize", choices=LOCAL + GLOBAL)
    evaluations: int = setting(2, "trials of a point, averaged: these methods know of no noise", low=1, high=1_000)
    initial_step: float = setting(4.0, "how far a local method looks at first", unit="ε", low=1e-3, high=100.0)
    final_step: float = setting(
        0.5, "how near a local method, or direct, looks before it starts anew", unit="ε", low=1e-6, high=100.0
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        first, last = self.initial_step, self.final_step
        if last > first:
            raise UsageError(f"final_step={last:g}: final_step must not exceed initial_step={first:g}.")


class ScipyMinimize(Optimizer):
    """A bound-constrained method of scipy.optimize that needs no derivatives, as SciPy ships it.

    The method sees points in ε-units: each parameter divided by its `scale`. Local methods search from the start
    point, global ones the whole cube (with the start among their first points; `direct` takes none). What would
    use differences of noisy scores as a gradient is off: the polish of differential evolution and the local search
    of dual annealing. What a method asks beyond a bound is tried at the bound.

    Noise: each point is tried `evaluations` times. A point whose average would be the best so far is tried as often
    again before the method is told, for a simplex built on a lucky reading does not move any more. The method is
    told the average of all trials of the point, those before a restart included. Without noise no point is tried
    again.

    The recommendation is the best average among the points tried twice over. It is still chosen among readings, and
    so is promised too much, by less than a reading's standard deviation over √(2 evaluations) a choice.

    Restarts: where a method ends by its own tolerances, it begins anew at the recommended point with a fresh stream
    of chance, as wide as at first; `direct`, which would only repeat itself, in a box half as wide as before about
    the recommended point, and after a sixteenth in the whole cube again. So it never ends, and a run of one hour is
    the beginning of a longer one.

    SciPy 1.16 or later: before, one `cobyla` waiting for a score kept all others from running.

    P. Virtanen et al., "SciPy 1.0", Nature Methods 17:261, 2020; each method's source is named in SciPy's manual.
    """

    name = "scipy"
    about = "Nelder-Mead, Powell, COBYLA, COBYQA and others of scipy.optimize, restarted where they end"
    Settings = ScipyMinimizeSettings

    def __init__(self, problem: Problem, seed: int = 0, settings: ScipyMinimizeSettings | None = None) -> None:
        super().__init__(problem, seed, settings)
        self._dialogue: Dialogue | None = None
        self._runs = 0
        self._point = self.space.default
        self._again = False
        self._readings: dict[bytes, list[float]] = {}
        self._confirmed: dict[bytes, tuple[float, Array]] = {}

    @property
    def batch_size(self) -> int:
        """The trials of a point."""
        return int(self.settings.evaluations)

    def recommend(self) -> Policy:
        """The best average of those points that were tried twice over; the start before there is one."""
        return Constant(self._best()[1])

    def _best(self) -> tuple[float, Array]:
        return max(self._confirmed.values(), key=lambda c: c[0], default=(-np.inf, self.space.default))

    def _ask(self) -> list[Query]:
        if not self._again:
            self._point = self._next_point()
        return [self.query(Constant(self._point)) for _ in range(self.settings.evaluations)]

    def _tell(self, trials: list[Trial], scores: Array) -> None:
        key = self._point.tobytes()
        readings = self._readings.setdefault(key, [])
        # an imputed score is for the method to shun the point, not for a recommendation
        real = [s for t, s in zip(trials, scores.tolist(), strict=True) if t.score == s]
        readings += real
        whole = len(real) == len(scores)
        average = _mean(readings if whole else scores.tolist())
        enough = self.settings.evaluations * (2 if self.problem.noisy else 1)
        self._again = whole and len(readings) < enough and average > self._best()[0]
        if len(readings) >= enough:
            self._confirmed[key] = _mean(readings), self._point
        if not self._again and self._dialogue is not None:
            self._dialogue.answer(-average)

    def _next_point(self) -> Array:
        for _ in range(2):
            if self._dialogue is None:
                self._dialogue = Dialogue(self._method())
                self._runs += 1
            z = self._dialogue.point()
            if z is not None:
                x: Array = np.clip(z * self.space.scale, 0.0, 1.0)
                return x.round(DECIMALS)
            self._dialogue = None
        raise RuntimeError(f"{self.name}: {self.settings.method} ended without asking for a point")

    def _method(self) -> Callable[[Function], None]:
        """The method from the recommended point on; it must not know this optimizer, or neither would be let go."""
        s, scale, start = self.settings, self.space.scale, self._best()[1]
        width = 0.5 ** (self._runs % BOXES) if s.method == "direct" else 1.0
        low = np.clip(start - width / 2, 0.0, 1.0 - width)
        run = functools.partial(run_local, first=s.initial_step, last=s.final_step)
        if s.method in GLOBAL:
            run = functools.partial(run_global, last=s.final_step, rng=self.rng.spawn(1)[0])
        return functools.partial(run, s.method, start / scale, low / scale, (low + width) / scale)


def _mean(values: Sequence[float]) -> float:
    """The mean, to the last bit that of one value if all are equal."""
    return values[0] + float(np.mean(np.subtract(values, values[0])))


def run_local(
    method: str, start: Array, low: Array, high: Array, function: Function, first: float, last: float
) -> None:
    """Minimise from `start` (d,) within `low` and `high` (d,), with steps from `first` to `last` long."""
    from scipy.optimize import _cobyqa_py, minimize

    above, below = high - start, start - low
    step = np.where((above >= first) | (above >= below), first, -first)
    simplex = np.clip(np.vstack([start, start + np.diag(step)]), low, high)
    options: dict[str, dict[str, Any]] = {
        "nelder-mead": {"initial_simplex": simplex, "xatol": last, "fatol": np.inf},
        "powell": {"xtol": last},
        "cobyla": {"rhobeg": first, "tol": last},
        "cobyqa": {"initial_tr_radius": first, "final_tr_radius": last},
    }
    lock = getattr(_cobyqa_py, "COBYQA_LOCK", None)
    if method == "cobyqa" and lock is not None:
        function = _unlocked(function, lock)
    minimize(function, start, method=method, bounds=np.stack([low, high], axis=1), options=options[method])


def run_global(
    method: str, start: Array, low: Array, high: Array, function: Function, last: float, rng: np.random.Generator
) -> None:
    """Minimise within `low` and `high` (d,), with `start` (d,) among the first points if the method takes one."""
    from scipy import optimize

    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    if method == "direct":
        optimize.direct(function, bounds, len_tol=min(1.0, last / float(np.max(high - low))))
    elif method == "dual-annealing":
        optimize.dual_annealing(function, bounds, x0=start, rng=rng, no_local_search=True)
    else:
        optimize.differential_evolution(function, bounds, x0=start, rng=rng, polish=False)


def _unlocked(function: Function, lock: threading.Lock) -> Function:
    """`function` called without the lock by which SciPy lets one COBYQA run at a time: ours wait for scores."""

    def call(z: Array) -> float:
        lock.release()
        try:
            return function(z)
        finally:
            lock.acquire()

    return call


class Dialogue:
    """A method that calls a function, turned inside out: it names a point, and is told the value.

    The method runs in a thread of its own, in turns with the caller: never at the same time. The thread ends with
    the method, or once this object is gone.
    """

    def __init__(self, method: Callable[[Function], None]) -> None:
        self._points: SimpleQueue[Array | BaseException | None] = SimpleQueue()
        self._values: SimpleQueue[float | None] = SimpleQueue()
        weakref.finalize(self, self._values.put, None)
        talk = (method, self._points, self._values)
        threading.Thread(target=_talk, args=talk, name="scipy.optimize", daemon=True).start()

    def point(self) -> Array | None:
        """The next point, to be answered; None if the method has ended; raises what the method raised."""
        said = self._points.get()
        if isinstance(said, BaseException):
            self._points.put(said)  # whoever asks again is told again, rather than waiting forever
            raise said
        return said

    def answer(self, value: float) -> None:
        """The function's value at the last point."""
        self._values.put(value)


class _ClosedError(BaseException):
    """Nobody waits for the method's points any more; not an `Exception`, which a method might catch."""


def _talk(
    method: Callable[[Function], None], points: SimpleQueue[Array | BaseException | None], values: SimpleQueue[Any]
) -> None:
    """The thread's side; it knows the queues only, so that the other side can be let go."""

    def function(z: Array) -> float:
        points.put(np.array(z, float))
        value: float | None = values.get()
        if value is None:
            values.put(None)
            raise _ClosedError
        return value

    try:
        method(function)
        points.put(None)
    except _ClosedError:
        pass
    except BaseException as error:
        points.put(error)
