"""A corridor in which two cells look alike and need opposite actions: policy gradient beside Q-learning.

    python scripts/lecture/aliased_corridor.py [--batches 300] [--seed 0] [--out DIR]

REINFORCE learns to toss a coin where it can't know, and finds the treasure from everywhere. Q-learning on what is seen
learns a policy without chance; each of those is stuck from half of the starts or more. Writes aliased_corridor.png
into DIR (default runs/lecture). Five seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gait.lecture import corridor
from gait.view.look import BLUE, GREY, ORANGE, PALE, legend_below, picture

Array = NDArray[np.float64]


def main() -> None:
    """Learn, print, draw."""
    parser = argparse.ArgumentParser(description="An aliased corridor.")
    parser.add_argument("--batches", type=int, default=300, help="of 24 trials, for REINFORCE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/lecture"))
    o = parser.parse_args()
    learned = corridor.reinforce(o.batches, seed=o.seed)
    greedy = corridor.greedy(corridor.q_learning(seed=o.seed))
    print(f"{'chances of ' + ', '.join(corridor.ACTIONS):<32}{'REINFORCE':>22}{'Q-learning, greedy':>22}")
    for look, mine, other in zip(corridor.LOOKS, learned[-1], greedy, strict=True):
        print(f"  {look:<30}" + "".join(f"{' '.join(f'{p:.2f}' for p in row):>22}" for row in (mine, other)))
    print(f"reaches the treasure within {corridor.LIMIT} s from cell")
    for cell, *reached in zip(corridor.STARTS, corridor.reaches(learned[-1]), corridor.reaches(greedy), strict=True):
        print(f"  {cell:<30}" + "".join(f"{p:>22.3f}" for p in reached))
    best = max(int((corridor.reaches(p) > 0.5).sum()) for p in corridor.every_deterministic_policy())
    print(f"the best of all 81 policies without chance reaches it from {best} of {len(corridor.STARTS)} cells")
    o.out.mkdir(parents=True, exist_ok=True)
    print(draw(learned, greedy, o.out / "aliased_corridor.png"))


def draw(learned: Array, greedy: Array, path: Path) -> Path:
    """What was learned in the grey cells, and from where the treasure is reached."""
    batches, cells = np.arange(1, len(learned) + 1), np.arange(len(corridor.STARTS))
    with picture(path, size=(9, 3.8), columns=2) as (chances, reached):
        for name, action, colour in zip(corridor.ACTIONS, range(3), (BLUE, ORANGE, GREY), strict=True):
            chances.plot(batches, learned[:, 1, action], color=colour, label=name)
        chances.set_ylabel("chance in a grey cell, REINFORCE")
        chances.set_xlabel("batches of 24 trials")
        bars = (("REINFORCE", learned[-1], -0.2, BLUE), ("Q-learning, greedy", greedy, 0.2, PALE))
        for name, policy, aside, colour in bars:
            reached.bar(cells + aside, corridor.reaches(policy), width=0.38, color=colour, label=name)
        reached.set_xticks(cells, [f"cell {c}, {corridor.LOOKS[corridor.SEEN[c]]}" for c in corridor.STARTS])
        reached.tick_params(axis="x", labelsize="small")
        reached.set_ylabel("chance to reach the treasure")
        for ax in (chances, reached):
            ax.set_ylim(0, 1.02)
            legend_below(ax, 3)
    return path


if __name__ == "__main__":
    main()
