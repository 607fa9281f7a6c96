"""Try one set of parameters, several times, outside any run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.files import read_json
from gait.manifest import check_seed
from gait.policy import Constant
from gait.run import load_run
from gait.task import Task
from gait.trial import Query
from gait.validate import counted, mean_measures

EVALUATION_SEED = 3
"""Second word of the entropy of these trials' seeds; a run's trials and held-out trials use others."""


def evaluate(
    task: Task, values: Mapping[str, float], *, trials: int = 16, seed: int = 0, seconds: float | None = None
) -> dict[str, Any]:
    """Score and measures of one set of parameters over several noisy trials.

    Args:
      task: the task.
      values: parameters in their units; the others are at their defaults.
      trials: how many trials.
      seed: seed of their noise.
      seconds: of each trial; None is the task's default.

    Returns:
      score as {mean, sd, n}, means of the measures, of the noise-free values too where the task tells them as
      `truth`, endings, seconds walked and charged, parameters.

    Raises:
      UsageError: a parameter is unknown, not finite or out of range, or a number is.
    """
    if not 1 <= trials <= 100_000:
        raise UsageError(f"--trials {trials}: between 1 and 100000 trials are walked.")
    x = task.problem.space.point(values)
    queries = [Query(k, Constant(x), task.problem.seconds.check(seconds)) for k in range(trials)]
    seeds = [np.random.SeedSequence([check_seed(seed), EVALUATION_SEED, k]) for k in range(trials)]
    done, _ = task.run(queries, seeds)
    scores = np.array([counted(task, t) for t in done])
    sd = float(scores.std(ddof=1)) if trials > 1 else 0.0
    endings = [str(t.ending) for t in done]
    truth = mean_measures([t.truth for t in done])
    return {
        "task": task.name, "fields": task.fields(), "unit": task.score_unit,
        "score": {"mean": float(scores.mean()), "sd": sd, "n": trials},
        "measures": mean_measures([t.measures for t in done]), **({"truth": truth} if truth else {}),
        "endings": {e: endings.count(e) for e in dict.fromkeys(endings)},
        "walked": sum(t.walked for t in done), "charged": sum(t.charged for t in done),
        "parameters": task.problem.space.named(x),
    }  # fmt: skip


def read_params(path: Path | None) -> dict[str, float]:
    """Parameters from a JSON or TOML file {name: value}, or a run directory's recommendation.

    Raises:
      UsageError: it can't be read, or holds something other than numbers by name, or a feedback policy is recommended.
    """
    if path is None:
        return {}
    if path.is_dir():
        run = load_run(path)
        if run.result["recommended"].get("parameters") is None:
            raise UsageError(f"{path} recommends a feedback policy: its parameters change from decision to decision.")
        return run.recommended
    if path.suffix == ".toml":
        try:
            data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UsageError(f"{path} can't be read: {error.strerror}.") from None
        except ValueError as error:
            raise UsageError(f"{path} is not TOML: {error}.") from None
    else:
        data = read_json(path)
    for name, value in data.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 1e300:
            raise UsageError(f"{path}: {name} must be a number, got {str(value)[:40]}.")
    return {name: float(value) for name, value in data.items()}


def evaluation_table(data: Mapping[str, Any]) -> None:
    """Print an evaluation."""
    s = data["score"]
    ends = " · ".join(f"{name} {n}" for name, n in data["endings"].items())
    print(f"{s['mean']:.3f} {data['unit']} ± {s['sd']:.3f} (s.d. of one trial, {s['n']} trials) · {ends}")
    print(f"{data['walked']:.0f} s walked, {data['charged']:.0f} s on the bill")
    for name, value in (*data["measures"].items(), *((f"true {k}", v) for k, v in data.get("truth", {}).items())):
        print(f"  {name:<28} {value:.4g}")
