"""Rock-paper-scissors: two softmax policies climb their gradients against each other.

    python scripts/lecture/rock_paper_scissors.py [--batches 2000] [--games 40] [--seed 0] [--out DIR]

Neither settles: each runs after the other, round and round. Their averages over time go to the equilibrium, a third
each, where nobody can be exploited; a policy without chance always can be. Writes rock_paper_scissors.png into DIR
(default runs/lecture). Five seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gait.lecture.games import MOVES, Match, exploited, play
from gait.view.look import BLUE, GREY, ORANGE, legend_below, picture


def main() -> None:
    """Play, print, draw."""
    parser = argparse.ArgumentParser(description="Policy gradient in rock-paper-scissors.")
    parser.add_argument("--batches", type=int, default=2000)
    parser.add_argument("--games", type=int, default=40, help="in a batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/lecture"))
    o = parser.parse_args()
    match = play(o.batches, o.games, seed=o.seed)
    print(f"{'policy of the first player':<34}" + "".join(f"{m:>10}" for m in MOVES) + "   exploited for, a game")
    shown = {f"after {b} batches": match.policies[b - 1, 0] for b in (1, o.batches // 2, o.batches)}
    shown["average over all batches"] = match.averages[-1, 0]
    shown |= {f"always {m}": row for m, row in zip(MOVES, np.eye(3), strict=True)}
    for name, policy in shown.items():
        print(f"{name:<34}" + "".join(f"{p:>10.3f}" for p in policy) + f"   {exploited(policy):>8.3f}")
    o.out.mkdir(parents=True, exist_ok=True)
    print(draw(match, o.out / "rock_paper_scissors.png"))


def draw(match: Match, path: Path) -> Path:
    """Paths in the triangle of policies, and what knowing them would win."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
    with picture(path, size=(9, 4.2), columns=2) as (triangle, curves):
        triangle.plot(*corners[[0, 1, 2, 0]].T, color=GREY, lw=1)
        triangle.plot(*(match.policies[:, 0] @ corners).T, color=ORANGE, lw=0.7, label="policy")
        triangle.plot(*(match.averages[:, 0] @ corners).T, color=BLUE, lw=1.6, label="average so far")
        triangle.plot(*corners.mean(axis=0), "k+", ms=10, label="equilibrium")
        for name, corner, side in zip(MOVES, corners, ("top", "top", "bottom"), strict=True):
            x, y = corner + 0.05 * (corner - corners.mean(axis=0))
            triangle.text(x, y, name, ha="center", va=side)
        triangle.set_aspect("equal")
        triangle.set_axis_off()
        triangle.set_ylim(-0.12, 1.0)
        legend_below(triangle, 3, drop=0.0)
        batches = np.arange(1, len(match.policies) + 1)
        for name, policies, colour in (("policy", match.policies, ORANGE), ("average so far", match.averages, BLUE)):
            curves.plot(batches, [exploited(p) for p in policies[:, 0]], color=colour, lw=1, label=name)
        curves.axhline(-1, color=GREY, ls=":", label="any policy without chance")
        curves.set_xlabel("batches")
        curves.set_ylabel("won against one who knows it, a game")
        legend_below(curves, 3)
    return path


if __name__ == "__main__":
    main()
