"""The conversation on the screen. One widget on Textual's line API: no widget per message, so its cost does not grow.

The rows come from :mod:`sovl_tui.arrangement`. What is here follows the end, or holds on to what the reader looks at
while heights above it become known, and paints only what changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from engine.api import Event
from sovl_tui.arrangement import Anchor, Arrangement
from sovl_tui.conversation import Conversation, Entry
from sovl_tui.entry_drawing import MARGIN
from sovl_tui.ink import Ink
from sovl_tui.welcome import welcome
from sovl_tui.widgets.lines import to_strip

_WHEEL_ROWS = 3
_REST = 8
"""How many times as long as a drawing took, new text waits for the next one: the slower the machine or the longer the
open block, the fewer there are."""


class Transcript(ScrollView, can_focus=True):
    """Everything said, newest at the bottom, which it follows until the reader scrolls away."""

    # In the base class a new size of the content lays out the whole screen, at each new line of an answer. Nothing but
    # the scrollbar depends on it here.
    virtual_size = Reactive(Size(0, 0), layout=False)

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_rows(-1)", "Up", show=False, id="transcript.up"),
        Binding("down", "scroll_rows(1)", "Down", show=False, id="transcript.down"),
        Binding("pageup", "scroll_pages(-1)", "Page up", show=False, id="transcript.page_up"),
        Binding("pagedown", "scroll_pages(1)", "Page down", show=False, id="transcript.page_down"),
        Binding("home,ctrl+home", "to_start", "First message", show=False, id="transcript.start"),
        Binding("end,ctrl+end", "to_end", "Newest message, and follow", show=False, id="transcript.end"),
    ]

    class Scrolled(Message):
        """The view moved or grew; ``new_rows`` below are unseen."""

        def __init__(self, new_rows: int) -> None:
            self.new_rows = new_rows
            super().__init__()

    class Typed(Message):
        """A character was typed here that belongs to the prompt."""

        def __init__(self, character: str) -> None:
            self.character = character
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.conversation = Conversation()
        self.following = True
        self.cursor: Entry | None = None
        self.ink: Ink | None = None
        self._rows = Arrangement(self.conversation)
        self._seen: tuple[Entry, int] | None = None
        """The lowest row that was ever in view: its entry, and its place there."""
        self._may_draw_at = 0.0
        self._owes_text = False
        self._catching_up = False
        self._painted_top = -1
        self._base: Style | None = None
        self._welcome: tuple[tuple[int, int, Ink | None], list[Strip]] | None = None

    # -- what comes in -------------------------------------------------------------------------------------------------

    def submitted(self, line_id: int, line: str) -> None:
        """Show a line that was just sent."""
        self.conversation.submitted(line_id, line)
        self.following = True
        self.catch_up()

    def begin_with(self, earlier: Sequence[Entry]) -> None:
        """Show what was said before the app was started, above all else."""
        self.conversation.begin_with(earlier)
        self.catch_up()

    def feed(self, events_: Sequence[Event]) -> None:
        """Take in the events of one tick and draw once."""
        changed = False
        only_text = True
        for event in events_:
            if self.conversation.apply(event):
                changed = True
                only_text = only_text and type(event).__name__ == "TextChunk"
        if changed and only_text and perf_counter() < self._may_draw_at:
            self._owes_text = True
        elif changed:
            began = perf_counter()
            self.catch_up()
            ended = perf_counter()
            self._may_draw_at = ended + _REST * (ended - began)

    def notice(self, level: str, text: str) -> None:
        """Add a remark of the app itself."""
        self.conversation.notice(level, text)
        self.catch_up()

    def clear(self) -> None:
        """Empty the view of what is finished."""
        self.conversation.clear()
        self.following, self.cursor = True, None
        self.catch_up()

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        if ink != self.ink:
            self.ink = ink
            self.catch_up()

    def notify_style_update(self) -> None:
        """The ground may have changed."""
        super().notify_style_update()
        self._base = None

    # -- arrangement ---------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Bring rows and scroll range up to date with the conversation, then paint what changed."""
        width, height = self.scrollable_content_region.size
        if width <= 0 or self.ink is None or self._catching_up:
            return
        self._catching_up, self._owes_text = True, False
        try:
            anchor = None if self.following else self._rows.anchor(self.scroll_offset.y, height)
            self._rows.keep_up(width, self.ink)
            self._settle(anchor)
        finally:
            self._catching_up = False
        if self.cursor is not None and self.cursor not in self._rows:
            self.cursor = None
        self._rows.evict()
        self._tell()
        self._repaint()

    def _settle(self, anchor: Anchor | None) -> None:
        """Draw what is in view until nothing there is an estimate, holding on to ``anchor``, else to the end."""
        width, height = self.scrollable_content_region.size
        top = 0
        for _ in range(height + 2):
            last = max(0, self._rows.total - height)
            top = last if anchor is None else max(0, min(self._rows.top_for(anchor), last))
            if not self._rows.draw_view(top, height):
                break
        size = Size(width, self._rows.total)
        if self.virtual_size != size:
            self.virtual_size = size
            self.vertical_scrollbar.window_virtual_size = size.height
        if round(self.scroll_y) != top:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def refine(self, seconds: float) -> bool:
        """Nothing else is to be done: draw text that still waits, and find the true heights of entries out of view.

        The latter takes at most ``seconds``; True while some are left.
        """
        if self._owes_text:
            self.catch_up()
        if self.ink is None or not self._rows.rough or not self._rows.width:
            return False
        end = perf_counter() + seconds
        anchor = None if self.following else self._rows.anchor(self.scroll_offset.y, self.size.height)
        self._catching_up = True
        try:
            while self._rows.rough and perf_counter() < end:
                self._rows.draw_one_rough()
            self._settle(anchor)
        finally:
            self._catching_up = False
        self._rows.evict()
        self._tell()
        return self._rows.rough

    def _repaint(self) -> None:
        """Paint what lies below the first row that changed since the last time."""
        view = self.scrollable_content_region.size
        top, first = self.scroll_offset.y, self._rows.changed_from
        self._rows.changed_from = self._rows.total
        if not self._rows.total or self._painted_top != top:
            self.refresh()
        elif first - top < view.height:
            above = max(0, first - top)
            self.refresh(Region(0, above, view.width, view.height - above))
        self._painted_top = top

    def _tell(self) -> None:
        """Say how many rows the reader has not seen yet, below the lowest one that was in view."""
        total = self._rows.total
        if not total:
            self._seen = None
            self.post_message(self.Scrolled(0))
            return
        bottom = total if self.following else round(self.scroll_y) + self.scrollable_content_region.height
        lowest = min(bottom, total) - 1
        if self._seen is not None and self._seen[0] in self._rows:
            lowest = max(lowest, min(self._rows.place(self._seen[0])[0] + self._seen[1], total - 1))
        entry = self._rows.row(lowest)[0]
        self._seen = entry, lowest - self._rows.place(entry)[0]
        self.post_message(self.Scrolled(total - 1 - lowest))

    # -- drawing -------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The strip for row ``y`` of the view."""
        width = self._rows.width or self.size.width
        base = self._base = self._base or self.rich_style
        row = self.scroll_offset.y + y
        if self.ink is not None and not self._rows.total:
            return self._welcome_line(y).adjust_cell_length(self.size.width).apply_style(base)
        if self.ink is None or row >= self._rows.total or row < 0:
            return Strip.blank(width, base)
        entry, strip, is_last = self._rows.row(row)
        if entry is self.cursor and not is_last:
            strip = _with_cursor(strip, self.ink)
        strip = self._with_selection(strip, row)
        return strip.adjust_cell_length(width).apply_style(base).apply_offsets(0, row)

    def _welcome_line(self, y: int) -> Strip:
        width, height = self.scrollable_content_region.size
        key = (width, height, self.ink)
        if self._welcome is None or self._welcome[0] != key:
            assert self.ink is not None
            self._welcome = (key, [to_strip(text, width) for text in welcome(width, height, self.ink)])
        rows = self._welcome[1]
        return rows[y] if y < len(rows) else Strip([])

    def _with_selection(self, strip: Strip, row: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is None:
            return strip
        text = strip.text
        start = max(cell_len(text[: span[0]]), MARGIN)
        end = strip.cell_length if span[1] == -1 else cell_len(text[: span[1]])
        if start >= end:
            return strip
        style = self.screen.get_component_rich_style("screen--selection")
        marked = Style(bgcolor=style.bgcolor, color=style.color)
        parts = strip.divide([start, end, strip.cell_length])
        return Strip.join([parts[0], _over(parts[1], marked), *parts[2:]])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, margins left out."""
        if self.ink is None or not self._rows.total:
            return None
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else self._rows.total - 1
        lines = []
        for row in range(max(0, first), min(last, self._rows.total - 1) + 1):
            start, end = selection.get_span(row) or (0, -1)
            text = self._rows.row(row)[1].text
            lines.append(text[max(start, MARGIN) : len(text) if end == -1 else max(end, MARGIN)].rstrip())
        return "\n".join(lines), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Repaint with the new selection."""
        self.refresh()

    # -- moving --------------------------------------------------------------------------------------------------------

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what came into view, and follow the end again once it is reached."""
        super().watch_scroll_y(old_value, new_value)
        if not self._catching_up and round(old_value) != round(new_value):
            self.following = new_value >= self.max_scroll_y
            self.catch_up()

    def on_resize(self) -> None:
        """Wrap anew."""
        self.catch_up()

    def action_scroll_rows(self, rows: int) -> None:
        """Move the view by ``rows``."""
        self.scroll_to(y=self.scroll_y + rows, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Move the view by ``pages``, less two rows to keep the place."""
        self.action_scroll_rows(pages * max(1, self.scrollable_content_region.height - 2))

    def action_to_start(self) -> None:
        """Show the first entry."""
        self.scroll_to(y=0, animate=False)

    def action_to_end(self) -> None:
        """Show the newest entry and follow it."""
        self.following = True
        self.catch_up()

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.action_scroll_rows(-_WHEEL_ROWS)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.action_scroll_rows(_WHEEL_ROWS)

    # -- the block cursor ----------------------------------------------------------------------------------------------

    def move_cursor(self, step: int) -> Entry | None:
        """Go one entry up (-1) or down (1), from the newest one; beyond the end the cursor is gone."""
        self.cursor = self._rows.neighbour(self.cursor, step)
        if self.cursor is None:
            self.action_to_end()
        else:
            self._show(self.cursor)
        self.refresh()
        return self.cursor

    def drop_cursor(self) -> None:
        """Take the cursor off."""
        if self.cursor is not None:
            self.cursor = None
            self.refresh()

    def unfold(self) -> bool:
        """Show all of the entry under the cursor, or fold it again; False when it is not long enough for either."""
        entry = self.cursor
        if entry is None or not (entry.unfolded or self._rows.is_folded(entry)):
            return False
        entry.unfolded = not entry.unfolded
        entry.touch()
        self._rows.draw(entry)
        self.catch_up()
        return True

    def _show(self, entry: Entry) -> None:
        start, rows = self._rows.place(entry)
        height = self.scrollable_content_region.height
        top = round(self.scroll_y)
        if start < top or rows >= height:
            self.scroll_to(y=start, animate=False)
        elif start + rows > top + height:
            self.scroll_to(y=start + rows - height, animate=False)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse points."""
        row = self.scroll_offset.y + event.y
        if event.chain == 1 and row < self._rows.total and self.text_selection is None:
            self.cursor = self._rows.row(row)[0]
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Hand what is typed here to the prompt."""
        if event.is_printable and event.character and self.cursor is None:
            event.stop()
            self.post_message(self.Typed(event.character))


def _with_cursor(strip: Strip, ink: Ink) -> Strip:
    """A bar at the left edge, and the ground of a selected row."""
    ground = Style(bgcolor=ink.panel.hex6)
    bar = Style(color=ink.accent.hex6, bgcolor=ink.panel.hex6)
    parts = strip.divide([1, strip.cell_length])
    return Strip.join([_over(Strip(parts[0]), bar, "▎"), _over(parts[1], ground)])


def _over(strip: Strip, style: Style, text: str | None = None) -> Strip:
    """``strip`` with ``style`` laid over its own; ``text`` replaces what it says."""
    segments = [type(part)(text or part.text, part.style + style if part.style else style) for part in strip]
    return Strip(segments, strip.cell_length)
