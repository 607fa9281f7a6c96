"""A task without physics: strides, falls and blow-ups in microseconds, for tests of runs and ledgers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from gait.policy import Constant
from gait.space import Parameter, Space
from gait.task import Beginning, Problem, Recording, Seconds, Task
from gait.trial import Ending, Query, Trial


class Toy(Task):
    """Best in the middle of the cube; strides of random length; one trial in eight falls or blows up."""

    name: ClassVar[str] = "toy"
    version: ClassVar[str] = "1"
    score_name: ClassVar[str] = "speed"
    score_unit: ClassVar[str] = "m/s"
    setup_seconds: ClassVar[float] = 2.0
    fall_seconds: ClassVar[float] = 8.0
    decision: ClassVar[Literal["stride", "trial"]] = "stride"
    title = "toy"

    def __init__(self, noise: str = "default") -> None:
        self.noise = noise
        parameters = [Parameter(f"p{i}", -1.0, 2.0, -0.4, 0.1, "m") for i in range(3)]
        self.problem = Problem(Space(parameters), ("lean [rad]",), Seconds(1.0, 8.0, 60.0), lambda s: 0.1)

    def fields(self) -> dict[str, Any]:
        return {"noise": self.noise}

    def headline(self) -> str:
        return "toy"

    def run(self, queries, seeds, state=None):
        return [self._walk(q, s) for q, s in zip(queries, seeds, strict=True)], None

    def record(self, query: Query, seed: np.random.SeedSequence) -> Recording:
        return Recording(self._walk(query, seed), np.zeros(1), np.zeros((1, 0)), np.zeros((1, 0), bool))

    def score(self, measures) -> float:
        return float(measures["speed"] or 0.0)

    def _walk(self, query: Query, seed: np.random.SeedSequence) -> Trial:
        rng, draw = np.random.default_rng(seed), np.random.default_rng([*seed.generate_state(4)])
        asked = self.problem.seconds.check(query.seconds)
        ending = rng.choice([Ending.COMPLETED] * 14 + [Ending.FELL, Ending.DIVERGED])
        walked = asked if ending == Ending.COMPLETED else asked * rng.uniform(0.1, 1.0)
        durations = rng.uniform(0.5, 1.0, rng.integers(2, 12))
        durations *= walked / durations.sum()
        features = rng.normal(size=(len(durations) + 1, 1))
        actions = np.array([query.policy.act(phi, draw) for phi in features[:-1]])
        speeds = 1.0 - ((np.clip(actions, 0, 1) - 0.5) ** 2).sum(axis=1) + 0.1 * rng.normal(size=len(actions))
        score = float((speeds * durations).sum() / asked)
        progress = score + 0.05 * rng.normal(size=int(walked))
        if (second := query.stop.second(progress) if query.stop else None) and second < walked:
            ending, walked, progress = Ending.STOPPED, float(second), progress[:second]
            score = float(progress[-1])
        diverged = ending == Ending.DIVERGED
        return Trial(
            query=query.id, score=None if diverged else score, walked=float(walked),
            charged=self.charge(float(walked), Ending(ending)), ending=Ending(ending), actions=actions,
            features=features, rewards=speeds * durations, durations=durations, asked=asked,
            progress=progress, measures={} if diverged else {"speed": score, "slip": None},
        )  # fmt: skip


ENDINGS = [Ending.COMPLETED] * 16
"""How the trials of a carried toy end, each as often; so placed that held-out trials fall and diverge, too."""
ENDINGS[11] = ENDINGS[14] = Ending.FELL
ENDINGS[12] = Ending.DIVERGED


class CarryingToy(Toy):
    """One world carried from trial to trial: its cost falls with practice, and is measured late and with noise.

    Its state is one float, one int and one 64-bit word that scatters if a single bit of it is lost.
    """

    name: ClassVar[str] = "carrying-toy"
    score_name: ClassVar[str] = "minus the cost"
    score_unit: ClassVar[str] = "W/kg"
    decision: ClassVar[Literal["stride", "trial"]] = "trial"
    no_score: ClassVar[float] = -20.0
    reference_name = "doing nothing"

    def __init__(self, noise: str = "default") -> None:
        super().__init__(noise)
        self.reference = Constant(np.zeros(3))

    def headline(self) -> str:
        return "carrying-toy"

    def begin(self, seed: np.random.SeedSequence) -> Beginning:
        seeds = [np.random.SeedSequence([*seed.generate_state(4), k]) for k in range(3)]
        trials, state = self.run([Query(k, self.reference, 20.0) for k in range(3)], seeds, self._fresh(seed))
        return Beginning(state, {"cost": trials[0].truth.get("cost"), "slip": None}, sum(t.walked for t in trials))

    def run(self, queries, seeds, state=None):
        if state is None:
            return super().run(queries, seeds)
        trials = []
        for query, seed in zip(queries, seeds, strict=True):
            trial, state = self._one(query, seed, state)
            trials.append(trial)
        return trials, dict(state)

    def score(self, measures) -> float:
        return -float(measures["cost"])

    def _walk(self, query: Query, seed: np.random.SeedSequence) -> Trial:
        return self._one(query, seed, self._fresh(seed))[0]

    @staticmethod
    def _fresh(seed: np.random.SeedSequence):
        return {"lagging": np.array([4.0]), "trials": np.array(0), "word": seed.generate_state(1, np.uint64)}

    def _one(self, query: Query, seed: np.random.SeedSequence, world):
        rng, draw = np.random.default_rng(seed), np.random.default_rng([*seed.generate_state(4)])
        asked = self.problem.seconds.check(query.seconds)
        ending = ENDINGS[rng.integers(len(ENDINGS))]
        walked = asked if ending is Ending.COMPLETED else asked * float(rng.uniform(0.1, 1.0))
        features = rng.normal(size=(2, 1))
        action = query.policy.act(features[0], draw)
        word = world["word"] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        true = 3.0 + 4.0 * float(((np.clip(action, 0, 1) - 0.5) ** 2).sum()) + 1.0 / (1 + int(world["trials"]))
        lagging = 0.8 * true + 0.2 * world["lagging"]
        cost = float(lagging[0] + 0.1 * rng.normal() + 0.1 * ((word[0] >> np.uint64(11)) / 2.0**53))
        diverged = ending is Ending.DIVERGED
        trial = Trial(
            query=query.id, score=None if diverged else -cost, walked=walked, charged=self.charge(walked, ending),
            ending=ending, actions=action[None], features=features, rewards=np.array([-cost * walked]),
            durations=np.array([walked]), asked=asked, progress=np.full(int(walked), -cost),
            measures={} if diverged else {"cost": cost, "slip": None},
            truth={} if diverged else {"score": -true, "cost": true, "slip": None},
        )  # fmt: skip
        return trial, {"lagging": lagging, "trials": np.array(int(world["trials"]) + 1), "word": word}
