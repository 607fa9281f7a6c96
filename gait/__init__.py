"""gait: tune walkers, and show what that cost in simulated time.

One sentence: an optimizer asks for policies to be tried, simulated walkers try them, and every second they take is
on the bill. Read in this order:

    space → policy → trial → task → simulate → walking → run → optimizers/finite_difference → tasks/quadruped

    import gait
    run = gait.optimize("quadruped", optimizer="cma-es", budget="1h", seed=0)
    print(run.score, run.recommended)
    run.render("walk.mp4")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gait.compare.experiment import compare_optimizers
    from gait.errors import UsageError
    from gait.run import Run, optimize, resume
    from gait.run import load_run as load
    from gait.tasks import make_task

__version__ = "0.1.0"
__all__ = ["Run", "UsageError", "compare_optimizers", "load", "make_task", "optimize", "resume"]

_PLACES = {
    "Run": ("gait.run", "Run"),
    "UsageError": ("gait.errors", "UsageError"),
    "compare_optimizers": ("gait.compare.experiment", "compare_optimizers"),
    "load": ("gait.run", "load_run"),
    "make_task": ("gait.tasks", "make_task"),
    "optimize": ("gait.run", "optimize"),
    "resume": ("gait.run", "resume"),
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first used: `import gait` alone costs next to nothing."""
    if name not in _PLACES:
        raise AttributeError(f"module 'gait' has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)
