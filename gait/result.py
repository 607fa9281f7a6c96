"""Result: what a run came to, on held-out trials, and the two gaits as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gait.files import write_json, write_npz
from gait.ledger import recommendations
from gait.policy import Constant, Policy
from gait.tally import Tally
from gait.task import Beginning, Task
from gait.validate import Validation, Validator, counted, curve_clocks
from gait.weights import write_weights


def finish(
    path: Path,
    manifest: Mapping[str, Any],
    task: Task,
    tally: Tally,
    validator: Validator,
    start: Policy,
    begun: Beginning,
    drawn: Policy | None = None,
) -> dict[str, Any]:
    """Validate the curve, the recommendation and the reference, record their gaits, write the result and return it.

    `drawn` is the recommendation with the draws it was learned with, if there were any: it is validated beside it.
    """
    logged = list(recommendations(path))
    clocks = np.array([clock for clock, _ in logged])
    # a run that ends by its number of batches may leave most of its budget
    reach = min(float(manifest["budget"]), float(clocks[-1])) if manifest.get("batches") else float(manifest["budget"])
    points = [logged[i] for i in curve_clocks(clocks, reach)]
    final = logged[-1][1] if logged else start
    policies = [start, *(policy for _, policy in points), final]
    asked = [*policies, *(policy for policy in (task.reference, drawn) if policy is not None)]
    checked = validator(asked)
    paid = {p.key(): v.seconds for p, v in zip(asked, checked, strict=True)}
    noisy = checked.pop() if drawn is not None else None
    reference = checked.pop() if task.reference is not None else None
    curve = [{"clock": 0.0, **checked[0].summary()}]
    curve += [{"clock": clock, **v.summary()} for (clock, _), v in zip(points, checked[1:-1], strict=True)]
    if logged and clocks[-1] > curve[-1]["clock"]:
        curve.append({"clock": float(clocks[-1]), **checked[-1].summary()})
    _record(path, task, validator, start, final)
    result = {
        **{k: manifest[k] for k in ("task", "fields", "optimizer", "settings", "seed", "budget")},
        "score_name": task.score_name, "score_unit": task.score_unit,
        "seconds": {"walking": tally.walking, "setup": tally.setup, "falls": tally.falls,
                    "charged": tally.clock, "validation": sum(paid.values())},
        **{k: manifest[k] for k in ("around", "fleet") if k in manifest},
        "trials": tally.trials, "batches": tally.batches, "endings": tally.endings,
        "start": _quality(task, start, checked[0]), "recommended": _quality(task, final, checked[-1]),
        "curve": curve,
    }  # fmt: skip
    if drawn is not None and noisy is not None:
        result["recommended"]["acts"] = "deterministic"
        result["stochastic"] = _quality(task, drawn, noisy)
    if not isinstance(final, Constant):
        write_weights(path / "policy.npz", final, task)
    if tally.fleet > 1:
        result["seconds"]["elapsed"] = tally.elapsed
    if begun.state is not None:
        result["begin"] = dict(begun.measured)
    if begun.walked:
        result["seconds"]["familiarisation"] = begun.walked
    if task.reference is not None and reference is not None:
        result["reference"] = {"name": task.reference_name, **_quality(task, task.reference, reference)}
        result |= savings(checked[-1], reference)
    write_json(path / "result.json", result)
    return result


def _record(path: Path, task: Task, validator: Validator, start: Policy, final: Policy) -> None:
    """Record a held-out trial each of the start, the recommendation and the reference: what `gait render` shows."""
    (path / "recorded").mkdir(exist_ok=True)
    shown = {"start": start, "recommended": final}
    if task.reference is not None:
        shown["reference"] = task.reference
    for name, policy in shown.items():
        r = validator.record(policy)
        told = {"score": counted(task, r.trial), "ending": str(r.trial.ending), "asked": r.trial.asked}
        arrays = {"time": r.time, "qpos": r.qpos, "contacts": r.contacts}
        arrays |= {f"extra.{k}": values for k, values in r.extra.items()}
        write_npz(path / "recorded" / f"{name}.npz", arrays | {k: np.array(v) for k, v in told.items()})


def _quality(task: Task, policy: Policy, v: Validation) -> dict[str, Any]:
    named = task.problem.space.named(policy.x) if isinstance(policy, Constant) else None
    truth = {"truth": v.truth} if v.truth else {}
    return {**v.summary(), "scores": v.scores, "falls": v.falls, "measures": v.measures, **truth,
            "policy": policy.describe(), "parameters": named}  # fmt: skip


def savings(policy: Validation, reference: Validation) -> dict[str, Any]:
    """What a policy saves over the reference: 1 − score / score of the reference, by pairs of held-out trials.

    The truth is compared seed by seed. What was measured is compared with the reference's next trial: of the same seed,
    both would have met the same errors of measurement, which no experimenter's two trials do, and they would cancel.
    Only pairs of trials that were both completed count; `n` says how many.

    Returns:
      `estimated_saving`, and `true_saving` if the noise-free scores are known, as {mean, sd, n}: means and s.d.
      of single pairs as a fraction, None where there are too few for it.
    """
    mine, stood = policy.completed, reference.completed
    found = {"estimated_saving": _saving(policy.scores, _next(reference.scores), mine, _next(stood))}
    if policy.truths and reference.truths:
        found["true_saving"] = _saving(policy.truths, reference.truths, mine, stood)
    return found


def _next(values: Sequence[Any]) -> list[Any]:
    """Each trial's next one; the first after the last."""
    return [*values[1:], *values[:1]]


def _saving(
    scores: Sequence[float | None], references: Sequence[float | None], mine: Sequence[bool], stood: Sequence[bool]
) -> dict[str, Any]:
    pairs = [
        (s, r) for s, r, *ok in zip(scores, references, mine, stood, strict=True) if all(ok) and s is not None and r
    ]
    saved = [1.0 - s / r for s, r in pairs]
    return {"mean": float(np.mean(saved)) if saved else None,
            "sd": float(np.std(saved, ddof=1)) if len(saved) > 1 else None, "n": len(saved)}  # fmt: skip
