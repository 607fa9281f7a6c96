"""Writes frames as an animated WebP or GIF that a README shows again and again, all or nothing."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PIL import Image

from gait.view.formats import check_target

TICK = {".webp": 1, ".gif": 10}
"""Durations of frames are whole multiples of this [ms]."""
_QUALITY, _EFFORT = 60, 4
"""Of WebP, 0 … 100 and 0 … 6."""
_COLOURS = 128
"""Of a GIF's frame; half of what it may have, for three quarters of the bytes."""


def durations(frames: int, seconds: float, tick: int) -> list[int]:
    """Milliseconds that each frame is shown, multiples of `tick` that sum to `seconds` within one tick."""
    ends = np.rint(np.arange(frames + 1) * 1000.0 * seconds / (frames * tick)).astype(int)
    return [int(n) * tick for n in np.diff(ends)]


class Loop:
    """An animated WebP or GIF of `seconds`, or of frames / `fps`, frame by frame; use it in a `with` block.

    Raises:
      UsageError: `out` is no place for it.
    """

    def __init__(self, out: Path, fps: int, seconds: float | None = None) -> None:
        self._out = check_target(out)
        self._kind = out.suffix.lower()
        self._fps, self._seconds = fps, seconds
        self._frames: list[Image.Image] = []

    def add(self, picture: Image.Image, times: int = 1) -> None:
        """Append `picture`, shown for this many frames."""
        if self._kind == ".gif":
            # dithered noise changes from frame to frame, and what changes is what costs
            picture = picture.quantize(_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        self._frames += [picture.copy() for _ in range(times)]

    def _write(self, part: Path) -> None:
        n = len(self._frames)
        shown = durations(n, n / self._fps if self._seconds is None else self._seconds, TICK[self._kind])
        first, others = self._frames[0], self._frames[1:]
        if self._kind == ".gif":
            first.save(part, "GIF", save_all=True, append_images=others, duration=shown, loop=0)
        else:
            first.save(
                part, "WEBP", save_all=True, append_images=others, duration=shown, loop=0,
                quality=_QUALITY, method=_EFFORT,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        part = self._out.with_name(f".{self._out.name}.{os.getpid()}.part")
        try:
            if kind is None and self._frames:
                self._write(part)
                part.replace(self._out)
        finally:
            part.unlink(missing_ok=True)
