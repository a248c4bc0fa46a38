from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from sovl_tui.ink import make_ink
from sovl_tui.markdown_blocks import Block, MarkdownBlocks
from sovl_tui.prose import Line, prose, verbatim
from sovl_tui.themes import DARK, LIGHT

INK = make_ink({**DARK.to_color_system().generate(), **DARK.variables}, dark=True)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=120)


def plain(lines: list[Line]) -> str:
    return "\n".join("".join(part.text for part in line).rstrip() for line in lines)


@given(ANY_TEXT, st.integers(6, 40))
def test_whatever_is_said_no_line_is_too_wide_and_no_control_is_left(text: str, width: int) -> None:
    blocks = MarkdownBlocks(text)
    blocks.finish()
    drawn = [line for block in blocks.settled for line in prose(block, width, INK)]
    for line in [*drawn, *verbatim(text, width, Style())]:
        joined = "".join(part.text for part in line)
        assert "\x1b" not in joined and "\n" not in joined and "\r" not in joined
        assert all(part.style is None or part.style.link is None for part in line)
    for line in [*verbatim(text, width, Style()), *verbatim(text, width, Style(), columns=True)]:
        assert sum(cell_len(part.text) for part in line) <= width


def test_html_is_shown_not_swallowed() -> None:
    assert plain(prose(Block("a <b>bold</b> word"), 40, INK)) == "a <b>bold</b> word"
    assert "<script>alert(1)</script>" in plain(prose(Block("<script>alert(1)</script>"), 40, INK))


def test_link_definitions_and_rich_markup_are_shown() -> None:
    assert plain(prose(Block("[a]: http://x.y"), 40, INK)) == "[a]: http://x.y"
    assert plain(prose(Block("[red]not red[/red]"), 40, INK)) == "[red]not red[/red]"


def test_links_show_where_they_lead() -> None:
    lines = prose(Block("[good](http://bad.example)"), 60, INK)
    assert plain(lines) == "good (http://bad.example)"


def test_escape_sequences_in_code_are_shown() -> None:
    assert "␛[2J" in plain(prose(Block("print('\x1b[2J')", code=True, language="python"), 40, INK))


def test_code_keeps_every_line_and_its_indentation() -> None:
    source = "\n\ndef f():\n\n    return 1\n\n"
    lines = prose(Block(source, code=True, language="python"), 40, INK)
    assert plain(lines).split("\n")[1:-1] == [("  " + line).rstrip() for line in source.split("\n")]


def test_code_is_coloured_by_the_theme_and_an_unknown_language_is_plain() -> None:
    known = prose(Block("return 1", code=True, language="python"), 40, INK)
    unknown = prose(Block("return 1", code=True, language="no-such-language"), 40, INK)
    assert {part.style.color.name for part in known[1] if part.style and part.style.color} != {
        part.style.color.name for part in unknown[1] if part.style and part.style.color
    }


def test_pieces_of_a_fence_have_one_head_and_one_foot() -> None:
    first = prose(Block("a", code=True, language="py", closes=False), 20, INK)
    second = prose(Block("b", code=True, language="py", opens=False), 20, INK)
    assert plain(first + second).split("\n") == ["  py", "  a", "  b", ""]


def test_lists_keep_their_numbers_when_cut_apart() -> None:
    assert plain(prose(Block("3. third"), 20, INK)).strip() == "3 third"


def test_wide_characters_count_double() -> None:
    assert [plain([line]) for line in verbatim("日本語日本語", 6, Style())] == ["日本語", "日本語"]


def test_an_ink_is_made_of_any_theme() -> None:
    light = make_ink({**LIGHT.to_color_system().generate(), **LIGHT.variables}, dark=False)
    assert light != INK
    assert make_ink({}, dark=True).primary.hex == "#6FD3C4"
    assert make_ink({"primary": "ansi_red", "accent": "auto 80%"}, dark=True).primary.hex == "#6FD3C4"


def test_what_goes_on_below_keeps_to_its_column() -> None:
    source = "save [path]     Saves the current state to files.\n  all of it, and what came before it, too"
    assert plain(verbatim(source, 34, Style(), columns=True)) == (
        "save [path]     Saves the current\n"
        "                state to files.\n"
        "  all of it, and what came before\n"
        "  it, too"
    )
    assert plain(verbatim(source, 24, Style(), columns=True)).startswith("save [path]     Saves\nthe current")
    assert plain(verbatim(source, 34, Style())).splitlines()[1] == "state to files."
