"""How an answer begins: a question turned into the statement that answers it, as far as its words tell.

``Why do cats purr?`` is answered by ``Cats purr because``, ``What should I pack for a week at sea?`` by ``For a week at
sea, you should pack``. A small model that is asked evades; one that finds its answer begun goes on with it. A rule of
thumb over words, not a parser: where a verb may stand in several places all the readings are returned, and the base
judges (:func:`likeliest`); where no rule fits there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.learning.person import second_person
from engine.learning.verb_forms import lexicon, past, reading, third
from engine.learning.word_lists import word_set
from engine.speech.likelihood import log_probability

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel

_MODALS = frozenset({"can", "could", "should", "would", "will", "must", "may", "might"})
_BE = frozenset({"is", "are", "was", "were"})
_DO = frozenset({"do", "does", "did"})
_ASKERS = frozenset({"i", "we", "you", "one"})
_SEVERAL = frozenset(
    {"benefits", "advantages", "disadvantages", "symptoms", "causes", "effects", "reasons", "ways", "examples", "risks"}
)
"""Of these some are named: ``are`` would be followed by ``numerous``."""
_WANTING = frozenset({"need", "want", "have", "get"})
_POINTING = frozenset({"it", "this", "that", "there", "these", "those"})
_FRONTED = frozenset({"on", "at", "in", "for", "during", "after", "before", "with", "without", "when", "if"})
"""Words with which a circumstance begins that can stand in front of its sentence."""
_COUNTS = word_set("grammar", "number_words") | {"some", "few", "several"}
_TOLD = frozenset({"give", "name", "list", "tell", "show", "suggest"})
_WRITTEN = frozenset({"story", "joke", "poem", "riddle", "song", "tale"})
"""What is told, and not merely named."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_HOW_MANY = re.compile(r"^in (?:one|two|three|a few|\d+) (?:short )?(?:sentences?|words?) ", re.IGNORECASE)
_BEFORE_NOUNS = word_set("grammar", "prepositions") | {"the", "a", "an", "my", "our", "his", "her"}
"""Behind these there is no verb."""
_BEFORE = "Well."
_MOST_WORDS = 24
"""Words of a question; a longer one is no plain question."""


def leads(text: str) -> list[str]:
    """Ways to read the beginning of an answer to ``text``, told to whom asked; none where no rule fits.

    Only its last sentence is looked at: that is what is asked.
    """
    question = _SENTENCE.split(" ".join(text.split()))[-1].rstrip("?.! ")
    question = re.sub(r"^(?:please|and|so|but|well|can you|could you)[, ]+", "", question, flags=re.IGNORECASE)
    words = question.split()
    if not 2 <= len(words) <= _MOST_WORDS:
        return []
    lower = [word.casefold().strip(",") for word in words]
    if {"your", "yours"} & set(lower) or (lower[0] != "how" and "you" in lower[1:3]):
        return []  # it is asked about itself
    for rule in (_how, _why, _what, _which, _where_when_who, _told, _yes_or_no):
        found = list(dict.fromkeys(rule(words, lower)))
        if found:
            return [_settled(one) for one in found]
    return []


def likeliest(base: FrozenModel, text: str) -> str:
    """The reading of :func:`leads` that the base would rather read; empty without any."""
    found = leads(text)
    return max(found, key=lambda lead: log_probability(base, lead, _BEFORE)) if len(found) > 1 else "".join(found)


