"""Board: what is seen while an experiment runs: how far each optimizer is on each task, and the runs under way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gait.compare.executors.events import Again, Began, Event
from gait.compare.runs import Run
from gait.compare.study import spell
from gait.errors import UsageError
from gait.files import read_json

MOST_UNDER_WAY = 8
"""Runs shown with a line of their own."""


@dataclass
class Seen:
    """What a run has come to so far."""

    clock: float = 0.0
    """Charged seconds."""
    best: float | None = None
    """Of a finished run, the validated score of its recommendation; before, its best trial's, which flatters."""
    falls: int = 0


class Follower:
    """Reads a growing ledger, each time what is new."""

    def __init__(self, place: Path) -> None:
        self.path = place / "events.jsonl"
        self.seen = Seen()
        self._read = 0

    def look(self) -> Seen:
        """What it says by now."""
        with suppress(OSError), self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it's being written
                self._read += len(line)
                self._take(line)
        return self.seen

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"event": "batch"'):
            self.seen.clock = float(json.loads(line)["clock"])
        elif line.startswith(b'{"event": "tell"'):
            trial = json.loads(line)
            self.seen.falls += trial["ending"] == "fell"
            if trial["score"] is not None:
                self.seen.best = max(trial["score"], self.seen.best if self.seen.best is not None else trial["score"])


def seen_result(place: Path) -> Seen:
    """What a finished run came to; nothing if it has no result that can be read."""
    try:
        result = read_json(place / "result.json")
        return Seen(result["seconds"]["charged"], result["recommended"]["mean"], result["endings"].get("fell", 0))
    except (UsageError, KeyError, TypeError):
        return Seen()


class Board:
    """The table that is seen while an experiment runs.

    Args:
      runs: all of them.
      todo: those to be walked now, as the executor was given them.
    """

    def __init__(self, runs: Sequence[Run], todo: Sequence[Run]) -> None:
        self.runs, self.todo = list(runs), list(todo)
        self.walking: dict[int, Follower] = {}
        self.done: dict[str, Seen] = {}
        self.failed: set[str] = set()
        self.again = 0
        self.began = time.monotonic()
        self.before: float | None = None
        """Charged seconds there were when it was first looked."""

    def took(self, event: Event) -> None:
        """Take in what an executor tells."""
        if isinstance(event, Began):
            self.walking[event.index] = Follower(self.todo[event.index].place)
            return
        self.walking.pop(event.index, None)
        if isinstance(event, Again):
            self.again += 1
        elif event.error is not None:
            self.failed.add(self.todo[event.index].name)

    def __rich__(self) -> Group:
        under_way = [(self.todo[k], follower.look()) for k, follower in self.walking.items()]
        self._look_at_results()
        return Group(self._headline(under_way), self._rows(under_way), *_lines(under_way))

    def _look_at_results(self) -> None:
        walking = {self.todo[k].name for k in self.walking}
        for run in self.runs:
            if run.name not in self.done and run.name not in walking and run.finished:
                self.done[run.name] = seen_result(run.place)

    def _headline(self, under_way: list[tuple[Run, Seen]]) -> Text:
        n, done, walking, failed = len(self.runs), len(self.done), len(under_way), len(self.failed)
        words = [f"{n} runs", f"{done} done", f"{walking} walking", f"{n - done - walking - failed} waiting"]
        words += [f"{failed} failed"] if failed else []
        words += [f"{self.again} begun again"] if self.again else []
        if (left := self._left(under_way)) is not None:
            words.append(f"{spell(left)} left")
        return Text(" " + " · ".join(words))

    def _left(self, under_way: list[tuple[Run, Seen]]) -> float | None:
        """Wall seconds, at the pace so far; None before there is one."""
        ours = [self.done[run.name].clock for run in self.todo if run.name in self.done]
        spent = sum(ours) + sum(seen.clock for _, seen in under_way)
        if self.before is None:
            self.before = spent
        pace = (spent - self.before) / max(1e-3, time.monotonic() - self.began)
        ends = sum(run.budget for run in self.todo if run.name not in self.done and run.name not in self.failed)
        return (ends - sum(seen.clock for _, seen in under_way)) / pace if pace > 0 else None

    def _rows(self, under_way: list[tuple[Run, Seen]]) -> Table:
        table = Table(box=None, padding=(0, 1))
        for head in ("", "done", "simulated", "best", "falls"):
            table.add_column(head, justify="left" if head in ("", "simulated") else "right", no_wrap=True)
        rows: dict[str, list[Run]] = {}
        for run in self.runs:
            rows.setdefault(run.name.rpartition("/")[0], []).append(run)
        walking = {run.name: seen for run, seen in under_way}
        for name, runs in rows.items():
            ends = [self.done[run.name] for run in runs if run.name in self.done]
            every = ends + [walking[run.name] for run in runs if run.name in walking]
            scores = [seen.best for seen in ends if seen.best is not None]
            time_spent = f"{spell(sum(s.clock for s in every))} of {spell(sum(run.budget for run in runs))}"
            best = f"{max(scores):.3f}" if scores else "–"
            table.add_row(name, f"{len(ends)}/{len(runs)}", time_spent, best, str(sum(s.falls for s in every)))
        return table


def _lines(under_way: list[tuple[Run, Seen]]) -> list[Text]:
    lines = []
    for run, seen in under_way[:MOST_UNDER_WAY]:
        best = "" if seen.best is None else f" · best trial {seen.best:.3f}"
        lines.append(Text(f" {run.name}: {spell(seen.clock)} of {spell(run.budget)}{best} · {seen.falls} falls"))
    if (more := len(under_way) - MOST_UNDER_WAY) > 0:
        lines.append(Text(f" and {more} more"))
    return lines


@contextmanager
def shown(board: Board, wanted: bool) -> Iterator[None]:
    """Show it meanwhile, if that's wanted and there is a terminal."""
    console = Console()
    if not (wanted and console.is_terminal):
        yield
        return
    with Live(board, console=console, refresh_per_second=2, transient=True):
        yield
