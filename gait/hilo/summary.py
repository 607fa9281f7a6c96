"""Summary: what a study of many people came to. Savings by person, their spread, and what muscles did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gait.controllers.torque_profile import TorqueProfile
from gait.hilo.protocol import CONTROL, GENERIC, OPTIMIZED, ZERO
from gait.hilo.study import Line
from gait.human.muscles import MUSCLES

Array = NDArray[np.float64]

PUBLISHED = (0.242, 0.074)
"""Zhang et al. (Science 356:1280, 2017), abstract: mean and s.d. of what the optimized torque of one ankle saved over
zero torque. Verified there; what our protocol takes from that study beside it is as recalled."""


def rate(line: Line, law: str, kind: str = "true") -> float | None:
    """Mean net metabolic rate of a person's bouts with a law that it stood [W/kg]; `kind` is true or measured."""
    rates = [b[kind] for b in (*line["bouts"], *line["control"]) if b["law"] == law and b[kind] is not None]
    return float(np.mean(rates)) if rates else None


def saving(line: Line, law: str = OPTIMIZED, kind: str = "true", over: str = "") -> float | None:
    """Share of the net rate that a law saves; over the control if the person adapts, else over zero torque."""
    mine, other = rate(line, law, kind), rate(line, over or reference(line), kind)
    return None if mine is None or other is None else 1.0 - mine / other


def reference(line: Line) -> str:
    """What a person's savings are counted over."""
    return CONTROL if line["control"] else ZERO


def falls(line: Line, law: str = OPTIMIZED) -> int:
    """Falls in the bouts with a law."""
    return int(sum(b["fell"] for b in line["bouts"] if b["law"] == law))


def profile(line: Line) -> TorqueProfile:
    """The law that was found."""
    return TorqueProfile.from_unit(np.array(line["law"]))


def muscle_changes(line: Line) -> Array | None:
    """(7,) change of each muscle's power with the optimized law [W/kg], both legs, over zero torque."""
    found = []
    for law in (OPTIMIZED, ZERO):
        stood = [b["muscles"] for b in line["bouts"] if b["law"] == law and b["true"] is not None]
        if not stood:
            return None
        found.append(np.mean([[b[m] for m in MUSCLES] for b in stood], axis=0))
    change: Array = found[0] - found[1]
    return change


def spread(lines: Sequence[Line], **how: Any) -> tuple[float, float, float, int]:
    """Mean, s.d., least and number of the people's savings; `how` as for `saving`."""
    known = [s for line in lines if (s := saving(line, **how)) is not None]
    if not known:
        return float("nan"), float("nan"), float("nan"), 0
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")
    return float(np.mean(known)), sd, float(min(known)), len(known)


def simulated(lines: Sequence[Line]) -> float:
    """Everything that was walked [s]."""
    parts = ("familiarisation", "walking", "validation", "control")
    return float(sum(line["seconds"][part] for line in lines for part in parts))


def report(lines: Sequence[Line]) -> list[str]:
    """A line a person, then what they come to together."""
    told: list[str] = []
    for adaptation in dict.fromkeys(line["adaptation"] for line in lines):
        some = [line for line in lines if line["adaptation"] == adaptation]
        over = "the adapted person without a device" if some[0]["control"] else "zero torque"
        told += [f"adaptation {adaptation}: savings over {over}"]
        told += [_person(line) for line in some]
        told += _together(some)
    return told


def _person(line: Line) -> str:
    parts = [
        f"{percent(saving(line))} truly", f"{percent(saving(line, kind='measured'))} measured",
        f"generic {percent(saving(line, GENERIC))}",
    ]  # fmt: skip
    if line["control"]:
        parts.append(f"{percent(saving(line, over=ZERO))} over zero torque")
    fell = f"{line['falls']} of {line['trials']} laws" + (f", {falls(line)} in bouts" if falls(line) else "")
    name = f"participant {line['participant']}" + (" (held out)" if line["held_out"] else "")
    return f"  {name:<25} {' · '.join(parts)} · {profile(line).describe()} · falls: {fell}"


def _together(lines: Sequence[Line]) -> list[str]:
    told = []
    for name, some in (
        ("studied", [x for x in lines if not x["held_out"]]), ("held out", [x for x in lines if x["held_out"]])
    ):  # fmt: skip
        if some:
            mean, sd, least, n = spread(some)
            measured, generic = spread(some, kind="measured"), spread(some, law=GENERIC)
            told.append(
                f"  {name:<9} {n} of {len(some)} people: {pair(mean, sd)}, least {percent(least)}; measured "
                f"{pair(*measured[:2])}; generic law {pair(*generic[:2])}"
            )
    if reference(lines[0]) == CONTROL:
        over, worn = spread(lines, over=ZERO), spread(lines, law=ZERO)
        told.append(
            f"  over zero torque {pair(*over[:2])}; wearing the devices without torque costs {pair(-worn[0], worn[1])}"
        )
    told.append(f"  published {pair(*PUBLISHED)} (11 people, one ankle, measured; Zhang et al. 2017)")
    return told


def pair(mean: float, sd: float) -> str:
    """Mean and s.d. of shares, in percent."""
    return f"{100 * mean:.1f} ± {100 * sd:.1f} %" if math.isfinite(sd) else percent(mean)


def percent(share: float | None) -> str:
    """A share in percent."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.1f} %"
