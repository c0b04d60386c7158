import itertools
import json
import re
from pathlib import Path

import pytest
import yaml

from gridsim.config.export import (
    PLACEHOLDER,
    defaults_yaml,
    json_schema,
    json_schema_text,
    main,
    sweep_schema,
    sweep_schema_text,
)
from gridsim.config.reader import load_text
from gridsim.config.scenario import Scenario

CONFIGS = Path(__file__).parents[2] / "configs"
COMMITTED = CONFIGS / "gridsim.schema.json"


def fields_of(model):
    """Every field of a model and of the blocks that it holds by default, with its block's class."""
    for name, field in model.model_fields.items():
        yield model, name, field
        factory = field.default_factory
        if isinstance(factory, type):
            yield from fields_of(factory)


def test_the_defaults_as_yaml_are_the_defaults():
    scenario = load_text(defaults_yaml())
    assert scenario == Scenario(title=PLACEHOLDER)
    assert scenario.digest() == Scenario(title=PLACEHOLDER).digest()


def test_the_defaults_are_the_same_for_any_yaml_reader():
    assert Scenario.model_validate(yaml.safe_load(defaults_yaml())) == Scenario(title=PLACEHOLDER)


def test_every_parameter_stands_under_its_meaning_unit_range_and_source():
    text = defaults_yaml()
    joined = re.sub(r"\n *#   ", " ", text)  # comments that go over several lines
    for _, name, field in fields_of(Scenario):
        extra = field.json_schema_extra or {}
        assert f"{field.alias or name}:" in text
        assert field.description in joined
        if extra:
            assert f"[{extra['unit']}]" in joined
            assert f"source: {extra['source']}" in joined
    assert "# months simulated [months]; 1 to 600; source: " in joined


def test_every_key_of_the_defaults_has_a_comment_above_it():
    lines = defaults_yaml().splitlines()
    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if ":" in line and not {above.strip()[:1], line.strip()[:1]} & {"#"}
    ]
    assert bare == []


def test_no_line_of_the_defaults_is_too_long():
    assert max(map(len, defaults_yaml().splitlines())) <= 120


def test_every_field_of_the_schema_has_a_description():
    assert [f"{model.__name__}.{name}" for model, name, field in fields_of(Scenario) if not field.description] == []


def test_the_json_schema_shows_units_and_sources_under_the_keys_of_files():
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    horizon = schema["properties"]["horizon_months"]
    assert (horizon["unit"], horizon["minimum"], horizon["type"]) == ("months", 1, "integer")
    assert horizon["source"]
    assert "from" in schema["$defs"]["Tariff"]["properties"]
    assert "from_month" not in schema["$defs"]["Tariff"]["properties"]
    assert all(block["additionalProperties"] is False for block in schema["$defs"].values())
    assert json.loads(json_schema_text()) == schema


def test_the_json_schema_knows_that_a_base_may_give_the_title():
    schema = json_schema()
    assert "extends" in schema["properties"]
    assert "required" not in schema
    assert schema["anyOf"] == [{"required": ["title"]}, {"required": ["extends"]}]


@pytest.mark.skipif(not COMMITTED.exists(), reason="no schema is committed")
def test_the_committed_json_schema_is_the_schema():
    """Renew it with `python -m gridsim.config.export schema > configs/gridsim.schema.json`."""
    assert COMMITTED.read_text(encoding="utf-8") == json_schema_text()


def test_the_committed_json_schema_of_sweeps_is_the_schema():
    """Renew it with `python -m gridsim.config.export sweep > configs/gridsim.sweep.schema.json`."""
    assert (CONFIGS / "gridsim.sweep.schema.json").read_text(encoding="utf-8") == sweep_schema_text()


def test_the_json_schema_of_sweeps_has_the_keys_of_files_and_asks_for_one_of_three():
    schema = sweep_schema()
    assert {"grid", "list", "sample", "title", "description"} == set(schema["properties"])
    assert schema["anyOf"] == [{"required": [key]} for key in ("grid", "list", "sample")]
    assert set(schema["$defs"]["Sample"]["required"]) == {"design", "points", "ranges"}
    assert all(block["additionalProperties"] is False for block in schema["$defs"].values())


def test_the_module_prints_what_is_asked_for(capsys):
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == json_schema_text()
    assert main(["sweep"]) == 0
    assert capsys.readouterr().out == sweep_schema_text()
    assert main(["defaults"]) == 0
    assert capsys.readouterr().out == defaults_yaml()
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
