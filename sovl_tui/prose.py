"""Text to drawn lines: verbatim text, markdown, and code, each wrapped to a width.

A line is a list of Rich segments without a background of its own, so that its place on the screen decides it. Rich's
markdown is used with raw HTML, link references and terminal hyperlinks switched off: a model's text is shown as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from sovl_tui.ink import Ink, pen
from sovl_tui.markdown_blocks import Block
from sovl_tui.visible import visible

if TYPE_CHECKING:
    from rich.syntax import SyntaxTheme

Line = list[Segment]

_NARROWEST = 4
_COLUMN_BEFORE = re.compile(r"\S+(?: \S+)* {2,}(?=\S)|\s+(?=\S)")
_LONGEST_HIGHLIGHTED_LINE = 400
"""Longer lines of code are shown without colours: highlighting them is slow and helps nobody."""


def verbatim(text: str, width: int, style: Style, *, columns: bool = False) -> list[Line]:
    """``text`` as it is, made visible and wrapped at words, one style throughout.

    With ``columns`` what does not fit into a line goes on below where its text, or its second column, began.
    """
    width = max(_NARROWEST, width)
    lines: list[Line] = []
    console = _plain_console()
    for source in visible(text).split("\n"):
        if source.isascii() and len(source) <= width:
            lines.append([Segment(source, style)])
            continue
        if cell_len(source) <= width:
            lines.append([Segment(source, style)])
            continue
        inset = _inset(source, width) if columns else 0
        wrapped = Text(source[inset:]).wrap(console, width - inset, overflow="fold")
        before = [source[:inset], *[" " * inset] * len(wrapped)]
        lines.extend(
            [Segment(first + part.plain.rstrip(), style)] for first, part in zip(before, wrapped, strict=False)
        )
    return lines


def _inset(source: str, width: int) -> int:
    """Columns before the text of a line, or before its second column; 0 where they are too many to leave out below."""
    found = _COLUMN_BEFORE.match(source)
    inset = found.end() if found else 0
    return inset if source[:inset].isascii() and inset <= width // 2 else 0


def prose(block: Block, width: int, ink: Ink) -> list[Line]:
    """A block of an answer: markdown or a piece of a code fence."""
    width = max(_NARROWEST, width)
    return _code(block, width, ink) if block.code else _markdown(block.source, width, ink)


@lru_cache(maxsize=1)
def _plain_console() -> Console:
    return Console(file=StringIO(), width=80, force_terminal=True, color_system="truecolor", legacy_windows=False)


@lru_cache(maxsize=4)
def _console(ink: Ink) -> Console:
    strong = pen(ink.foreground, bold=True)
    styles = {
        "markdown.paragraph": Style(),
        "markdown.text": Style(),
        "markdown.strong": strong,
        "markdown.em": Style(italic=True),
        "markdown.s": Style(strike=True),
        "markdown.code": pen(ink.primary),
        "markdown.block_quote": pen(ink.muted, italic=True),
        "markdown.list": Style(),
        "markdown.item": Style(),
        "markdown.item.bullet": pen(ink.accent),
        "markdown.item.number": pen(ink.accent),
        "markdown.hr": pen(ink.faint),
        "markdown.h1": pen(ink.accent, bold=True),
        "markdown.h2": pen(ink.accent, bold=True),
        "markdown.h3": pen(ink.secondary, bold=True),
        "markdown.h4": strong,
        "markdown.h5": strong,
        "markdown.h6": strong,
        "markdown.link": pen(ink.secondary),
        "markdown.link_url": pen(ink.muted),
        "markdown.table.border": pen(ink.faint),
        "markdown.table.header": pen(ink.secondary, bold=True),
        "table.header": pen(ink.secondary, bold=True),
    }
    return Console(
        file=StringIO(),
        width=80,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
        theme=Theme(styles, inherit=True),
    )


@lru_cache(maxsize=1)
def _markdown_class() -> Any:
    """Rich's markdown with our parser; imported late, since it is not needed for the first paint."""
    from markdown_it import MarkdownIt
    from rich.markdown import Heading, Markdown

    class LeftHeading(Heading):
        LEVEL_ALIGN = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "left")

    class ShownMarkdown(Markdown):
        elements: ClassVar = {**Markdown.elements, "heading_open": LeftHeading}
        parser = (
            MarkdownIt("commonmark", {"html": False})
            .enable(["strikethrough", "table"])
            .disable(["reference", "html_block", "html_inline", "image"])
        )

        def __init__(self, markup: str) -> None:
            # The base class would make a parser of its own for each block.
            self.markup, self.style, self.justify = markup, "none", None
            self.code_theme = self.inline_code_theme = "default"
            self.hyperlinks, self.inline_code_lexer = False, None
            self.parsed = self.parser.parse(markup)

    return ShownMarkdown


