"""A page of drawn lines to scroll through. It lays nothing out, so it can change at every step of a cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.strip import Strip

from sovl_tui.ink import Ink
from sovl_tui.widgets.line_view import LineView
from sovl_tui.widgets.lines import to_strip

Draw = Callable[[int, Ink], list[Text]]
"""Draws the page on so many columns."""


class TextPage(LineView):
    """Shows what a function draws, and draws it anew for another width or other colours."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "move_page(1)", "Page down", show=False)]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw: Draw | None = None
        self._strips: list[Strip] = []
        self._width = 0

    def show(self, draw: Draw, *, keep_place: bool = False) -> None:
        """Show another page, from its beginning unless it is the same one drawn anew."""
        self._draw = draw
        self.redraw()
        if not keep_place:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Wrap anew."""
        if self.scrollable_content_region.width != self._width:
            self.redraw()

    def redraw(self) -> None:
        """Draw all anew."""
        width = self._width = self.scrollable_content_region.width
        if self.ink is None or self._draw is None or width <= 0:
            return
        self._strips = [to_strip(text, width) for text in self._draw(width, self.ink)]
        self.set_rows(width, len(self._strips))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The strip for row ``y`` of the view."""
        row = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        strip = self._strips[row] if row < len(self._strips) else Strip.blank(width)
        return strip.adjust_cell_length(width).apply_style(self.base)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint what came into view."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def action_move(self, step: int) -> None:
        """Move by ``step`` rows."""
        self.scroll_to(y=self.scroll_y + step, animate=False)

    def action_move_page(self, pages: int) -> None:
        """Move by a page, less two rows to keep the place."""
        self.action_move(pages * max(1, self.scrollable_content_region.height - 2))

    def action_move_to_end(self, direction: int) -> None:
        """Go to the beginning (-1) or the end (1)."""
        self.scroll_to(y=0 if direction < 0 else self.max_scroll_y, animate=False)
