"""Ray: runs on the cores of a Ray cluster (extra `ray`). Losing a node costs its runs the batch in flight.

A run writes its directory where the cluster sees the experiment's; a machine that doesn't see it walks the run in a
directory of its own, from its beginning, and sends the files.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
import uuid
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gait.compare.executors.events import DAY, RETRIES, Again, Began, Ended, Event, Job, lost
from gait.compare.executors.worker import ONE_CORE
from gait.errors import UsageError

Files = dict[str, bytes]
Answer = tuple[Exception | None, Files]
PAUSE = 3.0
"""Wall seconds before a lost run is gone on with: its worker may live a moment longer than its node."""
POLL = 1.0
"""Wall seconds between looks at deadlines."""


@dataclass(frozen=True)
class Ray:
    """Walks on a Ray cluster.

    Raises:
      UsageError: Ray isn't installed, or there is no cluster at the address.
    """

    address: str | None = None
    """None starts Ray on this machine; `auto` finds the cluster that this machine is part of."""
    jobs: int | None = None
    """Runs at a time; None is one a core of the cluster."""
    timeout: float = DAY
    """Wall seconds a job may take."""

    def __post_init__(self) -> None:
        try:
            import ray  # noqa: F401
        except ImportError:
            raise UsageError("--executor ray needs Ray: pip install 'gaitopt[ray]'.") from None

    def walk(self, jobs: Sequence[Job]) -> Generator[Event, None, None]:
        """Walk them all; closing the iterator ends those under way, and Ray if it was started here."""
        if not jobs:
            return
        folder = Path(os.path.commonpath([job.place.resolve().parent for job in jobs]))
        token = folder / f".seen-{uuid.uuid4().hex}"
        with closing(_Cluster(self.address, self.timeout, token)) as cluster:
            waiting = [(index, 0) for index in range(len(jobs))]
            while waiting or cluster.busy:
                while waiting and len(cluster.busy) < (self.jobs or cluster.cores):
                    index, tries = waiting.pop(0)
                    cluster.give(index, tries, jobs[index])
                    yield Began(index)
                for index, tries, answer in cluster.answers():
                    if not isinstance(answer, str):
                        error, files = answer
                        _keep(jobs[index].place, files)
                        yield Ended(index, error=error)
                    elif tries < RETRIES:
                        waiting.insert(0, (index, tries + 1))
                        yield Again(index, answer)
                    else:
                        yield Ended(index, error=lost(answer, tries + 1))


class _Cluster:
    """A connection to Ray, and the runs that are on it."""

    def __init__(self, address: str | None, timeout: float, token: Path) -> None:
        import ray

        self.ray, self.timeout, self.token = ray, timeout, token
        self.busy: dict[Any, tuple[int, int, float]] = {}
        self.ours = not ray.is_initialized()
        if self.ours:
            _check_there(address)
            own = {} if address else {"include_dashboard": False}
            try:
                ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **own)
            except (ConnectionError, RuntimeError, ValueError) as error:
                where = f"ray:{address}" if address else "ray"
                raise UsageError(f"--executor {where}: no cluster there ({error}).") from None
        one_core = {"env_vars": dict.fromkeys(ONE_CORE, "1")}
        self.remote = ray.remote(_walk).options(num_cpus=1, max_retries=0, runtime_env=one_core)
        token.parent.mkdir(parents=True, exist_ok=True)
        token.touch()

    @property
    def cores(self) -> int:
        return max(1, int(self.ray.cluster_resources().get("CPU", 1)))

    def give(self, index: int, tries: int, job: Job) -> None:
        ref = self.remote.remote(job.at(job.place.resolve()), Path.cwd(), self.token, PAUSE if tries else 0.0)
        self.busy[ref] = index, tries, time.monotonic() + self.timeout

    def answers(self) -> list[tuple[int, int, Answer | str]]:
        """Wait for some; an answer in words is why there is none."""
        ready, _ = self.ray.wait(list(self.busy), num_returns=1, timeout=POLL)
        found: list[tuple[int, int, Answer | str]] = []
        for ref, (index, tries, deadline) in list(self.busy.items()):
            if ref in ready:
                try:
                    found.append((index, tries, self.ray.get(ref)))
                except self.ray.exceptions.RayError as error:  # what the run raises comes as an answer
                    found.append((index, tries, f"its worker was lost ({type(error).__name__})"))
            elif time.monotonic() >= deadline:
                self.ray.cancel(ref, force=True)
                found.append((index, tries, f"it took longer than {self.timeout:g} s"))
            else:
                continue
            del self.busy[ref]
        return found

    def close(self) -> None:
        for ref in self.busy:
            self.ray.cancel(ref, force=True)
        self.token.unlink(missing_ok=True)
        if self.ours:
            self.ray.shutdown()


def _check_there(address: str | None) -> None:
    """Refuse HOST:PORT where nothing listens: Ray itself would wait for it for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
        except (OSError, OverflowError) as error:
            raise UsageError(f"--executor ray:{address}: no cluster there ({error}).") from None


def _walk(job: Job, folder: Path, token: Path, pause: float) -> Answer:
    """On the cluster: walk a run where it belongs if that's seen from here, else apart; what went wrong, the files."""
    time.sleep(pause)
    try:
        if folder.is_dir():
            os.chdir(folder)  # fields may name files from there
        if token.exists():
            job()
            return None, {}
        with tempfile.TemporaryDirectory() as apart:
            place = Path(apart) / "run"
            job.at(place)()
            return None, {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}
    except Exception as error:
        return error, {}


def _keep(place: Path, files: Files) -> None:
    """Write the files of a run that was walked apart, the result last: with it, a run counts as finished."""
    for name in sorted(files, key=lambda name: (name == "result.json", name)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(files[name])
