"""The report of a study whose runs are kept as lines: no run directories, so no videos and no ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gait.compare.study import Study
from gait.report import markup as html
from gait.report import tables
from gait.report.numbers import Numbers
from gait.report.pages import Page, on_demand, opening
from gait.report.write import write_page


@dataclass(frozen=True)
class Told:
    """What a study's script says beside its numbers."""

    question: str
    """Task, runs and budget in a line."""
    command: str
    """That makes it again."""
    settings: Mapping[str, Mapping[str, Any]]
    """Each optimizer's, in full."""
    notes: Sequence[str] = ()
    beside: tuple[str, str] = ("", "")
    """Title and markup of what stands beside the numbers, such as a published table; none if empty."""


def write_kept_report(study: Study, out: Path, told: Told) -> Path:
    """Write report.html, tables and plots into `out`; the page."""
    out.mkdir(parents=True, exist_ok=True)
    study.write(out)
    return write_page(out / "report.html", told.question, _page(Numbers(study), told, Page(out / "report")))


def _page(numbers: Numbers, told: Told, page: Page) -> Iterator[str]:
    study = numbers.study
    yield html.paragraph(told.question, "question")
    yield from opening(numbers, page)
    for note in told.notes:
        yield html.paragraph(note, "note")
    title, beside = told.beside
    if title:
        yield html.heading(title)
        yield beside
    yield from on_demand(numbers, page)
    yield html.details("What a run cost", [tables.bills(study), html.paragraph("Means of the runs.", "note")])
    yield html.details(
        "Settings", [html.table(("optimizer", "settings"), [_row(*row) for row in told.settings.items()])]
    )
    yield html.details("Make it again", [html.commands([told.command])])


def _row(name: str, settings: Mapping[str, Any]) -> tuple[str, str]:
    return name, ", ".join(f"{key} = {value}" for key, value in settings.items())
