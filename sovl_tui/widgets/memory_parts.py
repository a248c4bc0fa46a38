"""The small parts of the memory room: the line of counts, the dreams that linger, the question asked now."""

from __future__ import annotations

from rich.text import Text

from engine.api import Snapshot
from sovl_tui.ink import Ink
from sovl_tui.memory_drawing import Asked, asked_lines, lingering, summary
from sovl_tui.memory_rows import MemoryRow
from sovl_tui.widgets.lines import Lines


class MemorySummary(Lines):
    """How many memories there are of each verdict, and in which order they stand."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._data: tuple[tuple[MemoryRow, ...], str] = ((), "")

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """The line."""
        rows, order = self._data
        return [summary(rows, order, width, ink)]


class LingeringDreams(Lines):
    """The dreams that have not faded yet."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._snapshot = Snapshot()
        self._texts: dict[int, str] = {}

    def show_dreams(self, snapshot: Snapshot, texts: dict[int, str]) -> None:
        """Show the dreams of ``snapshot``; ``texts`` are those of all memories, by number."""
        self._snapshot, self._texts = snapshot, texts
        self.show((snapshot.dreams, *(texts.get(number) for number, _ in snapshot.dreams)))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """A row for each."""
        return lingering(self._snapshot, self._texts, width, height, ink)


class AskedNow(Lines):
    """What was asked about the memory that is looked at, if it was."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._asked: Asked | None = None

    def show_asked(self, asked: Asked | None) -> None:
        """Show a question with what came of it so far; None when none was asked."""
        self._asked = asked
        if asked is None:
            self.show(("nothing",))
        else:
            self.show((asked.line_id, asked.question, asked.answer, asked.said, asked.right, asked.over))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """Question, answer, judgement."""
        return asked_lines(self._asked, width, height, ink)
