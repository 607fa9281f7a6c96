"""Finds an OpenGL that draws off screen, before or after MuJoCo was imported.

MuJoCo picks its backend from MUJOCO_GL while it is imported, and a backend whose library is missing breaks
that import. So the libraries are tried first, through ctypes; the first that works is handed to MuJoCo.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from gait.errors import UsageError

_LABELS = {"egl": "EGL", "osmesa": "OSMesa", "glfw": "glfw"}
_SWITCHES = ("", "1", "on", "true", "enable", "enabled", "0", "off", "false", "disable", "disabled", "cgl", "wgl")
"""Values of MUJOCO_GL that name no library."""
_EGL_PLATFORM_DEVICE_EXT = 0x313F
_MAX_DEVICES = 16


def load(*names: str) -> ctypes.CDLL | None:
    """The first of these shared libraries that loads, or None."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _egl_function(egl: ctypes.CDLL, name: str, *types: Any) -> Callable[..., int] | None:
    """An EGL extension's function with these result and argument types, or None where it is missing."""
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    address = egl.eglGetProcAddress(name.encode())
    return ctypes.CFUNCTYPE(*types)(address) if address else None


def _egl_displays(egl: ctypes.CDLL) -> list[int]:
    """A display for each EGL device that MuJoCo would try."""
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    query = _egl_function(egl, "eglQueryDevicesEXT", integer, integer, pointer, pointer)
    display_of = _egl_function(egl, "eglGetPlatformDisplayEXT", pointer, integer, pointer, pointer)
    if query is None or display_of is None:
        return []
    devices, found = (pointer * _MAX_DEVICES)(), integer()
    if not query(_MAX_DEVICES, devices, ctypes.byref(found)):
        return []
    candidates = devices[: found.value]
    chosen = os.environ.get("MUJOCO_EGL_DEVICE_ID")
    if chosen is not None:
        candidates = candidates[int(chosen) :][:1] if chosen.isdigit() else []
    displays = [display_of(_EGL_PLATFORM_DEVICE_EXT, device, None) for device in candidates]
    return [display for display in displays if display]


def egl_works() -> bool:
    """Whether an EGL device really initializes, with desktop OpenGL to draw with."""
    egl = load("libEGL.so.1", "libEGL.so")
    # without one of these two PyOpenGL fails later, with a message nobody can read
    if egl is None or load("libOpenGL.so.0", "libGL.so.1") is None:
        return False
    egl.eglInitialize.argtypes = [ctypes.c_void_p] * 3
    # left initialized: MuJoCo may hold a context on this display already, and doing it twice is harmless
    return any(egl.eglInitialize(display, None, None) for display in _egl_displays(egl))


def osmesa_works() -> bool:
    """Whether Mesa's own off-screen library loads."""
    return load("libOSMesa.so.8", "libOSMesa.so") is not None


def _works(name: str) -> bool:
    platform = os.environ.get("PYOPENGL_PLATFORM", "").lower()
    if name == "glfw":
        return bool(os.environ.get("DISPLAY"))
    if platform not in ("", name):  # MuJoCo refuses a backend that contradicts this variable
        return False
    return egl_works() if name == "egl" else osmesa_works()


def find_backend() -> str:
    """The backend that works here: MUJOCO_GL's if it does, else `egl`, `osmesa` or, with a display, `glfw`.

    Elsewhere than on Linux it is `native`: MuJoCo knows the one there is.

    Raises:
      UsageError: none works; names what was tried and what to install.
    """
    if not sys.platform.startswith("linux"):
        return "native"
    wanted = os.environ.get("MUJOCO_GL", "").lower().strip()
    order = sorted(_LABELS, key=lambda name: name != wanted)
    for name in order:
        if _works(name):
            return name
    # with no display there was no glfw to try
    tried = ", ".join(_LABELS[name] for name in order if name != "glfw")
    raise UsageError(
        f"no OpenGL for off-screen video (tried {tried}). "
        "Install one: apt-get install libosmesa6. Everything but video works."
    )


def forget_broken_choice() -> None:
    """Drop a MUJOCO_GL that is none, or has no library: importing MuJoCo would fail over it, drawing or not."""
    wanted = os.environ.get("MUJOCO_GL", "").lower().strip()
    if wanted not in _SWITCHES and not (wanted in _LABELS and _works(wanted)):
        del os.environ["MUJOCO_GL"]


@cache
def use_backend() -> str:
    """Make MuJoCo draw with a backend that works here, and return its name; costs nothing when called again.

    Raises:
      UsageError: none works; names what was tried and what to install.
    """
    name = find_backend()
    if name == "native":
        return name
    os.environ["MUJOCO_GL"] = name
    mujoco = importlib.import_module("mujoco")
    # a mujoco imported earlier holds the backend of that moment: hand its renderer the one that works
    renderer: Any = sys.modules[mujoco.Renderer.__module__]
    renderer.gl_context.GLContext = importlib.import_module(f"mujoco.{name}").GLContext
    return name


def main() -> int:
    """Print the backend found and return 0; print what to install and return 2 if there is none."""
    try:
        print(use_backend())
    except UsageError as error:
        print(f"gait: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
