"""Task `exoskeleton`: which ankle torque saves this person most energy? (Zhang et al., Science 356:1280, 2017)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gait.controllers.torque_profile import SPACE, TorqueProfile
from gait.errors import UsageError, unknown_name
from gait.human.adaptation import RATES
from gait.human.conditions import ANKLES, DEVICES, NOISE, belt_speed
from gait.human.crowd import SENSOR, ZERO_LAW, Crowd
from gait.human.device import RAMP
from gait.human.frames import FRAME, SHOWN, Frames
from gait.human.measure import Measured, measure
from gait.human.metabolics import BASAL
from gait.human.participants import Participant, find_participant
from gait.human.respirometry import relative_spread
from gait.policy import Constant
from gait.simulate import ENDINGS, Flag, child
from gait.task import Beginning, Problem, Recording, Seconds, State, Task
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]

SECONDS = Seconds(low=20.0, default=120.0, high=600.0)
"""How long a law may be walked with [s]; Zhang's laws lasted 2 minutes."""
FAMILIARISATION = 360.0
"""Seconds of walking with the device on and without torque, before the first law."""
GETTING_UP = 10.0
"""Seconds from standing on the belt to walking steadily: where each walk afresh starts; a fall's 20 s cover it."""
STANDING, FALLEN = -20.0, -30.0
"""No standing law scores below the first [W/kg]; falls score between the two, later ones higher."""
GROSS_OVER_NET = 1.34
"""What is measured is the gross rate: its noise is so much larger relative to the net rate, at 1.2 and 3.5 W/kg."""
WALKING, LEARNING = 3, 4
"""Versions of how people walk, and of how those walk that adapt."""
WORLDS = 8
"""Persons a thread walks together at most."""


