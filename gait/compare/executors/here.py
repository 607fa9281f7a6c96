"""Here: one job after the other, in this process."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from gait.compare.executors.events import Began, Ended, Event, Job


@dataclass(frozen=True)
class Here:
    """Walks in this process, with so many physics threads; 0 is one a core."""

    threads: int = 0

    def walk(self, jobs: Sequence[Job]) -> Generator[Event, None, None]:
        """Walk them all in order."""
        for index, job in enumerate(jobs):
            yield Began(index)
            try:
                job(self.threads)
            except Exception as error:
                yield Ended(index, error=error)
            else:
                yield Ended(index)
