"""The journal's file: its tables, how an older one is brought to the present form, and how it is opened.

SQLite's errors are said here in the user's words, one line each.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .record import JournalBusy, JournalError

_APPLICATION_ID = 0x534F564C  # "SOVL": tells our file from any other SQLite database
BUSY_SECONDS = 5.0
"""How long it is waited for another program that writes."""

_MIGRATIONS: tuple[str, ...] = (
    # 0 → 1
    """
    CREATE TABLE interactions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id TEXT NOT NULL,
        timestamp REAL NOT NULL,
        command TEXT NOT NULL,
        prompt TEXT NOT NULL,
        response TEXT NOT NULL,
        confidence_score REAL,
        temperament REAL,
        mood TEXT,
        weight REAL,
        recognition REAL,
        stop_reason TEXT,
        tokens INTEGER,
        is_system_question INTEGER NOT NULL,
        trainable INTEGER NOT NULL,
        slept_at REAL,
        rating INTEGER,
        extra TEXT NOT NULL,
        fingerprint BLOB NOT NULL
    );
    CREATE INDEX interactions_by_conversation ON interactions (conversation_id, id);
    CREATE INDEX interactions_by_fingerprint ON interactions (fingerprint);
    CREATE INDEX interactions_unslept ON interactions (confidence_score) WHERE trainable AND slept_at IS NULL;
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        timestamp REAL NOT NULL,
        kind TEXT NOT NULL,
        data TEXT NOT NULL
    );
    CREATE VIRTUAL TABLE interactions_text USING fts5(
        prompt, response, content='interactions', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
    );
    CREATE TRIGGER interactions_added AFTER INSERT ON interactions BEGIN
        INSERT INTO interactions_text (rowid, prompt, response) VALUES (new.id, new.prompt, new.response);
    END;
    CREATE TRIGGER interactions_removed AFTER DELETE ON interactions BEGIN
        INSERT INTO interactions_text (interactions_text, rowid, prompt, response)
            VALUES ('delete', old.id, old.prompt, old.response);
    END;
    CREATE TRIGGER interactions_reworded AFTER UPDATE OF prompt, response ON interactions BEGIN
        INSERT INTO interactions_text (interactions_text, rowid, prompt, response)
            VALUES ('delete', old.id, old.prompt, old.response);
        INSERT INTO interactions_text (rowid, prompt, response) VALUES (new.id, new.prompt, new.response);
    END;
    """,
    # 1 → 2
    """
    CREATE TABLE memories (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        interaction_id INTEGER NOT NULL,
        text TEXT NOT NULL,
        key TEXT NOT NULL UNIQUE,
        created_at REAL NOT NULL,
        verdict TEXT NOT NULL DEFAULT 'new',
        strength REAL NOT NULL DEFAULT 0,
        sleeps INTEGER NOT NULL DEFAULT 0,
        audited_at REAL,
        questions TEXT NOT NULL DEFAULT '[]'
    );
    """,
    # 2 → 3: whoever reads a million entries by time needs neither their texts nor a sort
    """
    CREATE INDEX interactions_by_time ON interactions (timestamp, id, command, mood, trainable, slept_at);
    CREATE INDEX events_by_time ON events (timestamp, id, kind);
    """,
)

_VERSION = len(_MIGRATIONS)


def connect(file: Path) -> sqlite3.Connection:
    """Open ``file`` for writing, creating it or bringing it to the present form."""
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _check(connection, file)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_beside_writer(file: Path) -> sqlite3.Connection:
    """Open ``file`` for reading while somebody else of this program writes, or is about to.

    Unlike :func:`connect_read_only` it may create the companion files of a journal at rest, so what is written later is
    seen, too.
    """
    return connect_read_only(file, at_rest=False)


def connect_read_only(file: Path, at_rest: bool = True) -> sqlite3.Connection:
    """Open ``file`` without changing anything on disk; a journal that nobody has begun yet reads as empty.

    Reading in WAL mode needs two companion files. They are there while somebody writes. Without them the file is at
    rest, and ``immutable`` reads it as it stands, creates nothing, and works on a read-only disk, too.
    """
    if not file.exists() or file.stat().st_size == 0:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        _migrate(connection)
        return connection
    query = "mode=ro" if not at_rest or file.with_name(f"{file.name}-wal").exists() else "mode=ro&immutable=1"
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?{query}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if _check(connection, file) < _VERSION:
            raise JournalError(f"{file} has an older form; open it once without --read-only to bring it up to date.")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, file: Path) -> int:
    """The version of the journal in ``file``, 0 for one that holds nothing yet; JournalError when it is not ours."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if tables and owner != _APPLICATION_ID:
        raise JournalError(f"{file} is an SQLite database, but not a SOVL journal; move it away or use another home.")
    if version > _VERSION:
        raise JournalError(f"{file} was written by a newer SOVL (form {version}, known is {_VERSION}); update SOVL.")
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(_MIGRATIONS[version:], start=version + 1):
        # One script is one transaction: a process killed in between leaves the old form whole.
        marks = f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {number};"
        connection.executescript(f"BEGIN IMMEDIATE; {script} {marks} COMMIT;")


@contextmanager
def plain_errors(file: Path) -> Iterator[None]:
    """Turn what SQLite raises inside into :class:`JournalError`, one line about ``file``."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "not a database" in text or "malformed" in text:
            message = (
                f"{file} is not a readable journal ({text}); move it away to begin a new one. Nothing was changed."
            )
        elif "full" in text:
            message = f"The disk is full: {file} could not be written. Free some space and try again."
        elif "locked" in text or "busy" in text:
            raise JournalBusy(f"{file} is being written by another program; try again when it has finished.") from error
        elif "unable to open" in text:
            message = f"{file} cannot be opened; its folder must exist and be writable."
        else:
            message = f"{file}: {text}."
        raise JournalError(message) from error
