"""Every code block of the README and of the pages runs, as a reader would run it, or says why it does not."""

from __future__ import annotations

import shutil

import pytest

from tests.command_line import ROOT
from tests.docs.blocks import CELL, RUN, TEXT, blocks, pages, run

ALL = {page: blocks(page) for page in pages()}
WITH_CODE = [page for page, found in ALL.items() if any(block.is_to_run for block in found)]


@pytest.mark.parametrize("source", ALL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_is_run_or_says_why_not(source):
    for block in ALL[source]:
        is_directive = block.language.startswith("{") and block.language != CELL
        known = (*RUN, *TEXT, CELL)
        assert is_directive or block.language in known, f"{block.name}: {block.language or 'no language'}"


def test_no_comment_of_a_block_stands_alone():
    """A comment that is not straight above a block would be lost, and the block would run, or seem to."""
    for page, found in ALL.items():
        text = page.read_text(encoding="utf-8")
        assert text.count("<!-- not run:") == sum(bool(block.why_not) for block in found), page
        assert text.count("<!-- needs:") == sum(bool(block.needs) for block in found), page


def test_most_blocks_do_run():
    code = [block for found in ALL.values() for block in found if block.language in (*RUN, CELL)]
    marked = [block for block in code if block.why_not]
    assert len(marked) < len(code) / 5
    assert not any(block.is_cell for block in marked)


@pytest.mark.slow
@pytest.mark.parametrize("source", WITH_CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_blocks_of_a_page_run_in_their_order(source, tmp_path, monkeypatch):
    """In a folder that holds what a checkout does for a reader, and nothing that they write lands elsewhere."""
    for name in ("configs", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    for block in ALL[source]:
        if block.is_to_run:
            run(block, names)


def test_what_goes_wrong_in_a_block_is_seen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = ROOT / "README.md"
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    wrong = {
        "python": "raise ValueError",
        "sh": "gridsim run configs/none.yaml\necho done",
        "console": "$ gridsim --version\ngridsim 0.0",
        "yaml": "extends: configs/baseline.yaml\ngrids: 1",
    }
    assert set(wrong) == set(RUN)
    (table,) = blocks(page, "```python\nprint('| baseline | 11.91 | 6.62 | 533 |')\n```\n")
    with pytest.raises(AssertionError, match="no table"):
        run(table, {})
    for language, text in wrong.items():
        (block,) = blocks(page, f"```{language}\n{text}\n```\n")
        assert block.is_to_run
        with pytest.raises((AssertionError, ValueError)):
            run(block, {})


def test_a_comment_above_a_block_keeps_it_from_running():
    page = ROOT / "README.md"
    (block,) = blocks(page, "<!-- not run: needs a cluster -->\n```sh\nsbatch x\n```\n")
    assert (block.why_not, block.is_to_run) == ("needs a cluster", False)
    (block,) = blocks(page, "<!-- not run: -->\n```sh\nsbatch x\n```\n")
    assert block.is_to_run  # a comment without a reason is none
    (block,) = blocks(page, "<!-- needs: a_library_that_is_not -->\n```python\nimport it\n```\n")
    assert not block.is_to_run
