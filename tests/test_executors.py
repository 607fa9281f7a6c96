"""Laws of executors: a process that dies or hangs costs nothing but time, and none outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import apart
import pytest

from gait.compare.entries import TaskEntry, read_optimizers
from gait.compare.executors import read_executor
from gait.compare.executors.events import Again, Began, Ended, Lost
from gait.compare.executors.here import Here
from gait.compare.executors.processes import Processes, results, supervise
from gait.compare.experiment import Experiment, RunsFailed
from gait.compare.plan import Plan
from gait.errors import UsageError


@pytest.fixture(autouse=True)
def toys(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    apart.install(tmp_path / "site", monkeypatch)


def experiment(out: Path, task: str = "toy", words: str = "random-search,cma-es", **asked) -> Experiment:
    tasks = (TaskEntry("", task, asked.pop("fields", {})),)
    return Experiment(Plan(tasks, read_optimizers(words.split(",")), **{"seeds": 2, "budget": 400.0} | asked), out)


# tasks for workers, which import this module


def square(x: int) -> int:
    return x * x


def told(x: int) -> tuple[int, str]:
    return os.getpid(), os.environ["OMP_NUM_THREADS"]


def die(folder: Path, name: str, times: int) -> str:
    tries = len(list(folder.glob(f"{name}*")))
    (folder / f"{name}{tries}").touch()
    if tries < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def hang(folder: Path) -> str:
    if not (folder / "hung").exists():
        (folder / "hung").touch()
        time.sleep(60)
    return "awake"


class Twofold(Exception):
    """Can't be read back: its constructor wants more than it hands on."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


def fail(x: int) -> None:
    raise Twofold(1, 2) if x else UsageError("the floor is missing")


def test_every_task_is_called_once_in_a_process_of_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = list(results([partial(square, k) for k in range(9)], 2))
    assert sorted((k, v) for k, v, _ in found) == [(k, k * k) for k in range(9)]
    pids = {value for _, value, _ in results([partial(told, k) for k in range(4)], 2)}
    assert 1 <= len(pids) <= 2
    assert all(pid != os.getpid() and threads == "1" for pid, threads in pids)
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_tasks_are_taken_when_a_worker_is_free_for_them():
    taken = []

    def giver():
        for k in range(6):
            taken.append(k)
            yield partial(square, k)

    for n, _ in enumerate(results(giver(), 2), 1):
        assert len(taken) <= n + 2


def test_what_dies_is_begun_again_twice_and_then_given_up(tmp_path):
    tasks = [partial(die, tmp_path, name, times) for name, times in (("a", 2), ("b", 9), ("c", 0))]
    events = list(supervise(tasks, 2))
    ends = {e.index: e for e in events if isinstance(e, Ended)}
    assert (ends[0].value, ends[2].value) == ("a", "c")
    assert isinstance(ends[1].error, Lost)
    assert "died" in str(ends[1].error)
    assert "3 times" in str(ends[1].error)
    assert [sum(isinstance(e, kind) and e.index == k for e in events) for k in range(3) for kind in (Began, Again)] == [
        3, 2, 3, 2, 1, 0,
    ]  # fmt: skip
    assert len(list(tmp_path.glob("b*"))) == 3


def test_what_hangs_is_killed_and_begun_again(tmp_path):
    events = list(supervise([partial(hang, tmp_path), partial(square, 3)], 2, timeout=8.0))
    assert {e.index: e.value for e in events if isinstance(e, Ended)} == {0: "awake", 1: 9}
    assert [e.why for e in events if isinstance(e, Again)] == ["it took longer than 8 s"]


def test_what_raises_is_not_tried_again():
    errors = {k: error for k, _, error in results([partial(fail, 0), partial(fail, 1)], 1)}
    assert isinstance(errors[0], UsageError)
    assert str(errors[0]) == "the floor is missing"
    assert str(errors[1]) == "Twofold: 1 and 2"


def test_workers_end_when_the_iterator_is_closed(tmp_path):
    events = supervise([partial(hang, tmp_path)], 1)
    next(events)
    (pid,) = wait_for(lambda: children(os.getpid()))
    began = time.monotonic()
    events.close()
    assert time.monotonic() - began < 30
    assert pid not in children(os.getpid())


