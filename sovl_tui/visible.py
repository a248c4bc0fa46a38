"""Text for cells: what a user or a model wrote, made harmless and laid out in columns.

:func:`engine.visible` turns everything that a terminal would obey into signs. What is left to do for a screen
of cells is to take Windows line ends as line breaks and tabs as columns.
"""

from __future__ import annotations

from engine import visible as _harmless

TAB_SIZE = 4


def visible(text: str) -> str:
    r"""``text`` with nothing left in it that a terminal would interpret or hide; the only control left is ``\n``.

    Doing it twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _harmless(text.replace("\r\n", "\n"))
    if "\t" in text:
        text = "\n".join(line.expandtabs(TAB_SIZE) for line in text.split("\n"))
    return text


def one_line(text: str, limit: int = 200) -> str:
    """``text`` made visible on a single line of at most ``limit`` characters, an ellipsis at a cut."""
    shown = visible(text[: limit + 1]).replace("\n", " ")
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
