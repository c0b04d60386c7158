"""Files that cannot be used: one clear report each, and exit code 2."""

from __future__ import annotations

import pytest

from tests.assess.test_read import CLEAN, HEAD

ROWS = CLEAN.splitlines()[1:]


def with_rows(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


def cells(row: str, **changes: str) -> str:
    """A row with other cells, by the name of the column."""
    names = HEAD.split(",")
    values = row.split(",")
    return ",".join(changes.get(name, value) for name, value in zip(names, values, strict=True))


def all_rows(**changes: str) -> str:
    return with_rows(*(cells(row, **changes) for row in ROWS))


def without(*columns: str) -> str:
    """The list without some columns."""
    names = HEAD.split(",")
    keep = [k for k, name in enumerate(names) if name not in columns]
    return "\n".join(",".join(line.split(",")[k] for k in keep) for line in CLEAN.splitlines()) + "\n"


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "the file is empty"),
    "blank": ("\n\n   \n", "the file is empty"),
    "only a header": (HEAD + "\n", "no row below it"),
    "header and blank rows": (HEAD + "\n,,,,,,,,,,\n\n", "no row below it"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00" * 20, "no text file"),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00" * 20, "no text file"),
    "utf-16": (CLEAN.encode("utf-16"), "no text file"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 9, "no text file"),
    "prose": ("Dear planner,\nplease find the queue attached.\nYours\n", "no ready mapping knows these columns"),
    "json": ('[{"id": 1, "mw": 100}]\n[{"id": 2, "mw": 100}]\n', "no ready mapping knows"),
    "html": ("<html><body>\n<table><tr><td>id</td></tr></table>\n</body></html>\n", "no ready mapping knows"),
    "yaml": ("title: a scenario\nhorizon_months: 120\nseed: 1\n", "no ready mapping knows"),
    "other columns": ("a,b,c\n1,2,3\n", "('a', 'b', 'c'); id and mw are needed"),
    "no id": (without("id"), "id and mw are needed"),
    "no size": (without("MW"), "id and mw are needed"),
    "no stage and no date": (without("status", "left", "signed", "energised"), "neither a stage nor a date"),
    "size twice": (CLEAN.replace("county", "MW", 1), "the column 'MW' is there twice"),
    "id twice": (CLEAN.replace("county", "ID", 1), "'ID' is there twice"),
    "stage twice": (CLEAN.replace("county", "status", 1), "'status' is there twice"),
    "a quote that never ends": (CLEAN.replace("A2,Acme", 'A2,"Acme', 1), "the table breaks off here"),
    "a quote inside": (CLEAN.replace("A2,Acme", 'A2,"Ac"me', 1), "the table breaks off here"),
    "one cell too many": (
        CLEAN.replace("A2,Acme", "A2,Acme, Inc.", 1),
        "queue.csv:3:1: the row has 12 cells, the header 11",
    ),
    "a huge cell": (CLEAN.replace("Acme", "x" * 20_000, 1), "breaks off here"),
    "sizes are words": (all_rows(MW="large"), "4 of 4 rows have no size above 0 here, the first 'large'"),
    "sizes are missing": (all_rows(MW=""), "4 of 4 rows have no size"),
    "sizes are zero": (all_rows(MW="0"), "no size above 0"),
    "sizes are negative": (all_rows(MW="-100"), "no size above 0"),
    "sizes are dates": (all_rows(MW="2024-01-01"), "is it the right column?"),
    "sizes are huge": (all_rows(MW="9e9"), "no size above 0"),
    "sizes are infinite": (all_rows(MW="inf"), "no size above 0"),
    "sizes are nan": (all_rows(MW="nan"), "no size above 0"),
    "sizes are formulas": (all_rows(MW="=B2*2"), "no size above 0"),
    "sizes are broken": (all_rows(MW="#REF!"), "no size above 0"),
    "sizes are ranges": (all_rows(MW="100-200"), "no size above 0"),
    "most sizes are missing": (
        with_rows(*(cells(row, MW="") for row in ROWS[:3]), ROWS[3]),
        "3 of 4 rows have no size",
    ),
    "an unknown stage": (
        CLEAN.replace("Active", "Mysterious"),
        "queue.csv:2:1 status: no stage has these words: 'Mysterious' (1 rows)",
    ),
    "a misspelt stage": (CLEAN.replace("Withdrawn", "Withdrawm"), "did you mean 'withdrawn'"),
    "many unknown stages": (with_rows(*(cells(ROWS[0], status=f"S{k}") for k in range(30))), "'S0' (1 rows)"),
    "stages are numbers": (all_rows(status="3"), "'3' (4 rows)"),
    "stages are dates": (all_rows(status="2024-01-01"), "'2024-01-01' (4 rows)"),
    "filed is no date": (all_rows(filed="soon"), "queue.csv:2:1 filed: most of these are no dates, the first 'soon'"),
    "filed is a year": (all_rows(filed="Q3"), "no dates"),
    "filed in the year 20240": (all_rows(filed="20240-01-01"), "no dates"),
    "filed in month 13 and day 45": (all_rows(filed="2024-13-45"), "no dates"),
    "filed long ago": (all_rows(filed="0001-01-01"), "no dates"),
    "filed on 30 February": (all_rows(filed="2024-02-30"), "no dates"),
    "filed in two ways": (all_rows(filed="03/04/2024"), "'03/04/2024' may be month first or day first; say which"),
    "signed in two ways": (
        CLEAN.replace("2024-02-01", "01/02/2024").replace("2021-01-01", "01/02/2021"),
        "signed: '01/02/2024' may be",
    ),
    "wanted is no date": (all_rows(wanted="asap"), "wanted: most of these are no dates, the first 'asap'"),
    "left is no date": (CLEAN.replace("2023-01-01", "gone"), "left: most of these are no dates"),
    "no date at all": (
        without("filed", "wanted", "signed", "energised", "left"),
        "no date says of which day the list is",
    ),
    "dates are all unknown": (HEAD + "\nA1,x,5,tbd,Active,n/a,,,,n,\n", "no date says of which day the list is"),
    "all are gone": (
        all_rows(status="Withdrawn", left="2023-01-01", energised="", signed=""),
        "no request on the list is open",
    ),
    "all are served": (all_rows(status="In service", left=""), "no request on the list is open"),
}


