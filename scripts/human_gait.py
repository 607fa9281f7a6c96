"""How a simulated person walks without a device, and with one that gives no torque, beside what people do.

    python scripts/human_gait.py [--participant 1] [--minutes 10] [--seed 0] [--out DIR]

Ten minutes under the sensors' noise at 1.25 m/s, then three minutes at each of four other belt speeds. Prints falls,
stride, speed held, net metabolic rate by three models and by muscle. Writes human_gait.png, the mean stride of both
legs beside textbook curves, into DIR (default runs/human-gait). Half a minute.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gait.durations import show_duration
from gait.errors import UsageError
from gait.human.crowd import ZERO_LAW, Crowd
from gait.human.muscles import MUSCLES
from gait.human.tuning import normal_curves
from gait.simulate import COMPLETED
from gait.tasks.exoskeleton import Exoskeleton
from gait.view.look import BLUE, ORANGE, picture
from gait.view.mean_strides import MeanStride, draw_key, draw_mean_stride
from gait.view.rates import MUSCLES as IN_WORDS

SPEED, OTHER_SPEEDS, OTHER_MINUTES = 1.25, (1.0, 1.1, 1.2, 1.3), 3.0
DEGREES = 180.0 / math.pi
CONDITIONS = {"no device": ("none", BLUE), "device, zero torque": ("ankle", ORANGE)}
JOINTS = ("hip flexion", "knee flexion", "ankle dorsiflexion")


class Walk(NamedTuple):
    """What a walk came to."""

    summary: dict[str, float]
    muscles: NDArray[np.float64]
    """(7,) [W/kg]"""
    curves: NDArray[np.float64]
    """(2, bins, channels)"""
    fell: bool
    walked: float
    """[s]"""


ROWS: dict[str, Callable[[Walk], str]] = {
    "falls": lambda w: f"after {w.walked:.0f} s" if w.fell else "none",
    "stride time [s]": lambda w: f"{w.summary['stride_time']:.3f} ± {w.summary['stride_time_sd']:.3f}",
    "duty factor": lambda w: f"{w.summary['duty_factor']:.3f}",
    "speed held [m/s]": lambda w: f"{w.summary['speed']:.4f}",
    "largest knee flexion in swing [deg]": lambda w: f"{DEGREES * w.summary['knee_flexion']:.1f}",
    "peak load [body weights]": lambda w: f"{w.summary['peak_load']:.2f}",
    "net rate, Bhargava 2004 [W/kg]": lambda w: f"{w.summary['net']:.3f}",
    "net rate, Umberger 2010 [W/kg]": lambda w: f"{w.summary['net_umberger']:.3f}",
    "net rate, Minetti & Alexander 1997 [W/kg]": lambda w: f"{w.summary['net_minetti']:.3f}",
}


def main() -> None:
    """Walk, print, draw."""
    parser = argparse.ArgumentParser(description="How a simulated person walks.")
    parser.add_argument("--participant", default="1")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0, help="of the sensors' noise")
    parser.add_argument("--out", type=Path, default=Path("runs/human-gait"))
    o = parser.parse_args()
    if not o.minutes >= 0.5:
        raise SystemExit(f"--minutes {o.minutes:g}: a mean stride takes half a minute or more.")
    try:
        walks = {name: walk(o.participant, device, SPEED, 60 * o.minutes, o.seed)
                 for name, (device, _) in CONDITIONS.items()}  # fmt: skip
        print(
            f"{Exoskeleton(participant=o.participant).person.title()} · {show_duration(60 * o.minutes)} at {SPEED} m/s"
        )
        print_table(walks)
        print(f"\nspeed held over {OTHER_MINUTES:g} min [m/s]")
        for speed in OTHER_SPEEDS:
            others = [
                walk(o.participant, device, speed, 60 * OTHER_MINUTES, o.seed) for device, _ in CONDITIONS.values()
            ]
            cells = [f"fell after {w.walked:.0f} s" if w.fell else f"{w.summary['speed']:.4f}" for w in others]
            print(f"  belt at {speed:.2f}{'':<25}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    except UsageError as error:
        raise SystemExit(f"gait: {error}") from None
    o.out.mkdir(parents=True, exist_ok=True)
    print("\n" + str(draw(walks, o.out / "human_gait.png")))


def walk(participant: str, device: str, speed: float, seconds: float, seed: int) -> Walk:
    """One walk at zero torque, from a fresh start."""
    task = Exoskeleton(participant=participant, device=device, speed=speed)
    crowd = Crowd([task.person], seconds, speed=speed, device=task.device, ankles=task.ankles, sensor=task.sensor)
    crowd.begin(0, ZERO_LAW, seconds, seed)
    crowd.walk(np.array([0]), int(crowd.sums.last[0]))
    fell = bool(crowd.flags[0] != COMPLETED)
    return Walk(crowd.summary(0), crowd.muscles(0), crowd.curves(0), fell, crowd.seconds(0))


def print_table(walks: dict[str, Walk]) -> None:
    """A row a quantity, a column a walk."""
    print(f"{'':<42}" + "".join(f"{name:>22}" for name in walks))
    for row, told in ROWS.items():
        print(f"  {row:<40}" + "".join(f"{told(w):>22}" for w in walks.values()))
    for m, name in enumerate(MUSCLES):
        row = f"{IN_WORDS[name]}, both legs [W/kg]"
        print(f"  {row:<40}" + "".join(f"{w.muscles[m]:>22.3f}" for w in walks.values()))


def draw(walks: dict[str, Walk], path: Path) -> Path:
    """Angles, ground reaction and activations over the mean stride."""
    normal, scale = normal_curves(), [DEGREES] * 3 + [1.0] * 8
    titles = [*JOINTS, "vertical ground reaction", *(IN_WORDS[m] for m in MUSCLES)]
    units = ["[deg]"] * 3 + ["[body weights]"] + ["activation"] * 7
    with picture(path, size=(11, 7), rows=3, columns=4) as axes:
        for k, (ax, title, unit) in enumerate(zip(axes, titles, units, strict=False)):
            strides = [MeanStride(name, scale[k] * w.curves[:, :, k], CONDITIONS[name][1]) for name, w in walks.items()]
            draw_mean_stride(ax, strides, title=title, unit=unit, normal=scale[k] * normal[k] if k < 4 else None)
            if k >= 4:
                ax.set_ylim(0, 1)
        draw_key(axes[-1], axes[0], "mean of both legs;\nthin: left and right")
    return path


if __name__ == "__main__":
    main()
