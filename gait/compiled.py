"""`compiled`: numba's njit with a disk cache that can't go stale.

Numba keys its cache on the file of the compiled function alone, so that a function which calls one in another file
would keep the old version of it. Here the cache folder is named after the whole package's source.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding
import numba
from numba import carray  # type: ignore[attr-defined]
from numba.core import config
from numba.extending import intrinsic

KEPT = 8
"""Versions of the package whose compiled code is kept."""

INTEGER = numba.types.intp
"""How a pointer is given to a library's function."""
F = TypeVar("F", bound=Callable[..., Any])


@cache
def cache_folder() -> str:
    """The folder for compiled code: in the user's cache, or a temporary one where that can't be written."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = base / "gaitopt" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.parent.iterdir(), key=lambda f: f.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return tempfile.mkdtemp(prefix="gaitopt-")
    return str(folder)


def compiled(function: F) -> F:
    """`function` compiled on first use, without Python's lock, and kept on disk."""
    settings: Any = config
    before, settings.CACHE_DIR = settings.CACHE_DIR, cache_folder()
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    finally:
        settings.CACHE_DIR = before


def library_function(path: str, name: str, *arguments: Any) -> Any:
    """A C function without a result, of the library at `path`, to be called from compiled code (and kept on disk).

    It's known to the compiled code by its name, not by its address, which is another in each process.
    """
    address = ctypes.cast(getattr(ctypes.CDLL(path), name), ctypes.c_void_p).value
    llvmlite.binding.add_symbol(name, address)
    return numba.types.ExternalFunction(name, numba.types.void(*arguments))


@intrinsic
def _pointer(typing: Any, address: Any) -> Any:
    """The C array of doubles at an address."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

    pointer: Any = numba.types.CPointer
    return pointer(numba.types.float64)(numba.types.int64), build


@compiled
def doubles_at(address: int, n: int) -> Any:
    """(n,) a view of the C doubles at an address, for compiled code; whoever owns them must outlive it."""
    return carray(_pointer(address), (n,))  # type: ignore[call-arg]
