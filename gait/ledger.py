"""Ledger: a run directory. The manifest, the append-only events, the arrays beside them.

    run.json          manifest: versions, task, space, optimizer, settings, seed, budget
    events.jsonl      one line an event, no wall times: asks, tells, and a `batch` line that closes each batch
                      (and first of all a `begin` line, where a world's state is carried from batch to batch)
    arrays/000012.npz actions, features, rewards, durations and progress of the trials of batch 12; the state after it,
                      and that of an optimizer that keeps one
    arrays/begin.npz  the state that the first batch started from
    validation.jsonl  held-out scores, a line a policy; a cache, not on the bill
    wall.jsonl        wall time of each batch
    result.json       what came out; can be made again from the above
    policy.npz        weights of the recommended policy, if it answers to what is seen
    recorded/         one validated trial each of start, recommendation and reference, to be drawn

A batch is written whole when it has been walked, and counts once its `batch` line is complete; whatever
follows the last one was in flight when the run was killed. Everything is data: JSON and plain arrays, nothing
is executed.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from gait.durations import show_duration
from gait.errors import UsageError
from gait.events import (
    SEARCHER,
    Batch,
    batch_events,
    begin_event,
    digest_of,
    pack_state,
    pack_trials,
    read_batch,
    read_begin,
)
from gait.files import append_lines, drop_torn_line, read_lines, read_npz, write_json, write_npz
from gait.policy import Policy, read_policy
from gait.run_files import SCHEMA, read_manifest
from gait.task import Beginning, State
from gait.trial import Query, Trial

BEGIN = Path("arrays", "begin.npz")
BROKEN = (KeyError, TypeError, ValueError, OverflowError)
"""What is raised by reading an event that is not what it should be."""


class Ledger:
    """A run directory held open by this process; nobody else can write it meanwhile."""

    def __init__(self, path: Path, manifest: dict[str, Any], lock: IO[str]) -> None:
        self.path, self.manifest, self._lock = path, manifest, lock
        self.events = path / "events.jsonl"
        self.warnings: list[str] = []

    @classmethod
    def create(cls, path: Path, manifest: dict[str, Any]) -> Ledger:
        """A new run directory.

        Raises:
          UsageError: it exists already, or can't be written.
        """
        try:
            _refuse_taken(path)
            (path / "arrays").mkdir(parents=True, exist_ok=True)
            lock = _lock(path)
            _refuse_taken(path)  # nobody made a run here before it was locked
            (path / "events.jsonl").touch()
            write_json(path / "run.json", {"schema": SCHEMA, **manifest})  # the last: from here on it's a run
        except OSError as error:
            raise UsageError(f"{path} can't be written: {error.strerror or error}.") from None
        return cls(path, manifest, lock)

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """An existing run directory, to go on with; a batch that was in flight is dropped, with a warning.

        Raises:
          UsageError: it is no run, or broken, or another process writes it.
        """
        read_manifest(path)  # refused before a lock file is made in what is no run
        try:
            lock = _lock(path)
            try:
                ledger = cls(path, read_manifest(path), lock)  # as it is now that nobody else can extend it
                ledger._drop_tail()
            except BaseException:
                lock.close()
                raise
        except OSError as error:
            what = f"{error.filename or path} can't be written: {error.strerror or error}"
            raise UsageError(f"{what}.") from None
        return ledger

    def close(self) -> None:
        """Let other processes write."""
        self._lock.close()

    def set_manifest(self, **changes: Any) -> None:
        """Change entries of the manifest (a budget that is extended)."""
        self.manifest.update(changes)
        write_json(self.path / "run.json", {"schema": SCHEMA, **self.manifest})

    def begin(self, begun: Beginning) -> None:
        """Write what the run starts from: the state first, then its event, on disk when this returns."""
        arrays = pack_state(begun.state)
        write_npz(self.path / BEGIN, arrays)
        append_lines(self.events, [begin_event(begun, digest_of(arrays))])

    def append(
        self,
        number: int,
        queries: Sequence[Query],
        trials: Sequence[Trial],
        clock: float,
        recommended: Policy,
        state: State = None,
        searcher: State = None,
    ) -> None:
        """Write a batch: arrays first, then all of its events at once, on disk when this returns."""
        arrays = pack_trials(trials) | pack_state(state) | pack_state(searcher, SEARCHER)
        write_npz(self._arrays(number), arrays)
        append_lines(self.events, batch_events(number, queries, trials, clock, digest_of(arrays), recommended))

    def beginning(self) -> Beginning:
        """What the run started from; without a state if it has none, or has not started.

        Raises:
          UsageError: the line is not what it should be, or the state doesn't belong to it.
        """
        number, event = next(read_lines(self.events), (0, {}))
        if event.get("event") != "begin":
            return Beginning()
        try:
            return read_begin(event, _read_arrays(self.path / BEGIN, event["state"]))
        except BROKEN as error:
            raise UsageError(f"{self.events} line {number} is no beginning of a run: {_told(error)}.") from None

    def batches(self) -> Iterator[Batch]:
        """The batches logged, one at a time.

        Raises:
          UsageError: a line is not what it should be, or the arrays don't belong to it.
        """
        asks: list[dict[str, Any]] = []
        tells: list[dict[str, Any]] = []
        first = 1
        carried = set(self.beginning().state or {})
        for number, event in read_lines(self.events):
            kind = event.get("event")
            if kind == "begin" and number == 1:
                first = 2
            elif kind == "ask":
                asks.append(event)
            elif kind == "tell":
                tells.append(event)
            elif kind == "batch":
                try:
                    arrays = _read_arrays(self._arrays(int(event["batch"])), event["arrays"])
                    yield read_batch(first, asks, tells, event, arrays, carried)
                except BROKEN as error:
                    lines = f"{self.events} lines {first}–{number}"
                    raise UsageError(f"{lines} are no batch of a run: {_told(error)}.") from None
                asks, tells, first = [], [], number + 1
            else:
                what = "a run begins once" if kind == "begin" else f"unknown event {kind!r}"
                raise UsageError(f"{self.events} line {number}: {what}.")

    def _arrays(self, number: int) -> Path:
        return self.path / "arrays" / f"{number:06d}.npz"

    def _drop_tail(self) -> None:
        """Cut what follows the last whole batch, if it's the start of one, and torn lines elsewhere."""
        keep = kept = last = total = 0
        with self.events.open("rb") as file:
            for number, line in enumerate(file, 1):
                total += len(line)
                if number == 1 and line.startswith(b'{"event": "begin"') and line.endswith(b"}\n"):
                    keep, last = total, number
                elif line.startswith(b'{"event": "batch"') and line.endswith(b"}\n"):
                    keep, kept, last = total, kept + 1, number
        if keep < total:
            for number, event in read_lines(self.events, torn=True):
                if number > last and event.get("event") not in ("ask", "tell"):
                    raise UsageError(f"{self.events} line {number} is corrupt: neither an ask nor a tell.")
            with self.events.open("r+b") as file:
                file.truncate(keep)
            self.warnings.append(
                f"{self.events}: {total - keep} bytes after {kept} batches were in flight when the run "
                "stopped; dropped."
            )
        for name in ("validation.jsonl", "wall.jsonl"):
            drop_torn_line(self.path / name)


