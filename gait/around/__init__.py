"""Around: what can be done about the cost of trials whatever the optimizer: give up early, repeat few, share noise.

Each is an optimizer around an optimizer, so that runs, ledgers and resuming know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gait.around.common_seeds import CommonSeeds
from gait.around.early_stop import EarlyStop
from gait.around.racing import Racing
from gait.errors import UsageError
from gait.optimizers.base import Optimizer

MOST_REPEATS = 1000


@dataclass(frozen=True)
class Around:
    """What is put around an optimizer.

    Raises:
      UsageError: a number is out of range.
    """

    early_stop: bool = False
    """Give up trials that fall behind the best one's running score."""
    racing: int = 0
    """Walk a candidate up to so many times, where the ranking needs it; 0: as often as the optimizer asks."""
    common_seeds: bool = False
    """The candidates of a batch meet the same noise: a simulator can, a robot can't."""

    def __post_init__(self) -> None:
        if self.racing == 1 or not 0 <= self.racing <= MOST_REPEATS:
            raise UsageError(f"racing={self.racing}: a race has 2 to {MOST_REPEATS} repeats, or is 0 (none).")

    def put(self, optimizer: Optimizer) -> Optimizer:
        """The optimizer with all of it around.

        Raises:
          UsageError: the optimizer doesn't only compare scores, so that its candidates can't be raced.
        """
        if self.racing:
            optimizer = Racing(optimizer, self.racing)
        if self.common_seeds:
            optimizer = CommonSeeds(optimizer)
        return EarlyStop(optimizer) if self.early_stop else optimizer

    def describe(self) -> dict[str, Any]:
        """What is not at its default, as plain data."""
        return {name: value for name, value in asdict(self).items() if value}

    def words(self) -> str:
        """In a few words; nothing if there is nothing around."""
        told = {"early_stop": "early stop", "racing": f"racing, up to {self.racing} repeats",
                "common_seeds": "common seeds (no robot can)"}  # fmt: skip
        return ", ".join(told[name] for name in self.describe())

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Around:
        """What `describe` wrote.

        Raises:
          UsageError: it is something else.
        """
        try:
            early, shared = bool(data.get("early_stop", False)), bool(data.get("common_seeds", False))
            return cls(early, int(data.get("racing", 0)), shared)
        except (AttributeError, TypeError, ValueError):
            raise UsageError(f"a run's 'around' is {data!r}: not what a run writes.") from None
