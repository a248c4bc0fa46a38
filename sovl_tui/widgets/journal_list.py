"""The journal, a line per entry and only those in view: a million of them open like a hundred."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.message import Message
from textual.timer import Timer

from engine import JournalLine
from sovl_tui.ink import Ink
from sovl_tui.journal_drawing import list_lines
from sovl_tui.journal_keys import JournalKeys
from sovl_tui.widgets.item_list import ItemList

_MOST_LINES = 5_000
"""Lines kept in memory; beyond that only those around the view are."""
_HELD_SECONDS = 0.05
"""How long a jump waits for its lines before it is painted without them."""


class JournalList(ItemList):
    """Follows the end until one moves away. What it has no line for yet it asks for by :class:`Wanted`."""

    class Wanted(Message):
        """Lines in view are missing."""

        def can_replace(self, message: Message) -> bool:
            """Only what is in view now counts."""
            return isinstance(message, type(self))

    class Toggled(Message):
        """Something was marked, or is not any more."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.keys = JournalKeys()
        self.marked: set[int] = set()
        self.following = True
        self.unseen = 0
        """Entries that were written below while one looked elsewhere."""
        self.words: tuple[str, ...] = ()
        self._lines: dict[int, JournalLine | None] = {}
        self._asked = False
        self._held: Timer | None = None
        """Runs while the cursor has jumped; that is painted when the lines there are read, in one frame, not two."""

    # -- what comes in -------------------------------------------------------------------------------------------------

    def start(self, words: Sequence[str]) -> None:
        """Begin anew with nothing: another search for ``words`` is on its way."""
        self.keys = JournalKeys()
        self.words = tuple(words)
        self.following, self.unseen, self.cursor = True, 0, 0
        self.set_count(0)

    def add_found(self, keys: Sequence[int]) -> None:
        """Older entries, newest first."""
        at_start = self.cursor == 0 and self.top == 0 and not self.following
        was_empty, following = not self.keys, self.following
        self.keys.add_found(keys)
        self.grow(len(self.keys), 0 if at_start or was_empty else len(keys))
        if following:
            self._to_end()

    def add_written(self, keys: Sequence[int]) -> None:
        """Newer entries, oldest first."""
        following = self.following
        self.keys.add_written(keys)
        self.grow(len(self.keys))
        if following:
            self._to_end()
        else:
            self.unseen += len(keys)
            self.post_message(self.Moved())

    def take_lines(self, asked: Iterable[int], lines: Iterable[JournalLine]) -> None:
        """``lines`` are what there is of the keys that were ``asked`` for."""
        if len(self._lines) > _MOST_LINES:
            self._lines = {key: line for key, line in self._lines.items() if key in self.marked}
        read: dict[int, JournalLine | None] = dict.fromkeys(asked)
        read |= {line.key: line for line in lines}
        self._asked = False
        self.redraw_those(key for key, line in read.items() if key not in self._lines or self._lines[key] != line)
        self._lines |= read
        self._release()

    def forget_lines(self) -> None:
        """What is shown may have changed: read it again, and show the old until then."""
        self._asked = True
        self.post_message(self.Wanted())

    def _to_end(self) -> None:
        self.unseen = 0
        self.move_to(len(self.keys) - 1)

    # -- looking -------------------------------------------------------------------------------------------------------

    @property
    def current(self) -> int | None:
        """The key under the cursor."""
        return self.keys[self.cursor] if 0 <= self.cursor < len(self.keys) else None

    @property
    def current_line(self) -> JournalLine | None:
        """What is shown of it."""
        return self._lines.get(self.current) if self.current is not None else None

    def has_line(self, key: int) -> bool:
        """Whether its line was read."""
        return key in self._lines

    @property
    def around(self) -> list[int]:
        """The keys in view, or soon to be, and a page before and after them."""
        top = self._top_there(self.cursor) if self._held else self.top
        return self.keys[max(0, top - self.page) : top + 2 * self.page]

    @property
    def chosen(self) -> list[int]:
        """The keys that a command is about, oldest first: those marked, else the one under the cursor."""
        if self.marked:
            return [key for key in self.keys if key in self.marked]
        return [self.current] if self.current is not None else []

    @property
    def chosen_lines(self) -> list[JournalLine]:
        """What is shown of the chosen keys, as far as it was looked at."""
        lines = (self._lines.get(key) for key in self.chosen)
        return [line for line in lines if line is not None]

    def identity(self, index: int) -> int:
        """Its key; all that is not read yet looks the same, and is asked for."""
        key = self.keys[index]
        if key in self._lines:
            return key
        if not self._asked:
            self._asked = True
            self.post_message(self.Wanted())
        return -2 if index == self.cursor else -1

    def draw(self, index: int, width: int, ink: Ink, here: bool) -> list[Text]:
        """One line, or several when they wrap."""
        key = self.keys[index]
        return list_lines(
            self._lines.get(key), width, ink, here=here, marked=key in self.marked, words=self.words, wrap=self.tall
        )

    def scrolled(self) -> None:
        """Other lines are in view; without the last one among them, the end is not followed."""
        self._asked = False
        self.following = self.following and self.top + self.page >= self.count

    # -- doing ---------------------------------------------------------------------------------------------------------

    def move_to(self, index: int) -> None:
        """The end is followed once the cursor is there. A jump to what is not read yet is painted when it is."""
        if self._must_wait(index):
            self.cursor, self._asked = index, True
            self.post_message(self.Wanted())
            if self._held is not None:
                self._held.stop()
            self._held = self.set_timer(_HELD_SECONDS, self._release)
        else:
            super().move_to(index)
        self.following = self.cursor >= len(self.keys) - 1
        if self.following:
            self.unseen = 0

    def _top_there(self, index: int) -> int:
        """What the first item in view is once the cursor is on item ``index``."""
        if self.top <= index < self.top + self.page:
            return self.top
        return index if index < self.top else index - self.page + 1

    def _must_wait(self, index: int) -> bool:
        if self.tall or self.ink is None or not 0 <= index < len(self.keys):
            return False
        top = self._top_there(index)
        return abs(top - self.top) >= self.page and not all(
            key in self._lines for key in self.keys[top : top + self.page]
        )

    def _release(self) -> None:
        if self._held is not None:
            self._held.stop()
            self._held = None
            self.show_cursor()
            self.redraw_those({self.identity(self.cursor)})
            self.post_message(self.Moved())

    def follow(self, on: bool) -> None:
        """Stay at the end from now on, or stay here."""
        self.following = on
        if on and self.keys:
            self._to_end()

    def toggle_mark(self) -> None:
        """Mark the entry under the cursor or take the mark off, and go to the next."""
        if self.current is not None:
            self.marked ^= {self.current}
            self.redraw_item(self.cursor)
            self.action_move(1)
            self.post_message(self.Toggled())

    def drop_marks(self) -> bool:
        """Take all marks off; False when there was none."""
        had, self.marked = bool(self.marked), set()
        if had:
            self.redraw()
            self.post_message(self.Toggled())
        return had

    def use_wrap(self, on: bool) -> None:
        """Show entries on several lines, or on one each."""
        self.tall = on
        self.set_count(len(self.keys))
        self.show_cursor()