def test_there_are_fifty():
    assert len(BROKEN) >= 50


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_gets_one_clear_report(call, tmp_path, monkeypatch, name):
    text, expected = BROKEN[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queue.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    from gridsim import assess_command
    from tests.command_line import ROOT

    monkeypatch.setattr(assess_command, "BASELINE", ROOT / "configs" / "baseline.yaml")
    monkeypatch.setattr(assess_command, "WORLDS", ROOT / "configs" / "sweeps" / "posterior.yaml")
    code, printed, said = call("assess", "queue.csv")
    assert (code, printed) == (2, ""), said
    assert expected in said
    lines = [line for line in said.splitlines() if not line.startswith("gridsim: lists of")]
    assert len(lines) == 1, said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "no Parquet file"),
        (b"PAR1 and then nothing PAR1", "no Parquet file"),
        (b"id,mw\n1,2\n", "no Parquet file"),
    ],
)
def test_a_parquet_file_that_is_none(call, tmp_path, data, expected):
    path = tmp_path / "queue.parquet"
    path.write_bytes(data)
    code, printed, said = call("assess", path)
    assert (code, printed, said.count("\n")) == (2, "", 1)
    assert expected in said


def test_a_file_that_is_not_there_and_a_day_that_is_none(call, tmp_path):
    code, _, said = call("assess", tmp_path / "none.csv")
    assert (code, said.count("\n")) == (2, 1)
    assert "none.csv" in said
    path = tmp_path / "queue.csv"
    path.write_text(CLEAN)
    code, _, said = call("assess", path, "--as-of", "soon")
    assert (code, said.count("\n")) == (2, 1)
    assert "write a day as 2024-12-31" in said
