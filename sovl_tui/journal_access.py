"""Reading the journal off the event loop: each question is asked in a thread, and its answer comes as a message.

Two connections, so that whoever scrolls never waits for a search. A newer question of a kind takes the place of an
older one, and a search that nobody waits for any more is interrupted.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.message import Message
from textual.widget import Widget
from textual.worker import get_current_worker

from engine import Edge, Interaction, JournalError, JournalEvent, JournalLine, JournalReader, Memory, Query

_POST_SECONDS = 0.1
"""Time between two deliveries of a search; each one costs the screen a moment."""

_HEAD_START = 0.05
"""Seconds in which the screen may paint the first hits before the rest is searched for."""


class Found(Message):
    """More keys of search ``number``, newest first."""

    def __init__(self, number: int, keys: Sequence[int], edge: Edge, done: bool) -> None:
        super().__init__()
        self.number, self.keys, self.edge, self.done = number, keys, edge, done


class Written(Message):
    """Keys that were written since, oldest first; None when the order is not kept and all must be searched anew."""

    def __init__(self, number: int, keys: Sequence[int] | None, edge: Edge) -> None:
        super().__init__()
        self.number, self.keys, self.edge = number, keys, edge


class LinesRead(Message):
    """What a list shows of the keys ``asked``."""

    def __init__(self, asked: Sequence[int], lines: Sequence[JournalLine]) -> None:
        super().__init__()
        self.asked, self.lines = asked, lines


class EntryRead(Message):
    """All of one entry, and the memories that came of it."""

    def __init__(self, key: int, entry: Interaction | JournalEvent | None, memories: Sequence[Memory]) -> None:
        super().__init__()
        self.key, self.entry, self.memories = key, entry, memories


class Placed(Message):
    """The place of a moment among the keys, counted from the newest: so many are of that moment or later."""

    def __init__(self, number: int, from_end: int) -> None:
        super().__init__()
        self.number, self.from_end = number, from_end


class Exported(Message):
    """``count`` interactions were written to ``path``."""

    def __init__(self, count: int, path: Path) -> None:
        super().__init__()
        self.count, self.path = count, path


class Choices(Message):
    """The kinds and moods that there are."""

    def __init__(self, kinds: list[str], moods: list[str]) -> None:
        super().__init__()
        self.kinds, self.moods = kinds, moods


class Failed(Message):
    """The journal could not be read or the file not be written, in one line; search ``number`` was the newest."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__()
        self.number, self.text = number, text


class JournalAccess:
    """Asks on behalf of ``owner``, which gets the answers."""

    def __init__(self, owner: Widget, path: Path, read_only: bool) -> None:
        self._owner, self._path, self._read_only = owner, path, read_only
        self._opening = threading.Lock()
        self._searcher: JournalReader | None = None
        self._looker: JournalReader | None = None
        self.number = 0
        """Of the newest search; answers to older ones are stale."""

    def close(self) -> None:
        """Close the connections. Threads that still ask get an error, which nobody hears."""
        for reader in (self._searcher, self._looker):
            if reader is not None:
                reader.interrupt()
                reader.close()

    def search(self, query: Query) -> None:
        """Find all that fits ``query``."""
        self.number += 1
        number = self.number
        if self._searcher is not None:
            self._searcher.interrupt()
        self._run("journal-search", lambda: self._search(number, query))

    def _search(self, number: int, query: Query) -> None:
        worker = get_current_worker()
        reader = self._search_reader()
        edge = reader.edge()
        waiting = array("q")
        sent = 0.0
        for batch in reader.keys(query):
            if worker.is_cancelled:
                return
            waiting.extend(batch)
            if time.monotonic() - sent > _POST_SECONDS:
                self._owner.post_message(Found(number, waiting, edge, False))
                waiting = array("q")
                if not sent:
                    time.sleep(_HEAD_START)
                sent = time.monotonic()
        if not worker.is_cancelled:
            self._owner.post_message(Found(number, waiting, edge, True))

    def look_for_new(self, query: Query, edge: Edge) -> None:
        """Find what was written since the journal went to ``edge``."""
        number = self.number

        def look() -> None:
            reader = self._look_reader()
            now = reader.edge()
            if now != edge:
                self._owner.post_message(Written(number, reader.newer(query, edge), now))

        self._run("journal-new", look)

    def read_lines(self, keys: Sequence[int]) -> None:
        """Read what a list shows of ``keys``."""
        self._run("journal-lines", lambda: LinesRead(keys, self._look_reader().lines(keys)))

    def read_entry(self, key: int) -> None:
        """Read all of one entry."""

        def read() -> Message:
            reader = self._look_reader()
            memories = [] if key % 2 else reader.memories_of(key // 2)
            return EntryRead(key, reader.entry(key), memories)

        self._run("journal-entry", read)

    def place(self, keys: Sequence[int], when: float) -> None:
        """Find the first entry of ``when`` or later among ``keys``."""
        number = self.number
        self._run("journal-place", lambda: Placed(number, len(keys) - self._look_reader().first_since(keys, when)))

    def read_choices(self) -> None:
        """Find out which kinds and moods there are."""
        self._run("journal-choices", lambda: Choices(*self._search_reader().choices()))

    def export(self, keys: Sequence[int], path: Path) -> None:
        """Write ``keys`` to ``path`` as JSON lines."""
        self._run("journal-export", lambda: Exported(self._look_reader().export_jsonl(keys, path), path))

    def _search_reader(self) -> JournalReader:
        with self._opening:
            if self._searcher is None:
                self._searcher = JournalReader(self._path, self._read_only)
            return self._searcher

    def _look_reader(self) -> JournalReader:
        with self._opening:
            if self._looker is None:
                self._looker = JournalReader(self._path, self._read_only)
            return self._looker

    def _run(self, group: str, ask: Callable[[], Message | None]) -> None:
        """Ask in a thread; what comes back goes to the owner, unless a newer question of the group took its place."""

        number = self.number

        def work() -> None:
            worker = get_current_worker()
            try:
                answer = ask()
            except JournalError as error:
                answer = Failed(number, str(error))
            if answer is not None and not worker.is_cancelled:
                self._owner.post_message(answer)

        self._owner.run_worker(work, group=group, thread=True, exclusive=True, exit_on_error=False)
