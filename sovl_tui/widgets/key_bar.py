"""The bottom line: the few keys that matter now. Each one can be clicked, too."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text
from textual import events

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import Lines

Key = tuple[str, str, str]
"""Key as shown, what it does in a word, action of the app."""


class KeyBar(Lines):
    """Keys from left to right; those that do not fit are left out from the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[Key, ...] = ()
        self._zones: list[tuple[int, int, str]] = []
        self._names: Mapping[str, str] = {}

    def use_names(self, names: Mapping[str, str]) -> None:
        """Show other keys for some actions: those that the user has chosen for them."""
        self._names = names
        self.redraw()

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line."""
        line = Text(" ")
        self._zones = []
        for key, label, action in self._data:
            key = self._names.get(action, key)
            if line.cell_len + len(key) + len(label) + 3 > width:
                break
            start = line.cell_len
            line.append(f" {key}", pen(ink.primary, bold=True))
            line.append(f" {label} ", pen(ink.muted))
            self._zones.append((start, line.cell_len, action))
        return [line]

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        for start, end, action in self._zones:
            if start <= event.x < end:
                await self.app.run_action(action)
