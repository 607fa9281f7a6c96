"""A person on a treadmill, off screen: segments, muscles by activation, the exoskeleton where one is worn."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.view.gl import use_backend
from gait.view.muscle_paths import (
    LEGS,
    PLANE,
    activation_colour,
    body_id,
    body_scale,
    muscles_of,
    path_of,
    widths_of,
)
from gait.view.shapes import add_block, add_rod
from gait.view.treadmill import (
    BREADTH,
    CABLE,
    DEVICE,
    EXOSKELETON,
    FAR,
    FLOOR,
    LEG,
    MARKED,
    NEAR,
    PULLING,
    TREADMILL,
    TRUNK,
    Part,
    belt_speed,
    marks,
    seen,
)

Array = NDArray[np.float64]
Worn = tuple[bool, bool]
"""Whether there is a device on the left and on the right ankle."""

AZIMUTH, ELEVATION, FOVY = 97.0, -8.0, 24.0
"""The camera looks at the walker's right side, from a little ahead and above, from afar [deg]."""
LOW, HIGH = -0.36, 1.87
"""What the picture shows, from below the treadmill to above the head of the body of 1.80 m [m]."""
SUPERSAMPLING = 2
"""Pixels drawn along each side of a pixel shown."""
ROUNDNESS = (20, 12)
"""Faces around and along a round shape: half of MuJoCo's own, for half the time."""
DIMMED = 0.72
"""Brightness of the far leg's muscles."""
GLOW = 0.08
"""Of the muscles, so that their colours are the key's in the shade, too."""
STRONG = 0.5
"""Torque at which the device's cable shines most [N·m/kg]."""


def worn_by(model: Any) -> Worn:
    """On which ankles the model shows a device."""
    left, right = (bool(model.geom(f"device_{side}").rgba[3] > 0) for side in LEGS)
    return left, right


class PersonStage:
    """A renderer of `size` (width, height) pixels for one person's model; use it in a `with` block.

    Args:
      model: an `MjModel` of a person on a treadmill; it is left as it is.
      size: of the pictures.
      worn: which ankles a device is drawn on.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(self, model: Any, size: tuple[int, int], worn: Worn) -> None:
        use_backend()
        import mujoco

        width, height = (SUPERSAMPLING * n for n in size)
        self.model, self._worn = copy.copy(model), worn
        self.model.vis.quality.offsamples = 0
        self.model.vis.global_.offwidth, self.model.vis.global_.offheight = width, height
        self.model.vis.global_.fovy = FOVY
        self.model.vis.quality.numslices, self.model.vis.quality.numstacks = ROUNDNESS
        for side, on in zip(LEGS, worn, strict=True):
            self.model.geom(f"device_{side}").rgba = [*DEVICE, 1.0 if on else 0.0]
        self._data = mujoco.MjData(self.model)
        self._scale, self._speed = body_scale(model), belt_speed(model)
        self._muscles = muscles_of(model)
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation = AZIMUTH, ELEVATION
        low, high = LOW, HIGH * self._scale
        self._camera.lookat[:] = [0.0, 0.0, 0.5 * (low + high)]
        self._camera.distance = (high - low) / (2 * math.tan(math.radians(FOVY) / 2))
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._renderer = mujoco.Renderer(self.model, height, width)
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False

    def draw(self, time: float, qpos: Array, activation: Array, torque: Array) -> Image.Image:
        """The picture at `time` [s], which moves the belt: qpos (nq,), activation (14,), torque (2,) [N·m/kg]."""
        import mujoco

        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self.model, self._data)
        mujoco.mj_camlight(self.model, self._data)
        self._renderer.update_scene(self._data, self._camera)
        self._draw_treadmill(time)
        self._draw_segments()
        self._draw_muscles(activation)
        self._draw_devices(torque)
        self._renderer.render(out=self._pixels)
        return Image.fromarray(self._pixels).reduce(SUPERSAMPLING)

    def _draw_treadmill(self, time: float) -> None:
        scene = self._renderer.scene
        add_block(scene, "box", (0, 0, -0.21), (40, 40, 0.01), np.eye(3), FLOOR, shadow=False)
        self._draw_parts(TREADMILL)
        for back, front in map(seen, marks(time, self._speed)):
            size = 0.5 * (front - back), BREADTH, 0.001
            add_block(scene, "box", (0.5 * (back + front), 0, 0), size, np.eye(3), MARKED, shadow=False)

    def _draw_segments(self) -> None:
        self._draw_parts(TRUNK)
        for side, colour in zip(LEGS, (FAR, NEAR), strict=True):
            self._draw_parts((part._replace(colour=colour) for part in LEG), side)

    def _draw_muscles(self, activation: Array) -> None:
        for muscle in self._muscles:
            path = path_of(muscle, self._data)
            rgb = activation_colour(float(activation[muscle.place])) * (DIMMED, 1.0)[muscle.leg]
            for a, b, width in zip(path, path[1:], widths_of(muscle), strict=False):
                add_rod(self._renderer.scene, "capsule", a, b, float(width), rgb, glow=GLOW, shadow=False)

    def _draw_devices(self, torque: Array) -> None:
        for side, on, pull in zip(LEGS, self._worn, torque, strict=True):
            if on:
                self._draw_parts(EXOSKELETON, side)
                share = min(1.0, float(pull) / STRONG)
                rgb = (1 - share) * np.array(DEVICE) + share * np.array(PULLING)
                a, b = (self._place(segment, side, at) for segment, at in CABLE)
                add_rod(
                    self._renderer.scene, "capsule", a, b, (0.006 + 0.005 * share) * self._scale, rgb, glow=0.7 * share
                )

    def _draw_parts(self, parts: Iterable[Part], side: str = "") -> None:
        """Draw parts of the treadmill, of the trunk or, with a `side`, of a leg."""
        scene = self._renderer.scene
        for part in parts:
            at = self._place(part.segment, side, part.at)
            scale = 1.0 if part.segment == "world" else self._scale
            if part.kind in ("capsule", "cylinder"):
                end = self._place(part.segment, side, part.size)
                add_rod(scene, part.kind, at, end, part.width * scale, part.colour)
            else:
                frame = self._data.xmat[body_id(self.model, part.segment, side)].reshape(3, 3)
                add_block(scene, part.kind, at, scale * np.array(part.size), frame, part.colour)

    def _place(self, segment: str, side: str, at: tuple[float, float, float]) -> Array:
        """A part's point in the world."""
        if segment == "world":
            return np.array(at, float)
        body, (x, y, z) = body_id(self.model, segment, side), at
        point = self._scale * np.array([x, y + PLANE.get(side, 0.0), z])
        place: Array = self._data.xpos[body] + self._data.xmat[body].reshape(3, 3) @ point
        return place

    def close(self) -> None:
        """Give the renderer back; leaving the `with` block does so too."""
        self._renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
