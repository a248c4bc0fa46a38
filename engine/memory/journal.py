"""The durable log: one record per interaction, and the events between them.

A single SQLite file in WAL mode, so that a reader never waits for the writer. ``synchronous=NORMAL`` means that
a record which :meth:`Journal.record` has acknowledged survives the death of the process at any moment (SIGKILL
included); only a power cut or a system crash can take the last few, and even then the file stays whole.
Waiting for the disk at each record would guard against nothing more than that, and hold up every answer.

Full-text search is FTS5 over the same rows (external content), held in step by triggers. One connection belongs to one
thread at a time; whoever reads elsewhere opens a connection of their own with ``read_only``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from engine.whole_file import reason

from . import jsonl
from .exporting import write_beside
from .memories import Memories
from .nights import Nights
from .record import Interaction, JournalBusy, JournalError, JournalEvent, storable
from .rows import COLUMNS, INSERT, SELECT, column, interaction_of
from .schema import connect, connect_read_only, plain_errors

__all__ = ["ImportReport", "Interaction", "Journal", "JournalError", "JournalEvent", "move_aside"]

MOST_PROBLEMS = 100
"""Malformed lines of an import that are kept with their reason; all are counted."""

_MOST_SEARCH_WORDS = 32
_MOST_ROWS = 2**31


@dataclass(slots=True)
class ImportReport:
    """What became of the lines of a file."""

    added: int = 0
    duplicates: int = 0
    """Lines that the journal held already."""
    malformed: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)
    """Line number and reason of the first :data:`MOST_PROBLEMS` malformed lines."""


class Journal:
    """An open journal. Use :meth:`open`; close it, or use it as a context manager.

    Texts may hold anything: quotes, NUL, emoji, megabytes. Only lone surrogates, which are no characters and have no
    UTF-8, are kept as U+FFFD. Every method raises :class:`JournalError` with one line when SQLite refuses.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
        self._connection = connection
        self.memories = Memories(connection)
        self.nights = Nights(connection)
        self.path = path
        self.read_only = read_only
        self._late: list[Callable[[], int]] = []

    @classmethod
    def open(cls, path: str | os.PathLike[str], read_only: bool = False) -> Self:
        """Open the journal at ``path``, creating it or bringing it to the present form.

        With ``read_only`` nothing is written, and a journal that does not exist yet reads as empty.

        Raises:
            JournalError: unreadable, corrupt, not a journal, or written by a newer version. The file is left as it is;
                :func:`move_aside` makes room for a new one.
        """
        file = Path(path)
        with plain_errors(file):
            connection = connect_read_only(file) if read_only else connect(file)
            try:
                connection.execute(f"{SELECT} ORDER BY id DESC LIMIT 1").fetchone()  # finds most damage at once
            except BaseException:
                connection.close()
                raise
        return cls(connection, file, read_only)

    def close(self) -> None:
        """Write what waits, if that is possible, and close the connection. Harmless when closed already."""
        with suppress(JournalError):
            self.write_waiting()
        self._connection.close()

    def interrupt(self) -> None:
        """Let a statement that runs in another thread fail soon; its transaction is rolled back there."""
        self._connection.interrupt()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- writing -------------------------------------------------------------------------------------------------------

    def record(
        self,
        *,
        conversation_id: str,
        prompt: str,
        response: str,
        command: str = "chat",
        timestamp: float | None = None,
        confidence_score: float | None = None,
        temperament: float | None = None,
        mood: str | None = None,
        weight: float | None = None,
        recognition: float | None = None,
        stop_reason: str | None = None,
        tokens: int | None = None,
        is_system_question: bool = False,
        trainable: bool = True,
        slept_at: float | None = None,
        rating: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> int:
        """Keep one interaction and return its id; fields as in :class:`Interaction`, ``timestamp`` None is now.

        When this returns an id, the record is acknowledged. It returns 0 while another program holds the journal: the
        record is :attr:`waiting` then. Numbers that are not finite are kept as None.
        """
        interaction = Interaction(
            id=0,
            conversation_id=conversation_id,
            timestamp=time.time() if timestamp is None else timestamp,
            command=command,
            prompt=prompt,
            response=response,
            confidence_score=confidence_score,
            temperament=temperament,
            mood=mood,
            weight=weight,
            recognition=recognition,
            stop_reason=stop_reason,
            tokens=tokens,
            is_system_question=is_system_question,
            trainable=trainable,
            slept_at=slept_at,
            rating=rating,
            extra=extra or {},
        )
        return self._soon(lambda: self._insert(interaction))

    def event(self, kind: str, data: dict[str, Any] | None = None, timestamp: float | None = None) -> int:
        """Keep one event and return its id; 0 when it has to wait as in :meth:`record`."""
        when = time.time() if timestamp is None else timestamp
        row = (when, storable(kind), json.dumps(data or {}, default=str))

        def insert() -> int:
            cursor = self._connection.execute("INSERT INTO events (timestamp, kind, data) VALUES (?, ?, ?)", row)
            return int(cursor.lastrowid or 0)

        return self._soon(insert)

    @property
    def waiting(self) -> int:
        """How many entries wait in memory until another program has finished writing."""
        return len(self._late)

    def write_waiting(self) -> bool:
        """Write what waits, if nobody else is writing. Returns whether nothing waits any more."""
        if self._late:
            with suppress(JournalBusy), self.transaction():
                pass  # whatever is written, what waits is written before it
        return not self._late

    def _soon(self, insert: Callable[[], int]) -> int:
        try:
            with self.transaction():
                return insert()
        except JournalBusy:
            self._late.append(insert)
            return 0

    def mark_slept(self, ids: Iterable[int], when: float) -> int:
        """Mark the interactions ``ids`` as learnt in the sleep of ``when``; returns how many there were."""
        with self.transaction():
            marked = self._connection.executemany(
                "UPDATE interactions SET slept_at = ? WHERE id = ?", ((when, one) for one in ids)
            )
            return max(0, marked.rowcount)

    def set_trainable(self, interaction_id: int, trainable: bool) -> None:
        """Let sleep learn from the interaction, or keep it from doing so."""
        self._change(interaction_id, "trainable", int(trainable))

    def rate(self, interaction_id: int, rating: int | None) -> None:
        """Set what the user thought of the answer; None takes it back."""
        self._change(interaction_id, "rating", rating)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does; one transaction inside another is part of it.

        What waits is written first.

        Raises:
            JournalBusy: Another program is writing, and went on for seconds.
        """
        if self.read_only:
            raise JournalError(f"{self.path} is open read-only; nothing was written.")
        nested = bool(self._connection.in_transaction)
        if nested:
            yield
            return
        with plain_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                late = [insert() for insert in self._late]
                yield
                self._connection.execute("COMMIT")
                del self._late[: len(late)]
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _change(self, interaction_id: int, column: str, value: int | None) -> None:
        with self.transaction():
            changed = self._connection.execute(
                f"UPDATE interactions SET {column} = ? WHERE id = ?", (value, interaction_id)
            )
            if changed.rowcount == 0:
                raise JournalError(f"There is no interaction {interaction_id} in the journal.")

    # -- reading -------------------------------------------------------------------------------------------------------

    def get(self, interaction_id: int) -> Interaction | None:
        """The interaction with this id, if there is one."""
        found = self._select("WHERE id = ?", (interaction_id,)) if abs(interaction_id) < 2**63 else []
        return found[0] if found else None

    def last(self, n: int) -> list[Interaction]:
        """The newest ``n`` interactions, oldest first."""
        return self._select("ORDER BY id DESC LIMIT ?", (_limit(n),))[::-1]

    def last_entries(self, n: int) -> list[Interaction | JournalEvent]:
        """The newest ``n`` records of both kinds by time, oldest first."""
        with plain_errors(self.path):
            rows = self._connection.execute(
                "SELECT id, timestamp, kind, data FROM events ORDER BY id DESC LIMIT ?", (_limit(n),)
            ).fetchall()
        events = [JournalEvent(number, when, kind, json.loads(data)) for number, when, kind, data in rows]
        # From the newest of each kind backwards: a clock that was set back must not hide what was written since.
        newest_first: Iterator[Interaction | JournalEvent] = merge(
            events, reversed(self.last(n)), key=attrgetter("timestamp"), reverse=True
        )
        return list(islice(newest_first, max(0, n)))[::-1]

    def conversation(self, conversation_id: str, n: int | None = None) -> list[Interaction]:
        """The interactions of one conversation, oldest first; with ``n`` its newest ``n``."""
        limit = -1 if n is None else _limit(n)
        newest_first = self._select(
            "WHERE conversation_id = ? ORDER BY id DESC LIMIT ?", (storable(conversation_id), limit)
        )
        return newest_first[::-1]

    def count(self) -> int:
        """How many interactions there are."""
        return int(self._one("SELECT count(*) FROM interactions")[0])

    def unslept(self) -> tuple[int, float | None]:
        """How many trainable interactions no sleep has learnt yet, and their mean confidence (None without one)."""
        count, mean = self._one(
            "SELECT count(*), avg(confidence_score) FROM interactions WHERE trainable AND slept_at IS NULL"
        )
        return int(count), mean

    def unslept_interactions(self, limit: int) -> list[Interaction]:
        """The oldest ``limit`` trainable interactions that no sleep has learnt yet, oldest first."""
        return self._select("WHERE trainable AND slept_at IS NULL ORDER BY id LIMIT ?", (_limit(limit),))

    def asked_at(self) -> float | None:
        """Unix seconds at which the lifeform last asked the user something of its own accord; None for never."""
        when: float | None = self._one(
            "SELECT max(timestamp) FROM interactions WHERE is_system_question AND response = ''"
        )[0]
        return when

    def search(self, text: str, limit: int = 20) -> list[Interaction]:
        """Interactions about ``text``, best first.

        Those with all its words; else those with any of them; else those that contain it letter for letter (emoji,
        and scripts without spaces, which have no words for the index). Nothing in ``text`` is query syntax.
        """
        wanted = storable(text).strip()
        if not wanted or limit < 1:
            return []
        words = list(dict.fromkeys(_searchable_words(wanted)))[:_MOST_SEARCH_WORDS]
        for joint in (" AND ", " OR ") if words else ():
            query = joint.join(words)
            found = self._select(
                "JOIN interactions_text ON interactions_text.rowid = interactions.id "
                "WHERE interactions_text MATCH ? ORDER BY bm25(interactions_text), interactions.id DESC LIMIT ?",
                (query, _limit(limit)),
            )
            if found:
                return found
        return self._select(
            "WHERE instr(prompt, ?) OR instr(response, ?) ORDER BY id DESC LIMIT ?", (wanted, wanted, _limit(limit))
        )

    def __iter__(self) -> Iterator[Interaction]:
        """Every interaction, oldest first, one at a time: the journal may be larger than memory."""
        with plain_errors(self.path):
            for row in self._connection.execute(f"{SELECT} ORDER BY id"):
                yield interaction_of(row)

    # -- JSON lines ----------------------------------------------------------------------------------------------------

    def export_jsonl(self, target: str | os.PathLike[str] | IO[str]) -> int:
        """Write every interaction, oldest first, one JSON object a line; returns how many.

        A path is written beside and then renamed, so that what was there before is never half overwritten.

        Raises:
            JournalError: the file cannot be written, or is the journal itself.
        """
        if not isinstance(target, (str, os.PathLike)):
            return self._write(target)
        return write_beside(Path(target), self.path, self._write)

    def import_jsonl(
        self, source: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None
    ) -> ImportReport:
        """Add what the file at ``source`` holds and the journal does not, in one transaction.

        The file may be larger than memory. ``progress`` is told the bytes read and their total now and then; whatever
        it raises ends the import, and nothing is added then.

        Raises:
            JournalError: the file cannot be read, or the journal not written. Nothing was added.
        """
        path = Path(source)
        report = ImportReport()
        try:
            with path.open("rb") as file, self.transaction():
                total = os.fstat(file.fileno()).st_size
                for line in jsonl.read(file):
                    self._take(line, report)
                    if progress is not None and line.number % 256 == 0:
                        progress(file.tell(), total)
        except (OSError, ValueError) as error:
            raise JournalError(f"{path} cannot be read: {reason(error)}. Nothing was imported.") from error
        return report

    def _write(self, file: IO[str]) -> int:
        count = 0
        for interaction in self:
            file.write(jsonl.line_of(interaction) + "\n")
            count += 1
        return count

    def _take(self, line: jsonl.Line, report: ImportReport) -> None:
        if line.interaction is None:
            report.malformed += 1
            if len(report.problems) < MOST_PROBLEMS:
                report.problems.append((line.number, line.problem))
        elif self._holds(line.interaction, line.dated):
            report.duplicates += 1
        else:
            self._insert(line.interaction)
            report.added += 1

    # -- rows ----------------------------------------------------------------------------------------------------------

    def _insert(self, interaction: Interaction) -> int:
        """Add a record inside an open transaction; its own id is not used. Returns the new one."""
        row = [column(getattr(interaction, name)) for name in COLUMNS[1:]]
        cursor = self._connection.execute(INSERT, (*row, _fingerprint(interaction)))
        return int(cursor.lastrowid or 0)

    def _holds(self, interaction: Interaction, dated: bool) -> bool:
        """Whether the same words of the same conversation are here; of the same moment, too, when it is ``dated``."""
        row = self._one(
            "SELECT EXISTS (SELECT 1 FROM interactions WHERE fingerprint = ? AND (NOT ? OR timestamp = ?))",
            (_fingerprint(interaction), dated, interaction.timestamp),
        )
        return bool(row[0])

    def _select(self, rest: str, values: tuple[Any, ...]) -> list[Interaction]:
        with plain_errors(self.path):
            return [interaction_of(row) for row in self._connection.execute(f"{SELECT} {rest}", values)]

    def _one(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        with plain_errors(self.path):
            return self._connection.execute(query, values).fetchone()


def move_aside(path: str | os.PathLike[str]) -> Path:
    """Rename a journal that cannot be opened, so that a new one can begin; returns its new name. Nothing is deleted."""
    file = Path(path)
    aside = file.with_name(f"{file.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}")
    for ending in ("", "-wal", "-shm"):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return aside


def _fingerprint(interaction: Interaction) -> bytes:
    """What makes two records the same words in the same conversation, whatever was noted beside them."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (interaction.conversation_id, interaction.prompt, interaction.response):
        data = storable(part).encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.digest()


def _searchable_words(text: str) -> Iterator[str]:
    """The words of ``text`` as FTS5 strings, which have no syntax inside; mere punctuation is left out."""
    for word in text.replace("\0", " ").split():
        if any(letter.isalnum() for letter in word):
            yield '"' + word.replace('"', '""') + '"'


def _limit(n: int) -> int:
    return min(max(0, n), _MOST_ROWS)
