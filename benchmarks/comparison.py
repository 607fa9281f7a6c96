"""What a whole comparison costs, beside a bare `mj_step` loop over as much walking in as many processes.

    python benchmarks/comparison.py [--optimizers …] [--seeds 2] [--budget 20min] [--jobs 2]

The comparison is everything: interpreter, optimizers, noise, ledgers, validation, tables and plot. The bare loop plays
the recorded controls of a sample of its trials, `mj_step` and nothing else, in as many processes, before and after it;
its time is scaled to the seconds that the comparison walked, validation included. Wall times depend on what else the
machine does; the ratio of processor times hardly does. The bar is 1.4, for 10 seeds of an hour: the report with its
video is made once, however much was walked, and weighs more in a small comparison; what it costs is told apart.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from throughput import Tape, TapedWalker, bare_loop

from gait.compare.executors.processes import results
from gait.files import read_json
from gait.ledger import Ledger
from gait.session import trial_seed
from gait.simulate import Walk
from gait.tasks.quadruped import SECONDS, Quadruped
from gait.walking import walk_trials

SIX = "finite-difference,cma-es,reinforce,hill-climbing,nelder-mead,genetic"
SAMPLED = 6
"""Trials of each run that the bare loop plays."""
BAR = 1.4


def sample(place: Path, task: Quadruped) -> list[Tape]:
    """Controls of some trials of a run, evenly over its ledger."""
    ledger = Ledger.open(place)
    asked = [query for batch in ledger.batches() for query in batch.queries]
    ledger.close()
    walker = TapedWalker(task.robot, task.controller, task.noise, SECONDS.high)
    walk, kept = Walk(walker, 1), []
    for query in asked[:: max(1, len(asked) // SAMPLED)]:
        walk_trials(task, [walk], [query], [trial_seed(int(ledger.manifest["seed"]), query)])
        kept.append(Tape(walker.start, walker.tape))  # type: ignore[arg-type]
    return kept


def time_bare(places: list[Path]) -> tuple[float, float, float]:
    """Walked, wall and processor seconds of a bare loop over the runs' samples, after one round unmeasured."""
    task = Quadruped(threads=1)
    steps = task.robot.command_steps
    tapes = [tape for place in places for tape in sample(place, task)]
    walked = sum(len(tape.ctrl) for tape in tapes) * steps * task.model.opt.timestep
    bare_loop(task.model, steps, tapes)
    wall, cpu = time.perf_counter(), time.process_time()
    bare_loop(task.model, steps, tapes)
    return walked, time.perf_counter() - wall, time.process_time() - cpu


def bare(runs: list[Path], jobs: int) -> tuple[float, float]:
    """Wall and processor seconds that the bare loop takes for a walked second, in so many processes at a time."""
    parts = [partial(time_bare, runs[k::jobs]) for k in range(jobs)]
    found = [value for _, value, error in results(parts, jobs) if error is None]
    walked = sum(w for w, _, _ in found)
    return max(wall for _, wall, _ in found) / walked, sum(cpu for _, _, cpu in found) / walked


def compare(o: argparse.Namespace, out: Path) -> tuple[float, float]:
    """Wall and processor seconds of the command."""
    words = ["compare", "quadruped", "--optimizers", o.optimizers, "--seeds", o.seeds, "--budget", o.budget]
    return command([*words, "--jobs", str(o.jobs), "--out", str(out)])


def report(out: Path) -> tuple[float, float]:
    """Wall and processor seconds of the report alone, its video made anew."""
    for video in (out / "report").rglob("*.mp4"):
        video.unlink()
    return command(["report", str(out)])


def command(words: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command and its children."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "gait", *words], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description="A comparison beside a bare mj_step loop.")
    parser.add_argument("--optimizers", default=SIX)
    parser.add_argument("--seeds", default="2")
    parser.add_argument("--budget", default="20min")
    parser.add_argument("--jobs", type=int, default=2)
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "study"
        (wall, cpu), (page_wall, page_cpu) = compare(o, out), report(out)
        runs = sorted(path.parent for path in out.rglob("run.json"))
        seconds = [read_json(run / "result.json")["seconds"] for run in runs]
        walked = sum(s["walking"] + s["validation"] for s in seconds)
        bare_wall, bare_cpu = (walked * min(pair) for pair in zip(*(bare(runs, o.jobs) for _ in range(3)), strict=True))
    print(f"{len(runs)} runs walked {walked:.0f} s ({sum(s['validation'] for s in seconds) / walked:.0%} validation)")
    print(f"wall {wall:.1f} s, bare loop {bare_wall:.1f} s: ratio {wall / bare_wall:.2f} (bar {BAR})")
    print(f"processor {cpu:.1f} s, bare loop {bare_cpu:.1f} s: ratio {cpu / bare_cpu:.2f}")
    rest = f"wall ratio {(wall - page_wall) / bare_wall:.2f}, processor ratio {(cpu - page_cpu) / bare_cpu:.2f}"
    print(f"without the report: {rest}; the report takes {page_wall:.1f} s ({page_cpu:.1f} s of processor)")


if __name__ == "__main__":
    main()
