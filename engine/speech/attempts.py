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
from engine.speech.checking import Flaw, Rules, announces, first_sentence_end, flaw_in, is_listed, new_words

if TYPE_CHECKING:
    from engine.composition.prompt import Prompt
    from engine.lifeform import Lifeform
    from engine.voice import Listener

log = logging.getLogger(__name__)

_MOST_HELD = 400
"""Characters without a sentence's end after which no more is waited for."""
_TRIES = 3
"""How often it tries to go on before it leaves it at the first sentence."""
_MIN_P = 0.08
"""Share of the likeliest token below which none is taken: unlikely ones lead a small model astray."""


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

    def __init__(self, listener: Listener, wish: Wish, shown: Shown | None, begun: str = "") -> None:
        self.id = listener.id
        self.good = begun
        """The lead and all sentences that were accepted."""
        self.good_tokens = 0
        self.flaw: Flaw | None = None
        self.over = False
        self.whole = wish.lead
        self._listener, self._wish, self._shown = listener, wish, shown
        self._tokens, self._sentences = 0, int(bool(begun))
        self._announced = 0
        """Where a sentence ends that only announces what follows; it is shown together with that."""

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
        whole = bool(rest.strip()) and first_sentence_end(self.whole, len(self.good)) is not None
        if not self.good or whole or (rest.strip() and self._wish.rules.paragraphs):
            self._judge(len(self.whole))

    def _take_sentences(self) -> None:
        while not self.over:
            start = max(len(self.good) or len(self._wish.lead), self._announced)
            start = len(self.whole) - len(self.whole[start:].lstrip())  # a line break in front ends nothing
            end = first_sentence_end(self.whole, start)
            # The end is certain once something stands behind it: "3.5" may still become a number.
            if end is None or end == len(self.whole):
                if len(self.whole) - len(self.good) > _MOST_HELD:
                    self._judge(len(self.whole))
                return
            self._judge(end)

    def _judge(self, end: int) -> None:
        text = self.whole[:end]
        rules = self._wish.rules
        flaw = flaw_in(text.rstrip(), rules, "" if self.good else self._wish.lead)
        new = new_words(text[len(self.good) :], [self.good])
        if self.good and len(new) < _fewest_new(text.rstrip(), rules):
            flaw = flaw or Flaw.STALE
        if flaw is not None:
            self.over = True
            if not self.good:
                self.flaw = flaw
            return
        if rules.sentences > 1 and announces(text.rstrip()):
            self._announced = end + 1
            return
        self._accept(text.rstrip())
        self._sentences += 1
        paragraph_ends = self.whole[end : end + 1] == "\n" and not rules.paragraphs
        self.over = self._sentences >= rules.sentences or paragraph_ends

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


def _fewest_new(text: str, rules: Rules) -> int:
    """How many new words the last sentence of ``text`` must have: an entry of a list needs one, its heading none."""
    if not rules.paragraphs:
        return rules.adds
    return 0 if announces(text) else min(rules.adds, 1) if is_listed(text) else rules.adds


def _try(
    life: Lifeform, listener: Listener, wish: Wish, shown: Shown | None, begun: str = ""
) -> tuple[_Reader, Attempt]:
    """One attempt; ``begun`` was shown already.

    Raises:
        Interrupted: When the user stopped it before anything was shown.
    """
    reader = _Reader(listener, wish, shown, begun)
    min_p = max(_MIN_P, life.config.controls_config.min_p)
    spoken, answer = speak(
        life, reader, wish.prompt, max_new_tokens=wish.tokens, temperature=wish.temperature, min_p=min_p
    )
    stopped = listener.cancelled()
    if not stopped:
        reader.end()
    elif not reader.good or shown is None:
        raise Interrupted
    count = reader.good_tokens if begun else reader.good_tokens or answer.stats.tokens
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


def go_on(life: Lifeform, listener: Listener, begun: Attempt, wish: Wish) -> Attempt:
    """Show what was begun, and stream what follows, sentence by sentence, as long as it is good.

    Args:
        life: Who speaks.
        listener: Takes the text.
        begun: Its first sentence, found in silence.
        wish: What is read to go on; its ``lead`` is that sentence.
    """
    listener.emit(TextChunk(listener.id, begun.text, begun.stats.tokens))
    if wish.tokens < 1 or begun.stats.tokens == 0:
        return begun
    for _ in range(_TRIES):
        _, more = _try(life, listener, wish, _as_it_is, begun.text)
        if more.text != begun.text or listener.cancelled() or wish.temperature == 0.0:
            break
    tokens = begun.stats.tokens + more.stats.tokens
    sure = [(one.stats.confidence, one.stats.tokens) for one in (begun, more) if one.stats.confidence is not None]
    counted = sum(count for _, count in sure)
    stats = replace(
        more.stats,
        tokens=tokens,
        seconds=begun.stats.seconds + more.stats.seconds,
        first_token_seconds=begun.stats.first_token_seconds,
        confidence=sum(value * count for value, count in sure) / counted if counted else None,
    )
    return Attempt(more.text, begun.flaw, stats)


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
