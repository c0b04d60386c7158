"""Import walls: what each part of the package may know of the others and of the outside, read from the sources."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "gridsim"


def imports(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, also inside functions and for type checkers only."""
    found: set[str] = set()
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def below(module: str, *parents: str) -> bool:
    """Whether a module is one of the parents or inside one."""
    return any(module == parent or module.startswith(parent + ".") for parent in parents)


def strangers(files: list[Path], *allowed: str) -> dict[str, list[str]]:
    """By file: what it imports that is neither allowed nor in the standard library."""
    assert files
    found = {}
    for path in files:
        wrong = sorted(m for m in imports(path) if not below(m, *allowed, *sys.stdlib_module_names))
        if wrong:
            found[path.relative_to(ROOT).as_posix()] = wrong
    return found


def importers(what: str, files: list[Path]) -> set[str]:
    """Files that import a module or something in it."""
    return {path.relative_to(ROOT).as_posix() for path in files if any(below(m, what) for m in imports(path))}


def sources(*folders: str) -> list[Path]:
    """All Python files of some folders of the package."""
    return sorted(path for folder in folders for path in (PACKAGE / folder).rglob("*.py"))


def test_the_model_imports_numpy_numba_and_itself():
    files = [path for path in sources("model") if path.name != "jit_cache.py"]
    assert strangers(files, "gridsim.model", "numpy", "numba") == {}


def test_only_the_kernel_cache_asks_llvm_about_the_machine():
    assert strangers([PACKAGE / "model" / "jit_cache.py"], "numpy", "numba", "llvmlite") == {}
    assert importers("llvmlite", sources("")) == {"gridsim/model/jit_cache.py"}


def test_reading_a_scenario_needs_no_number_cruncher():
    assert strangers(sources("config"), "gridsim.config", "pydantic", "pydantic_core", "yaml") == {}


def test_only_the_adapter_knows_mesa():
    assert importers("mesa", sources("")) <= {"gridsim/engine/mesa_model.py"}


def test_figures_and_studies_do_not_know_the_command_line():
    layers = sources("figures", "study", "engine", "model", "config")
    for name in ("cli", "commands", "console", "__main__"):
        assert importers(f"gridsim.{name}", layers) == set(), name
    for name in ("typer", "rich", "click"):
        assert importers(name, layers) == set(), name


def test_figures_and_studies_do_not_know_each_other_and_nothing_below_knows_studies():
    assert importers("gridsim.study", sources("figures", "engine", "model", "config")) == set()
    assert importers("gridsim.figures", sources("study")) == set()


def test_nothing_but_its_command_knows_reproduction():
    assert importers("gridsim.reproduce", sources("")) - set(
        p.relative_to(ROOT).as_posix() for p in sources("reproduce")
    ) == {"gridsim/reproduce_command.py"}


def test_nothing_but_its_commands_and_a_page_know_assessment_and_only_the_forest_scikit_learn():
    own = {path.relative_to(ROOT).as_posix() for path in sources("assess")}
    commands = {"gridsim/assess_command.py", "gridsim/assess_totals.py"}
    page = {f"gridsim/explorer/assess_{name}.py" for name in ("page", "result", "work")}
    assert importers("gridsim.assess", sources("")) - own - page == commands
    assert importers("sklearn", sources("")) == {"gridsim/assess/forest.py"}
    for name in ("gridsim.explorer", "gridsim.console", "typer", "rich"):
        assert importers(name, sources("assess")) == set(), name
    reports = {"gridsim/assess/report.py", "gridsim/assess/totals_report.py"}
    assert importers("gridsim.figures", sources("assess")) == reports
    assert importers("gridsim.assess.report", sources("assess")) <= reports


def test_only_studies_know_dask_salib_and_duckdb_and_only_where_they_need_them():
    for name, homes in (
        ("distributed", ("dask_executor",)),
        ("dask", ("dask_executor",)),
        ("SALib", ("designs", "variance")),
        ("duckdb", ("results",)),
    ):
        assert importers(name, sources("")) <= {f"gridsim/study/{home}.py" for home in homes}, name


def test_only_the_explorer_knows_dash_and_its_server_and_nothing_but_its_command_knows_the_explorer():
    explorer = {path.relative_to(ROOT).as_posix() for path in sources("explorer")}
    for name in ("dash", "dash_mantine_components", "flask", "waitress"):
        assert importers(name, sources("")) <= explorer, name
    assert importers("gridsim.explorer", sources("")) - explorer == {"gridsim/explore_command.py"}
    for name in ("typer", "rich", "gridsim.console", "gridsim.cli", "gridsim.assess_command", "gridsim.assess_totals"):
        assert importers(name, sources("explorer")) == set(), name


def test_games_know_the_rules_only_and_theory_what_it_reproduces():
    assert (
        strangers(sources("games"), "gridsim.games", "gridsim.engine.allocate", "gridsim.model", "numpy", "scipy") == {}
    )
    below_theory = [f"gridsim.{name}" for name in ("theory", "games", "study", "engine", "model", "config")]
    assert strangers(sources("theory"), *below_theory, "numpy", "scipy") == {}


def test_nothing_of_the_simulation_knows_games_or_theory():
    for name in ("games", "theory"):
        assert importers(f"gridsim.{name}", sources("figures", "study", "engine", "model", "config")) == set(), name
    assert importers("gridsim.theory", sources("games")) == set()


def test_layers_look_down_only():
    """config < model < engine < figures; the model and the configuration do not know each other at all."""
    layers = ("config", "model", "engine", "figures")
    for i, layer in enumerate(layers):
        for above in layers[i + 1 :]:
            assert importers(f"gridsim.{above}", sources(layer)) == set(), (layer, above)


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("gridsim", ("numpy", "numba", "pandas", "networkx", "pydantic")),
        ("gridsim.config.reader", ("numpy", "numba", "pandas", "networkx")),
        ("gridsim.model.month", ("pandas", "pydantic", "networkx", "mesa", "gridsim.config")),
        ("gridsim.engine.simulate", ("plotly", "mesa", "typer", "rich")),
        (
            "gridsim.study.batch",
            ("plotly", "mesa", "distributed", "SALib", "duckdb", "pandas", "pyarrow", "scipy.stats"),
        ),
    ],
)
def test_what_an_import_really_loads(module, unwanted):
    """The walls hold at run time too, through whatever the imported modules import in turn."""
    code = f"import sys, {module}; print(*sorted(set({unwanted!r}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("", "")
