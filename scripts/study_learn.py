"""Learning on the quadruped, by simulated time: our PPO and actor-critic, and Stable-Baselines3's PPO beside them.

    python scripts/study_learn.py [--learners ppo,actor-critic,sb3-ppo] [--seeds 5] [--hours 10] [--jobs 2]

A simulated hour takes a minute on a core. Finished runs are kept as lines of --kept (they are in the repository): it
can be stopped at any time and goes on from there; --minutes ends it after the runs then under way, --minutes 0 only
tells what is known. Prints validated speeds (interquartile mean [95 % bootstrap]) of the policies with and without
their draws, and how many simulated hours each needs for what REINFORCE has after 3 h; draws the learning curves, beside
those of benchmarks/optimizers.jsonl.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from gait.compare.kept import Asked, Kept, Line, Question, add_options
from gait.compare.plots import figure, legend_beside, look_of
from gait.compare.runtimes import TimeToTarget, expected_time, time_to_target
from gait.compare.statistics import bootstrap, sample_curve

HOUR = 3600.0
FIRST = 3.0
"""Hours after which REINFORCE sets the mark."""
OURS = ("ppo", "actor-critic")
SB3 = "sb3-ppo"
BESIDE = ("finite-difference", "cma-es", "reinforce")
"""Whose runs of three hours are known, and are drawn beside."""
NAMES = {"finite-difference": "finite differences", "cma-es": "CMA-ES", "reinforce": "REINFORCE", "ppo": "PPO (ours)",
         "actor-critic": "actor-critic", SB3: "PPO (Stable-Baselines3)"}  # fmt: skip
Rows = dict[str, list[Line]]
"""The longest known run of each seed, by learner."""


def main() -> None:
    """Walk what is missing, print and draw what is known."""
    parser = argparse.ArgumentParser(description="Learning on the quadruped, by simulated time.")
    parser.add_argument("--learners", default="ppo,sb3-ppo,actor-critic", help="names with commas between")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hours", type=float, default=10.0, help="simulated, as charged")
    add_options(parser, "benchmarks/learn.jsonl", "studies/learn")
    parser.add_argument("--beside", type=Path, default=Path("benchmarks/optimizers.jsonl"))
    parser.add_argument("--figure", type=Path, default=Path("docs/learning.png"))
    o = parser.parse_args()
    learners, kept = o.learners.split(","), Kept(o.kept)
    # seed by seed, so that a study that is stopped has all learners about equally far
    asked = [question(name, seed, HOUR * o.hours) for seed in range(o.seeds) for name in learners]
    kept.walk(asked, o.work, o.jobs, o.minutes, in_words)
    rows = {name: longest(kept.lines, name) for name in dict.fromkeys([*OURS, SB3])}
    beside = {name: longest(Kept(o.beside).lines, name) for name in BESIDE}
    known: Rows = {name: lines for name, lines in {**beside, **rows}.items() if lines}
    show(known)
    draw(known, o.figure)


def question(name: str, seed: int, budget: float) -> Asked:
    """One run of a study."""
    if name == SB3:
        from learn_sb3 import SB3Question  # needs extras that the others don't

        return SB3Question(seed, budget)
    return Question("quadruped", name, seed, budget)


def in_words(_: Asked, line: Line) -> str:
    """What a run came to."""
    return (f"{line['optimizer']} seed {line['seed']}, {line['budget'] / HOUR:.3g} h: "
            f"{line['recommended']['mean']:.3f} m/s")  # fmt: skip


def longest(lines: Sequence[Line], name: str) -> list[Line]:
    """The longest run of each seed: at default noise, and with our optimizers' settings of now."""
    found = {}
    for line in sorted(lines, key=lambda line: float(line["budget"])):
        usual = line["fields"].get("noise") == "default" and not line.get("around")
        if line["optimizer"] == name and usual and (name == SB3 or _current(line)):
            found[line["seed"]] = line
    return list(found.values())


