from __future__ import annotations

import pytest

from gridsim.figures import page, words


@pytest.mark.parametrize(
    ("mw", "text"),
    [(0, "0 MW"), (-0.2, "0 MW"), (830.4, "830 MW"), (999.6, "1.0 GW"), (4249, "4.2 GW"), (61_400, "61 GW"),
     (1_234_000, "1,234 GW"), (float("nan"), "an unknown amount")],
)  # fmt: skip
def test_power(mw: float, text: str) -> None:
    assert words.power(mw) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "$0"), (12_000, "$12,000"), (8.3e8, "$830 million"), (4.21e9, "$4.21 billion"), (9.999e8, "$1 billion"),
     (float("nan"), "an unknown sum")],
)  # fmt: skip
def test_money(usd: float, text: str) -> None:
    assert words.money(usd) == text


def test_other_words() -> None:
    assert words.calendar(2033 * 12 + 3) == "April 2033"
    assert [words.span(n) for n in (1, 12, 18, 60)] == ["1 month", "1 year", "18 months", "5 years"]
    assert [words.times(x) for x in (1.2, 11.8)] == ["1.2 times", "12 times"]
    assert [words.listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert words.months(float("nan")) == "not reached"


def test_text_of_a_page_is_escaped_and_numbers_keep_their_units() -> None:
    assert page.prose("61 GW & 3 % <b>") == "61\u00a0GW &amp; 3\u00a0% &lt;b&gt;"
    assert "</script" not in page.json_in_html('{"a": "</script>&"}')
