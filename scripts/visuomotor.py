"""A quadruped that walks to a ball by what its head camera sees: judge the shipped policy, film it, or train one.

    python scripts/visuomotor.py                  # judges the shipped policy, in the dark too, and a told one
    python scripts/visuomotor.py --video ball.mp4 --picture ball.png
    python scripts/visuomotor.py --train --seed 0 --out seeing.npz --ledger benchmarks/visuomotor.jsonl
    python scripts/visuomotor.py --table benchmarks/visuomotor.jsonl

A ball lies 1 to 2 m away, up to 60° to a side; it is reached when it is within 0.15 m of the nose in 30 s. Training
needs PyTorch: pip install 'gaitopt[rl]'.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from gait.errors import UsageError
from gait.models import model_path
from gait.seeing.film import Shot, film, sheet
from gait.seeing.judge import HELD_OUT, Judged, in_words, judge
from gait.seeing.ledger import keep, table
from gait.seeing.policy import SeeingPolicy, load_policy
from gait.seeing.train import TRIALS, UPDATES, train
from gait.seeing.trials import Pilot, curve, seeing, told
from gait.seeing.walker import SHARPEST
from gait.seeing.world import Ball
from gait.view.formats import check_target

SHIPPED, SHIPPED_BLIND = "quadruped/seeing.npz", "quadruped/seeing_blind.npz"
SHOWN = (Ball(1.8, np.radians(40.0)), Ball(1.3, np.radians(-25.0)), Ball(1.5, np.radians(-58.0)))
"""Balls of the film; the last isn't seen at first."""


def main() -> None:
    """Train if asked to, judge, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", type=Path, help="of the policy; none: the shipped one")
    parser.add_argument("--train", action="store_true", help="learn weights instead of reading them")
    parser.add_argument("--blind", action="store_true", help="train in the dark: what can be had without seeing")
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--updates", type=int, default=UPDATES, help=f"of the training, {TRIALS} trials each")
    parser.add_argument("--balls", type=int, default=HELD_OUT, help="held-out balls to judge by; 0: none")
    parser.add_argument("--curve", type=float, help="judge a blind robot that walks a path of this curvature [1/m]")
    parser.add_argument("--out", type=Path, help="where trained weights go")
    parser.add_argument("--ledger", type=Path, help="JSON lines; a line is added")
    parser.add_argument("--table", type=Path, help="print this ledger's trainings, and do nothing else")
    parser.add_argument("--video", type=Path, help="mp4, webp or gif to be written")
    parser.add_argument("--picture", type=Path, help="png of a few moments to be written")
    o = parser.parse_args()
    try:
        check(o)
        if o.table:
            print("\n".join(table(o.table)))
        elif o.curve is not None:
            judge_one(f"curve of {o.curve:g} / m", curve(o.curve), False, o.balls)
        else:
            run(o)
    except UsageError as error:
        raise SystemExit(f"gait: {error}") from None


def check(o: argparse.Namespace) -> None:
    """Refuse what can't be meant."""
    for name, low in (("seed", 0), ("updates", 1), ("balls", 0)):
        if getattr(o, name) < low:
            raise UsageError(f"--{name} {getattr(o, name)}: must be at least {low}.")
    if o.curve is not None and not abs(o.curve) <= SHARPEST:
        raise UsageError(f"--curve {o.curve:g}: must lie within [-{SHARPEST:g}, {SHARPEST:g}] / m.")
    if o.curve is not None and o.balls < 1:
        raise UsageError("--curve is judged by one ball or more: --balls 1.")
    if o.train and o.weights:
        raise UsageError("--train learns weights, --weights reads them: say one of them.")
    if not o.train and (o.blind or o.out):
        raise UsageError("--blind and --out belong to --train.")
    if o.video:
        check_target(o.video)
    for name in ("out", "ledger", "picture"):
        path = getattr(o, name)
        if path and not path.parent.is_dir():
            raise UsageError(f"--{name} {path}: there is no folder {path.parent}.")


def run(o: argparse.Namespace) -> None:
    """As asked."""
    bill = None
    if o.train:
        policy, bill = train(o.seed, updates=o.updates, blind=o.blind, tell=lambda line: print(line, flush=True))
        print(f"trained for {bill.charged / 3600:.2f} h of simulated time ({bill.trials} trials), "
              f"{bill.processor / 60:.1f} min of processor time, {bill.wall / 60:.1f} min")  # fmt: skip
        if o.out:
            policy.save(o.out)
    else:
        policy = load_policy(o.weights or model_path(SHIPPED))
    judged = judge_all(policy, o.train, o.blind, o.balls) if o.balls else {}
    if o.ledger:
        asked = {"seed": o.seed, "blind": o.blind, "updates": o.updates} if o.train else {}
        keep(o.ledger, asked, bill, judged)
    if o.video or o.picture:
        draw(policy, o.video, o.picture)


def judge_all(policy: SeeingPolicy, trained: bool, blind: bool, balls: int) -> dict[str, Judged]:
    """Print and return how the policy does with its eyes open and shut, one that never saw, and who is told.

    What was trained blind is judged alone; what wasn't trained just now, beside the shipped policy that was.
    """
    if blind:
        return {"trained blind": judge_one("trained blind", seeing(policy), False, balls)}
    pilots = {"seeing": (seeing(policy), True), "its eyes shut": (seeing(policy), False)}
    if not trained:
        pilots["trained blind"] = (seeing(load_policy(model_path(SHIPPED_BLIND))), False)
    pilots["told the bearing"] = (told, False)
    return {name: judge_one(name, *who, balls) for name, who in pilots.items()}


def judge_one(name: str, pilot: Pilot, sees: bool, balls: int) -> Judged:
    """Judge one pilot and print how it did."""
    judged = judge(pilot, sees=sees, balls=balls)
    print(in_words(name, judged), flush=True)
    return judged


def draw(policy: SeeingPolicy, video: Path | None, picture: Path | None) -> None:
    """Walk to the shown balls and write the film, and a sheet of the first."""
    shots = [Shot(ball, np.random.SeedSequence([7, k]), seeing(policy)) for k, ball in enumerate(SHOWN)]
    for shot in shots:
        print(f"ball {shot.trial.ball.distance:g} m, {np.degrees(shot.trial.ball.bearing):.0f}°: {shot.trial.outcome}")
    if video:
        print(f"wrote {film(shots, video)}")
    if picture:
        end = shots[0].trial.walked
        print(f"wrote {sheet(shots[0], [0.0, 0.4 * end, 0.7 * end, end], picture)}")


if __name__ == "__main__":
    main()
