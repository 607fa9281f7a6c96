"""Words of a command line: what the parser can't do with them, and what it says of them in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gait.errors import UsageError


def sentence(framed: str) -> str:
    """The point of the parser's framed message: its first part without the help texts, and its guess."""
    lines = framed.splitlines()  # a box, or a title and a rule where the terminal has no boxes
    lines = [line[2:].rstrip("│ ") for line in (lines[1:-1] if framed.startswith("╭") else lines[2:])]
    rules = [k for k, line in enumerate(lines) if set(line) in ({"─"}, {"-"})] or [len(lines)]
    point = " ".join(line.strip() for line in lines[: rules[0]] if not line.startswith(" " * 8))
    guesses = [line.split()[0] for line in lines[rules[0] :] if line.startswith("    --")]
    guess = f" Did you mean {guesses[0]}?" if guesses and "Unrecognized" in point else ""
    return f"{point[:1].lower()}{point[1:].rstrip('.')}.{guess}"


def gather(words: list[str]) -> list[str]:
    """`--set a=1 --set b=2` as `--set a=1 b=2`: of a repeated option, the parser would keep the last only."""
    out: list[str] = []
    pairs: dict[str, list[str]] = {"--set": [], "--param": []}
    option = ""
    for word in words:
        name, equals, value = word.partition("=")
        if name in pairs:
            option = name
            pairs[name] += [value] if equals else []
        elif option and not word.startswith("-") and (equals or not pairs[option]):
            pairs[option].append(word)
        else:
            option = ""
            out.append(word)
    for option, values in pairs.items():
        if values:
            out += [option, *values]
        elif option in words:
            raise UsageError(f"{option}: write name=value after it.")
    return out


def pairs(option: str, words: Sequence[str]) -> dict[str, str]:
    """`name=value` words as a dictionary."""
    found: dict[str, str] = {}
    for word in words:
        name, _, value = (part.strip() for part in word.partition("="))
        if not (name and value):
            raise UsageError(f"{option} {word}: write it as name=value.")
        if name in found:
            raise UsageError(f"{option} {word}: {name} is set twice.")
        found[name] = value
    return found


def numbers(texts: Mapping[str, str]) -> dict[str, float]:
    """The values of `--param` words as numbers."""
    found = {}
    for name, text in texts.items():
        try:
            found[name] = float(text)
        except ValueError:
            raise UsageError(f"--param {name}={text}: {text!r} is not a number.") from None
    return found


def read_part(word: str) -> tuple[int, int]:
    """K and N of `K/N`, 1 ≤ K ≤ N."""
    first, _, second = word.partition("/")
    if not (first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second)):
        raise UsageError(f"--part {word}: write K/N, with K from 1 to N.")
    return int(first), int(second)
