"""What the commands share: data to stdout, messages and progress to stderr, exit codes.

Little is imported here, and Rich only by what needs it, for every command waits for these imports.
"""

from __future__ import annotations

import math
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gridsim.config.errors import ScenarioError

DONE, FAILED, BAD_INPUT, SOME_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
LINE_SECONDS = 60.0
WIDE = 10_000  # columns of a pipe: no line is ever folded or cut


class BadInput(Exception):
    """The user asked for something that cannot be; the text says what, in one line."""


def examples(*commands: str) -> str:
    """The end of a help text: command lines to copy, one below the other."""
    return "\n".join(["\b", "[bold]Examples[/bold]", *(f"  gridsim {command}" for command in commands)])


def emit(text: str) -> None:
    """Write data to stdout."""
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")


def emit_json(data: object) -> None:
    """Write data to stdout as JSON; numbers that JSON does not know (NaN) become null."""
    import json

    emit(json.dumps(_known(data), indent=2, allow_nan=False))


def say(message: str) -> None:
    """Write a message to stderr, `gridsim: ` before it."""
    print(f"gridsim: {message}", file=sys.stderr, flush=True)


def say_problems(error: ScenarioError) -> None:
    """Write to stderr what is wrong with a scenario, a line for each problem: first file, line and column."""
    print(error, file=sys.stderr, flush=True)


def emit_table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int | None = None) -> None:
    """Write a table to stdout: text, and numbers from column `numbers_from` on.

    A line is folded on a terminal only, and only where there are no numbers: half a number would be a wrong one.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    has_numbers = numbers_from is not None
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1 if has_numbers else 2, 0, 0))
    for place, head in enumerate(heads):
        is_number = numbers_from is not None and place >= numbers_from
        table.add_column(head, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    width = None if sys.stdout.isatty() and not has_numbers else WIDE
    console = Console(file=sys.stdout, width=width, color_system=None if "NO_COLOR" in os.environ else "auto")
    with console.capture() as capture:
        console.print(table)
    emit("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Give a function that advances a bar on stderr by one; there is no bar unless stderr is a terminal."""
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        move(done, total, "")

    with moving(what) as move:
        move(0, total, "")
        yield advance


@contextmanager
def moving(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that moves a bar on stderr: to how many, of how many, and a few words.

    Where stderr is no terminal, there is a line a minute instead.
    """
    if not sys.stderr.isatty():
        yield _lines(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()),
        TextColumn("{task.fields[words]}"),
    )
    console = Console(stderr=True, color_system=None if "NO_COLOR" in os.environ else "auto")
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None, words="")
        yield lambda done, total, words: bar.update(task, completed=done, total=total, words=words)


def _lines(what: str) -> Callable[[int, int, str], None]:
    """A function that says where things stand, once a minute."""
    said = time.monotonic()

    def move(done: int, total: int, words: str) -> None:
        nonlocal said
        if time.monotonic() - said >= LINE_SECONDS:
            said = time.monotonic()
            say(f"{what}: {done:,} of {total:,}{', ' if words else ''}{words}")

    return move


def writable_folder(folder: Path) -> Path:
    """Make a folder for results unless it is there, and see that files can be written into it.

    Raises:
        BadInput: when it cannot be made or written.
    """
    import tempfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"--out {folder}: the folder cannot be written: {str(reason).lower()}") from None


def writable_file(file: Path) -> Path:
    """See that a file can be written, and make its folder unless it is there.

    Raises:
        BadInput: when it cannot.
    """
    writable_folder(file.parent)
    try:
        is_new = not file.exists()
        with file.open("a"):
            pass
        if is_new:
            file.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"--out {file}: the file cannot be written: {str(reason).lower()}") from None
    return file


def _known(data: object) -> object:
    if isinstance(data, Mapping):
        return {key: _known(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_known(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def command_line(command: str, scenario: Path, options: list[str], settings: list[str]) -> str:
    """A command on a scenario with options and overrides; without folders of this machine."""
    name = str(scenario.name if scenario.is_absolute() else scenario)
    return shlex.join(["gridsim", command, name, *options, *(word for text in settings for word in ("--set", text))])
