"""A line or two that say what just happened in a room, or what is wrong with what is being typed."""

from __future__ import annotations

from textwrap import wrap

from rich.text import Text

from sovl_tui.ink import Ink, pen
from sovl_tui.visible import one_line
from sovl_tui.widgets.lines import Lines


class MessageLine(Lines):
    """``level`` is ``hint``, ``done``, ``warning`` or ``error``; it decides colour and sign."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[str, str] = ("hint", "")

    def say(self, text: str, level: str = "hint") -> None:
        """Show ``text``."""
        self.show((level, one_line(text, 400)))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The words, on as many lines as there are."""
        level, words = self._data
        sign, colour = {
            "hint": ("", ink.muted),
            "done": ("✓ ", ink.success),
            "warning": ("! ", ink.warning),
            "error": ("✗ ", ink.error),
        }[level]
        parts = wrap(f"{sign}{words}", max(1, width - 1), max_lines=max(1, height), placeholder=" …")
        return [Text(f" {part}", pen(colour)) for part in parts]
