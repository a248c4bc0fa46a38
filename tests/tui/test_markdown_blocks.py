from hypothesis import given
from hypothesis import strategies as st

from sovl_tui.markdown_blocks import FENCE_PIECE_LINES, Block, MarkdownBlocks, blocks_of

PIECES = st.lists(
    st.sampled_from(
        ["# Head\n", "word ", "\n", "\n\n", "- item\n", "  more\n", " ", "```", "py\n", "x = 1\n", "~~~\n", "| a |"]
    ),
    max_size=40,
)


@given(PIECES)
def test_the_way_it_is_cut_into_chunks_does_not_matter(pieces: list[str]) -> None:
    whole = "".join(pieces)
    grown = MarkdownBlocks()
    for piece in pieces:
        for char in piece:
            grown.append(char)
    grown.finish()
    assert [(b.source, b.code, b.language) for b in grown.settled] == [
        (b.source, b.code, b.language) for b in blocks_of(whole)
    ]


@given(PIECES)
def test_settled_blocks_never_change(pieces: list[str]) -> None:
    blocks = MarkdownBlocks()
    before: list[Block] = []
    for piece in pieces:
        blocks.append(piece)
        assert blocks.settled[: len(before)] == before
        before = list(blocks.settled)


@given(PIECES)
def test_no_word_is_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    shown = "\n".join(f"{block.language if block.opens else ''}\n{block.source}" for block in blocks_of(text))
    for word in ("word", "item", "Head", "x = 1"):
        assert shown.count(word) == text.count(word)


def test_prose_is_cut_at_blank_lines_and_fences() -> None:
    assert blocks_of("One.\n\nTwo.\n```python\nx = 1\n```\nThree.") == [
        Block("One."),
        Block("Two."),
        Block("x = 1", code=True, language="python"),
        Block("Three."),
    ]


def test_an_indented_continuation_stays_with_its_item() -> None:
    assert blocks_of("- item\n\n  continued\n- next") == [Block("- item\n\n  continued\n- next")]


def test_a_paragraph_that_begins_with_a_space_is_a_block_of_its_own() -> None:
    # Models write such ones. Taken for a continuation, they would have the whole answer drawn anew for each token.
    assert blocks_of("One.\n\n Two.\n\n   Three.") == [Block("One."), Block(" Two."), Block("   Three.")]
    assert blocks_of("One.\n\n    code") == [Block("One.\n\n    code")]


def test_an_open_fence_shows_what_is_there() -> None:
    blocks = MarkdownBlocks("```python\nx = 1\ny =")
    assert blocks.settled == []
    assert blocks.tail == Block("x = 1\ny =", code=True, language="python", closes=False)


def test_a_long_fence_is_settled_in_pieces_that_join() -> None:
    lines = [f"line {number}" for number in range(3 * FENCE_PIECE_LINES)]
    blocks = MarkdownBlocks()
    blocks.append("```\n")
    for line in lines:
        blocks.append(line + "\n")
    assert len(blocks.settled) == 3
    blocks.append("```\n")
    blocks.finish()
    assert "\n".join(block.source for block in blocks.settled if block.source).split("\n") == lines
    assert next(block.opens for block in blocks.settled)
    assert blocks.settled[-1].closes


def test_an_indented_fence_loses_its_indentation_only() -> None:
    assert blocks_of("- see\n\n  ```py\n  if x:\n      y\n  ```\n")[-1].source == "if x:\n    y"


def test_a_fence_that_was_never_closed_is_closed_at_the_end() -> None:
    (block,) = blocks_of("```\ncode")
    assert block.closes


def test_a_fence_that_ends_the_answer_needs_no_line_break_behind_it() -> None:
    whole = [Block("x = 1", code=True, language="py")]
    assert blocks_of("```py\nx = 1\n```") == blocks_of("```py\nx = 1\n```\n") == whole
    assert MarkdownBlocks("```py\nx = 1\n```").tail == whole[0]
    long = "```\n" + "x\n" * FENCE_PIECE_LINES + "```"
    assert "".join(block.source for block in blocks_of(long)).replace("\n", "") == "x" * FENCE_PIECE_LINES
