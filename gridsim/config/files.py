"""The files of a scenario: the one asked for, and those that it extends.

`extends: base.yaml` names one file, relative to the file that says so; that file may extend another, up to eight in a
chain. The chain stays inside the scenario's folder tree. The top of that tree is, of the scenario's folder and the
four above it,

1. the nearest that holds a file `gridsim.schema.json` (which also tells editors the schema), else
2. the nearest that is called `configs` or `scenarios`, else
3. the scenario's own folder.

So `configs/policies/deposit.yaml` may say `extends: ../baseline.yaml`, and a scenario in a folder of downloads cannot
reach beyond that folder. Symbolic links are followed before the check, so that a link out of the tree is refused.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from gridsim.config.errors import Problem, ScenarioError, literal
from gridsim.config.explain import did_you_mean
from gridsim.config.strict_yaml import MAX_BYTES, Document, Mark, read

CHAIN_MAX = 8
LEVELS_MAX = 4
TREE_MARKER = "gridsim.schema.json"
TREE_NAMES = ("configs", "scenarios")
SUFFIXES = (".yaml", ".yml")


class _Unusable(Exception):
    """A file that cannot be used; the text says why."""


def read_chain(path: str | os.PathLike[str]) -> list[Document]:
    """Read a scenario file and all that it extends, the outermost first and the last base last.

    The key `extends` is taken out of the data.

    Raises:
        ScenarioError: when a file cannot be read, is not strict YAML at all or extends what it must not. Milder
            problems, such as a duplicate key, stay in the documents.
    """
    shown = Path(path)
    document = read_one(shown)
    real = shown.resolve()
    root = tree_root(real)
    documents, files, names = [document], [real], [str(shown)]
    while (base := _base(document)) is not None:
        shown = Path(os.path.normpath(shown.parent / base))
        names.append(str(shown))
        try:
            real = _base_file(files[-1].parent, base, root)
            if real in files:
                raise _Unusable(f"the files extend each other in a circle: {' -> '.join(names)}")
            if len(files) == CHAIN_MAX:
                raise _Unusable(f"more than {CHAIN_MAX} files extend one another: {' -> '.join(names)}")
            content = _content(real)
        except _Unusable as error:
            raise _at_extends(document, f"{literal(base)}: {error}") from None
        document = read(content, str(shown))
        documents.append(document)
        files.append(real)
    return documents


def read_one(path: Path) -> Document:
    """Read one YAML file, whatever it extends.

    Raises:
        ScenarioError: when it cannot be read; milder problems stay in the document.
    """
    try:
        return read(_content(_regular_file(path)), str(path))
    except _Unusable as error:
        raise ScenarioError([Problem(str(path), None, None, "", str(error))]) from None


def tree_root(file: Path) -> Path:
    """The top folder that the bases of a scenario file may lie in."""
    folders = [file.parent, *file.parent.parents][: LEVELS_MAX + 1]
    marked = [folder for folder in folders if (folder / TREE_MARKER).is_file()]
    named = [folder for folder in folders if folder.name in TREE_NAMES]
    return (marked + named + folders)[0]


def _base(document: Document) -> str | None:
    """Take `extends` out of a document and give the name it holds."""
    if document.data is None:
        raise ScenarioError(document.problems)
    if "extends" not in document.data:
        return None
    base = document.data.pop("extends")
    if not isinstance(base, str) or not base:
        raise _at_extends(document, f"found {literal(base)}; write the name of one file, such as baseline.yaml")
    return base


def _at_extends(document: Document, message: str) -> ScenarioError:
    mark: Mark = document.values["extends",]
    return ScenarioError([*document.problems, Problem(document.file, *mark, "extends", message)])


def _base_file(folder: Path, base: str, root: Path) -> Path:
    if PurePosixPath(base).is_absolute() or PureWindowsPath(base).anchor:
        raise _Unusable("an absolute path is not allowed; write it relative to this file")
    try:
        real = (folder / base).resolve()
    except (OSError, RuntimeError, ValueError):  # RuntimeError: a loop of links, before Python 3.13
        raise _Unusable("there is no such file") from None
    if not real.is_relative_to(root):
        raise _Unusable(
            f"this file is outside the scenario's folder, {root.name!r}; a base lies in it, or below the nearest folder"
            f" called {' or '.join(TREE_NAMES)} or holding {TREE_MARKER}"
        )
    return _regular_file(folder / base)


def _regular_file(path: Path) -> Path:
    """The file itself, links followed, when it is a regular YAML file."""
    try:
        mode = path.stat().st_mode
        real = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, PermissionError):
            raise _Unusable("the file cannot be read: permission denied") from None
        raise _Unusable(f"there is no such file{_near_file(path)}") from None
    if stat.S_ISDIR(mode):
        raise _Unusable("this is a folder; name a file in it")
    if real.suffix.lower() not in SUFFIXES:
        raise _Unusable("a scenario's name ends in .yaml or .yml")
    if not stat.S_ISREG(mode):
        raise _Unusable("this is no regular file")
    return real


def _near_file(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix.lower() in SUFFIXES)
    except (OSError, RuntimeError, ValueError):
        return ""
    return did_you_mean(path.name, names[:1000])


def _content(file: Path) -> bytes:
    """The bytes of a file, one more than allowed when there are too many."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise _Unusable(f"the file cannot be read: {reason}") from None
