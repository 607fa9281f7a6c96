"""Cohort: many simulated people. What they differ by, and how each is made of the first person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gait.human.body import DEVICE_MASS, HEIGHT, Stature
from gait.human.crowd import SENSOR, ZERO_LAW, Crowd
from gait.human.participants import Participant, find_participant
from gait.human.person import USUAL_SPEED
from gait.human.reflexes import GAINS
from gait.human.tuning import HIGH, LOW, Judge, liked_episodes, split, spread_of, start_of
from gait.human.tuning_log import Search, search
from gait.simulate import COMPLETED

Array = NDArray[np.float64]

FIRST = "1"
"""Whose gains the others start from."""
STUDIED, HELD_OUT = 12, 4
"""People to try methods on, the first included; and those kept for the end."""
SEARCH = Search(population=12, step=0.08, seed=0, averaged=3)
ROUNDS = (5, 8, 11)
"""Generations after which a person is checked; the search ends with the first check that is passed. One to
five simulated hours, where the first took 18 in its last stage."""
STRANGE = 0.04
"""How far a person's gains start from the first's, standard deviation in natural perturbations (a quarter of a gain):
people of one size don't walk alike. With 0.1 half of them fall before they are tuned at all."""
CHECK_SECONDS, LAW_SECONDS = 600.0, 240.0
"""How long everybody must walk without a fall, and how long with the law [s]."""
CHECKS = (1, 2, 3)
"""Keys of the sensors' noise in those walks."""
USUAL_LAW = np.array([0.4, 53.0, 25.0, 10.0])
"""A law that everybody must stand: nobody is asked into a study of devices who falls with any."""
WALKS = 3 * len(CHECKS)
"""Walks of a check."""


def draw(name: str) -> Participant:
    """A person of this name before any tuning: body drawn at random, gains near the first person's.

    Mass and height are those of a mixed group of young adults, held to a body mass index of 19 to 28 kg/m²; the first
    person's gains don't carry over to people shorter than 1.66 m. A leg that is longer likes a longer stride, as a
    pendulum would. How far people's strength, tendons and fibres differ is a modest guess of ours.
    """
    rng = np.random.default_rng([2017, int(name)])
    height = _near(rng, 1.74, 0.08, 1.66, 1.90)
    mass = float(np.clip(_near(rng, 23.0, 2.0, 19.0, 28.0) * height**2, 50.0, 100.0))
    liked = 1.19 * math.sqrt(height / HEIGHT) * _near(rng, 1.0, 0.03, 0.93, 1.07)
    first = start_of({**find_participant(FIRST).gains, **find_participant(FIRST).posture})
    strength, tendon = _near(rng, 1.0, 0.08, 0.85, 1.15), _near(rng, 1.0, 0.12, 0.8, 1.25)
    slow_more = _near(rng, 0.0, 0.06, -0.12, 0.12)
    strange = STRANGE * spread_of(first) * rng.standard_normal(len(first))
    strange[len(GAINS) :] = 0.0  # the posture is only how a walk begins
    gains, posture = split(np.clip(first + strange, LOW, HIGH))
    return Participant(
        name, Stature(round(mass, 1), round(height, 2)), gains, posture, strength=round(strength, 3),
        tendon=round(tendon, 3), slow_more=round(slow_more, 3), stride_time=round(liked, 3),
        held_out=int(name) > STUDIED,
    )  # fmt: skip


def _near(rng: np.random.Generator, mean: float, sd: float, low: float, high: float) -> float:
    """A normal draw, clipped."""
    return float(np.clip(rng.normal(mean, sd), low, high))


def members() -> list[str]:
    """Names of all that are to be made: the cohort but the first, and those held out."""
    return [str(n) for n in range(int(FIRST) + 1, STUDIED + HELD_OUT + 1)]


@dataclass(frozen=True)
class Check:
    """How a person walks, without a device, with one that does nothing, and with a usual law."""

    stood: int
    """Walks without a fall, of `WALKS`."""
    net: float
    """Net metabolic rate without a device [W/kg], mean of those."""
    stride_time: float
    """The same [s]."""
    speed_error: float
    """Greatest relative error of the speed."""

    @property
    def passed(self) -> bool:
        """Whether the person never fell."""
        return self.stood == WALKS


@dataclass(frozen=True)
class Made:
    """A person as the search left it."""

    person: Participant
    check: Check
    generations: int
    walked: float
    """Simulated seconds of the search."""


def make(name: str, log: Path, threads: int = 2) -> Made:
    """Tune a person of the cohort, or go on with it, until it passes its check or the last round is over."""
    who = draw(name)
    start = start_of({**who.gains, **who.posture})
    judge = Judge(who, threads)
    about = {"participant": name, "first": find_participant(FIRST).digest()}
    for generations in ROUNDS:
        found = search(judge, liked_episodes(who.stride_time), SEARCH, generations, log, start, about)
        person = judge.person(found.x)
        made = Made(person, check(person), found.generations, found.walked)
        if made.check.passed:
            break
    return made


def check(who: Participant) -> Check:
    """Ten minutes of walking without a device and with one, and four with a law, by a few keys of noise."""
    found: list[dict[str, float]] = []
    for law, device, seconds in (
        (ZERO_LAW, 0.0, CHECK_SECONDS), (ZERO_LAW, DEVICE_MASS, CHECK_SECONDS), (USUAL_LAW, DEVICE_MASS, LAW_SECONDS)
    ):  # fmt: skip
        crowd = Crowd([who] * len(CHECKS), seconds, device=(device, device), sensor=SENSOR)
        for i, key in enumerate(CHECKS):
            crowd.begin(i, law, seconds, key)
        crowd.walk(np.arange(crowd.n), int(crowd.sums.last.max()))
        found += [crowd.summary(i) | {"stood": float(crowd.flags[i] == COMPLETED)} for i in range(crowd.n)]
        if not all(m["stood"] for m in found):
            break  # that is enough to know
    stood = [m for m in found if m["stood"]]
    bare = [m for m in found[: len(CHECKS)] if m["stood"]]
    return Check(
        len(stood), float(np.mean([m["net"] for m in bare])) if bare else math.nan,
        float(np.mean([m["stride_time"] for m in bare])) if bare else math.nan,
        max((abs(m["speed"] / USUAL_SPEED - 1.0) for m in stood), default=math.nan),
    )  # fmt: skip
