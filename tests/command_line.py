"""Runs the command line in processes of its own, in a pipe or on a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import gridsim
from gridsim import cli

ROOT = Path(cli.__file__).parents[1]
COMMAND = [sys.executable, "-m", "gridsim"]
SMALL = "title: Small\nhorizon_months: 24\nactors: {utilities: {names: [A, B]}}\n"
LONG = SMALL.replace("24", "600") + "observed: {area: A, source: none, months: [2024-06], total_mw: [1], seeds: 1000}\n"
BAD = "title: Bad\nhorizon_months: 0\nhorizons: 3\n"


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def environment(**more):
    ours = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GRIDSIM_TRACEBACK")
    kept = {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PYTHON")}
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | more


def process(*arguments, command=COMMAND, env=None, **options):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [*command, *map(str, arguments)],
        **{"capture_output": True, "text": True, "timeout": 300, "env": environment(**(env or {}))} | options,
    )


def on_terminal(*arguments, command=COMMAND, **env):
    """What appears on a terminal of 80 columns, both streams."""
    near, far = pty.openpty()
    with subprocess.Popen(
        [*command, *map(str, arguments)], stdin=far, stdout=far, stderr=far, env=environment(COLUMNS="80", **env)
    ):
        os.close(far)
        shown = b""
        while True:
            try:
                piece = os.read(near, 65536)
            except OSError:  # Linux's way to say that the other side is closed
                break
            if not piece:
                break
            shown += piece
    os.close(near)
    return shown.decode()


def by_compiled_model():
    """Compile the model before a test that measures time or counts lines of stderr."""
    gridsim.simulate(gridsim.Scenario(title="warm-up", horizon_months=2))
