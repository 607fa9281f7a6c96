"""Worker: a spawned process that calls what comes through a pipe; both of its sides.

It leaves its parent's process group, so that a Ctrl-C at the terminal is the parent's to pass on, and ends when the
pipe is closed: when it's no longer needed, or its parent died, however that happened.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, NoReturn

ONE_CORE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Died(RuntimeError):
    """A worker ended before it answered."""


class Worker:
    """The parent's side of a worker that was just begun."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        resource_tracker.ensure_running()  # starting it would let interrupts through again
        with one_core_each(), _interrupts_held():
            self.process.start()
        theirs.close()  # or the end of the process would not close the pipe

    def give(self, task: bytes) -> None:
        """Hand over a pickled callable."""
        with suppress(OSError):  # a dead worker is found out when it's asked for its answer
            self.pipe.send_bytes(task)

    def answer(self) -> tuple[Any, Exception | None]:
        """What the callable returned, what it raised.

        Raises:
          Died: neither, and there won't be an answer.
        """
        try:
            data = self.pipe.recv_bytes()
        except (EOFError, OSError):
            raise Died("its process died (killed, or out of memory)") from None
        value, error = pickle.loads(data)
        return value, error

    def interrupt(self) -> None:
        """Let it finish what an interrupted call finishes, and end."""
        with suppress(OSError, TypeError):  # it ended
            os.kill(self.process.pid, signal.SIGINT)  # type: ignore[arg-type]

    def kill(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


@contextmanager
def one_core_each() -> Iterator[None]:
    """Processes begun meanwhile use one thread: they inherit the environment, and numpy reads it on import."""
    before = {name: os.environ.get(name) for name in ONE_CORE}
    os.environ.update(dict.fromkeys(ONE_CORE, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt waits, here and in a process that is begun meanwhile, which would tell of it at length."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection) -> NoReturn:
    """The worker's side: answer until interrupted or alone."""
    inbox: SimpleQueue[bytes] = SimpleQueue()
    try:
        os.setpgid(0, 0)
        threading.Thread(target=_listen, args=(pipe, inbox), daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        while True:
            pipe.send_bytes(_call(inbox.get()))
    except (KeyboardInterrupt, OSError):
        os._exit(128 + signal.SIGINT)


def _listen(pipe: Connection, inbox: SimpleQueue[bytes]) -> None:
    try:
        while True:
            inbox.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)  # nobody is left to answer to; what is on disk is all that counts


def _call(task: bytes) -> bytes:
    value, error = None, None
    try:
        value = pickle.loads(task)()
    except Exception as raised:
        error = raised
    try:
        data = pickle.dumps((value, error))
        pickle.loads(data)  # some exceptions can be written but not read
    except Exception as unfit:
        told = error if error is not None else unfit
        data = pickle.dumps((None, RuntimeError(f"{type(told).__name__}: {told}")))
    return data
