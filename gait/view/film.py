"""A film being written, whatever it is written as."""

from __future__ import annotations

from pathlib import Path

from gait.view.formats import format_of
from gait.view.loop import Loop
from gait.view.mp4 import Movie


def open_film(out: Path, size: tuple[int, int], fps: int, seconds: float | None = None) -> Movie | Loop:
    """A film to be filled with frames, in a `with` block; `seconds` is how long a loop lasts, None frames / fps.

    Raises:
      UsageError: `out` is no place for it, or `size` (width, height) makes no mp4.
    """
    return Loop(out, fps, seconds) if format_of(out).loops else Movie(out, size, fps)
