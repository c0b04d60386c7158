"""Assessments in the background: one at a time, bounded, each handed out once and to nobody else."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from gridsim.explorer import assessor
from gridsim.explorer.assessor import WAITING_MAX, Assessor, Step
from gridsim.explorer.simulator import Busy


class Sent:
    """What a page sends."""

    def __init__(self, text: str) -> None:
        self.text = text


class Found(str):
    """An answer."""


class Gate:
    """Work that waits until it may go on."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, sent: Sent, step: Step) -> Found:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.append(sent.text)
        try:
            step("working", 1, 3)
            assert self.open.wait(20)
            if sent.text == "bad":
                raise ValueError("line 3: no size")
            step("working", 2, 3)
            return Found(sent.text.upper())
        finally:
            self.at_once -= 1


@pytest.fixture
def gate() -> Iterator[Gate]:
    found = Gate()
    yield found
    found.open.set()


@pytest.fixture
def desk(gate: Gate) -> Assessor[Sent, Found]:
    return Assessor(gate)


def until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_an_answer_is_handed_out_once_and_only_to_who_has_its_name(desk, gate):
    name = desk.put("a", Sent("one"))
    until(lambda: gate.begun)
    under_way = desk.look(name, 0.01)
    assert (under_way.what, under_way.done, under_way.of, under_way.is_over) == ("working", 1, 3, False)
    with pytest.raises(ValueError, match="not there any more"):
        desk.look("a", 0.01)
    gate.open.set()
    assert desk.look(name, 20).found == "ONE"
    with pytest.raises(ValueError, match="not there any more"):
        desk.look(name, 0.01)


def test_a_question_waits_no_longer_than_it_may(desk):
    name = desk.put("a", Sent("one"))
    start = time.monotonic()
    assert not desk.look(name, 0.2).is_over
    assert 0.15 < time.monotonic() - start < 5


def test_one_is_worked_on_at_a_time_and_the_others_know_how_many_are_before_them(desk, gate):
    names = [desk.put(f"viewer {i}", Sent(str(i))) for i in range(3)]
    assert len(set(names)) == 3
    until(lambda: gate.begun)
    assert [desk.look(name, 0.01).before for name in names] == [0, 1, 2]
    gate.open.set()
    assert [desk.look(name, 20).found for name in names] == ["0", "1", "2"]
    assert (gate.begun, gate.most_at_once) == (["0", "1", "2"], 1)


def test_too_many_are_turned_away_and_a_viewer_has_one(desk, gate):
    for i in range(WAITING_MAX):
        desk.put(f"viewer {i}", Sent(str(i)))
    with pytest.raises(Busy, match="try again"):
        desk.put("one more", Sent("x"))
    again = desk.put(f"viewer {WAITING_MAX - 1}", Sent("again"))  # in place of the first one
    gate.open.set()
    assert desk.look(again, 20).found == "AGAIN"
    assert str(WAITING_MAX - 1) not in gate.begun


def test_what_goes_wrong_is_told_and_the_next_one_is_worked_on(desk, gate):
    gate.open.set()
    bad, good = desk.put("a", Sent("bad")), desk.put("b", Sent("good"))
    said = desk.look(bad, 20).error
    assert isinstance(said, ValueError)
    assert str(said) == "line 3: no size"
    assert said.__traceback__ is None  # it would keep what was sent
    assert desk.look(good, 20).found == "GOOD"


def test_what_nobody_asks_for_is_dropped_and_work_on_it_ends(desk, gate, monkeypatch):
    monkeypatch.setattr(assessor, "FORGET_SECONDS", 0.1)
    left = desk.put("a", Sent("left"))
    until(lambda: gate.begun)
    never = desk.put("b", Sent("never begun"))
    time.sleep(0.3)
    gate.open.set()
    until(lambda: not gate.at_once)
    for name in (left, never):
        with pytest.raises(ValueError, match="not there any more"):
            desk.look(name, 0.01)
    assert gate.begun == ["left"]


def test_an_answer_that_nobody_fetches_is_dropped(desk, gate, monkeypatch):
    monkeypatch.setattr(assessor, "FORGET_SECONDS", 0.2)
    gate.open.set()
    desk.put("a", Sent("one"))
    until(lambda: not desk._tasks)


def test_what_was_sent_is_not_kept_after_the_answer(desk, gate):
    sent = Sent("one")
    alive = weakref.ref(sent)
    name = desk.put("a", sent)
    del sent
    gate.open.set()
    assert desk.look(name, 20).found == "ONE"
    until(lambda: gc.collect() is not None and alive() is None)
