"""Whether what a model said can be shown: no debris of the template, no echo of the prompt, no going round in circles.

Plain rules about text. They do not judge whether something is true or clever; they catch what a small model does when
it loses the thread.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.learning.word_lists import word_set
from engine.speech.examples import word_list
from engine.speech.topics import content_words

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DEBRIS = re.compile(
    r"<\|?/?\w*\|?>|\[/?INST\]|```|^\s*#{2,}|https?://|\\[a-z]+\{|\[[^\]\d]{3,40}\]|"
    r"(?:^|\s)(?:user|assistant|system|human|ai|bot|question|answer|topic|claim|plain|said|sentence|thought)\s*:",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    r"\b(?:as an? (?:ai|artificial|language|virtual|assistant|digital)|language model|"
    r"i(?:(?:'|’)?m| am) (?:just )?an? (?:[\w-]+ ){0,4}(?:ai|artificial|language|virtual|digital)|"
    r"i(?:(?:'|’)?m| am) here to (?:help|assist|support|provide)|i apologi[sz]e|i(?:'|’)?m sorry|i am sorry|"
    r"i (?:can(?:'|’)?t|cannot) (?:help(?! but)|assist|provide|answer)|"
    r"feel free to|let me know if|smollm|hugging ?face)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+")
_FINISHED = re.compile(r"[.!?…。！？]+[\"'”’)\]]*$")
_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|no|vs|etc|e\.g|i\.e|[a-z])|(?:^|\n)[^\S\n]*\d{1,2})\.$", re.IGNORECASE
)
"""What ends in a dot that ends no sentence: the numbers of a list, too."""
_ANNOUNCES = re.compile(r":\**$")
_LISTED = re.compile(r"(?:^|\n)[^\S\n]*(?:[-*•]|\d{1,2}\.)\s+[^\n]*$")
_WINDOW = 4
"""Words in a row that count as copied."""
_LOOP = 5
"""Words in a row that may not come a second time."""
_STEM = 6
"""Letters by which a word is known in all its forms."""
_MOST_COPIED = 0.5
_LEAST_VARIED = 0.55
"""Share of different words below which a text goes round in circles."""
_LEAST_LETTERS = 0.6
_LEAST_ENGLISH = 0.2
"""Share of English little words (the, of, is) below which a text is not English."""
_FEWEST_TO_TELL = 6
"""Words from which its language can be told."""


class Flaw(StrEnum):
    """What is wrong with a text, the worst first."""

    EMPTY = "empty"
    DEBRIS = "debris of a template"
    LANGUAGE = "another language"
    LETTERS = "too few letters"
    MACHINE = "talk about being a machine"
    CIRCLES = "going round in circles"
    COPY = "a copy of the prompt"
    ASIDE = "beside the point"
    STALE = "nothing new"
    SHORT = "too short"
    LONG = "too long"
    UNFINISHED = "unfinished"

    @property
    def grave(self) -> bool:
        """Whether it may not even be shown when nothing better came."""
        return self in (Flaw.EMPTY, Flaw.DEBRIS)

    @property
    def badness(self) -> int:
        """From 1; higher is worse."""
        return len(Flaw) - list(Flaw).index(self)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is asked of a text.

    Attributes:
        sentences: It ends after so many.
        fewest: Words that it must have at least.
        most: Words that it may have at most.
        sources: Texts that it must not copy.
        known: Texts whose content words are nothing new.
        news: Content words that it must have beside those.
        about: Words of which it must have one, in lower case; none means any text will do.
        never: Words that it may not have, in lower case.
        each_once: Whether no word that carries meaning may come twice.
        again: Words that may all the same, in lower case.
        english: Whether it must be in English.
        finished: Whether it must end as a sentence does.
        adds: Content words that each further sentence must have beside those of the sentences before it.
        paragraphs: Whether it may go on after a line break, and be a list.
    """

    sentences: int = 1
    fewest: int = 3
    most: int = 60
    sources: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    news: int = 0
    about: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    each_once: bool = False
    again: frozenset[str] = frozenset()
    english: bool = False
    finished: bool = True
    adds: int = 0
    paragraphs: bool = False


