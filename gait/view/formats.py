"""What a film can be written as: chosen by the suffix of its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gait.errors import UsageError


@dataclass(frozen=True)
class Format:
    """A kind of file, with the size and pace that suit it."""

    size: tuple[int, int]
    """Width and height in pixels."""
    fps: int
    loops: bool
    """A loop for a page: small, without a title card, shown again and again."""


FORMATS: dict[str, Format] = {
    ".mp4": Format((1280, 720), 30, loops=False),
    ".webp": Format((752, 424), 20, loops=True),
    ".gif": Format((600, 338), 20, loops=True),
}


def format_of(out: Path) -> Format:
    """What `out` is by its suffix, if a film can be written there.

    Raises:
      UsageError: it's no known suffix, or its folder does not exist or cannot be written.
    """
    return FORMATS[check_target(out).suffix.lower()]


def check_target(out: Path) -> Path:
    """`out` if a film can be written there; raises as `format_of` does."""
    if out.suffix.lower() not in FORMATS:
        *most, last = FORMATS
        raise UsageError(f"cannot write a video to {out}: its name must end in {', '.join(most)} or {last}.")
    if out.is_dir():
        raise UsageError(f"cannot write a video to {out}: that is a folder; name a file in it.")
    if not out.parent.is_dir():
        raise UsageError(f"cannot write a video to {out}: there is no folder {out.parent}.")
    if not os.access(out.parent, os.W_OK):
        raise UsageError(f"cannot write a video to {out}: no permission to write in {out.parent}.")
    return out
