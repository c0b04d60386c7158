"""Small batches in processes of their own, and what must hold of their stores; reads them without gridsim's own reader."""

import collections
import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from tests.command_line import ROOT, environment

HOOK = Path(__file__).parent / "hook"
TINY = """title: Tiny
horizon_months: 12
actors:
  labs: {count: 2}
  hyperscalers: {count: 1}
  developers: {count: 1}
  utilities: {names: [A]}
"""
KEPT = ("--measures", "power_claims,queued_mw", "--series", "power_claims")
LOOSE = ("sessions.jsonl", ".work", "quarantine")
"""What may differ between two stores of the same plan."""


def contents(folder):
    """Every byte of a store that its plan decides, by place."""
    files = (path for path in folder.rglob("*") if path.is_file())
    places = {path.relative_to(folder): path for path in files}
    return {str(place): path.read_bytes() for place, path in places.items() if place.parts[0] not in LOOSE}


def differences(first, second):
    """Places at which two stores are not the same; short enough to be shown."""
    one, two = contents(first), contents(second)
    return sorted(place for place in one.keys() | two.keys() if one.get(place) != two.get(place))[:10]


def is_sound(path):
    """Whether a part has the bytes that its name promises."""
    return path.name.split(".")[1] == hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def rows_of(folder, table):
    """How often each run is in the sound parts of a table, a run with all its months as one."""
    count = collections.Counter()
    for path in folder.glob(f"{table}/*.parquet"):
        with contextlib.suppress(FileNotFoundError):  # merged away meanwhile
            data = path.read_bytes()
            if path.name.split(".")[1] == hashlib.sha256(data).hexdigest()[:32]:
                count.update(set(pq.read_table(io.BytesIO(data), columns=["run"]).column("run").to_pylist()))
    return count


def held(folder):
    """The runs that the sound parts of both tables hold."""
    return set(rows_of(folder, "runs")) & set(rows_of(folder, "months"))


def sessions(folder):
    """What the log of a store says."""
    return [json.loads(line) for line in (folder / "sessions.jsonl").read_text(encoding="utf-8").splitlines()]


def parts_of(folder, table="runs"):
    """The parts of a table, in order."""
    return sorted((folder / table).glob("*.parquet"))


def session_processes(pid):
    """The living processes of the session that a process leads: their ids and command lines."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == pid and state not in "ZX":
                found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def workers_of(pid):
    """The Dask workers of a driver: what it has spawned, without the tracker of resources."""
    return [child for child, line in session_processes(pid).items() if "spawn_main" in line]


def until(condition, seconds=30.0, pause=0.005):
    """Wait for a condition and give what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(pause)
    return found


class Ended:
    """A command line that has ended: exit code, stdout, stderr."""

    def __init__(self, code, stdout, stderr):
        self.code, self.stdout, self.stderr = code, stdout, stderr

    def __repr__(self):
        return f"exit {self.code}\n{self.stdout}{self.stderr}"


class Running:
    """A command line that runs in a session of its own."""

    def __init__(self, drivers, pid, streams):
        self.drivers, self.pid, self.streams, self.code = drivers, pid, streams, None

    def ended(self, seconds=0.0):
        """The end of it, or None if it goes on after so many seconds."""
        if self.code is None:  # a process can be waited for once
            self.code = self.drivers.ask(ended={"pid": self.pid, "seconds": seconds})
        return None if self.code is None else Ended(self.code, *(path.read_text() for path in self.streams))

    def wait(self, seconds=120.0):
        """The end of it."""
        found = self.ended(seconds)
        assert found is not None, f"runs after {seconds} s: {[path.read_text() for path in self.streams]}"
        return found

    def send(self, number):
        """Send a signal to it alone."""
        os.kill(self.pid, number)

    def leaves_no_process(self, seconds=15.0):
        """Wait until no process of its session lives."""
        until(lambda: not session_processes(self.pid), seconds)


class Drivers:
    """Starts command lines in processes that begin at once."""

    def __init__(self, folder):
        self.folder, self.count, self.started = folder, 0, []
        command = [sys.executable, "-W", "error", "-m", "tests.study.forker"]
        self.forker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(), cwd=ROOT
        )
        assert self.forker.stdout.readline() == "ready\n"

    def ask(self, **request):
        """What the process that forks answers."""
        self.forker.stdin.write(json.dumps(request) + "\n")
        self.forker.stdin.flush()
        return json.loads(self.forker.stdout.readline())

    def start(self, *arguments, **env):
        """Start a command line."""
        self.count += 1
        streams = [self.folder / f"{self.count}.{name}" for name in ("out", "err")]
        for path in streams:
            path.touch()  # a command line may be killed before it opens them
        env["PYTHONPATH"] = os.pathsep.join(map(str, (HOOK, ROOT) if env else (ROOT,)))
        pid = self.ask(start={"arguments": [*map(str, arguments)], "streams": [*map(str, streams)], "env": env})
        self.started.append(pid)
        return Running(self, pid, streams)

    def run(self, *arguments, **env):
        """Run a command line to its end."""
        return self.start(*arguments, **env).wait()

    def close(self):
        """End whatever still runs."""
        for pid in self.started:
            for child in session_processes(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self.forker.stdin.close()
        self.forker.wait(10)
        self.forker.stdout.close()


class Batches:
    """Batches of one tiny scenario, and the stores that they should give."""

    def __init__(self, folder, drivers):
        self.folder, self.drivers, self.stores = folder, drivers, {}
        self.scenario = folder / "tiny.yaml"
        self.scenario.write_text(TINY, encoding="utf-8")

    def command(self, out, runs, *options):
        """The command line of a batch."""
        return ("batch", self.scenario, "--out", out, "--seeds", runs, *KEPT, *options)

    def start(self, out, runs, *options, **env):
        """Start a batch."""
        return self.drivers.start(*self.command(out, runs, *options), **env)

    def run(self, out, runs, *options, **env):
        """Run a batch to its end."""
        return self.drivers.run(*self.command(out, runs, *options), **env)

    def undisturbed(self, runs):
        """A store that nothing has disturbed."""
        if runs not in self.stores:
            self.stores[runs] = self.folder / f"undisturbed-{runs}"
            ended = self.run(self.stores[runs], runs)
            assert ended.code == 0, ended
        return self.stores[runs]

    def is_whole(self, out, runs):
        """See that a store has every run and the bytes that it would have had if nothing had happened."""
        assert held(out) == set(range(runs))
        assert differences(out, self.undisturbed(runs)) == []
        assert list((out / "failures").iterdir()) == []
