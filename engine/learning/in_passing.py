"""What is said in passing, in a sentence that no rule takes apart: which of its words it is about, which it tells.

``I rode the 711 all the way to the sculpture park, that bus takes ages`` says which bus goes to the sculpture park, in
no order that a grammar of statements knows. Such a sentence is learned whole. All that has to be found is what one
would ask about (the sculpture park) and what for (the 711), and only noun phrases can be either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.learning import screening
from engine.learning.clauses import bare, has_verb
from engine.learning.entities import DETERMINERS, PREPOSITIONS, Entity, read_entity
from engine.learning.noun_phrases import Phrase, phrases
from engine.learning.phrasing import lower_first
from engine.learning.statement import Statement
from engine.learning.values import TIMES, content_words
from engine.learning.verb_forms import lexicon, reading
from engine.learning.word_lists import word_set

TOLD_OF = "told_of"
"""Key of the relation between what such a sentence is about and what it tells."""

_NAMING = frozenset({"name", "number", "mine"})
"""Kinds of phrase that mean one thing in the world."""
_NEWS = ("mine", "known", "bare", "named", "new", "name", "number")
"""Kinds of phrase, from what is spoken about to what is told of it; ``named`` has *the* and a name."""
_OPEN = frozenset({"thing", "name", "number"})
"""Kinds of value that say nothing of what is told."""
_OF_THEIR_OWN = frozenset({"number", "year", "month", "day", "date", "clock", "colour", "language"})
"""Kinds of value that are told oftener than asked about."""
_FORBIDDING = frozenset({screening.INSTRUCTION, screening.UNSURE, screening.OPINION, screening.ABOUT_ME})
"""Reasons against a part of a sentence that hold against the whole."""
_OUTWEIGHED = frozenset({screening.UNSURE, screening.ABOUT_ME})
"""Reasons against a sentence that do not count where another part of it is certain: ``You would laugh, my aunt …``."""
_FEWEST_WORDS = 4
_LONGEST_VALUE = 6
_FORBIDDING_ALL = _FORBIDDING | {screening.REQUEST, screening.MOMENT, screening.CHIT_CHAT}
LOOSE = frozenset(
    {"verb_object", "verb_person", "verb_place", "verb_time", "adjective_of", "has", "bought", "drives"}
) | {"does_regularly"}
"""Relations that a verb alone makes: they may have missed what the sentence tells."""
_ADVERBS = word_set("grammar", "adverbs")
_UNSOUND = word_set("grammar", "of_other_clauses")
_SELVES = frozenset({"i", "we", "me", "us"})
_PART = re.compile(r"\W* (?:and|but|so) |[,;:.–—-]+ ")
_LINKS = "and|but|because|since|so|while|though|although|till|until"
_JOINT = re.compile(rf"[,;:] +|(?: [–—-])? +(?=(?:{_LINKS}) )")
_LINK = re.compile(rf"^(?:{_LINKS}) ", re.IGNORECASE)
_SHORT = 7
_LONGEST_CORE = 16
"""Words."""
_POLITE = re.compile(
    r",? (?:just )?(?:if (?:that|it|this) helps|in case (?:you|I|we) \w+|if you (?:want|like|need))\b[^,]*$"
)
_THAT_IS_MY = re.compile(r"(?:that|this|he|she|it) is (?:my|our) ", re.IGNORECASE)
_OF_SOMEBODY = re.compile(r"(?:he|she|his|her) ", re.IGNORECASE)
_GENERIC_YOU = re.compile(r"\byou (?:(?:have|need|only have) to|must|can) [a-z]+(?: in)? (?=\d)", re.IGNORECASE)
_BACKWARD = re.compile(r"\b(?:it|its|he|him|his|she|they|them|there|that one|this one|that is)\b", re.IGNORECASE)


def told(
    said: str, before: str, read: Sequence[tuple[str, Statement]], refused: Sequence[tuple[str, str]]
) -> tuple[str, Statement] | None:
    """``said``, with the sentence before it where it goes back to that, and what it states as a whole.

    Args:
        said: One tidied sentence.
        before: The statement before it in the message; empty when there is none.
        read: What the rules read in it: each text, and the statement.
        refused: What they did not: each part of the sentence, and the reason.

    Returns:
        None where the rules have read all that it names, or where it must not be learned.
    """
    said = _POLITE.sub("", said)
    parts = [part.strip() for part in _PART.split(said) if part.strip()]
    against = screening.reason(said, question=False)
    doubts = [*((part, screening.reason(part, question=False)) for part in parts), *refused]
    if against in _OUTWEIGHED and any(map(_certain, parts)):
        doubts = [(part, reason) for part, reason in doubts if reason not in _OUTWEIGHED]
    elif against in _FORBIDDING_ALL:
        return None
    if any(_forbids(part, reason) for part, reason in doubts):
        return None
    only_denied = bool(refused) and not read and all(reason == screening.NEGATION for _, reason in refused)
    if only_denied and not any(map(_certain, parts)):
        return None
    named = [one for one in phrases(said) if one.kind in _NAMING or _of_its_own(one)]
    strict = [one for one in read if not is_loose(one[1])]
    if strict and _covered(named, [text for text, _ in strict]):
        return None
    if one := next((text for text, _ in read if _covered(named, [text])), ""):
        statement = whole(one)
        return (one, statement) if statement else None
    before = before if _BACKWARD.search(said) or not has_verb(said) or not whole(said) else ""
    if (
        before
        and not has_verb(before)
        and not any(one.kind in _NAMING or _has_name(one.text) for one in phrases(before))
    ):
        before = ""  # long day
    for earlier in dict.fromkeys((before, "")):
        text = f"{earlier}; {_going_on(said)}" if earlier else said
        likely = phrases(said if _THAT_IS_MY.match(said) else earlier)
        if len(text) <= screening.LONGEST_SENTENCE and (statement := whole(text, likely)):
            return f"{text[:1].upper()}{text[1:]}.", statement
    return None


def _going_on(said: str) -> str:
    """``said`` as it stands behind a semicolon: in small letters, unless it begins with a name."""
    first = next(iter(phrases(said)), None)
    named = first is not None and _has_name(first.text) and said.startswith(first.text)
    return said if named else lower_first(said)


def core(sentence: str, about: str, told: str) -> str:
    """The part of a long ``sentence`` that says ``told`` (and ``about``, where that comes later); all of a short one.

    What is said back has to come to the point.
    """
    starts = [0, *(match.end() for match in _JOINT.finditer(sentence)), len(sentence)]
    spans = list(pairwise(starts))
    at = next((i for i, (start, end) in enumerate(spans) if told in sentence[start:end]), None)
    if len(sentence.split()) <= _SHORT or at is None:
        return sentence
    subject = next((i for i, (start, end) in enumerate(spans) if about.lower() in sentence[start:end].lower()), at)
    if about.lower() in sentence.lower() and about.lower() not in sentence[slice(*spans[subject])].lower():
        return sentence  # a clause begins inside it: my wife and I
    first, last = at, max(at, subject)
    names = [one.text for one in phrases(sentence) if _names(one) and one.text.lower() != about.lower()]
    telling = [i for i, (start, end) in enumerate(spans) if any(name in sentence[start:end] for name in names)]
    widest = min([first, *telling]), max([last, *telling])
    if len(sentence[spans[widest[0]][0] : spans[widest[1]][1]].split()) <= _LONGEST_CORE:
        first, last = widest  # which of them is the news is a guess
    while first and not (
        _stands_alone(_LINK.sub("", sentence[spans[first][0] : spans[last][1]]))
        or _names_it_last(sentence[: spans[first][0]], about)
    ):
        first -= 1
    if last + 1 < len(spans) and _BACKWARD.match(sentence[spans[last + 1][0] :]):
        last += 1
    return _LINK.sub("", sentence[spans[first][0] : spans[last][1]].strip(" ,;:")).rstrip(".") + "."


def _names_it_last(before: str, about: str) -> bool:
    """Whether what comes next says more of ``about``: ``A Ladder to Nowhere, that novel by Celugeth``."""
    return before.lower().rstrip(" ,;:").endswith(about.lower())


def _stands_alone(part: str) -> bool:
    """Whether ``part`` is a clause with a subject of its own, and not about somebody named before."""
    if _OF_SOMEBODY.match(part):
        return False
    named = re.match(r"\w+ .*\b(?:named|called) (?:it|him|her|them) ", part)
    return bool(named) or (has_verb(part) and not reading(bare(part.split()[0]), "past", "third"))


def whole(sentence: str, likely: Sequence[Phrase] = ()) -> Statement | None:
    """What ``sentence`` tells and of what; None where it names nothing that could be asked about.

    ``likely`` are those of its phrases that it should be about, if it can.
    """
    here = phrases(sentence)
    told = _told(here)
    others = [one for one in here if told and not one.words & told.words]
    others = [one for one in others if one.kind != "number"] or others
    beside = _part_of(sentence, told.text) if told else ""
    about = _about([one for one in others if one in likely] or others, beside)
    if told is None or about is None:
        return None
    if not any(one.kind == "mine" or _names(one) for one in (told, about)):
        return None  # of things in general, or of the moment
    entity = entity_of(about)
    if entity is None or entity.first_person:
        return None
    return _stated(entity, told, _noun_beside(here, told, about), _before(sentence, told))


def other_ways(sentence: str, statement: Statement) -> list[Statement]:
    """The same sentence as what is told of other things that it names, and of what ``statement`` takes for the news."""
    here = phrases(sentence)
    news = next((one for one in here if one.text == statement.value), None)
    about = next((one for one in here if one.text == statement.subject), None)
    found: list[Statement] = []
    for one in here:
        told = about if one is news else news
        entity = entity_of(one)
        clear = one.kind != "bare" or not lexicon().get(one.text.lower())
        if told and one is not about and clear and entity and not entity.first_person:
            found.append(_stated(entity, told))
    return found


def _stated(entity: Entity, told: Phrase, noun: str = "", preposition: str = "") -> Statement:
    return Statement(
        entity=entity,
        relation=TOLD_OF,
        value=told.text,
        kind=told.value,
        subject=entity.text,
        rest=told.text,
        preposition=preposition,
        other=noun,
    )


def entity_of(phrase: Phrase) -> Entity | None:
    """``phrase`` as what a question can be about; a title is one name, its article and all."""
    if phrase.text[:1].isupper() and bare(phrase.text.split()[0]) in DETERMINERS:
        return Entity(phrase.text, name=phrase.text, kind="named")
    return read_entity(phrase.text.split())


def _before(sentence: str, told: Phrase) -> str:
    """The preposition before what is told; empty when there is none."""
    before = sentence[: sentence.find(told.text)].split()
    return bare(before[-1]) if before and bare(before[-1]) in PREPOSITIONS else ""


def _told(found: Sequence[Phrase]) -> Phrase | None:
    """What such a sentence most likely tells: a figure, a day, a lone name, something new; the last of its sort."""

    def news(at: int) -> tuple[bool, bool, bool, bool, int, int]:
        one = found[at]
        return (
            one.kind == "number",
            _of_its_own(one),
            one.kind == "name",
            one.value not in _OPEN and one.kind not in ("mine", "name"),
            _NEWS.index("named" if one.kind == "known" and _has_name(one.text) else one.kind),
            at,
        )

    return found[max(range(len(found)), key=news)] if found else None


def _of_its_own(one: Phrase) -> bool:
    return one.value in _OF_THEIR_OWN and (one.value != "number" or any(map(str.isdigit, one.text)))


def _part_of(sentence: str, text: str) -> str:
    """The part of ``sentence``, between commas, in which ``text`` stands."""
    return next((part for part in sentence.split(", ") if text in part), sentence)


def _about(found: Sequence[Phrase], beside: str) -> Phrase | None:
    """What one would ask about: the user's own, else what has a name, else a known thing; the first of its sort.

    Of two of a sort it is the one that stands in ``beside``, the part of the sentence that tells the news.
    """

    def known(at: int) -> tuple[bool, bool, bool, bool, bool, bool]:
        one = found[at]
        sort = one.kind == "mine", _has_name(one.text), one.kind == "known", one.kind == "new"
        return one.value not in TIMES, *sort[:3], one.text in beside, sort[3]

    return found[max(range(len(found)), key=known)] if found else None


def _has_name(text: str) -> bool:
    return any(word[:1].isupper() for word in text.split())


def _names(one: Phrase) -> bool:
    """Whether a phrase holds a name, a figure or a day."""
    return one.kind in ("name", "number") or _of_its_own(one) or _has_name(one.text)


def names_something(part: str) -> bool:
    """Whether ``part`` of a sentence names somebody, or says a figure or a day."""
    return any(map(_names, phrases(part)))


def _noun_beside(found: list[Phrase], told: Phrase, about: Phrase) -> str:
    """A further noun of the sentence to ask with: ``bus`` in *that bus takes ages*."""
    for one in found:
        last = one.text.split()[-1]
        if one not in (told, about) and last.islower() and not one.words & (told.words | about.words):
            return last
    return ""


def sound(statement: Statement) -> bool:
    """Whether what a rule read can be: its value and subject hold no verb of another clause, no unclear *it*."""
    value, subject = (set(map(bare, text.split())) for text in (statement.value, statement.entity.text))
    alone = len(subject) == 1 or "and" in subject
    said = not value & _UNSOUND and not subject & (_UNSOUND - _SELVES if alone else _UNSOUND)
    return said and not all(word in _ADVERBS or word.endswith("ly") for word in subject)


def _covered(named: Sequence[Phrase], texts: Sequence[str]) -> bool:
    """Whether ``texts`` name all that is ``named``."""
    said = frozenset(content_words(" ".join(texts).replace("'s", "")))
    return all(one.words <= said for one in named)


def is_loose(statement: Statement) -> bool:
    """Whether only its verb says how the value belongs to the subject, or half the sentence is the value."""
    return statement.relation in LOOSE or len(statement.value.split()) > _LONGEST_VALUE


def _certain(part: str) -> bool:
    """Whether ``part`` of a sentence states by itself something of the user's own, or of what has a name."""
    if len(part.split()) < _FEWEST_WORDS or not has_verb(part) or screening.reason(part, question=False):
        return False
    return any(one.kind == "mine" or _names(one) for one in phrases(part))


def _forbids(part: str, reason: str | None) -> bool:
    """Whether what is not learnt for ``reason`` forbids to learn the sentence around it."""
    return reason in _FORBIDDING and not (reason == screening.INSTRUCTION and _GENERIC_YOU.search(part))


def slot_of(statement: Statement) -> str:
    """Which question the statement answers: a later figure or day takes the place of the earlier one."""
    return f"{TOLD_OF}:{statement.kind if statement.kind in _OF_THEIR_OWN else statement.value.lower()}"
