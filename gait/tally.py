"""Tally: what a run has spent, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gait.task import Task
from gait.trial import Ending, Trial


def split_bill(walked: float, charged: float, ending: Ending, setup: float) -> tuple[float, float]:
    """What was charged [s] beyond what was walked: for set-up, and for getting up after falls."""
    fell = ending in (Ending.FELL, Ending.DIVERGED)
    return setup, charged - walked - setup if fell else 0.0


@dataclass
class Tally:
    """What a run has spent so far [s], and on what."""

    fleet: int = 1
    """Robots that walk at the same time."""
    clock: float = 0.0
    """Everything that was charged, summed over robots: the run's clock."""
    elapsed: float = 0.0
    """Time that went by: each trial of a batch goes to the robot that is free first, and a batch waits for its last."""
    walking: float = 0.0
    setup: float = 0.0
    falls: float = 0.0
    trials: int = 0
    batches: int = 0
    endings: dict[str, int] = field(default_factory=lambda: {str(e): 0 for e in Ending})
    best: float = float("-inf")
    """Best score of one trial: a noisy reading, for the progress bar only."""

    def add(self, task: Task, trials: Sequence[Trial]) -> None:
        """Put a batch on the bill."""
        robots = [0.0] * self.fleet
        for trial in trials:
            first = robots.index(min(robots))
            robots[first] += trial.charged
        self.elapsed += max(robots)
        for trial in trials:
            self.clock += trial.charged
            self.walking += trial.walked
            setup, falls = split_bill(trial.walked, trial.charged, trial.ending, task.setup_seconds)
            self.setup += setup
            self.falls += falls
            self.endings[str(trial.ending)] += 1
            self.best = max(self.best, self.best if trial.score is None else trial.score)
        self.trials += len(trials)
        self.batches += 1
