"""Choices and links: what fits in comes out again, and nothing else gets through."""

from __future__ import annotations

import base64
import zlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsim.explorer.choices import Choices, Provenance, checked, packed, parsed, query, unpacked

values = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
    st.text(max_size=60),
)
paths = st.from_regex(r"[a-z_]{1,12}(\.[a-z_0-9]{1,12}){1,3}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=300)
choices = st.builds(
    Choices,
    source=st.text(st.characters(codec="utf-8"), max_size=40),
    text=texts,
    changes=st.dictionaries(paths, values, max_size=12),
    against=st.sampled_from(["today", "opened", "honest"]),
    measure=st.text(st.characters(codec="utf-8"), max_size=60),
    view=st.text(st.characters(codec="utf-8"), max_size=30),
    seed=st.integers(0, 2**63 - 1),
    month=st.none() | st.integers(0, 600),
)


@given(choices)
def test_a_link_holds_all_choices(chosen: Choices) -> None:
    found, said = parsed("?" + query(chosen))
    assert found == chosen
    assert {path: type(value) for path, value in found.changes.items()} == {
        path: type(value) for path, value in chosen.changes.items()
    }
    assert not said.is_known()


@given(choices, st.builds(Provenance, *[st.text(st.characters(codec="utf-8"), max_size=80)] * 4))
def test_a_link_holds_where_its_numbers_come_from(chosen: Choices, said: Provenance) -> None:
    assert parsed(query(chosen, said)) == (chosen, said)


def test_an_empty_link_is_the_page_as_it_starts() -> None:
    assert query(Choices()) == ""
    assert parsed("") == parsed("?") == (Choices(), Provenance("", "", "", ""))


@pytest.mark.parametrize(
    ("search", "told"),
    [
        ("seed=-1", "seed"),
        ("seed=1e3", "seed"),
        ("seed=9999999999999999999", "seed"),
        ("month=601", "month"),
        ("against=nothing", "against"),
        ("policy.deposit_usd_per_mw=fifty", "policy.deposit_usd_per_mw"),
        ("policy.deposit_usd_per_mw=[1]", "policy.deposit_usd_per_mw"),
        ("policy.deposit_usd_per_mw=NaN", "policy.deposit_usd_per_mw"),
        ("text=%00%00", "damaged|cut off"),
        (urlencode({"text": "AAAA"}), "damaged"),
        ("scenario=" + "x" * 301, "source"),
        ("&".join(f"a.b{i}=1" for i in range(101)), "changes"),
    ],
)
def test_what_is_no_choice_is_refused_with_its_name(search: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parsed(search)


def test_a_link_cannot_unpack_into_more_than_a_scenario_may_be() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"a" * 10_000_000, 9)).decode()
    assert len(bomb) < 20_000
    with pytest.raises(ValueError, match="too long"):
        unpacked(bomb)


def test_a_cut_link_is_damaged_not_half_a_scenario() -> None:
    whole = packed("title: A market\n" * 50)
    for end in range(8, len(whole) - 8, 7):
        with pytest.raises(ValueError, match=r"damaged|cut off"):
            unpacked(whole[:end])


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        {"seed": "1"},
        {"seed": True},
        {"seed": 1.5},
        {"changes": {"a": [1]}},
        {"changes": {"a": {"b": 1}}},
        {"changes": {"a": float("inf")}},
        {"unknown": 1},
        {"text": "x" * 256_001},
        {"source": None},
    ],
)
def test_what_a_browser_sends_is_checked(data: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        checked(data)
