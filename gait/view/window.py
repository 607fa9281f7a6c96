"""A recorded motion in MuJoCo's own window, where there is a display."""

from __future__ import annotations

import copy
import os
import sys
import time
import warnings
from typing import Any

from gait.errors import UsageError
from gait.view.kinematics import walker_size
from gait.view.playback import Playback, Poses
from gait.view.stage import AZIMUTH, ELEVATION

FRAME = 1 / 60
SPACE = 32
"""The key that pauses."""


def has_display() -> bool:
    """Whether a window can be opened here."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def display_opens() -> bool:
    """Whether the display can really be used: MuJoCo ends the whole process where it can't."""
    import glfw

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        opens = bool(glfw.init())
        glfw.terminate()
    return opens


def play_in_window(model: Any, poses: Poses) -> None:
    """Play the motion in a window until it is closed; the space bar pauses.

    Raises:
      UsageError: there is no display, or it can't be used.
    """
    if not has_display():
        raise UsageError("--window needs a display, and there is none here; without it a browser shows the motion.")
    if not display_opens():
        raise UsageError("--window: the display doesn't open; without it a browser shows the motion.")
    import mujoco
    import mujoco.viewer

    model, playback = copy.copy(model), Playback(poses.seconds)
    data = mujoco.MjData(model)

    def on_key(key: int) -> None:
        playback.playing ^= key == SPACE

    try:
        window = mujoco.viewer.launch_passive(model, data, key_callback=on_key, show_left_ui=False, show_right_ui=False)
    except (RuntimeError, mujoco.FatalError) as error:
        raise UsageError(f"--window: MuJoCo's window doesn't open here ({str(error).rstrip('.')}).") from None
    with window:
        window.cam.azimuth, window.cam.elevation = AZIMUTH, ELEVATION
        window.cam.distance = 4.0 * max(walker_size(model))
        last = time.perf_counter()
        while window.is_running():
            now = time.perf_counter()
            k, last = poses.index(playback.advance(now - last)), now
            with window.lock():
                data.qpos[:] = poses.qpos[k]
                mujoco.mj_forward(model, data)
                window.cam.lookat[:] = poses.places[k, 1]
            window.sync()
            time.sleep(FRAME)
