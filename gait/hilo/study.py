"""Study: many people, one protocol. People walk one at a time, in lockstep or in processes, with the same results."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gait.compare.executors.processes import results
from gait.errors import UsageError
from gait.files import append_lines, drop_torn_line, read_lines
from gait.hilo.protocol import AGAIN, Bout, Protocol, validate, walk_control
from gait.human.adaptation import RATES
from gait.policy import Constant
from gait.session import Session

Line = dict[str, Any]
"""What is kept of a sitting, as plain data; see `Sitting.finish`."""
WAYS = ("processes", "lockstep", "one")
"""How people walk: one a process, all of them a batch at a time on threads, or one after the other."""


@dataclass(frozen=True)
class Sitting:
    """One person's part in a study."""

    participant: str
    adaptation: str
    protocol: Protocol
    out: Path
    """Of the study; the run is kept in a directory below it."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from a study's others."""
        return self.participant, self.adaptation

    @property
    def place(self) -> Path:
        """The run directory."""
        return self.out / f"adaptation-{self.adaptation}" / f"participant-{self.participant}"

    @cached_property
    def asked(self) -> Line:
        """All that the sitting's line follows from."""
        task = self.protocol.task(self.participant, self.adaptation)
        said = dataclasses.asdict(self.protocol) | {"again": AGAIN, "task_version": task.version}
        return dict(json.loads(json.dumps(said | {"fields": task.fields()})))

    def open(self, threads: int = 1) -> Session:
        """The run, new or to go on with."""
        if (self.place / "run.json").exists():
            return Session.reopen(self.place, threads=threads)
        p = self.protocol
        task = p.task(self.participant, self.adaptation, threads)
        return Session.new(
            self.place, task, p.optimizer, budget=p.budget, seed=p.seed_of(self.participant), settings=p.settings
        )

    def walk(self) -> Line:
        """All of it on this thread."""
        with self.open() as session:
            session.catch_up()
            while session.walk_batch():
                pass
            return self.finish(session)

    def finish(self, session: Session) -> Line:
        """Validate what the run recommends, walk the control, and sum up."""
        p, tally = self.protocol, session.tally
        law = session.optimizer.recommend()
        if not isinstance(law, Constant):
            raise UsageError(f"{p.optimizer} recommends a {law.kind} policy; a study of laws needs constant ones.")
        task = p.task(self.participant, self.adaptation)
        bouts = validate(session, task, p)
        control: list[Bout] = []
        controlled = 0.0
        if RATES[self.adaptation]:
            bare = p.task(self.participant, self.adaptation, device="none")
            control, controlled = walk_control(bare, tally.walking + 2 * p.bout, p)
        return {
            "participant": self.participant, "held_out": task.person.held_out, "adaptation": self.adaptation,
            "asked": self.asked, "law": law.x.tolist(), "trials": tally.trials, "batches": tally.batches,
            "falls": tally.endings["fell"], "bouts": [b.describe() for b in bouts],
            "control": [b.describe() for b in control],
            "seconds": {
                "familiarisation": session.begun.walked, "walking": tally.walking, "charged": tally.clock,
                "validation": sum(b.walked for b in bouts), "control": controlled,
            },
        }  # fmt: skip


@dataclass(frozen=True)
class Study:
    """A protocol for some people, adapting or not; finished sittings are lines of `out`/sittings.jsonl.

    Raises:
      UsageError: a person, a way of adapting or a way of walking is unknown.
    """

    people: Sequence[str]
    adaptations: Sequence[str]
    protocol: Protocol
    out: Path

    def __post_init__(self) -> None:
        for adaptation in self.adaptations:
            for name in self.people:
                self.protocol.task(name, adaptation)

    @property
    def sittings(self) -> list[Sitting]:
        """All of them, person by person."""
        return [
            Sitting(n, a, self.protocol, self.out)
            for n in dict.fromkeys(self.people)
            for a in dict.fromkeys(self.adaptations)
        ]

    @property
    def kept(self) -> Path:
        """The file of finished sittings."""
        return self.out / "sittings.jsonl"

    def lines(self) -> list[Line]:
        """What is known, in the order of `sittings`.

        Raises:
          UsageError: the directory holds sittings that answer another question.
        """
        drop_torn_line(self.kept)
        found: dict[tuple[str, str], Line] = {}
        for number, line in read_lines(self.kept):
            try:
                found[line["participant"], line["adaptation"]] = line
            except (KeyError, TypeError):
                raise UsageError(f"{self.kept} line {number} is no sitting of a study.") from None
        told = [
            (s, found[s.participant, s.adaptation]) for s in self.sittings if (s.participant, s.adaptation) in found
        ]
        for sitting, line in told:
            if line.get("asked") != sitting.asked:
                raise UsageError(f"{self.kept} holds another study (or older people or code). Choose another --out.")
        return [line for _, line in told]

    def run(self, way: str = "processes", jobs: int = 2) -> Iterator[Line]:
        """Walk what is missing, so many people at a time; yields each line once it is on disk."""
        if way not in WAYS:
            raise UsageError(f"--way {way}: people walk {', '.join(WAYS)}.")
        if jobs < 1:
            raise UsageError(f"--jobs {jobs}: 1 person or more walks at a time.")
        known = {(line["participant"], line["adaptation"]) for line in self.lines()}
        todo = [s for s in self.sittings if s.key not in known]
        self.out.mkdir(parents=True, exist_ok=True)
        walked = {"processes": _in_processes, "lockstep": _in_lockstep, "one": _one_by_one}[way]
        for line in walked(todo, jobs):
            append_lines(self.kept, [line])
            yield line


def _one_by_one(todo: Sequence[Sitting], jobs: int) -> Iterator[Line]:
    for sitting in todo:
        yield sitting.walk()


def _in_processes(todo: Sequence[Sitting], jobs: int) -> Iterator[Line]:
    for _, line, error in results([sitting.walk for sitting in todo], jobs):
        if error is not None:
            raise error
        yield line


def _in_lockstep(todo: Sequence[Sitting], jobs: int) -> Iterator[Line]:
    """Everybody walks a batch, then everybody the next one; each person has a world of its own."""
    with ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:
        walking = [(s, stack.enter_context(s.open())) for s in todo]
        list(pool.map(lambda pair: pair[1].catch_up(), walking))
        going = walking
        while going:
            walked = list(pool.map(lambda pair: pair[1].walk_batch(), going))
            going = [pair for pair, more in zip(going, walked, strict=True) if more]
        finishing = [pool.submit(s.finish, session) for s, session in walking]
        for future in as_completed(finishing):
            yield future.result()
