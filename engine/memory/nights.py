"""The diary of nights: what each one dreamt, how it trained, and what became of every memory it went over.

A night is one event of the journal, written in the transaction that changes the memories, so that the two never
disagree. What is read here may have been written by an older version: what it did not keep is empty.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

Outcome = Literal["slept", "woken", "failed"]
"""A night that came to its end, one that the user ended, one that went wrong. Only the first changes anything."""

_KINDS: dict[Outcome, str] = {"slept": "sleep", "woken": "sleep_woken", "failed": "sleep_failed"}
"""The kinds of the journal's events."""
_OUTCOMES = {kind: outcome for outcome, kind in _KINDS.items()}

CURVE_POINTS = 160
"""Points that are kept of a curve: more than a screen has columns for it."""
MOST_QUESTIONS = 200
"""Questions that are kept of a night; of more, those that were not kept by the dream go first."""


@dataclass(frozen=True, slots=True)
class NightMemory:
    """What became of one memory in one night.

    Attributes:
        memory_id: Which one.
        text: The statement.
        verdict: ``learned``, ``weak`` or ``refused``.
        before: Share of its questions that were answered right before, in [0, 1].
        after: The same afterwards.
    """

    memory_id: int
    text: str
    verdict: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class NightDream:
    """One memory that was dreamt of: how near it was to what was said last, how new, and how much it was disturbed.

    Attributes:
        memory_id: Which one.
        similarity: Cosine to the last prompt, in [−1, 1].
        novelty: 1 − the highest cosine to an earlier dream, in [0, 1].
        noise: Standard deviation of the disturbance, as a share of the vector's own size.
    """

    memory_id: int
    similarity: float
    novelty: float
    noise: float


@dataclass(frozen=True, slots=True)
class NightQuestion:
    """One question that a dream made of a memory, and why it was not kept; ``why`` is empty when it was."""

    memory_id: int
    question: str
    answer: str
    why: str = ""

    @property
    def kept(self) -> bool:
        """Whether it is rehearsed."""
        return not self.why


@dataclass(frozen=True, slots=True)
class NightRecord:
    """One night, as it is remembered.

    Attributes:
        began: Unix seconds.
        ended: Unix seconds.
        outcome: How it ended.
        headline: The one line that was said on waking.
        why: Why not all of the change was kept, or what went wrong; empty when nothing was amiss.
        scale: Share of the change that was kept, in [0, 1]; 0 when the weights of before were restored.
        steps: Optimiser steps.
        rows: Training rows.
        loss_before: Of the first steps, nats per token; None when nothing was trained.
        loss_after: Of the last ones.
        losses: The loss over the night, thinned to :data:`CURVE_POINTS`.
        drifts: KL from the base on what was to stay, likewise.
        phases: Seconds that each phase took.
        gate_raised_to: The threshold that the gate was raised to; None when it was not.
        new: How many of the memories were new.
        left: Facts left for the next night.
        memories: What became of each.
        dreams: What was dreamt of.
        questions: What was asked in dreams.
        skipped: What was said and not learned, each with the reason.
    """

    began: float
    ended: float
    outcome: Outcome = "slept"
    headline: str = ""
    why: str = ""
    scale: float = 0.0
    steps: int = 0
    rows: int = 0
    loss_before: float | None = None
    loss_after: float | None = None
    losses: tuple[float, ...] = ()
    drifts: tuple[float, ...] = ()
    phases: tuple[tuple[str, float], ...] = ()
    gate_raised_to: float | None = None
    new: int = 0
    left: int = 0
    memories: tuple[NightMemory, ...] = ()
    dreams: tuple[NightDream, ...] = ()
    questions: tuple[NightQuestion, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def rolled_back(self) -> bool:
        """Whether it trained, and kept nothing of it."""
        return self.outcome == "slept" and self.steps > 0 and self.scale == 0

    def count(self, verdict: str) -> int:
        """How many memories got this verdict."""
        return sum(one.verdict == verdict for one in self.memories)

    @classmethod
    def read(cls, kind: str, ended: float, data: dict[str, Any]) -> Self:
        """The night that an event of the journal tells of, whatever version wrote it."""
        known = {field.name for field in fields(cls)} - {"began", "ended", "outcome"}
        values = {name: value for name, value in data.items() if name in known}
        values["losses"] = tuple(values.get("losses", ()))
        values["drifts"] = tuple(values.get("drifts", ()))
        phases = values.get("phases", {})
        values["phases"] = tuple((name, spent) for name, spent in dict(phases).items())
        values["memories"] = tuple(NightMemory(*one) for one in values.get("memories", ()))
        values["dreams"] = tuple(NightDream(*one) for one in values.get("dreams", ()))
        values["questions"] = tuple(NightQuestion(*one) for one in values.get("questions", ()))
        values["skipped"] = tuple((text, reason) for text, reason in values.get("skipped", ()))
        return cls(began=ended - data.get("seconds", 0.0), ended=ended, outcome=_OUTCOMES[kind], **values)

    def written(self) -> dict[str, Any]:
        """What the event of the journal holds."""
        data = asdict(self)
        for name in ("began", "ended", "outcome"):
            del data[name]
        for name in ("memories", "dreams", "questions"):
            data[name] = [list(one.values()) for one in data[name]]
        data["phases"] = dict(self.phases)
        data["verdicts"] = {str(one.memory_id): one.verdict for one in self.memories}
        return {**data, "seconds": self.ended - self.began}


class Nights:
    """The nights in the journal's file; writing one is part of the journal's running transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def keep(self, night: NightRecord) -> None:
        """Write a night down."""
        self._connection.execute(
            "INSERT INTO events (timestamp, kind, data) VALUES (?, ?, ?)",
            (night.ended, _KINDS[night.outcome], json.dumps(night.written())),
        )

    def last(self, n: int) -> list[NightRecord]:
        """The newest ``n`` nights, oldest first."""
        rows = self._connection.execute(
            "SELECT kind, timestamp, data FROM events WHERE kind IN (?, ?, ?) ORDER BY id DESC LIMIT ?",
            (*_OUTCOMES, n),
        ).fetchall()
        return [NightRecord.read(kind, ended, json.loads(data)) for kind, ended, data in reversed(rows)]


def thinned(values: Sequence[float]) -> tuple[float, ...]:
    """``values`` as at most :data:`CURVE_POINTS` means of neighbours, in order."""
    count = min(len(values), CURVE_POINTS)
    means = []
    for number in range(count):
        part = values[number * len(values) // count : (number + 1) * len(values) // count]
        means.append(round(sum(part) / len(part), 5))
    return tuple(means)


def worth_keeping(questions: Sequence[NightQuestion]) -> tuple[NightQuestion, ...]:
    """At most :data:`MOST_QUESTIONS` of ``questions`` in order, those that were kept before those that were not."""
    if len(questions) <= MOST_QUESTIONS:
        return tuple(questions)
    ranked = sorted(range(len(questions)), key=lambda index: (not questions[index].kept, index))
    return tuple(questions[index] for index in sorted(ranked[:MOST_QUESTIONS]))
