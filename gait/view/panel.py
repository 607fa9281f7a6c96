"""Words, numbers and gait strips around the pictures; Pillow only, with the font that matplotlib brings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gait.task import Recording

Array = NDArray[np.float64]
Colour = tuple[int, int, int]

GROUND: Colour = (22, 25, 29)
INK: Colour = (240, 242, 244)
MUTED: Colour = (160, 167, 175)
EMPTY: Colour = (44, 49, 55)
ALARM: Colour = (196, 60, 40)
DARK: Colour = (52, 58, 66)
"""Ink on a bright picture."""
LEG_COLOURS: tuple[Colour, ...] = ((235, 140, 0), (30, 120, 225), (255, 200, 60), (90, 195, 255))
"""FL FR HL HR: left amber, right blue, hind legs paler; a foot's trail and its bar have the same."""
HEIGHT = 720
"""All lengths in this file are pixels of a picture of this height; others are scaled."""
HEADER, FOOTER = 56, 216
_MARGIN, _ROW, _BAR = 24, 25, 19
_LABEL = 48
_STRIP_TOP = 100
_COLUMNS = (0.0, 0.42, 0.76)


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)


class Writer:
    """Text on a picture, in pixels of a picture 720 high."""

    def __init__(self, picture: Image.Image, scale: float) -> None:
        self.draw = ImageDraw.Draw(picture, "RGBA")
        self.scale = scale

    def px(self, length: float) -> int:
        """A length in this picture's own pixels."""
        return round(length * self.scale)

    def width(self, words: str, size: float, *, bold: bool = False) -> float:
        """How wide `words` of this size are."""
        return _font(max(6, self.px(size)), bold).getlength(words) / self.scale

    def text(
        self,
        at: tuple[float, float],
        words: str,
        size: float,
        colour: Colour = INK,
        *,
        bold: bool = False,
        anchor: str = "ls",
        room: float = float("inf"),
    ) -> None:
        """Write `words`, smaller if they need more than `room`; `anchor` as in Pillow, baseline left."""
        font = _font(max(6, self.px(size)), bold)
        width = font.getlength(words) / self.scale
        if width > room:
            font = _font(max(6, self.px(size * room / width)), bold)
        self.draw.text((self.px(at[0]), self.px(at[1])), words, colour, font=font, anchor=anchor)


class GaitStrip:
    """One bar a leg, filled while its foot is down, up to the present moment."""

    def __init__(
        self,
        time: Array,
        contacts: NDArray[np.bool_],
        seconds: float,
        size: tuple[int, int],
        scale: float,
        *,
        pitch: tuple[float, float] = (_ROW, _BAR),
    ) -> None:
        """`contacts` (F, legs) at `time` (F,) [s], on a time axis of `seconds` over `size` pixels.

        `pitch` is from one bar to the next, and a bar's height.
        """
        row, bar = pitch
        width, height = size
        self.empty = np.empty((height, width, 3), np.uint8)
        self.empty[:] = GROUND
        self.full = self.empty.copy()
        self._pixels_a_second = width / seconds
        moments = (np.arange(width) + 0.5) / self._pixels_a_second
        index = np.clip(np.searchsorted(time, moments, side="right") - 1, 0, None)
        down = contacts[index] & (moments <= time[-1])[:, None]
        for leg in range(contacts.shape[1]):
            rows = slice(round(leg * row * scale), round((leg * row + bar) * scale))
            self.empty[rows] = EMPTY
            colour = np.array(LEG_COLOURS[leg % len(LEG_COLOURS)], np.uint8)
            self.full[rows] = np.where(down[None, :, leg, None], colour, np.array(EMPTY, np.uint8))

    def at(self, now: float) -> Image.Image:
        """The strip after `now` seconds."""
        cut = int(np.clip(now * self._pixels_a_second, 0, self.empty.shape[1]))
        return Image.fromarray(np.hstack([self.full[:, :cut], self.empty[:, cut:]]))


