"""Stores on full and failing disks, cut, flipped, emptied, with strangers in them: what is sound stays, the rest is made anew."""

import itertools
import os
import shutil
import subprocess

import numpy as np
import pyarrow.parquet as pq
import pytest

from gridsim.config.reader import load_text
from gridsim.study.plan import make_plan
from gridsim.study.store import create
from tests.study.failing import FAULTS, Death, attempt, drafts, fresh, table_of, write
from tests.study.stores import TINY, contents, held, is_sound, parts_of, rows_of, sessions

LOCAL = ("--workers", 2)
DASK = ("--engine", "dask", "--workers", 2)

# Full disks


@pytest.fixture
def disk(tmp_path):
    """A disk of a size that can be changed; needs the right to mount one."""
    place = tmp_path / "disk"
    place.mkdir()

    def sized(size, *options):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={size}"]), "tmpfs", place])

    if shutil.which("mount") is None or os.geteuid() != 0 or sized("64k").returncode:
        pytest.skip("no right to mount a disk of its own")
    yield place, sized
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("options", [LOCAL, pytest.param(DASK, marks=pytest.mark.slow)], ids=["threads", "processes"])
def test_a_full_disk_is_said_in_one_line_and_with_room_the_batch_goes_on(batches, disk, options):
    place, sized = disk
    out = place / "out"
    sized("100k", "remount")
    ended = batches.run(out, 1000, *options, "--chunk", 30)
    assert (ended.code, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1, ended
    assert f"gridsim: error: {out}: the disk is full; " in ended.stderr
    assert "runs of this session are kept; the same command goes on" in ended.stderr
    done = held(out)
    assert done
    assert all(is_sound(path) for table in ("runs", "months") for path in parts_of(out, table))
    status = batches.drivers.run("status", out)
    assert (status.code, status.stderr) == (0, "")
    assert f"{len(done):,} done" in status.stdout
    sized("16m", "remount")
    assert batches.run(out, 1000, *LOCAL).code == 0
    assert sessions(out)[-1]["missing"] == 1000 - len(done)
    batches.is_whole(out, 1000)


@pytest.mark.parametrize("free", [0, 4096, 8192, 12288])
def test_a_disk_that_is_full_from_the_start_spoils_no_folder(batches, disk, free):
    place, sized = disk
    (place / "filler").write_bytes(bytes(65536 - free))
    ended = batches.run(place / "out", 330, *LOCAL)
    assert ended.code == 1
    assert len(ended.stderr.splitlines()) == 1, ended
    assert "the disk is full" in ended.stderr
    sized("16m", "remount")
    ended = batches.run(place / "out", 330, *LOCAL)
    assert (ended.code, ended.stderr) == (0, "")
    batches.is_whole(place / "out", 330)


# Damage


def flipped(data, place):
    """The bytes with one bit turned."""
    return data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]


