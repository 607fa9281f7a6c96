"""Plots of a study: savings by person, the laws that were found, and what each muscle did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from gait.controllers.torque_profile import SPACE, TorqueProfile
from gait.hilo.protocol import GENERIC, OPTIMIZED
from gait.hilo.study import Line
from gait.hilo.summary import muscle_changes, profile, saving, spread
from gait.human.muscles import MUSCLES
from gait.view.look import BLUE, GREEN, GREY, ORANGE, PALE, legend_below, picture

LETTERS = {"SOL": "soleus", "TA": "tibialis\nanterior", "GAS": "gastroc-\nnemius", "VAS": "vasti", "HAM": "hamstrings",
           "GLU": "glutei", "HFL": "hip\nflexors"}  # fmt: skip


def by_adaptation(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines of each way of adapting."""
    names = dict.fromkeys(line["adaptation"] for line in lines)
    return {name: [line for line in lines if line["adaptation"] == name] for name in names}


def save_savings(out: Path, lines: Sequence[Line]) -> Path:
    """Bars of true savings by person, what breaths said of them, and the generic law's."""
    parts, path = by_adaptation(lines), out / "savings.png"
    size = (7.2, 0.8 + 2.6 * len(parts))
    with picture(path, size=size, rows=len(parts), sharey=True) as axes:
        for ax, (name, some) in zip(axes, parts.items(), strict=True):
            draw_savings(ax, some)
            over = "an adapted person without a device" if some[0]["control"] else "zero torque"
            ax.set_title(f"adaptation {name}: saved over {over}", loc="left", fontsize=9)
        axes[-1].set_xlabel("participant")
        legend_below(axes[-1], 4, 0.28)
    return path


def draw_savings(ax: Axes, lines: Sequence[Line]) -> None:
    """One group a person; held-out people are apart and pale."""
    place = np.arange(len(lines)) + 0.8 * np.array([line["held_out"] for line in lines])

    def percents(law: str = OPTIMIZED, kind: str = "true") -> list[float]:
        found = [saving(line, law, kind) for line in lines]
        return [np.nan if s is None else 100.0 * s for s in found]

    colours = [PALE if line["held_out"] else BLUE for line in lines]
    ax.bar(place, percents(), 0.55, color=colours, label="optimized law")
    ax.plot(place, percents(kind="measured"), "o", ms=4, mfc="white", color=ORANGE, label="as measured from breaths")
    ax.plot(place, percents(GENERIC), "_", ms=14, mew=2, color=GREEN, label="generic law")
    mean = spread([line for line in lines if not line["held_out"]])[0]
    if math.isfinite(mean):
        ax.axhline(100.0 * mean, color=GREY, ls="--", lw=1, label="mean of the studied")
    ax.axhline(0.0, color=GREY, lw=0.8)
    ax.set_xticks(place, [line["participant"] for line in lines])
    others = [at for at, line in zip(place, lines, strict=True) if line["held_out"]]
    if others:
        middle = float(np.mean(others))
        at = ("data", "axes fraction")
        ax.annotate("held out", (middle, 0.0), (0, -17), at, "offset points", ha="center", va="top")
    ax.set_ylabel("saved [%]")
    ax.grid(visible=False, axis="x")


def save_laws(out: Path, lines: Sequence[Line]) -> Path:
    """Everybody's optimized law beside the generic one."""
    parts, path = by_adaptation(lines), out / "laws.png"
    percent = np.linspace(30.0, 66.0, 361)
    generic = TorqueProfile.from_unit(SPACE.default)
    with picture(path, size=(7.2, 3.4), columns=len(parts), sharey=True) as axes:
        for ax, (name, some) in zip(axes, parts.items(), strict=True):
            seen: set[str] = set()
            for line in some:
                who = "held out" if line["held_out"] else "studied"
                ax.plot(
                    percent, profile(line).curve(percent), lw=1, alpha=0.8, color=ORANGE if line["held_out"] else BLUE,
                    label=None if who in seen else who,
                )  # fmt: skip
                seen.add(who)
            ax.plot(percent, generic.curve(percent), color="black", lw=1.6, ls="--", label=GENERIC)
            ax.set(title=f"adaptation {name}", xlabel="stride [%]", xlim=(percent[0], percent[-1]))
        axes[0].set_ylabel("torque [N·m/kg]")
        told = {label: line for ax in axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        axes[0].figure.legend(told.values(), told.keys(), loc="outside lower center", ncols=3, fontsize="small")
    return path


def save_muscles(out: Path, lines: Sequence[Line]) -> Path:
    """What each muscle's metabolic power changed by with the optimized law, over zero torque."""
    parts, path = by_adaptation(lines), out / "muscles.png"
    with picture(path, size=(7.2, 3.6)) as (ax,):
        for k, (name, some) in enumerate(parts.items()):
            found = [change for line in some if (change := muscle_changes(line)) is not None]
            if not found:
                continue
            changes = np.array(found)
            place = np.arange(len(MUSCLES)) + 0.8 * (k - (len(parts) - 1) / 2) / len(parts)
            colour = (BLUE, ORANGE, GREEN)[k % 3]
            ax.bar(place, changes.mean(axis=0), 0.7 / len(parts), color=colour, alpha=0.5,
                   label=f"adaptation {name}: mean of {len(found)}")  # fmt: skip
            ax.plot(place[:, None].repeat(len(found), 1), changes.T, "o", ms=2.5, color=colour, alpha=0.8)
        ax.axhline(0.0, color=GREY, lw=0.8)
        ax.set_xticks(range(len(MUSCLES)), [LETTERS[m] for m in MUSCLES])
        ax.set_ylabel("change over zero torque [W/kg]")
        ax.grid(visible=False, axis="x")
        if parts:
            legend_below(ax, len(parts), 0.16)
    return path
