"""Shares of one batch that run at the same time, in processes of their own, as the jobs of an array do."""

import subprocess

import pytest

import gridsim
from gridsim.study.parts import steady
from gridsim.study.plan import make_plan
from gridsim.study.store import StoreError, create
from tests.command_line import COMMAND, by_compiled_model, environment, written

TINY = "title: Tiny\nhorizon_months: 2\nactors: {utilities: {names: [A, B]}}\n"
SEEDS, SHARES = 1500, 4


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".work" not in path.parts and path.name != "sessions.jsonl"
    }


@pytest.mark.slow
def test_shares_that_run_at_the_same_time_leave_the_store_that_one_batch_leaves(tmp_path):
    by_compiled_model()
    scenario = written(tmp_path / "tiny.yaml", TINY)
    command = [*COMMAND, "batch", str(scenario), "--seeds", str(SEEDS), "--out", str(tmp_path / "shared"), "--shard"]
    jobs = [
        subprocess.Popen(
            [*command, f"{share}/{SHARES}", "--workers", "1", "--chunk", "20"],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for share in range(1, SHARES + 1)
    ]  # fmt: skip
    watched = []
    while any(job.poll() is None for job in jobs):  # a reader sees whole parts at any time
        if (tmp_path / "shared" / "batch.json").exists():
            batch = gridsim.Batch(tmp_path / "shared")
            watched.append(batch.status()["done"])
            assert batch.read("months", ["run"]).size % 2 == 0
    assert [(job.communicate()[1], job.returncode)[1] for job in jobs] == [0] * SHARES
    assert sorted(watched) == watched
    gridsim.run_batch(gridsim.load(scenario), range(1, SEEDS + 1), tmp_path / "alone")
    assert files(tmp_path / "shared") == files(tmp_path / "alone")


def test_a_store_that_another_share_is_just_making_is_taken_for_its_own(tmp_path):
    plan = make_plan(gridsim.Scenario(title="x", horizon_months=2), [1])
    for name in ("runs", "months", "failures", ".work"):
        (tmp_path / name).mkdir()
    assert create(tmp_path, plan).manifest()["runs"] == 1


def test_a_folder_with_runs_of_something_else_is_no_store_in_the_making(tmp_path):
    plan = make_plan(gridsim.Scenario(title="x", horizon_months=2), [1])
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "events.log").write_text("x")
    with pytest.raises(StoreError, match="not empty and no store"):
        create(tmp_path, plan)


def test_a_reader_looks_again_where_a_part_was_replaced_and_gives_up_where_it_stays_away():
    answers = iter([FileNotFoundError(), FileNotFoundError(), 3])

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert steady(read) == 3

    def never():
        raise FileNotFoundError("runs/000001.parquet")

    with pytest.raises(FileNotFoundError, match="000001"):
        steady(never)
