"""A walker as it walks: pictures of a pose off screen, or a window where there is a display."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.view.kinematics import walker_size
from gait.view.stage import AZIMUTH, ELEVATION, Stage
from gait.view.window import display_opens, has_display

Array = NDArray[np.float64]

SIZE = (480, 360)
"""Width and height of pictures [pixels]."""


class LiveStage(Stage):
    """A renderer of one legged robot's poses; close it in the end.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(self, model: Any, size: tuple[int, int] = SIZE) -> None:
        super().__init__(model, size, ())

    def picture(self, qpos: Array) -> NDArray[np.uint8]:
        """The picture (height, width, 3) of qpos (nq,), the trunk's free joint first: the camera goes with it."""
        import mujoco
        from PIL import Image

        self._data.qpos[:] = qpos
        mujoco.mj_fwdPosition(self._model, self._data)
        self._camera.lookat[:] = [*qpos[:2], self._height]
        self._renderer.update_scene(self._data, self._camera)
        self._renderer.render(out=self._pixels)
        return np.array(Image.fromarray(self._pixels).reduce(2))


class LiveWindow:
    """MuJoCo's window with one walker; without a display a line on stderr says so, and nothing is shown."""

    def __init__(self, model: Any, follow: bool) -> None:
        self._model, self._follow, self._window = copy.copy(model), follow, None
        if not (has_display() and display_opens()):
            print("gait: render_mode='human' needs a display, and there is none: nothing is shown.", file=sys.stderr)
            return
        import mujoco
        import mujoco.viewer

        self._data = mujoco.MjData(self._model)
        window: Any = mujoco.viewer.launch_passive(self._model, self._data, show_left_ui=False, show_right_ui=False)
        window.cam.azimuth, window.cam.elevation = AZIMUTH, ELEVATION
        window.cam.distance = 4.0 * max(walker_size(self._model)) if follow else 4.0
        self._window = window

    def show(self, poses: Iterable[tuple[float, Array]]) -> None:
        """Show poses, each for as long as it lasted: (seconds, qpos (nq,)); once the window was closed, nothing."""
        if self._window is None or not self._window.is_running():
            return
        import mujoco

        due = time.perf_counter()
        for seconds, qpos in poses:
            with self._window.lock():
                self._data.qpos[:] = qpos
                mujoco.mj_forward(self._model, self._data)
                if self._follow:
                    self._window.cam.lookat[:] = qpos[:3]
            self._window.sync()
            due += seconds
            time.sleep(max(0.0, due - time.perf_counter()))

    def close(self) -> None:
        """Close the window."""
        if self._window is not None:
            self._window.close()
