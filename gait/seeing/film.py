"""A film of a walk to a ball: the robot from behind and above, and what its camera sees as an inset."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.seeing.camera import Eye, Picture
from gait.seeing.trials import BallTrial, Pilot, walk_balls
from gait.seeing.walker import BallWalker
from gait.seeing.world import BALL, RADIUS, Ball
from gait.simulate import Walk
from gait.view.film import open_film
from gait.view.gl import use_backend
from gait.view.panel import GROUND, Writer

Array = NDArray[np.float64]

SIZE, INSET = (848, 480), 192
"""Of the film, and of the inset's sides [pixels]; three pixels each for one of the camera."""
FPS = 25
AWAY, ELEVATION = 1.1, -28.0
"""The film's camera looks at the middle between robot and ball from behind: how far it is from there when they are
together [m], and its tilt [deg]."""
SHADOWS = (8.0, 4096)
"""How far shadows reach, in half the model's extent, and pixels along a side of their map: the ball has one too."""
HELD = 0.8
"""Seconds that the last picture of a trial stays."""


class Shot:
    """A trial that was walked once more, with its motion kept.

    Args:
      ball: where it lies.
      seed: of the trial.
      pilot: who decides.
    """

    def __init__(self, ball: Ball, seed: np.random.SeedSequence, pilot: Pilot) -> None:
        walk = Walk(BallWalker(), 1)
        walk.trace = []
        with Eye(walk.walker.model) as eye:
            (self.trial,) = walk_balls(walk, [ball], [seed], pilot, eye)
        self.times = np.array([frame[0] for frame in walk.trace])
        self.qpos = np.array([frame[1] for frame in walk.trace])
        self.model = walk.walker.model

    def moments(self) -> Array:
        """When it's drawn [s]."""
        return np.arange(0.0, float(self.times[-1]), 1.0 / FPS)

    def at(self, moment: float) -> tuple[Array, Picture]:
        """Positions (nq,) and the picture that was decided by then."""
        k = min(int(np.searchsorted(self.times, moment)), len(self.times) - 1)
        seen = int(np.searchsorted(self.trial.times[:-1], moment, side="right")) - 1
        return self.qpos[k], self.trial.pictures[max(0, seen)]


class Theatre:
    """Draws moments of shots at the film's size; `close` it afterwards.

    Raises:
      UsageError: there is no OpenGL to draw with.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        use_backend()
        self._model: Any = copy.copy(model)
        self._model.vis.global_.offwidth, self._model.vis.global_.offheight = SIZE
        self._model.vis.map.shadowclip, self._model.vis.quality.shadowsize = SHADOWS
        self._data = mujoco.MjData(self._model)
        self._renderer = mujoco.Renderer(self._model, SIZE[1], SIZE[0])
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        self._camera = mujoco.MjvCamera()
        self._camera.azimuth, self._camera.elevation, self._camera.distance = 0.0, ELEVATION, AWAY

    def draw(self, shot: Shot, moment: float, words: str) -> Image.Image:
        """The frame at a moment [s] of the shot."""
        qpos, seen = shot.at(moment)
        self._data.qpos[:] = qpos
        ball = shot.trial.ball.place
        self._data.mocap_pos[self._model.body(BALL).mocapid[0]] = [*ball, RADIUS]
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        middle = 0.5 * (qpos[:2] + ball)
        self._camera.lookat[:] = [middle[0], middle[1], 0.1]
        self._camera.distance = AWAY + 0.6 * float(np.hypot(*(ball - qpos[:2])))
        self._renderer.update_scene(self._data, self._camera)
        frame = Image.fromarray(self._renderer.render())
        return with_inset(frame, seen, words)

    def close(self) -> None:
        """Give the renderer back."""
        self._renderer.close()


def with_inset(frame: Image.Image, seen: Picture, words: str) -> Image.Image:
    """A frame with the camera's picture in its upper right corner, each pixel a square, and words to the left."""
    out, edge = frame.copy(), 4
    x = out.width - INSET - 16
    out.paste(GROUND, (x - edge, 16 - edge, x + INSET + edge, 16 + INSET + edge))
    out.paste(Image.fromarray(seen).resize((INSET, INSET), Image.Resampling.NEAREST), (x, 16))
    pen = Writer(out, 1.0)
    pen.text((x, 16 + INSET + 24), "its camera, 64 × 64", 15, GROUND)
    pen.text((18, 36), words, 20, GROUND, bold=True)
    return out


def title(trial: BallTrial, moment: float) -> str:
    """What is seen, in a few words."""
    side = "left" if trial.ball.bearing > 0 else "right"
    where = f"ball {trial.ball.distance:.1f} m away, {abs(np.degrees(trial.ball.bearing)):.0f}° {side}"
    over = moment >= trial.walked - 1.0 / FPS
    return f"{where} · {moment:4.1f} s" + (f" · {trial.outcome}" if over else "")


def film(shots: Sequence[Shot], out: Path) -> Path:
    """Write the shots one after the other, in real time.

    Raises:
      UsageError: `out` is no place for a film, or there is no OpenGL to draw with.
    """
    theatre = Theatre(shots[0].model)
    try:
        with open_film(out, SIZE, FPS) as movie:
            for shot in shots:
                for moment in shot.moments():
                    movie.add(theatre.draw(shot, float(moment), title(shot.trial, float(moment))))
                last = theatre.draw(shot, float(shot.times[-1]), title(shot.trial, shot.trial.walked))
                movie.add(last, round(HELD * FPS))
    finally:
        theatre.close()
    return out


def sheet(shot: Shot, moments: Sequence[float], out: Path) -> Path:
    """Write a few moments of one shot [s], side by side in rows of two, as a small picture."""
    theatre = Theatre(shot.model)
    try:
        frames = [theatre.draw(shot, m, title(shot.trial, m)) for m in moments]
    finally:
        theatre.close()
    width, height = SIZE
    page = Image.new("RGB", (2 * width, height * -(-len(frames) // 2)), GROUND)
    for k, frame in enumerate(frames):
        page.paste(frame, (width * (k % 2), height * (k // 2)))
    page.reduce(2).convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(out, optimize=True)
    return out
