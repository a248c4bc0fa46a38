"""What was told, as things remembered: one row per fact, with what became of it over the nights.

A memory is born when sleep finds a fact in what the user said. Each audit leaves a verdict and a strength; dreams leave
questions. A memory that was corrected or forgotten stays as a row, so that the next sleep can unlearn it and an audit
can show that it is gone.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the last audit said of a memory."""

    NEW = "new"
    LEARNED = "learned"
    WEAK = "weak"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    """A correction took its place."""
    FORGOTTEN = "forgotten"
    """The user asked for it."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One fact that was told.

    Attributes:
        id: Its number, as commands name it.
        interaction_id: Where it was said.
        text: The statement, in the user's person.
        key: Names the fact, whatever the words it was told in.
        verdict: What the last audit said.
        strength: Share of its questions that were answered right, in [0, 1].
        sleeps: How many nights it was trained in.
        audited_at: Unix seconds of the last audit; None for never.
        questions: Questions that dreams made of it.
    """

    id: int
    interaction_id: int
    text: str
    key: str
    verdict: Verdict
    strength: float
    sleeps: int
    audited_at: float | None
    questions: tuple[str, ...]

    @property
    def current(self) -> bool:
        """Whether it is still to be known."""
        return self.verdict not in (Verdict.SUPERSEDED, Verdict.FORGOTTEN)


_SELECT = "SELECT id, interaction_id, text, key, verdict, strength, sleeps, audited_at, questions FROM memories"


class Memories:
    """The table of memories in the journal's file; changes are part of the journal's running transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, key: str, interaction_id: int, text: str) -> Memory:
        """The memory of a fact, made if it is new; one that was superseded is true again.

        Args:
            key: Names the fact, whatever the words: equal keys are one memory.
            interaction_id: Where it was said.
            text: The statement, in the user's person.
        """
        # Not one upsert: it would use up a number even where nothing is inserted.
        self._connection.execute(
            "INSERT INTO memories (key, interaction_id, text, created_at) "
            "SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM memories WHERE key = ?1)",
            (key, interaction_id, text, time.time()),
        )
        self._connection.execute("UPDATE memories SET verdict = 'new' WHERE key = ? AND verdict = 'superseded'", (key,))
        return self._select("WHERE key = ?", (key,))[0]

    def supersede(self, keys: Iterable[str]) -> None:
        """Mark memories whose place another one took."""
        self._connection.executemany(
            "UPDATE memories SET verdict = 'superseded' WHERE key = ? AND verdict <> 'forgotten'", ((k,) for k in keys)
        )

    def get(self, memory_id: int) -> Memory | None:
        """The memory of that number."""
        found = self._select("WHERE id = ?", (memory_id,))
        return found[0] if found else None

    def all(self) -> list[Memory]:
        """Every memory, oldest first."""
        return self._select("ORDER BY id", ())

    def said_in(self, interaction_id: int) -> list[Memory]:
        """The memories that were found in one interaction, oldest first."""
        return self._select("WHERE interaction_id = ? ORDER BY id", (interaction_id,))

    def judge(self, memory_id: int, verdict: Verdict, strength: float, when: float, *, trained: bool) -> None:
        """Write down what an audit said of one memory."""
        self._connection.execute(
            "UPDATE memories SET verdict = ?, strength = ?, audited_at = ?, sleeps = sleeps + ? WHERE id = ?",
            (verdict.value, strength, when, int(trained), memory_id),
        )

    def dreamt(self, memory_id: int, questions: Sequence[str]) -> None:
        """Keep the questions that dreams made of a memory."""
        self._connection.execute(
            "UPDATE memories SET questions = ? WHERE id = ?", (json.dumps(list(questions)), memory_id)
        )

    def forget(self, memory_ids: Iterable[int]) -> None:
        """Mark memories as to be unlearned."""
        self._connection.executemany(
            "UPDATE memories SET verdict = 'forgotten' WHERE id = ?", ((one,) for one in memory_ids)
        )

    def _select(self, rest: str, values: tuple[object, ...]) -> list[Memory]:
        rows = self._connection.execute(f"{_SELECT} {rest}", values).fetchall()
        return [
            Memory(one, said, text, key, Verdict(verdict), strength, sleeps, audited, tuple(json.loads(questions)))
            for one, said, text, key, verdict, strength, sleeps, audited, questions in rows
        ]
