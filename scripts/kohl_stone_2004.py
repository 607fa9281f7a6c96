"""Kohl & Stone (ICRA 2004) in simulation: 23 iterations × 15 policies × 3 evaluations from their published start.

    python scripts/kohl_stone_2004.py [--out DIR] [--seed N]

Prints the published and the simulated tables side by side, draws the learning curve and the foot paths before and
after, and writes a video. Writes everything into DIR (default runs/kohl-stone); asked again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gait
from gait.compare.plots import save_learning_curve
from gait.controllers.half_ellipse import PARAMETERS, PUBLISHED_BEST
from gait.durations import show_duration
from gait.evaluate import evaluate
from gait.run import Run, resume
from gait.view.paths import save_foot_paths

ITERATIONS, POLICIES, EVALUATIONS = 23, 15, 3
TRAVERSAL, ROBOTS = 30.0, 3  # s a traversal, turning included, and robots side by side; both recalled
START, BEST, BEST_SD = 0.150, 0.291, 0.003  # m/s: "less than 150 mm/s" and 291 are on record, ± 3 is recalled


def run_experiment(out: Path, seed: int) -> Run:
    """The learning run: made, or gone on with."""
    if (out / "run.json").exists():
        return resume(out)
    settings = {"policies": POLICIES, "evaluations": EVALUATIONS}
    # the budget is ample: the run ends after 23 iterations, as theirs did
    return gait.optimize(
        "quadruped", "finite-difference", budget="6h", batches=ITERATIONS, seed=seed, out=out, settings=settings
    )


def print_tables(run: Run) -> None:
    """Published beside simulated: speeds, cost, parameters."""
    task, r = gait.make_task("quadruped"), run.result
    theirs = evaluate(task, PUBLISHED_BEST)["score"]
    print("\n                           published            simulated   (mm/s; recalled and not verified: *)")
    print(f"  start                       < {1e3 * START:.0f}         {_speed(r['start'])}")
    print(f"  their best parameters    {1e3 * BEST:.0f} ± {1e3 * BEST_SD:.0f}*       {_speed(theirs)}")
    print(f"  our best parameters             –         {_speed(r['recommended'])}")
    traversals = ITERATIONS * POLICIES * EVALUATIONS
    hours = traversals * TRAVERSAL / ROBOTS / 3600
    print(f"  traversals            just over 1000        {r['trials']:>5d}")
    print(f"  hours                       about 3         {r['seconds']['charged'] / 3600:5.1f} on one robot, "
          f"{r['endings']['fell']} falls")  # fmt: skip
    print(f"  ({traversals} traversals × {TRAVERSAL:.0f} s* / {ROBOTS} robots = {hours:.1f} h; "
          f"{traversals * TRAVERSAL / 3600:.1f} robot-hours)\n")  # fmt: skip
    print(f"  {'parameter':<24}{'start*':>8}{'ε*':>8}{'their best*':>13}{'ours':>9}  unit")
    for p in PARAMETERS:
        ours = run.recommended[p.name]
        print(f"  {p.name:<24}{p.default:8.3f}{p.scale:8.3f}{PUBLISHED_BEST[p.name]:13.3f}{ours:9.3f}  {p.unit}")


def _speed(score: dict[str, float]) -> str:
    return f"{1e3 * score['mean']:5.0f} ± {1e3 * score['sd']:.0f}"


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description="Kohl & Stone (ICRA 2004) in simulation.")
    parser.add_argument("--out", type=Path, default=Path("runs/kohl-stone"), help="run directory")
    parser.add_argument("--seed", type=int, default=0, help="every random choice follows from it")
    options = parser.parse_args()
    try:
        run = run_experiment(options.out, options.seed)
        if not run.result:
            raise SystemExit(f"stopped; the same command goes on with {options.out}")
        print_tables(run)
        references = {"Kohl & Stone's robot, 291 mm/s": BEST}
        written = list(save_learning_curve(options.out / "learning-curve", run.result, references))
        written.append(save_foot_paths(run.path, options.out / "foot-paths.png"))
        print("\n" + "\n".join(str(path) for path in written))
    except gait.UsageError as error:
        raise SystemExit(f"gait: {error}") from None
    try:
        print(run.render(options.out / "walk.mp4"))
    except gait.UsageError as error:  # no OpenGL: everything but the video is there
        print(f"gait: {error}", file=sys.stderr)
    print(f"{show_duration(run.result['seconds']['charged'])} of simulated time, on the bill of one robot")


if __name__ == "__main__":
    main()
