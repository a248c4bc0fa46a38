"""The list above the prompt: the ways in which the line being typed could go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual import events

from engine.commands import Completion, find
from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import Lines

ROWS = 8
"""Entries in view at a time."""


class SlashPopup(Lines):
    """Completions with a cursor. It never has the focus: the prompt hands the keys on."""

    def __init__(self, chosen: Callable[[str], None], *, id: str | None = None) -> None:
        """``chosen`` gets the whole new line when an entry is clicked."""
        super().__init__(id=id)
        self._chosen = chosen
        self._items: tuple[Completion, ...] = ()
        self._at = 0

    @property
    def is_open(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self._items)

    @property
    def current(self) -> Completion | None:
        """The entry under the cursor."""
        return self._items[self._at] if self._items else None

    def offer(self, items: Sequence[Completion]) -> None:
        """Show ``items``, or nothing at all without any."""
        kept = self.current
        self._items = tuple(items)
        self._at = next((i for i, item in enumerate(self._items) if kept and item.text == kept.text), 0)
        self.styles.height = min(ROWS, max(1, len(self._items)))
        self.display = self.is_open
        self.redraw()

    def close(self) -> None:
        """Hide."""
        if self._items:
            self.offer(())

    def move(self, step: int) -> None:
        """Move the cursor, from one end to the other."""
        if self._items:
            self._at = (self._at + step) % len(self._items)
            self.redraw()

    def _first(self) -> int:
        return max(0, min(self._at - ROWS // 2, len(self._items) - ROWS))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """One line per entry in view."""
        shown = self._items[self._first() : self._first() + height]
        labels = [_label(item) for item in shown]
        column = min(max((len(name) + len(more) + 1 for name, more in labels), default=0), width // 2)
        result = []
        for number, (item, (name, more)) in enumerate(zip(shown, labels, strict=True)):
            here = self._first() + number == self._at
            ground = ink.faint if here else ink.panel
            line = Text()
            line.append(" ❯ " if here else "   ", pen(ink.accent, on=ground, bold=True))
            line.append(name, pen(ink.primary if here else ink.foreground, on=ground, bold=here))
            line.append(f" {more}", pen(ink.muted, on=ground))
            line.truncate(column + 4, overflow="ellipsis")
            line.append(" " * max(1, column + 5 - line.cell_len), pen(ink.muted, on=ground))
            line.append(item.summary, pen(ink.muted, on=ground))
            line.truncate(width - 1, overflow="ellipsis")
            line.append(" " * (width - line.cell_len), pen(ink.muted, on=ground))
            result.append(line)
        return result

    def on_click(self, event: events.Click) -> None:
        """Choose by mouse."""
        event.stop()
        at = self._first() + event.y
        if at < len(self._items):
            self._chosen(self._items[at].text)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move with the wheel."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move with the wheel."""
        event.stop()
        self.move(-1)


def _label(item: Completion) -> tuple[str, str]:
    """The text of an entry, and the arguments that a command still takes."""
    command = find(item.text)
    arguments = command.usage[len(command.name) :].strip() if command is not None else ""
    return item.text, arguments
