"""Walk: batched worlds on `mujoco.batch`; the only place in the package that advances physics.

Each world ends its strides and its trial on its own clock. A world that fell or finished leaves the batch, so that
its physics is no longer paid for. What a trial does depends on its query and its seed alone: results are the same
at any number of threads and for any split into batches.
"""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError
from numpy.typing import NDArray

from gait.compiled import INTEGER, compiled, library_function
from gait.trial import Ending, Stop

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.uint8]


class Flag(IntEnum):
    """What a world wants after a tick."""

    WALKING = 0
    DECIDE = 1
    COMPLETED = 2
    FELL = 3
    DIVERGED = 4
    STOPPED = 5


COMPLETED, FELL, DIVERGED = int(Flag.COMPLETED), int(Flag.FELL), int(Flag.DIVERGED)
"""For compiled code."""
ENDINGS = {Flag.COMPLETED: Ending.COMPLETED, Flag.FELL: Ending.FELL, Flag.DIVERGED: Ending.DIVERGED,
           Flag.STOPPED: Ending.STOPPED}  # fmt: skip


_LIBRARY = glob.glob(os.path.join(os.path.dirname(mujoco.__file__), "libmujoco.*"))[0]
mj_step = library_function(_LIBRARY, "mj_step", INTEGER, INTEGER)


class Bench(NamedTuple):
    """Worlds that compiled code steps itself, for walkers that compute torques at every physics step.

    Addresses (n,) of each world's model, data, and of arrays of its data. Through `mujoco.batch` a step is a call
    from Python, 0.87 of this loop's speed before a reflex is asked (benchmarks/human.py).
    """

    model: Ints
    data: Ints
    qpos: Ints
    qvel: Ints
    applied: Ints
    sensors: Ints


def make_bench(models: Sequence[Any], datas: Sequence[Any]) -> Bench:
    """The addresses of these worlds; whoever asks keeps models and datas alive."""
    arrays = ("qpos", "qvel", "qfrc_applied", "sensordata")
    rows = [[getattr(d, a).ctypes.data for d in datas] for a in arrays]
    return Bench(*(np.array(r, np.int64) for r in ([m._address for m in models], [d._address for d in datas], *rows)))


@compiled
def step_world(bench: Bench, i: int) -> None:
    """One physics step of world i."""
    mj_step(bench.model[i], bench.data[i])


class Walker(Protocol):
    """What a task teaches its worlds; arrays have a leading world axis (n, ...), rows `ids` are meant.

    `command` and `measure` are called every tick and are compiled; the others are called once a trial or decision.
    """

    model: mujoco.MjModel
    steps: int
    """Physics steps a tick."""
    record: tuple[str, ...]
    """Fields of MjData that `measure` wants after every physics step."""
    tick: float
    """Seconds a tick."""
    flags: Flags
    """(n,) what each world wants: values of `Flag`."""
    contacts: NDArray[np.bool_]
    """(n, feet) whether each foot is on the ground."""

    def attach(self, batch: Batch) -> None:
        """Bind to the arrays of a batch of n worlds."""

    def begin(self, i: int, rng: np.random.Generator, seconds: float, stop: Stop | None) -> None:
        """Prepare world `i` for a trial of so many seconds, or until the stop rule ends it: draw its noise."""

    def place(self, i: int, action: Array) -> None:
        """Stand world `i` up, ready to walk with its first action."""

    def act(self, ids: Ints, actions: Array) -> None:
        """Walk with these actions (k, d) from now on."""

    def command(self, ids: Ints) -> None:
        """Write the controls of the next tick."""

    def measure(self, ids: Ints, records: Mapping[str, Array]) -> int:
        """Measure after a tick, set `flags`; the number of worlds whose flag is set.

        `records` holds each field of `record` as (k, steps, ...), k being the worlds `ids`. A world that blew up
        or raised is known by its clock, which is not where it should be.
        """

    def features(self, ids: Ints) -> Array:
        """(k, f) what a policy sees."""

    def decision(self, ids: Ints) -> tuple[Array, Array]:
        """Rewards (k,) and durations (k,) of the decisions that end now; the next ones begin."""

    def walked(self, i: int) -> float:
        """Seconds world `i` was simulated in this trial."""

    def score(self, i: int, ending: Ending) -> float:
        """Score of the trial that ended so."""

    def progress(self, i: int) -> Array:
        """Running score at each whole second walked."""

    def measures(self, i: int) -> dict[str, float | None]:
        """Measures of the trial, SI."""

    def frame(self, records: Mapping[str, Array]) -> dict[str, Array]:
        """What is kept of world 0's last tick beside its positions, when a trial is recorded; `records` is its own."""


@dataclass(frozen=True)
class Steps:
    """Worlds whose decision ended, and how."""

    ids: Ints
    """(k,) the worlds."""
    features: Array
    """(k, f) what the policy sees now."""
    rewards: Array
    """(k,) what the decision brought."""
    durations: Array
    """(k,) seconds it lasted."""
    endings: tuple[Ending | None, ...]
    """(k,) how the trial ended, None where it goes on."""


