"""The command line from start to exit code. `main` is the console entry; the commands are in `gridsim.commands`.

Exit codes: 0 done, 1 failed, 2 bad input, 3 some runs of a batch failed, 130 interrupted. Little is imported here and the
rest under guard, so that Ctrl-C gives one line from the start.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from gridsim.console import BAD_INPUT, DONE, FAILED, INTERRUPTED, BadInput, say, say_problems

if TYPE_CHECKING:
    from types import FrameType

TRACEBACK_VARIABLE = "GRIDSIM_TRACEBACK"


def main(words: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of this process, and return its exit code."""

    def command() -> object:
        from gridsim.commands import app

        return app(args=words, prog_name="gridsim", standalone_mode=False)

    return run_command(command)


def script(path: str) -> int:
    """What `python analysis/NAME.py` does: `gridsim reproduce NAME`, with the options given to it; returns its exit code."""
    folder, name = os.path.split(path)
    name = name.removesuffix(".py")
    return main(["reproduce", name, "--scripts", folder or os.curdir, *sys.argv[1:]])


def run_command(command: Callable[[], object]) -> int:
    """Run a command and return its exit code; what went wrong is one line on stderr, or one for each problem.

    A traceback only with GRIDSIM_TRACEBACK=1. A reader that closes stdout early is no failure: the command goes on
    without it.
    """
    with _streams(), _interruption() as interrupted:
        try:
            code = command()
            sys.stdout.flush()
        except BaseException as error:
            code = INTERRUPTED if interrupted() else _explained(error)
        if interrupted() and code == INTERRUPTED:
            say("interrupted")
            exec("")  # makes CPython forget an interrupt inside an `exec`, for which it would end by SIGINT, not by 130
        return code if isinstance(code, int) else DONE


def _explained(error: BaseException) -> int:
    """Say what went wrong and return the exit code for it."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else FAILED if error.code else DONE
    if os.environ.get(TRACEBACK_VARIABLE, "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    if hasattr(error, "format_message"):  # bad usage, as Typer and the Click inside or beside it raise it
        context, message = getattr(error, "ctx", None), " ".join(str(error.format_message()).split())
        if message:  # none where the help has been printed for want of a command
            say(f"error: {message}")
            say(f"see: {context.command_path if context else 'gridsim'} --help")
        return BAD_INPUT
    from gridsim.config.errors import ScenarioError, StrategyError

    if isinstance(error, ScenarioError):
        say_problems(error)
        return BAD_INPUT
    if isinstance(error, (BadInput, StrategyError)):
        say(f"error: {error}")
        return BAD_INPUT
    words = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        words = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    say(f"error: {words or 'no reason given'} ({type(error).__name__})")
    return FAILED


class _Stdout:
    """Stdout whose reader may leave early, as `head` does: what is written from then on goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._leaving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._leaving():
            self._stream.flush()

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            _to_nowhere(self._stream)
        except OSError:  # a full disk; what is still in the buffer must not be tried again at exit
            _to_nowhere(self._stream)
            raise


def _to_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def _streams() -> Iterator[None]:
    """Streams that are there, write every character somehow, and do not mind a closed pipe."""
    before = sys.stdout, sys.stderr
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - as long as the process
        with suppress(AttributeError):
            getattr(sys, name).reconfigure(errors="backslashreplace")
    sys.stdout = cast("TextIO", _Stdout(sys.stdout))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether Ctrl-C was pressed.

    Libraries turn a KeyboardInterrupt into errors of their own or swallow it; this one is remembered, and raised again
    if it was lost where Python cannot raise, in a callback or a finaliser.
    """
    pressed: list[int] = []
    hook = sys.unraisablehook
    main_thread = threading.get_ident()  # signals reach Python there only

    def interrupt(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        raise KeyboardInterrupt

    def lost(found: Any) -> None:
        if pressed and issubclass(found.exc_type, KeyboardInterrupt):
            again = threading.Timer(0.02, signal.pthread_kill, (main_thread, signal.SIGINT))
            again.start()  # raised here, it would be lost again
        elif not pressed:  # else it is the interrupt in other clothes, of an import that it broke off
            hook(found)

    # Not where a caller ignores or handles it, as a shell does for a command in the background.
    is_ours = (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
        and threading.current_thread() is threading.main_thread()
    )
    if is_ours:
        signal.signal(signal.SIGINT, interrupt)
        sys.unraisablehook = lost
    try:
        yield lambda: bool(pressed)
    finally:
        if is_ours:
            sys.unraisablehook = hook
            signal.signal(signal.SIGINT, signal.SIG_IGN if pressed else signal.default_int_handler)  # once is enough
