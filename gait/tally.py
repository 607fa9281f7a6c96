"""Tally: what a run has spent, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gait.task import Task
from gait.trial import Ending, Trial


@dataclass
class Tally:
    """What a run has spent so far [s], and on what."""

    clock: float = 0.0
    """Everything that was charged: the run's clock."""
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
        for trial in trials:
            self.clock += trial.charged
            self.walking += trial.walked
            self.setup += task.setup_seconds
            if trial.ending is not Ending.COMPLETED:
                self.falls += trial.charged - trial.walked - task.setup_seconds
            self.endings[str(trial.ending)] += 1
            self.best = max(self.best, self.best if trial.score is None else trial.score)
        self.trials += len(trials)
        self.batches += 1
