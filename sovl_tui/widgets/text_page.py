"""A page of drawn lines to scroll through. It lays nothing out, so it can change at every step of a cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sovl_tui.ink import Ink
from sovl_tui.widgets.lines import to_strip

Draw = Callable[[int, Ink], list[Text]]
"""Draws the page on so many columns."""


class TextPage(ScrollView, can_focus=True):
    """Shows what a function draws, and draws it anew for another width or other colours."""

    virtual_size = Reactive(Size(0, 0), layout=False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Up", show=False),
        Binding("down,j", "step(1)", "Down", show=False),
        Binding("pageup", "leaf(-1)", "Page up", show=False),
        Binding("pagedown,space", "leaf(1)", "Page down", show=False),
        Binding("home,g", "scroll_home", "Beginning", show=False),
        Binding("end,G", "scroll_end", "End", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ink: Ink | None = None
        self._base: Style | None = None
        self._draw: Draw | None = None
        self._strips: list[Strip] = []
        self._width = 0

    def show(self, draw: Draw, *, keep_place: bool = False) -> None:
        """Show another page, from its beginning unless it is the same one drawn anew."""
        self._draw = draw
        self._redraw()
        if not keep_place:
            self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def notify_style_update(self) -> None:
        """The ground may have changed."""
        super().notify_style_update()
        self._base = None

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        if ink != self.ink:
            self.ink = ink
            self._redraw()

    def on_resize(self) -> None:
        """Wrap anew."""
        if self.scrollable_content_region.width != self._width:
            self._redraw()

    def _redraw(self) -> None:
        width = self._width = self.scrollable_content_region.width
        if self.ink is None or self._draw is None or width <= 0:
            return
        self._strips = [to_strip(text, width) for text in self._draw(width, self.ink)]
        size = Size(width, len(self._strips))
        if self.virtual_size != size:
            self.virtual_size = size
            self.vertical_scrollbar.window_virtual_size = size.height
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The strip for row ``y`` of the view."""
        row = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        base = self._base = self._base or self.rich_style
        strip = self._strips[row] if row < len(self._strips) else Strip.blank(width)
        return strip.adjust_cell_length(width).apply_style(base)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint what came into view."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    def action_step(self, rows: int) -> None:
        """Move by ``rows``."""
        self.scroll_to(y=self.scroll_y + rows, animate=False)

    def action_leaf(self, pages: int) -> None:
        """Move by a page, less two rows to keep the place."""
        self.action_step(pages * max(1, self.scrollable_content_region.height - 2))
