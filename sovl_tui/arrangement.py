"""Where each entry of a conversation stands, row by row, and which of them are drawn at the moment.

Rows exist only for entries that someone looks at; all others have an estimated height. No widget here: the transcript
tells the width, the ink and the stretch that is in view.
"""

from __future__ import annotations

from collections import OrderedDict

from textual.strip import Strip

from sovl_tui.conversation import Conversation, Entry, Phase
from sovl_tui.entry_drawing import EntryDrawing
from sovl_tui.ink import Ink
from sovl_tui.rows import RowIndex

ROWS_KEPT = 800
"""Drawn rows kept in memory, those in view aside. Each is dozens of objects to the search for garbage."""

Anchor = tuple[Entry, int]
"""An entry, and the distance of its first row from the top of the view."""


class Arrangement:
    """The rows of one conversation for one width and one ink at a time."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.changed_from = 0
        """First row that changed since the reader of this set it back."""
        self.width = 0
        self._ink: Ink | None = None
        self._order: list[Entry] = []
        self._position: dict[Entry, int] = {}
        self._drawings: dict[Entry, EntryDrawing] = {}
        self._index = RowIndex()
        self._rough: set[Entry] = set()
        """Entries whose height is only estimated."""
        self._rough_in_order: list[Entry] = []
        """Those of them that were so when this was made, and others, the newest behind."""
        self._recent: OrderedDict[Entry, None] = OrderedDict()
        """Entries with rows in memory, those looked at last behind."""
        self._live_from = 0
        """All entries before this place are finished and have been drawn as they are."""

    def __contains__(self, entry: Entry) -> bool:
        return entry in self._position

    @property
    def total(self) -> int:
        """Number of rows."""
        return self._index.total

    @property
    def rows_in_memory(self) -> int:
        """Rows that are held drawn."""
        return sum(drawing.cost for drawing in self._drawings.values())

    @property
    def rough(self) -> bool:
        """Whether some heights are only estimated."""
        return bool(self._rough)

    # -- keeping up ----------------------------------------------------------------------------------------------------

    def keep_up(self, width: int, ink: Ink) -> None:
        """Take over what changed in the conversation, and ``width`` and ``ink``."""
        rewrap = width != self.width or ink != self._ink
        self.width, self._ink = width, ink
        moved = self.conversation.take_moved()
        self._reorder(0 if rewrap else moved, rewrap)
        self._draw_live()

    def _reorder(self, start: int, rewrap: bool) -> None:
        entries = self.conversation.entries
        if start == len(entries) == len(self._order):
            return
        moved = entries[start:]
        for entry in set(self._order[start:]).difference(moved):
            del self._drawings[entry], self._position[entry]
            self._recent.pop(entry, None)
            self._rough.discard(entry)
        self._order[start:] = moved
        for number, entry in enumerate(moved, start):
            self._position[entry] = number
            drawing = self._drawings.setdefault(entry, EntryDrawing(entry))
            if rewrap or not drawing.exact:
                drawing.estimate(self.width)
                if not drawing.exact:
                    self._rough.add(entry)
        self._rough_in_order.clear()
        self._index.replace_from(start, [self._drawings[entry].height for entry in moved])
        self._live_from = min(self._live_from, start)
        self.changed_from = min(self.changed_from, self._index.start(start))

    def _draw_live(self) -> None:
        settled = True
        for number in range(self._live_from, len(self._order)):
            entry = self._order[number]
            if self._drawings[entry].is_behind or entry.phase is Phase.RUNNING:
                self.draw(entry)
            settled = settled and entry.phase not in (Phase.WAITING, Phase.RUNNING)
            if settled:
                self._live_from = number + 1

    # -- drawing -------------------------------------------------------------------------------------------------------

    def draw(self, entry: Entry) -> bool:
        """See to it that the rows of ``entry`` are drawn as it is; True when its height changed."""
        assert self._ink is not None
        drawing = self._drawings[entry]
        self._recent[entry] = None
        self._recent.move_to_end(entry)
        self._rough.discard(entry)
        position = self._position[entry]
        if not drawing.is_current(self.width, self._ink):
            drawing.rows(self.width, self._ink)
            self.changed_from = min(self.changed_from, self._index.start(position) + drawing.kept)
        return self._index.set(position, drawing.height)

    def draw_view(self, top: int, height: int) -> bool:
        """Draw all entries that show in ``height`` rows from ``top``; True when a height changed."""
        if not self.total:
            return False
        first, _ = self._index.locate(min(top, self.total - 1))
        last, _ = self._index.locate(min(top + height - 1, self.total - 1))
        changed = False
        for entry in self._order[first : last + 1]:
            changed = self.draw(entry) or changed
        return changed

    def draw_one_rough(self) -> None:
        """Find the true height of one entry that has none, the newest first."""
        if not self._rough_in_order:
            self._rough_in_order = sorted(self._rough, key=self._position.__getitem__)
        while self._rough_in_order:
            entry = self._rough_in_order.pop()
            if entry in self._rough:
                self.draw(entry)
                return

    def evict(self) -> None:
        """Let go of the rows that were not looked at for longest."""
        kept = 0
        for entry in reversed(list(self._recent)):
            drawing = self._drawings[entry]
            kept += drawing.cost
            if kept > ROWS_KEPT:
                drawing.forget()
                del self._recent[entry]

    # -- looking -------------------------------------------------------------------------------------------------------

    def row(self, number: int) -> tuple[Entry, Strip, bool]:
        """Row ``number``: its entry, its strip, and whether it is the blank one at the entry's end."""
        assert self._ink is not None
        index, inner = self._index.locate(number)
        entry = self._order[index]
        rows = self._drawings[entry].shown(self.width, self._ink)
        return entry, rows[min(inner, len(rows) - 1)], inner >= len(rows) - 1

    def place(self, entry: Entry) -> tuple[int, int]:
        """First row and height of ``entry``."""
        position = self._position[entry]
        return self._index.start(position), self._index.height(position)

    def neighbour(self, entry: Entry | None, step: int) -> Entry | None:
        """The entry ``step`` below ``entry`` (below the last one without it); None beyond the end, the first above."""
        at = len(self._order) if entry is None else self._position[entry]
        target = max(0, at + step)
        return self._order[target] if target < len(self._order) else None

    def is_folded(self, entry: Entry) -> bool:
        """Whether only the beginning of ``entry`` is shown."""
        return self._drawings[entry].folded

    def anchor(self, top: int, height: int) -> Anchor | None:
        """Something to hold on to in the view: the first entry there whose height is sure."""
        if not self.total:
            return None
        index, inner = self._index.locate(min(top, self.total - 1))
        for candidate in range(index, len(self._order)):
            start = self._index.start(candidate)
            if start >= top + height:
                break
            if self._drawings[self._order[candidate]].exact:
                return self._order[candidate], start - top
        return self._order[index], -inner

    def top_for(self, anchor: Anchor) -> int:
        """The first row in view when ``anchor`` stands where it stood."""
        entry, distance = anchor
        return self.place(entry)[0] - distance
