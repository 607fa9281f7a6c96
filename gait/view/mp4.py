"""Writes frames as H.264 in an mp4 file that any browser plays, all or nothing."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from PIL import Image

from gait.errors import UsageError
from gait.view.formats import check_target

_OPTIONS = {"preset": "veryfast", "crf": "20"}
_BT709 = 1
"""H.264's number for the colours of HD video; unsaid, players guess and the colours shift."""


class Movie:
    """An mp4 file being written, frame by frame; use it in a `with` block.

    Frames go to a temporary file beside `out`, which takes its name only when all went well.

    Raises:
      UsageError: `out` is no place for a video, or `size` (width, height) is odd.
    """

    def __init__(self, out: Path, size: tuple[int, int], fps: int) -> None:
        import av

        self._out = check_target(out)
        if any(n < 2 or n % 2 for n in size):
            raise UsageError(f"a video of {size[0]}x{size[1]} pixels: H.264 needs even numbers.")
        self._part = out.with_name(f".{out.name}.{os.getpid()}.part")
        try:
            self._file: Any = av.open(str(self._part), "w", format="mp4", options={"movflags": "+faststart"})
        except OSError as error:
            raise UsageError(f"cannot write a video to {out}: {error.strerror or error}.") from None
        self._stream: Any = self._file.add_stream("libx264", rate=fps, options=dict(_OPTIONS))
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = "yuv420p"
        codec = self._stream.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = codec.color_range = _BT709

    def add(self, picture: Image.Image, times: int = 1) -> None:
        """Append `picture`, shown for this many frames."""
        import av

        from_image: Any = av.VideoFrame.from_image
        for _ in range(times):
            frame = from_image(picture).reformat(format="yuv420p", dst_colorspace=_BT709, dst_color_range=_BT709)
            self._file.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.mux(self._stream.encode(None))
            self._file.close()
            if kind is None:
                self._part.replace(self._out)
        finally:
            self._part.unlink(missing_ok=True)
