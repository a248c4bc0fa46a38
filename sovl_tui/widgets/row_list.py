"""A long list on Textual's line API: rows are plain data, and only those in view are ever drawn.

It follows its end while rows arrive there, until the reader scrolls away; with a cursor it is a list to choose from.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.lines import to_strip

Row = Hashable
"""What a row shows; equal rows look equal."""
Draw = Callable[[Row, int, Ink], Text]
"""A row on so many columns."""

_WHEEL_ROWS = 3


class RowList(ScrollView, can_focus=True):
    """Rows of one line each. ``index`` is where the cursor is; it stays with its row's key when rows change."""

    # In the base class a new size of the content lays out the whole screen.
    virtual_size = Reactive(Size(0, 0), layout=False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="list.up"),
        Binding("down", "move(1)", "Down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("home", "to_end(False)", "First", show=False, id="list.first"),
        Binding("end", "to_end(True)", "Last", show=False, id="list.last"),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, rows: RowList) -> None:
            self.rows = rows
            super().__init__()

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    class Sized(Moved):
        """The rows have another width now; what is wrapped in them has to be wrapped anew."""

    class Opened(Moved):
        """A row was chosen, by Enter or a second click."""

    def __init__(self, draw: Draw, *, id: str, cursor: bool = False, empty: str = "") -> None:
        """``empty`` is what stands where there are no rows."""
        super().__init__(id=id)
        self.ink: Ink | None = None
        self.index = 0
        self.following = not cursor
        self._draw, self._empty = draw, empty
        self._with_cursor = cursor
        self._rows: tuple[Row, ...] = ()
        self._strips: dict[int, Strip] = {}
        self._drawn_for: tuple[int, Ink | None] = (0, None)
        if cursor:
            self._bindings.bind("enter", "open", "Open", show=False)

    # -- what is to be seen --------------------------------------------------------------------------------------------

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    @property
    def current(self) -> Row | None:
        """The row under the cursor; None without any."""
        return self._rows[self.index] if self._with_cursor and self._rows else None

    def show(self, rows: Sequence[Row], empty: str | None = None) -> None:
        """Show ``rows``; those that are there already are not drawn again."""
        if empty is not None and empty != self._empty:
            self._empty = empty
            self.refresh()
        new = tuple(rows)
        if new == self._rows:
            return
        same = next((n for n, (a, b) in enumerate(zip(new, self._rows, strict=False)) if a != b), None)
        same = min(len(new), len(self._rows)) if same is None else same
        self._strips = {number: strip for number, strip in self._strips.items() if number < same}
        self._rows = new
        self.index = max(0, min(self.index, len(new) - 1))
        self._fit()
        self.refresh()

    def point_to(self, index: int) -> None:
        """Put the cursor on a row, and see to it that it is in view."""
        index = max(0, min(index, len(self._rows) - 1))
        if index != self.index:
            self.index = index
            self.refresh()
            self.post_message(self.Moved(self))
        self._reveal()

    def follow(self, following: bool) -> None:
        """Stay at the end from now on, or go back to the first row and stay there."""
        if following != self.following:
            self.following = following
            if not following:
                self.scroll_to(y=0, animate=False, force=True, immediate=True)
            self._fit()

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        if ink != self.ink:
            self.ink = ink
            self.refresh()

    # -- scrolling -----------------------------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _fit(self) -> None:
        """Bring the scroll range up to date, and stay at the end where that is followed."""
        size = Size(self.scrollable_content_region.width, len(self._rows))
        if not self.is_mounted or not size.width:
            return
        if self.virtual_size != size:
            self.virtual_size = size
            self._refresh_scrollbars()
            self.vertical_scrollbar.window_virtual_size = size.height
        if self.following:
            self.scroll_to(y=max(0, size.height - self._height), animate=False, force=True, immediate=True)
        elif self._with_cursor:
            self._reveal()

    def _reveal(self) -> None:
        top = round(self.scroll_y)
        if self.index < top:
            self.scroll_to(y=self.index, animate=False, force=True, immediate=True)
        elif self._height and self.index >= top + self._height:
            self.scroll_to(y=self.index - self._height + 1, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """The rows are of another width."""
        self._fit()
        self.post_message(self.Sized(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the end again once it is reached."""
        super().watch_scroll_y(old_value, new_value)
        if not self._with_cursor and round(old_value) != round(new_value):
            self.following = new_value >= len(self._rows) - self._height
        self.refresh()

    def action_move(self, step: int) -> None:
        """The cursor, or the view where there is none."""
        if self._with_cursor:
            self.point_to(self.index + step)
        else:
            self.scroll_to(y=self.scroll_y + step, animate=False, force=True, immediate=True)

    def action_page(self, pages: int) -> None:
        """A view's height, less a row to keep the place."""
        self.action_move(pages * max(1, self._height - 1))

    def action_to_end(self, end: bool) -> None:
        """The first row, or the last."""
        self.action_move(len(self._rows) if end else -len(self._rows))

    def action_open(self) -> None:
        """Choose the row under the cursor."""
        if self._rows:
            self.post_message(self.Opened(self))

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to(y=self.scroll_y - _WHEEL_ROWS, animate=False, force=True, immediate=True)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to(y=self.scroll_y + _WHEEL_ROWS, animate=False, force=True, immediate=True)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points; there already, choose the row."""
        place = event.get_content_offset(self)
        if place is None or not self._with_cursor:
            return
        row = round(self.scroll_y) + place.y
        if row == self.index and event.chain > 1:
            self.action_open()
        elif row < len(self._rows):
            self.point_to(row)

    # -- drawing -------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The strip for row ``y`` of the view."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if self.ink is None or not width:
            return Strip.blank(width, base)
        if self._drawn_for != (width, self.ink):
            self._drawn_for = width, self.ink
            self._strips.clear()
        row = round(self.scroll_y) + y
        if not self._rows and y == 0:
            return to_strip(Text(self._empty, pen(self.ink.muted, italic=True)), width).apply_style(base)
        if row >= len(self._rows):
            return Strip.blank(width, base)
        if row not in self._strips:
            text = self._draw(self._rows[row], width, self.ink)
            text.truncate(width, overflow="ellipsis")
            self._strips[row] = to_strip(text, width)
        strip = self._strips[row]
        if self._with_cursor and row == self.index:
            ground = self.ink.panel if self.has_focus else self.ink.surface
            strip = Strip(
                [type(part)(part.text, (part.style or Style.null()) + Style(bgcolor=ground.hex6)) for part in strip],
                strip.cell_length,
            )
        return strip.apply_style(base)
