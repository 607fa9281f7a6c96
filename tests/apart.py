"""Toys that other processes know too: an installed package, as far as they can tell; and runs that are disturbed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import ClassVar

from toy import Toy

ENTRY_POINTS = """[gait.tasks]
toy = toy:Toy
slow-toy = apart:Slow
deadly-toy = apart:Deadly
"""


def install(folder: Path, monkeypatch) -> None:
    """Make the toys known here and in processes begun from here."""
    (folder / "toys-1.dist-info").mkdir()
    (folder / "toys-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1\n")
    (folder / "toys-1.dist-info" / "entry_points.txt").write_text(ENTRY_POINTS)
    places = [str(folder), str(Path(__file__).parent)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    for place in places:
        monkeypatch.syspath_prepend(place)


class Slow(Toy):
    """Takes a moment for each trial."""

    name: ClassVar[str] = "slow-toy"

    def _walk(self, query, seed):
        time.sleep(0.02)
        return super()._walk(query, seed)


class Deadly(Toy):
    """Kills its process after the first batch, some times.

    Args:
      mark: a folder; the file `seed-K` in it says how many times the run with seed K dies yet.
    """

    name: ClassVar[str] = "deadly-toy"

    def __init__(self, noise: str = "default", mark: str = "") -> None:
        super().__init__(noise)
        self.mark = mark

    def fields(self):
        return {"noise": self.noise, "mark": self.mark}

    def run(self, queries, seeds, state=None):
        left = Path(self.mark) / f"seed-{seeds[0].entropy[0]}"
        if queries[0].id >= 4 and left.exists() and (n := int(left.read_text())):
            left.write_text(str(n - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(queries, seeds, state)


def snapshot(out: Path, names=("result.json", "events.jsonl")) -> dict[str, bytes]:
    """What came out of the runs below a directory, by their path."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.name in names}
