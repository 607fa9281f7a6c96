"""A task and an optimizer from outside the package: `gait` finds them by this package's entry points."""

import numpy as np

from gait.optimizers.base import Optimizer
from gait.policy import Constant
from gait.space import Parameter, Space
from gait.task import Problem, Recording, Seconds, Task
from gait.trial import Ending, Trial


class Pendulum(Task):
    """How far a leg swings that is driven at some frequency."""

    name, version, title = "pendulum", "1", "a swinging leg"
    score_name, score_unit, decision = "amplitude", "rad", "trial"
    setup_seconds, fall_seconds = 1.0, 0.0

    def __init__(self, noise="default"):
        self.noise = noise
        frequency = Parameter("frequency", 0.5, 2.0, 0.8, 0.1, "Hz")
        damping = Parameter("damping", 0.1, 0.5, 0.4, 0.05, "", "of critical damping")
        self.problem = Problem(Space([frequency, damping]), (), Seconds(1.0, 5.0, 30.0), lambda seconds: 0.05)

    def fields(self):
        return {"noise": self.noise}

    def headline(self):
        return "pendulum · a swinging leg"

    def run(self, queries, seeds, state=None):
        return [self.swing(query, seed) for query, seed in zip(queries, seeds, strict=True)], None

    def swing(self, query, seed):
        noise, chance = (np.random.default_rng([*seed.generate_state(4), k]) for k in range(2))
        action, seconds = query.policy.act(np.zeros(0), chance), self.problem.seconds.check(query.seconds)
        frequency, damping = self.problem.space.decode(action)
        r = frequency / 1.2
        far = float((1.0 + 0.05 * noise.normal()) / np.hypot(1.0 - r**2, 2.0 * damping * r))
        return Trial(
            query.id, far, seconds, self.charge(seconds, Ending.COMPLETED), Ending.COMPLETED, asked=seconds,
            actions=np.array([action]), features=np.zeros((2, 0)), rewards=np.array([far]),
            durations=np.array([seconds]), progress=np.full(int(seconds), far), measures={"amplitude": far},
        )  # fmt: skip

    def record(self, query, seed):
        return Recording(self.swing(query, seed), np.zeros(1), np.zeros((1, 0)), np.zeros((1, 0), bool))

    def score(self, measures):
        return measures["amplitude"]


class HillClimb(Optimizer):
    """Tries a small change of all parameters, several times; keeps it if it was better on average."""

    name = "hill-climb"
    about = "keeps a random change that was better on average"

    def __init__(self, problem, seed=0, settings=None):
        super().__init__(problem, seed, settings)
        self.best = self.tried = self.space.default
        self.best_score = -np.inf

    @property
    def batch_size(self):
        return 4

    def recommend(self):
        return Constant(self.best)

    def _ask(self):
        change = self.space.scale * self.rng.normal(size=len(self.space)) * np.isfinite(self.best_score)
        self.tried = np.clip(self.best + change, 0.0, 1.0)
        return [self.query(Constant(self.tried)) for _ in range(4)]

    def _tell(self, trials, scores):
        if scores.mean() > self.best_score:
            self.best, self.best_score = self.tried, scores.mean()
