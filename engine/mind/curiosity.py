"""Curiosity: which question is worth asking, and when it may be asked unbidden.

A question is the better the less it knows of the answer (ignorance) and the less the question is like those it asked or
dreamt of before (novelty). Where it was unsure of its own words, there is a gap to ask about. Questions of its own come
into a silence only, one at a time, and never twice within the cooldown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

IGNORANCE_SHARE = 0.7
NOVELTY_SHARE = 0.3
"""What the two count for in a question's worth."""
DOUBTS_KEPT = 12

_UNSURE = 0.35
"""A word is doubted when the likeliest token was no likelier than this at its first token."""
_LEAST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Question:
    """A question it might ask.

    Attributes:
        text: The question.
        why: Where the wish to know it comes from, in a few words.
        ignorance: 1 − how sure it is of the answer, in [0, 1].
        novelty: 1 − the likeness to what it asked or dreamt before, in [0, 1].
    """

    text: str
    why: str
    ignorance: float
    novelty: float

    @property
    def worth(self) -> float:
        """In [0, 1]; higher is asked first."""
        return IGNORANCE_SHARE * self.ignorance + NOVELTY_SHARE * self.novelty


def ranked(questions: Iterable[Question]) -> list[Question]:
    """The questions, the most worth asking first; equals stay in their order."""
    return sorted(questions, key=lambda one: -one.worth)


def doubted_words(pieces: Sequence[str], confidences: Sequence[float]) -> list[str]:
    """Words of an answer that it was unsure of, in their order.

    Args:
        pieces: The answer's tokens as text, blanks included.
        confidences: Largest probability at each token, in [0, 1].
    """
    words: list[tuple[str, float]] = []
    for piece, confidence in zip(pieces, confidences, strict=False):
        if words and not piece[:1].isspace():
            words[-1] = (words[-1][0] + piece, words[-1][1])
        else:
            words.append((piece, confidence))
    bare = ((word.strip().strip(".,;:!?\"'()*"), confidence) for word, confidence in words)
    found = [word for word, c in bare if c <= _UNSURE and word.isalpha() and len(word) >= _LEAST_LETTERS]
    return list(dict.fromkeys(found))


class Curiosity:
    """What it is unsure of, and when it asked last.

    Attributes:
        asked_at: Unix seconds of its last question of its own accord; None for never.
        waiting: Whether that question is still without an answer, or nothing was said yet that it could follow.
    """

    def __init__(self, asked_at: float | None = None) -> None:
        self.asked_at = asked_at
        self.waiting = True
        self._doubts: deque[str] = deque(maxlen=DOUBTS_KEPT)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Words of its answers that it was unsure of, newest first."""
        return tuple(reversed(self._doubts))

    def spoken(self, pieces: Sequence[str], confidences: Sequence[float]) -> None:
        """Take note of an answer to the user; arguments as of :func:`doubted_words`."""
        self.waiting = False
        for word in doubted_words(pieces, confidences):
            if word in self._doubts:
                self._doubts.remove(word)
            self._doubts.append(word)

    def asked(self, when: float) -> None:
        """Take note of a question of its own accord."""
        self.asked_at, self.waiting = when, True

    def seconds_until_asking(
        self, now: float, quiet: float, silence: float, cooldown: float, *, greeting: bool = False
    ) -> float | None:
        """How long until it may ask by itself: 0 for now, None while it may not however quiet it gets.

        Args:
            now: Unix seconds.
            quiet: Seconds since anything was said or typed.
            silence: ``curiosity_silence_seconds``.
            cooldown: ``curiosity_cooldown_seconds``.
            greeting: Whether it may ask although nothing was said.
        """
        if self.waiting and not greeting:
            return None
        if self.asked_at is not None and self.asked_at > now:
            self.asked_at = now  # the clock was set back: how long ago that was, nobody knows
        rested = cooldown if self.asked_at is None else now - self.asked_at
        return max(0.0, silence - quiet, cooldown - rested)
