"""Options that several commands have, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file, .yaml or .yml.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=V", help="Put value V at path A.B of the scenario. May be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON instead of a table.")]
