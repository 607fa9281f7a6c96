"""Styles of a quadruped's film: what can be shown besides the plain picture, alone or together."""

from __future__ import annotations

from gait.errors import UsageError, unknown_name

STYLES: dict[str, str] = {
    "strip": "a larger gait diagram with named legs and their duty factors so far",
    "forces": "an arrow of the ground's force at each foot that is down",
    "trails": "longer trails, of the feet and of the trunk",
    "slow": "the last two strides once more, at a quarter of the speed",
}


def parse_styles(words: str) -> frozenset[str]:
    """The styles in `NAME,NAME,…`; none in an empty text.

    Raises:
      UsageError: a name is unknown, or missing between commas.
    """
    names = [name.strip() for name in words.split(",")] if words.strip() else []
    for name in names:
        if name not in STYLES:
            raise UsageError(unknown_name("style", name, STYLES))
    return frozenset(names)
