"""A small sign over the transcript that says how much is new below, and leads there."""

from __future__ import annotations

from rich.text import Text
from textual import events

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import Lines


class NewLinesChip(Lines):
    """``↓ 12 new lines``. Invisible while there are none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[int, bool] = (0, False)

    def show_rows(self, rows: int, away: bool) -> None:
        """Say that ``rows`` are new; ``away`` tells that the reader is not at the end."""
        if self._data != (rows, away):
            self.show((rows, away))
            self.styles.width = len(self._words)
            self.visible = away

    @property
    def _words(self) -> str:
        rows, _ = self._data
        return f" ↓ {rows} new line{'' if rows == 1 else 's'} " if rows else " ↓ newest "

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The chip."""
        rows, _ = self._data
        return [Text(self._words, pen(ink.background, on=ink.accent if rows else ink.secondary, bold=True))]

    async def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        await self.app.run_action("screen.newest")
