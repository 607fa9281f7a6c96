"""A recorded motion in a browser: live on this machine, or as a page that works offline. Needs the extra `view`."""

from __future__ import annotations

import contextlib
import copy
import io
import math
import time
from types import TracebackType
from typing import Any, Self

import numpy as np

from gait.errors import UsageError
from gait.view.kinematics import walker_size
from gait.view.playback import FASTEST, SLOWEST, Playback, Poses
from gait.view.stage import AZIMUTH, ELEVATION

HOST = "127.0.0.1"
"""Nobody else can reach it."""
FOVY = 40.0
"""Of the camera at first [deg]."""
FRAME = 1 / 60
"""Seconds between two pictures sent."""
PAGE_FPS = 30
"""Pictures a second in a page."""
_SLIDER = 0.1
"""Seconds between two moves of the time slider."""


class WebViewer:
    """A server that shows a motion to browsers on this machine; use it in a `with` block.

    Raises:
      UsageError: the extra isn't installed.
    """

    def __init__(self, model: Any, poses: Poses, *, port: int = 8080, words: str = "") -> None:
        """`words` are shown above the controls; `port` is the first that is tried."""
        try:
            import mjviser
            import viser
        except ImportError:
            raise UsageError("gait view needs mjviser: pip install 'gaitopt[view]'.") from None
        self.poses, self.playback = poses, Playback(poses.seconds)
        with _quiet():
            self.server: Any = viser.ViserServer(host=HOST, port=port, label="gait", verbose=False)
        # it changes the model's looks: the caller keeps their own
        self._scene: Any = mjviser.ViserMujocoScene(self.server, copy.copy(model), num_envs=1)
        # no button that would show this to the world
        self.server.gui.configure_theme(show_logo=False, show_share_button=False)
        self._look_at_walker(model)
        self._add_controls(words)
        self._shown, self._closed = -1, False
        self.show(0.0)

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.server.get_port()}"

    def show(self, moment: float) -> None:
        """Send the pose `moment` seconds after the first, unless it is there already."""
        k = self.poses.index(moment)
        if k != self._shown:
            self._shown = k
            self._scene.update_from_arrays(self.poses.places[None, k], self.poses.frames[None, k])

    def run(self) -> None:
        """Play until interrupted, or closed by another thread."""
        last, moved = time.perf_counter(), 0.0
        while not self._closed:
            now = time.perf_counter()
            self.show(self.playback.advance(now - last))
            if now - moved > _SLIDER:
                self._time.value, moved = round(self.playback.now, 2), now
            last = now
            time.sleep(max(0.001, FRAME - (time.perf_counter() - now)))

    def page(self) -> str:
        """An HTML page that plays the motion offline, again and again."""
        serializer = self.server.get_scene_serializer()
        for k in range(max(1, round(self.poses.seconds * PAGE_FPS))):
            self.show(k / PAGE_FPS)
            serializer.insert_sleep(1 / PAGE_FPS)
        html: str = serializer.as_html()
        return html

    def _look_at_walker(self, model: Any) -> None:
        """The films' camera: the walker's right side, from a little ahead and above. The walker is at the origin."""
        azimuth, elevation = math.radians(AZIMUTH), math.radians(ELEVATION)
        away = np.array(
            [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
        )
        distance = 1.1 * max(walker_size(model)) / math.tan(math.radians(FOVY) / 2)
        camera = self.server.initial_camera
        camera.position, camera.look_at, camera.up = -distance * away, np.zeros(3), np.array([0.0, 0.0, 1.0])
        camera.fov = math.radians(FOVY)

    def _add_controls(self, words: str) -> None:
        gui, playback = self.server.gui, self.playback
        if words:
            gui.add_markdown(words)
        play = gui.add_button("Pause")
        speed = gui.add_slider("Speed", SLOWEST, FASTEST, 0.05, 1.0)
        self._time = gui.add_slider("Time [s]", 0.0, round(playback.seconds, 2), 0.01, 0.0)
        follow = gui.add_checkbox("Follow", True)

        def toggle(_: Any) -> None:
            playback.playing = not playback.playing
            play.label = "Pause" if playback.playing else "Play"

        def seek(event: Any) -> None:
            if event.client is not None:  # moved by a hand, not by the clock
                playback.seek(float(self._time.value))
                self.show(playback.now)

        def track(_: Any) -> None:
            self._scene.camera_tracking_enabled = bool(follow.value)
            self._scene.request_update()

        play.on_click(toggle)
        speed.on_update(lambda _: setattr(playback, "speed", float(speed.value)))
        self._time.on_update(seek)
        follow.on_update(track)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        with _quiet():
            self.server.stop()


def _quiet() -> contextlib.redirect_stdout[io.StringIO]:
    """The server prints banners, asked not to or not."""
    return contextlib.redirect_stdout(io.StringIO())
