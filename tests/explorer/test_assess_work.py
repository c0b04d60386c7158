"""The page that assesses a list says what the command says, takes no more than it may, and keeps and writes nothing."""

from __future__ import annotations

import base64
import io
import json
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import waitress.buffers
from plotly.utils import PlotlyJSONEncoder

from gridsim.assess.queue import Note
from gridsim.assess.table_file import Limits, raw_of
from gridsim.config.errors import ScenarioError
from gridsim.explorer import assess_page, assess_result, assess_work, server
from gridsim.explorer.assess_work import LIMITS, Asked, Found, Head, asked_of, assessed
from gridsim.explorer.assessor import Progress, Step
from gridsim.explorer.catalogue import catalogue
from tests.command_line import ROOT
from tests.explorer.assess_market import made

pytest.importorskip("sklearn", reason='scikit-learn: pip install "gridsim[assess]"')
LOCAL = {"base_url": "http://127.0.0.1:8050"}
QUEUE = (ROOT / "examples" / "queue.csv").read_bytes()
TOTALS = (ROOT / "examples" / "georgia_power.csv").read_bytes()


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("assess") / "configs")


@pytest.fixture(scope="module")
def work(start: Path):
    key, entries = catalogue(start)

    def run(content: bytes = QUEUE, name: str = "queue.csv", **more: Any) -> tuple[Found, list[tuple[str, int, int]]]:
        steps: list[tuple[str, int, int]] = []
        head = Head(viewer="v", name=name, **more)
        return assessed(Asked(head, content), entries, key, lambda *step: steps.append(step)), steps

    return run


@pytest.fixture(scope="module")
def found(work) -> Found:
    return work()[0]


def said_by_command(call, tmp_path: Path, start: Path, *more: Any) -> dict[str, Any]:
    worlds = start.parent / "sweeps" / "posterior.yaml"
    (tmp_path / "queue.csv").write_bytes(QUEUE)
    code, printed, said = call(
        *("assess", tmp_path / "queue.csv", "--tariff", start, "--worlds", worlds, "--json", "--out", tmp_path / "out"),
        *more,
    )
    assert code == 0, said
    data: dict[str, Any] = json.loads(printed)
    return data


def test_the_page_says_what_the_command_says(found, call, tmp_path, start):
    data = said_by_command(call, tmp_path, start, "--rule", start.parent / "policies" / "deposit.yaml")
    assert found.quote == data["quote"]
    assert [row[0] for row in found.rows] == [row["quantity"] for row in data["posterior"]]
    assert [note._asdict() for note in found.notes] == data["notes"]
    assert [chart.name for chart in found.charts] == ["parts", "years", "groups", "levers", "cloud"]
    assert {row["rule"] for row in data["rules"]} == {"A deposit"}  # the other rule is too short to be compared
    for name in set(found.files) - {"report.html"}:
        assert found.files[name] == (tmp_path / "out" / name).read_bytes(), name
    page = found.files["report.html"].decode()
    assert found.quote.split(" gridsim ")[0] in page.replace("\xa0", " ").replace("&#x27;", "'")
    assert "gridsim assess queue.csv" in page
    assert str(start.parent) not in page
    assert len(page) < 2_000_000


def test_how_far_it_is_is_told(work, found):
    _, steps = work()
    assert steps[0] == ("reading the file", 0, 0)
    assert len({what for what, _, _ in steps}) == 6


def test_simulated_lists_are_counted_while_they_are_made():
    steps = []
    one_more = assess_work.counted("lists", 3, lambda *step: steps.append(step))
    for _ in range(3):
        one_more()
    assert steps == [("lists", 1, 3), ("lists", 2, 3), ("lists", 3, 3)]


def test_the_tariff_and_the_day_count(work, found):
    dear, _ = work(tariff="policies/deposit")
    assert [row[2] for row in dear.rows] != [row[2] for row in found.rows]
    assert dear.made != found.made
    later, _ = work(as_of="2028-03-31")
    assert "on 2028-03-31" in later.quote


