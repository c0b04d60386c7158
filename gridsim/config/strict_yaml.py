"""YAML without surprises: a small, bounded and fully predictable part of YAML 1.2, read with positions.

PyYAML's own loader takes duplicate keys (the last wins), reads `no` as false, `010` as 8 and `1:30` as 90, expands
aliases without bound and recurses as deep as the text says. Here its scanner and parser are used for the syntax, and
everything above them is this module's:

- at most 256 kB of UTF-8, 20,000 nodes, 32 levels, exactly one document, which is a mapping;
- no anchors, aliases or tags; every key is text and given once; no control characters;
- plain scalars by the YAML 1.2 core schema in decimal: `null ~`, `true false`, whole numbers, floats (`1e-3` is one),
  `.inf .nan`. All else is text: `no`, `on`, `012`, `0x1f`, `1_000`, `1:30`, `2024-01`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from gridsim.config.errors import KeyPath, Problem, ScenarioError, dotted, found, literal, shorten

MAX_BYTES = 256_000
MAX_NODES = 20_000
MAX_DEPTH = 32
MAX_DIGITS = 40

_NULL = re.compile(r"(?:null|Null|NULL|~|)")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = {"inf": float("inf"), "nan": float("nan")}
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FORBIDDEN_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# What PyYAML says, and what a person can act on.
_SYNTAX = (
    ("cannot start any token", "character {found} cannot stand here; put the text in quotes"),
    ("mapping values are not allowed here", "a second ': ' here; put the text in quotes, or mend the indentation"),
    ("could not find expected ':'", "the line is neither 'key: value' nor '- item', or its indentation is wrong"),
    ("expected <block end>", "the indentation does not fit the lines above, or a quote or bracket is left open"),
    ("expected ',' or", "a comma or the closing bracket of this list or block is missing"),
    ("found unexpected end of stream", "a quote is never closed"),
    ("expected the node content", "a value is missing here"),
    (
        "sequence entries are not allowed here",
        "'- ' cannot stand here; put the text in quotes, or on a line of its own",
    ),
    ("expected '<document start>'", "something follows the end of the document"),
)


class Mark(NamedTuple):
    """A position in a file; both numbers count from 1."""

    line: int
    column: int


@dataclass
class Document:
    """One YAML file: its data, where each part of it stands, and what is wrong with it.

    Attributes:
        file: name that messages use.
        data: the mapping, or None when the file could not be read as one.
        keys: position of the key of every entry of every mapping, by path.
        values: position of every value, by path.
        problems: everything that is against the rules; the data leave such parts out or empty.
    """

    file: str
    data: dict[str, Any] | None = None
    keys: dict[KeyPath, Mark] = field(default_factory=dict)
    values: dict[KeyPath, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class _Stop(Exception):
    """Reading further makes no sense; the reason is among the problems."""


def parse(source: str | bytes, file: str = "<text>") -> Document:
    """Read one YAML document of the strict kind.

    Raises:
        ScenarioError: with every problem found; no other exception is raised, whatever the source.
    """
    document = read(source, file)
    if document.problems:
        raise ScenarioError(document.problems)
    return document


def read(source: str | bytes, file: str = "<text>") -> Document:
    """Read like `parse`, but leave the problems in the document instead of raising them."""
    document = Document(file)
    composer = _Composer(document)
    try:
        root = composer.compose(_decoded(source, composer))
        if isinstance(root, dict):
            document.data = root
        else:
            place = None if root is None else document.values[()]
            what = "the file is empty" if root is None else f"found {found(root)}"
            composer.report(place, (), f"{what}; a scenario is a mapping, lines of 'key: value'")
    except _Stop:
        pass
    return document


def parse_value(text: str, file: str) -> object:
    """Read the value of an override: YAML flow text when it starts with a bracket or quote, else one plain scalar.

    Raises:
        ScenarioError: when the text is not a value.
    """
    document = Document(file)
    composer = _Composer(document)
    value: object = None
    try:
        text = _decoded(text, composer).strip()
        value = composer.compose(text) if text[:1] in ("[", "{", '"', "'") else composer.plain(text, None, ())
    except _Stop:
        pass
    if document.problems:
        raise ScenarioError(Problem(file, None, None, "", problem.message) for problem in document.problems)
    return value


def _decoded(source: str | bytes, composer: _Composer) -> str:
    """The source as text, if it is UTF-8 and not too large."""
    try:
        raw = source.encode() if isinstance(source, str) else source
        if len(raw) > MAX_BYTES:
            composer.stop(None, f"the text has more than {MAX_BYTES:,} bytes")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        composer.stop(_mark_at(before, len(before)), "the file is not UTF-8 text")
    except UnicodeEncodeError as error:
        composer.stop(_mark_at(error.object, error.start), "the text holds half a character (a lone surrogate)")


def _mark_at(text: str, index: int) -> Mark:
    line = text.count("\n", 0, index) + 1
    return Mark(line, index - (text.rfind("\n", 0, index) + 1) + 1)


class _Composer:
    """Turns the parser's events into data, fills the document's positions and notes what is against the rules."""

    def __init__(self, document: Document):
        self._document = document
        self._events: Iterator[yaml.Event] = iter(())
        self._text = ""
        self._nodes = 0

    def compose(self, text: str) -> object:
        """Read the one document of the text; an empty text is None."""
        self._text = text
        self._events = yaml.parse(text, Loader=yaml.SafeLoader)
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        root = self._node(self._next(), (), 1)
        self._next()  # the end of the document
        following = self._next()
        if isinstance(following, yaml.DocumentStartEvent):
            self.report(_mark(following), (), "a second document starts here; a file holds one")
        return root

    def report(self, mark: Mark | None, path: KeyPath, message: str) -> None:
        """Note a problem; without a mark it is about the file as a whole."""
        line, column = mark if mark is not None else (None, None)
        self._document.problems.append(Problem(self._document.file, line, column, dotted(path), message))

    def stop(self, mark: Mark | None, message: str, path: KeyPath = ()) -> NoReturn:
        """Note a problem behind which nothing can be read."""
        self.report(mark, path, message)
        raise _Stop

    def _next(self) -> yaml.Event:
        try:
            return next(self._events)
        except yaml.MarkedYAMLError as error:
            self.stop(_error_mark(error), f"this is not YAML: {_syntax_words(error, self._text)}")
        except yaml.reader.ReaderError as error:
            place = _mark_at(self._text, error.position)
            self.stop(place, f"the control character {shorten(ascii(self._text[error.position]))} is not allowed")
        except (ValueError, OverflowError):  # an escape such as "\UFFFFFFFF", a version number of a thousand digits
            self.stop(None, "this is not YAML: a number in an escape or a directive is too large")

    def _node(self, event: yaml.Event, path: KeyPath, depth: int) -> object:
        mark = _mark(event)
        self._document.values.setdefault(path, mark)  # a key is read at the path of its block, which has its mark
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.stop(mark, f"there are more than {MAX_NODES:,} values", path)
        if isinstance(event, yaml.AliasEvent):
            self.report(mark, path, f"the alias *{event.anchor} is not allowed; write the value out, or use extends")
            return None
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self.report(mark, path, f"the anchor &{event.anchor} is not allowed; write values out, or use extends")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            tag = shorten(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self.report(mark, path, f"the tag {tag} is not allowed; write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            text = self._printable(event.value, mark, path)
            return self.plain(text, mark, path) if event.style is None else text
        if depth > MAX_DEPTH:
            self.stop(mark, f"lists and blocks are nested more than {MAX_DEPTH} deep", path[:4])
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        return self._sequence(path, depth)

    def _sequence(self, path: KeyPath, depth: int) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: KeyPath, depth: int) -> dict[str, object]:
        block: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key, mark = self._node(event, path, depth + 1), _mark(event)
            if not isinstance(key, str):
                if not isinstance(event, yaml.AliasEvent):
                    hint = "" if isinstance(key, list | dict) or key is None else "; put it in quotes"
                    self.report(mark, path, f"the key {literal(key)} is not text{hint}")
                self._node(self._next(), (*path, str(key)), depth + 1)
                continue
            here = (*path, key)
            if key in block:
                self.report(mark, here, f"the key is given twice, first in line {self._document.keys[here].line}")
            self._document.keys[here] = mark
            block[key] = self._node(self._next(), here, depth + 1)
        return block

    def _printable(self, text: str, mark: Mark, path: KeyPath) -> str:
        forbidden = _FORBIDDEN_CHARACTER.search(text)
        if forbidden:
            self.report(mark, path, f"the character {forbidden.group()!a} is not allowed")
            return _FORBIDDEN_CHARACTER.sub("?", text)
        return text

    def plain(self, text: str, mark: Mark | None, path: KeyPath) -> str | int | float | bool | None:
        """The value of an unquoted scalar by the YAML 1.2 core schema, decimal only."""
        if _NULL.fullmatch(text):
            return None
        if _BOOL.fullmatch(text):
            return text.lower() == "true"
        if _SPECIAL_FLOAT.fullmatch(text):
            value = _SPECIAL[text[-3:].lower()]
            return -value if text.startswith("-") else value
        if not _FLOAT.fullmatch(text):
            return text
        if len(text) > MAX_DIGITS:
            self.report(mark, path, f"the number {shorten(text)} has more than {MAX_DIGITS} characters")
            return 0
        if _INT.fullmatch(text):
            return int(text)
        number = float(text)
        if number in (_SPECIAL["inf"], -_SPECIAL["inf"]):
            self.report(mark, path, f"the number {text} is too large")
            return 0
        return number


def _mark(event: yaml.Event) -> Mark:
    start = event.start_mark
    return Mark(start.line + 1, start.column + 1) if start is not None else Mark(1, 1)


def _error_mark(error: yaml.MarkedYAMLError) -> Mark | None:
    """Where to look: for what is never finished where it begins, not where the text ends."""
    unfinished = re.search("end of stream|stream end|could not find expected ':'", error.problem or "")
    mark = (error.context_mark if unfinished else None) or error.problem_mark
    return Mark(mark.line + 1, mark.column + 1) if mark else None


def _syntax_words(error: yaml.MarkedYAMLError, text: str) -> str:
    """PyYAML's complaint in words that say what to do."""
    complaint = error.problem or error.context or "it cannot be read"
    index = error.problem_mark.index if error.problem_mark else 0
    character = text[index : index + 1]
    if "cannot start any token" in complaint and character == "\t":
        return "a tab stands where YAML wants spaces"
    for pattern, words in _SYNTAX:
        if pattern in complaint:
            return words.format(found=repr(character))
    return shorten(complaint, 120)
