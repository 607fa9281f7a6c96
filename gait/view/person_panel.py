"""Words and curves around a person's picture: numbers, the torque over the stride, the feet on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gait.view.muscle_paths import activation_colour
from gait.view.panel import EMPTY, GROUND, INK, MUTED, Colour, GaitStrip, Writer
from gait.view.strides import TorqueStrides

Array = NDArray[np.float64]

FOOTER = 248
"""Height below a person's picture, in pixels of a picture 720 high, as all lengths here."""
_MARGIN = 24
_NUMBER, _CAPTION, _PITCH = 34.0, 56.0, 61.0
"""First number's and caption's baselines, and from one to the next."""
_PLOT = (290.0, 48.0, 142.0)
"""Left edge, top and bottom of the plot; it ends at the right margin."""
_STRIP_TOP, _STRIP_LABEL = 196, 24
CURVE: Colour = (64, 224, 232)
PAST: Colour = (96, 110, 122)
_DARK: Colour = (52, 58, 66)
"""Ink on a bright picture."""


class PersonFooter:
    """The strip below a person's picture: three numbers, the torque over the stride, one bar a foot."""

    def __init__(
        self,
        size: tuple[int, int],
        scale: float,
        *,
        numbers: Sequence[tuple[str, str]],
        caption: str,
        torque: TorqueStrides,
        top: float,
        feet: tuple[Array, NDArray[np.bool_]],
    ) -> None:
        """`numbers` with their captions, `top` of the torque axis [N·m/kg], `feet`: (K,) [s] and contacts (K, 2)."""
        self._scale, self._torque, self._top = scale, torque, top
        self._base = Image.new("RGB", size, GROUND)
        pen = Writer(self._base, scale)
        self._right = size[0] / scale - _MARGIN
        for k, (number, what) in enumerate(numbers):
            pen.text((_MARGIN, _NUMBER + k * _PITCH), number, 29, bold=k == 0, room=_PLOT[0] - 76 - _MARGIN)
            pen.text((_MARGIN, _CAPTION + k * _PITCH), what, 19, MUTED, room=_PLOT[0] - 76 - _MARGIN)
        self._draw_axes(pen, caption)
        for k, name in enumerate("LR"):
            pen.text((_MARGIN, _STRIP_TOP + 25 * k + 9.5), name, 20, MUTED, anchor="lm")
        self._corner = (pen.px(_MARGIN + _STRIP_LABEL), pen.px(_STRIP_TOP))
        time, contacts = feet
        bars = (size[0] - self._corner[0] - pen.px(_MARGIN), pen.px(50))
        self._strip = GaitStrip(time, contacts, float(time[-1]) or 1.0, bars, scale)

    def at(self, now: float, moment: float) -> Image.Image:
        """The footer `now` seconds after the film's first frame, at the recording's `moment` [s]."""
        picture = self._base.copy()
        picture.paste(self._strip.at(now), self._corner)
        pen = Writer(picture, self._scale)
        phase, torque = self._torque.current(moment)
        self._draw_curve(pen, *self._torque.last(moment), PAST, 3)
        self._draw_curve(pen, phase, torque, CURVE, 4)
        if len(phase):
            x, y, r = self._x(phase[-1]), self._y(torque[-1]), 7
            box = [pen.px(x - r), pen.px(y - r), pen.px(x + r), pen.px(y + r)]
            pen.draw.ellipse(box, INK, CURVE, max(1, pen.px(2)))
        return picture

    def _x(self, phase: float) -> float:
        return _PLOT[0] + float(phase) * (self._right - _PLOT[0])

    def _y(self, torque: float) -> float:
        return _PLOT[2] - float(torque) / self._top * (_PLOT[2] - _PLOT[1])

    def _draw_axes(self, pen: Writer, caption: str) -> None:
        pen.text((self._x(0) - 46, 28), caption, 19, MUTED, room=self._right - self._x(0) + 36)
        for torque in (0.0, self._top):
            y = self._y(torque)
            pen.draw.line([pen.px(self._x(0)), pen.px(y), pen.px(self._x(1)), pen.px(y)], EMPTY, max(1, pen.px(2)))
            pen.text((self._x(0) - 12, y), f"{torque:.1f}" if torque else "0", 19, MUTED, anchor="rm")
        for phase, anchor in ((0.0, "ms"), (0.5, "ms"), (1.0, "rs")):
            x = pen.px(self._x(phase))
            pen.draw.line([x, pen.px(_PLOT[2]), x, pen.px(_PLOT[2] + 6)], MUTED, max(1, pen.px(2)))
            pen.text((self._x(phase), _PLOT[2] + 26), f"{100 * phase:.0f}", 19, MUTED, anchor=anchor)
        pen.text((self._x(0.24), _PLOT[2] + 26), "% of stride", 19, MUTED, anchor="ms")

    def _draw_curve(self, pen: Writer, phase: Array, torque: Array, colour: Colour, width: float) -> None:
        points = [(pen.px(self._x(p)), pen.px(self._y(t))) for p, t in zip(phase, torque, strict=True)]
        if len(points) > 1:
            pen.draw.line(points, colour, max(1, pen.px(width)), joint="curve")


def draw_key(picture: Image.Image, scale: float) -> None:
    """Draw which colour is which muscle activation, in the picture's upper left corner."""
    pen = Writer(picture, scale)
    left, top, width, height = 20, 40, 150, 14
    pen.text((left, top - 10), "muscle activation", 19, _DARK)
    for k in range(pen.px(width)):
        rgb = tuple(round(255 * c) for c in activation_colour(k / max(1, pen.px(width) - 1)))
        x: Any = pen.px(left) + k
        pen.draw.line([x, pen.px(top), x, pen.px(top + height)], rgb)
    pen.text((left, top + height + 20), "0", 19, _DARK)
    pen.text((left + width, top + height + 20), "1", 19, _DARK, anchor="rs")


def draw_note(picture: Image.Image, scale: float, words: str) -> None:
    """Write a few small words in the picture's upper right corner."""
    pen = Writer(picture, scale)
    pen.text((picture.width / scale - 20, 30), words, 19, _DARK, anchor="rs")
