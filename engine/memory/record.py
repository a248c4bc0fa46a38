"""What the journal holds: interactions, and the events between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class JournalError(Exception):
    """The journal cannot be opened, read or written; the message is one line."""


class JournalBusy(JournalError):
    """Another program is writing to it just now."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing said and its answer."""

    id: int
    conversation_id: str
    timestamp: float
    """Unix seconds at which the prompt came."""
    command: str
    """``chat``, or the name of the command that made it."""
    prompt: str
    response: str
    confidence_score: float | None = None
    """In [0, 1]; None when it was not tracked."""
    temperament: float | None = None
    mood: str | None = None
    weight: float | None = None
    """Influence weight that acted on the answer."""
    recognition: float | None = None
    """The gate's r in [0, 1]; None while it was untrained."""
    stop_reason: str | None = None
    tokens: int | None = None
    is_system_question: bool = False
    """Asked by the lifeform itself."""
    trainable: bool = True
    """Whether sleep may learn from it."""
    slept_at: float | None = None
    """Unix seconds of the sleep that learnt it; None until then."""
    rating: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """Something that happened to the lifeform: a sleep, a save, a change."""

    id: int
    timestamp: float
    kind: str
    data: dict[str, Any]


def storable(text: str) -> str:
    """``text`` as the journal keeps it: lone surrogates, which are no characters, become U+FFFD; all else stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
