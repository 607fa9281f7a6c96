"""Do runs come out the same wherever they walk, and what does walking several at a time cost?

    python benchmarks/executors.py jobs        --jobs 2 against --jobs 1: parallel efficiency
    python benchmarks/executors.py kills       a comparison killed (-9) again and again, parent or worker
    python benchmarks/executors.py ray         40 runs on a Ray cluster of two nodes, one of which is killed

All walk short runs of the quadruped. `ray` needs the extra `ray`; it and `kills` end with 1 if an `events.jsonl` or a
`result.json` differs by a byte from that of undisturbed local runs.

Efficiency is told twice. By wall time it is T₁ / (jobs · T_jobs), which means something only on an idle machine. By
processor time it is the share of the time in which workers had a run, times processor seconds with one worker over
those with several: what others do on the machine hardly changes it. The bar is 0.85.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gait.compare.entries import TaskEntry, read_optimizers
from gait.compare.executors.events import Again, Began, Ended, Executor
from gait.compare.executors.processes import Processes
from gait.compare.experiment import Experiment
from gait.compare.plan import Plan

BAR = 0.85
WORDS = "random-search,cma-es"


class Walked(NamedTuple):
    """What walking an experiment took."""

    wall: float
    processor: float
    """Of the workers [s]."""
    busy: float
    """Sum over runs of the wall seconds between being given to a worker and its answer."""
    again: int
    """How many runs lost their worker and were gone on with."""


def main() -> int:
    """Do what is asked; 1 if something isn't as it should be."""
    parser = argparse.ArgumentParser(description="Executors: efficiency, and what deaths change.")
    parser.add_argument("part", choices=("jobs", "kills", "ray"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--runs", type=int, default=0, help="none: 8 of jobs and kills, 40 of ray; half of each optimizer"
    )
    parser.add_argument("--budget", type=float, default=60.0, help="simulated seconds of each")
    parser.add_argument("--kills", type=int, default=6)
    o = parser.parse_args()
    seeds = (o.runs or (40 if o.part == "ray" else 8)) // 2
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan((TaskEntry("", "quadruped"),), read_optimizers(WORDS.split(",")), seeds, o.budget)
        return {"jobs": efficiency, "kills": kills, "ray": ray}[o.part](plan, Path(folder), o)


def walk(plan: Plan, out: Path, executor: Executor) -> Walked:
    """Walk a whole experiment, and look at the clock."""
    runs = Experiment(plan, out).runs
    before, start, began = _processor(), time.perf_counter(), {}
    busy, again = 0.0, 0
    for event in executor.walk(runs):
        now = time.perf_counter()
        if isinstance(event, Began):
            began[event.index] = now
        elif isinstance(event, Again):
            again += 1
        elif isinstance(event, Ended):
            if event.error is not None:
                raise event.error
            busy += now - began[event.index]
    return Walked(time.perf_counter() - start, _processor() - before, busy, again)


def _processor() -> float:
    """Processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def efficiency(plan: Plan, out: Path, o: argparse.Namespace) -> int:
    """The same runs with one worker and with several."""
    walk(Plan(plan.tasks, plan.optimizers, 1, plan.budget), out / "warm", Processes(1))  # compiles
    one, many = walk(plan, out / "one", Processes(1)), walk(plan, out / "many", Processes(o.jobs))
    share = many.busy / (o.jobs * many.wall)
    print(f"{len(plan.runs(out))} runs: {one.wall:.1f} s with one worker, {many.wall:.1f} s with {o.jobs}; "
          f"processor {one.processor:.1f} s and {many.processor:.1f} s")  # fmt: skip
    print(f"efficiency by wall time {one.wall / (o.jobs * many.wall):.2f}")
    print(f"efficiency by processor time {share * one.processor / many.processor:.2f} (bar {BAR}): workers had a run "
          f"{share:.1%} of the time, and used {many.processor / one.processor:.2f} times the processor")  # fmt: skip
    return differences(out / "one", out / "many")


def kills(plan: Plan, out: Path, o: argparse.Namespace) -> int:
    """Kill the command or one of its workers some times, at any moment; then let it finish."""
    walk(plan, out / "calm", Processes(o.jobs))
    words = [sys.executable, "-m", "gait", "compare", "quadruped", "--optimizers", WORDS, "--seeds", str(plan.seeds),
             "--budget", f"{plan.budget}s", "--jobs", str(o.jobs), "--out", str(out / "killed")]  # fmt: skip
    rng = random.Random(0)
    killed: list[str] = []
    while len(killed) < o.kills:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, start_new_session=True)
        killed += _kill_within(process, rng, what="worker" if len(killed) % 2 else "command")
        if process.wait() == 0:
            break
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    again = time.perf_counter()
    second = subprocess.run(words, capture_output=True, text=True, check=True)
    print(f"killed: {', '.join(killed) or 'nothing, it was too quick'}; then finished. Asked for again it takes "
          f"{time.perf_counter() - again:.1f} s, all of it for tables and report")  # fmt: skip
    if done.stdout != second.stdout:
        print("asked for again, it says something else")
        return 1
    return differences(out / "calm", out / "killed")


def _kill_within(process: subprocess.Popen[bytes], rng: random.Random, what: str) -> list[str]:
    """Wait until runs are under way, then a moment, and kill; what was killed and when."""
    began = time.monotonic()
    while process.poll() is None and not _children(process.pid):
        time.sleep(0.05)
    until = time.monotonic() + rng.uniform(1.0, 12.0)
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    workers = _children(process.pid)
    if process.poll() is not None or not workers:
        return []
    os.kill(rng.choice(workers) if what == "worker" else process.pid, signal.SIGKILL)
    if what == "worker":  # the command goes on; let it, for a while
        time.sleep(rng.uniform(2.0, 6.0))
        process.kill()
    return [f"a {what} after {time.monotonic() - began:.0f} s"]


def _children(parent: int) -> list[int]:
    """Process ids of the workers of a command."""
    try:
        listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(p) for p in listed if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
    except OSError:
        return []


def ray(plan: Plan, out: Path, o: argparse.Namespace) -> int:
    """Runs on two nodes of one core each; the second is killed when a quarter of the runs is done."""
    import ray as cluster_of
    from ray.cluster_utils import Cluster

    from gait.compare.executors.ray import Ray

    calm = walk(plan, out / "calm", Processes(o.jobs))
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = nodes.add_node(num_cpus=1)
    cluster_of.init(address=nodes.address, log_to_driver=False)
    runs = plan.runs(out / "ray")

    def kill() -> None:
        while sum(run.finished for run in runs) < len(runs) // 4:
            time.sleep(0.1)
        nodes.remove_node(second, allow_graceful=False)
        print(f"killed a node when {sum(run.finished for run in runs)} of {len(runs)} runs were done", flush=True)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        walked = walk(plan, out / "ray", Ray(jobs=2))
        killer.join()
    finally:
        cluster_of.shutdown()
        nodes.shutdown()
    print(f"{len(runs)} runs: {walked.wall:.0f} s on the cluster, {calm.wall:.0f} s here; {walked.again} gone on with")
    return differences(out / "calm", out / "ray")


def differences(a: Path, b: Path) -> int:
    """Compare all ledgers and results byte by byte and tell; 1 if some differ."""
    files = list(_files(a))
    different = [f for f in files if not (b / f).exists() or (a / f).read_bytes() != (b / f).read_bytes()]
    print(f"{len(files)} ledgers and results, {len(different)} differ" + "".join(f"\n  {f}" for f in different))
    return int(bool(different) or list(_files(b)) != files)


def _files(out: Path) -> Iterator[Path]:
    for path in sorted(out.rglob("*")):
        if path.name in ("events.jsonl", "result.json"):
            yield path.relative_to(out)


if __name__ == "__main__":
    raise SystemExit(main())
