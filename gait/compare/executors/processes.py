"""Processes: a supervisor of workers over pipes. A worker that dies or hangs is replaced and its job begun again.

The jobs' memory is on disk, so that a job begun again goes on where it stopped, with the same seed.
"""

from __future__ import annotations

import pickle
import signal
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import Any, NoReturn

from gait.compare.executors.events import DAY, RETRIES, Again, Began, Ended, Event, Job, Task, lost
from gait.compare.executors.worker import Died, Worker

GRACE = 10.0
"""Wall seconds that workers have to finish the batch in flight when all is to end."""
LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Processes:
    """Walks so many jobs at a time, each in a process with one thread."""

    jobs: int
    timeout: float = DAY
    """Wall seconds a job may take."""

    def walk(self, jobs: Sequence[Job]) -> Generator[Event, None, None]:
        """Walk them all; see `supervise`."""
        return supervise(jobs, self.jobs, timeout=self.timeout)


def results(tasks: Iterable[Task[Any]], jobs: int) -> Iterator[tuple[int, Any, Exception | None]]:
    """Index, value and error of each task once it's done with; see `supervise`."""
    with closing(supervise(tasks, jobs)) as events:
        for event in events:
            if isinstance(event, Ended):
                yield event.index, event.value, event.error


def supervise(
    tasks: Iterable[Task[Any]], jobs: int, *, timeout: float = DAY, retries: int = RETRIES
) -> Generator[Event, None, None]:
    """Call tasks in spawned processes, so many at a time, and tell what came of each.

    Args:
      tasks: picklable; each is taken when a worker is free for it, so that the giver can stop giving.
      jobs: workers, each with one thread.
      timeout: wall seconds a task may take before its worker is killed.
      retries: how often a task is begun again whose worker died or was killed.

    Closing the iterator, an interrupt and SIGTERM let the workers finish the batch in flight, then end them. A worker
    whose parent is gone ends by itself.
    """
    with _ended_by_sigterm(), closing(_Crew(jobs, timeout)) as crew:
        fresh = (_Ticket(k, pickle.dumps(task)) for k, task in enumerate(tasks))
        again: list[_Ticket] = []
        while True:
            while crew.free and (ticket := again.pop(0) if again else next(fresh, None)):
                crew.give(ticket)
                yield Began(ticket.index)
            if not crew.busy:
                return
            for ticket, answer in crew.answers():
                if not isinstance(answer, str):
                    yield Ended(ticket.index, *answer)
                elif ticket.tries < retries:
                    again.append(replace(ticket, tries=ticket.tries + 1))
                    yield Again(ticket.index, answer)
                else:
                    yield Ended(ticket.index, error=lost(answer, ticket.tries + 1))


@dataclass(frozen=True)
class _Ticket:
    """A task and how often it was begun again."""

    index: int
    data: bytes
    tries: int = 0


class _Crew:
    """Workers: those with a ticket and a deadline, and those that rest."""

    def __init__(self, most: int, timeout: float) -> None:
        self.most, self.timeout = most, timeout
        self.busy: dict[Worker, tuple[_Ticket, float]] = {}
        self.resting: list[Worker] = []

    @property
    def free(self) -> bool:
        return len(self.busy) < self.most

    def give(self, ticket: _Ticket) -> None:
        worker = self.resting.pop() if self.resting else Worker()
        self.busy[worker] = ticket, time.monotonic() + self.timeout
        worker.give(ticket.data)

    def answers(self) -> list[tuple[_Ticket, tuple[Any, Exception | None] | str]]:
        """Wait for some; an answer in words is why there is none."""
        left = min(deadline for _, deadline in self.busy.values()) - time.monotonic()
        ready = wait([worker.pipe for worker in self.busy], min(max(0.0, left), LONGEST_WAIT))
        found: list[tuple[_Ticket, tuple[Any, Exception | None] | str]] = []
        for worker, (ticket, deadline) in list(self.busy.items()):
            if worker.pipe in ready:
                try:
                    found.append((ticket, worker.answer()))
                    self.resting.append(worker)
                except Died as death:
                    worker.kill()
                    found.append((ticket, str(death)))
            elif time.monotonic() >= deadline:
                worker.kill()
                found.append((ticket, f"it took longer than {self.timeout:g} s"))
            else:
                continue
            del self.busy[worker]
        return found

    def close(self) -> None:
        try:
            for worker in self.busy:
                worker.interrupt()
            until = time.monotonic() + GRACE
            for worker in self.busy:
                worker.process.join(max(0.0, until - time.monotonic()))
        finally:  # a second interrupt waits for nothing
            for worker in (*self.busy, *self.resting):
                worker.kill()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM unwinds the stack, as Ctrl-C does, so that workers are ended and the terminal is left as it was."""

    def end(number: int, frame: Any) -> NoReturn:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
