"""The journal: all that was said and happened, to search, to go back in, and to say what may be learned of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from rich.text import Text
from textual import on
from textual.widgets import Input

from engine import JournalLine, QueryError, read_time
from engine.api import Done, Event, Outcome, Woke
from sovl_tui.journal_access import Exported, Found, Placed
from sovl_tui.screens.confirm import ConfirmScreen
from sovl_tui.screens.journal_view import JournalView

_MOST_AT_ONCE = 200
"""Entries that one key may mark, rate or give free: each one is a line to the engine."""


class JournalScreen(JournalView):
    """What one can do there: go to a moment, tell the engine about entries, write some of them to a file."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_for = ""
        """What the line at the bottom asks for: ``date`` or ``export``."""
        self._seek: float | None = None
        """A moment to go to once the search has got there."""
        self._waiting: dict[int, str] = {}
        """Lines on their way to the engine: their id, and what is to be said when they are done."""

    def step_back(self) -> bool:
        """What is asked comes first."""
        if not self.asking.is_open:
            return super().step_back()
        self.asking.close()
        self.list.focus()
        self.message.say("")
        return True

    # -- what the engine says ------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Whatever is finished may have been written down."""
        finished = [event for event in events if isinstance(event, Done)]
        mine = [event for event in finished if event.id in self._waiting]
        for done in mine:
            words = self._waiting.pop(done.id)
            if done.outcome is Outcome.OK:
                self.message.say(words, "done")
            else:
                self.message.say(done.message or "Stopped; nothing was changed.", "error")
        if (mine or any(isinstance(event, Woke) for event in events)) and self.wanted.state:
            self.search_anew()  # what fits may not fit any more
        elif finished:
            self.keep_up()

    # -- time ----------------------------------------------------------------------------------------------------------

    def action_go_to_date(self) -> None:
        """Ask for a moment, and go to the first entry since then."""
        self._asked_for = "date"
        self.asking.ask("go to", placeholder="2026-11-24 · 2026-11-24 10:30 · yesterday · 3d")
        self.message.say("from: and to: in the search show only what lies between two dates")

    def action_day(self, step: int) -> None:
        """Go to the beginning of the day before or after the one of this entry."""
        line = self.list.current_line
        if line is not None:
            midnight = datetime.combine(datetime.fromtimestamp(line.timestamp).date(), datetime.min.time())
            self._go_to((midnight + timedelta(days=step)).timestamp())

    def _go_to(self, when: float) -> None:
        self._seek = when
        self.access.place(self.list.keys.copy(), when)

    def search_anew(self) -> None:
        """Another search goes nowhere by itself."""
        self._seek = None
        super().search_anew()

    @on(Found)
    def _found_more(self) -> None:
        if self._seek is not None:
            self.access.place(self.list.keys.copy(), self._seek)

    @on(Placed)
    def _placed(self, message: Placed) -> None:
        if message.number != self.access.number or self._seek is None:
            return
        at = len(self.list.keys) - message.from_end
        if at <= 0 and self.searching:
            return  # it may lie further back than the search has got
        self._seek = None
        self.list.show_at(at, at - self.list.page // 3)

    # -- saying something to the engine --------------------------------------------------------------------------------

    def action_trainable(self) -> None:
        """Let sleep learn from the entry, or keep it from that."""
        lines = self._chosen_lines()
        if lines:
            on = not any(line.trainable for line in lines)
            words = "May be learned." if on else "Will not be learned."
            self._send([f"/trainable {line.id} {'on' if on else 'off'}" for line in lines], words)

    def action_rate(self, thumb: str) -> None:
        """Rate the answer up or down."""
        self._send([f"/rate {thumb} {line.id}" for line in self._chosen_lines()], f"Rated {thumb}.")

    def _chosen_lines(self) -> list[JournalLine]:
        lines = [line for line in self.list.chosen_lines if not line.is_event]
        if not lines:
            self.message.say("This is about what was said; an event is neither learned nor rated.", "warning")
        elif len(lines) > _MOST_AT_ONCE:
            self.message.say(f"{len(lines)} are too many at once; mark at most {_MOST_AT_ONCE}.", "warning")
            return []
        return lines

    def _send(self, lines: Sequence[str], words: str) -> None:
        for line in lines:
            self._waiting[self.app.submit(line)] = words
        if lines:
            self.message.say("…")
            self.list.drop_marks()

    def action_forget(self) -> None:
        """Let the next sleep unlearn what was learned of the entry."""
        memories = [one for one in self.entry.memories if one.current] if self.entry is not None else []
        if not memories:
            self.message.say("Nothing of it is remembered; n keeps it from being learned.", "warning")
            return

        def forget(yes: bool | None) -> None:
            if yes:
                self._send([f"/forget {one.id}" for one in memories], "Will be unlearned in the next sleep.")

        detail = Text("\n".join(f"#{one.id} {one.text}" for one in memories))
        self.app.push_screen(ConfirmScreen("Forget this in the next sleep?", detail, "forget"), forget)

    # -- taking something out ------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Ask where to, and write what is marked, else all that is shown."""
        if self.searching:
            self.message.say("The search is still going on.", "warning")
            return
        count = len(self.list.marked) or len(self.list.keys)
        name = f"journal-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"
        self._asked_for = "export"
        self.asking.ask(f"export {count:,} to", str(self.app.engine.home.path / name))

    @on(Input.Changed, "#journal-ask Input")
    def _asked(self) -> None:
        if self.asking.is_open and self._asked_for == "date" and self.asking.input.value:
            try:
                moment = datetime.fromtimestamp(read_time(self.asking.input.value))
            except QueryError as error:
                self.message.say(str(error), "error")
            else:
                self.message.say(f"{moment:%A, %Y-%m-%d %H:%M} · enter goes there")

    @on(Input.Submitted, "#journal-ask Input")
    def _answered(self) -> None:
        text = self.asking.input.value.strip()
        try:
            if self._asked_for == "date":
                self._go_to(read_time(text))
                self.message.say("")
            else:
                self._export(Path(text).expanduser())
        except (QueryError, RuntimeError) as error:
            self.message.say(str(error), "error")
            self.app.bell()
            return
        self.asking.close()
        self.list.focus()

    def _export(self, path: Path) -> None:
        if path.exists():
            raise QueryError(f"{path} is there already; choose another name.")
        keys = self.list.chosen if self.list.marked else self.list.keys.copy()
        self.message.say("Writing …")
        self.access.export(keys, path)

    @on(Exported)
    def _exported(self, message: Exported) -> None:
        what = "interaction" if message.count == 1 else "interactions"
        self.message.say(f"Exported {message.count:,} {what} to {message.path}", "done")
