"""Result: what a run came to, on held-out trials, and the two gaits as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gait.files import write_json, write_npz
from gait.ledger import recommendations
from gait.policy import Constant, Policy
from gait.tally import Tally
from gait.task import Task
from gait.validate import Validation, Validator, curve_clocks


def finish(
    path: Path, manifest: Mapping[str, Any], task: Task, tally: Tally, validator: Validator, start: Policy
) -> dict[str, Any]:
    """Validate the curve and the recommendation, record both gaits, write the result and return it."""
    logged = list(recommendations(path))
    clocks = np.array([clock for clock, _ in logged])
    # a run that ends by its number of batches may leave most of its budget
    reach = min(float(manifest["budget"]), float(clocks[-1])) if manifest.get("batches") else float(manifest["budget"])
    points = [logged[i] for i in curve_clocks(clocks, reach)]
    final = logged[-1][1] if logged else start
    policies = [start, *(policy for _, policy in points), final]
    checked = validator(policies)
    paid = {p.key(): v.seconds for p, v in zip(policies, checked, strict=True)}
    curve = [{"clock": 0.0, **checked[0].summary()}]
    curve += [{"clock": clock, **v.summary()} for (clock, _), v in zip(points, checked[1:-1], strict=True)]
    if logged and clocks[-1] > curve[-1]["clock"]:
        curve.append({"clock": float(clocks[-1]), **checked[-1].summary()})
    (path / "recorded").mkdir(exist_ok=True)
    for name, policy in (("start", start), ("recommended", final)):
        r = validator.record(policy)
        told = {"score": r.trial.score or 0.0, "ending": str(r.trial.ending), "asked": r.trial.asked}
        arrays = {"time": r.time, "qpos": r.qpos, "contacts": r.contacts}
        write_npz(path / "recorded" / f"{name}.npz", arrays | {k: np.array(v) for k, v in told.items()})
    result = {
        **{k: manifest[k] for k in ("task", "fields", "optimizer", "settings", "seed", "budget")},
        "score_name": task.score_name, "score_unit": task.score_unit,
        "seconds": {"walking": tally.walking, "setup": tally.setup, "falls": tally.falls,
                    "charged": tally.clock, "validation": sum(paid.values())},
        "trials": tally.trials, "batches": tally.batches, "endings": tally.endings,
        "start": _quality(task, start, checked[0]), "recommended": _quality(task, final, checked[-1]),
        "curve": curve,
    }  # fmt: skip
    write_json(path / "result.json", result)
    return result


def _quality(task: Task, policy: Policy, v: Validation) -> dict[str, Any]:
    named = task.problem.space.named(policy.x) if isinstance(policy, Constant) else None
    return {**v.summary(), "scores": v.scores, "falls": v.falls, "measures": v.measures,
            "policy": policy.describe(), "parameters": named}  # fmt: skip
