"""The shelf of optimizers: one file each, one line here."""

from __future__ import annotations

from gait import registry
from gait.optimizers.actor_critic import ActorCritic
from gait.optimizers.ars import ARS
from gait.optimizers.as_cma import ASCMA
from gait.optimizers.base import Optimizer
from gait.optimizers.bayesian import Bayesian
from gait.optimizers.cem import CEM
from gait.optimizers.cma_es import CMAES
from gait.optimizers.finite_difference import FiniteDifference
from gait.optimizers.genetic import Genetic
from gait.optimizers.hill_climbing import HillClimbing
from gait.optimizers.lra_cma_es import LRACMAES
from gait.optimizers.natural_gradient import NaturalGradient
from gait.optimizers.nelder_mead import NelderMead
from gait.optimizers.pgpe import PGPE
from gait.optimizers.ppo import PPO
from gait.optimizers.random_search import RandomSearch
from gait.optimizers.regression_gradient import RegressionGradient
from gait.optimizers.reinforce import Reinforce
from gait.optimizers.scipy_minimize import ScipyMinimize

SHELF: tuple[type[Optimizer], ...] = (
    ActorCritic,
    ARS,
    ASCMA,
    Bayesian,
    CEM,
    CMAES,
    FiniteDifference,
    Genetic,
    HillClimbing,
    LRACMAES,
    NaturalGradient,
    NelderMead,
    PGPE,
    PPO,
    RandomSearch,
    RegressionGradient,
    Reinforce,
    ScipyMinimize,
)
OPTIMIZERS: dict[str, type[Optimizer]] = {cls.name: cls for cls in SHELF}
GROUP = "gait.optimizers"


def find_optimizer(name: str) -> type[Optimizer]:
    """The optimizer class of this name, here or in another package."""
    return registry.find("optimizer", name, OPTIMIZERS, GROUP)


def optimizer_names() -> list[str]:
    """All registered names."""
    return registry.names(OPTIMIZERS, GROUP)
