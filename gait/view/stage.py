"""One model's off-screen scene: the same camera rule for every trial, and a trail behind each foot."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.task import Recording
from gait.view.gl import use_backend
from gait.view.kinematics import FEET, foot_positions, resample, stride_seconds, trunk_positions

Array = NDArray[np.float64]
Colour = tuple[int, int, int]

AZIMUTH, ELEVATION = 114.0, -17.0
"""The camera looks at the walker's right side, from a little ahead and above [deg]."""
FILL = (0.54, 0.56)
"""The walker fills this share of the picture's width, or of its height, whichever comes first."""
SMOOTHING = 0.3
"""The camera follows the trunk with its steps smoothed away by a Gaussian of this width [s]."""
SUPERSAMPLING = 2
"""Pixels drawn along each side of a pixel shown: in software cheaper and cleaner than 4-fold MSAA."""
TRAIL_POINTS = 48
TRAIL_WIDTH = 3.5


@dataclass(frozen=True, eq=False)
class Motion:
    """A recorded trial, ready to be drawn at K moments."""

    recording: Recording
    times: Array
    """(K,) [s]"""
    qpos: Array
    """(K, nq)"""
    look_at: Array
    """(K, 2) where the camera looks, over the floor [m]"""
    trunk: Array
    """(F, 3) [m], at the recorded moments"""
    feet: Array
    """(F, feet, 3) [m], at the recorded moments"""
    stride: float
    """Seconds of trail behind each foot."""

    @property
    def end(self) -> float:
        """The last recorded moment [s]."""
        return float(self.recording.time[-1])

    def distance(self, now: float) -> float:
        """How far the trunk got along x by then [m]."""
        x = self.trunk[:, 0]
        return float(np.interp(now, self.recording.time, x) - x[0])


def prepare(model: Any, recording: Recording, times: Array, feet: Sequence[str] = FEET) -> Motion:
    """The motion of a recorded trial at `times` (K,) [s], evenly spaced; after its end the last frame stays.

    Raises:
      UsageError: a foot has no site in the model.
    """
    trunk = trunk_positions(model, recording, feet)
    followed = np.stack([np.interp(times, recording.time, axis) for axis in trunk[:, :2].T], axis=1)
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    return Motion(
        recording=recording,
        times=times,
        qpos=resample(model, recording, times),
        look_at=smooth(followed, SMOOTHING / step),
        trunk=trunk,
        feet=foot_positions(model, recording, feet),
        stride=stride_seconds(recording),
    )


def smooth(track: Array, sigma: float) -> Array:
    """`track` (K, n) filtered by a Gaussian of `sigma` samples; a straight uniform motion stays as it is."""
    reach = max(1, math.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    # the ends are mirrored through their last point, so that the camera doesn't lag there
    padded = np.pad(track, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    columns = [np.convolve(c, kernel / kernel.sum(), mode="valid") for c in padded.T]
    return np.stack(columns, axis=1)


class Stage:
    """A renderer of `size` (width, height) pixels for one model; use it in a `with` block.

    The caller's model is not touched: quality and buffer size are set on a copy.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(self, model: Any, size: tuple[int, int], colours: Sequence[Colour]) -> None:
        use_backend()
        import mujoco

        width, height = (SUPERSAMPLING * n for n in size)
        self._model = copy.copy(model)
        self._model.vis.quality.offsamples = 0
        self._model.vis.global_.offwidth, self._model.vis.global_.offheight = width, height
        self._data = mujoco.MjData(self._model)
        self._colours = np.array(colours, np.float32) / 255
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = AZIMUTH, ELEVATION
        self._frame_walker(width / height)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._renderer = mujoco.Renderer(self._model, height, width)
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        # thin lines of a fixed width in pixels: capsules would double the price of a frame
        self._line = mujoco.mjtGeom.mjGEOM_LINE

    def _frame_walker(self, aspect: float) -> None:
        """Choose the camera's distance and height so that the walker, as the model starts, is large."""
        import mujoco

        model, data = self._model, self._data
        mujoco.mj_kinematics(model, data)
        own = np.flatnonzero((model.body_weldid[model.geom_bodyid] != 0) & (model.geom_rgba[:, 3] > 0))
        centre, reach = data.geom_xpos[own], model.geom_rbound[own, None]
        low, high = (centre - reach).min(axis=0), (centre + reach).max(axis=0)
        length, height = float((high - low)[:2].max()), float(high[2] - max(low[2], 0.0))
        view = 2 * math.tan(math.radians(model.vis.global_.fovy) / 2)
        self._camera.distance = max(length / (FILL[0] * view * aspect), height / (FILL[1] * view))
        self._height = 0.52 * height

    def draw(self, motion: Motion, k: int) -> Image.Image:
        """The picture at `motion.times[k]`."""
        import mujoco

        self._data.qpos[:] = motion.qpos[k]
        mujoco.mj_fwdPosition(self._model, self._data)
        self._camera.lookat[:] = [*motion.look_at[k], self._height]
        self._renderer.update_scene(self._data, self._camera)
        self._draw_trails(motion, min(float(motion.times[k]), motion.end))
        self._renderer.render(out=self._pixels)
        return Image.fromarray(self._pixels).reduce(SUPERSAMPLING)

    def _draw_trails(self, motion: Motion, now: float) -> None:
        moments = np.linspace(max(0.0, now - motion.stride), now, TRAIL_POINTS)
        fade = np.linspace(0.25, 1.0, TRAIL_POINTS - 1)
        time = motion.recording.time
        for foot, colour in zip(range(motion.feet.shape[1]), self._colours, strict=False):
            track = motion.feet[:, foot]
            points = np.stack([np.interp(moments, time, axis) for axis in track.T], axis=1)
            for a, b, alpha in zip(points, points[1:], fade, strict=False):
                self._draw_line(a, b, np.array([*colour, alpha], np.float32))

    def _draw_line(self, a: Array, b: Array, rgba: NDArray[np.float32]) -> None:
        import mujoco

        scene = self._renderer.scene
        if scene.ngeom >= scene.maxgeom:
            return
        geom = scene.geoms[scene.ngeom]
        mujoco.mjv_initGeom(geom, self._line, np.zeros(3), np.zeros(3), np.zeros(9), rgba)
        mujoco.mjv_connector(geom, self._line, TRAIL_WIDTH * SUPERSAMPLING, a, b)
        scene.ngeom += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()
