"""Task `exoskeleton`: which ankle torque saves this person most energy? (Zhang et al., Science 356:1280, 2017)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from gait.controllers.torque_profile import SPACE, TorqueProfile
from gait.errors import UsageError, unknown_name
from gait.human.adaptation import RATES
from gait.human.conditions import ANKLES, DEVICES, NOISE, belt_speed
from gait.human.crowd import SENSOR
from gait.human.device import RAMP
from gait.human.participants import Participant, find_participant
from gait.human.respirometry import relative_spread
from gait.human.treadmills import GETTING_UP, Outcome, Stint, Treadmills
from gait.policy import Constant
from gait.simulate import child
from gait.task import Beginning, Problem, Recording, Seconds, State, Task
from gait.trial import Ending, Query, Trial

Array = NDArray[np.float64]

SECONDS = Seconds(low=20.0, default=120.0, high=600.0)
"""How long a law may be walked with [s]; Zhang's laws lasted 2 minutes."""
FAMILIARISATION = 360.0
"""Seconds of walking with the device on and without torque, before the first law."""
STANDING, FALLEN = -20.0, -30.0
"""No standing law scores below the first [W/kg]; falls score between the two, later ones higher."""
GROSS_OVER_NET = 1.34
"""What is measured is the gross rate: its noise is so much larger relative to the net rate, at 1.2 and 3.5 W/kg."""
WALKING, LEARNING = 3, 5
"""Versions of how people walk, and of how those walk that adapt."""


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
    getting_up: ClassVar[float] = GETTING_UP
    """Seconds from standing on the belt to walking steadily, where a walk afresh starts."""
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
        self.treadmills = Treadmills(
            self.person, self.respirometer, SECONDS.high, speed=self.speed, device=self.device, ankles=self.ankles,
            sensor=self.sensor, learning=self.learning,
        )  # fmt: skip

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
        return self.treadmills.first.models[0]

    def begin(self, seed: np.random.SeedSequence) -> Beginning:
        """Six minutes of walking without torque, the device on: the person gets used to it and is measured."""
        stint, _ = self._stint(Query(0, self.reference, FAMILIARISATION), seed)
        outcome, state = self.treadmills.go_on(stint, None)
        if outcome.ending is not Ending.COMPLETED:
            raise UsageError(f"{self.person.title()} {outcome.ending} during familiarisation: it can't be studied.")
        rates = {
            "metabolic_rate": outcome.measured.measures["metabolic_rate"],
            "true_metabolic_rate": outcome.measured.truth["metabolic_rate"],
        }
        return Beginning(state, rates, GETTING_UP + outcome.walked)

    def run(
        self, queries: Sequence[Query], seeds: Sequence[np.random.SeedSequence], state: State = None
    ) -> tuple[list[Trial], State]:
        """From a state, one person walks on from law to law; without one, each law is a walk of its own."""
        stints, actions = [], []
        for query, seed in zip(queries, seeds, strict=True):
            stint, action = self._stint(query, seed)
            stints.append(stint)
            actions.append(action)
        if state is None:
            outcomes = self.treadmills.afresh(stints, self.threads or os.cpu_count() or 1)
        else:
            outcomes = []
            for stint in stints:
                outcome, state = self.treadmills.go_on(stint, state)
                outcomes.append(outcome)
        return [self._trial(*parts) for parts in zip(queries, actions, outcomes, strict=True)], state

    def start(self) -> Mapping[str, Any]:
        """The person walking steadily without torque, after a rest: where a walk afresh starts."""
        return self.treadmills.steady()

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        """Walk one query afresh and keep the motion of its last seconds, a frame every 10 ms."""
        stint, action = self._stint(query, seed)
        outcome, frames = self.treadmills.record(stint)
        trial = self._trial(query, action, outcome)
        return Recording(trial, np.array(frames.time), np.array(frames.qpos), np.array(frames.contacts), frames.extra())

    def score(self, measures: Mapping[str, float | None]) -> float:
        """Minus the estimated net metabolic rate [W/kg]."""
        rate = measures["metabolic_rate"]
        return max(STANDING, -float(rate)) if rate is not None else STANDING

    def _noise(self, seconds: float) -> float:
        if self.respirometer.noise == 0.0:
            return 0.0
        return min(0.99, GROSS_OVER_NET * relative_spread(max(0.0, seconds - RAMP), self.respirometer))

    def posture(self) -> tuple[Array, Array, Array]:
        """As the last law walked from a state left the person: qpos (nq,), activation (14,), torque (2,) [N·m/kg]."""
        crowd = self.treadmills.first
        s = crowd.state
        return crowd.datas[0].qpos.copy(), s.activation[0].ravel().copy(), s.torque[0].copy()

    def _stint(self, query: Query, seed: np.random.SeedSequence) -> tuple[Stint, Array]:
        """The law that a query asks for, and its point of the unit cube (d,)."""
        seconds = self.problem.seconds.check(query.seconds)
        action = query.policy.act(np.zeros(0), np.random.default_rng(child(seed, 1)))
        return Stint(TorqueProfile.from_unit(action).values, seconds, seed, query.stop), action

    def _trial(self, query: Query, action: Array, outcome: Outcome) -> Trial:
        """What a query came to."""
        ending, found, walked = outcome
        asked = self.problem.seconds.check(query.seconds)
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