class Walk:
    """Worlds under way. `reset` some, then `advance` with actions until every world has ended its trial.

    Args:
      walker: what a world is; its arrays are sized to n.
      n: number of worlds.
      threads: physics threads; 0 is one a core.
    """

    def __init__(self, walker: Walker, n: int, threads: int = 1) -> None:
        silence_mujoco()
        self.walker, self.n = walker, n
        self.batch = Batch(walker.model, n, threads)
        walker.attach(self.batch)
        self._records = batch_records(self.batch, walker.record, walker.steps)
        self._fresh = np.zeros(n, bool)
        self._active = np.zeros(n, bool)
        self.trace: list[tuple[float, Array, NDArray[np.bool_], dict[str, Array]]] | None = None
        """Time, positions, contacts and more of world 0 after each tick; None: not kept."""

    def stop(self) -> None:
        """End whatever is under way (a trial that was interrupted): the worlds wait for a reset."""
        self._active[:] = self._fresh[:] = False

    def reset(
        self, ids: Ints, rngs: Sequence[np.random.Generator], seconds: Sequence[float],
        stops: Sequence[Stop | None] | None = None,
    ) -> Array:  # fmt: skip
        """Begin new trials in the worlds `ids`; features (k, f) before the first decision (all zero: at rest)."""
        self.batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        for i, rng, s, stop in zip(ids, rngs, seconds, stops or [None] * len(ids), strict=True):
            self.walker.begin(int(i), rng, s, stop)
        self.batch.set_const(ids)
        self._fresh[ids], self._active[ids] = True, False
        return np.zeros_like(self.walker.features(ids))

    def advance(self, actions: Sequence[Array] | Array, ids: Ints) -> Steps:
        """Act in the worlds `ids` (k,) with `actions` (k, d), and walk until some world's decision ends.

        Worlds under way that are not in `ids` walk on. At least one world is in the answer.
        """
        self._act(actions, ids)
        active = np.flatnonzero(self._active)
        if not len(active):
            raise RuntimeError("no world is under way: reset some, and give each its first action")
        return self._ended(self._tick_until_flagged(active))

    def advance_all(self, actions: Sequence[Array] | Array, ids: Ints) -> Steps:
        """Act in the worlds `ids` (k,) with `actions` (k, d), and walk these alone until each one's decision ended.

        The answer is of all of them, in their order; worlds under way that are not in `ids` stay as they are.
        """
        self._act(actions, ids)
        left = ids
        while len(left):
            self._tick_until_flagged(left)
            left = left[self.walker.flags[left] == Flag.WALKING]
        return self._ended(ids)

    def _act(self, actions: Sequence[Array] | Array, ids: Ints) -> None:
        if len(actions) != len(ids):
            raise ValueError(f"{len(actions)} actions for {len(ids)} worlds")
        if not len(ids):
            return
        for k in np.flatnonzero(self._fresh[ids]).tolist():
            self.walker.place(int(ids[k]), actions[k])
            self._fresh[ids[k]], self._active[ids[k]] = False, True
        self.walker.act(ids, np.asarray(actions))

    def _ended(self, done: Ints) -> Steps:
        """The worlds whose decision ended; the next ones begin."""
        ended = self.walker.flags[done] >= Flag.COMPLETED
        self._active[done[ended]] = False
        features = self.walker.features(done)
        rewards, durations = self.walker.decision(done)
        endings: list[Ending | None] = [None] * len(done)
        for k in np.flatnonzero(ended).tolist():
            endings[k] = ENDINGS[Flag(self.walker.flags[done[k]])]
        return Steps(done, features, rewards, durations, tuple(endings))

    def _tick_until_flagged(self, active: Ints) -> Ints:
        walker, batch = self.walker, self.batch
        rows = None if len(active) == self.n else active
        records = {name: buffer[: len(active)] for name, buffer in self._records.items()}
        while True:
            walker.command(active)
            # a world that raised keeps its state: `measure` sees that its clock stood still
            with contextlib.suppress(SimulationError):
                batch.rollout(walker.steps, record=walker.record, ids=rows, out=records)
            flagged = walker.measure(active, records)
            if self.trace is not None:
                kept = walker.frame({name: rows[0] for name, rows in records.items()})
                self.trace.append((float(batch.time[0]), batch.qpos[0].copy(), walker.contacts[0].copy(), kept))
            if flagged:
                done: Ints = active[walker.flags[active] != Flag.WALKING]
                return done


def batch_records(batch: Batch, fields: Sequence[str], steps: int) -> dict[str, Array]:
    """Buffers (n, steps, ...) for fields that are recorded at every physics step."""
    data = mujoco.MjData(batch.model)
    return {name: np.empty((batch.nsim, steps, *getattr(data, name).shape)) for name in fields}


def hold(model: mujoco.MjModel, qpos: Array, seconds: float, command: Callable[[mujoco.MjData], None]) -> Array:
    """Let one world go from rest at qpos (nq,) and command it before every physics step; its qpos (steps + 1, nq).

    This is a check of a model, off any bill. From where the world blows up, positions are NaN.
    """
    silence_mujoco()
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    path = np.full((max(1, round(seconds / model.opt.timestep)) + 1, model.nq), np.nan)
    path[0] = qpos
    for k in range(1, len(path)):
        command(data)
        mujoco.mj_step(model, data)
        if data.time < (k - 0.5) * model.opt.timestep:  # MuJoCo reset a world that blew up
            break
        path[k] = data.qpos
    return path


def child(seed: np.random.SeedSequence, k: int) -> np.random.SeedSequence:
    """Child `k` of a seed; unlike `spawn`, the same at every call."""
    return np.random.SeedSequence(entropy=seed.entropy, spawn_key=(*seed.spawn_key, k))


def silence_mujoco() -> None:
    """Keep MuJoCo from writing MUJOCO_LOG.TXT into the user's folder when a world diverges (that is one bad trial).

    A handler that the user installed stays.
    """
    if mujoco.get_mju_user_warning() is None:
        mujoco.set_mju_user_warning(lambda message: None)
