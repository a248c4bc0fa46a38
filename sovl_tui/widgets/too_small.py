"""What is seen when the terminal has no room for anything else."""

from __future__ import annotations

from rich.text import Text

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import Lines

LEAST = (30, 8)
"""Columns and rows from which the app can be used."""


class TooSmall(Lines):
    """A friendly word in the middle."""

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """Up to three lines, as there is room."""
        words = [
            ("(•‿•)", ink.primary),
            ("I need more room", ink.foreground),
            (f"{LEAST[0]}x{LEAST[1]} or more", ink.muted),
        ]
        words = words[: max(1, min(3, height))] if height >= 3 else [words[1]]
        lines = []
        for word, colour in words:
            line = Text(word, pen(colour))
            line.truncate(width)
            line.pad_left(max(0, (width - line.cell_len) // 2))
            lines.append(line)
        return [*(Text() for _ in range(max(0, (height - len(lines)) // 2))), *lines]
