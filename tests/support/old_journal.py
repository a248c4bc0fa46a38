"""A journal as the first version left it, for whoever wants to see it brought to the present form."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.memory import schema

SAID = "I was here before."


def write_old_journal(path: Path) -> None:
    """Write a journal of form 1 that holds one interaction, which nobody trains on."""
    with sqlite3.connect(path) as connection:
        connection.executescript(schema._MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {schema._APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO interactions (conversation_id, timestamp, command, prompt, response, is_system_question,"
            " trainable, extra, fingerprint) VALUES ('old', 1.0, 'chat', ?, 'So you were.', 0, 0, '{}', x'00')",
            (SAID,),
        )
    connection.close()