def _current(line: Line) -> bool:
    said = Question("quadruped", line["optimizer"], line["seed"], line["budget"]).described
    return all(line.get(key) == said[key] for key in ("settings", "code", "task_version"))


def at(line: Line, clock: float) -> float:
    """Validated speed of what a run recommended at a time [m/s]."""
    clocks, means = np.array(line["curve"]).T
    return float(sample_curve(clocks, means, np.array([clock]))[0])


def show(known: Rows) -> None:
    """Print a row a learner."""
    mark = float(bootstrap(reached(known, "reinforce", FIRST * HOUR), np.random.default_rng(0)).iqm)
    table = Table(box=None, padding=(0, 1))
    ends = sorted(
        {line["budget"] / HOUR for lines in known.values() for line in lines if line["budget"] > FIRST * HOUR}
    )
    heads = [f"{FIRST:g} h", *(f"{h:g} h" for h in ends)]
    for column in ("learner", "runs", *heads, "with its draws", f"hours to {mark:.3f}", "falls a run"):
        table.add_column(column, no_wrap=True)
    for name, lines in known.items():
        speeds = [reached(known, name, HOUR * h) for h in (FIRST, *ends)]
        drawn = [line["stochastic"]["mean"] for line in lines if "stochastic" in line]
        t = hours_to(lines, mark)
        falls = np.mean([line["endings"]["fell"] for line in lines])
        table.add_row(
            NAMES[name], str(len(lines)), *(spread(x) for x in speeds), spread(drawn),
            f"{t.seconds / HOUR:.2f} ({t.successes}/{t.runs})" if t.successes else f"– (0/{t.runs})", f"{falls:.1f}",
        )  # fmt: skip
    print("validated speed [m/s] of the deterministic policies, interquartile mean [95 % bootstrap]; simulated hours")
    Console(width=180).print(table, highlight=False)


def reached(known: Rows, name: str, clock: float) -> list[float]:
    """Validated speeds at a time, of the runs that are as long."""
    return [at(line, clock) for line in known.get(name, ()) if line["budget"] >= clock]


def hours_to(lines: Sequence[Line], mark: float) -> TimeToTarget:
    """Expected time to a speed: all seconds spent before it, over the runs that got there."""
    budget = max(float(line["budget"]) for line in lines)
    curves = [np.array(line["curve"]).T for line in lines]
    return expected_time([time_to_target(clock, mean, mark, budget) for clock, mean in curves], budget)


def spread(values: Sequence[float]) -> str:
    """Interquartile mean and its interval."""
    if not values:
        return "–"
    x = bootstrap(list(values), np.random.default_rng(0))
    return f"{x.iqm:.3f} [{x.low:.3f}, {x.high:.3f}]"


def draw(known: Rows, path: Path) -> None:
    """Learning curves with their bands, each as long as all of its runs are."""
    ends: dict[str, float] = {}
    with figure("quadruped: learning, by simulated time") as (fig, ax):
        for i, (name, lines) in enumerate(known.items()):
            clock = np.linspace(0.0, min(float(line["budget"]) for line in lines), 241)
            curves = [np.array(line["curve"]).T for line in lines]
            sampled = np.array([sample_curve(when, mean, clock) for when, mean in curves])
            x, look, label = (
                bootstrap(sampled, np.random.default_rng(0)),
                look_of(i),
                f"{NAMES[name]}, {len(lines)} runs",
            )
            ax.fill_between(clock / HOUR, x.low, x.high, step="post", color=look["color"], alpha=0.2, lw=0)
            ax.plot(clock / HOUR, x.iqm, **look, drawstyle="steps-post", lw=2, label=label)
            ends[label] = float(np.asarray(x.iqm)[-1])
        ax.set(xlabel="simulated time [h], as charged", ylabel="speed [m/s], held-out trials", xlim=(0, None))
        legend_beside(ax, ends, "interquartile mean,\n95 % band")
        fig.savefig(path, dpi=200)
    print(path)


if __name__ == "__main__":
    main()
