"""Trials: queries walked in worlds side by side, decision by decision, each billed by its task's rules."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from gait.simulate import Walk, Walker, child
from gait.task import Recording, Task
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]


def walk_trials(
    task: Task, walks: Sequence[Walk], queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence]
) -> list[Trial]:
    """Walk every query in a world of its own, dealt to the walks, each on a thread, and bill it by the task's rules.

    Threads that each step their own worlds beat one batch on all threads: controllers and measures run side by side
    too, and nobody waits for the slowest world at every tick. Compiled code and physics hold no Python lock.
    """
    lanes = max(1, min(len(walks), len(queries)))
    with ThreadPoolExecutor(lanes) as pool:
        dealt = [pool.submit(_walk_in_turn, task, walks[k], queries[k::lanes], seeds[k::lanes]) for k in range(lanes)]
        parts = [lane.result() for lane in dealt]
    return [parts[k % lanes][k // lanes] for k in range(len(queries))]


def _walk_in_turn(
    task: Task, walk: Walk, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence]
) -> list[Trial]:
    """Walk the queries, `walk.n` at a time."""
    trials: list[Trial] = []
    for first in range(0, len(queries), walk.n):
        part = slice(first, first + walk.n)
        trials += _walk_together(task, walk, queries[part], seeds[part])
    return trials


def record_trial(task: Task, walk: Walk, query: Query, seed: np.random.SeedSequence) -> Recording:
    """Walk one query in world 0 and keep its motion, a frame a tick."""
    walk.trace = []
    try:
        (trial,) = _walk_together(task, walk, [query], [seed])
        time, qpos, contacts, kept = zip(*walk.trace, strict=True)
    finally:
        walk.trace = None
    extra = {name: np.array([frame[name] for frame in kept]) for name in kept[0]}
    return Recording(trial, np.array(time), np.array(qpos), np.array(contacts), extra)


class _Steps:
    """Decisions of one world's trial as they come in."""

    def __init__(self) -> None:
        self.actions: list[Array] = []
        self.features: list[Array] = []
        self.rewards: list[float] = []
        self.durations: list[float] = []


def _walk_together(
    task: Task, walk: Walk, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence]
) -> list[Trial]:
    seconds = [task.problem.seconds.check(q.seconds) for q in queries]
    rngs = [np.random.default_rng(child(seed, 1)) for seed in seeds]
    logs = [_Steps() for _ in queries]
    trials: dict[int, Trial] = {}
    ids = np.arange(len(queries))
    walk.stop()
    noise = [np.random.default_rng(child(seed, 0)) for seed in seeds]
    seen = walk.reset(ids, noise, seconds, [q.stop for q in queries])
    while len(trials) < len(queries):
        for i, phi in zip(ids.tolist(), seen, strict=True):
            logs[i].features.append(phi)
            logs[i].actions.append(queries[i].policy.act(phi, rngs[i]))
        steps = walk.advance([logs[i].actions[-1] for i in ids], ids)
        for k, i in enumerate(steps.ids.tolist()):
            logs[i].rewards.append(float(steps.rewards[k]))
            logs[i].durations.append(float(steps.durations[k]))
            ending = steps.endings[k]
            if ending is not None:
                logs[i].features.append(steps.features[k])
                trials[i] = _bill(task, walk.walker, i, queries[i], seconds[i], ending, logs[i])
        on = np.array([e is None for e in steps.endings], bool)
        ids, seen = steps.ids[on], steps.features[on]
    return [trials[i] for i in range(len(queries))]


def _bill(task: Task, walker: Walker, i: int, query: Query, asked: float, ending: Ending, log: _Steps) -> Trial:
    walked = walker.walked(i)
    return Trial(
        query=query.id,
        score=None if ending is Ending.DIVERGED else walker.score(i, ending),
        walked=walked,
        charged=task.charge(walked, ending),
        ending=ending,
        actions=np.array(log.actions),
        features=np.array(log.features),
        rewards=np.array(log.rewards),
        durations=np.array(log.durations),
        asked=asked,
        progress=walker.progress(i),
        measures={} if ending is Ending.DIVERGED else walker.measures(i),
    )
