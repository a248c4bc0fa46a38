"""The noun phrases of a sentence: its names, its figures, what has an article, and lone nouns.

No parser, only what a learner needs to know what a sentence is about: a phrase begins at an article or a noun, and ends
before a verb, a preposition or a small word, or with a comma.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.learning.clauses import SUBJECTS, bare
from engine.learning.entities import DETERMINERS, PREPOSITIONS
from engine.learning.values import content_words, value_kind
from engine.learning.verb_forms import lexicon
from engine.learning.word_lists import MONTHS, RELATIVES, word_set

_STOPS = PREPOSITIONS | DETERMINERS | word_set("grammar", "adverbs", "never_nouns")
_LITTLE = word_set("grammar", "vague_nouns")
_CURRENCIES = "$€£¥"
_JOINING = frozenset({"of", "to", "the", "for", "and", "a"})
"""Small words inside a name."""
_NOT_NAMES = frozenset({"i", "mr", "mrs", "ms", "dr"})
_LONGEST_PHRASE = 4
_LONGEST_NAME = 7


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name, a figure, or a noun phrase in a sentence."""

    text: str
    kind: str
    """``number``, ``name``, ``mine`` (with *my* or *our*), ``known`` (with *the*), ``new`` (with *a*) or ``bare``."""
    value: str
    """Kind of value it would be, see :mod:`engine.learning.values`."""

    @property
    def words(self) -> frozenset[str]:
        """Its words that carry meaning."""
        return frozenset(content_words(self.text))


def phrases(sentence: str) -> list[Phrase]:
    """The names, figures and noun phrases of ``sentence``, in their order, each once."""
    words = sentence.split()
    found: dict[str, Phrase] = {}
    at = 0
    while at < len(words):
        end = _phrase_end(words, at)
        if end > at:
            follows = bare(words[end]) if end + 1 < len(words) and not _closed(words[end - 1]) else ""
            phrase = _read(words[at:end], follows, starts=not at)
            if phrase and phrase.text.lower() not in found:
                found[phrase.text.lower()] = phrase
        at = max(end, at + 1)
    return list(found.values())


def _phrase_end(words: list[str], at: int) -> int:
    """Where the phrase that begins at word ``at`` ends; ``at`` when none does."""
    determined = bare(words[at]) in DETERMINERS and not _in_title(words, at, at)
    if bare(words[at]) == "that" and at and bare(words[at - 1]) in ("now", "so"):
        return at
    end = at + 1 if determined else at
    if determined and _closed(words[at]):
        return at
    longest = _LONGEST_NAME if words[end : end + 1] and _is_name(words[end]) else _LONGEST_PHRASE
    while end < len(words) and end - at - determined < longest and _in_phrase(words, end, at, determined):
        end += 1
        if _closed(words[end - 1]):
            break
    return end if end > at + determined else at


def _in_phrase(words: list[str], i: int, start: int, determined: bool) -> bool:
    word, first = words[i], i == start + determined
    lower = bare(word.lstrip(_CURRENCIES))
    if _in_title(words, i, start) or _in_date(words, i, start):
        return True
    if not lower[:1].isalnum() or (lower in _STOPS and word != "May"):
        return False
    forms = {form for _, form in lexicon().get(lower, ())}
    figure = any(map(str.isdigit, lower))
    if figure and bare(words[i - 1]) in MONTHS and i == start + 1 and not _closed(words[i - 1]):
        return True  # November 3
    if figure or (_is_name(word) and i > 0):
        # A figure stands alone, a name ends with the last capital.
        return first or not figure
    if not first and _is_name(words[i - 1]) and i > 1 and (not determined or _is_owned_noun(words, i - 2, start)):
        return False
    if not first and _is_owned_noun(words, i - 1, start) and bare(words[i - 1]) in RELATIVES and "base" in forms:
        return False  # helping my dad *dig*
    past = lower.endswith("ed") and len(lower) > 4 and not lower.endswith("eed")
    if past and not first and not _goes_on(words, i + 1):
        return False  # my spaniel *panicked* again
    if past and first and not determined and i and bare(words[i - 1]) in SUBJECTS:
        return False  # we *paddled*
    if forms & {"past", "third"}:
        return first and determined and "base" in forms
    return (first and determined) or ((determined or not forms) and not lower.endswith("ly"))


def _is_owned_noun(words: list[str], i: int, start: int) -> bool:
    """Whether word ``i`` says what somebody is to the user: my *aunt* Olga."""
    return i > start and words[i].islower() and bare(words[start]) in ("my", "our")


def _goes_on(words: list[str], i: int) -> bool:
    """Whether word ``i`` may be a noun of the phrase before it."""
    return i < len(words) and not _closed(words[i - 1]) and bare(words[i]).isalpha() and bare(words[i]) not in _STOPS


def _in_title(words: list[str], i: int, start: int) -> bool:
    """Whether the small word at ``i`` stands inside a name: ``A Ladder to Nowhere``."""
    follows = i + 1 < len(words) and _is_name(words[i + 1]) and not _closed(words[i])
    if i == start:
        return follows and i > 0 and words[i] in ("A", "An", "The")
    return follows and start > 0 and words[start][:1].isupper() and bare(words[i]) in _JOINING


def _in_date(words: list[str], i: int, start: int) -> bool:
    """Whether word ``i`` goes on with a day: the 14th *of September*."""
    at = i if bare(words[i]) == "of" else i - 1
    day = at > start and words[at - 1][0].isdigit() and bare(words[at]) == "of"
    return day and at + 1 < len(words) and bare(words[at + 1]) in MONTHS


def _closed(word: str) -> bool:
    return word[-1] in ',;:.!?)"'


def _is_name(word: str) -> bool:
    return word[:1].isupper() and bare(word) not in _NOT_NAMES


def _read(words: list[str], follows: str, starts: bool) -> Phrase | None:
    text = " ".join(words).strip(' ,;:.!?()"')
    core = [word for word in text.split() if bare(word) not in DETERMINERS]
    if not core or not content_words(text) or {bare(word) for word in core} <= _LITTLE:
        return None
    first = bare(words[0])
    if any(map(str.isdigit, core[0])):
        kind = "number"
    elif first in ("my", "our") or (first in RELATIVES and len(core) > 1 and core[1][:1].isupper()):
        kind = "mine"
    elif first in DETERMINERS:
        kind = "known" if first not in ("a", "an") else "new"
    else:
        kind = "name" if core[-1][:1].isupper() else "bare"
    if starts and kind == "name" and len(core) == 1 and not follows:
        kind = "bare"  # the first of a list
    if kind == "bare" and follows in PREPOSITIONS:
        return None  # *halfway* through, to *punch* in
    if first in ("this", "that", "these", "those"):
        text = f"the {text.split(' ', 1)[1]}"
    elif first in DETERMINERS and (starts or first in ("my", "our")):
        text = text[:1].lower() + text[1:]
    plain = " ".join(core)
    if value_kind(plain) in ("day", "month") and kind in ("new", "known"):
        return Phrase(plain, "name", value_kind(plain))  # on a Wednesday
    return Phrase(text if kind != "number" else plain, kind, value_kind(plain))
