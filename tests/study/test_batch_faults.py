"""Batches whose processes are killed, interrupted, poisoned, doubled or left alone: nothing is lost, done twice or invented."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.command_line import ROOT, environment
from tests.study.stores import (
    KEPT,
    TINY,
    differences,
    held,
    parts_of,
    sessions,
    until,
    workers_of,
)

DASK = ("--engine", "dask", "--workers", 2)
LOCAL = ("--workers", 2)


@pytest.fixture
def moments():
    """Random moments; which, no seed could decide."""
    return random.Random()


def begun(running, out, parts=1):
    """Wait until a batch has written so many more parts, or has ended."""
    before = len(parts_of(out))
    until(lambda: len(parts_of(out)) >= before + parts or running.ended(), 60.0)


# The same bytes


@pytest.mark.parametrize(
    "options",
    [
        ("--workers", 1, "--chunk", 1),
        ("--workers", 2, "--chunk", 7),
        ("--workers", 4, "--chunk", 250),
        pytest.param(("--engine", "dask", "--workers", 1, "--chunk", 130), marks=pytest.mark.slow),
        pytest.param(("--engine", "dask", "--workers", 4, "--chunk", 11), marks=pytest.mark.slow),
    ],
    ids=lambda options: "-".join(map(str, options)),
)
def test_workers_engine_and_chunk_change_no_byte(batches, tmp_path, options):
    ended = batches.run(tmp_path / "out", 330, *options)
    assert (ended.code, ended.stderr) == (0, "")
    batches.is_whole(tmp_path / "out", 330)


@pytest.mark.parametrize("order", [(3, 1, 2), (2, 3, 1)])
def test_shards_in_any_order_change_no_byte(batches, tmp_path, order):
    for shard in order:
        assert batches.run(tmp_path / "out", 330, *LOCAL, "--shard", f"{shard}/3", "--chunk", 20 * shard).code == 0
    batches.is_whole(tmp_path / "out", 330)


# Killed


@pytest.mark.slow
def test_killed_workers_cost_nothing_but_time(batches, tmp_path, moments):
    kills, runs, count = 0, 2000, 0
    while kills < 20:
        out = tmp_path / str(count)
        running = batches.start(out, runs, *DASK, "--chunk", 20)
        count += 1
        slow = time.monotonic() + 120.0
        while kills < 20 and not running.ended():
            assert time.monotonic() < slow
            if kills % 2:
                begun(running, out)
            time.sleep(moments.uniform(0.0, 0.2))
            if found := workers_of(running.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(moments.choice(found), signal.SIGKILL)
                    kills += 1
        ended = running.wait()
        assert ended.code == 0, ended
        assert [line for line in ended.stderr.splitlines() if " of 2,000" not in line] == []  # said once a minute
        batches.is_whole(out, runs)
        running.leaves_no_process()


def kill_drivers(batches, out, notes, runs, options, kill, kills):
    """Kill a batch again and again, and let it end; nothing that was done is done again."""
    done = set()
    for _ in range(kills):
        before = len(notes.read_text().split()) if notes.exists() else 0
        running = batches.start(out, runs, *options, GRIDSIM_TEST_NOTES=str(notes))
        kill(running)
        running.leaves_no_process()
        now = held(out)
        again = {int(seed) - 1 for seed in notes.read_text().split()[before:]} if notes.exists() else set()
        assert done <= now
        assert not done & again
        done = now
    before = len(notes.read_text().split())
    ended = batches.run(out, runs, *options, GRIDSIM_TEST_NOTES=str(notes))
    assert (ended.code, ended.stderr) == (0, ""), ended
    assert {int(seed) - 1 for seed in notes.read_text().split()[before:]} == set(range(runs)) - done
    if len(done) < runs:
        assert sessions(out)[-1]["missing"] == sessions(out)[-1]["ran"] == runs - len(done)
    batches.is_whole(out, runs)


@pytest.mark.slow
def test_a_killed_driver_of_threads_loses_nothing_and_repeats_nothing(batches, tmp_path, moments):
    def kill(running):
        time.sleep(moments.uniform(0.0, 0.4))
        running.send(signal.SIGKILL)
        assert running.wait().code in (-signal.SIGKILL, 0)

    kill_drivers(batches, tmp_path / "out", tmp_path / "notes", 2000, (*LOCAL, "--chunk", 20), kill, 14)


@pytest.mark.slow
def test_a_killed_driver_of_processes_loses_nothing_repeats_nothing_and_leaves_no_orphan(batches, tmp_path, moments):
    out = tmp_path / "out"

    def kill(running):
        if moments.random() < 0.7:
            begun(running, out)
            time.sleep(moments.uniform(0.0, 0.1))
        else:
            time.sleep(moments.uniform(0.0, 2.0))
        running.send(signal.SIGKILL)
        assert running.wait().code in (-signal.SIGKILL, 0)

    kill_drivers(batches, out, tmp_path / "notes", 2000, (*DASK, "--chunk", 20), kill, 6)


# Poison

ILL_STRATEGY = """
import os