def header(size: tuple[int, int], scale: float, title: str, subtitle: str) -> Image.Image:
    """The strip above a picture: its title to the left, what is known about it to the right."""
    strip = Image.new("RGB", size, GROUND)
    pen = Writer(strip, scale)
    width, middle = size[0] / scale, HEADER * 0.66
    pen.text((_MARGIN, middle), title, 30, bold=True, room=0.42 * width)
    pen.text((width - _MARGIN, middle), subtitle, 22, MUTED, anchor="rs", room=0.46 * width)
    return strip


class Footer:
    """The strip below a picture: three numbers and the gait strip."""

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
        """`axis` is the gait strip's length [s], `size` (width, height) in pixels, `scale` pixels a unit."""
        self._scale = scale
        self._base = Image.new("RGB", size, GROUND)
        pen = Writer(self._base, scale)
        self._width = size[0] / scale - 2 * _MARGIN
        for column, caption in zip(_COLUMNS, captions, strict=True):
            pen.text((_MARGIN + column * self._width, 78), caption, 20, MUTED)
        for leg, name in enumerate(legs):
            pen.text((_MARGIN, _STRIP_TOP + leg * _ROW + _BAR / 2), name, 20, MUTED, anchor="lm")
        self._corner = (pen.px(_MARGIN + _LABEL), pen.px(_STRIP_TOP))
        bars = (size[0] - self._corner[0] - pen.px(_MARGIN), pen.px(_ROW * len(legs)))
        self._strip = GaitStrip(recording.time, recording.contacts, axis, bars, scale)

    def at(self, now: float, numbers: Sequence[str]) -> Image.Image:
        """The footer after `now` seconds, with these numbers over their captions."""
        picture = self._base.copy()
        picture.paste(self._strip.at(now), self._corner)
        pen = Writer(picture, self._scale)
        for i, (column, number) in enumerate(zip(_COLUMNS, numbers, strict=True)):
            pen.text((_MARGIN + column * self._width, 50), number, 40, bold=i == 0)
        return picture


def stamp(picture: Image.Image, scale: float, words: str) -> None:
    """Write `words` in a filled box at the bottom of the picture: how a trial ended before its time."""
    pen = Writer(picture, scale)
    width = pen.width(words, 28, bold=True)
    x, y = picture.width / scale / 2, picture.height / scale - 46
    box = [pen.px(x - width / 2 - 18), pen.px(y - 26), pen.px(x + width / 2 + 18), pen.px(y + 26)]
    pen.draw.rounded_rectangle(box, pen.px(8), ALARM)
    pen.text((x, y), words, 28, bold=True, anchor="mm")


def badge(picture: Image.Image, scale: float, words: str) -> None:
    """Write `words` in a dark box in the picture's upper left corner: how this part of the film is to be read."""
    pen = Writer(picture, scale)
    width = pen.width(words, 26, bold=True)
    box = [pen.px(20), pen.px(18), pen.px(20 + width + 28), pen.px(18 + 44)]
    pen.draw.rounded_rectangle(box, pen.px(8), GROUND)
    pen.text((20 + 14, 18 + 22), words, 26, bold=True, anchor="lm")


def note(picture: Image.Image, scale: float, words: str) -> None:
    """Write a few small dark words in the picture's upper right corner."""
    pen = Writer(picture, scale)
    pen.text((picture.width / scale - 20, 34), words, 19, DARK, anchor="rs", room=0.6 * picture.width / scale)


def title_card(picture: Image.Image, scale: float, lines: Sequence[str]) -> Image.Image:
    """The picture, dimmed, with `lines` over it: the first large, the others below."""
    card = Image.blend(picture, Image.new("RGB", picture.size, GROUND), 0.86)
    pen = Writer(card, scale)
    width, sizes = picture.width / scale, [54.0 if i == 0 else 34.0 for i in range(len(lines))]
    y = (HEIGHT - 1.5 * sum(sizes)) / 2 - 14  # centres the letters, not their line spacing
    for i, (line, size) in enumerate(zip(lines, sizes, strict=True)):
        y += 1.5 * size
        colour = INK if i == 0 else MUTED
        pen.text((width / 2, y), line, size, colour, bold=i == 0, anchor="ms", room=0.9 * width)
    return card
