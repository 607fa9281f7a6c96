"""Treadmills: one person walks torque laws, from law to law or each afresh, on a few threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.errors import UsageError
from gait.human.crowd import ZERO_LAW, Crowd
from gait.human.frames import FRAME, SHOWN, Frames
from gait.human.measure import Measured, measure
from gait.human.metabolics import BASAL
from gait.human.participants import Participant
from gait.human.respirometry import Respirometer
from gait.simulate import ENDINGS, Flag, child
from gait.trial import Ending, Stop

Array = NDArray[np.float64]
Start = Mapping[str, Any]
"""A person's state, as `Crowd.end` gives it."""

GETTING_UP = 10.0
"""Seconds from standing on the belt to walking steadily: where each walk afresh starts; a fall's 20 s cover it."""
WORLDS = 8
"""Persons a thread walks together at most."""


@dataclass(frozen=True)
class Stint:
    """A law to walk with: (4,) peak torque [N·m/kg], peak, rise and fall time [%]."""

    law: Array
    seconds: float
    seed: np.random.SeedSequence
    stop: Stop | None = None
    """When to give up."""


class Outcome(NamedTuple):
    """What a stint came to."""

    ending: Ending
    measured: Measured
    walked: float
    """Seconds."""


class Treadmills:
    """One person, walking in as many worlds as are asked for.

    Args:
      person: who walks.
      respirometer: what they breathe into.
      longest: seconds of the longest stint.
      conditions: further keywords of `Crowd`.
    """

    def __init__(self, person: Participant, respirometer: Respirometer, longest: float, **conditions: Any) -> None:
        self.person, self.respirometer, self.longest, self.conditions = person, respirometer, longest, conditions
        self._crowds: list[Crowd] = []
        self._steady: Start | None = None

    @property
    def first(self) -> Crowd:
        """The one where walks go on."""
        return self._worlds(1, 1)[0]

    def steady(self) -> Start:
        """The person walking steadily without torque, after a rest: where a walk afresh starts.

        Raises:
          UsageError: the person falls before.
        """
        if self._steady is None:
            crowd = self.first
            crowd.begin(0, ZERO_LAW, GETTING_UP, 0)
            crowd.walk(np.array([0]), int(crowd.sums.last[0]))
            if crowd.flags[0] != Flag.COMPLETED:
                raise UsageError(f"{self.person.title()} falls before it walks steadily at {crowd.speed:g} m/s.")
            crowd.state.breath[0] = self.respirometer.rest(BASAL)
            measure(crowd, 0, self.respirometer, np.random.default_rng(0))
            self._steady = crowd.end(0)
        return self._steady

    def go_on(self, stint: Stint, start: Start | None) -> tuple[Outcome, Start]:
        """Walk from a state, None being a walk afresh; also where the person is then, after a fall up again."""
        crowd = self.first
        self._begin(crowd, 0, stint, start)
        crowd.walk(np.array([0]), int(crowd.sums.last[0]))
        outcome = self._outcome(crowd, 0, stint, start)
        up = outcome.ending in (Ending.COMPLETED, Ending.STOPPED)
        return outcome, crowd.end(0) if up else self.up_again()

    def up_again(self) -> Start:
        """After a fall: walking steadily, with what was learned."""
        habit = self.first.end(0)["habit"]
        return {**self.steady(), "habit": habit}

    def afresh(self, stints: Sequence[Stint], threads: int) -> list[Outcome]:
        """Every stint in a walk of its own, on so many threads."""
        if not stints:
            return []
        self.steady()
        crowds = self._worlds(len(stints), threads)
        lanes = min(len(crowds), len(stints))

        def walk(k: int) -> list[Outcome]:
            crowd, part = crowds[k], stints[k::lanes]
            some = [self._together(crowd, part[first : first + crowd.n]) for first in range(0, len(part), crowd.n)]
            return [outcome for together in some for outcome in together]

        with ThreadPoolExecutor(lanes) as pool:
            parts = list(pool.map(walk, range(lanes)))
        return [parts[k % lanes][k // lanes] for k in range(len(stints))]

    def record(self, stint: Stint) -> tuple[Outcome, Frames]:
        """A walk afresh, with a frame every 10 ms of its last seconds."""
        crowd, frames, n = self.first, Frames(), np.array([0])
        self._begin(crowd, 0, stint, None)
        crowd.walk(n, max(0, int(crowd.sums.last[0]) - round(SHOWN / crowd.dt)))
        while crowd.flags[0] == Flag.WALKING:
            crowd.walk(n, round(FRAME / crowd.dt))
            frames.add(crowd)
        outcome = self._outcome(crowd, 0, stint, None)
        if not frames.time:  # it fell before what is kept
            frames.add(crowd)
        return outcome, frames

    def _together(self, crowd: Crowd, stints: Sequence[Stint]) -> list[Outcome]:
        for i, stint in enumerate(stints):
            self._begin(crowd, i, stint, None)
        crowd.walk(np.arange(len(stints)), int(crowd.sums.last[: len(stints)].max()))
        return [self._outcome(crowd, i, stint, None) for i, stint in enumerate(stints)]

    def _begin(self, crowd: Crowd, i: int, stint: Stint, start: Start | None, seconds: float | None = None) -> None:
        """Begin a stint in world i, to be ended after so many seconds, or its own."""
        key = int(child(stint.seed, 0).generate_state(1, np.uint64)[0])
        start = self.steady() if start is None else start
        crowd.begin(i, stint.law, stint.seconds if seconds is None else seconds, key, start=start)

    def _outcome(self, crowd: Crowd, i: int, stint: Stint, start: Start | None) -> Outcome:
        """What the stint in world i, begun from `start`, came to."""
        ending, found = self._measured(crowd, i, stint)
        given_up = None if stint.stop is None else stint.stop.second(found.progress)
        if given_up is not None and given_up < crowd.seconds(i):
            # breaths are read when a walk is over: had it ended then, it would have been this very walk
            self._begin(crowd, i, stint, start, seconds=given_up)
            crowd.walk(np.array([i]), int(crowd.sums.last[i]))
            _, found = self._measured(crowd, i, stint)
            ending = Ending.STOPPED
        return Outcome(ending, found, crowd.seconds(i))

    def _measured(self, crowd: Crowd, i: int, stint: Stint) -> tuple[Ending, Measured]:
        """How the walk in world i ended, and what the respirometer says of it."""
        ending = ENDINGS[Flag(crowd.flags[i])]
        if ending is Ending.DIVERGED:
            return ending, Measured()
        return ending, measure(crowd, i, self.respirometer, np.random.default_rng(child(stint.seed, 2)))

    def _worlds(self, n: int, threads: int) -> list[Crowd]:
        """Crowds for n stints that start afresh, one a thread; kept between batches."""
        lanes = min(n, threads)
        each = min(-(-n // lanes), WORLDS)
        if len(self._crowds) < lanes or self._crowds[0].n < each:
            self._crowds = [Crowd([self.person] * each, self.longest, **self.conditions) for _ in range(lanes)]
        return self._crowds
