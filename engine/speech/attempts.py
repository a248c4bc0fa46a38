"""Speaking with second thoughts: text is looked at sentence by sentence before it is shown.

:func:`say` streams: a sentence is shown once it is whole and has no flaw; when the first one is no good, it begins
anew with the next prompt. :func:`several` speaks in silence, tells only its progress, and returns all it found.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING

from engine.api import AnswerStats, Event, Progress, TextChunk
from engine.interaction import speak
from engine.speech import Interrupted
from engine.speech.checking import Flaw, Rules, first_sentence_end, flaw_in

if TYPE_CHECKING:
    from engine.composition.prompt import Prompt
    from engine.lifeform import Lifeform
    from engine.voice import Listener

log = logging.getLogger(__name__)

_MOST_HELD = 400
"""Characters without a sentence's end after which no more is waited for."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Something to be said.

    Attributes:
        prompt: What is read; it ends with ``lead``.
        lead: How the sentence begins; it is part of the text.
        rules: What is asked of the text.
        tokens: The budget.
        temperature: Taken instead of the mood's.
    """

    prompt: Prompt
    lead: str
    rules: Rules
    tokens: int
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a wish.

    Attributes:
        text: What was said, as far as it is good; its first sentence when nothing is.
        flaw: What is wrong with it; None when nothing is.
        stats: Its figures; they count the tokens of ``text``.
    """

    text: str
    flaw: Flaw | None
    stats: AnswerStats


Shown = Callable[[str], str]
"""Makes of a text what is shown of it, for example its capitals; works piece by piece."""


def _as_it_is(text: str) -> str:
    return text


class _Reader:
    """Listens in the listener's place: takes text in, and hands on whole sentences that are good."""

    def __init__(self, listener: Listener, wish: Wish, shown: Shown | None) -> None:
        self.id = listener.id
        self.good = ""
        """The lead and all sentences that were accepted."""
        self.good_tokens = 0
        self.flaw: Flaw | None = None
        self.over = False
        self.whole = wish.lead
        self._listener, self._wish, self._shown = listener, wish, shown
        self._tokens = self._sentences = 0

    def emit(self, event: Event) -> None:
        """Take in more text."""
        if not isinstance(event, TextChunk):
            self._listener.emit(event)
            return
        self._tokens += event.tokens
        # Blanks at the very beginning are the template's, not the answer's.
        self.whole += event.text if self.whole else event.text.lstrip()
        self._take_sentences()

    def cancelled(self) -> bool:
        """Whether to stop: the user wants it, or enough was said."""
        return self.over or self._listener.cancelled()

    def end(self) -> None:
        """No more text will come."""
        if self.over:
            return
        rest = self.whole[len(self.good) :]
        if not self.good or (rest.strip() and first_sentence_end(self.whole, len(self.good)) is not None):
            self._judge(len(self.whole))

    def _take_sentences(self) -> None:
        while not self.over:
            start = len(self.good) or len(self._wish.lead)
            end = first_sentence_end(self.whole, start)
            # The end is certain once something stands behind it: "3.5" may still become a number.
            if end is None or end == len(self.whole):
                if len(self.whole) - len(self.good) > _MOST_HELD:
                    self._judge(len(self.whole))
                return
            self._judge(end)

    def _judge(self, end: int) -> None:
        text = self.whole[:end]
        flaw = flaw_in(text.rstrip(), self._wish.rules, self._wish.lead)
        if flaw is not None:
            self.over = True
            if not self.good:
                self.flaw = flaw
            return
        self._accept(text.rstrip())
        self._sentences += 1
        self.over = self._sentences >= self._wish.rules.sentences or self.whole[end : end + 1] == "\n"

    def _accept(self, text: str) -> None:
        new, tokens = text[len(self.good) :], self._tokens - self.good_tokens
        self.good, self.good_tokens = text, self._tokens
        if self._shown is not None and new:
            self._listener.emit(TextChunk(self.id, self._shown(new), tokens))

    def accept_all(self) -> None:
        """Show the first sentence although it has a flaw."""
        self._accept(self.first)

    @property
    def first(self) -> str:
        """The first sentence, whatever is wrong with it."""
        return self.whole[: first_sentence_end(self.whole, len(self._wish.lead))].rstrip()


def _try(life: Lifeform, listener: Listener, wish: Wish, shown: Shown | None) -> tuple[_Reader, Attempt]:
    """One attempt.

    Raises:
        Interrupted: When the user stopped it before anything was shown.
    """
    reader = _Reader(listener, wish, shown)
    spoken, answer = speak(life, reader, wish.prompt, max_new_tokens=wish.tokens, temperature=wish.temperature)
    stopped = listener.cancelled()
    if not stopped:
        reader.end()
    elif not reader.good or shown is None:
        raise Interrupted
    count = reader.good_tokens or answer.stats.tokens
    sure = spoken.confidences[:count]
    reason = "stopped" if stopped else "end" if reader.over else answer.stats.stop_reason
    confidence = fmean(sure) if sure and answer.stats.confidence is not None else None
    stats = replace(answer.stats, tokens=count, confidence=confidence, stop_reason=reason)
    made = Attempt((reader.good or reader.first).strip(), reader.flaw, stats)
    log.debug("attempt: %s: %r", made.flaw or "good", made.text)
    return reader, made


def say(life: Lifeform, listener: Listener, wishes: Sequence[Wish], shown: Shown = _as_it_is) -> Attempt:
    """Say something, streaming it sentence by sentence; the wishes are ways to begin, tried in order.

    When all of them go wrong, the least flawed is shown all the same, unless its flaw is grave: then nothing is.

    Raises:
        Interrupted: When the user stopped it before anything was shown.
    """
    tried: list[tuple[_Reader, Attempt]] = []
    for wish in wishes:
        reader, said = _try(life, listener, wish, shown)
        if said.flaw is None:
            return replace(said, text=shown(said.text))
        tried.append((reader, said))
    reader, said = min(tried, key=lambda one: _badness(one[1]))
    if said.flaw is not None and said.flaw.grave:
        return replace(said, text="")
    reader.accept_all()
    return replace(said, text=shown(reader.good))


def attempt(life: Lifeform, listener: Listener, wish: Wish) -> Attempt:
    """Try one wish in silence.

    Raises:
        Interrupted: When the user stopped it.
    """
    return _try(life, listener, wish, None)[1]


def several(life: Lifeform, listener: Listener, wishes: Sequence[Wish], label: str) -> list[Attempt]:
    """Try every wish in silence, telling how far it is. Returns those without a flaw; else those with the least one.

    Raises:
        Interrupted: When the user stopped it.
    """
    attempts = []
    for number, wish in enumerate(wishes):
        listener.emit(Progress(listener.id, label, number, len(wishes)))
        attempts.append(attempt(life, listener, wish))
    listener.emit(Progress(listener.id, label, len(wishes), len(wishes)))
    least = min(map(_badness, attempts))
    return [one for one in attempts if _badness(one) == least]


def best_of(found: Sequence[Attempt], worth: Callable[[str], float]) -> Attempt:
    """The attempt whose text is worth most; without its words when they may not be shown at all."""
    best = max(found, key=lambda one: worth(one.text))
    return replace(best, text="") if best.flaw is not None and best.flaw.grave else best


def _badness(attempt: Attempt) -> int:
    return attempt.flaw.badness if attempt.flaw is not None else 0
