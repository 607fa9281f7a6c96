"""The shelf of optimizers: one file each, one line here."""

from __future__ import annotations

from gait import registry
from gait.optimizers.base import Optimizer
from gait.optimizers.cma_es import CMAES
from gait.optimizers.finite_difference import FiniteDifference
from gait.optimizers.random_search import RandomSearch
from gait.optimizers.reinforce import Reinforce

SHELF: tuple[type[Optimizer], ...] = (
    CMAES,
    FiniteDifference,
    RandomSearch,
    Reinforce,
)
OPTIMIZERS: dict[str, type[Optimizer]] = {cls.name: cls for cls in SHELF}
GROUP = "gait.optimizers"


def find_optimizer(name: str) -> type[Optimizer]:
    """The optimizer class of this name, here or in another package."""
    return registry.find("optimizer", name, OPTIMIZERS, GROUP)


def optimizer_names() -> list[str]:
    """All registered names."""
    return registry.names(OPTIMIZERS, GROUP)
