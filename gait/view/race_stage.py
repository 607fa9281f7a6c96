"""A race off screen: many recorded walks of one model in one scene, on marked lanes, each in its colour."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.view.gl import use_backend
from gait.view.lanes import Chase, Runner
from gait.view.shapes import add_block
from gait.view.stage import SUPERSAMPLING

Array = NDArray[np.float64]
Colour = tuple[int, int, int]

COLOURS: tuple[Colour, ...] = (
    (230, 159, 0), (60, 160, 225), (0, 158, 115), (213, 94, 0), (204, 121, 167), (240, 228, 66), (0, 92, 160),
    (238, 240, 242), (120, 86, 60),
)  # fmt: skip
"""Of the runners; the first are Okabe & Ito's, told apart with any colour vision."""
FOVY = 14.0
"""Of the camera [deg]: from afar, so that near and far lanes look alike."""
LINE: Array = np.array([0.93, 0.95, 0.97])
METRE: Array = np.array([0.36, 0.41, 0.45])
DARKEST = 0.4
"""Parts of the walker darker than this stay as they are; the others get the runner's colour."""
PALE = 0.45
"""How much white is in the colour of the legs."""
LINE_WIDTH, LINE_HEIGHT = 0.012, 0.0015
"""Of the lines on the floor [m]."""
BEHIND, AHEAD = 0.6, 1.2
"""How far the lanes reach beyond the start and beyond the winner [m]."""


class RaceStage:
    """A renderer of `size` (width, height) pixels for one model drawn once a runner; use it in a `with` block.

    The caller's model is not touched: quality and buffer size are set on a copy.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(
        self, model: Any, size: tuple[int, int], runners: Sequence[Runner], width: float, angles: tuple[float, float]
    ) -> None:
        """`width` of a lane [m]; `angles` are the camera's azimuth and elevation [deg]."""
        use_backend()
        import mujoco

        pixels = [SUPERSAMPLING * n for n in size]
        self._model, self._runners, self._width = copy.copy(model), runners, width
        vis = self._model.vis
        vis.quality.offsamples = 0
        vis.global_.fovy = FOVY
        vis.global_.offwidth, vis.global_.offheight = pixels
        # a larger field than the model's own: shadows everywhere, and no flicker of lines on the floor
        field = max(len(runners) * width, max(float(r.distance.max()) for r in runners))
        vis.map.shadowclip = max(vis.map.shadowclip, field / self._model.stat.extent)
        vis.quality.shadowsize = 2 * vis.quality.shadowsize
        vis.map.znear, vis.map.zfar = max(vis.map.znear, 0.5), max(vis.map.zfar, 200.0)
        self._data = mujoco.MjData(self._model)
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = angles
        self._option, self._perturb = mujoco.MjvOption(), mujoco.MjvPerturb()
        self._pixels = np.empty((pixels[1], pixels[0], 3), np.uint8)
        self._renderer = mujoco.Renderer(self._model, pixels[1], pixels[0])
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False

    def draw(self, chase: Chase, k: int) -> Image.Image:
        """The picture at the race's moment `k`."""
        import mujoco

        scene = self._renderer.scene
        self._camera.lookat[:], self._camera.distance = chase.look_at(k), float(chase.distance[k])
        for i, runner in enumerate(self._runners):
            self._data.qpos[:] = runner.qpos[k]
            mujoco.mj_fwdPosition(self._model, self._data)
            begin = 0 if i == 0 else scene.ngeom
            if i == 0:  # with the floor, the sky and the lights
                self._renderer.update_scene(self._data, self._camera)
                self._move_lights(chase.look_at(k))
            else:
                dynamic = mujoco.mjtCatBit.mjCAT_DYNAMIC
                mujoco.mjv_addGeoms(self._model, self._data, self._option, self._perturb, dynamic, scene)
            self._paint(begin, COLOURS[i % len(COLOURS)])
        self._draw_lanes()
        self._renderer.render(out=self._pixels)
        return Image.fromarray(self._pixels).reduce(SUPERSAMPLING)

    def _move_lights(self, centre: Array) -> None:
        """Lights that follow the first runner follow the picture's middle instead."""
        scene, offset = self._renderer.scene, centre - self._data.subtree_com[0]
        for light in scene.lights[: scene.nlight]:
            light.pos[:2] += offset[:2]

    def _paint(self, begin: int, colour: Colour) -> None:
        """Give the light parts of what was added from `begin` on the runner's colour, the legs a paler one."""
        import mujoco

        scene, rgb = self._renderer.scene, np.array(colour) / 255
        for geom in scene.geoms[begin : scene.ngeom]:
            body = int(self._model.geom_bodyid[geom.objid]) if geom.objtype == mujoco.mjtObj.mjOBJ_GEOM else 0
            if body and geom.rgba[:3].max() > DARKEST:
                trunk = self._model.body_parentid[body] == 0
                geom.rgba[:3] = rgb if trunk else (1 - PALE) * rgb + PALE

    def _draw_lanes(self) -> None:
        """Lines between the lanes, one at the start, and one a metre."""
        lanes, half = [r.lane for r in self._runners], 0.5 * self._width
        edges = np.arange(len(lanes) + 1) * self._width + min(lanes) - half
        low, high = -BEHIND, max(float(r.distance.max()) for r in self._runners) + AHEAD
        for y in edges:
            self._draw_line((0.5 * (low + high), float(y)), (0.5 * (high - low), 0.5 * LINE_WIDTH), LINE)
        across, reach = float(edges.mean()), 0.5 * float(edges[-1] - edges[0])
        for metre in range(int(high) + 1):
            size = (LINE_WIDTH if metre == 0 else 0.4 * LINE_WIDTH), reach
            self._draw_line((float(metre), across), size, LINE if metre == 0 else METRE)

    def _draw_line(self, centre: tuple[float, float], size: tuple[float, float], rgb: Array) -> None:
        """A flat box on the floor, of half sizes `size` (2,) [m]."""
        half = 0.5 * LINE_HEIGHT
        add_block(self._renderer.scene, "box", (*centre, half), (*size, half), np.eye(3), rgb, shadow=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._renderer.close()
