"""The scripts in examples/, run as a reader runs them; each skips where the library that it is about is not installed."""

import importlib.util
import subprocess
import sys

import pytest

from tests.command_line import ROOT, environment

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LIBRARIES = {
    "ema_workbench_prim": "ema_workbench",
    "ema_workbench_scenarios": "ema_workbench",
    "optuna_policy": "optuna",
    "salib_sobol": "SALib",
}
TABLES = {
    "ema_workbench_prim": ("change", ["actors.utilities.studies_in_parallel", "beliefs.wait_max_months"]),
    "ema_workbench_scenarios": ("policy", ["none", "deposit", "fee", "beliefs.wait_max_months"]),
    "optuna_policy": ("deposit", ["0"]),
    "salib_sobol": ("value", ["beliefs.narrative_weight", "actors.labs.overreaction"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_runs_from_anywhere_and_prints_its_table(path, tmp_path):
    library = LIBRARIES[path.stem]
    if importlib.util.find_spec(library) is None:
        pytest.skip(f'{library} is not installed: pip install "gridsim[examples]"')
    command = [sys.executable, "-W", "error", str(path), "--quick"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    first_words = [line.split()[0] for line in done.stdout.splitlines() if line]
    head, rows = TABLES[path.stem]
    assert head in first_words
    assert set(rows) <= set(first_words)
    assert "nan" not in done.stdout.lower()


def test_examples_are_short_and_say_how_to_run_them():
    for path in EXAMPLES:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 65
        assert f"python examples/{path.name} [--quick]" in text