def test_a_killed_process_changes_nothing(tmp_path):
    """Against an undisturbed experiment in this process."""
    mark = tmp_path / "mark"
    mark.mkdir()
    asked = {"task": "deadly-toy", "words": "cma-es", "fields": {"mark": str(mark)}}
    experiment(tmp_path / "calm", **asked).run(Here(1))
    for k in range(2):
        (mark / f"seed-{k}").write_text("2")
    exp = experiment(tmp_path / "disturbed", **asked)
    exp.run(Processes(2))
    for run in exp.runs:  # gone on with, not begun anew
        assert (run.place / "run.json").stat().st_mtime_ns < (mark / f"seed-{run.seed}").stat().st_mtime_ns
    assert [p.read_text() for p in mark.iterdir()] == ["0", "0"]
    assert apart.snapshot(tmp_path / "disturbed") == apart.snapshot(tmp_path / "calm")


def test_a_run_that_always_dies_is_named_and_the_others_finish_and_it_can_be_tried_again(tmp_path):
    mark = tmp_path / "mark"
    mark.mkdir()
    (mark / "seed-1").write_text("3")
    exp = experiment(tmp_path / "out", "deadly-toy", "random-search", seeds=3, fields={"mark": str(mark)})
    with pytest.raises(RunsFailed, match="1 of 3 runs failed") as caught:
        exp.run(Processes(2))
    assert caught.value.failures == {"random-search/seed-1": "its process died (killed, or out of memory), 3 times"}
    assert [run.seed for run in exp.missing] == [1]
    exp.run(Processes(2))
    assert not exp.missing


def children(pid: int) -> list[int]:
    """Processes that walk for this one: not Python's resource tracker, which ends by itself a moment later."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in found if alive(int(child))}
    return [child for child, command in commands.items() if b"spawn_main" in command]


def alive(pid: int) -> bool:
    """Whether the process runs: a zombie doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(found, seconds: float = 120.0):
    """What is found once something is."""
    until = time.monotonic() + seconds
    while not (it := found()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return it


WORDS = ["-m", "gait", "compare", "slow-toy", "--optimizers", "random-search", "--seeds", "2", "--jobs", "2",
         "--budget", "1h", "--out"]  # fmt: skip


def end(out: Path, number: int, *words: str) -> int:
    """Begin the comparison, or go on with it, and send a signal once it got further; the exit code."""

    def size() -> int:
        return sum(p.stat().st_size for p in out.rglob("events.jsonl"))

    before = size()
    with subprocess.Popen([sys.executable, *WORDS, str(out), *words], stderr=subprocess.PIPE, text=True) as parent:
        wait_for(lambda: size() > before)
        workers = children(parent.pid)
        assert len(workers) == 2
        parent.send_signal(number)
        _, said = parent.communicate(timeout=30)
    assert "Traceback" not in said
    wait_for(lambda: not any(alive(pid) for pid in workers), 10)
    return parent.returncode


def test_workers_notice_the_death_of_their_parent(tmp_path):
    end(tmp_path / "long", signal.SIGKILL, "--budget", "100h")  # not because their runs are over


@pytest.fixture
def interruptible():
    """Commands begun from here listen to Ctrl-C even if the tests don't: a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_no_process_outlives_its_parent_and_nothing_is_lost(tmp_path, interruptible):
    out = tmp_path / "out"
    assert [end(out, n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)] == [143, 130, -signal.SIGKILL]
    subprocess.run([sys.executable, *WORDS, str(out)], check=True, stdout=subprocess.DEVNULL, timeout=120)
    experiment(tmp_path / "calm", "slow-toy", "random-search", budget=3600.0).run(Processes(2))
    assert apart.snapshot(out) == apart.snapshot(tmp_path / "calm")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"word": "rey"}, "Did you mean 'ray'"),
        ({"word": "local:here"}, "no address"),
        ({"word": "local", "jobs": 0}, "jobs must be at least 1"),
        ({"word": "local", "jobs": 2, "threads": 2}, "--threads 2 goes with --jobs 1"),
        ({"word": "local", "timeout": 60.0}, "--run-timeout needs --jobs 2"),
        ({"word": "local", "jobs": 2, "timeout": -1.0}, "above 0 s"),
    ],
)
def test_what_cannot_be_is_refused(asked, said):
    with pytest.raises(UsageError, match=said):
        read_executor(**asked)


def test_a_missing_extra_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'gaitopt\[ray\]'"):
        read_executor("ray")
