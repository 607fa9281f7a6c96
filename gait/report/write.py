"""Report: one HTML file of a run or of many, with everything inside; the plots' data lies beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from gait.errors import UsageError
from gait.report import markup
from gait.report.runs import find_groups


def write_report(directories: Sequence[Path], out: Path | None = None, *, target: float | None = None) -> Path:
    """Write the report of a run directory, of an experiment's, or of several put together.

    What is finished is compared; what isn't is told. Nothing is walked, and the runs are left as they are.

    Args:
      directories: run directories, or directories with runs below.
      out: the HTML file; None is `report.html` in the directory, if it's one. Plots, their data as CSV and the video
        go into a folder of the same name beside it.
      target: the score whose time is told; None is twice the start (see `Study.goal`).

    Returns:
      The file.

    Raises:
      UsageError: there is no run, one is broken, or the file can't be written.
    """
    from gait.report.pages import Page, comparison_page, run_page  # matplotlib: only a picture pays for it

    if target is not None and not math.isfinite(target):
        raise UsageError(f"target={target:g}: target must be finite.")
    groups = find_groups(directories, target)
    if out is None:
        out = directories[0] / "report.html" if len(directories) == 1 else Path("report.html")
    beside = out.with_suffix("")
    if out.suffix != ".html" or not out.parent.is_dir() or (beside.exists() and not beside.is_dir()):
        raise UsageError(f"cannot write a report to {out}: it must be named ….html, in a folder that exists.")
    single = len(groups) == 1 and len(groups[0].every) == 1 and groups[0].every[0].path in directories
    parts = run_page(groups[0], Page(beside)) if single else comparison_page(groups, Page(beside))
    title = " · ".join(dict.fromkeys([groups[0].task, *(str(d) for d in directories)]))
    return write_page(out, title, parts)


def write_page(file: Path, title: str, parts: Iterable[str]) -> Path:
    """Write a page of parts, whole or not at all; the file."""
    part = file.with_suffix(".part")
    part.write_text(markup.page(title, parts), encoding="utf-8")
    part.replace(file)
    return file
