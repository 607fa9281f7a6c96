"""A report in a real browser: nothing fails to load, the video plays, nothing is wider than the window."""

from __future__ import annotations

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from gait.compare.experiment import compare_optimizers
from gait.errors import UsageError
from gait.report.write import write_report
from gait.view.gl import find_backend

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
connect = pytest.importorskip("websockets.sync.client").connect

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


class Browser:
    """A page of a headless Chromium, driven through its debugging protocol."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self.socket.recv(timeout=60))).get("id") != number:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def open(self, file: Path, width: int) -> None:
        self("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self("Page.navigate", url=file.resolve().as_uri())
        while self.value("document.readyState") != "complete":
            time.sleep(0.1)

    def value(self, script: str) -> Any:
        found = self("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(self, file: Path) -> None:
        size = self("Page.getLayoutMetrics")["cssContentSize"]
        shot = self("Page.captureScreenshot", captureBeyondViewport=True, clip={**size, "scale": 1})
        file.write_bytes(base64.b64decode(shot["data"]))

    @property
    def complaints(self) -> list[str]:
        """What the console was told, and what was asked of the network."""
        said = [str(e["params"]) for e in self.events if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
        said += [str(e["params"]) for e in self.events if e["method"] == "Runtime.consoleAPICalled"]
        asked = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return said + [url[:80] for url in asked if not url.startswith(("file:", "data:", "about:"))]


@pytest.fixture
def browser(tmp_path) -> Iterator[Browser]:
    words = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    process = subprocess.Popen([*words, f"--user-data-dir={tmp_path / 'profile'}"], stderr=subprocess.DEVNULL)
    try:
        told = tmp_path / "profile" / "DevToolsActivePort"
        for _ in range(300):
            if told.exists() and told.read_text().strip():
                break
            time.sleep(0.1)
        new = Request(f"http://127.0.0.1:{told.read_text().split()[0]}/json/new?about:blank", method="PUT")
        with urlopen(new) as answer:
            where = json.load(answer)["webSocketDebuggerUrl"]
        with connect(where, max_size=None) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A comparison of quadrupeds, with its report."""
    out = tmp_path_factory.mktemp("browser") / "study"
    names = ["random-search", "hill-climbing"]
    compare_optimizers("quadruped", names, out=out, seeds=2, budget="4min", progress=False)
    write_report([out])
    return out


@pytest.mark.parametrize("place", ["", "random-search/seed-0"])
@pytest.mark.parametrize("width", [400, 1400])
def test_a_report_loads_plays_and_fits(study, browser, width, place, tmp_path):
    browser.open(write_report([study / place]), width)
    assert browser.value("document.querySelectorAll('svg').length") == (2 if place else 6)
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert browser.value(f"window.innerWidth == {width} && {fits}")
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value(fits)
    # letters of the plots are told from each other: no SVG text is drawn below 7 pixels
    smallest = "Math.min(...[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height))"
    assert browser.value(smallest) >= 7
    browser.picture(tmp_path / "page.png")
    try:
        find_backend()
    except UsageError:
        assert "No video" in browser.value("document.body.innerText")
    else:
        play = "const v = document.querySelector('video'); v.play().then(() => new Promise(r => setTimeout(r, 1500)))"
        browser.value(f"{play}.then(() => 0)")
        assert browser.value("document.querySelector('video').currentTime") > 0.5
        assert browser.value("document.querySelector('video').error === null")
        assert browser.value("document.querySelector('video').videoWidth") == 640
    assert browser.complaints == []
