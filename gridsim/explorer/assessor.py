"""Assessments in the background: one at a time, for pages that ask how far theirs is.

What a page sends, and the answer to it, are in memory only and under a name that nobody else knows. They are gone as soon as the
page has the answer, begins another one, or has not asked for a minute.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from gridsim.explorer.simulator import Busy

A = TypeVar("A")
F = TypeVar("F")
WAITING_MAX = 4
"""Assessments that may be under way or wait for their turn."""
FORGET_SECONDS = 60.0
"""An assessment whose page has not asked for so long is dropped."""
LOOK_SECONDS = 1.0
"""Longest time that a page waits for an answer to how far its assessment is."""
Step = Callable[[str, int, int], None]
"""Takes what is done now, and how much of it: so many of so many; 0 of 0 where it cannot be counted."""


class Abandoned(Exception):
    """Nobody waits for the answer any more."""


class Progress(NamedTuple, Generic[F]):
    """How far an assessment is; in the end what was found, or why nothing could be."""

    what: str
    done: int
    of: int
    before: int = 0
    found: F | None = None
    error: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.found is not None or self.error is not None


@dataclass
class Task(Generic[A, F]):
    """What a page has sent, until the answer is there; and when it last asked."""

    viewer: str
    asked: A | None
    progress: Progress[F]
    seen: float = field(default_factory=time.monotonic)


class Assessor(Generic[A, F]):
    """Works off what pages send."""

    def __init__(self, work: Callable[[A, Step], F]) -> None:
        """By a function that makes an answer of what was sent and says how far it is."""
        self._work = work
        self._changed = threading.Condition()
        self._tasks: dict[str, Task[A, F]] = {}
        self._thread: threading.Thread | None = None

    def put(self, viewer: str, asked: A) -> str:
        """Take something on, in place of what this viewer had sent before; returns the name of the assessment.

        Raises `Busy` if too much is under way.
        """
        name = secrets.token_urlsafe(24)
        with self._changed:
            self._forget()
            for old in [key for key, task in self._tasks.items() if task.viewer == viewer]:
                del self._tasks[old]
            if len(self._tasks) >= WAITING_MAX:
                raise Busy(f"{len(self._tasks)} assessments are under way; try again in a moment")
            self._tasks[name] = Task(viewer, asked, Progress("waiting", 0, 0))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return name

    def look(self, name: str, seconds: float = LOOK_SECONDS) -> Progress[F]:
        """How far an assessment is, at the latest after so many seconds; what is over is handed out once.

        Raises ValueError if there is none of this name, or no more.
        """
        with self._changed:
            self._changed.wait_for(lambda: name not in self._tasks or self._tasks[name].progress.is_over, seconds)
            if name not in self._tasks:
                raise ValueError("this assessment is not there any more; start it again")
            task = self._tasks[name]
            task.seen = time.monotonic()
            if task.progress.is_over:
                del self._tasks[name]
            before = list(self._tasks).index(name) if name in self._tasks else 0
            return task.progress._replace(before=before)

    def _forget(self) -> None:
        """Drop what no page asks for."""
        now = time.monotonic()
        for name in [name for name, task in self._tasks.items() if now - task.seen > FORGET_SECONDS]:
            del self._tasks[name]

    def _step(self, name: str, progress: Progress[F]) -> None:
        """Keep how far a task is. Raises `Abandoned` if nobody waits for it."""
        with self._changed:
            self._forget()
            if name not in self._tasks:
                raise Abandoned
            self._tasks[name].progress = progress
            self._changed.notify_all()

    def _next(self) -> tuple[str, A]:
        """The next task, as soon as there is one; until then what no page asks for is dropped."""
        with self._changed:
            while True:
                self._forget()
                for name, task in self._tasks.items():
                    if task.asked is not None:
                        asked, task.asked = task.asked, None
                        return name, asked
                self._changed.wait(FORGET_SECONDS / 4 if self._tasks else None)

    def _run(self) -> None:
        """Work for ever."""
        while True:
            self._one(*self._next())

    def _one(self, name: str, asked: A) -> None:
        """Work one task off; neither it nor its answer is held here afterwards."""
        over: Progress[Any]
        try:
            found = self._work(asked, lambda what, done, of: self._step(name, Progress(what, done, of)))
            over = Progress("done", 1, 1, found=found)
        except Abandoned:
            return
        except Exception as error:
            over = Progress("failed", 1, 1, error=error.with_traceback(None))
        try:
            self._step(name, over)
        except Abandoned:
            return
