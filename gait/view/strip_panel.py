"""The larger gait diagram below a picture: named legs, seconds, and each leg's duty factor so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.task import Recording
from gait.view.panel import EMPTY, GROUND, LEG_COLOURS, MUTED, GaitStrip, Writer

Array = NDArray[np.float64]

STRIP_FOOTER = 330
"""Height below a picture, in pixels of a picture 720 high, as all lengths here."""
NAMES = {"FL": "front left", "FR": "front right", "HL": "hind left", "HR": "hind right"}
_MARGIN, _LABEL, _DUTY = 24, 122, 78
_TOP, _ROW, _BAR = 128, 40, 32
_COLUMNS = (0.0, 0.42, 0.76)
_SETTLED = 0.2
"""A duty factor over less than this says nothing [s]."""


def duty_factors(time: Array, contacts: NDArray[np.bool_], now: float) -> Array:
    """Share of the time up to `now` [s] that each foot was down, (feet,); NaN while it says nothing."""
    seen = int(np.searchsorted(time, now, side="right"))
    if now < _SETTLED or seen == 0:
        return np.full(contacts.shape[1], np.nan)
    share: Array = contacts[:seen].mean(axis=0)
    return share


class StripFooter:
    """The strip below a picture: three numbers and a large gait diagram; takes the place of `panel.Footer`."""

    def __init__(
        self,
        recording: Recording,
        axis: float,
        size: tuple[int, int],
        scale: float,
        *,
        captions: Sequence[str],
        legs: Sequence[str],
    ) -> None:
        """`axis` is the diagram's length [s], `size` (width, height) in pixels, `scale` pixels a unit."""
        self._scale, self._recording, self._legs = scale, recording, len(legs)
        self._base = Image.new("RGB", size, GROUND)
        pen = Writer(self._base, scale)
        self._width = size[0] / scale - 2 * _MARGIN
        for column, caption in zip(_COLUMNS, captions, strict=True):
            pen.text((_MARGIN + column * self._width, 68), caption, 18, MUTED)
        pen.text((_MARGIN + self._width, _TOP - 12), "duty factor", 18, MUTED, anchor="rs")
        for leg, name in enumerate(legs):
            colour = LEG_COLOURS[leg % len(LEG_COLOURS)]
            pen.text((_MARGIN, self._middle(leg)), NAMES.get(name, name), 21, colour, anchor="lm", room=_LABEL - 8)
        self._corner = (pen.px(_MARGIN + _LABEL), pen.px(_TOP))
        bars = (size[0] - self._corner[0] - pen.px(_MARGIN + _DUTY), pen.px(_ROW * len(legs)))
        self._strip = GaitStrip(recording.time, recording.contacts, axis, bars, scale, pitch=(_ROW, _BAR))
        self._draw_seconds(pen, axis, bars[0] / scale)

    def at(self, now: float, numbers: Sequence[str]) -> Image.Image:
        """The footer after `now` seconds, with these numbers over their captions."""
        picture = self._base.copy()
        picture.paste(self._strip.at(now), self._corner)
        pen = Writer(picture, self._scale)
        for i, (column, number) in enumerate(zip(_COLUMNS, numbers, strict=True)):
            pen.text((_MARGIN + column * self._width, 44), number, 36, bold=i == 0)
        for leg, duty in enumerate(duty_factors(self._recording.time, self._recording.contacts, now)):
            words = "–" if np.isnan(duty) else f"{duty:.2f}"
            pen.text((_MARGIN + self._width, self._middle(leg)), words, 24, bold=True, anchor="rm")
        return picture

    @staticmethod
    def _middle(leg: int) -> float:
        return _TOP + leg * _ROW + _BAR / 2

    def _draw_seconds(self, pen: Writer, axis: float, width: float) -> None:
        """Mark the seconds below the diagram."""
        left, bottom = _MARGIN + _LABEL, _TOP + _ROW * self._legs
        every = 1 if axis <= 12 else 5
        for second in range(0, int(axis + 1e-6) + 1, every):
            x = left + width * second / axis
            pen.draw.line([pen.px(x), pen.px(bottom - 6), pen.px(x), pen.px(bottom)], EMPTY, max(1, pen.px(2)))
            pen.text((x, bottom + 20), f"{second} s" if second == 0 else f"{second}", 18, MUTED, anchor="ms")
