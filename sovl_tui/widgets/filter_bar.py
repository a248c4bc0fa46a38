"""The conditions of a search as chips: what holds now, under which key it changes. Each one can be clicked."""

from __future__ import annotations

from rich.text import Text
from textual import events

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import Lines, spread

Chip = tuple[str, str, str, str]
"""Key, what it is about, the condition in force (empty for none), and the action that changes it."""


class FilterBar(Lines):
    """Chips from left to right, and at the right how many entries there are."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[tuple[Chip, ...], str, bool] = ((), "", False)
        self._zones: list[tuple[int, int, str]] = []

    def show_chips(self, chips: tuple[Chip, ...], count: str, busy: bool) -> None:
        """Show ``chips``; ``busy`` while more may be found."""
        self.show((chips, count, busy))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line; where there is no room for all, only conditions in force are written out."""
        chips, count, busy = self._data
        right = Text()
        right.append(f"{count}{' …' if busy else ''} ", pen(ink.warning if busy else ink.muted))
        line = self._drawn(chips, ink, terse=False)
        if line.cell_len + right.cell_len >= width:
            line = self._drawn(chips, ink, terse=True)
        return [spread(line, right, width)]

    def _drawn(self, chips: tuple[Chip, ...], ink: Ink, terse: bool) -> Text:
        line = Text()
        self._zones = []
        for key, about, value, action in chips:
            start = line.cell_len
            if value:
                line.append(f" {about} {value} ", pen(ink.background, on=ink.secondary, bold=True))
            elif terse:
                line.append(f" {key}", pen(ink.primary))
            else:
                line.append(f" {key}", pen(ink.primary))
                line.append(f" {about} ", pen(ink.muted))
            self._zones.append((start, line.cell_len, action))
        return line

    async def on_click(self, event: events.Click) -> None:
        """Change the condition under the mouse."""
        for start, end, action in self._zones:
            if start <= event.x < end:
                await self.screen.run_action(action)
