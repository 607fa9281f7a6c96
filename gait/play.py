"""Play: a trained policy, as its weights file has it, walks one held-out trial beside the start."""

from __future__ import annotations

from pathlib import Path

from gait.errors import UsageError
from gait.policy import Constant
from gait.task import Recording, Task
from gait.tasks import make_task
from gait.trial import Query
from gait.validate import held_out_seeds
from gait.weights import Weights, read_weights


def play(path: Path) -> tuple[Task, Recording, Recording]:
    """The task that a weights file is of, and its first held-out trial as the start and as the policy walk it.

    Raises:
      UsageError: it is no policy's weights, or of a task that is unknown or another here.
    """
    weights = read_weights(path)
    task = make_task(weights.task, weights.fields)
    _check(path, weights, task)
    seed = held_out_seeds()[0]
    start = Constant(task.problem.space.default)
    before, after = (task.record(Query(k, policy), seed) for k, policy in enumerate((start, weights.policy)))
    return task, before, after


def _check(path: Path, weights: Weights, task: Task) -> None:
    for what, its, here in (
        ("version", weights.task_version, task.version),
        ("features", weights.features, task.problem.features),
        ("parameters", weights.parameters, tuple(task.problem.space.names)),
    ):
        if its != here:
            raise UsageError(f"{path} is of task {task.name!r} with {what} {its}; here it has {here}.")
