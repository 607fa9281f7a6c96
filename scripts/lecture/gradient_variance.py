"""What reward-to-go and baselines are worth, on a regulator whose gradient is known exactly.

    python scripts/lecture/gradient_variance.py [--batches 1000] [--trials 20] [--seed 0] [--out DIR]

Many batches of trials, each with one estimate of the gradient by each estimator: all meet the exact gradient on
average, and scatter less and less. Writes gradient_variance.png into DIR (default runs/lecture). Ten seconds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gait.lecture.lqr import LADDER, Regulator, estimate, spread_of
from gait.view.look import BLUE, GREY, ORANGE, picture

Array = NDArray[np.float64]
THETA = np.array([-0.4, -0.2])


def main() -> None:
    """Walk, estimate, print, draw."""
    parser = argparse.ArgumentParser(description="Variance of policy gradients on a regulator.")
    parser.add_argument("--batches", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=20, help="in a batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/lecture"))
    o = parser.parse_args()
    world, rng = Regulator(), np.random.default_rng(o.seed)
    exact = world.gradient(THETA)
    batches = [world.walk(THETA, o.trials, rng) for _ in range(o.batches)]
    print(f"exact gradient: dJ/dk = {exact[0]:.3f}, dJ/dρ = {exact[1]:.3f};  {o.batches} batches of {o.trials} trials")
    print(f"{'estimator':<38}{'mean / exact (± s.e.)':>34}{'s.d. / |exact|':>18}{'trials needed':>16}")
    found: dict[str, Array] = {}
    for name, (returns, baseline) in LADDER.items():
        found[name] = np.array([estimate(b, THETA, returns, baseline) for b in batches])
        s = spread_of(found[name])
        means = ", ".join(f"{m:.3f} ± {e:.3f}" for m, e in zip(s.mean / exact, s.error / np.abs(exact), strict=True))
        sds = ", ".join(f"{sd:.2f}" for sd in s.sd / np.abs(exact))
        first = spread_of(next(iter(found.values())))
        needed = ", ".join(f"{share:.2f}" for share in (s.sd / first.sd) ** 2)
        print(f"{name:<38}{means:>34}{sds:>18}{needed:>16}", flush=True)
    print("for k and for ρ; trials needed for the same error, relative to the first row")
    o.out.mkdir(parents=True, exist_ok=True)
    print(draw(found, exact, o.out / "gradient_variance.png"))


def draw(found: dict[str, Array], exact: Array, path: Path) -> Path:
    """Where the estimates lie: the middle 50 and 90 %, the mean, the exact gradient."""
    title = "estimates of the gradient: middle 50 and 90 % of the batches, mean, and exact (dotted)"
    with picture(path, size=(9, 3.6), columns=2, title=title, sharey=True) as axes:
        for ax, i, name, colour in zip(axes, range(2), ("dJ/dk", "dJ/dρ"), (BLUE, ORANGE), strict=True):
            for row, estimates in enumerate(found.values()):
                low, left, right, high = np.percentile(estimates[:, i], [5, 25, 75, 95])
                ax.plot([low, high], [row, row], color=colour, lw=1.2)
                ax.plot([left, right], [row, row], color=colour, lw=6, alpha=0.5, solid_capstyle="butt")
                ax.plot(estimates[:, i].mean(), row, "o", color=colour, ms=4)
            ax.axvline(exact[i], color=GREY, ls=":")
            ax.set_xlabel(name)
        axes[0].set_yticks(range(len(found)), list(found))
        axes[0].invert_yaxis()
    return path


if __name__ == "__main__":
    main()
