"""The sentences a report opens with: what a person would say of the numbers, and no more than they bear."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gait.compare.statistics import few_seeds
from gait.compare.study import SIGNIFICANT, decimals, spell
from gait.compare.summary import Summary
from gait.durations import show_duration
from gait.report.numbers import Numbers


def headline(numbers: Numbers) -> str:
    """Who got to the goal soonest, how much sooner than the reference, and whether that is clear."""
    study = numbers.study
    places, unit = decimals(study.summaries), study.every[0]["score_unit"]
    goal = f"{study.goal[0]:.{places}f} {unit}"
    ranked = sorted(study.summaries, key=lambda s: (s.time.seconds, -float(s.whole.iqm)))
    first = ranked[0]
    if not first.time.successes:
        who = "No optimizer" if len(ranked) > 1 else first.name
        never = "reached" if len(ranked) > 1 else "did not reach"
        top = max(study.summaries, key=lambda s: float(s.whole.iqm))
        where = f"{top.name} ended highest, at" if len(ranked) > 1 else "it ended at"
        start = f"the start had {study.start:.{places}f}"
        said = f"{who} {never} {goal} within {spell(study.budget)} of simulated time; "
        return f"{said}{where} {top.whole.iqm:.{places}f} {unit} ({start})."
    told = f"{first.name} reached {goal} in {_minutes(first.time.seconds)}"
    if len(ranked) == 1:
        return f"{told} ({_count(first)})."
    reference = study.summaries[0]
    other = reference if reference is not first else ranked[1]
    return f"{told}{_against(numbers, first, other)}.{_nor(numbers, ranked, other)}"


def _against(numbers: Numbers, first: Summary, other: Summary) -> str:
    """How much sooner than the other, and in how many runs."""
    ratio, low, high = numbers.speed_up(first.name, other.name)
    if numbers.sooner[first.name, other.name].p_value >= SIGNIFICANT:
        theirs = f"needed {_minutes(other.time.seconds)}" if other.time.successes else "never did"
        return f" ({_count(first)}); {other.name} {theirs} ({_count(other)}), which is no clear difference"
    if not other.time.successes:
        return f" ({_count(first)}), which {other.name} never did ({_count(other)})"
    if not math.isfinite(ratio):
        return f", sooner than {other.name} ({_count(first)})"
    sure = f"[{low:.1f}, {high:.1f}]" if math.isfinite(high) else f"[{low:.1f}, …]"
    return f", {ratio:.1f} {sure} times sooner than {other.name} ({_count(first)})"


def _nor(numbers: Numbers, ranked: Sequence[Summary], other: Summary) -> str:
    """Who else may be as quick as the first."""
    first = ranked[0].name
    close = [s.name for s in ranked[1:] if s is not other and numbers.sooner[first, s.name].p_value >= SIGNIFICANT]
    return f" Not clearly sooner than {listed(close)}." if close else ""


def standing(numbers: Numbers) -> str:
    """Who stands where when the budget is spent."""
    study = numbers.study
    places, unit = decimals(study.summaries), study.every[0]["score_unit"]
    ranked = sorted(study.summaries, key=lambda s: -float(s.whole.iqm))
    top = ranked[0]
    said = f"After {spell(study.budget)} {top.name} stands at {_whole(top, places)} {unit}"
    if len(ranked) == 1:
        return f"{said}; the start had {study.start:.{places}f}."
    beaten = [s.name for s in ranked[1:] if _clearly(numbers, top.name, s.name)]
    open_ = [s.name for s in ranked[1:] if s.name not in beaten]
    parts = [f"clearly above {listed(beaten)}"] if beaten else []
    parts += [f"not clearly different from {listed(open_)}"] if open_ else []
    return f"{said}, {'; '.join(parts)}."


def _clearly(numbers: Numbers, name: str, other: str) -> bool:
    c = numbers.beats[name, other]
    return c.p_value < SIGNIFICANT and c.probability > 0.5


def cautions(numbers: Numbers) -> list[str]:
    """What a reader must know before believing the numbers."""
    counts = {len(results) for results in numbers.study.results.values()}
    said = [f"Caution: {few_seeds(min(counts))}."] if few_seeds(min(counts)) else []
    if len(counts) > 1:
        said.append(f"The optimizers have {min(counts)} to {max(counts)} finished runs: not equally many.")
    return said


def run_headline(result: Mapping[str, Any]) -> str:
    """What one finished run came to; honest about a recommendation that isn't better than the start."""
    start, best, unit = result["start"], result["recommended"], result["score_unit"]
    spent = show_duration(float(result["seconds"]["charged"]))
    what = f"{result['optimizer']} reached {best['mean']:.3f} {unit} in {spent} of simulated time"
    error = math.hypot(start["sd"] / math.sqrt(start["n"]), best["sd"] / math.sqrt(best["n"]))
    gain = best["mean"] - start["mean"]
    if abs(gain) <= 2 * error:
        return f"{what}: not clearly different from the start, which had {start['mean']:.3f}."
    if gain < 0:
        return f"{what}: worse than the start, which had {start['mean']:.3f}."
    times = f", {best['mean'] / start['mean']:.1f} times the start" if start["mean"] > 0 else ", better than the start"
    return f"{what}{times} ({start['mean']:.3f} {unit})."


def saving(result: Mapping[str, Any]) -> str:
    """What the recommendation saves over the task's reference; empty if the task has none."""
    told = []
    for key, how in (("true_saving", "truly"), ("estimated_saving", "as estimated")):
        mean = (result.get(key) or {}).get("mean")
        told += [f"{100 * mean:.1f} % {how}"] if mean is not None else []
    if not told:
        return ""
    name = (result.get("reference") or {}).get("name") or "the reference"
    return f"Against {name} it saves {' and '.join(told)}, on held-out trials."


def acting(result: Mapping[str, Any]) -> str:
    """How the policy does with and without its draws, and which is recommended; empty if nothing was drawn."""
    if "stochastic" not in result:
        return ""
    best, drawn, unit = result["recommended"], result["stochastic"], result["score_unit"]
    return (
        f"What is recommended acts deterministically: {best['mean']:.3f} {unit}. The same policy with the draws it was "
        f"learned with (stochastic) has {drawn['mean']:.3f} ± {drawn['sd']:.3f} {unit} on the same held-out trials."
    )


def listed(names: Sequence[str]) -> str:
    """Names as people list them: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _minutes(seconds: float) -> str:
    """A simulated time in a sentence: 9 simulated minutes."""
    if seconds < 59.5:
        return f"{seconds:.0f} simulated seconds"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} simulated minute{'s' * (minutes != 1)}"
    return f"{seconds / 3600:.1f} simulated hours"


def _count(s: Summary) -> str:
    return f"{s.time.successes} of {s.time.runs} runs"


def _whole(s: Summary, places: int) -> str:
    return f"{s.whole.iqm:.{places}f} [{s.whole.low:.{places}f}, {s.whole.high:.{places}f}]"
