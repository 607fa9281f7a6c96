"""Executors: where the runs of an experiment are walked: here, in processes of this machine, on a Ray cluster."""

from __future__ import annotations

from gait.compare.executors.events import DAY, Executor
from gait.compare.executors.here import Here
from gait.compare.executors.processes import Processes
from gait.errors import UsageError, unknown_name

EXECUTORS = ("local", "ray")


def read_executor(word: str, jobs: int = 1, threads: int = 0, timeout: float | None = None) -> Executor:
    """The executor of a command line.

    Args:
      word: `local`, `ray`, or `ray:ADDRESS`.
      jobs: runs at a time; 1 is this process itself, or on Ray one a core of the cluster.
      threads: physics threads where there is one job; 0 is one a core.
      timeout: wall seconds after which a run is begun again where it stopped; None is a day.

    Raises:
      UsageError: an executor is unknown, can't be had, or doesn't go with the rest.
    """
    name, _, address = word.partition(":")
    if name not in EXECUTORS:
        raise UsageError(f"--executor {word}: {unknown_name('executor', name, EXECUTORS)}")
    if jobs < 1:
        raise UsageError(f"jobs={jobs}: jobs must be at least 1.")
    if timeout is not None and not timeout > 0:
        raise UsageError(f"run_timeout={timeout:g}: run_timeout must be above 0 s.")
    if threads > 1 and (jobs > 1 or name == "ray"):
        with_it = f"--jobs {jobs}" if jobs > 1 else f"--executor {word}"
        raise UsageError(f"--threads {threads} goes with --jobs 1: with {with_it}, each run has one thread.")
    if name == "ray":
        from gait.compare.executors.ray import Ray  # an extra: who doesn't ask for it needn't have it

        return Ray(address or None, jobs if jobs > 1 else None, timeout or DAY)
    if address:
        raise UsageError(f"--executor {word}: local has no address.")
    if jobs == 1 and timeout is not None:
        raise UsageError("--run-timeout needs --jobs 2 or more: a run in this very process can't be ended.")
    return Processes(jobs, timeout or DAY) if jobs > 1 else Here(threads)
