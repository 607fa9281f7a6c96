"""Eye: what the robot's head camera shows, rendered in software; a picture is (64, 64, 3) bytes."""

from __future__ import annotations

import copy
from types import TracebackType
from typing import Any, Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from gait.seeing.world import BALL, EYE
from gait.view.gl import use_backend

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

SIDE = 64
"""Pixels along each side of a picture."""
ROBOT_GROUP = 1
"""Geom group of the robot's own shapes, which its camera doesn't show: half of the drawing would be theirs."""
FACETS = 8
"""Around a ball and from pole to pole, as it's drawn."""


class Eye:
    """A renderer of one world's model from its head camera; use it in a `with` block.

    There are no shadows, reflections or smooth edges. The caller's model is not touched.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        use_backend()
        self._model: Any = plain(model)
        self._data = mujoco.MjData(self._model)
        self._ball = int(self._model.body(BALL).mocapid[0])
        self._renderer = mujoco.Renderer(self._model, SIDE, SIDE)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION, mujoco.mjtRndFlag.mjRND_HAZE):
            self._renderer.scene.flags[flag] = False
        self._shown = mujoco.MjvOption()
        self._shown.geomgroup[ROBOT_GROUP] = 0

    def look(self, qpos: Array, ball: Array) -> Picture:
        """The picture (64, 64, 3) from positions (nq,), the ball's centre being at (3,) in the world [m]."""
        self._data.qpos[:] = qpos
        self._data.mocap_pos[self._ball] = ball
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        self._renderer.update_scene(self._data, EYE, self._shown)
        picture: Picture = self._renderer.render()
        return picture

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()


def plain(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy of the model that is quick to draw."""
    drawn = copy.copy(model)
    drawn.vis.quality.offsamples = drawn.vis.quality.shadowsize = 0
    drawn.vis.quality.numslices = drawn.vis.quality.numstacks = FACETS
    drawn.vis.global_.offwidth = drawn.vis.global_.offheight = SIDE
    return drawn
