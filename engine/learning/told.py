"""What a user told, message by message: a correction looks back on all that was told, a pronoun only a little way."""

from __future__ import annotations

from collections import deque

from engine.learning.facts import Fact, Reading, facts_in

_CORRECTABLE = 20
"""Facts among which a bare correction (``No, it is 5829``) finds what it puts right."""
_IN_MIND = 2
"""Messages back, in the same conversation, to what *he* or *it* can mean."""


class Told:
    """Reads messages in the order in which they were said."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        """All that was told so far, oldest first."""
        self._conversation = ""
        self._in_mind: deque[tuple[Fact, ...]] = deque(maxlen=_IN_MIND)

    def hear(self, text: str, conversation: str = "") -> Reading:
        """What the message ``text`` of ``conversation`` tells; see :func:`engine.learning.facts.facts_in`."""
        if conversation != self._conversation:
            self._conversation = conversation
            self._in_mind.clear()
        reading = facts_in(text, self.facts[-_CORRECTABLE:], [fact for told in self._in_mind for fact in told])
        self._in_mind.append(reading.facts)
        self.facts += reading.facts
        return reading
