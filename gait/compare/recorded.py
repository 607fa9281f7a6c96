"""What runs have recorded: every trial's measures, scored anew or weighed against each other. Nothing is walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError, unknown_name
from gait.files import read_lines
from gait.objective import Objective
from gait.policy import GaussianNetwork, Network, Policy, read_policy
from gait.run_files import read_manifest
from gait.space import Parameter, Space

Array = NDArray[np.float64]

GOOD = {"speed": 1.0, "duty_factor": 1.0, "stride_frequency": 1.0}
"""Measures of which more is better; of all others less is."""


@dataclass(frozen=True)
class Recorded:
    """A completed trial that some run has in its ledger."""

    run: str
    id: int
    measures: Mapping[str, float | None]
    parameters: Mapping[str, float]
    """What its policy is centred on, in units."""


def recorded_trials(paths: Sequence[Path]) -> list[Recorded]:
    """All completed trials of some runs, in the order they were walked.

    Raises:
      UsageError: a directory is no run or broken, or the runs are of different tasks.
    """
    manifests = [read_manifest(path) for path in paths]
    tasks = {(m["task"], m["task_version"]) for m in manifests}
    if len(tasks) > 1:
        said = ", ".join(sorted(f"{name} {version}" for name, version in tasks))
        raise UsageError(f"runs of different tasks or versions can't be put together: {said}.")
    return [t for path, m in zip(paths, manifests, strict=True) for t in _of_run(path, m)]


def _of_run(path: Path, manifest: Mapping[str, Any]) -> Iterator[Recorded]:
    space = Space([Parameter(**p) for p in manifest["space"]])
    asked: dict[int, Mapping[str, float]] = {}
    for number, event in read_lines(path / "events.jsonl", torn=True):
        try:
            if event["event"] == "ask":
                asked[int(event["id"])] = space.named(_centre(read_policy(event["policy"])))
            elif event["event"] == "tell" and event["ending"] == "completed":
                yield Recorded(str(path), int(event["id"]), dict(event["measures"]), asked[int(event["id"])])
        except (KeyError, TypeError, ValueError):
            raise UsageError(f"{path / 'events.jsonl'} line {number} is no event of a run.") from None


def _centre(policy: Policy) -> Array:
    """The point (d,) of the cube a policy is about; of a network, its answer at rest, where all it sees is 0."""
    if isinstance(policy, (Network, GaussianNetwork)):
        network = policy if isinstance(policy, Network) else policy.network
        return network.act(np.zeros(network.layers[0][0].shape[1]), np.random.default_rng(0))
    arrays = policy.arrays()
    return arrays["x"] if "x" in arrays else arrays["mean"]


def rescore(trials: Sequence[Recorded], objective: Objective, top: int = 5) -> list[tuple[float, Recorded]]:
    """The best trials by another objective, best first: noisy readings, to be tried again before they're believed."""
    scored = [(objective.score(t.measures), t) for t in trials]
    return sorted(scored, key=lambda pair: -pair[0])[:top]


def non_dominated(points: Array) -> NDArray[np.bool_]:
    """(n,) whether no other point of (n, k) is at least as good in all and better in one; more is better."""
    order = np.lexsort(-points.T[::-1])
    keep = np.zeros(len(points), bool)
    front: list[int] = []
    for i in order:
        better = [j for j in front if (points[j] >= points[i]).all() and (points[j] > points[i]).any()]
        if not better:
            keep[i] = True
            front.append(int(i))
    return keep


def front(trials: Sequence[Recorded], names: tuple[str, str]) -> tuple[Array, NDArray[np.bool_], list[Recorded]]:
    """Two measures (n, 2) of the trials that have both, which of them nobody beats in both, and those trials.

    Raises:
      UsageError: a measure is unknown, or no trial has both.
    """
    known = sorted({name for t in trials for name in t.measures})
    for name in names:
        if name not in known:
            raise UsageError(unknown_name("measure", name, known))
    have = [t for t in trials if all(t.measures.get(n) is not None for n in names)]
    if not have:
        raise UsageError(f"no completed trial has both {names[0]} and {names[1]}.")
    values = np.array([[float(t.measures[n] or 0.0) for n in names] for t in have])
    signs = np.array([GOOD.get(n, -1.0) for n in names])
    return values, non_dominated(values * signs), have
