"""The one exception that means "you asked for something that can't be": shown as a sentence, exit code 2."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """Bad input; its message names the thing, the rule and the value, in one sentence."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> str:
    """The sentence for a name that isn't registered, with the nearest one and all valid ones."""
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    kinds = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    return f"unknown {kind} {name!r}.{guess} {kinds.capitalize()}: {', '.join(names) or 'none'}."
