"""The viewer in a real browser: the robot is seen, moves, stands still when paused; so does the offline page."""

from __future__ import annotations

import base64
import io
import itertools
import json
import shutil
import subprocess
import threading
import time
import urllib.request

import numpy as np
import pytest

from gait.tasks import make_task
from gait.trial import Query
from gait.view.playback import poses_of

pytest.importorskip("mjviser")
connect = pytest.importorskip("websockets.sync.client").connect
Image = pytest.importorskip("PIL.Image")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox",
         "--hide-scrollbars", "--remote-debugging-port=0")  # fmt: skip
# nothing but this machine is found: a page that needs the network stays empty
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"

WIDTH, HEIGHT, SCENE = 320, 400, slice(135, 235)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


class Browser:
    """A page of headless Chromium, driven by its debugging protocol."""

    def __init__(self, folder, url):
        command = [CHROMIUM, *FLAGS, OFFLINE, f"--user-data-dir={folder}", url]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = next(line for line in self._process.stderr if "DevTools listening on" in line)
        port = line.split("127.0.0.1:")[1].split("/")[0]
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            target = next(t for t in json.load(answer) if t["type"] == "page")
        self._socket = connect(target["webSocketDebuggerUrl"], max_size=None)
        self._ids = itertools.count(1)
        # small: graphics are software here, and a picture waits until the page has a moment to spare
        self.call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)

    def call(self, method, **params):
        wanted = next(self._ids)
        self._socket.send(json.dumps({"id": wanted, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv(timeout=300))).get("id") != wanted:
            pass
        return answer["result"]

    def picture(self):
        """(height, width, 3) of what the page shows between its notes and its controls."""
        data = self.call("Page.captureScreenshot", format="png")["data"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), int)[SCENE]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._process.terminate()
        self._process.wait(20)


def blue(picture):
    """How many pixels are of the blue of the robot's right legs."""
    r, g, b = np.moveaxis(picture, -1, 0)
    return int(((b - r > 60) & (g - r > 30)).sum())


def changed(a, b):
    return float((np.abs(a - b).max(axis=2) > 25).mean())


def until_seen(browser):
    for _ in range(30):
        if blue(picture := browser.picture()) > 100:
            return picture
        time.sleep(1)
    raise AssertionError("no robot appeared")


@pytest.fixture(scope="module")
def motion():
    from gait.policy import Constant

    task = make_task("quadruped")
    recording = task.record(Query(0, Constant(task.problem.space.default)), np.random.SeedSequence(0))
    return task.model, poses_of(task.model, recording)


def test_live_it_moves_and_pauses(motion, tmp_path):
    from gait.view.web import WebViewer

    with WebViewer(*motion, port=8760) as viewer, Browser(tmp_path, viewer.address) as browser:
        threading.Thread(target=viewer.run, daemon=True).start()
        first = until_seen(browser)
        time.sleep(1.3)
        second = browser.picture()
        assert blue(second) > 100
        assert changed(first, second) > 0.005
        viewer.playback.playing = False
        time.sleep(3)
        assert changed(browser.picture(), browser.picture()) < 0.001


def test_the_page_plays_offline(motion, tmp_path):
    from gait.view.web import WebViewer

    with WebViewer(*motion, port=8760) as viewer:
        page = tmp_path / "replay.html"
        page.write_text(viewer.page(), encoding="utf-8")
    assert page.stat().st_size < 3e6
    with Browser(tmp_path / "profile", page.as_uri()) as browser:
        first = until_seen(browser)
        time.sleep(1.3)
        second = browser.picture()
        assert blue(second) > 100
        assert changed(first, second) > 0.005
