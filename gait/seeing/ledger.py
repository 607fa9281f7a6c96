"""The ledger of trainings: a JSON line each, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gait.errors import UsageError
from gait.files import append_lines, read_lines
from gait.seeing.judge import Judged
from gait.seeing.train import Bill


def keep(path: Path, asked: Mapping[str, Any], bill: Bill | None, judged: Mapping[str, Judged]) -> None:
    """Append a line: what was asked for, the bill of its training (None: there was none), how pilots were judged."""
    results = {
        name: {"success": j.success, "balls": len(j.trials), "seconds": j.seconds, "outcomes": j.outcomes}
        for name, j in judged.items()
    }
    append_lines(path, [{**asked, "training": asdict(bill) if bill else None, "judged": results}])


def table(path: Path) -> list[str]:
    """Lines of a Markdown table: a row a training, and the mean and spread of the seeing ones.

    Raises:
      UsageError: there are no trainings in the file, or it can't be read.
    """
    rows = [line for _, line in read_lines(path) if line.get("training")]
    if not rows:
        raise UsageError(f"{path} holds no trainings.")
    said = [
        "| seed | simulated | processor time | wall | seeing | blind | told |",
        "|---|---|---|---|---|---|---|",
    ]
    said += [_row(row) for row in rows]
    found = np.array([r["judged"]["seeing"]["success"] for r in rows if "seeing" in r["judged"]])
    if len(found) > 1:
        said.append(
            f"\nSeeing: {found.mean():.1%} over {len(found)} trainings (s.d. {100 * found.std(ddof=1):.1f} points, "
            f"worst {found.min():.1%})."
        )
    return said


def _row(row: Mapping[str, Any]) -> str:
    bill, judged = row["training"], row["judged"]
    names = ("seeing", "trained blind" if row["blind"] else "its eyes shut", "told the bearing")
    shares = [f"{judged[name]['success']:.0%}" if name in judged else "" for name in names]
    name = f"{row['seed']}, blind" if row["blind"] else f"{row['seed']}"
    used = [f"{bill['charged'] / 3600:.2f} h", f"{bill['processor'] / 60:.1f} min", f"{bill['wall'] / 60:.0f} min"]
    return f"| {' | '.join([name, *used, *shares])} |"
