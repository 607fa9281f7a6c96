"""A task without physics: strides, falls and blow-ups in microseconds, for tests of runs and ledgers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from gait.space import Parameter, Space
from gait.task import Problem, Recording, Seconds, Task
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
        diverged = ending == Ending.DIVERGED
        return Trial(
            query=query.id, score=None if diverged else score, walked=float(walked),
            charged=self.charge(float(walked), Ending(ending)), ending=Ending(ending), actions=actions,
            features=features, rewards=speeds * durations, durations=durations, asked=asked,
            progress=np.full(int(walked), score), measures={} if diverged else {"speed": score, "slip": None},
        )  # fmt: skip
