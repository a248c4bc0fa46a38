"""Looking at the journal: the search, its conditions, the list, and everything about one entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input

from engine import EVENTS, OWN, STATES, Edge, Query, QueryError, read_query, with_condition
from engine.api import Done, Event
from sovl_tui.ink import Ink
from sovl_tui.journal_access import (
    Choices,
    EntryRead,
    Failed,
    Found,
    JournalAccess,
    LinesRead,
    Written,
)
from sovl_tui.journal_drawing import page, page_source
from sovl_tui.keymap import JOURNAL_KEYS, bindings
from sovl_tui.screens.room import APP_BAR, RoomScreen
from sovl_tui.widgets.ask_line import AskLine
from sovl_tui.widgets.filter_bar import FilterBar
from sovl_tui.widgets.journal_list import JournalList
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.message_line import MessageLine
from sovl_tui.widgets.text_page import TextPage

_MOODS = ("calm", "curious", "restless", "melancholic")
_WAIT_WORDS = "Reading …"


class JournalView(RoomScreen):
    """Search and conditions above, the list, everything about one entry beside or below it."""

    AUTO_FOCUS = "#journal-list"
    KEYS = JOURNAL_KEYS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JOURNAL_KEYS),
        Binding("down", "to_list", "To the list", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.search = Input(placeholder="search everything", compact=True, id="journal-search", classes="search")
        self.filters = FilterBar(id="journal-filters")
        self.list = JournalList(id="journal-list")
        self.page = TextPage(id="journal-page")
        self.asking = AskLine(id="journal-ask")
        self.message = MessageLine(id="journal-message")
        self._access: JournalAccess | None = None
        self.wanted = Query()
        self._edge = Edge()
        self.searching = False
        self.entry: EntryRead | None = None
        self._kinds: list[str] = []

    @property
    def access(self) -> JournalAccess:
        """Asks the journal; there once one is in the room."""
        if self._access is None:
            home = self.app.engine.home
            self._access = JournalAccess(self, home.journal_path, home.read_only)
        return self._access

    @property
    def parts(self) -> tuple[Lines, ...]:
        """What is drawn line by line."""
        return *super().parts, self.filters, self.asking.label, self.message

    def compose_body(self) -> ComposeResult:
        """Top to bottom."""
        with Vertical(id="journal-top"):
            yield self.search
            yield self.filters
        with Container(id="journal-middle"):
            yield self.list
            yield self.page
        yield self.asking
        yield self.message

    def use_ink(self, ink: Ink) -> None:
        """Draw everything in other colours."""
        super().use_ink(ink)
        self.list.use_ink(ink)
        self.page.use_ink(ink)

    @on(events.ScreenResume)
    def _resumed(self) -> None:
        if self._access is None:
            self.search_anew()
        else:
            self.keep_up()

    def on_unmount(self) -> None:
        """Leave the file alone."""
        if self._access is not None:
            self._access.close()

    # -- what the engine says ------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Whatever is finished may have been written down."""
        if any(isinstance(event, Done) for event in events):
            self.keep_up()

    def keep_up(self) -> None:
        """Find what is new, and show what changed."""
        if self._access is not None and not self.searching:
            self.access.look_for_new(self.wanted, self._edge)
            self.list.forget_lines()
            self._read_entry()

    # -- searching -----------------------------------------------------------------------------------------------------

    @on(Input.Changed, "#journal-search")
    def _typed(self) -> None:
        try:
            query = read_query(self.search.value)
        except QueryError as error:
            self.message.say(str(error), "error")
            return
        self.message.say("")
        if query != self.wanted:
            self.wanted = query
            self.search_anew()

    def search_anew(self) -> None:
        """Find all that fits."""
        self.searching = True
        self.list.empty = _WAIT_WORDS
        self.list.start(self.wanted.words.split())
        self.access.search(self.wanted)
        self._show_filters()

    @on(Found)
    def _found(self, message: Found) -> None:
        if message.number != self.access.number:
            return
        self._edge = message.edge
        self.searching = not message.done
        if message.done:
            self.access.read_choices()
            self.list.empty = "Nothing was said yet." if self.wanted.is_empty else "Nothing fits. Esc shows everything."
        self.list.add_found(message.keys)
        self._show_filters()

    @on(Written)
    def _written(self, message: Written) -> None:
        if message.number != self.access.number:
            return
        self._edge = message.edge
        if message.keys is None:
            self.search_anew()
        else:
            self.list.add_written(message.keys)
            self._show_filters()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        if message.number == self.access.number:
            path = self.app.engine.home.journal_path
            words = message.text.replace(str(path), path.name)
            if self.searching:
                self.searching = False
                self.list.empty = f"The journal cannot be read. {words}"
                self.list.redraw()
                self._show_filters()
            else:
                self.message.say(words, "error")

    @on(Choices)
    def _choices(self, message: Choices) -> None:
        self._kinds = message.kinds

    def _show_filters(self) -> None:
        query = self.wanted
        dates = " – ".join(
            "" if when is None else datetime.fromtimestamp(when).strftime("%Y-%m-%d")
            for when in (query.since, query.until)
        )
        chips = (
            ("t", "kind", query.kind, "screen.next_kind"),
            ("m", "mood", query.mood, "screen.next_mood"),
            ("l", "is" if query.state else "learned", query.state, "screen.next_state"),
            ("c", "conversation", query.conversation[:8], "screen.one_conversation"),
            ("d", "date", dates.strip(" –"), "screen.go_to_date"),
        )
        count = f"{len(self.list.keys):,}"
        notes = [f"{len(self.list.marked)} marked"] if self.list.marked else []
        notes += [f"↓ {self.list.unseen} new"] if self.list.unseen else []
        notes += ["following"] if self.list.following and self.list.keys and not notes else []
        entries = "entry" if count == "1" else "entries"
        self.filters.show_chips(chips, " · ".join([f"{count} {entries}", *notes]), self.searching)
        self._show_keys()

    def _show_keys(self) -> None:
        self.key_bar.show(
            (
                ("/", "search", "screen.search"),
                ("enter", "read", "screen.read"),
                ("d", "go to a date", "screen.go_to_date"),
                ("n", "do not learn", "screen.trainable"),
                ("+ -", "rate", "screen.rate('up')"),
                ("e", "export", "screen.export"),
                ("F1", "all keys", "app.help"),
                *APP_BAR,
            )
        )

    def _condition(self, name: str, value: str) -> None:
        self.search.value = with_condition(self.search.value, name, value)

    def action_search(self) -> None:
        """Write what to look for."""
        self.search.focus()
        self.message.say("words, and kind: mood: is: in: from: to:  ·  enter or ↓ goes to what was found")

    def action_to_list(self) -> None:
        """From the search into what was found."""
        if self.search.has_focus:
            self.list.focus()

    @on(Input.Submitted, "#journal-search")
    def _search_done(self) -> None:
        self.list.focus()

    def action_next_kind(self) -> None:
        """Only one kind: the next one there is."""
        kinds = [*dict.fromkeys(["chat", *self._kinds]), OWN, EVENTS]
        self._condition("kind", _next(self.wanted.kind, kinds))

    def action_next_mood(self) -> None:
        """Only one mood."""
        self._condition("mood", _next(self.wanted.mood, _MOODS))

    def action_next_state(self) -> None:
        """Only what was learned, waits to be, or never will be."""
        self._condition("is", _next(self.wanted.state, STATES))

    def action_one_conversation(self) -> None:
        """Only the conversation of this entry, or all again."""
        line = self.list.current_line
        if self.wanted.conversation:
            self._condition("in", "")
        elif line is not None and line.conversation_id:
            self._condition("in", line.conversation_id)

    # -- looking -------------------------------------------------------------------------------------------------------

    @on(JournalList.Wanted)
    def _wanted(self) -> None:
        self.access.read_lines(self.list.around)

    @on(LinesRead)
    def _lines_read(self, message: LinesRead) -> None:
        self.list.take_lines(message.asked, message.lines)

    @on(JournalList.Moved)
    def _moved(self) -> None:
        if not isinstance(self.list.current, int):
            self.entry = None
            self.page.show(lambda width, ink: [])
        elif self.entry is None or self.entry.key != self.list.current:
            self._read_entry()
        self._show_filters()

    @on(JournalList.Toggled)
    def _toggled(self) -> None:
        self._show_filters()

    @on(JournalList.Chosen)
    def _chosen(self) -> None:
        self.action_read()

    def _read_entry(self) -> None:
        if self.list.current is not None:
            self.access.read_entry(self.list.current)

    @on(EntryRead)
    def _entry_read(self, message: EntryRead) -> None:
        same = self.entry is not None and self.entry.key == message.key
        self.entry = message
        words = self.list.words
        self.page.show(lambda width, ink: page(message.entry, message.memories, width, ink, words), keep_place=same)

    def action_read(self) -> None:
        """All of the entry, with the keys going there."""
        self.add_class("-reading")
        self.page.focus()

    def action_switch(self) -> None:
        """From the list to the entry and back."""
        if self.page.has_focus:
            self.remove_class("-reading")
            self.list.focus()
        else:
            self.action_read()

    def action_wrap(self) -> None:
        """Entries on several lines, or on one each."""
        self.list.use_wrap(not self.list.tall)

    def action_follow(self) -> None:
        """Stay at the newest entry, or stay here."""
        self.list.follow(not self.list.following)
        self._show_filters()

    def action_mark(self) -> None:
        """Mark the entry, so that commands are about all that are marked."""
        self.list.toggle_mark()

    def action_copy_entry(self) -> None:
        """Copy all of the entry."""
        if self.entry is not None:
            self.app.copy(page_source(self.entry.entry))

    def step_back(self) -> bool:
        """What is read, conditions, marks: one after the other."""
        if self.has_class("-reading"):
            self.action_switch()
        elif self.search.has_focus or self.search.value:
            self.search.value = ""
            self.list.focus()
        else:
            return self.list.drop_marks()
        return True


def _next(value: str, values: Sequence[str]) -> str:
    """The value after ``value``; behind the last one comes none."""
    around = ["", *values]
    return around[(around.index(value) + 1) % len(around)] if value in around else ""
