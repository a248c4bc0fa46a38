"""What to look for in the journal: a few conditions, written as one line of words as a person types them.

``cat mood:calm is:learned from:2026-11-01`` finds what was said in a calm mood about a cat since then and learned.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .record import storable

EVENTS = "event"
"""The kind that all events are of."""
OWN = "question"
"""The kind of what the lifeform asked by itself."""
STATES = ("learned", "waiting", "excluded")
"""Learned in a sleep; to be learned in the next one; never to be learned."""

_MOST_WORDS = 32
_CONDITION = re.compile(r"(kind|mood|is|in|from|to):(\S*)")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?")
_AGO = re.compile(r"-?(\d{1,5})\s*([mhdw])(?:\s+ago)?")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class QueryError(ValueError):
    """A condition that means nothing; one line that says what would."""


@dataclass(frozen=True, slots=True)
class Query:
    """All conditions hold at once; an empty one holds always."""

    words: str = ""
    """Words to find, all of them; the last one may be the beginning of one."""
    kind: str = ""
    """The name of a command, ``chat``, :data:`EVENTS` or :data:`OWN`."""
    mood: str = ""
    state: str = ""
    """One of :data:`STATES`."""
    conversation: str = ""
    """Its id, or the beginning of it."""
    since: float | None = None
    """Unix seconds, included."""
    until: float | None = None
    """Unix seconds, not included."""

    @property
    def is_empty(self) -> bool:
        """Whether everything fits."""
        return self == Query()

    @property
    def wants_events(self) -> bool:
        """Whether an event could fit: it has neither mood nor conversation, and is never learned."""
        return self.kind in ("", EVENTS) and not (self.mood or self.state or self.conversation)

    @property
    def wants_interactions(self) -> bool:
        """Whether an interaction could fit."""
        return self.kind != EVENTS

    def matches(self) -> str:
        """The words as an expression of FTS5; empty when there is none that the index could have."""
        terms = [one for one in self.words.replace("\0", " ").split() if any(letter.isalnum() for letter in one)]
        quoted = ['"' + storable(one).replace('"', '""') + '"' for one in terms[:_MOST_WORDS]]
        if quoted and self.words[-1:].strip():
            quoted[-1] += " *"
        return " AND ".join(quoted)

    def conditions(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """What must hold for an interaction, words apart, as SQL and its values."""
        if self.kind == OWN:
            yield "i.is_system_question", ()
        elif self.kind:
            yield "i.command = ?", (self.kind,)
        if self.mood:
            yield "i.mood = ?", (self.mood,)
        match self.state:
            case "learned":
                yield "i.slept_at IS NOT NULL", ()
            case "waiting":
                yield "i.trainable AND i.slept_at IS NULL", ()
            case "excluded":
                yield "NOT i.trainable", ()
        if self.conversation:
            yield (
                "i.conversation_id >= ? AND i.conversation_id < ?",
                (self.conversation, self.conversation + "\U0010ffff"),
            )
        yield from self.times("i")

    def times(self, table: str) -> Iterator[tuple[str, tuple[object, ...]]]:
        """What must hold for the time of a row of ``table``."""
        if self.since is not None:
            yield f"{table}.timestamp >= ?", (self.since,)
        if self.until is not None:
            yield f"{table}.timestamp < ?", (self.until,)


def read_query(line: str, now: float | None = None) -> Query:
    """The query that ``line`` writes.

    Raises:
        QueryError: a condition in it means nothing.
    """
    found: dict[str, str] = {}
    words: list[str] = []
    parts = line.split()
    for part in parts:
        condition = _CONDITION.fullmatch(part)
        if condition is None:
            words.append(part)
        elif condition[2]:
            found[condition[1]] = condition[2]
    state = found.get("is", "")
    if state and state not in STATES:
        raise QueryError(f"is:{state} means nothing; it is one of {', '.join(STATES)}.")
    text = " ".join(words)
    # A space behind the last word says that the word is whole.
    if text and line[-1:].isspace() and _CONDITION.fullmatch(parts[-1]) is None:
        text += " "
    return Query(
        words=text,
        kind=found.get("kind", ""),
        mood=found.get("mood", ""),
        state=state,
        conversation=found.get("in", ""),
        since=read_time(found["from"], now) if "from" in found else None,
        until=_end_of(found["to"], now) if "to" in found else None,
    )


def with_condition(line: str, name: str, value: str) -> str:
    """``line`` with the condition ``name`` set to ``value``; with an empty one, without it."""
    rest = [part for part in line.split() if not part.startswith(f"{name}:") or _CONDITION.fullmatch(part) is None]
    return " ".join([*rest, *([f"{name}:{value}"] if value else [])])


def read_time(text: str, now: float | None = None) -> float:
    """A moment as a person writes it, in Unix seconds: ``2026-11-24``, ``2026-11-24 10:30``, ``yesterday``, ``3d``.

    Raises:
        QueryError: it is none of these.
    """
    present = datetime.fromtimestamp(time.time() if now is None else now)
    midnight = datetime.combine(present.date(), datetime.min.time())
    word = text.strip().casefold()
    try:
        if word in ("today", "yesterday"):
            return (midnight - timedelta(days=word == "yesterday")).timestamp()
        if ago := _AGO.fullmatch(word):
            return (present - int(ago[1]) * _UNITS[ago[2]]).timestamp()
        if day := _DAY.fullmatch(word.upper()):
            return datetime(*(int(part or 0) for part in day.groups())).timestamp()  # type: ignore[arg-type]
    except (ValueError, OverflowError, OSError):
        pass
    raise QueryError(
        f"'{text.strip()[:40]}' is no time; write 2026-11-24, 2026-11-24 10:30, today, yesterday, or how long ago: 3h."
    )


def _end_of(text: str, now: float | None) -> float:
    """The end of the day that ``text`` names, or the moment itself where it names one."""
    start = read_time(text, now)
    word = text.strip().casefold()
    day = _DAY.fullmatch(word.upper())
    if word not in ("today", "yesterday") and (day is None or day[4]):
        return start
    following = date.fromtimestamp(start) + timedelta(days=1)
    return datetime.combine(following, datetime.min.time()).timestamp()
