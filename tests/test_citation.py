"""CITATION.cff says what pyproject.toml says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

import gridsim

ROOT = Path(__file__).parents[1]


def test_the_citation_agrees_with_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "version"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == gridsim.__version__
    assert cited["license"] == project["license"]
    assert cited["keywords"] == project["keywords"]
    assert [author["name"] for author in cited["authors"]] == [author["name"] for author in project["authors"]]
