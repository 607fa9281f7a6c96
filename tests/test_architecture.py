"""The house plan, read from the imports: one way for data, no sideways glances, one place that steps."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

import gait

PACKAGE = Path(gait.__file__).parent

MAY_IMPORT = {
    # the floor
    "errors": "", "compiled": "", "models": "", "gradients": "", "neural": "",
    "durations": "errors", "files": "errors", "registry": "errors", "space": "errors", "policy": "errors",
    "lecture": "gradients",
    # what is asked, what came back, what is wanted
    "trial": "policy",
    "task": "errors policy space trial",
    "tally": "task trial",
    # the searchers: never a task, a robot or MuJoCo
    "optimizers": "errors gradients neural policy registry task trial",
    "around": "errors optimizers policy trial",
    # the walkers: never an optimizer
    "controllers": "compiled errors space",
    "simulate": "compiled trial",
    "walking": "simulate task trial",
    "robots": "compiled controllers errors models simulate trial",
    "human": "compiled controllers errors files models simulate trial",
    "objective": "errors",
    "tasks": "controllers errors human objective policy registry robots simulate task trial walking",
    # the run and its memory
    "events": "policy task trial",
    "run_files": "errors files",
    "ledger": "durations errors events files policy run_files task trial",
    "validate": "errors files policy task trial",
    "progress": "durations tally task validate",
    "replay": "errors events ledger optimizers policy tally task trial",
    "weights": "errors files policy task",
    "result": "files ledger policy tally task validate weights",
    "manifest": "errors optimizers task tasks",
    "session": "around durations errors files ledger manifest optimizers progress replay tally task trial",
    "run": "around durations errors optimizers policy progress result run_files session tally task tasks validate",
    # other people's learners
    "envs": "errors policy robots simulate space task tasks trial view",
    # what people see
    "play": "errors policy task tasks trial validate weights",
    "show": "around durations errors events files run run_files tally trial",
    "evaluate": "errors files manifest policy run task trial validate",
    "shelf": "controllers errors human objective optimizers robots tasks",
    "view": "durations errors files manifest run run_files task trial",
    "analysis": "controllers errors manifest robots run run_files task view",  # reads recorded trials, scores nothing
    "compare": "around durations errors files manifest objective optimizers policy run run_files space tally task "
    "tasks trial",
    "report": "around compare durations errors files run_files space view",
    "hilo": "compare controllers errors files human optimizers policy session space task tasks trial view",
    "seeing": "controllers errors files models robots simulate tasks trial view",
    "words": "errors",
    "commands": "analysis around compare durations errors evaluate manifest optimizers play report robots run shelf "
    "show tasks view words",
    "cli": "commands errors view words",
    "__main__": "cli",
}  # fmt: skip
"""Each module or package of `gait`, and what of `gait` it may import."""

LATE = {("run", "view")}
"""Imports against the flow, made inside a function when they are needed: `Run.render` draws."""

OUTSIDE = {
    "mujoco": "analysis simulate robots human seeing tasks view",
    "cma": "optimizers.evolution human.tuning",
    "numba": "compiled",
    "llvmlite": "compiled",
    "cmaes": "optimizers.lra_cma_es",
    "sklearn": "optimizers.gaussian_process",
    "torch": "neural seeing.learn",
    "scipy": "hilo.surrogate hilo.truth optimizers.acquisition optimizers.gaussian_process optimizers.scipy_minimize",
    "tyro": "cli commands",
    "rich": "analysis.table compare.board compare.study progress show view",
    "matplotlib": "analysis.plots compare.plots compare.plots_runtime compare.plots_tables hilo.plots "
    "report.pictures view",
    "ray": "compare.executors.ray",
    "av": "view",
    "PIL": "seeing.film view",
    "mjviser": "view.web",
    "viser": "view.web",
    "glfw": "view.window",
    "gymnasium": "envs",
}
"""Who may import a package from outside."""

SHARED = {
    "around": {"wrapped"},
    "optimizers": {
        "base",
        "acquisition",
        "evolution",
        "gaussian_process",
        "gaussian_policy",
        "network_policy",
        "network_search",
    },
    "controllers": {"ik", "chain", "controller", "stride"},
    "tasks": set(),
    "commands": {"flags"},
    "compare": {
        "study",
        "statistics",
        "runtimes",
        "contests",
        "summary",
        "plots",
        "plots_runtime",
        "recorded",
        "entries",
        "runs",
        "plan",
        "described",
        "board",
        "executors",
    },
}
"""What siblings of a package share; otherwise only its `__init__` knows them all."""

COMPUTES = {f"compare.{name}" for name in ("statistics", "runtimes", "contests", "summary")}
"""The statistics: numpy and each other, nothing that reads or draws."""


class Import(NamedTuple):
    module: str
    """Who imports, such as `optimizers.base`."""
    target: str
    """What, such as `gait.task` or `numpy`."""
    late: bool
    """Whether inside a function."""


def imports_of(path: Path) -> list[Import]:
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    found = []
    for node in ast.walk(tree):
        targets = []
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            base = str(node.module)
            targets = [f"{base}.{a.name}" if is_module(f"{base}.{a.name}") else base for a in node.names]
        found += [Import(module, target, id(node) in late) for target in targets]
    return found


def is_module(name: str) -> bool:
    parts = name.split(".")
    path = PACKAGE.joinpath(*parts[1:])
    return parts[0] == "gait" and (path.is_dir() or path.with_suffix(".py").exists())


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")
IMPORTS = [i for path in FILES for i in imports_of(path)]
INSIDE = [i for i in IMPORTS if i.target.startswith("gait.")]


def unit(name: str) -> str:
    """The module or package directly below `gait` that a name belongs to."""
    return name.removeprefix("gait.").split(".")[0]


def test_there_is_something_to_read():
    assert {unit(i.module) for i in INSIDE} >= {"run", "tasks", "optimizers", "cli"}


@pytest.mark.parametrize("name", sorted({unit(i.module) for i in IMPORTS}))
def test_imports_go_the_way_of_the_plan(name):
    assert name in MAY_IMPORT, f"say in the table what gait.{name} may import"
    allowed = {name, *MAY_IMPORT[name].split()}
    wrong = [
        f"{i.module} imports {i.target}"
        for i in INSIDE
        if unit(i.module) == name and unit(i.target) not in allowed and not (i.late and (name, unit(i.target)) in LATE)
    ]
    assert not wrong


def test_the_table_has_nothing_that_is_not_there():
    used = {(unit(i.module), unit(i.target)) for i in INSIDE}
    for name, allowed in MAY_IMPORT.items():
        assert (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()
        assert not {f"{name} → {t}" for t in allowed.split() if (name, t) not in used}
    assert used >= LATE


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """A cycle of a graph, or nothing."""
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return [*trail[trail.index(node) :], node]
        if node in done:
            return []
        for other in sorted(graph.get(node, ())):
            if found := visit(other, [*trail, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := visit(node, []))), [])


def test_the_plan_has_no_cycles():
    assert cycle({name: set(allowed.split()) for name, allowed in MAY_IMPORT.items()}) == []
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


def test_modules_have_no_cycles():
    graph: dict[str, set[str]] = {}
    for i in INSIDE:
        if (unit(i.module), unit(i.target)) not in LATE:
            name = i.module.removesuffix(".__init__")
            graph.setdefault(name, set()).add(i.target.removeprefix("gait."))
    assert cycle(graph) == []


@pytest.mark.parametrize("package", SHARED)
def test_siblings_do_not_import_each_other(package):
    for i in INSIDE:
        if unit(i.module) == unit(i.target) == package and not i.module.endswith("__init__"):
            sibling = i.target.removeprefix("gait.").partition(".")[2].split(".")[0]
            assert sibling in SHARED[package], f"{i.module} imports {i.target}"
            if package == "compare":
                assert i.module not in ("compare.plots", "compare.statistics")
                assert i.module not in COMPUTES or f"compare.{sibling}" in COMPUTES


@pytest.mark.parametrize("library", OUTSIDE)
def test_a_library_is_imported_only_where_it_is_meant(library):
    allowed = OUTSIDE[library].split()
    for i in IMPORTS:
        if i.target.split(".")[0] == library:
            assert i.module in allowed or unit(i.module) in allowed, f"{i.module} imports {library}"


STEPPING = {"step", "mj_step", "mj_step1", "mj_step2", "rollout"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_physics_is_advanced_in_one_place(path):
    called = {
        f.attr if isinstance(f, ast.Attribute) else f.id
        for f in (n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call))
        if isinstance(f, (ast.Attribute, ast.Name))
    }
    assert (called & STEPPING != set()) == (path.name == "simulate.py")


def test_importing_the_package_costs_nothing():
    heavy = [i for i in imports_of(PACKAGE / "__init__.py") if not i.late and not i.target.startswith("gait.")]
    assert {unit(i.target) for i in heavy} <= {"__future__", "importlib", "typing"}
