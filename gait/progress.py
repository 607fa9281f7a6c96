"""Progress of a run: a bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gait.durations import show_duration
from gait.tally import Tally
from gait.task import Task
from gait.validate import Validation

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class Progress:
    """What a run tells while it's under way; this one says nothing."""

    def started(self, start: Validation) -> None:
        """The start was validated."""

    def replayed(self, tally: Tally) -> None:
        """The ledger was replayed: so much was spent before."""

    def walked(self, tally: Tally) -> None:
        """A batch was walked: so much is spent now."""

    def validating(self) -> None:
        """Walking is over; what remains is validation."""


class TerminalProgress(Progress):
    """A bar with simulated time spent, best score, falls and the factor over real time."""

    def __init__(self, bar: Bar, budget: float, task: Task) -> None:
        self.bar, self.budget, self.task = bar, budget, task
        self.row: TaskID = bar.add_task("", total=budget, start=True)
        self.began = time.perf_counter()
        self.before = self.spent = 0.0

    def started(self, start: Validation) -> None:
        """Print how the start does, above the bar."""
        unit = self.task.score_unit
        line = f"start   {start.mean:.3f} {unit} ± {start.sd:.3f} ({len(start.scores)} held-out trials)"
        self.bar.console.print(line, highlight=False)

    def replayed(self, tally: Tally) -> None:
        """Count the speed-up from here."""
        self.began = time.perf_counter()
        self.before, self.spent = tally.walking, tally.clock
        if tally.batches:
            self.walked(tally)

    def walked(self, tally: Tally) -> None:
        """Move the bar."""
        wall = max(1e-3, time.perf_counter() - self.began)
        factor = (tally.walking - self.before) / wall
        rate = (tally.clock - self.spent) / wall
        falls = tally.endings["fell"]
        words = (
            f"{show_duration(tally.clock)} of {show_duration(self.budget)} spent · "
            f"best trial {tally.best:.3f} {self.task.score_unit} · {falls} fall{'s' * (falls != 1)}"
        )
        if rate > 0:  # nothing is known of it before a batch was walked here
            left = int(max(0.0, self.budget - tally.clock) / rate)
            words += f" · {factor:.0f}× real time · {left // 60}:{left % 60:02d} left"
        self.bar.update(self.row, completed=min(tally.clock, self.budget), description=words)

    def validating(self) -> None:
        """Say what takes a moment yet."""
        self.bar.update(self.row, description="validating on held-out trials …")


@contextmanager
def show_progress(wanted: bool, budget: float, task: Task) -> Iterator[Progress]:
    """Progress for a run of this budget [s]: a bar if wanted and standard error is a terminal."""
    if not (wanted and sys.stderr.isatty()):
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichBar

    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"))
    with RichBar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield TerminalProgress(bar, budget, task)
