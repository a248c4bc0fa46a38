"""What a text is about: its nouns as one would name them to the person who wrote it.

``By the way, my cat's name is Mirtle.`` is about ``your cat`` and ``Mirtle``. A rule of thumb over words, not a parser:
what it misses was not worth a question.
"""

from __future__ import annotations

import re

from engine.learning.verb_forms import lexicon
from engine.learning.word_lists import word_set
from engine.speech.examples import word_list

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.!?,;:\n]")
_OWNERS = {
    "a": "a",
    "an": "an",
    "my": "your",
    "our": "your",
    "your": "my",
    "his": "his",
    "her": "her",
    "their": "their",
    "the": "the",
}
_ARTICLES = frozenset({"a", "an"})
_THIRD_PERSONS = frozenset({"his", "her", "their"})
_LONGEST = 5
"""Words of a topic, its owner not counted."""
_PREPOSITIONS = word_set("grammar", "prepositions")
_VERBAL = frozenset({"base", "third", "past", "participle", "ing"})
_COLOURS = word_set("values", "colours")
_DESCRIBING = word_set("grammar", "feelings", "evaluative", "adverbs", "prepositions", "number_words")


def empty_words() -> frozenset[str]:
    """Words that name no topic, in lower case."""
    return word_list("words", "empty")


def content_words(text: str) -> list[str]:
    """The words of ``text`` that carry its meaning, in lower case and in their order."""
    found = (word.casefold() for word in re.findall(r"[^\W_]+", text))
    return [word for word in found if word not in empty_words() and (len(word) > 1 or not word.isascii())]


def topics(text: str) -> list[str]:
    """What ``text`` is about, in the second person, each topic once, in the order of the text."""
    found: list[str] = []
    owner, before = "", ""
    words: list[str] = []
    first = True  # of its sentence

    def close() -> None:
        nonlocal owner, words
        while words and words[-1] in ("of", *_OWNERS.values()):
            words.pop()
        if words:
            if not owner and words[-1][:1].isupper():
                words[0] = words[0][:1].upper() + words[0][1:]  # Marie Curie, at the beginning of a sentence
            if owner in _ARTICLES:
                owner = "an" if words[0][0] in "aeiou" else "a"
            found.append(" ".join([*([owner] if owner else []), *words[-_LONGEST:]]))
        owner, words = "", []

    for token in _TOKEN.findall(text):
        bare = re.sub(r"['’]s?$", "", token)
        lower = bare.casefold()
        if token in ".!?,;:\n":
            close()
            first, before = token in ".!?\n", ""
            continue
        if lower in _OWNERS and words[-1:] == ["of"]:
            words.append(_OWNERS[lower])
        elif lower in _OWNERS:
            close()
            owner = _OWNERS[lower]
        elif lower == "of" and words:
            words.append("of")
        elif owner and not words and lower in word_list("words", "adjectives"):
            pass  # my new job: it is about the job, and the job is mine
        elif words and token == lower and (_is_plural(words[-1]) or lower in _COLOURS):
            close()  # the brakes squeak; paint the kitchen yellow
        elif (before == "to" and _is_verb(lower)) or _names_nothing(
            bare, lower, first=first, noun=_stands_for_a_noun(owner if not words else "", before, lower)
        ):
            close()
        else:
            words.append(_settled(bare, first))
            if bare != token:  # my cat's name: the cat is a topic, its name is another matter
                close()
        first, before = False, lower
    close()
    return list(dict.fromkeys(found))


def _names_nothing(word: str, lower: str, *, first: bool, noun: bool) -> bool:
    """Whether ``word`` is no topic; in the place of a ``noun`` verbs and adjectives are taken for one."""
    if lower in empty_words() or lower.isdigit() or len(lower) < 2:
        return True
    if word[:1].isupper() and not first:
        return False
    described = lower in _DESCRIBING or (lower.endswith("ed") and not lower.endswith("eed"))
    return not noun and (_is_verb(lower) or described)


def _stands_for_a_noun(owner: str, before: str, lower: str) -> bool:
    """Whether a word in this place is a noun even if it looks like a verb or an adjective."""
    if lower in _DESCRIBING and (owner in _ARTICLES or not owner):
        return False  # a little nervous; like warm places
    return bool(owner) or before in _PREPOSITIONS


def _is_verb(lower: str) -> bool:
    return any(reading in _VERBAL for _, reading in lexicon().get(lower, ()))


def well_named(topic: str) -> bool:
    """Whether ``topic`` can stand in a sentence as it is: ``your cat``, ``Lisbon``, ``trains``, and not ``train``."""
    return len(topic.split()) > 1 or topic[:1].isupper() or _is_plural(topic)


def _is_plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith("ss") and word not in word_set("grammar", "singular_in_s")


def unclaimed(topic: str) -> str:
    """``topic`` for somebody who does not know whose it is: ``stories`` for ``her stories``."""
    owner, _, thing = topic.partition(" ")
    return thing if owner in _THIRD_PERSONS and thing else topic


def _settled(word: str, first: bool) -> str:
    """``word`` without the capital that only the beginning of a sentence gave it; names of places keep theirs."""
    if first and word[1:].islower() and word.casefold() not in word_set("values", "cities", "countries"):
        return word.casefold()
    return word