def test_totals_parquet_files_and_mappings_are_taken_as_well(work, found):
    totals, _ = work(TOTALS, "georgia_power.csv")
    assert totals.quote.startswith("Of 44 GW in the pipeline at the end of December 2024")
    assert set(totals.files) == {"report.html", "posterior.csv", "posterior.parquet", "notes.csv"}
    buffer = io.BytesIO()
    table = pd.read_csv(io.BytesIO(QUEUE), dtype=str)
    table.rename(columns={"capacity (MW)": "Size"}).to_parquet(buffer)
    mapping = (ROOT / "gridsim" / "assess" / "mappings" / "generic.yaml").read_text()
    named = mapping.replace("mw:", "mw: [Size] #", 1)
    parquet, _ = work(buffer.getvalue(), "queue.parquet", mapping=named, mapping_name="own.yaml")
    assert parquet.rows == found.rows
    assert "--mapping own.yaml" in parquet.files["report.html"].decode()


@pytest.mark.parametrize(("key", "content"), [("queue", QUEUE), ("georgia_power", TOTALS)])
def test_the_examples_of_the_package_are_those_of_the_folder(key, content):
    assert assess_work.example(key) == (f"{key}.csv", content)
    assert key in assess_work.EXAMPLES


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"", {}, "queue.csv: the file is empty"),
        (b"id,mw,stage\nA,x,filed\n", {}, "queue.csv:2:1 mw: 1 of 1 rows have no size above 0 here, the first 'x'"),
        (QUEUE, {"mapping": "columns: {mw: x}\n"}, "mapping.yaml:1:1 columns: columns: id must be named"),
        (QUEUE, {"mapping": "a: [", "mapping_name": "own.yaml"}, "own.yaml:1"),
        (QUEUE, {"as_of": "soon"}, "--as-of soon: write a day as 2024-12-31"),
        (QUEUE, {"tariff": "../../etc/passwd"}, "there is no scenario '../../etc/passwd' here"),
        (QUEUE, {"tariff": "policies/short"}, "horizon_months is 48; lists need"),
        (b"PAR1 none", {"name": "../q.parquet"}, "q.parquet: this is no Parquet file"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(work, content, more, said):
    with pytest.raises(ValueError, match=r".") as raised:
        work(content, **more)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "../q" not in str(raised.value)


def test_without_worlds_or_library_it_says_what_is_missing(tmp_path, monkeypatch, work):
    (tmp_path / "market.yaml").write_text("title: alone\n")
    key, entries = catalogue(tmp_path / "market.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no calibrated worlds here"):
        assessed(Asked(Head(viewer="v", example="queue"), b""), entries, key, lambda *_: None)
    monkeypatch.setattr(assess_work.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "gridsim\[assess\]"'):
        work()


def test_a_file_may_be_so_large_and_no_larger(work):
    rows = b"id,mw,stage\n" + b"A,1,filed\n" * (LIMITS.rows + 1)
    with pytest.raises(ScenarioError, match="more than 50,000 rows"):
        work(rows)
    with pytest.raises(ScenarioError, match="more than 8 MB"):
        work(b"x" * (LIMITS.file_bytes + 1))
    with pytest.raises(ValueError, match="more than 8 MB"):
        asked_of(b'{"viewer": "v"}\n' + b"x" * (LIMITS.file_bytes + 1))


def test_a_parquet_file_that_unpacks_to_much_more_is_refused():
    def packed(table: pd.DataFrame) -> bytes:
        buffer = io.BytesIO()
        table.to_parquet(buffer, compression="zstd")
        return buffer.getvalue()

    long = packed(pd.DataFrame({"id": ["x" * 100_000] * 5_000}))
    again = packed(pd.DataFrame({"id": pd.Categorical(["x" * 100_000] * 5_000)}))
    wide = packed(pd.DataFrame(np.zeros((20_000, 400)), columns=[f"c{i}" for i in range(400)]))
    assert max(len(long), len(wide)) < 1_000_000
    unpacked = "unpacked, the table has more than 100 MB"
    for content, said in ((long, unpacked), (again, unpacked), (wide, "too many cells")):
        with pytest.raises(ScenarioError, match=said):
            raw_of("queue.parquet", content, LIMITS)
    kinds = pd.DataFrame({"id": ["a", "b"], "mw": pd.Categorical([1, 2]), "stage": pd.Categorical(["filed", "filed"])})
    assert raw_of("queue.parquet", packed(kinds), LIMITS).rows == [["a", "1", "filed"], ["b", "2", "filed"]]
    lists = packed(pd.DataFrame({"id": ["a"], "more": [[1, 2]]}))
    raw = raw_of("queue.parquet", lists, Limits())
    assert (raw.header, raw.rows) == (["id"], [["a"]])
    assert raw.notes == [Note(0, "more", "no plain cells", "left out")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"viewer": ""}',
        b'{"viewer": "v", "example": "../../secret"}',
        b'{"viewer": "v", "more": 1}',
        b'{"viewer": "v", "name": 7}',
        b"\xff\xfe\n",
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(body):
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        asked_of(body)


def test_a_list_reaches_the_server_in_memory_and_its_answer_is_handed_out_once(start, monkeypatch):
    def refuse(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a file is written")

    app = server.explorer(start)
    client = app.server.test_client()
    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    body = json.dumps({"viewer": "v", "name": "secret.csv"}).encode() + b"\n" + QUEUE
    taken = client.post("/assess", data=body, content_type="application/octet-stream", **LOCAL)
    job = taken.get_json()["job"]
    assert taken.headers["Content-Security-Policy"]
    answers = [looked(app, client, {"job": job})]
    while not answers[-1]["assess-progress"]["data"]["over"]:
        assert len(answers) < 300
        answers.append(looked(app, client, {"job": job}))
    last = answers[-1]
    assert last["assess-status"]["children"] == "secret.csv is assessed."
    files = last["assess-progress"]["data"]["files"]
    assert base64.b64decode(files["posterior.parquet"]["base64"])[:4] == b"PAR1"
    assert files["posterior.csv"]["text"].startswith("quantity,meaning,low")
    again = looked(app, client, {"job": job})
    assert "not there any more" in json.dumps(again["assess-said"])


def test_the_server_writes_neither_a_large_list_nor_a_large_answer_to_a_file(app, monkeypatch):
    kept: list[Any] = []
    files: list[Any] = []
    make = waitress.create_server
    monkeypatch.setattr(waitress, "create_server", lambda *a, **k: kept.append(make(*a, **k)) or kept[0])
    monkeypatch.setattr(waitress.buffers.OverflowableBuffer, "_set_large_buffer", lambda self: files.append(self))
    port, listening = server.free_port("127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=server.serve, args=(app, "127.0.0.1", port, listening.set), daemon=True)
    thread.start()
    assert listening.wait(20)
    body = b'{"viewer": "large"}\n' + b"x" * (LIMITS.file_bytes - 1)
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/assess", body), timeout=30) as answer:
        assert "job" in json.loads(answer.read())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/export.html", timeout=60) as answer:
        assert len(answer.read()) > 1_500_000
    kept[0].trigger.pull_trigger(kept[0].close)
    thread.join(10)
    assert not thread.is_alive()
    assert files == []


def looked(app: Any, client: Any, data: Any) -> dict[str, Any]:
    """What the page is told of an assessment."""
    name = next(one for one in app.callback_map if "assess-result.children" in one)
    outputs = [dict(zip(("id", "property"), part.rsplit(".", 1), strict=True)) for part in name.strip(".").split("...")]
    body = {
        "output": name,
        "outputs": outputs,
        "inputs": [{"id": "assess-asked", "property": "data", "value": data}],
        "changedPropIds": ["assess-asked.data"],
    }
    answer = client.post("/_dash-update-component", json=body, **LOCAL)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()["response"]
    return found


@pytest.fixture(scope="module")
def app(start: Path):
    return server.explorer(start)


@pytest.mark.parametrize("data", [None, "x", [], {}, {"job": 7}, {"job": "guessed"}, {"problem": "the file <b>"}])
def test_a_question_about_nothing_is_answered_in_words(app, data):
    said = looked(app, app.server.test_client(), data)
    assert "problem" in json.dumps(said["assess-said"])
    assert said["assess-progress"]["data"]["over"]
    assert "Traceback" not in json.dumps(said)


def test_only_the_address_for_lists_takes_large_bodies_and_that_has_an_end_too(app):
    client = app.server.test_client()
    large = b"x" * (server.BODY_MAX + 1)
    assert (
        client.post("/_dash-update-component", data=large, content_type="application/json", **LOCAL).status_code == 413
    )
    assert client.post("/assess", data=large, **LOCAL).status_code == 200
    assert client.post("/assess", data=b"x" * (assess_work.BODY_MAX + 1), **LOCAL).status_code == 413
    assert client.post("/assess", data=b"x", headers={"Origin": "http://example.org"}, **LOCAL).status_code == 403
    assert client.get("/assess?viewer=v", **LOCAL).status_code in (200, 405)  # the page, or no


def test_while_a_list_is_assessed_everything_else_is_answered(start, monkeypatch):
    go_on = threading.Event()

    def slow(asked: Asked, entries: Any, key: str, step: Step) -> Found:
        step("weighing", 0, 0)
        go_on.wait(60)
        raise ValueError("enough")

    monkeypatch.setattr(assess_page, "assessed", slow)
    app = server.explorer(start)
    client = app.server.test_client()
    job = client.post("/assess", data=b'{"viewer": "v"}\n', **LOCAL).get_json()["job"]
    try:
        under_way = looked(app, client, {"job": job})
        assert under_way["assess-progress"]["data"] == {"job": job, "over": False}
        assert "assess-result" not in under_way  # what is shown stays
        assert client.get("/csv/queue.csv?view=queue", **LOCAL).status_code == 200
        assert client.post("/assess", data=b'{"viewer": "w"}\n', **LOCAL).get_json()["job"]
    finally:
        go_on.set()
    assert "enough" in json.dumps(looked(app, client, {"job": job})["assess-said"])


def text_of(component: Any) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder)


def test_the_page_shows_every_part(found):
    said = text_of(assess_result.result(found))
    for part in ("quote", "posterior", "parts", "years", "groups", "levers", "cloud", "notes", "files"):
        assert f"assess-{part}" in said, part
    assert text_of(found.quote) in said
    assert '"data-copy": "copy-paragraph"' in said
    assert '"data-take": "cite"' not in said  # it would name the scenario of the levers
    for name in found.files:
        assert f'"data-file": "{name}"' in said


def test_of_many_notes_the_page_shows_the_first_and_says_so(found):
    notes = tuple(Note(i, "mw", f"<b>{i}</b>", "left out") for i in range(1, 5001))
    said = text_of(assess_result.notes(notes))
    assert "The first 200 of 5,000; notes.csv has them all." in said
    assert "<b>200</b>" in said
    assert "<b>201</b>" not in said
    assert "Nothing had to be taken" in text_of(assess_result.notes(()))


def test_how_far_it_is_is_said_in_words():
    def words(progress: Progress[Found]) -> Any:
        return assess_page.shown(progress, {"job": "x"})[2:6]

    assert words(Progress("reading the file", 0, 0)) == ("Reading the file …", None, 1, False)
    assert words(Progress("taking lists", 3, 10)) == ("Taking lists: 3 of 10 worlds.", 3, 10, False)
    assert words(Progress("waiting", 0, 0, before=2))[0] == "Others are before you: 2."
    with pytest.raises(RuntimeError, match="the assessment failed: KeyError"):
        words(Progress("failed", 1, 1, error=KeyError("x")))
