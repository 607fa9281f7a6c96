"""Events: a run's lines and arrays, to and from plain data; what is read was written by others and is checked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.policy import Policy, read_policy
from gait.task import Beginning, State
from gait.trial import Ending, Query, Stop, Trial

Event = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
STEP_ARRAYS = ("actions", "features", "rewards", "durations", "progress")
STATE, SEARCHER = "state.", "optimizer."
"""What the names of a carried state's arrays, and of an optimizer's, begin with, beside those of the trials."""


@dataclass(frozen=True)
class Batch:
    """One batch as it was logged."""

    number: int
    line: int
    """Line of its first event in events.jsonl, from 1."""
    queries: list[Query]
    trials: list[Trial]
    clock: float
    """Charged seconds when it was done."""
    recommended: Policy
    state: State
    """What the next batch starts from; None where each trial starts afresh."""
    searcher: State = None
    """What the optimizer went on from; None if it is replayed."""


def begin_event(begun: Beginning, digest: str) -> Event:
    """What a run started from: what was measured on the way, how long it took, the digest of the state."""
    return {"event": "begin", "state": digest, "measured": dict(begun.measured), "walked": begun.walked}


def read_begin(event: Event, arrays: Arrays) -> Beginning:
    """What `begin_event` wrote, and the state kept beside it."""
    return Beginning(unpack_state(arrays), read_measured(event), float(event["walked"]))


def read_measured(event: Event) -> dict[str, float | None]:
    """What was measured at the beginning."""
    return {str(name): None if v is None else float(v) for name, v in dict(event["measured"]).items()}


def batch_events(
    number: int, queries: Sequence[Query], trials: Sequence[Trial], clock: float, digest: str, recommended: Policy
) -> list[Event]:
    """What was asked and told in a batch, and the event that closes it, with the digest of its arrays."""
    end = {"event": "batch", "batch": number, "clock": clock, "arrays": digest, "recommended": recommended.describe()}
    return [*(_ask(number, q) for q in queries), *(_tell(t) for t in trials), end]


def read_batch(
    line: int, asks: Sequence[Event], tells: Sequence[Event], end: Event, arrays: Arrays, carried: Set[str]
) -> Batch:
    """What `batch_events` wrote, and the arrays kept beside it; `carried` names those of the run's state."""
    queries = [_read_ask(a) for a in asks]
    if [int(t["id"]) for t in tells] != [q.id for q in queries]:
        raise ValueError("asks and tells don't match")
    trials = [_read_tell(t, part) for t, part in zip(tells, unpack_trials(arrays, len(tells)), strict=True)]
    state = unpack_state(arrays)
    if state.keys() != carried:
        known, found = (", ".join(sorted(names)) or "nothing" for names in (carried, state))
        raise ValueError(f"the run began with {known} to carry on, the batch ends with {found}")
    clock, recommended = float(end["clock"]), read_policy(end["recommended"])
    searcher = unpack_state(arrays, SEARCHER)
    return Batch(int(end["batch"]), line, queries, trials, clock, recommended, state or None, searcher or None)


def _ask(number: int, query: Query) -> Event:
    event = {"event": "ask", "batch": number, "id": query.id, "policy": query.policy.describe(),
             "seconds": query.seconds, "seed": query.seed}  # fmt: skip
    return event | ({"stop": {"grace": s.grace, "bar": list(s.bar)}} if (s := query.stop) else {})


def _read_ask(event: Event) -> Query:
    stop = event.get("stop")
    rule = None if stop is None else Stop(int(stop["grace"]), tuple(float(v) for v in stop["bar"]))
    return Query(int(event["id"]), read_policy(event["policy"]), event["seconds"], event["seed"], rule)


def _tell(trial: Trial) -> Event:
    event = {"event": "tell", "id": trial.query, "score": trial.score, "walked": trial.walked,
             "charged": trial.charged, "asked": trial.asked, "ending": str(trial.ending),
             "measures": trial.measures}  # fmt: skip
    return event | ({"truth": trial.truth} if trial.truth else {})


def _read_tell(event: Event, arrays: Arrays) -> Trial:
    score = event["score"]
    return Trial(
        query=int(event["id"]), score=None if score is None else float(score), walked=float(event["walked"]),
        charged=float(event["charged"]), ending=Ending(event["ending"]), asked=float(event["asked"]),
        measures=dict(event["measures"]), truth=dict(event.get("truth", {})), **arrays,
    )  # fmt: skip


def pack_trials(trials: Sequence[Trial]) -> Arrays:
    """The trials' arrays, end to end, and the length of each."""
    packed = {}
    for name in STEP_ARRAYS:
        parts = [getattr(t, name) for t in trials]
        packed[name] = np.concatenate(parts)
        packed[f"{name}_n"] = np.array([len(p) for p in parts], float)
    return packed


def unpack_trials(arrays: Arrays, n: int) -> list[Arrays]:
    """The arrays of each of n trials; `ValueError` if they are of another number."""
    parts: list[Arrays] = [{} for _ in range(n)]
    for name in STEP_ARRAYS:
        counts = arrays[f"{name}_n"].astype(int)
        if len(counts) != n or counts.sum() != len(arrays[name]):
            raise ValueError(f"array {name!r} is for {len(counts)} trials, not {n}")
        for part, values in zip(parts, np.split(arrays[name], np.cumsum(counts)[:-1]), strict=True):
            part[name] = values
    return parts


def pack_state(state: State, whose: str = STATE) -> Arrays:
    """The arrays of a carried state, or an optimizer's, as they are; none if nothing is carried.

    Raises:
      TypeError: one is of something other than numbers: only a pickle would hold it.
    """
    packed = {f"{whose}{name}": np.asarray(a) for name, a in (state or {}).items()}
    for name, a in packed.items():
        if a.dtype.kind not in "biuf":
            raise TypeError(f"{name} must be an array of numbers, got {a.dtype}")
    return packed


def unpack_state(arrays: Arrays, whose: str = STATE) -> dict[str, NDArray[Any]]:
    """What `pack_state` packed; empty if nothing is carried."""
    return {name.removeprefix(whose): a for name, a in arrays.items() if name.startswith(whose)}


def digest_of(arrays: Arrays) -> str:
    """A checksum of arrays with their names, types and shapes."""
    crc = 0
    for name in sorted(arrays):
        a = np.asarray(arrays[name], order="C")
        crc = zlib.crc32(a.tobytes(), zlib.crc32(f"{name} {a.dtype} {a.shape}".encode(), crc))
    return f"{crc:08x}"
