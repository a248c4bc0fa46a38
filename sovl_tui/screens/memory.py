"""The memory room: what it has learned, how strong it is, what was dreamt of it, and a question about it now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from engine import Diary
from engine.api import Done, Event, MemoryAsked, Outcome, Output, Passage, Started, TextChunk
from sovl_tui.ink import Ink
from sovl_tui.keymap import MEMORY_KEYS, bindings
from sovl_tui.memory_drawing import Asked, detail_line, detail_rows, memory_line
from sovl_tui.memory_rows import ORDERS, MemoryRow, fitting, in_order, memory_rows
from sovl_tui.screens.diary_room import DiaryRoom
from sovl_tui.screens.room import APP_BAR
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.data_list import DataList
from sovl_tui.widgets.key_bar import Key
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.memory_parts import AskedNow, LingeringDreams, MemorySummary

_CHANGING = frozenset({"sleep", "dream", "forget", "import", "load", "reset"})
"""Commands after which the memories may be others."""
_NOTHING_FITS = "Nothing fits. Esc shows everything."
_NOTHING_YET = "Tell it something, then let it sleep."


class MemoryScreen(DiaryRoom):
    """A list of memories, and all about the one under the cursor."""

    KEYS = MEMORY_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(MEMORY_KEYS),
        Binding("down", "to_list", "To the list", show=False),
    ]
    AUTO_FOCUS = "#memory-list"

    def __init__(self) -> None:
        super().__init__()
        self.summary = MemorySummary(id="memory-summary")
        self.search = Input(
            placeholder="words of a memory, or a verdict", compact=True, id="memory-search", classes="search"
        )
        self.memories = DataList(partial(_memory_line, self), id="memory-list", cursor=True)
        self.lingering = LingeringDreams(id="memory-dreams")
        self.detail = DataList(detail_line, id="memory-detail")
        self.asked_now = AskedNow(id="memory-ask")
        self.now = time.time()
        """When the memories were looked at; what is said to be long ago is so from here."""
        self._rows: list[MemoryRow] = []
        self._order = next(iter(ORDERS))
        self._asked: dict[int, Asked] = {}
        """The newest question about each memory, by the memory's number."""
        self._changing: set[int] = set()
        self._vitals = Vitals()

    @property
    def parts(self) -> tuple[Lines, ...]:
        """All that is drawn in the colours of the theme."""
        return *super().parts, self.summary, self.lingering, self.asked_now

    def compose_body(self) -> ComposeResult:
        """The memories at the left, one of them at the right."""
        with Horizontal(id="memory"):
            with Vertical(id="memory-left"):
                yield self.summary
                yield self.search
                yield self.memories
                yield self.lingering
            with Vertical(id="memory-right"):
                yield self.detail
                yield self.asked_now

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        super().use_ink(ink)
        for rows in (self.memories, self.detail):
            rows.use_ink(ink)

    # -- what is told --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Look what there is."""
        super().on_mount()
        self.search.display = False
        self.memories.title("memories")
        self.lingering.border_title = "dreams that linger"
        self.asked_now.border_title = "asked now"
        self.detail.follow(False)

    def on_screen_resume(self) -> None:
        """Nights may have passed meanwhile."""
        self.read_again()
        self._show_keys()

    def take(self, events: Sequence[Event]) -> None:
        """Events of one tick: what became of questions, and whether the memories may have changed."""
        news = False
        for event in events:
            match event:
                case Started(id=id, name=name) if name in _CHANGING:
                    self._changing.add(id)
                case Done(id=id) if id in self._changing:
                    self._changing.discard(id)
                    self.read_again()
            asked = next((one for one in self._asked.values() if one.line_id == getattr(event, "id", None)), None)
            if asked is not None:
                _hear(asked, event)
                news = True
        if news and self.is_mounted:
            self._show_asked()

    def show(self, vitals: Vitals) -> None:
        """A changed status."""
        super().show(vitals)
        before, self._vitals = self._vitals.snapshot.dreams, vitals
        if vitals.snapshot.dreams != before and self.is_mounted:
            self._show_dreams()
            self._show_detail()

    def take_diary(self, diary: Diary) -> None:
        """Show what it holds."""
        self.now = time.time()
        self._rows = memory_rows(diary)
        self._show_list()

    # -- drawing -------------------------------------------------------------------------------------------------------

    @property
    def _current(self) -> MemoryRow | None:
        row = self.memories.current
        return row if isinstance(row, MemoryRow) else None

    def _show_list(self) -> None:
        """The memories in their order, with the cursor where it was."""
        kept = self._current
        every = in_order(self._rows, self._order)
        rows = fitting(every, self.search.value)
        self.memories.show(rows, empty=_NOTHING_FITS if every else _NOTHING_YET)
        self.memories.title("memories" if len(rows) == len(every) else f"{len(rows)} of {len(every)} memories")
        if kept is not None:
            same = [index for index, row in enumerate(rows) if row.memory.id == kept.memory.id]
            self.memories.move_to(same[0] if same else 0)
        self.summary.show((tuple(every), self._order))
        self.set_class(not every, "-no-memory")
        self._show_dreams()
        self._show_detail()

    def _show_dreams(self) -> None:
        self.lingering.show_dreams(self._vitals.snapshot, {row.memory.id: row.memory.text for row in self._rows})

    def _show_detail(self) -> None:
        row = self._current
        width = self.detail.scrollable_content_region.width
        if row is None or not width:
            self.detail.show((), empty="")
        else:
            weights = [weight for number, weight in self._vitals.snapshot.dreams if number == row.memory.id]
            self.detail.title(f"memory {row.memory.id}")
            decay = self.app.config.controls_config.dream_memory_decay
            self.detail.show(detail_rows(row, weights, decay, self.now, width))
        self._show_asked()
        self._show_keys()

    def _show_asked(self) -> None:
        row = self._current
        self.asked_now.show_asked(self._asked.get(row.memory.id) if row is not None else None)

    @on(DataList.Sized, "#memory-detail")
    def _sized(self) -> None:
        self._show_detail()

    @on(DataList.Pointed, "#memory-list")
    def _moved(self) -> None:
        self.detail.scroll_to_item(0)
        self._show_detail()

    @on(DataList.Opened, "#memory-list")
    def _opened(self) -> None:
        self.add_class("-detail")
        self.detail.focus()

    def _show_keys(self) -> None:
        keys: list[Key] = []
        row = self._current
        if row is not None:
            keys = [("a", "ask it", "screen.ask"), ("enter", "all about it", "screen.open")]
            if not row.gone:
                keys.append(("x", "forget", "screen.forget"))
            keys += [("o", "order", "screen.order"), ("/", "search", "screen.search")]
        self.key_bar.show((*keys, *APP_BAR))

    # -- actions -------------------------------------------------------------------------------------------------------

    def step_back(self) -> bool:
        """From all about one memory back to the list, then from what was searched for to everything."""
        if self.has_class("-detail"):
            self.remove_class("-detail")
        elif self.search.display:
            self.search.value = ""
            self.search.display = False
        else:
            return False
        self.memories.focus()
        return True

    @on(Input.Changed, "#memory-search")
    def _searched(self) -> None:
        self._show_list()

    @on(Input.Submitted, "#memory-search")
    def _search_done(self) -> None:
        self.search.display = bool(self.search.value)
        self.memories.focus()

    def action_search(self) -> None:
        """Write what to look for."""
        self.remove_class("-detail")
        self.search.display = True
        self.search.focus()

    def action_to_list(self) -> None:
        """From the search into what was found."""
        self.memories.focus()

    def action_open(self) -> None:
        """Show all about the memory under the cursor."""
        self.memories.action_open()

    def action_ask(self) -> None:
        """Ask about the memory under the cursor; another question waits until the last one is answered."""
        row = self._current
        if row is None:
            return
        before = self._asked.get(row.memory.id)
        if before is None or before.over:
            number = row.memory.id
            self._asked[number] = Asked(number, self.app.submit(f"/memories ask {number}"))
            self._show_asked()
        if not self.asked_now.is_on_screen:
            self.memories.action_open()

    def action_forget(self) -> None:
        """Let the next sleep unlearn the memory under the cursor, if that is meant."""
        row = self._current
        if row is None or row.gone:
            return
        from sovl_tui.screens.confirm import ConfirmScreen

        def answered(yes: bool | None) -> None:
            if yes:
                self.app.send(f"/forget {row.memory.id}")

        self.app.push_screen(ConfirmScreen("Forget this?", row.memory.text[:200], "forget"), answered)

    def action_order(self) -> None:
        """Sort in the next way."""
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._show_list()

    def action_evaluate(self) -> None:
        """Ask about everything."""
        self.app.send("/evaluate")
        self.app.rooms.go("live")


def _memory_line(screen: MemoryScreen, row: MemoryRow, width: int, ink: Ink):  # type: ignore[no-untyped-def]
    return memory_line(row, screen.now, width, ink)


def _hear(asked: Asked, event: Event) -> None:
    """Take in an event of the line that asked."""
    match event:
        case Passage(role="question", text=text):
            asked.question = text
        case TextChunk(text=text):
            asked.answer += text
        case MemoryAsked(right=right):
            asked.right = right
        case Output(text=text):
            asked.said = text
        case Done(outcome=outcome, message=message):
            asked.over = True
            if outcome in (Outcome.REFUSED, Outcome.FAILED):
                asked.refused, asked.said = True, message
