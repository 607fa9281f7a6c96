"""One model's off-screen scene: the same camera rule for every trial, and a trail behind each foot."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.task import Recording
from gait.view.gl import use_backend
from gait.view.kinematics import FEET, foot_positions, resample, stride_seconds, trunk_positions, walker_size
from gait.view.marks import TRAIL_POINTS, TRAIL_WIDTH, Marks, add_force, add_trail
from gait.view.panel import DARK

Array = NDArray[np.float64]
Colour = tuple[int, int, int]

AZIMUTH, ELEVATION = 114.0, -17.0
"""The camera looks at the walker's right side, from a little ahead and above [deg]."""
FILL = (0.54, 0.56)
"""The walker fills this share of the picture's width, or of its height, whichever comes first."""
LOOK_AT_HEIGHT = 0.52
"""Of the walker's height."""
SMOOTHING = 0.3
"""The camera follows the trunk with its steps smoothed away by a Gaussian of this width [s]."""
SUPERSAMPLING = 2
"""Pixels drawn along each side of a pixel shown: in software cheaper and cleaner than 4-fold MSAA."""
LOAD_SMOOTHING = 0.01
"""Width of the Gaussian that takes the rattle out of the ground's forces [s]."""


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
    loads: Array | None = None
    """(F, feet) normal force as a share of the weight, at the recorded moments; None where it wasn't recorded."""

    @property
    def end(self) -> float:
        """The last recorded moment [s]."""
        return float(self.recording.time[-1])

    def distance(self, now: float) -> float:
        """How far the trunk got along x by then [m]."""
        x = self.trunk[:, 0]
        return float(np.interp(now, self.recording.time, x) - x[0])

    def shown_at(self, model: Any, moments: Array) -> Motion:
        """The same trial and camera, to be drawn at other moments (K,) [s], in any order."""
        look_at = _at(self.times, self.look_at, moments)
        return replace(self, times=moments, qpos=resample(model, self.recording, moments), look_at=look_at)


def prepare(model: Any, recording: Recording, times: Array, feet: Sequence[str] = FEET) -> Motion:
    """The motion of a recorded trial at `times` (K,) [s], evenly spaced; after its end the last frame stays.

    Raises:
      UsageError: a foot has no site in the model.
    """
    trunk = trunk_positions(model, recording, feet)
    followed = _at(recording.time, trunk[:, :2], times)
    step = float(times[1] - times[0]) if len(times) > 1 else 1.0
    return Motion(
        recording=recording,
        times=times,
        qpos=resample(model, recording, times),
        look_at=smooth(followed, SMOOTHING / step),
        trunk=trunk,
        feet=foot_positions(model, recording, feet),
        stride=stride_seconds(recording),
        loads=_loads(model, recording),
    )


def _loads(model: Any, recording: Recording) -> Array | None:
    """Smoothed normal forces (F, feet) as shares of the model's weight, if they were recorded."""
    loads = recording.extra.get("loads")
    if loads is None or len(loads) < 2:
        return None
    weight = float(model.body_mass.sum() * np.linalg.norm(model.opt.gravity))
    sigma = LOAD_SMOOTHING / float(recording.time[1] - recording.time[0])
    return np.clip(smooth(loads / weight, sigma), 0.0, None)


def smooth(track: Array, sigma: float) -> Array:
    """`track` (K, n) filtered by a Gaussian of `sigma` samples; a straight uniform motion stays as it is."""
    reach = max(1, math.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    # the ends are mirrored through their last point, so that the camera doesn't lag there
    padded = np.pad(track, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    columns = [np.convolve(c, kernel / kernel.sum(), mode="valid") for c in padded.T]
    return np.stack(columns, axis=1)


def _at(time: Array, track: Array, moments: Array) -> Array:
    """Points (K, n) of a track (F, n) at `moments` (K,) [s]."""
    return np.stack([np.interp(moments, time, axis) for axis in track.T], axis=1)


class Stage:
    """A renderer of `size` (width, height) pixels for one model; use it in a `with` block.

    The caller's model is not touched: quality and buffer size are set on a copy.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(
        self, model: Any, size: tuple[int, int], colours: Sequence[Colour], marks: Marks | None = None
    ) -> None:
        use_backend()
        import mujoco

        width, height = (SUPERSAMPLING * n for n in size)
        self._model = copy.copy(model)
        self._model.vis.quality.offsamples = 0
        self._model.vis.global_.offwidth, self._model.vis.global_.offheight = width, height
        self._data = mujoco.MjData(self._model)
        self._marks = marks or Marks()
        self._colours = np.array([*colours, DARK], np.float32) / 255
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = AZIMUTH, ELEVATION
        self._frame_walker(width / height)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._renderer = mujoco.Renderer(self._model, height, width)
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False

    def _frame_walker(self, aspect: float) -> None:
        """Choose the camera's distance and height so that the walker, as the model starts, is large."""
        model, (length, height) = self._model, walker_size(self._model)
        view = 2 * math.tan(math.radians(model.vis.global_.fovy) / 2)
        self._camera.distance = max(length / (FILL[0] * view * aspect), height / (FILL[1] * view))
        self._height = LOOK_AT_HEIGHT * height

    def draw(self, motion: Motion, k: int) -> Image.Image:
        """The picture at `motion.times[k]`."""
        import mujoco

        self._data.qpos[:] = motion.qpos[k]
        mujoco.mj_fwdPosition(self._model, self._data)
        self._camera.lookat[:] = [*motion.look_at[k], self._height]
        self._renderer.update_scene(self._data, self._camera)
        now = min(float(motion.times[k]), motion.end)
        self._draw_trails(motion, now)
        if self._marks.forces and motion.loads is not None:
            self._draw_forces(motion, motion.loads, now)
        self._renderer.render(out=self._pixels)
        return Image.fromarray(self._pixels).reduce(SUPERSAMPLING)

    def _draw_trails(self, motion: Motion, now: float) -> None:
        moments = np.linspace(max(0.0, now - motion.stride), now, TRAIL_POINTS * self._marks.strides)
        tracks = [*zip(np.moveaxis(motion.feet, 1, 0), self._colours[:-1], strict=False)]
        if self._marks.trunk:
            tracks.append((motion.trunk, self._colours[-1]))
        for track, colour in tracks:
            points = _at(motion.recording.time, track, moments)
            add_trail(self._renderer.scene, points, colour, TRAIL_WIDTH * SUPERSAMPLING)

    def _draw_forces(self, motion: Motion, loads: Array, now: float) -> None:
        moment, time = np.array([now]), motion.recording.time
        height = self._height / LOOK_AT_HEIGHT
        for foot, colour in zip(range(motion.feet.shape[1]), self._colours[:-1], strict=False):
            place = _at(time, motion.feet[:, foot], moment)[0]
            load = float(np.interp(now, time, loads[:, foot]))
            add_force(self._renderer.scene, place, load, height, colour)

    def close(self) -> None:
        """Give the renderer back; leaving the `with` block does so too."""
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