class Exoskeleton(Task):
    """Net metabolic rate of a person whose ankle exoskeletons follow a torque law.

    Args:
      participant: name of the person.
      ankles: which ankles the devices are on: both, left or right.
      device: `ankle`, or `massless` (torque without mass), or `none` (nothing is worn; laws do nothing).
      speed: of the belt [m/s].
      noise: level of the sensors' and the respirometer's noise.
      adaptation: how fast the person learns to walk with less effort, law after law: off, slow or fast. Held-out
        trials start afresh: they are walked by the person as it was before it learned.
      threads: threads for trials that start afresh; 0 is one a core.

    Raises:
      UsageError: a name is unknown, or the speed is none this person can be asked for.
    """

    name: ClassVar[str] = "exoskeleton"
    about: ClassVar[str] = "metabolic rate of a simulated person with ankle exoskeletons, measured breath by breath"
    score_name: str = "minus net metabolic rate"
    score_unit: str = "W/kg"
    setup_seconds: float = 0.0
    fall_seconds: ClassVar[float] = 20.0
    decision: ClassVar[Literal["stride", "trial"]] = "trial"
    no_score: ClassVar[float] = FALLEN
    carries: ClassVar[bool] = True
    reference_name = "zero torque"

    def __init__(
        self,
        participant: str = "1",
        ankles: str = "both",
        device: str = "ankle",
        speed: str | float = 1.25,
        noise: str = "default",
        adaptation: str = "off",
        threads: int = 0,
    ) -> None:
        asked: list[tuple[str, str, Mapping[str, Any]]]
        asked = [("side", ankles, ANKLES), ("device", device, DEVICES), ("noise level", noise, NOISE),
                 ("adaptation", adaptation, RATES)]  # fmt: skip
        for what, value, known in asked:
            if value not in known:
                raise UsageError(unknown_name(what, value, known))
        self.speed = belt_speed(speed)
        self._fields = {"participant": str(participant), "ankles": ankles, "device": device, "speed": self.speed,
                        "noise": noise, "adaptation": adaptation}  # fmt: skip
        self.threads = threads
        self.person: Participant = find_participant(str(participant))
        scale, self.respirometer = NOISE[noise]
        self.sensor = (SENSOR[0] * scale, SENSOR[1] * scale)
        self.learning = RATES[adaptation]
        # another person of this name can't resume its runs
        self.version = f"{LEARNING if self.learning else WALKING}-{self.person.digest()}"
        worn = ANKLES[ankles]
        mass = DEVICES[device]
        self.device = (mass * worn[0], mass * worn[1])
        self.ankles = (False, False) if device == "none" else worn
        self.title = f"{self.person.title()} · {'ankles' if ankles == 'both' else 'ankle'}, {ankles}"
        self.problem = Problem(SPACE, (), SECONDS, self._noise)
        off = SPACE.default.copy()
        off[0] = 0.0
        self.reference: Constant = Constant(off)
        self._crowds: list[Crowd] = []
        self._walking: Mapping[str, Any] | None = None

    def fields(self) -> dict[str, Any]:
        """The constructor's keywords that make this task again."""
        return dict(self._fields)

    def headline(self) -> str:
        """The task in a few words."""
        f, r = self._fields, self.respirometer
        worn = {"ankle": "", "massless": ", massless", "none": ", no device"}[str(f["device"])]
        learns = f", adapts {f['adaptation']}" if self.learning else ""
        return (
            f"exoskeleton · {self.title}{worn}{learns} · {len(SPACE)} parameters · {self.speed:g} m/s · "
            f"{SECONDS.default / 60:g}-min laws, τ {r.tau:g} s, breath noise {100 * r.noise:g} %"
        )

    @property
    def model(self) -> Any:
        """The body, for pictures."""
        return self._worlds(1)[0].models[0]

    def begin(self, seed: np.random.SeedSequence) -> Beginning:
        """Six minutes of walking without torque, the device on: the person gets used to it and is measured."""
        query = Query(0, self.reference, FAMILIARISATION)
        crowd = self._worlds(1)[0]
        trial = self._one(crowd, 0, query, seed, None)
        if trial.ending is not Ending.COMPLETED:
            raise UsageError(f"{self.person.title()} {trial.ending} during familiarisation: it can't be studied.")
        rates = {
            "metabolic_rate": trial.measures["metabolic_rate"],
            "true_metabolic_rate": trial.truth["metabolic_rate"],
        }
        return Beginning(crowd.end(0), rates, GETTING_UP + trial.walked)

    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """From a state, one person walks on from law to law; without one, each law is a walk of its own."""
        for q in queries:
            self.problem.seconds.check(q.seconds)
        if state is None:
            return self._afresh(queries, seeds), None
        crowd = self._worlds(1)[0]
        trials: list[Trial] = []
        for query, seed in zip(queries, seeds, strict=True):
            trials.append(self._one(crowd, 0, query, seed, state))
            up = trials[-1].ending in (Ending.COMPLETED, Ending.STOPPED)
            state = crowd.end(0) if up else self._up_again(crowd)
        return trials, state

    def _up_again(self, crowd: Crowd) -> Mapping[str, Any]:
        """After a fall: walking steadily, with what was learned."""
        return {**self.start(), "habit": crowd.end(0)["habit"]}

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """Walk one query afresh and keep the motion of its last seconds, a frame every 10 ms."""
        crowd, frames = self._worlds(1)[0], Frames()
        law = self._begin(crowd, 0, query, seed, None)
        n = np.array([0])
        crowd.walk(n, max(0, int(crowd.sums.last[0]) - round(SHOWN / crowd.dt)))
        while crowd.flags[0] == Flag.WALKING:
            crowd.walk(n, round(FRAME / crowd.dt))
            frames.add(crowd)
        trial = self._finish(crowd, 0, query, seed, law, None)
        if not frames.time:  # it fell before what is kept
            frames.add(crowd)
        return Recording(trial, np.array(frames.time), np.array(frames.qpos), np.array(frames.contacts), frames.extra())

    def score(self, measures: Mapping[str, float | None]) -> float:
        """Minus the estimated net metabolic rate [W/kg]."""
        rate = measures["metabolic_rate"]
        return max(STANDING, -float(rate)) if rate is not None else STANDING

    def _noise(self, seconds: float) -> float:
        if self.respirometer.noise == 0.0:
            return 0.0
        return min(0.99, GROSS_OVER_NET * relative_spread(max(0.0, seconds - RAMP), self.respirometer))

    def _afresh(self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence]) -> list[Trial]:
        """Every query in a walk of its own, on a few threads."""
        if not queries:
            return []
        self.start()
        crowds = self._worlds(len(queries))
        lanes = min(len(crowds), len(queries))

        def walk(k: int) -> list[Trial]:
            crowd, trials = crowds[k], []
            part = list(zip(queries[k::lanes], seeds[k::lanes], strict=True))
            for first in range(0, len(part), crowd.n):
                trials += self._together(crowd, part[first : first + crowd.n])
            return trials

        with ThreadPoolExecutor(lanes) as pool:
            parts = list(pool.map(walk, range(lanes)))
        return [parts[k % lanes][k // lanes] for k in range(len(queries))]

    def _together(self, crowd: Crowd, part: Sequence[tuple[Query, np.random.SeedSequence]]) -> list[Trial]:
        actions = [self._begin(crowd, i, q, seed, None) for i, (q, seed) in enumerate(part)]
        crowd.walk(np.arange(len(part)), int(crowd.sums.last[: len(part)].max()))
        return [self._finish(crowd, i, q, seed, actions[i], None) for i, (q, seed) in enumerate(part)]

    def _one(
        self, crowd: Crowd, i: int, query: Query, seed: np.random.SeedSequence, state: Mapping[str, Any] | None
    ) -> Trial:
        action = self._begin(crowd, i, query, seed, state)
        crowd.walk(np.array([i]), int(crowd.sums.last[i]))
        return self._finish(crowd, i, query, seed, action, state)

    def _begin(
        self, crowd: Crowd, i: int, query: Query, seed: np.random.SeedSequence, state: Mapping[str, Any] | None,
        seconds: float | None = None,
    ) -> Array:  # fmt: skip
        """Begin a query in world i, to be ended after so many seconds, or those it asks for; the action (d,)."""
        seconds = self.problem.seconds.check(query.seconds) if seconds is None else seconds
        action = query.policy.act(np.zeros(0), np.random.default_rng(child(seed, 1)))
        law = TorqueProfile.from_unit(action).values
        key = int(child(seed, 0).generate_state(1, np.uint64)[0])
        crowd.begin(i, law, seconds, key, start=self.start() if state is None else state)
        return action

    def start(self) -> Mapping[str, Any]:
        """The person walking steadily without torque, after a rest: where a walk afresh starts."""
        if self._walking is None:
            crowd = self._worlds(1)[0]
            crowd.begin(0, ZERO_LAW, GETTING_UP, 0)
            crowd.walk(np.array([0]), int(crowd.sums.last[0]))
            if crowd.flags[0] != Flag.COMPLETED:
                raise UsageError(f"{self.person.title()} falls before it walks steadily at {self.speed:g} m/s.")
            crowd.state.breath[0] = self.respirometer.rest(BASAL)
            measure(crowd, 0, self.respirometer, np.random.default_rng(0))
            self._walking = crowd.end(0)
        return self._walking

    def posture(self) -> tuple[Array, Array, Array]:
        """As the last law walked from a state left the person: qpos (nq,), activation (14,), torque (2,) [N·m/kg]."""
        crowd = self._worlds(1)[0]
        s = crowd.state
        return crowd.datas[0].qpos.copy(), s.activation[0].ravel().copy(), s.torque[0].copy()

    def _finish(
        self, crowd: Crowd, i: int, query: Query, seed: np.random.SeedSequence, action: Array,
        state: Mapping[str, Any] | None,
    ) -> Trial:  # fmt: skip
        """What the walk in world i, begun from `state`, came to, as a trial."""
        ending, found = self._measured(crowd, i, seed)
        given_up = None if query.stop is None else query.stop.second(found.progress)
        if given_up is not None and given_up < crowd.seconds(i):
            # breaths are read when a walk is over: had it ended then, it would have been this very walk
            self._begin(crowd, i, query, seed, state, seconds=given_up)
            crowd.walk(np.array([i]), int(crowd.sums.last[i]))
            _, found = self._measured(crowd, i, seed)
            ending = Ending.STOPPED
        asked, walked = self.problem.seconds.check(query.seconds), crowd.seconds(i)
        if ending in (Ending.COMPLETED, Ending.STOPPED):
            score, truth = self.score(found.measures), {"score": -(found.truth["metabolic_rate"] or 0.0), **found.truth}
        else:
            score, truth = STANDING + (FALLEN - STANDING) * (1.0 - walked / asked), found.truth
        return Trial(
            query=query.id, score=None if ending is Ending.DIVERGED else score, walked=walked,
            charged=self.charge(walked, ending), ending=ending, actions=action[None], features=np.zeros((2, 0)),
            rewards=np.array([score]), durations=np.array([walked]), asked=asked, progress=found.progress,
            measures=found.measures, truth=truth,
        )  # fmt: skip

    def _measured(self, crowd: Crowd, i: int, seed: np.random.SeedSequence) -> tuple[Ending, Measured]:
        """How the walk in world i ended, and what the respirometer says of it."""
        ending = ENDINGS[Flag(crowd.flags[i])]
        if ending is Ending.DIVERGED:
            return ending, Measured()
        return ending, measure(crowd, i, self.respirometer, np.random.default_rng(child(seed, 2)))

    def _worlds(self, n: int) -> list[Crowd]:
        """Crowds for n trials that start afresh, one a thread; kept between batches."""
        lanes = min(n, self.threads or os.cpu_count() or 1)
        each = min(-(-n // lanes), WORLDS)
        if len(self._crowds) < lanes or self._crowds[0].n < each:
            self._crowds = [
                Crowd(
                    [self.person] * each, SECONDS.high, speed=self.speed, device=self.device, ankles=self.ankles,
                    sensor=self.sensor, learning=self.learning,
                )
                for _ in range(lanes)
            ]  # fmt: skip
        return self._crowds
