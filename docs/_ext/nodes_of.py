"""Small makers of docutils nodes: tables, code, sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docutils import nodes

Cell = Any  # text, an inline node, or a list of them: docutils has no types


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]], classes: Sequence[str] = ()) -> nodes.table:
    """A table; a cell is text, or inline nodes."""
    group = nodes.tgroup(cols=len(heads))
    group += [nodes.colspec(colwidth=1) for _ in heads]
    head, body = nodes.thead(), nodes.tbody()
    head += _row(heads)
    body += [_row(row) for row in rows]
    group += [head, body]
    out = nodes.table(classes=["generated", *classes])
    out += group
    return out


def _row(cells: Sequence[Cell]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry, paragraph = nodes.entry(), nodes.paragraph()
        if isinstance(cell, str):
            paragraph += nodes.Text(cell)
        else:
            paragraph += cell
        entry += paragraph
        row += entry
    return row


def code(text: str, target: str = "") -> nodes.literal:
    """A name as it is written; with a target, one that links can point at."""
    found = nodes.literal(text, text)
    if target:
        found["ids"].append(target)
    return found


def prose(text: str) -> list[nodes.Node]:
    """Text in which names stand in backticks, as in a docstring."""
    pieces = text.split("`")
    return [code(piece) if i % 2 else nodes.Text(piece) for i, piece in enumerate(pieces) if piece]


def breakable(path: str, target: str = "") -> list[nodes.Node]:
    """A dotted path that may be broken after each dot and underscore."""
    whole = nodes.literal("", "")
    if target:
        whole["ids"].append(target)
    for piece in path.replace("_", "_\u200b").replace(".", ".\u200b").split("\u200b"):
        whole += [nodes.Text(piece), nodes.raw("", "<wbr>", format="html")]
    whole.pop()
    return [whole]


def block(text: str, language: str) -> nodes.literal_block:
    """A block of code."""
    found = nodes.literal_block(text, text)
    found["language"] = language
    return found


def section(title: str, name: str, *content: nodes.Node) -> nodes.section:
    """A section with a heading and an id."""
    out = nodes.section(ids=[name], names=[name])
    out += [nodes.title("", title), *content]
    return out