def words_of(text: str) -> list[str]:
    """The words of ``text`` in lower case."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def first_sentence_end(text: str, start: int = 0) -> int | None:
    """Where the first sentence after ``start`` ends; None when there is no end yet. A line break ends one, too."""
    line_end = text.find("\n", start)
    for match in _SENTENCE_END.finditer(text, start):
        if line_end != -1 and match.end() > line_end:
            break
        if not _ABBREVIATED.search(text[: match.end()]):
            return match.end()
    return line_end if line_end != -1 else None


def flaw_in(text: str, rules: Rules, lead: str = "") -> Flaw | None:
    """What is wrong with ``text``; None when nothing is.

    Args:
        text: What was said, the beginning that was given included.
        rules: What is asked of it.
        lead: The beginning that was given; it is neither copied nor too short by itself.
    """
    own = text[len(lead) :] if text.startswith(lead) else text
    words = words_of(own)
    if not words:
        return Flaw.EMPTY
    if _DEBRIS.search(text):
        return Flaw.DEBRIS
    if _MACHINE.search(text):
        return Flaw.MACHINE
    if len(words) < rules.fewest:
        return Flaw.SHORT
    if len(words) > rules.most:
        return Flaw.LONG
    shown = [letter for letter in own if not letter.isspace()]
    if sum(letter.isalpha() for letter in shown) < _LEAST_LETTERS * len(shown):
        return Flaw.LETTERS
    if (
        _circles(words_of(text))
        or _says_it_again(text)
        or (rules.each_once and _twice(own, text[: len(text) - len(own)], rules.again))
    ):
        return Flaw.CIRCLES
    if any(_copied(words, words_of(source)) for source in rules.sources):
        return Flaw.COPY
    if len(new_words(own, rules.known)) < rules.news:
        return Flaw.STALE
    sparse = (
        len(words) >= _FEWEST_TO_TELL and not rules.paragraphs and not in_english(text)
    )  # lists have few little words
    if rules.english and (in_another_language(own) or sparse):
        return Flaw.LANGUAGE
    if (rules.about and not rules.about & set(words_of(text))) or rules.never & set(words):
        return Flaw.ASIDE
    if rules.finished and not _is_finished(text.rstrip(), rules):
        return Flaw.UNFINISHED
    return None


def is_listed(text: str) -> bool:
    """Whether the last line of ``text`` is an entry of a list."""
    return bool(_LISTED.search(text))


def announces(text: str) -> bool:
    """Whether ``text`` ends in a colon: nothing was said yet."""
    return bool(_ANNOUNCES.search(text))


def _is_finished(text: str, rules: Rules) -> bool:
    if text.count('"') % 2:
        return False
    return bool(_FINISHED.search(text) or (rules.paragraphs and (is_listed(text) or announces(text))))


def new_words(text: str, known: Sequence[str]) -> list[str]:
    """Content words of ``text`` that no text in ``known`` has, plural or not; each once."""
    old = {word.removesuffix("s") for one in known for word in content_words(one)}
    return [word for word in dict.fromkeys(content_words(text)) if word.removesuffix("s") not in old]


def in_english(text: str) -> bool:
    """Whether ``text`` has as many English little words as English has at the least."""
    words = words_of(text)
    little = word_set("grammar", "little_words", "prepositions")
    return sum(word in little for word in words) >= max(1, _LEAST_ENGLISH * len(words))


def in_another_language(text: str) -> bool:
    """Whether ``text`` has more little words of other languages than English ones, or is in another script."""
    words = words_of(text)
    letters = [letter for letter in text if letter.isalpha()]
    if sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters) * 2 > len(letters):
        return True
    little = word_set("grammar", "little_words", "prepositions")
    return sum(word in word_list("words", "foreign") for word in words) > sum(word in little for word in words)


def _says_it_again(text: str) -> bool:
    """Whether two of its sentences are the same, or one has two words that carry meaning side by side twice."""
    said = [tuple(words_of(sentence)) for sentence in re.split(r"[.!?…]+(?:\s|$)", text)]
    whole = [sentence for sentence in said if len(sentence) > 1]
    pairs = [[pair for pair in windows(one, 2) if len(content_words(" ".join(pair))) == 2] for one in said]
    return len(set(whole)) < len(whole) or any(len(set(one)) < len(one) for one in pairs)


def _twice(own: str, lead: str, again: frozenset[str]) -> bool:
    """Whether a word that carries meaning comes twice, in whatever form: ``mysterious`` and ``mysteries``.

    What ``lead`` says twice counts for nothing, for it was given; words in ``again`` may come twice.
    """
    said = [word.removesuffix("s")[:_STEM] for word in content_words(own) if word not in again]
    begun = {word.removesuffix("s")[:_STEM] for word in content_words(lead)}
    return len(set(said)) < len(said) or bool(begun & set(said))


def _circles(words: Sequence[str]) -> bool:
    if any(one == two == three for one, two, three in zip(words, words[1:], words[2:], strict=False)):
        return True
    if len(words) >= 8 and len(set(words)) < _LEAST_VARIED * len(words):
        return True
    if any(one == two and between in ("and", "or") for one, between, two in windows(words, 3)):
        return True
    often = Counter(windows(words, 3)).values()
    if len(words) >= 6 and max(often, default=0) >= 3:
        return True
    return max(Counter(windows(words, _LOOP)).values(), default=0) >= 2


def _copied(words: Sequence[str], source: Sequence[str]) -> bool:
    if not source:
        return False
    size = min(_WINDOW, len(words))
    own, theirs = list(windows(words, size)), set(windows(source, size))
    return sum(window in theirs for window in own) > _MOST_COPIED * len(own)


def windows(words: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    """All runs of ``size`` words."""
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))