def _markdown(source: str, width: int, ink: Ink) -> list[Line]:
    console = _console(ink)
    options = console.options.update(width=width, max_width=width, height=None, highlight=False)
    rendered = console.render_lines(_markdown_class()(visible(source)), options, pad=False)
    lines = [[Segment(visible(part.text), part.style) for part in line if not part.control] for line in rendered]
    while lines and _is_blank(lines[-1]):
        lines.pop()
    while lines and _is_blank(lines[0]):
        del lines[0]
    return lines


def _is_blank(line: Line) -> bool:
    return not any(part.text.strip() for part in line)


def _code(block: Block, width: int, ink: Ink) -> list[Line]:
    """Code on its own ground, as wide as the answer, with the language above."""
    ground = Style(bgcolor=ink.code.hex6)
    inner = max(_NARROWEST, width - 4)
    lines: list[Line] = []

    def add(content: Line) -> None:
        used = sum(cell_len(part.text) for part in content)
        body = list(Segment.apply_style(content, ground))
        lines.append([Segment("  ", ground), *body, Segment(" " * max(0, width - 2 - used), ground)])

    if block.opens:
        add([Segment(visible(block.language)[:inner], pen(ink.muted, italic=True))])
    source = visible(block.source)
    if source or not block.opens:
        text = _highlight(source, block.language.partition(" ")[0], ink)
        console = _plain_console()
        for row in text.split("\n", allow_blank=True):
            for part in row.wrap(console, inner, overflow="fold") if cell_len(row.plain) > inner else [row]:
                add([Segment(piece.text, piece.style) for piece in part.render(console)])
    if block.closes:
        add([])
    return lines


def _highlight(source: str, language: str, ink: Ink) -> Text:
    plain = Text(source, style=pen(ink.foreground), end="")
    if not language or max(map(len, source.split("\n"))) > _LONGEST_HIGHLIGHTED_LINE:
        return plain
    from rich.syntax import Syntax

    syntax = Syntax("", language, theme=_code_theme(ink))
    if syntax.lexer is None:
        return plain
    text = syntax.highlight(source)
    text.rstrip()
    # The highlighter drops blank lines at both ends; the count of lines is kept instead.
    if text.plain != source:
        return _realigned(text, source)
    return text


def _realigned(text: Text, source: str) -> Text:
    at = source.find(text.plain)
    if at < 0:
        return Text(source, end="")
    result = Text(source[:at], end="")
    result.append_text(text)
    result.append(source[at + len(text.plain) :])
    return result


@lru_cache(maxsize=4)
def _code_theme(ink: Ink) -> SyntaxTheme:
    from pygments import token
    from rich.syntax import ANSISyntaxTheme

    return ANSISyntaxTheme(
        {
            token.Token: pen(ink.foreground),
            token.Comment: pen(ink.muted, italic=True),
            token.Keyword: pen(ink.accent),
            token.Operator: pen(ink.foreground),
            token.Operator.Word: pen(ink.accent),
            token.Name.Function: pen(ink.secondary),
            token.Name.Class: pen(ink.secondary, bold=True),
            token.Name.Builtin: pen(ink.primary),
            token.Name.Decorator: pen(ink.warning),
            token.Name.Tag: pen(ink.secondary),
            token.Name.Attribute: pen(ink.primary),
            token.String: pen(ink.success),
            token.Number: pen(ink.warning),
            token.Literal: pen(ink.warning),
            token.Generic.Deleted: pen(ink.error),
            token.Generic.Inserted: pen(ink.success),
        }
    )