ILL = os.path.exists({ill!r})


def nervous(gap_mw, scarcity, wait, approval, copies, fear, luck):
    if ILL and luck > 0.995:
        raise ValueError("ill")
    return 1.0, 1.0
"""


@pytest.mark.slow
def test_a_run_that_raises_is_recorded_alike_by_both_engines_and_is_gone_when_cured(drivers, tmp_path):
    scenario, ill = tmp_path / "nervous.yaml", tmp_path / "ill"
    scenario.write_text("extends: tiny.yaml\nstrategies: {labs: mine, mine: nervous.py:nervous}\n", encoding="utf-8")
    (tmp_path / "nervous.py").write_text(ILL_STRATEGY.format(ill=str(ill)), encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    command = ("batch", scenario, "--seeds", 150, *KEPT)
    ill.touch()
    for name, options in (("local", LOCAL), ("dask", DASK)):
        ended = drivers.run(*command, "--out", tmp_path / name, *options)
        assert ended.code == 3, ended
        assert "StrategyFault" in ended.stderr
    assert differences(tmp_path / "local", tmp_path / "dask") == []
    failures = sorted((tmp_path / "local" / "failures").iterdir())
    assert 0 < len(failures) < 100
    assert all("Traceback" in path.read_text() for path in failures)
    assert held(tmp_path / "local") == set(range(150)) - {int(path.stem) for path in failures}
    ill.unlink()
    assert drivers.run(*command, "--out", tmp_path / "healthy").code == 0
    for name in ("local", "dask"):
        ended = drivers.run(*command, "--out", tmp_path / name)
        assert (ended.code, ended.stderr) == (0, "")
        assert differences(tmp_path / name, tmp_path / "healthy") == []


@pytest.mark.slow
def test_a_run_that_kills_its_process_is_found_alone_and_is_gone_when_cured(batches, tmp_path):
    ill, out = tmp_path / "ill", tmp_path / "out"
    ill.touch()
    env = {"GRIDSIM_TEST_POISON": "8", "GRIDSIM_TEST_ILL": str(ill), "GRIDSIM_TEST_DEED": "die"}
    ended = batches.run(out, 150, *DASK, "--chunk", 4, **env)
    assert ended.code == 3, ended
    assert ended.stderr.splitlines() == [
        "gridsim: run 7 (cell 0, seed 8) failed: the process that ran it died each time: it crashed, or ran out of memory"
    ]
    assert held(out) == set(range(150)) - {7}
    ill.unlink()
    ended = batches.run(out, 150, *LOCAL, **env)
    assert (ended.code, ended.stderr) == (0, "")
    batches.is_whole(out, 150)


# Two at once


@pytest.mark.slow
def test_two_dask_batches_share_a_machine_without_a_word(batches, tmp_path):
    both = [batches.start(tmp_path / name, 330, *DASK) for name in ("first", "second")]
    for driver, name in zip(both, ("first", "second"), strict=True):
        ended = driver.wait()
        assert (ended.code, ended.stderr) == (0, "")
        batches.is_whole(tmp_path / name, 330)


def test_a_second_driver_is_refused_and_harms_nothing(batches, tmp_path):
    out = tmp_path / "out"
    first = batches.start(out, 1000, *LOCAL, "--chunk", 20)
    begun(first, out)
    second = batches.run(out, 1000, *LOCAL)
    assert first.ended() is None
    assert (second.code, second.stdout) == (2, "")
    assert second.stderr == f"gridsim: error: {out}: another batch is writing into this store; wait for it\n"
    assert first.wait().code == 0
    batches.is_whole(out, 1000)


def test_shards_at_once_and_a_reader_all_the_while(batches, tmp_path):
    out = tmp_path / "out"
    shards = [batches.start(out, 1000, *LOCAL, "--chunk", 9, "--shard", f"{i}/2") for i in (1, 2)]
    begun(shards[0], out)
    seen = []
    while not all(shard.ended() for shard in shards):
        status = batches.drivers.run("status", out, "--json")
        assert (status.code, status.stderr) == (0, "")
        seen.append(json.loads(status.stdout))
    assert all(found["damaged_parts"] == [] and 0 <= found["missing"] <= 1000 for found in seen)
    assert seen
    for shard in shards:
        assert (shard.wait().code, shard.wait().stderr) == (0, "")
    batches.is_whole(out, 1000)


def test_two_drivers_that_no_lock_keeps_apart_lose_nothing_and_end_alike(batches, tmp_path):
    out = tmp_path / "out"
    both = [batches.start(out, 600, *LOCAL, "--chunk", chunk, GRIDSIM_TEST_UNLOCKED="1") for chunk in (9, 23)]
    for driver in both:
        ended = driver.wait()
        assert (ended.code, ended.stderr) == (0, "")
    batches.is_whole(out, 600)


def test_a_batch_of_the_whole_and_one_of_a_share_exclude_each_other(batches, tmp_path):
    out = tmp_path / "out"
    for first, second in (((), ("--shard", "1/2")), (("--shard", "2/2"), ())):
        running = batches.start(out, 1000, *LOCAL, "--chunk", 20, *first)
        begun(running, out)
        refused = batches.run(out, 1000, *LOCAL, *second)
        assert running.ended() is None
        assert (refused.code, refused.stdout) == (2, "")
        assert "another batch is writing into this store" in refused.stderr
        running.send(signal.SIGKILL)
        running.wait()


# Ctrl-C


@pytest.mark.parametrize(
    ("options", "whole_group"),
    [
        pytest.param(LOCAL, False, id="threads"),
        pytest.param(DASK, False, id="processes", marks=pytest.mark.slow),
        pytest.param(DASK, True, id="processes-on-a-terminal", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_is_130_in_one_line_and_what_is_finished_stays(batches, tmp_path, options, whole_group):
    out = tmp_path / "out"
    running = batches.start(out, 2000, *options, "--chunk", 20)
    begun(running, out, parts=2)
    done = held(out)
    os.killpg(running.pid, signal.SIGINT) if whole_group else running.send(signal.SIGINT)
    ended = running.wait(60.0)
    assert (ended.code, ended.stdout, ended.stderr) == (130, "", "gridsim: interrupted\n")
    running.leaves_no_process()
    kept = held(out)
    assert done <= kept
    assert len(kept) < 2000
    assert batches.run(out, 2000, *LOCAL).code == 0
    assert sessions(out)[-1]["missing"] == 2000 - len(kept)
    batches.is_whole(out, 2000)


# A scheduler


@contextlib.contextmanager
def scheduler(folder):
    """A Dask scheduler on loopback with one worker process, and its address."""
    file = folder / "scheduler.json"
    python = [sys.executable, "-m"]
    quiet = {"env": environment(DASK_DISTRIBUTED__LOGGING__DISTRIBUTED="critical"), "cwd": ROOT}
    quiet |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    place = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    with subprocess.Popen([*python, "distributed.cli.dask_scheduler", *place], **quiet) as leader:
        until(lambda: file.exists() and file.stat().st_size > 0, 30.0)  # it is there before it is written
        work = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        with subprocess.Popen([*python, "distributed.cli.dask_worker", *work], **quiet) as worker:
            try:
                yield leader, json.loads(file.read_text())["address"]
            finally:
                leader.kill()
                worker.kill()


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_batch_in_one_line_and_it_goes_on_later(batches, tmp_path):
    out = tmp_path / "out"
    with scheduler(tmp_path) as (leader, address):
        running = batches.start(out, 2000, "--scheduler", address, "--chunk", 20)
        begun(running, out, parts=3)
        leader.kill()
        ended = running.wait(60.0)
        done = held(out)
    assert ended.code == 1, ended
    assert ended.stderr.startswith("gridsim: error: ")
    assert len(ended.stderr.splitlines()) == 1, ended
    assert "the same command goes on" in ended.stderr
    running.leaves_no_process()
    assert batches.run(out, 2000, *LOCAL).code == 0
    assert sessions(out)[-1]["missing"] <= 2000 - len(done)
    batches.is_whole(out, 2000)


def test_no_scheduler_at_the_address_is_said_in_one_line(batches, tmp_path):
    ended = batches.run(tmp_path / "out", 10, "--scheduler", "tcp://127.0.0.1:9", GRIDSIM_TEST_PATIENCE="0.5")
    assert ended.code == 1
    assert ended.stderr.startswith("gridsim: error: no Dask scheduler with workers at tcp://127.0.0.1:9")
    assert len(ended.stderr.splitlines()) == 1
