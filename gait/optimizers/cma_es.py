"""CMA-ES: learn the shape of the landscape from the ranking of a population; pycma does the work."""

from __future__ import annotations

from gait.optimizers.evolution import Evolution, EvolutionSettings
from gait.policy import Constant
from gait.trial import Query


class CMAES(Evolution):
    """Covariance matrix adaptation evolution strategy, in unit-cube coordinates.

    The first standard deviation of each parameter is `initial_step` times its `scale` ε, limited by pycma to
    a third of its range. A generation is two trials a parameter (8 for the 4 of an exoskeleton's law, as in
    Zhang et al., Science 356:1280, 2017); pycma's 4 + 3 ln d is 11 at 12 parameters, which noise made erratic.

    pycma searches an unbounded space that it folds into [0, 1]; what is recommended is the distribution's mean
    folded the same way (pycma's own `mean` may lie outside). Its termination criteria are never obeyed: they
    would make a run of one hour differ from the first of three.

    N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772; pycma, doi:10.5281/zenodo.2559634.

    Raises:
      UsageError: the space has one parameter only, for which CMA-ES is not made.
    """

    name = "cma-es"
    about = "CMA evolution strategy (Hansen & Ostermeier 2001), by pycma"
    Settings = EvolutionSettings

    def _ask(self) -> list[Query]:
        return [self.query(Constant(x)) for x in self._sample()]