DAMAGES = {
    "cut": lambda data: data[: len(data) // 2],
    "one byte short": lambda data: data[:-1],
    "one byte more": lambda data: data + b"\0",
    "empty": lambda data: b"",
    "flipped at the start": lambda data: flipped(data, 0),
    "flipped in the middle": lambda data: flipped(data, len(data) // 2),
    "flipped at the end": lambda data: flipped(data, len(data) - 1),
}


@pytest.mark.parametrize("table", ["runs", "months"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_is_named_moved_aside_and_made_anew(batches, tmp_path, table, damage):
    out = shutil.copytree(batches.undisturbed(330), tmp_path / "out")
    part = parts_of(out, table)[1]
    part.write_bytes(spoilt := DAMAGES[damage](part.read_bytes()))
    status = batches.drivers.run("status", out)
    assert status.code == 0
    assert f"damaged: {table}/{part.name}; the next batch runs it again" in status.stdout
    ended = batches.run(out, 330, *LOCAL)
    assert (ended.code, ended.stderr) == (0, "")
    assert [path.read_bytes() for path in (out / "quarantine").iterdir()] == [spoilt]
    assert sessions(out)[-1]["missing"] == 330 - len(held(batches.undisturbed(330)) - numbers_of(out, table, part.name))
    batches.is_whole(out, 330)


def numbers_of(folder, table, name):
    """The runs of a part of a whole store."""
    return set(pq.read_table(folder / table / name, columns=["run"]).column("run").to_pylist())


def test_strangers_in_a_store_are_moved_aside_or_left_alone_and_stop_nothing(batches, tmp_path):
    out = shutil.copytree(batches.undisturbed(330), tmp_path / "out")
    (out / "runs" / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "runs" / "000000.parquet").write_bytes(parts_of(out)[0].read_bytes())
    (out / "months" / "folder").mkdir()
    (out / "months" / "folder" / "file").touch()
    beyond = parts_of(out)[0].name.replace("000000", "000077", 1)
    (out / "runs" / beyond).write_bytes(parts_of(out)[0].read_bytes())
    for name in ("notes.json", "00000001.json", "99999999.json"):
        (out / "failures" / name).write_text("{", encoding="utf-8")
    status = batches.drivers.run("status", out)
    assert (status.code, status.stderr) == (0, "")
    assert [line for line in status.stdout.splitlines() if line.startswith("damaged")] == [
        f"damaged: {place}; the next batch runs it again"
        for place in ("runs/000000.parquet", f"runs/{beyond}", "runs/notes.txt", "months/folder")
    ]
    ended = batches.run(out, 330, *LOCAL)
    assert (ended.code, ended.stderr) == (0, "")
    assert len(list((out / "quarantine").iterdir())) == 4
    assert [path.name for path in (out / "failures").iterdir()] == ["notes.json"]
    (out / "failures" / "notes.json").unlink()
    batches.is_whole(out, 330)


# Calls of the system that fail, one by one


@pytest.mark.parametrize("fault", FAULTS)
def test_no_call_that_fails_while_a_part_is_written_lets_it_claim_what_is_not_there(tmp_path, fault):
    cases = 0
    for n in itertools.count(1):
        store = fresh(tmp_path / str(n))
        hit, well = attempt(lambda store=store: write(store, 0, [1, 2, 3]), n, fault)
        if not hit:
            break
        cases += 1
        assert fault is Death or drafts(store) == []
        assert held(store.root) in ([{1, 2, 3}] if well else [set(), {1, 2, 3}])
        assert all(is_sound(path) for table in ("runs", "months") for path in parts_of(store.root, table))
        with store.writing((1, 1)):
            assert drafts(store) == []
            write(store, 0, [1, 2, 3])
        assert drafts(store) == []
        assert held(store.root) == {1, 2, 3}
    assert cases >= 14


@pytest.mark.parametrize("fault", FAULTS)
def test_no_call_that_fails_while_parts_become_one_loses_a_row(tmp_path, fault):
    everything = np.ones(10, bool)
    cases = 0
    for n in itertools.count(1):
        store = fresh(tmp_path / str(n))
        for numbers in ([1, 2, 3], [3, 4], [7, 9]):
            write(store, 0, numbers)
        hit, _ = attempt(lambda store=store: store.merge(0, everything), n, fault)
        if not hit:
            break
        cases += 1
        assert held(store.root) == {1, 2, 3, 4, 7, 9}
        with store.writing((1, 1)):
            assert np.flatnonzero(store.tidy(10, np.ones(1, bool))).tolist() == [1, 2, 3, 4, 7, 9]
        assert rows_of(store.root, "runs") == rows_of(store.root, "months") == dict.fromkeys([1, 2, 3, 4, 7, 9], 1)
        assert drafts(store) == []
    assert cases >= 14


@pytest.mark.parametrize("fault", FAULTS)
def test_no_call_that_fails_while_a_store_is_made_spoils_its_folder(tmp_path, fault):
    plan = make_plan(
        load_text(TINY), range(1, 4), sweep=sweep_of({"grid": {"demand.growth_gw": [1.0, 2.0]}}), measures=[], series=[]
    )
    create(tmp_path / "good", plan)
    cases = 0
    for n in itertools.count(1):
        out = tmp_path / str(n)
        hit, _ = attempt(lambda out=out: create(out, plan), n, fault)
        if not hit:
            break
        cases += 1
        create(out, plan)
        assert contents(out) == contents(tmp_path / "good")
    assert cases >= 14


def sweep_of(found):
    """A sweep."""
    from gridsim.config.sweep import Sweep

    return Sweep.model_validate(found, by_alias=True, by_name=False)


def test_bytes_are_on_the_disk_before_their_name_and_the_name_before_the_claim(tmp_path, monkeypatch):
    store = fresh(tmp_path)
    said = []

    def noted(name, real):
        def call(*arguments):
            said.append(name)
            return real(*arguments)

        return call

    for name in ("write", "fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    store.write("runs", 0, table_of([1]))
    assert said == ["write", "fsync", "replace", "fsync"]


def test_a_disk_that_takes_little_at_a_time_gets_every_byte(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:7]))
    store = fresh(tmp_path)
    write(store, 0, [1, 2, 3])
    assert held(tmp_path) == {1, 2, 3}


def test_a_part_that_is_damaged_while_the_batch_runs_spoils_no_other(tmp_path):
    store = fresh(tmp_path)
    write(store, 0, [1, 2])
    write(store, 0, [3])
    before = contents(tmp_path)
    part = parts_of(tmp_path)[0]
    place = part.read_bytes().index(np.array([2], np.int64).tobytes()[:1], 8)
    part.write_bytes(flipped(part.read_bytes(), place))
    with pytest.raises(OSError, match="damaged"):
        store.merge(0, np.ones(4, bool))
    assert {place for place in before if contents(tmp_path).get(place) == before[place]} >= set(before) - {
        f"runs/{part.name}"
    } - {f"months/{path.name}" for path in parts_of(tmp_path, "months")}
    assert all(is_sound(path) for path in parts_of(tmp_path) if path != part)
