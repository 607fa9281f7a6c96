"""Durations: written as people write them, refused as people can understand."""

from __future__ import annotations

import math

import pytest

from gait.durations import parse_duration, show_duration
from gait.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("20min", 1200), ("3h", 10800), ("1.5h", 5400), (".5min", 30), (" 64 min ", 3840)],
)
def test_they_read_as_written(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("seconds", [0.001, 1, 90.5, 3600, 1e9])
def test_numbers_are_seconds_and_text_of_them_is_the_same(seconds):
    assert parse_duration(seconds) == seconds
    assert parse_duration(f"{seconds}s") == seconds


@pytest.mark.parametrize("unit", ["s", "min", "h"])
def test_a_longer_number_is_a_longer_time(unit):
    times = [parse_duration(f"{n}{unit}") for n in (0.5, 1, 2, 10, 1000)]
    assert times == sorted(times)
    assert parse_duration(f"2{unit}") == 2 * parse_duration(f"1{unit}")


@pytest.mark.parametrize(
    "bad",
    ["", "h", "3", "3d", "3 hours", "-1h", "+1h", "0s", "0.0h", "nan", "nans", "infh", "1e999h", "1h30", "3H",
     "1,5h", "٣h", "--", "3h;", 0, -1, 0.0, -0.0, math.nan, math.inf, -math.inf],
)  # fmt: skip
def test_what_is_no_time_above_zero_is_refused_with_examples(bad):
    with pytest.raises(UsageError, match="not a duration above 0; write it as 90s, 20min or 3h"):
        parse_duration(bad)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45.4, "45 s"), (119, "119 s"), (120, "2 min"), (3540, "59 min"), (3590, "1 h"),
     (6720, "1 h 52 min"), (10800, "3 h"), (86400, "24 h")],
)  # fmt: skip
def test_they_are_shown_as_people_say_them(seconds, text):
    assert show_duration(seconds) == text


def test_what_is_shown_is_right_to_its_last_figure():
    unit = {"s": 1, "min": 60, "h": 3600}
    for seconds in range(0, 20_000, 7):
        words = show_duration(seconds).split()
        shown = sum(int(n) * unit[u] for n, u in zip(words[::2], words[1::2], strict=True))
        assert abs(shown - seconds) <= (0.5 if seconds < 120 else 30)
