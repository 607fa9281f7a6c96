"""Entries of an experiment: an optimizer with settings, a task with fields; each has a label, and a folder so named.

On the command line an optimizer is `NAME`, `NAME:SETTING=VALUE:…`, or `LABEL=NAME:SETTING=VALUE:…` where one takes
part twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from gait.errors import UsageError
from gait.optimizers import find_optimizer
from gait.optimizers.base import Settings
from gait.task import Task
from gait.tasks import find_task, make_task

LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
TAKEN = "report"
"""A folder of an experiment's own: the pictures of its report."""


@dataclass(frozen=True)
class OptimizerEntry:
    """An optimizer with settings as typed; what isn't named is its default.

    Raises:
      UsageError: the label, the name or a setting can't be.
    """

    label: str
    name: str
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            _ = self.settings  # now, so that a typing error costs no simulated second
        except UsageError as error:
            raise UsageError(f"optimizer {self.label}: {error}" if self.words else str(error)) from None
        check_label("optimizer", self.label)

    def parse(self) -> Settings:
        """The settings."""
        return find_optimizer(self.name).Settings.parse(self.words)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """All settings, defaults included, as plain data."""
        return plain(asdict(self.parse()))


@dataclass(frozen=True)
class TaskEntry:
    """A task with fields. The only task of an experiment may have no label: its runs need no folder of their own.

    Raises:
      UsageError: the label or the name can't be. Fields are checked when the task is made.
    """

    label: str
    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.label:
            check_label("task", self.label)
        find_task(self.name)

    def make(self, threads: int = 1) -> Task:
        """The task."""
        try:
            return make_task(self.name, dict(self.fields), threads)
        except UsageError as error:
            raise UsageError(f"task {self.label}: {error}" if self.label else str(error)) from None


def read_optimizers(words: Iterable[str]) -> tuple[OptimizerEntry, ...]:
    """Entries of a command line, a word each.

    Raises:
      UsageError: one can't be read.
    """
    return tuple(_read_optimizer(word.strip()) for word in words)


def _read_optimizer(word: str) -> OptimizerEntry:
    head, *settings = (part.strip() for part in word.split(":"))
    label, given, name = (part.strip() for part in head.rpartition("="))
    if not name or (given and not label):
        what = "label before '='" if name else "name"
        raise UsageError(f"--optimizers {word or repr(word)}: the {what} is empty; write NAME,NAME,… or LABEL=NAME,…")
    found: dict[str, str] = {}
    for setting in settings:
        key, _, value = (part.strip() for part in setting.partition("="))
        if not (key and value):
            raise UsageError(f"--optimizers {word}: write settings as NAME:SETTING=VALUE:SETTING=VALUE.")
        if key in found:
            raise UsageError(f"--optimizers {word}: {key} is set twice.")
        found[key] = value
    return OptimizerEntry(label or name, name, found)


def distinct(kind: str, entries: Sequence[OptimizerEntry] | Sequence[TaskEntry]) -> None:
    """Refuse none at all, and two with the same label."""
    if not entries:
        raise UsageError(f"{kind}s: name at least one.")
    labels = [entry.label for entry in entries]
    for label in labels:
        if labels.count(label) > 1:
            cure = f" Give one another label: LABEL={label}:SETTING=VALUE." if kind == "optimizer" else ""
            raise UsageError(f"{kind}s: {label} is named twice.{cure}")


def check_label(kind: str, label: str) -> None:
    """Refuse a label that makes no plain folder's name."""
    if not LABEL.fullmatch(label):
        rule = "a label is made of letters, digits, '_', '.', '+' and '-', at most 64, and begins with none of '.+-'"
        raise UsageError(f"{kind} label {label!r}: {rule}.")
    if label == TAKEN:
        raise UsageError(f"{kind} label {label!r}: {label}/ is where the report's pictures are; choose another label.")


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """Data as a JSON file gives it back: tuples are lists there."""
    return dict(json.loads(json.dumps(data)))
