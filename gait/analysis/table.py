"""The analysis of a gait on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from gait.analysis.report import QUANTITIES


def print_analysis(data: Mapping[str, Any]) -> None:
    """Print what `gait.analysis.run.analyze_run` found."""
    window = data["window"]
    print(f"{data['title']} · {window['start']:.1f} … {window['end']:.1f} s")
    console = Console(highlight=False)
    console.print(_legs(data["legs"]))
    print(f"phase: delay of the touchdown after {data['reference'] or 'nobody'}'s [strides]; ± s.d. over strides")
    down = " · ".join(f"{n}: {100 * share:.0f} %" for n, share in enumerate(data["feet_down"]))
    print(f"feet down, of the time   {down}")
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in ("quantity", "value", "unit", "meaning"):
        table.add_column(column, justify="right" if column == "value" else "left", overflow="fold")
    for name, about in QUANTITIES.items():
        unit, _, meaning = about.partition(", ")
        if data[name] is not None:
            table.add_row(name, f"{data[name]:.3f}", "" if unit == "1" else unit, meaning)
    console.print(table)
    missing = [name for name in QUANTITIES if data[name] is None]
    if missing:
        print(f"not known of this recording: {', '.join(missing)}")
    print(data["figure"])


def _legs(legs: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("leg", "duty factor", "phase", "strides"):
        table.add_column(column, justify="left" if column == "leg" else "right")
    for name, leg in legs.items():
        table.add_row(
            name, _spread(leg["duty_factor"], leg["duty_factor_sd"]), _spread(leg["phase"], leg["phase_sd"]),
            str(leg["strides"]),
        )  # fmt: skip
    return table


def _spread(mean: float | None, sd: float | None) -> str:
    return "–" if mean is None or sd is None else f"{mean:.2f} ± {sd:.2f}"
