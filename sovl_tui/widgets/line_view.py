"""What scrolling widgets on Textual's line API have in common: keys, colours, and that nothing is ever laid out."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import Reactive
from textual.scroll_view import ScrollView

from sovl_tui.ink import Ink


class LineView(ScrollView, can_focus=True):
    """Draws its own lines. A subclass says what the keys move: a cursor, or the view."""

    # In the base class a new number of rows lays out the whole screen. Nothing but the scrollbar depends on it here.
    virtual_size = Reactive(Size(0, 0), layout=False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home,g", "move_to_end(-1)", "Beginning", show=False),
        Binding("end,G", "move_to_end(1)", "End", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.ink: Ink | None = None
        self._base: Style | None = None

    def redraw(self) -> None:
        """Draw all anew."""
        raise NotImplementedError

    def action_move(self, step: int) -> None:
        """Move by ``step`` lines or items."""
        raise NotImplementedError

    def action_move_page(self, pages: int) -> None:
        """Move by a view."""
        raise NotImplementedError

    def action_move_to_end(self, direction: int) -> None:
        """Go to the beginning (-1) or the end (1)."""
        raise NotImplementedError

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        if ink != self.ink:
            self.ink = ink
            self.redraw()

    def notify_style_update(self) -> None:
        """The ground may have changed."""
        super().notify_style_update()
        self._base = None

    @property
    def base(self) -> Style:
        """What lines are laid on."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def set_rows(self, width: int, rows: int) -> None:
        """What there is to see is so large."""
        size = Size(width, rows)
        if self.virtual_size != size:
            self.virtual_size = size
            self.vertical_scrollbar.window_virtual_size = rows
