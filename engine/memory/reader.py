"""Reading a journal of any length beside the one who writes it: keys first, rows when somebody looks at them.

A key is one number for an interaction or an event. A million of them fit into eight megabytes, and the indexes by time
give them newest first as fast as they are asked for, so a screen shows the end of a journal at once and knows the rest
a moment later. Each method may be called from any thread; one reader answers one at a time.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

from . import jsonl
from .exporting import write_beside
from .memories import Memories, Memory
from .query import Query
from .record import Interaction, JournalEvent
from .rows import SELECT, interaction_of
from .schema import connect_beside_writer, connect_read_only, plain_errors

FIRST_BATCH, BATCH = 200, 2_000
"""Keys that are handed out first, and at a time after that."""
_MOST_NEW = 5_000
"""Entries that are looked at one by one when they are new."""
_SHORT = 600
"""Characters of a text that a line holds."""
_DATA_KEYS = 6


@dataclass(frozen=True, slots=True)
class JournalLine:
    """What a list shows of one entry. Texts are cut; an event has its kind for ``kind``, its data for ``prompt``."""

    key: int
    id: int
    is_event: bool
    timestamp: float
    kind: str
    prompt: str
    response: str = ""
    conversation_id: str = ""
    mood: str = ""
    confidence: float | None = None
    trainable: bool = False
    slept_at: float | None = None
    rating: int | None = None
    own: bool = False
    """Whether the lifeform asked by itself."""

    @property
    def state(self) -> str:
        """One of :data:`engine.memory.query.STATES`; empty for an event."""
        if self.is_event:
            return ""
        return "learned" if self.slept_at is not None else "waiting" if self.trainable else "excluded"


@dataclass(frozen=True, slots=True)
class Edge:
    """The newest of what the journal holds."""

    interaction_id: int = 0
    event_id: int = 0
    timestamp: float = 0.0


def key_of(id: int, is_event: bool) -> int:
    """The key of an interaction or an event."""
    return 2 * id + is_event


class JournalReader:
    """A connection of its own that only reads. Every method raises :class:`JournalError` when SQLite refuses."""

    def __init__(self, path: str | os.PathLike[str], read_only: bool = False) -> None:
        """Open the journal at ``path``; one that nobody has begun yet reads as empty, and is looked for again.

        With ``read_only`` nothing on disk is touched, and a journal at rest is read as it stands.
        """
        self.path = Path(path)
        self._read_only = read_only
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._empty = True
        with plain_errors(self.path):
            self._open()

    def _open(self) -> sqlite3.Connection:
        """The connection; another one once there is a file where there was none."""
        if self._connection is None or (self._empty and self._exists()):
            self._empty = not self._exists()
            if self._connection is not None:
                self._connection.close()
            self._connection = connect_read_only(self.path) if self._read_only else connect_beside_writer(self.path)
        return self._connection

    def _exists(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def interrupt(self) -> None:
        """End whatever this reader is looking for in another thread; that raises :class:`JournalError` there."""
        if self._connection is not None:
            self._connection.interrupt()

    def close(self) -> None:
        """Close the connection. Harmless when closed already."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._lock, plain_errors(self.path):
            return self._open().execute(query, values).fetchall()

    # -- keys ----------------------------------------------------------------------------------------------------------

    def keys(self, query: Query) -> Iterator[array[int]]:
        """The keys of all entries that fit ``query``, newest first, in batches: a small one first, for the eye."""
        if not query.words.strip():
            yield from self._by_time(query)
            return
        events = [key for batch in self._events(query) for key in batch] if query.wants_events else []
        said = self._interactions(query, with_time=bool(events)) if query.wants_interactions else iter(())
        if not events:
            yield from (array("q", [key for _, key in batch]) for batch in said)
            return
        merged = merge((one for batch in said for one in batch), events, reverse=True)
        size = FIRST_BATCH
        while batch := array("q", (key for _, key in islice(merged, size))):
            yield batch
            size = BATCH

    def _by_time(self, query: Query) -> Iterator[array[int]]:
        parts: list[str] = []
        values: list[object] = []
        if query.wants_interactions:
            where, more = _where(query.conditions())
            parts.append(f"SELECT i.timestamp, i.id, 2 * i.id FROM interactions i {where}")
            values += more
        if query.wants_events:
            where, more = _where(query.times("e"))
            parts.append(f"SELECT e.timestamp, e.id, 2 * e.id + 1 FROM events e {where}")
            values += more
        if parts:
            for rows in self._batches(f"{' UNION ALL '.join(parts)} ORDER BY 1 DESC, 2 DESC", values):
                yield array("q", [key for _, _, key in rows])

    def _interactions(self, query: Query, with_time: bool) -> Iterator[list[tuple[float, int]]]:
        """Times and keys of the interactions that have the words of ``query``; without need for them, times are 0."""
        conditions = list(query.conditions())
        expression = query.matches()
        if not expression:
            where, values = _where([*_words(query, "i"), *conditions])
            text = f"SELECT i.timestamp, 2 * i.id FROM interactions i {where} ORDER BY i.timestamp DESC, i.id DESC"
        elif conditions or with_time:
            where, values = _where([("interactions_text MATCH ?", (expression,)), *conditions])
            source = "interactions_text t CROSS JOIN interactions i ON i.id = t.rowid"
            text = f"SELECT i.timestamp, 2 * i.id FROM {source} {where} ORDER BY t.rowid DESC"
        else:
            values = [expression]
            text = "SELECT 0, 2 * rowid FROM interactions_text WHERE interactions_text MATCH ? ORDER BY rowid DESC"
        return self._batches(text, values)

    def _events(self, query: Query) -> Iterator[list[tuple[float, int]]]:
        where, values = _where([*_words(query, "e"), *query.times("e")])
        return self._batches(
            f"SELECT e.timestamp, 2 * e.id + 1 FROM events e {where} ORDER BY e.timestamp DESC", values
        )

    def _batches(self, query: str, values: Sequence[object]) -> Iterator[list[Any]]:
        """The rows of a query, some at a time, so that others get their turn in between."""
        with self._lock, plain_errors(self.path):
            cursor = self._open().execute(query, values)
        size = FIRST_BATCH
        while True:
            with self._lock, plain_errors(self.path):
                rows = cursor.fetchmany(size)
            if not rows:
                return
            yield rows
            size = BATCH

    def edge(self) -> Edge:
        """How far the journal goes now."""
        ((interaction, event, said, happened),) = self._all(
            "SELECT (SELECT max(id) FROM interactions), (SELECT max(id) FROM events), "
            "(SELECT max(timestamp) FROM interactions), (SELECT max(timestamp) FROM events)"
        )
        return Edge(interaction or 0, event or 0, max(said or 0.0, happened or 0.0))

    def newer(self, query: Query, edge: Edge) -> list[int] | None:
        """The keys that fit ``query`` and were written since the journal went to ``edge``, oldest first.

        None when some of them are older than what was there before, or there are very many: then ask for all again.
        """
        parts: list[str] = []
        values: list[object] = []
        ((oldest, count),) = self._all(
            "SELECT min(timestamp), count(*) FROM (SELECT timestamp FROM interactions NOT INDEXED WHERE id > ? "
            "UNION ALL SELECT timestamp FROM events NOT INDEXED WHERE id > ?)",
            (edge.interaction_id, edge.event_id),
        )
        if count > _MOST_NEW or (count and oldest < edge.timestamp):
            return None
        if query.wants_interactions:
            where, more = _where([("i.id > ?", (edge.interaction_id,)), *_words(query, "i", edge), *query.conditions()])
            parts.append(f"SELECT i.timestamp, i.id, 0 FROM interactions i NOT INDEXED {where}")
            values += more
        if query.wants_events:
            where, more = _where([("e.id > ?", (edge.event_id,)), *_words(query, "e"), *query.times("e")])
            parts.append(f"SELECT e.timestamp, e.id, 1 FROM events e NOT INDEXED {where}")
            values += more
        rows = self._all(f"{' UNION ALL '.join(parts)} ORDER BY 1, 2", values) if parts else []
        return [2 * id + is_event for _, id, is_event in rows]

    def first_since(self, keys: Sequence[int], when: float) -> int:
        """In ``keys``, oldest first, the place of the first entry of ``when`` or later; their number when none is."""
        low, high = 0, len(keys)
        while low < high:
            middle = (low + high) // 2
            found = self._all(
                "SELECT timestamp FROM events WHERE id = ?"
                if keys[middle] % 2
                else "SELECT timestamp FROM interactions WHERE id = ?",
                (keys[middle] // 2,),
            )
            if found and found[0][0] < when:
                low = middle + 1
            else:
                high = middle
        return low

    # -- entries -------------------------------------------------------------------------------------------------------

    def lines(self, keys: Iterable[int]) -> list[JournalLine]:
        """What a list shows of the entries ``keys``, in no particular order; those that are gone are left out."""
        wanted = list(keys)
        said = [key // 2 for key in wanted if not key % 2]
        happened = [key // 2 for key in wanted if key % 2]
        lines = [
            JournalLine(
                2 * id, id, False, when, command, prompt, response, conversation, mood or "", confidence,
                bool(trainable), slept_at, rating, bool(own),
            )
            for id, when, command, prompt, response, conversation, mood, confidence, trainable, slept_at, rating, own
            in self._all(
                f"SELECT id, timestamp, command, substr(prompt, 1, {_SHORT}), substr(response, 1, {_SHORT}), "
                "conversation_id, mood, confidence_score, trainable, slept_at, rating, is_system_question "
                f"FROM interactions WHERE id IN ({_marks(said)})",
                said,
            )
        ]  # fmt: skip
        for id, when, kind, data in self._all(
            f"SELECT id, timestamp, kind, data FROM events WHERE id IN ({_marks(happened)})", happened
        ):
            lines.append(JournalLine(2 * id + 1, id, True, when, kind, _summary(json.loads(data))))
        return lines

    def entry(self, key: int) -> Interaction | JournalEvent | None:
        """All of one entry; None when it is gone."""
        if key % 2:
            for id, when, kind, data in self._all(
                "SELECT id, timestamp, kind, data FROM events WHERE id = ?", (key // 2,)
            ):
                return JournalEvent(id, when, kind, json.loads(data))
            return None
        found = self._all(f"{SELECT} WHERE id = ?", (key // 2,))
        return interaction_of(found[0]) if found else None

    def memories_of(self, interaction_id: int) -> list[Memory]:
        """The facts that were found in an interaction."""
        with self._lock, plain_errors(self.path):
            return Memories(self._open()).said_in(interaction_id)

    def choices(self) -> tuple[list[str], list[str]]:
        """The kinds of interactions there are, and the moods, each in the order of the alphabet."""
        kinds = [kind for (kind,) in self._all("SELECT DISTINCT command FROM interactions ORDER BY 1")]
        moods = self._all("SELECT DISTINCT mood FROM interactions WHERE mood IS NOT NULL ORDER BY 1")
        return kinds, [mood for (mood,) in moods]

    def export_jsonl(self, keys: Iterable[int], path: str | os.PathLike[str]) -> int:
        """Write the interactions among ``keys``, in their order, as JSON lines; returns how many.

        Raises:
            JournalError: the file cannot be written, or is the journal itself.
        """
        said = (key for key in keys if not key % 2)

        def write(file: IO[str]) -> int:
            count = 0
            for key in said:
                entry = self.entry(key)
                if isinstance(entry, Interaction):
                    file.write(jsonl.line_of(entry) + "\n")
                    count += 1
            return count

        return write_beside(Path(path), self.path, write)


def _where(conditions: Iterable[tuple[str, tuple[object, ...]]]) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    for condition, more in conditions:
        parts.append(condition)
        values += more
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def _words(query: Query, table: str, edge: Edge = Edge()) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Conditions for the words of a query where the index of words is no help: events, emoji, rows behind ``edge``."""
    words = query.words.strip()
    if table == "e":
        for word in words.split():
            yield "instr(lower(e.kind || ' ' || e.data), ?)", (word.casefold(),)
    elif words and (expression := query.matches()):
        after = edge.interaction_id
        yield (
            "i.id IN (SELECT rowid FROM interactions_text WHERE interactions_text MATCH ? AND rowid > ?)",
            (
                expression,
                after,
            ),
        )
    elif words:  # emoji, and the like: nothing that the index has
        yield "(instr(i.prompt, ?) OR instr(i.response, ?))", (words, words)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" for _ in values)


def _summary(data: dict[str, Any]) -> str:
    """The first plain values of an event's data, as words."""
    plain = {name: value for name, value in data.items() if isinstance(value, (str, int, float)) and value != ""}
    headline = plain.pop("headline", None)
    shown = [f"{name.replace('_', ' ')} {_number(value)}" for name, value in plain.items()][:_DATA_KEYS]
    return " · ".join([*([str(headline)] if headline else []), *shown])


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
