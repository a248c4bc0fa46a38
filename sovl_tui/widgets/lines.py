"""The base of all small status widgets: a handful of lines drawn from plain data, repainted only when the data changed.

No layout is ever asked for and no child is mounted, so a change costs one repaint of its own region.
"""

from __future__ import annotations

from collections.abc import Hashable
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from sovl_tui.ink import Ink


class Lines(Widget):
    """Draws what :meth:`lines` returns. Call :meth:`show` with new data; equal data repaints nothing."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.ink: Ink | None = None
        self._data: Hashable = None
        self._strips: list[Strip] | None = None
        self._drawn_size = Size(0, 0)

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The content, top to bottom; longer lines are cropped, missing ones are blank."""
        raise NotImplementedError

    def show(self, data: Hashable) -> None:
        """Take ``data`` as what is to be seen."""
        if data != self._data:
            self._data = data
            self.redraw()

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        if ink != self.ink:
            self.ink = ink
            self.redraw()

    def redraw(self) -> None:
        """Draw anew at the next paint."""
        self._strips = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The strip for line ``y`` of the widget."""
        width, height = self.size
        if self.ink is None or not width:
            return Strip.blank(width, self.rich_style)
        # A paint may come between a new size and the event that tells of it, so the size is looked at here.
        if self._strips is None or self._drawn_size != self.size:
            self._drawn_size = self.size
            base = self.rich_style
            texts = self.lines(width, height, self.ink)[:height]
            self._strips = [to_strip(text, width).apply_style(base) for text in texts]
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, self.rich_style)


def to_strip(text: Text, width: int) -> Strip:
    """``text`` as one row of exactly ``width`` columns."""
    base = text.style if isinstance(text.style, Style) else Style.null()
    segments = [
        Segment(part.text, base + part.style if part.style else base)
        for part in text.render(_CONSOLE, end="")
        if part.text and not part.control
    ]
    return Strip(segments, sum(cell_len(part.text) for part in segments)).adjust_cell_length(width)


def spread(left: Text, right: Text, width: int) -> Text:
    """``left`` and ``right`` at the two edges of a row; ``right`` is kept when there is not room for both."""
    room = max(0, width - right.cell_len - (1 if right.cell_len else 0))
    line = left.copy()
    line.truncate(room, overflow="ellipsis")
    line.append(" " * max(0, width - line.cell_len - right.cell_len))
    line.append_text(right)
    return line


_CONSOLE = Console(file=StringIO(), width=200, color_system="truecolor", force_terminal=True, legacy_windows=False)
