"""What an empty transcript says to someone who sees it for the first time."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink, pen

_NAME = (
    ".###...##...#...#..#...",
    "#.....#..#..#...#..#...",
    ".##...#..#...#.#...#...",
    "...#..#..#...#.#...#...",
    "###....##.....#....####",
    ".......................",
)
"""The name in pixels, two of which make one cell."""
_WORDS = (
    "A living thing in your terminal.",
    "",
    "Talk to it: it answers with a language model on this machine,",
    "and learns from what you say while it sleeps.",
)
_KEYS = (("/", "commands"), ("F1", "help"), ("ctrl+p", "everything"))


def welcome(width: int, height: int, ink: Ink) -> list[Text]:
    """``height`` lines of greeting in the middle of ``width`` columns; shorter where there is less room."""
    lines: list[Text] = []
    if height >= 12 and width >= 30:
        lines += _name(ink)
        lines.append(Text())
    words = _WORDS if width >= 64 else (_WORDS[0],)
    for number, row in enumerate(words):
        lines.append(Text(row, pen(ink.foreground if number == 0 else ink.muted)))
    if height >= 8:
        lines.extend([Text(), _keys(width, ink)])
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.pad_left(max(0, (width - line.cell_len) // 2))
    above = max(0, (height - len(lines)) * 2 // 5)
    return [*(Text() for _ in range(above)), *lines]


def _keys(width: int, ink: Ink) -> Text:
    """The keys that lead to everything else, closer to each other where they would not fit."""
    for before, behind in (("  ", " "), ("", " ")):
        keys = Text()
        for key, meaning in _KEYS:
            keys.append(f"{before}{key}", pen(ink.primary, bold=True))
            keys.append(f" {meaning}{behind}", pen(ink.muted))
        if keys.cell_len <= width:
            break
    return keys


def _name(ink: Ink) -> list[Text]:
    """The name in half blocks, from one colour to another."""
    lines = []
    for upper, lower in zip(_NAME[::2], _NAME[1::2], strict=True):
        line = Text()
        for column, pair in enumerate(zip(upper, lower, strict=True)):
            colour = ink.primary.blend(ink.accent, column / (len(upper) - 1))
            sign = {("#", "#"): "█", ("#", "."): "▀", (".", "#"): "▄"}.get(pair, " ")
            line.append(sign, pen(colour))
        lines.append(line)
    return lines
