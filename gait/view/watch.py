"""Looking at the recorded gait of a run directory: in a browser, in a window, or as a page to pass on."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gait.errors import UsageError, unknown_name
from gait.run import load_run
from gait.view.playback import Poses, poses_of
from gait.view.recorded import read_recording, task_and_model
from gait.view.window import has_display, play_in_window

RECORDINGS = ("recommended", "start", "reference")


def view_run(
    path: Path,
    which: str = "recommended",
    *,
    port: int = 8080,
    window: bool = False,
    say: Callable[[str], object] = print,
) -> None:
    """Play a recorded gait of the run in `path` until interrupted; `say` is told where a browser finds it.

    Raises:
      UsageError: it is no finished run, has no such recording or nothing to draw, there is no display for a window,
        or what shows it in a browser isn't installed.
    """
    model, poses, words = _read(path, which)
    if window:
        play_in_window(model, poses)
        return
    from gait.view.web import WebViewer

    if not 1 <= port <= 65535:
        raise UsageError(f"--port {port}: ports are 1 to 65535.")
    with WebViewer(model, poses, port=port, words=words) as viewer:
        say(f"{viewer.address} · Ctrl-C stops")
        if has_display():
            webbrowser.open(viewer.address)
        try:
            viewer.run()
        except KeyboardInterrupt:
            return


def export_run(path: Path, out: Path, which: str = "recommended") -> Path:
    """Write a page that plays a recorded gait of the run in `path`, without a network; raises as `view_run`.

    Raises:
      UsageError: also if `out` is no .html in a folder that exists.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"cannot write a page to {out}: its name must end in .html.")
    if not out.parent.is_dir():
        raise UsageError(f"cannot write a page to {out}: there is no folder {out.parent}.")
    model, poses, words = _read(path, which)
    from gait.view.web import WebViewer

    with WebViewer(model, poses, words=words) as viewer:
        out.write_text(viewer.page(), encoding="utf-8")
    return out


def _read(path: Path, which: str) -> tuple[Any, Poses, str]:
    """The model, its motion, and a few words on it."""
    if which not in RECORDINGS:
        raise UsageError(unknown_name("recording", which, RECORDINGS))
    result = load_run(path).result
    if which not in result:
        raise UsageError(f"{path} has no {which}; it has: {', '.join(k for k in RECORDINGS if k in result)}.")
    task, model = task_and_model(path)
    quality = result[which]
    score = f"{quality['mean']:.3f} ± {quality['sd']:.3f} {result['score_unit']}"
    words = f"**{which}** · {result['optimizer']} · {score}  \n{task.title}"
    return model, poses_of(model, read_recording(path, which)), words
