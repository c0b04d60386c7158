"""A batch as an RO-Crate: it tells of every file, column and input, is the same twice, and leaves the store as it was."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import yaml

import gridsim
from gridsim.engine.measures import SERIES
from gridsim.study import crate
from tests.study.small import content, tiny

ROOT = Path(__file__).parents[2]
SWEEP = {"grid": {"policy.deposit_usd_per_mw": [0, 50000], "grid.areas.North.headroom_mw": [500, 900]}}
WORDS = ["--license", "CC-BY-4.0", "--author", "Josiah Carberry <0000-0002-1825-0097>", "--author", "Zoë Other"]


def made(folder: Path, seeds: int = 3) -> gridsim.Batch:
    return gridsim.run_batch(
        tiny(), range(1, seeds + 1), folder, sweep=SWEEP, twin=True, measures=["queued_mw", "power_real"]
    )


@pytest.fixture
def batch(tmp_path):
    return made(tmp_path / "batch")


def entities(batch: gridsim.Batch) -> dict[str, dict]:
    graph = json.loads((batch.folder / crate.CRATE).read_text("utf-8"))["@graph"]
    found = {one["@id"]: one for one in graph}
    assert len(found) == len(graph)
    return found


def references(value) -> list[str]:
    """Every `{"@id": ...}` inside an entity."""
    if isinstance(value, list):
        return [found for one in value for found in references(one)]
    return [value["@id"]] if isinstance(value, dict) else []


def test_it_tells_of_every_file_with_its_bytes_and_hash(call, batch):
    files = {
        path.relative_to(batch.folder).as_posix(): path
        for path in batch.folder.rglob("*")
        if path.is_file() and ".work" not in path.parts
    }
    assert call("crate", batch.folder, *WORDS)[0] == 0
    told = {name: one for name, one in entities(batch).items() if one["@type"] == "File"}
    assert set(told) == set(files)
    for name, path in files.items():
        assert told[name]["contentSize"] == str(path.stat().st_size)
        assert told[name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert told[name]["encodingFormat"]
        assert told[name]["description"]


def test_it_is_one_graph_in_which_every_reference_is_kept_and_everything_is_reached(call, batch):
    assert call("crate", batch.folder, *WORDS)[0] == 0
    found = entities(batch)
    named = {target for one in found.values() for value in one.values() for target in references(value)}
    assert named - set(found) == {crate.SPECIFICATION}
    assert set(found) - named == {crate.CRATE}
    assert found[crate.CRATE]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = found["./"]
    assert {"name", "description", "datePublished", "license", "conformsTo"} <= set(root)
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert [found[one["@id"]]["name"] for one in root["author"]] == ["Josiah Carberry", "Zoë Other"]
    assert root["author"][0]["@id"] == "https://orcid.org/0000-0002-1825-0097"


def test_it_says_what_made_the_batch_from_what_and_when(call, batch):
    assert call("crate", batch.folder)[0] == 0
    found = entities(batch)
    action = found["#batch"]
    program = found[action["instrument"]["@id"]]
    assert (program["name"], program["softwareVersion"]) == ("gridsim", batch.manifest["gridsim"])
    assert batch.manifest["model"] in found[program["citation"]["@id"]]["name"]
    inputs = {found[one["@id"]]["name"]: found[one["@id"]].get("value") for one in action["object"]}
    assert (inputs["seeds"], inputs["cells"], inputs["twin"]) == ("1 to 3", 4, True)
    assert inputs["policy.deposit_usd_per_mw"] == [0, 50000]
    assert {"batch.json", "cells.parquet"} <= {one["@id"] for one in action["object"]}
    assert {one["@id"] for one in action["result"]} == {"runs/", "months/"}
    noted = json.loads((batch.folder / "sessions.jsonl").read_text())
    assert action["startTime"] == noted["started"]
    assert action["endTime"] >= action["startTime"]
    assert found["./"]["datePublished"] == action["endTime"][:10]
    assert action["actionStatus"].endswith("/CompletedActionStatus")
    assert "error" not in action


def test_every_column_has_a_meaning_and_every_measure_its_unit(call, batch):
    assert call("crate", batch.folder)[0] == 0
    found = entities(batch)
    for table in ("runs", "months"):
        (path,) = (batch.folder / table).iterdir()
        columns = [found[one["@id"]] for one in found[f"{table}/"]["variableMeasured"]]
        assert [column["name"] for column in columns] == pq.read_schema(path).names
        assert all(column["description"] for column in columns)
        units = {column["name"]: column.get("unitText") for column in columns}
        for name, unit in units.items():
            measure = name.rpartition(".")[0] if name.endswith((".last", ".peak", ".mean")) else name
            if measure in SERIES:
                assert unit == SERIES[measure].unit, name
        assert units["policy.deposit_usd_per_mw" if table == "runs" else "queued_mw"]
    assert found["#cells/" + quote("policy.deposit_usd_per_mw")]["unitText"] == "USD/MW"


def test_the_same_store_gives_the_same_bytes_and_the_batch_takes_no_notice(call, batch, tmp_path):
    before = content(batch.folder)
    assert call("status", batch.folder, "--json")[1].count('"crate": "none"') == 1
    assert call("crate", batch.folder, *WORDS)[0] == 0
    first = (batch.folder / crate.CRATE).read_bytes()
    assert call("crate", batch.folder, *WORDS)[0] == 0
    assert (batch.folder / crate.CRATE).read_bytes() == first
    assert str(tmp_path).encode() not in first
    made(batch.folder)
    after = content(batch.folder)
    assert after.pop(crate.CRATE) == hashlib.sha256(first).hexdigest()
    assert after == before
    status = json.loads(call("status", batch.folder, "--json")[1])
    assert (status["done"], status["damaged_parts"], status["crate"]) == (24, [], "current")
    assert batch.query("select count(*) as n from runs")["n"].iloc[0] == 24


def test_an_unfinished_batch_says_so_and_one_that_went_on_is_told_from_its_crate(call, batch):
    (part,) = (batch.folder / "runs").iterdir()
    part.unlink()
    code, _, said = call("crate", batch.folder, "--license", "CC0-1.0")
    assert (code, "unfinished: 0 of 24 runs are done" in said) == (0, True)
    found = entities(batch)
    assert found["./"]["description"].startswith("UNFINISHED, 0 of 24 runs are done")
    assert found["./"]["creativeWorkStatus"] == "Incomplete"
    assert found["#batch"]["actionStatus"].endswith("/FailedActionStatus")
    assert found["#batch"]["error"] == "24 of 24 runs are not done"
    assert "runs/" not in found
    made(batch.folder)
    assert "outdated: ro-crate-metadata.json; write it again with gridsim crate" in call("status", batch.folder)[1]
    assert call("crate", batch.folder, "--license", "CC0-1.0")[0] == 0
    assert "creativeWorkStatus" not in entities(batch)["./"]
    assert "outdated" not in call("status", batch.folder)[1]
    (batch.folder / crate.CRATE).write_text("[]")
    assert "outdated" in call("status", batch.folder)[1]


def test_without_a_licence_or_a_date_it_says_that_there_is_none(call, batch):
    (batch.folder / "sessions.jsonl").write_text('broken\n{"started": 3}\n[]\n')
    code, _, said = call("crate", batch.folder, "--name", '<script>"x"</script>')
    assert (code, "no licence: " in said, "no date: " in said) == (0, True, True)
    root = entities(batch)["./"]
    assert root["license"].startswith("No licence has been chosen")
    assert root["name"] == '<script>"x"</script>'
    assert "datePublished" not in root
    assert "startTime" not in entities(batch)["#batch"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--author", "Josiah Carberry <0000-0002-1825-0098>"], "its check digit is wrong"),
        (["--author", "<0000-0002-1825-0097>"], "write a name"),
        (["--author", "A <b@c.org>"], "write a name, or a name and an ORCID"),
        (["--license", "all mine"], "write an SPDX identifier"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(call, batch, words, said):
    code, _, error = call("crate", batch.folder, *words)
    assert (code, said in error, len(error.splitlines())) == (2, True, 1)
    assert not (batch.folder / crate.CRATE).exists()


def test_what_is_no_batch_is_damaged_or_being_written_is_refused(call, batch, tmp_path):
    code, _, error = call("crate", tmp_path)
    assert (code, "no store of a batch" in error, len(error.splitlines())) == (2, True, 1)
    with batch.store.writing((1, 1)):
        code, _, error = call("crate", batch.folder)
        assert (code, "another batch is writing into this store" in error) == (2, True)
    (part,) = (batch.folder / "months").iterdir()
    part.write_bytes(part.read_bytes()[:-1])
    code, _, error = call("crate", batch.folder)
    assert (code, f"damaged: months/{part.name}" in error) == (2, True)
    assert not (batch.folder / crate.CRATE).exists()


def test_an_earlier_crate_stays_whole_when_writing_fails(call, batch, monkeypatch):
    assert call("crate", batch.folder)[0] == 0
    before = (batch.folder / crate.CRATE).read_bytes()

    def fails(*_):
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fails)
    assert call("crate", batch.folder, "--name", "other")[0] == 1
    assert (batch.folder / crate.CRATE).read_bytes() == before


def test_a_parameter_of_many_values_is_told_by_its_ends(tmp_path):
    ranges = {"beliefs.narrative_weight": {"low": 0.1, "high": 0.7}}
    sweep = {"sample": {"design": "latin_hypercube", "points": 24, "ranges": ranges}}
    batch = gridsim.run_batch(tiny(), [1], tmp_path / "b", sweep=sweep, measures=[], series=[])
    crate.write(batch)
    found = entities(batch)["#parameter/beliefs.narrative_weight"]
    assert 0.1 <= found["minValue"] < 0.15 < 0.65 < found["maxValue"] <= 0.7
    assert "value" not in found


def test_the_program_is_cited_as_in_its_citation_file(call, batch):
    assert call("crate", batch.folder)[0] == 0
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    found = entities(batch)
    text = found["#gridsim-citation"]["name"]
    assert text.startswith(f"{cited['authors'][0]['name']}. {cited['title']}. Version {cited['version']}, ")
    assert found["#gridsim"]["license"] == {"@id": f"https://spdx.org/licenses/{cited['license']}"}
