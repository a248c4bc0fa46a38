import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sovl_tui.visible import one_line, visible

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


@given(ANY_TEXT)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    shown = visible(text)
    for char in shown:
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
    shown.encode("utf-8")


@given(ANY_TEXT)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=100))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_escape_sequences_can_be_read() -> None:
    assert visible("\x1b[31mred\x1b[0m") == "␛[31mred␛[0m"


def test_direction_overrides_can_be_seen() -> None:
    assert visible("safe\u202egpj.exe") == "safe\\u202egpj.exe"
    assert visible("a\u200fb") == "a\\u200fb"


def test_windows_line_ends_are_line_breaks_and_a_lone_return_is_not() -> None:
    assert visible("one\r\ntwo") == "one\ntwo"
    assert visible("over\rwritten") == "over␍written"


def test_tabs_keep_their_columns() -> None:
    assert visible("a\tb\n\tc") == "a   b\n    c"


def test_emoji_and_scripts_that_need_joiners_stay() -> None:
    assert visible("👩‍🚀 नमस्ते") == "👩‍🚀 नमस्ते"


@given(ANY_TEXT, st.integers(2, 60))
def test_one_line_is_one_line_and_short(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert "\n" not in shown
    assert len(shown) <= limit
