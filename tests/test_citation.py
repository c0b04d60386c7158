"""CITATION.cff and codemeta.json say what pyproject.toml and the package say."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

import gridsim
from gridsim import about

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def cited():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_the_citation_agrees_with_the_package(project, cited):
    assert {"cff-version", "message", "title", "authors", "version"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == gridsim.__version__ == project["version"]
    assert cited["license"] == project["license"]
    assert cited["keywords"] == project["keywords"]
    assert [author["name"] for author in cited["authors"]] == [author["name"] for author in project["authors"]]


def test_what_outputs_say_of_the_program_agrees_with_the_citation(project, cited):
    assert (project["name"], cited["title"], cited["license"]) == (about.NAME, about.TITLE, about.LICENSE)
    assert [author["name"] for author in cited["authors"]] == [about.AUTHORS]


def test_codemeta_agrees_with_the_citation_and_the_package(project, cited):
    text = (ROOT / "codemeta.json").read_text("utf-8")
    found = json.loads(text)
    assert found["@context"] == "https://w3id.org/codemeta/3.0"
    assert found["@type"] == "SoftwareSourceCode"
    assert (found["name"], found["alternateName"]) == (project["name"], cited["title"])
    assert found["version"] == gridsim.__version__
    assert found["license"] == f"https://spdx.org/licenses/{cited['license']}"
    assert [author["name"] for author in found["author"]] == [author["name"] for author in cited["authors"]]
    assert found["description"] == cited["abstract"]
    assert found["keywords"] == cited["keywords"]
    assert found["runtimePlatform"] == f"Python {project['requires-python']}"
    assert set(re.findall(r"https?://([^/\"]+)", text)) == {"w3id.org", "spdx.org"}
