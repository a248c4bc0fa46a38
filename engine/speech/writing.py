"""What kind of text a prompt asks for: a list, a poem, a story, a letter, or that a beginning be gone on with.

The kind decides what examples the model is shown, how its text begins and how long it may be. Data of our own
(``data/speech.toml``); a prompt of no kind is a question, or merely something said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain

from engine.composition.prompt import Turn
from engine.learning.word_lists import listed
from engine.speech.checking import words_of
from engine.speech.examples import speech_data, word_list

_FEWEST_BEGUN = 4
"""Words from which something without an end is a beginning."""
_ONCE = re.compile(r"^(?:once upon a time|once there was|long ago|one day)\b", re.IGNORECASE)
_FINISHED = re.compile(r"[.!?…:;)\"'”’\]}]$")
_ABOUT = re.compile(r"\babout (?P<what>an? .{1,40}?)\W*$", re.IGNORECASE)
_TO = re.compile(r"\b(?:to|for) (?:my |our |the )?(?P<who>\w+)", re.IGNORECASE)
_FOR = re.compile(r"\b(?:to|for) (?P<whom>(?:my|our|the) [\w' ]{1,40}?)\W*$", re.IGNORECASE)
_SENTENCES, _LINES, _ENTRIES = 3, 4, 3
_MOST_ENTRIES = 10
_MEASURES = frozenset({"sentence", "sentences", "line", "lines", "word", "words"})
"""What a number counts that is no number of entries."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of text.

    Attributes:
        name: ``list``, ``poem``, ``story``, ``toast``, ``wish``, ``letter``, ``text``, or
            ``beginning`` for one to be gone on with.
        lead: How it begins.
        sentences: Most that it says: sentences, lines or entries.
        shown: Examples of it, as turns of a chat.
    """

    name: str
    lead: str
    sentences: int
    shown: tuple[Turn, ...] = ()


def kind_of(text: str) -> Kind | None:
    """The kind of text that ``text`` asks for; None where it asks for none."""
    words = words_of(text)
    if _is_beginning(text, words):
        return Kind("beginning", "", _SENTENCES)
    asks = next((at for at, word in enumerate(words[:3]) if word in word_list("answer", "asks")), None)
    if asks is None:
        return None
    count = next((amount for word in words[asks + 1 : asks + 4] if (amount := _amount(word))), 0)
    in_sentences = not _MEASURES.isdisjoint(words)
    for entry in speech_data()["writing"]:
        name, named = entry["kind"], set(entry["words"])
        if name == "list":
            fits = not in_sentences and (count > 1 or not named.isdisjoint(words[asks : asks + 4]))
        else:
            fits = not named.isdisjoint(words)
        if fits:
            usual = {"list": count or _ENTRIES, "poem": _LINES}.get(name, _SENTENCES)
            most = min(count if in_sentences and count else usual, _MOST_ENTRIES)
            pairs = [(Turn("user", asked), Turn("assistant", said)) for asked, said in entry["examples"]]
            shown = tuple(chain.from_iterable(pairs))
            return Kind(name, _lead(entry["leads"], text), most, shown)
    return None


def _is_beginning(text: str, words: list[str]) -> bool:
    """Whether ``text`` wants to be gone on with: it begins as tales do, or its last sentence has no end."""
    if not words or words[0] in word_list("answer", "no_story"):
        return False
    text = text.strip()
    return bool(_ONCE.match(text)) or (len(words) >= _FEWEST_BEGUN and not _FINISHED.search(text))


def _lead(leads: list[str], text: str) -> str:
    """The first of ``leads`` that can be filled from ``text``."""
    about, to, whole = _ABOUT.search(text), _TO.search(text), _FOR.search(text)
    known = {
        "{about}": about["what"] if about else "",
        "{to}": to["who"] if to else "",
        "{for}": whole["whom"] if whole else "",
    }
    for lead in leads:
        if all(value for name, value in known.items() if name in lead):
            for name, value in known.items():
                lead = lead.replace(name, value)
            return lead
    return ""


def _amount(word: str) -> int:
    """``three`` and ``3`` → 3, ``some`` → the usual number; 0 for what is no number."""
    if word.isdigit():
        return int(word)
    if word in ("some", "several", "few"):
        return _ENTRIES
    numbers = listed("grammar", "number_words")[:_MOST_ENTRIES]
    return numbers.index(word) + 1 if word in numbers else 0
