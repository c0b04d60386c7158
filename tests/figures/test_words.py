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


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (12.3, "12"), (830_412, "830,000"), (999_700, "1.0 million"), (4.249e6, "4.2 million"),
     (65.1e6, "65 million"), (59.7e9, "60 billion"), (float("nan"), "an unknown number of")],
)  # fmt: skip
def test_count(n: float, text: str) -> None:
    assert words.count(n) == text


def test_words_of_the_compute_side() -> None:
    assert [words.gpus(n) for n in (0.0, 1.0, 62e6)] == ["0 GPUs", "1 GPU", "62 million GPUs"]
    assert words.tokens(6e10) == "60 billion tokens/s"
    assert [words.rent(x) for x in (2.35, float("nan"))] == ["$2.35 an hour", "an unknown rent"]
    assert [words.hours(x) for x in (3.42, 33.4, float("nan"))] == [
        "3.4 hours",
        "33 hours",
        "an unknown number of hours",
    ]
    assert [words.gpu_unit(n).name for n in (3.0, 3e3, 3e6)] == ["GPUs", "thousand GPUs", "million GPUs"]
    assert [words.token_unit(n).name.split()[0] for n in (3.0, 3e9, 3e12)] == ["million", "billion", "trillion"]


def test_other_words() -> None:
    assert words.calendar(2033 * 12 + 3) == "April 2033"
    assert [words.span(n) for n in (1, 12, 18, 60)] == ["1 month", "1 year", "18 months", "5 years"]
    assert [words.times(x) for x in (1.2, 11.8)] == ["1.2 times", "12 times"]
    assert [words.listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert words.months(float("nan")) == "not reached"


def test_text_of_a_page_is_escaped_and_numbers_keep_their_units() -> None:
    assert page.prose("61 GW & 3 % <b>") == "61\u00a0GW &amp; 3\u00a0% &lt;b&gt;"
    assert "</script" not in page.json_in_html('{"a": "</script>&"}')
