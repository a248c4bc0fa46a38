"""Nothing that is shown may be obeyed by the terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import visible

any_text = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("bell\x07 null\0 back\x08 return\r delete\x7f", "bell␇ null␀ back␈ return␍ delete␡"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("lone \ud83d", "lone \\ud83d"),
        ("日本語 é ü 👩‍👩‍👧 [bold]", "日本語 é ü 👩‍👩‍👧 [bold]"),
    ],
)
def test_shown(text, shown):
    assert visible(text) == shown


@given(any_text)
def test_no_control_character_survives(text):
    shown = visible(text)
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"]
    assert visible(shown) == shown


@given(any_text, any_text)
def test_chunks_make_no_difference(left, right):
    assert visible(left + right) == visible(left) + visible(right)
