"""The tables of a report, as markup: plain cells, made of numbers that are ready."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gait.compare.contests import Contest
from gait.compare.runtimes import TimeToTarget
from gait.compare.spent import MEANING, Spent
from gait.compare.statistics import Interval
from gait.compare.study import Study, decimals, spell, verdict
from gait.durations import show_duration
from gait.report.commands import versions
from gait.report.markup import table
from gait.report.numbers import Numbers
from gait.report.runs import FoundRun, Group


def standings(numbers: Numbers) -> str:
    """The comparison, best first: scores, time to the goal, against the reference."""
    study, reference = numbers.study, numbers.names[0]
    places, unit, budget = decimals(study.summaries), study.every[0]["score_unit"], study.budget
    head = ["optimizer", "runs", f"after {spell(budget / 4)}", f"after {spell(budget)}"]
    head += [f"time to {study.goal[0]:.{places}f} {unit}", "95 %"]
    head += [f"against {reference}"] if len(numbers.names) > 1 else []
    rows = []
    for s in sorted(study.summaries, key=lambda s: -float(s.whole.iqm)):
        reached = f"{spell(s.time.seconds) if s.time.successes else '–'} ({s.time.successes}/{s.time.runs})"
        c = numbers.beats.get((s.name, reference))
        row = [s.name, s.time.runs, interval(s.quarter, places), interval(s.whole, places), reached, _span(s.time)]
        rows.append([*row, _against(c) if c else "–"][: len(head)])
    return table(head, rows, numbers=[1])


def areas(numbers: Numbers) -> str:
    """Area over the convergence curve, in log and in linear time, best first."""
    found = sorted(numbers.areas.items(), key=lambda pair: -float(pair[1][0].iqm))
    rows = [(name, *(interval(x, 3) for x in both)) for name, both in found]
    return table(("optimizer", "AOCC, log time", "AOCC, linear time"), rows)


def across(found: Mapping[str, Interval], pairs: Mapping[tuple[str, str], Contest]) -> str:
    """Scores over all tasks, best first."""
    names = sorted(found, key=lambda name: -float(found[name].iqm))
    reference = next(iter(found))
    head = ["optimizer", "start = 0, best known = 1", f"beats {reference}, task by task"]
    versus = [pairs.get((name, reference)) for name in names]
    rows = [(name, interval(found[name], 2), _against(c) if c else "–") for name, c in zip(names, versus, strict=True)]
    return table(head, rows)


def parameters(run: FoundRun) -> str:
    """The recommendation's parameters beside the start's, with units; empty if it's no single point."""
    found = (run.result or {}).get("recommended", {}).get("parameters") or {}
    rows = []
    for p in run.manifest["space"]:
        if (best := found.get(p["name"])) is not None:
            where = (float(best) - p["low"]) / (p["high"] - p["low"])
            edge = "at its bound" if min(where, 1 - where) < 1e-3 else ""
            span = f"{p['low']:g} … {p['high']:g}"
            about = p.get("about", "")
            rows.append((p["name"], f"{p['default']:.3f}", f"{float(best):.3f}", p["unit"], span, edge, about))
    head = ("parameter", "start", "recommended", "unit", "range", "", "what it is")
    return table(head, rows, numbers=(1, 2)) if rows else ""


def measures(run: FoundRun) -> str:
    """What was measured of the start and of the recommendation on held-out trials; empty if nothing was."""
    start, best = ((run.result or {}).get(key, {}).get("measures") or {} for key in ("start", "recommended"))
    rows = [
        (name, *("–" if m.get(name) is None else f"{m[name]:.3g}" for m in (start, best))) for name in {**start, **best}
    ]
    return table(("measure, SI units", "start", "recommended"), rows, numbers=(1, 2)) if rows else ""


def spending(spent: Mapping[str, Spent]) -> str:
    """Where the time went, in words of time and percent of what was charged."""
    kinds = [kind for kind in MEANING if any(getattr(s, kind) for s in spent.values())]
    rows = [(name, *(_share(s, kind) for kind in kinds), show_duration(s.charged)) for name, s in spent.items()]
    return table(["", *(MEANING[kind] for kind in kinds), "charged"], rows)


def bills(study: Study) -> str:
    """What runs cost, of which only results are known: mean time of each kind, trials and falls."""
    kinds = {"walking": "walking", "setup": "set-up", "falls": "falls"}
    kinds = {k: told for k, told in kinds.items() if any(r["seconds"][k] for r in study.every)}
    rows = []
    for name, results in study.results.items():
        means = {k: sum(r["seconds"][k] for r in results) / len(results) for k in (*kinds, "charged")}
        trials, falls = (sum(counts) / len(results) for counts in zip(*map(_counts, results), strict=True))
        row = [name, *(show_duration(means[k]) for k in kinds), show_duration(means["charged"])]
        rows.append([*row, f"{trials:.0f}", f"{falls:.1f}"])
    return table(["", *kinds.values(), "charged", "trials", "falls"], rows, numbers=(len(kinds) + 2, len(kinds) + 3))


def _counts(result: Mapping[str, Any]) -> tuple[int, int]:
    return int(result["trials"]), int(result["endings"].get("fell", 0))


def _share(s: Spent, kind: str) -> str:
    """Time of one kind, and its percentage of what was charged (if it was)."""
    seconds = getattr(s, kind)
    share = "" if kind == "left" or not s.charged else f" ({100 * seconds / s.charged:.0f} %)"
    return show_duration(seconds) + share


def progress(group: Group) -> str:
    """How far an unfinished experiment is, optimizer by optimizer."""
    rows = []
    for label in dict.fromkeys([*group.wanted, *group.runs]):
        runs = group.runs.get(label, ())
        done, wanted = [r for r in runs if r.result], max(group.wanted.get(label, 0), len(runs))
        under_way = [f"seed {r.seed}: {spell(r.spent.charged)} of {spell(group.budget)}" for r in runs if not r.result]
        rows.append((label, f"{len(done)} of {wanted}", "; ".join(under_way) or "–", wanted - len(runs)))
    return table(("optimizer", "finished", "begun", "waiting"), rows, numbers=(3,))


def version_table(runs: list[FoundRun]) -> str:
    """Versions that results may depend on."""
    return table(("", "version"), versions(runs))


def interval(x: Interval, places: int) -> str:
    """0.36 [0.32, 0.42]."""
    return f"{x.iqm:.{places}f} [{x.low:.{places}f}, {x.high:.{places}f}]"


def _span(t: TimeToTarget) -> str:
    if not math.isfinite(t.low):
        return "–"
    return f"{spell(t.low)} to {spell(t.high)}" if math.isfinite(t.high) else f"{spell(t.low)} or more"


def _against(c: Contest) -> str:
    p = "p\u00a0<\u00a00.001" if c.p_value < 0.001 else f"p\u00a0=\u00a0{c.p_value:.3f}"
    return f"{verdict(c.probability, c.p_value)}, P = {c.probability:.2f} [{c.low:.2f}, {c.high:.2f}], {p}"
