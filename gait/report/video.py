"""The video in a report: drawn small from a run's recorded trials, kept beside the report until they change."""

from __future__ import annotations

import base64
from pathlib import Path

from gait.errors import UsageError
from gait.report import markup

SIZE = (640, 360)
FPS = 20


def video_of(run: Path, file: Path, label: str) -> str:
    """Markup of the run's video, or a sentence that says why there is none.

    Args:
      run: the run directory.
      file: the mp4 to make; one that is younger than the recording is used as it is.
      label: what is seen.
    """
    from gait.view.render import render_run

    recorded = run / "recorded" / "recommended.npz"
    try:
        if not (file.exists() and recorded.exists() and file.stat().st_mtime >= recorded.stat().st_mtime):
            render_run(run, file, size=SIZE, fps=FPS)
        return markup.video(base64.b64encode(file.read_bytes()).decode(), label)
    except UsageError as error:
        return markup.paragraph(f"No video: {error}", "note")