def _how(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``How do I clean a chain?``, ``How do whales sleep?``, ``How much water do tomatoes need?``"""
    if lower[0] != "how" or len(words) < 3:
        return
    if lower[1] == "to":
        yield f"To {_joined(words[2:])},"
    elif lower[1] in _MODALS | {"do"} and lower[2] in _ASKERS:
        yield f"To {_joined(words[3:])},{' you can' if lower[1] in ('can', 'could') else ''}"
    elif lower[1] in _MODALS | _DO:
        for told in _told_of(words[2:], lower[1]):
            yield f"{told} by"
    else:
        yield from _how_much(words, lower)


def _how_much(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    verb = next((at for at, word in enumerate(lower) if at > 1 and word in _MODALS | _DO | _BE), None)
    if verb is None or not words[verb + 1 :]:
        return
    rest = words[verb + 1 :]
    lasts = " for" if lower[1] == "long" else ""
    if lower[verb] in _BE:
        if lower[1] not in ("much", "many"):
            yield f"{_joined(rest)} {lower[verb]}"
    elif lower[verb + 1 : verb + 3] == ["it", "take"]:
        yield "It takes"
    elif lower[verb + 1] in _ASKERS:
        yield f"You {'should' if lower[verb] in ('do', 'should') else lower[verb]} {_joined(rest[1:])}{lasts}"
    elif lower[-1] == "be":
        yield f"{_joined(rest[:-1])} {lower[verb]} be"
    else:
        for told in _told_of(rest, lower[verb]):
            yield f"{told}{lasts}"


def _why(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``Why do cats purr?``, ``Explain in two sentences why Saturn has rings.``"""
    if lower[0] == "explain" and "why" in lower:
        yield f"{_joined(words[lower.index('why') + 1 :])} because"
    elif lower[0] == "why" and lower[1] in _MODALS | _DO | _BE | {"have", "has"}:
        for told in _told_of(words[2:], lower[1]):
            yield f"{told} because"


def _what(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``What should I wear at work?``, ``What do whales eat?``, ``What are rings made of?``, ``What helps?``"""
    if lower[0] == "explain":
        told = _HOW_MANY.sub("", _joined(words[1:])).split()
        if told and told[0].casefold() == "what" and told[-1].casefold() in _BE:
            yield _joined(told[1:])
        return
    if lower[0] == "what's":
        yield from _what_is(words[1:], "is")
        return
    if lower[0] != "what":
        return
    if lower[1] in _BE:
        yield from _what_is(words[2:], lower[1])
        return
    verb = next((at for at, word in enumerate(lower) if word in _MODALS | _DO), None)
    if verb in (1, 2) and lower[verb + 1 : verb + 2] and lower[verb + 1] in _ASKERS:
        if lower[verb] == "did":
            yield "Perhaps you"
        else:
            wanted = lower[verb] == "do" and lower[verb + 2 : verb + 3] and lower[verb + 2] in _WANTING
            begun = "You" if wanted else "You should" if lower[verb] == "do" else f"You {lower[verb]}"
            yield _fronted(words[verb + 2 :], begun)
    elif verb == 1 and lower[-1] != "do":
        tail = next((at for at, word in enumerate(lower) if at > 2 and word == "do"), None)
        if tail is not None and lower[1] in _MODALS:  # what can a robot do at home?
            yield _fronted(words[tail:], f"{_joined(words[2:tail])} {lower[1]}")
        else:
            yield from _told_of(words[2:], lower[1])
    elif verb == 1 and lower[1] in _MODALS:
        yield f"{_joined(words[2:-1])} {lower[1]}"
    elif verb is None and reading(lower[1], "third"):
        yield f"{_joined(words)} is"


def _what_is(rest: Sequence[str], verb: str) -> Iterator[str]:
    """``the capital of Norway`` → ``the capital of Norway is``, ``rings made of`` → ``rings are made of``."""
    if not rest or rest[0].casefold() in word_set("grammar", "evaluative", "feelings") | _POINTING:
        return  # what is wrong with it?
    if verb == "are" and _SEVERAL & {word.casefold() for word in rest[:3]}:
        verb = "include"
    ends_in_preposition = len(rest) > 2 and rest[-1].casefold() in word_set("grammar", "prepositions")
    at = len(rest) - 2 if ends_in_preposition else len(rest)
    yield _joined([*rest[:at], verb, *rest[at:]])


def _which(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``Which colour goes well with yellow?``, ``Which city should we see first, Porto or Lisbon?``"""
    if lower[0] != "which" or len(words) < 4:
        return
    if lower[2] in _MODALS and lower[3] in _ASKERS:
        yield f"You {lower[2]} {lower[4]}" if len(words) > 4 else ""
    elif lower[2] in _BE or reading(lower[2], "third"):
        yield f"The {words[1]} that {_joined(words[2:])} is"


def _where_when_who(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``Where can I buy seeds?``, ``When did the war end?``, ``Who is the king of Norway?``"""
    if lower[0] not in ("where", "when", "who") or len(words) < 3:
        return
    if lower[1] in _BE:
        yield f"{_joined(words[2:])} {lower[1]}"
    elif lower[0] != "who" and lower[1] in _MODALS | {"do"} and lower[2] in _ASKERS:
        yield f"You {'can' if lower[1] == 'do' else lower[1]} {_joined(words[3:])}"
    elif lower[0] != "who" and lower[1] in _DO:
        for told in _told_of(words[2:], lower[1]):
            yield f"{told} in"


def _told(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``Give me one tip for growing tomatoes.``: a single thing; of several a list is made, which begins by itself."""
    at = 2 if lower[1:2] in (["me"], ["us"]) else 1
    single = lower[0] in _TOLD and len(words) > at + 2 and lower[at] in ("one", "a", "an")
    if single and not (_COUNTS | _WRITTEN) & set(lower[at + 1 :]):
        yield f"One {_joined(words[at + 1 :])} is"


def _yes_or_no(words: Sequence[str], lower: Sequence[str]) -> Iterator[str]:
    """``Is green tea better for me?``"""
    if lower[0] not in _MODALS | _DO | _BE or len(words) < 3 or "or" in lower:
        return
    if lower[1] in ("i", "we"):
        verb = "" if lower[0] == "do" else f" {'are' if lower[0] == 'am' else lower[0]}"
        yield f"Yes, you{verb} {_joined(words[2:])} because"
        return
    for told in _told_of(words[1:], lower[0]):
        yield f"Yes, {told} because"


def _told_of(rest: Sequence[str], verb: str) -> Iterator[str]:
    """``cats purr``, ``is`` + ``snow white`` → ``snow is white``: all places where the verb may stand."""
    if verb == "do":
        yield _joined(rest)
        return
    for at in range(1, len(rest)):
        word = rest[at].casefold()
        if rest[at - 1].casefold() in _BEFORE_NOUNS:
            continue
        if verb not in _DO:
            yield _joined([*rest[:at], verb, *rest[at:]])
        elif word in lexicon() and reading(word, "base"):
            yield _joined([*rest[:at], (third if verb == "does" else past)(word), *rest[at + 1 :]])
    if verb in _MODALS and len(rest) == 1:
        yield _joined([*rest, verb])


def _fronted(rest: Sequence[str], begun: str) -> str:
    """``You should`` + ``pack for a week`` → ``For a week, you should pack``; ``do`` says nothing, and is left out."""
    at = next((at for at, word in enumerate(rest) if at > 0 and word.casefold() in _FRONTED), len(rest))
    verb = [] if rest[:1] == ["do"] else rest[:at]
    told = _joined([begun, *verb])
    return told if at == len(rest) else f"{_joined(rest[at:])}, {_small(told)}"


def _joined(words: Sequence[str]) -> str:
    return " ".join(words)


def _small(told: str) -> str:
    return told[:1].lower() + told[1:]


def _settled(told: str) -> str:
    """In the second person, with a capital."""
    return second_person(told.strip())
