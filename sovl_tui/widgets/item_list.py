"""A list with a cursor on Textual's line API, for a hundred rows or a million: only what is in view is ever drawn.

It scrolls by items. An item may take several lines; where each one begins is found out from the top of the view down,
so nothing has to be known about items that are out of view.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from sovl_tui.ink import Ink, pen
from sovl_tui.widgets.line_view import LineView
from sovl_tui.widgets.lines import to_strip

_WHEEL_ITEMS = 3
_MOST_CACHED = 400
"""Items kept as they were drawn, some pages. Each strip is a dozen objects, and the search for garbage looks at all."""


class ItemList(LineView):
    """Items from top to bottom. A subclass says how many there are, and draws one at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+b", "move_page(-1)", "Page up", show=False),
        Binding("ctrl+f", "move_page(1)", "Page down", show=False),
    ]

    class Moved(Message):
        """The cursor is somewhere else, or something else is under it."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest of those that wait counts."""
            return isinstance(message, type(self))

    class Chosen(Message):
        """The item under the cursor is wanted: by double click."""

    tall = False
    """Whether items may take several lines."""
    empty = ""
    """What is said where there are no items."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.count = 0
        self.cursor = 0
        self._cache: dict[int, list[Strip]] = {}
        self._cache_width = 0
        self._view: list[tuple[int, int]] = []
        """For each line of the view, its item and which line of it."""
        self._view_key: tuple[int, int, int] | None = None
        self._top = 0

    # -- for subclasses ------------------------------------------------------------------------------------------------

    def draw(self, index: int, width: int, ink: Ink, here: bool) -> list[Text]:
        """The lines of item ``index``, at least one; ``here`` when the cursor is on it."""
        raise NotImplementedError

    def selectable(self, index: int) -> bool:
        """Whether the cursor may stand on item ``index``."""
        return True

    def identity(self, index: int) -> int:
        """What item ``index`` is called wherever it moves to: what was drawn is kept under that name."""
        return index

    def scrolled(self) -> None:
        """The view shows other items now."""

    # -- content -------------------------------------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """Lines of the view."""
        return max(1, self.scrollable_content_region.height)

    @property
    def top(self) -> int:
        """The first item in view."""
        return self._top

    def set_count(self, count: int) -> None:
        """There are ``count`` items now, and any of them may be another than before."""
        self.count = count
        self.cursor = max(0, min(self.cursor, count - 1))
        self._resize_range()
        self.redraw()

    def redraw(self) -> None:
        """Draw all anew."""
        self._cache.clear()
        self._view_key = None
        self.refresh()

    def grow(self, count: int, above: int = 0) -> None:
        """There are ``count`` items now, ``above`` of them new before all others; what is in view stays there."""
        self.count = count
        self.cursor += above
        self._top += above
        self._view_key = None
        self._resize_range()
        self.refresh()

    def redraw_those(self, identities: Iterable[int]) -> None:
        """Draw anew what is called by these names, wherever it is in view."""
        for identity in identities:
            self._cache.pop(identity, None)
        self._view_key = None
        self.refresh()

    def redraw_item(self, index: int) -> None:
        """Draw one item anew, where it is in view."""
        if not 0 <= index < self.count:
            return
        self._cache.pop(self.identity(index), None)
        if self.tall:
            self._view_key = None
            self.refresh()
        else:
            self._refresh_item(index)

    def _resize_range(self) -> None:
        region = self.scrollable_content_region
        # Tall items: whatever is at the end, any item may be the first in view.
        height = self.count + (max(0, region.height - 1) if self.tall and self.count else 0)
        self.set_rows(region.width, height)
        self._top = max(0, min(self._top, self.count - 1))
        self.scroll_to_item(self._top)

    # -- drawing -------------------------------------------------------------------------------------------------------

    def _lines_of(self, index: int) -> list[Strip]:
        width = self.scrollable_content_region.width
        if width != self._cache_width or len(self._cache) > _MOST_CACHED:
            self._cache.clear()
            self._cache_width = width
        identity = self.identity(index)
        strips = self._cache.get(identity)
        if strips is None:
            assert self.ink is not None
            texts = self.draw(index, width, self.ink, index == self.cursor and self.selectable(index))
            strips = [to_strip(text, width) for text in texts]
            self._cache[identity] = strips
        return strips

    def _arrange(self) -> list[tuple[int, int]]:
        height = self.scrollable_content_region.height
        key = (self._top, height, self.count)
        if key != self._view_key:
            self._view_key = key
            self._view = []
            index = self._top
            while index < self.count and len(self._view) < height:
                lines = len(self._lines_of(index)) if self.tall else 1
                self._view += [(index, part) for part in range(lines)]
                index += 1
        return self._view

    def render_line(self, y: int) -> Strip:
        """The strip for line ``y`` of the view."""
        width = self.scrollable_content_region.width
        base = self.base
        if self.ink is None or width <= 0:
            return Strip.blank(self.size.width, base)
        view = self._arrange()
        if y >= len(view):
            words = wrap(self.empty, max(1, width - 4)) if not self.count else []
            line = words[y - 1] if 0 < y <= len(words) else ""
            return to_strip(Text(f"  {line}", pen(self.ink.muted)), width).apply_style(base)
        index, part = view[y]
        return self._lines_of(index)[part].apply_style(base)

    def _refresh_item(self, index: int) -> None:
        y = index - self._top
        region = self.scrollable_content_region
        if 0 <= y < region.height:
            self.refresh(Region(0, y, region.width, 1))

    # -- moving --------------------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what came into view."""
        super().watch_scroll_y(old_value, new_value)
        top = max(0, min(round(new_value), self.count - 1))
        if top != self._top:
            self._top = top
            self.refresh()
            self.scrolled()

    def on_resize(self) -> None:
        """Another size: the cursor stays in view."""
        self._resize_range()
        self.show_cursor()
        self.redraw()

    def scroll_to_item(self, top: int) -> None:
        """Make ``top`` the first item in view."""
        limit = self.count - 1 if self.tall else self.count - self.page
        top = max(0, min(top, limit))
        if top != self._top or round(self.scroll_y) != top:
            self._top = top
            self.scroll_to(y=top, animate=False, force=True, immediate=True)
            self.refresh()
            self.scrolled()

    def show_at(self, index: int, top: int) -> None:
        """Put the cursor on item ``index`` with item ``top`` as the first in view, as far as there is room."""
        self.cursor = max(0, min(index, self.count - 1))
        self.scroll_to_item(top)
        self.show_cursor()
        self.redraw()
        self.post_message(self.Moved())

    def move_to(self, index: int) -> None:
        """Put the cursor on item ``index`` and show it."""
        index = max(0, min(index, self.count - 1))
        if index != self.cursor:
            before, self.cursor = self.cursor, index
            self.redraw_item(before)
            self.redraw_item(index)
        self.show_cursor()
        self.post_message(self.Moved())

    def show_cursor(self) -> None:
        """Scroll as little as needed for the item under the cursor to be seen whole."""
        height = self.page
        if self.cursor < self._top:
            self.scroll_to_item(self.cursor)
            return
        if not self.tall:
            if self.cursor >= self._top + height:
                self.scroll_to_item(self.cursor - height + 1)
            return
        if self.ink is None or not self.count:
            return
        used, top = 0, self.cursor
        for index in range(self.cursor, max(-1, self.cursor - height), -1):
            used += len(self._lines_of(index))
            if used > height and index != self.cursor:
                break
            top = index
        if top > self._top:
            self.scroll_to_item(top)

    def _step(self, index: int, direction: int) -> int:
        """From ``index`` on, the first item in ``direction`` that the cursor may stand on."""
        while 0 <= index < self.count and not self.selectable(index):
            index += direction
        return index

    def action_move(self, step: int) -> None:
        """Move the cursor by ``step`` items."""
        index = self._step(self.cursor + step, step)
        if 0 <= index < self.count:
            self.move_to(index)
        elif step < 0:
            self.scroll_to_item(0)  # what cannot be stood on at the top can still be seen

    def action_move_page(self, pages: int) -> None:
        """Move the cursor by a view."""
        in_view = len({index for index, _ in self._arrange()}) if self.ink is not None else self.page
        index = max(0, min(self.cursor + pages * max(1, in_view - 1), self.count - 1))
        index = self._step(index, pages)
        if not 0 <= index < self.count:
            index = self._step(max(0, min(index, self.count - 1)), -pages)
        self.move_to(index)

    def action_move_to_end(self, direction: int) -> None:
        """Go to the first item (-1) or the last one (1)."""
        self.move_to(self._step(0 if direction < 0 else self.count - 1, -direction))
        if direction < 0:
            self.scroll_to_item(0)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points; twice chooses."""
        view = self._arrange() if self.ink is not None else []
        place = event.get_content_offset(self)
        if place is not None and place.y < len(view) and self.selectable(view[place.y][0]):
            self.move_to(view[place.y][0])
            if event.chain == 2:
                self.post_message(self.Chosen())

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to_item(self._top - _WHEEL_ITEMS)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll_to_item(self._top + _WHEEL_ITEMS)