def recommendations(path: Path) -> Iterator[tuple[float, Policy]]:
    """Clock and recommendation after each batch of the run in this directory."""
    for _, event in read_lines(path / "events.jsonl", torn=True):
        if event.get("event") == "batch":
            yield float(event["clock"]), read_policy(event["recommended"])


def _read_arrays(file: Path, digest: object) -> dict[str, Any]:
    arrays = read_npz(file)
    if digest_of(arrays) != digest:
        raise ValueError(f"{file.name} is not the file that was written with it")
    return arrays


def _told(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _refuse_taken(path: Path) -> None:
    """Refuse a place where something is; what a run killed before it had a manifest leaves is nothing."""
    if (path / "run.json").exists():
        raise UsageError(f"{path} exists{_progress_of(path)}. Choose another --out, or: gait resume {path}")
    if not path.exists():
        return
    left = {"arrays", "lock", "events.jsonl", "run.part"}
    ours = path.is_dir() and {p.name for p in path.iterdir()} <= left
    if not ours or any((path / "arrays").glob("*")) or any(read_lines(path / "events.jsonl")):
        raise UsageError(f"{path} exists and is no run. Choose another --out.")


def _progress_of(path: Path) -> str:
    """How far the run in this directory is, for a message."""
    try:
        clock = max((c for c, _ in recommendations(path)), default=0.0)
        budget = float(read_manifest(path)["budget"])
    except (UsageError, OSError, KeyError, TypeError, ValueError):
        return ""
    return f" ({show_duration(clock)} of {show_duration(budget)} spent)"


def _lock(path: Path) -> IO[str]:
    file = (path / "lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UsageError(f"{path} is being written by another process; wait for it, or stop it.") from None
    return file
