"""When the engine fell over: why, where the report is, and the way to start it again. The rest of the app stays up."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text
from textual import events

from engine.api import EngineFailed
from sovl_tui.ink import Ink, pen
from sovl_tui.prose import verbatim
from sovl_tui.visible import one_line
from sovl_tui.widgets.lines import Lines

_MOST_ROWS = 6
_RESTART = " ctrl+r  start again ", "restart_engine"
_QUIT = " ctrl+q  quit ", "quit"


class FailurePanel(Lines):
    """Shows one failure."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: EngineFailed | None = None
        self._button_row = -1
        self._button = _RESTART

    def show_failure(self, failure: EngineFailed) -> None:
        """Show ``failure``, as high as its words need."""
        self.display = True
        self._button = _RESTART
        self.show(failure)
        self.call_after_refresh(self._fit)

    def show_end(self) -> None:
        """Say that nothing can start again: the engine's thread is gone."""
        self._button = _QUIT
        self.redraw()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._fit()

    def _fit(self) -> None:
        if self.ink is not None and self._data is not None and self.size.width:
            rows = len(self.lines(self.size.width, _MOST_ROWS, self.ink))
            self.styles.height = rows + self.styles.gutter.height

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """What is wrong, the report, the button."""
        failure = self._data
        if failure is None:
            return []
        said = _wrapped(one_line(failure.message, 600), width - 3)
        where = _wrapped(f"report: {one_line(failure.report, 400)}", width - 3)[:2] if failure.report else []
        room = max(1, height - 1)
        if len(where) >= room:
            where = []
        rows = [
            Text.assemble(("✖  " if number == 0 else "   ", pen(ink.error, bold=True)), (line, pen(ink.foreground)))
            for number, line in enumerate(said[: room - len(where)])
        ]
        rows += [Text(f"   {line}", pen(ink.muted)) for line in where]
        self._button_row = len(rows)
        button = Text("   ")
        button.append(self._button[0], pen(ink.background, on=ink.error, bold=True))
        rows.append(button)
        return rows

    async def on_click(self, event: events.Click) -> None:
        """The button."""
        place = event.get_content_offset(self)
        if place is not None and place.y == self._button_row:
            await self.app.run_action(self._button[1])


def _wrapped(text: str, width: int) -> list[str]:
    return ["".join(part.text for part in line) for line in verbatim(text, width, Style.null())]
