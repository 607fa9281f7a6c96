"""Beside a race: who leads, by how much, and what was said of each gait; names behind the runners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from gait.view.lanes import ranking
from gait.view.panel import ALARM, DARK, GROUND, INK, MUTED, Colour, Writer

PANEL = 360
"""Width of the ranking, in pixels of a picture 720 high, as all lengths here."""
_MARGIN, _TOP, _PITCH = 24, 128, 92


@dataclass(frozen=True)
class Entry:
    """What the ranking says of one runner at one moment."""

    name: str
    about: str
    colour: Colour
    distance: float
    """[m]"""
    fate: str = ""
    """How it ended, if it is out of the race."""


def draw_ranking(size: tuple[int, int], scale: float, now: float, entries: Sequence[Entry]) -> Image.Image:
    """The panel at `now` [s]: the time, and a row a runner, the farthest first."""
    panel = Image.new("RGB", size, GROUND)
    pen = Writer(panel, scale)
    width, height = size[0] / scale, size[1] / scale
    pen.text((_MARGIN, 56), f"{now:.1f} s", 40, bold=True)
    pen.text((width - _MARGIN, 56), "distance", 20, MUTED, anchor="rs")
    pitch = min(_PITCH, (height - _TOP + 24) / len(entries))
    for row, i in enumerate(ranking([e.distance for e in entries])):
        _draw_row(pen, entries[i], row + 1, _TOP + row * pitch, width)
    return panel


def _draw_row(pen: Writer, entry: Entry, rank: int, y: float, width: float) -> None:
    box = [pen.px(_MARGIN), pen.px(y - 24), pen.px(_MARGIN + 8), pen.px(y + 28)]
    pen.draw.rounded_rectangle(box, pen.px(4), entry.colour)
    pen.text((_MARGIN + 20, y), f"{rank}", 26, MUTED)
    room = width - 2 * _MARGIN - 44
    pen.text((_MARGIN + 44, y), entry.name, 24, bold=True, room=room)
    words, colour = (entry.fate, ALARM) if entry.fate else (entry.about, MUTED)
    pen.text((_MARGIN + 44, y + 27), words, 18, colour, room=room - 106)
    pen.text((width - _MARGIN, y + 27), f"{entry.distance:z.2f} m", 27, anchor="rs")


def draw_names(
    picture: Image.Image, scale: float, places: Sequence[tuple[float, float]], names: Sequence[tuple[str, Colour]]
) -> None:
    """Write names with their colours; each ends at its place (shares of width and height)."""
    pen = Writer(picture, scale)
    for (x, y), (name, colour) in zip(places, names, strict=True):
        right, middle = x * picture.width / scale, y * picture.height / scale
        left = right - pen.width(name, 17) - 36
        box = [pen.px(left), pen.px(middle - 13), pen.px(right), pen.px(middle + 13)]
        pen.draw.rounded_rectangle(box, pen.px(6), (*GROUND, 190))
        dot = [pen.px(left + 8), pen.px(middle - 5), pen.px(left + 18), pen.px(middle + 5)]
        pen.draw.ellipse(dot, colour)
        pen.text((right - 10, middle), name, 17, INK, anchor="rm")


def draw_metres(picture: Image.Image, scale: float, places: Sequence[tuple[float, float, str]]) -> None:
    """Write the distances of the marks on the floor at x, y (shares of width and height), where they are seen."""
    pen = Writer(picture, scale)
    for x, y, words in places:
        if 0.02 < x < 0.98 and 0 < y < 0.985:
            pen.text((x * picture.width / scale, y * picture.height / scale), words, 18, DARK, anchor="mm")
