"""The command line as a process: its files, its streams, what it imports, and how Ctrl-C ends it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command_line import BAD, COMMAND, LONG, SMALL, by_compiled_model, environment, on_terminal, process, written

ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")


@pytest.fixture
def small(tmp_path):
    return written(tmp_path / "small.yaml", SMALL)


@pytest.fixture
def bad(tmp_path):
    return written(tmp_path / "bad.yaml", BAD)


def test_out_writes_the_same_bytes_in_two_processes(small, tmp_path):
    small.write_text(LONG.replace("600", "24").replace("1000", "3"))
    for name, salt in (("first", "1"), ("second", "2")):
        done = process(
            "run",
            small,
            "--seed",
            3,
            "--out",
            tmp_path / name / "deep",
            "--record",
            "agents",
            env={"PYTHONHASHSEED": salt},
        )
        assert done.returncode == 0, done.stderr
        assert " twin " in done.stdout
        assert all(str(tmp_path / name) in line for line in done.stderr.splitlines() if "wrote" in line)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n / "deep").iterdir()} for n in ("first", "second"))
    tables_ = {f"{name}{twin}.parquet" for name in ("series", "areas", "requests", "agents") for twin in ("", "_twin")}
    assert set(first) == tables_ | {"manifest.json", "report.html"}
    assert first == second
    assert b"gridsim run small.yaml --seed 3 --out DIR" in first["report.html"]
    assert str(tmp_path).encode() not in first["report.html"]


# Imports and streams


@pytest.mark.parametrize("names", [("numpy", "numba", "pandas", "plotly")])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["validate", "SMALL"], ["schema"], ["list", "measures"], ["run", "BAD"]]
)
def test_what_does_not_run_the_engine_does_not_import_it(small, bad, arguments, names):
    arguments = [a.replace("SMALL", str(small)).replace("BAD", str(bad)) for a in arguments]
    script = (
        f"import sys; from gridsim.cli import main; main(); sys.exit(str([n for n in {names} if n in sys.modules]))"
    )
    assert process(*arguments, command=[sys.executable, "-c", script]).stderr.splitlines()[-1] == "[]"


def test_a_pipe_gets_plain_whole_lines_and_a_terminal_colour_unless_refused(tmp_path):
    done = process("list", cwd=tmp_path)
    assert ESCAPE not in done.stdout
    assert "every copy, wanted by t + H\n" in done.stdout
    longest = next(line for line in done.stdout.splitlines() if line.startswith("heuristic"))
    assert longest.endswith("allow") and len(longest) > 100  # noqa: PT018
    assert ESCAPE in on_terminal("list", "rules")
    assert ESCAPE not in on_terminal("list", "rules", NO_COLOR="1")
    assert COLOUR.search(on_terminal("--help"))
    assert not COLOUR.search(on_terminal("--help", NO_COLOR="1"))  # bold is no colour


def test_a_narrow_terminal_gets_whole_numbers():
    script = (
        "from gridsim.console import emit_table; emit_table('m' + 20 * 'n', [['x'] + 20 * ['123,456']], numbers_from=1)"
    )
    assert on_terminal(command=[sys.executable, "-c", script]).count("123,456") == 20


def test_progress_is_on_a_terminal_only():
    script = "from gridsim.console import progress\nwith progress('seeds', 2) as advance: advance(); advance()"
    assert "2/2" in on_terminal(command=[sys.executable, "-c", script])
    assert process(command=[sys.executable, "-c", script]).stderr == ""


def test_a_reader_that_leaves_early_is_no_failure_and_hides_none(small, bad):
    for arguments, code in ((["list", "measures"], 0), (["--help"], 0), (["validate", small, bad], 2)):
        near, far = os.pipe()
        os.close(near)
        done = process(*arguments, capture_output=False, stdout=far, stderr=subprocess.PIPE)
        os.close(far)
        assert done.returncode == code
        assert [line for line in done.stderr.splitlines() if str(bad) not in line] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_stdout_is_a_failure():
    with Path("/dev/full").open("w") as full:
        done = process("list", "measures", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (1, "gridsim: error: No space left on device (OSError)\n")


@pytest.mark.parametrize(("closed", "code"), [(">&-", 2), ("2>&-", 2), (">&- 2>&-", 2)])
def test_closed_streams_change_no_exit_code(bad, closed, code):
    done = process(bad, command=["sh", "-c", f'exec "$0" -m gridsim validate "$@" {closed}', sys.executable])
    assert (done.returncode, done.stdout) == (code, "")


def test_a_terminal_without_the_letters_gets_them_escaped(small):
    small.write_text(SMALL.replace("Small", "Umspannwerk Güstrow"), encoding="utf-8")
    done = process("list", "scenarios", small.parent, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert r"G\xfcstrow" in done.stdout


# Ctrl-C


def interruptible():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test run in the background would pass on that it is ignored


@pytest.mark.parametrize("delay", [0.0, 0.4, 1.5])
def test_ctrl_c_is_130_in_one_line_and_leaves_no_half_files(small, tmp_path, delay):
    by_compiled_model()
    small.write_text(LONG)
    out = tmp_path / "out"
    with subprocess.Popen(
        [*COMMAND, "run", str(small), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), preexec_fn=interruptible,
    ) as running:  # fmt: skip
        while not out.exists() and running.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout, stderr) == (130, "", "gridsim: interrupted\n")
    assert list(out.iterdir()) == []


LOST = """
import os, signal, sys, time
from gridsim.cli import run_command
def press():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)
class InFinaliser:
    def __del__(self):
        press()
def finaliser():
    InFinaliser()
    time.sleep(20)
def swallowed():
    try:
        press()
    except BaseException:
        raise ImportError("as NumPy does")
def executed():
    exec("press()", globals())
sys.exit(run_command(globals()[sys.argv[1]]))
"""


@pytest.mark.parametrize("how", ["finaliser", "swallowed", "executed"])
def test_ctrl_c_is_not_lost_in_a_library(how, tmp_path):
    written(tmp_path / "lost.py", LOST)
    done = process(how, command=[sys.executable, "-m", "lost"], cwd=tmp_path, preexec_fn=interruptible, timeout=15)
    assert (done.returncode, done.stderr) == (130, "gridsim: interrupted\n")
