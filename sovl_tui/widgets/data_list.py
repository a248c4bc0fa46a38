"""A list of plain data that stands still or grows: a feed, a diary, memories.

Without a cursor it follows its end while rows arrive there, until the reader scrolls away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.style import Style
from rich.text import Text
from textual.message import Message

from sovl_tui.ink import Ink
from sovl_tui.widgets.item_list import ItemList

Draw = Callable[[Any, int, Ink], Text]
"""A row on so many columns."""


class DataList(ItemList):
    """Rows of one line each; equal rows look equal. With a cursor it is a list to choose from."""

    class About(Message):
        """Something about one list; ``rows`` is the list."""

        def __init__(self, rows: DataList) -> None:
            self.rows = rows
            super().__init__()

        @property
        def control(self) -> DataList:
            """The list."""
            return self.rows

    class Pointed(About):
        """The cursor is on another row."""

    class Opened(About):
        """The row under the cursor is wanted, by Enter or a double click."""

    class Sized(About):
        """The rows have another width now; what is wrapped in them has to be wrapped anew."""

    def __init__(self, draw: Draw, *, id: str, cursor: bool = False, empty: str = "") -> None:
        """``empty`` is what stands where there are no rows."""
        super().__init__(id=id)
        self.empty = empty
        self.following = self._growing = False
        self._draw, self._pointing = draw, cursor
        self._rows: tuple[Any, ...] = ()
        self._title = ""
        if cursor:
            self._bindings.bind("enter", "open", "Open", show=False)

    # -- what is to be seen --------------------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[Any, ...]:
        """What is shown."""
        return self._rows

    @property
    def current(self) -> Any:
        """The row under the cursor; None without any."""
        return self._rows[self.cursor] if self._pointing and self._rows else None

    def show(self, rows: Sequence[Any], empty: str | None = None) -> None:
        """Show ``rows``; equal ones repaint nothing."""
        if empty is not None and empty != self.empty:
            self.empty = empty
            self.redraw()
        new = tuple(rows)
        if new != self._rows:
            self._rows = new
            self.set_count(len(new))
            self._keep_place()

    def title(self, words: str) -> None:
        """Write ``words`` into the border. Textual paints all of a list for a title, also for the same one."""
        if words != self._title:
            self._title = self.border_title = words

    def follow(self, following: bool) -> None:
        """Stay at the end from now on, or go back to the first row and stay there."""
        if following != self._growing:
            self._growing = self.following = following
            self.scroll_to_item(len(self._rows) if following else 0)

    def draw(self, index: int, width: int, ink: Ink, here: bool) -> list[Text]:
        """The row, on the ground of the cursor where that is."""
        text = self._draw(self._rows[index], width, ink)
        text.truncate(width, overflow="ellipsis")
        if here and self._pointing:
            text.append(" " * (width - text.cell_len))
            text.stylize(Style(bgcolor=(ink.panel if self.has_focus else ink.surface).hex6))
        return [text]

    # -- moving --------------------------------------------------------------------------------------------------------

    def _keep_place(self) -> None:
        if self.following:
            self.scroll_to_item(len(self._rows))
        elif self._pointing:
            self.show_cursor()

    def show_cursor(self) -> None:
        """Scroll as little as needed for the row under the cursor to be seen, where there is one."""
        if self._pointing:
            super().show_cursor()

    def move_to(self, index: int) -> None:
        """Put the cursor on row ``index`` and show it."""
        before = self.cursor
        super().move_to(index)
        if self.cursor != before:
            self.post_message(self.Pointed(self))

    def action_move(self, step: int) -> None:
        """The cursor, or the view where there is none."""
        if self._pointing:
            super().action_move(step)
        else:
            self.scroll_to_item(self.top + step)

    def action_move_page(self, pages: int) -> None:
        """A view's height, less a row to keep the place."""
        if self._pointing:
            super().action_move_page(pages)
        else:
            self.scroll_to_item(self.top + pages * max(1, self.page - 1))

    def action_move_to_end(self, direction: int) -> None:
        """The first row (-1), or the last (1)."""
        if self._pointing:
            super().action_move_to_end(direction)
        else:
            self.scroll_to_item(0 if direction < 0 else len(self._rows))

    def scrolled(self) -> None:
        """Follow the end again once it is reached."""
        if self._growing:
            self.following = self.top >= len(self._rows) - self.page

    def action_open(self) -> None:
        """Choose the row under the cursor."""
        if self._rows:
            self.post_message(self.Opened(self))

    def on_item_list_chosen(self, event: ItemList.Chosen) -> None:
        """A double click opens."""
        event.stop()
        self.action_open()

    def on_resize(self) -> None:
        """Another width."""
        self.call_after_refresh(self._keep_place)
        self.post_message(self.Sized(self))

    def on_focus(self) -> None:
        """The ground of the cursor tells where the keys go."""
        self.redraw_item(self.cursor)

    def on_blur(self) -> None:
        """The ground of the cursor tells where the keys go."""
        self.redraw_item(self.cursor)
