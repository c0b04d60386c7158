"""Calls of the system that fail one at a time, and small stores to try them on."""

import errno
import itertools
import os

import pyarrow as pa
import pytest

from gridsim.study.store import Store

CALLS = ("open", "write", "fsync", "replace", "close", "unlink", "mkdir")


class Death(BaseException):
    """The process dies: no call of the system follows."""


FAULTS = (errno.ENOSPC, errno.EIO, Death)


def attempt(action, n, fault):
    """Do something while the n-th call of the system fails; says whether it was reached, and whether all went well."""
    count = itertools.count(1)
    dead = False

    def faulty(real):
        def call(*arguments, **named):
            nonlocal dead
            hit = next(count) == n
            if dead or (hit and fault is Death):
                dead = True
                raise Death
            if hit:
                raise OSError(fault, os.strerror(fault))
            return real(*arguments, **named)

        return call

    with pytest.MonkeyPatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, faulty(getattr(os, name)))
        try:
            action()
            well = True
        except (OSError, Death):
            well = False
    return next(count) > n, well


def table_of(numbers):
    """Rows of some runs, of which each says its own number in other words."""
    return pa.table({"run": pa.array(numbers, pa.int64()), "half": [number / 2 for number in numbers]})


def write(store, block, numbers):
    """Write rows of both tables."""
    for table in ("months", "runs"):
        store.write(table, block, table_of(numbers))


def fresh(folder):
    """A store in an empty folder."""
    store = Store(folder)
    store.prepare_folders()
    return store


def drafts(store):
    """What writing has left behind."""
    return [path for path in store.work.iterdir() if path.suffix != ".lock"]
