"""The JSON schema of mappings: what the reader takes and refuses, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gridsim.assess import mapping as mapping_module
from gridsim.assess.mapping import FURTHER, Mapping, TotalsMapping, load_mapping
from gridsim.assess.mapping_schema import mapping_schema, mapping_schema_text
from gridsim.assess.queue import COLUMNS, STAGES
from gridsim.config.errors import ScenarioError
from tests.command_line import ROOT

READY = sorted((Path(mapping_module.__file__).parent / "mappings").glob("*.yaml"))
LIST = "columns: {id: a, mw: [b, c]}\n"
TOTALS = "kind: totals\ndate: Quarter\nqueued: [a]\nsigned: [b]\n"
GOOD = {
    "a list": LIST,
    "a full list": LIST + "stages: {filed: [x]}\nfurther: {signed: {c: any, d: [y]}}\nunit: kW\ndates: [iso, excel]\n"
    "as_of: 2024-12-31\nscope: region\nonly: {Type: [z]}\ntitle: T\n",
    "totals": TOTALS,
    "full totals": TOTALS + "added: c\nremoved: d\nunit: GW\nscope: region\n",
}
BAD = {
    "no columns": "title: T\n",
    "no size": "columns: {id: a}\n",
    "another column": "columns: {id: a, mw: b, colour: c}\n",
    "another stage": LIST + "stages: {sold: [x]}\n",
    "a further stage that is none": LIST + "further: {withdrawn: {a: any}}\n",
    "neither words nor any": LIST + "further: {signed: {a: some}}\n",
    "another unit": LIST + "unit: TW\n",
    "another order": LIST + "dates: soon\n",
    "no order": LIST + "dates: []\n",
    "a day that is none": LIST + "as_of: soon\n",
    "another key": LIST + "colour: x\n",
    "a list of columns": "columns: [id, mw]\n",
    "another kind": TOTALS.replace("totals", "list"),
    "totals with columns": TOTALS + LIST,
    "totals without a date": TOTALS.replace("date: Quarter\n", ""),
    "totals of nothing": TOTALS.replace("[a]", "[]"),
}


def allows(text: str) -> bool:
    """Whether the schema does."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema comes with the libraries of the documentation")
    document = json.loads(json.dumps(yaml.safe_load(text), default=str))  # YAML makes a day of as_of, editors do not
    return bool(jsonschema.Draft202012Validator(mapping_schema()).is_valid(document))


def takes(path: Path, text: str) -> bool:
    """Whether the reader does."""
    path.write_text(text)
    try:
        load_mapping(path)
    except ScenarioError:
        return False
    return True


def test_the_committed_json_schema_of_mappings_is_the_schema():
    """Renew it with `gridsim schema --mapping > configs/gridsim.mapping.schema.json`."""
    assert (ROOT / "configs" / "gridsim.mapping.schema.json").read_text("utf-8") == mapping_schema_text()


def test_the_schema_has_both_kinds_and_every_name():
    kinds = mapping_schema()["$defs"]
    assert set(kinds["Mapping"]["properties"]) == set(Mapping.model_fields)
    assert set(kinds["TotalsMapping"]["properties"]) == set(TotalsMapping.model_fields)
    blocks = kinds["Mapping"]["properties"]
    for name, names in (("columns", COLUMNS), ("stages", STAGES), ("further", FURTHER)):
        assert tuple(blocks[name]["properties"]) == names
        assert blocks[name]["additionalProperties"] is False


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_the_schema_allows_the_ready_mappings(path):
    assert allows(path.read_text("utf-8"))


@pytest.mark.parametrize("name", GOOD)
def test_what_the_reader_takes_the_schema_allows(tmp_path, name):
    assert takes(tmp_path / "map.yaml", GOOD[name])
    assert allows(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_what_the_reader_refuses_the_schema_does_not_allow(tmp_path, name):
    assert not takes(tmp_path / "map.yaml", BAD[name])
    assert not allows(BAD[name])


def test_the_command_prints_one_schema(call):
    assert call("schema", "--mapping")[1] == mapping_schema_text()
    for words in (["--mapping", "--sweep"], ["--defaults", "--sweep"], ["--defaults", "--mapping"]):
        code, printed, said = call("schema", *words)
        assert (code, printed) == (2, "")
        assert "choose one" in said
