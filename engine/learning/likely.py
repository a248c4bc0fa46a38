"""What a sentence that no rule takes apart may well state, going by its words and by what kind of thing it tells.

``We landed in Sotharor, that is the capital of Boreth`` has *the capital of Boreth* in it and one more name; ``a lump
of drelite, which Talanune discovered`` a verb that somebody does. So it is asked for in the words of those relations.
A guess that is wrong costs a question that nobody will ask; the answer is the user's own sentence in any case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.learning.clauses import bare
from engine.learning.entities import DETERMINERS, WORKS, Entity
from engine.learning.in_passing import LOOSE, entity_of
from engine.learning.noun_phrases import Phrase, phrases
from engine.learning.relations import VerbPattern, attribute_relations, relation_of_attribute, relations, verb_patterns
from engine.learning.statement import Statement
from engine.learning.values import TIMES
from engine.learning.verb_forms import lexicon
from engine.learning.word_lists import ATTRIBUTES, PEOPLE

_OPEN = frozenset({"thing", "name"})
"""Kinds of value that may turn out to be of any other kind."""
_BY_KIND = {
    "number": ("code", "number"),
    "month": ("takes_place", "birthday"),
    "day": ("meets", "takes_place"),
    "date": ("takes_place", "birthday"),
    "clock": ("starts", "leaves"),
    "place": ("place_of", "held_in"),
    "home": ("lives_in", "born_in"),
    "food": ("eats", "allergic_to"),
    "sport": ("hobby", "likes"),
    "instrument": ("plays", "has"),
    "job": ("job",),
    "language": ("speaks", "language_of"),
    "colour": ("colour",),
}
"""Where no word says more: what such a value is usually told for."""
_BY_UNIT = {
    unit: asked
    for units, asked in (
        ("metre meter foot feet kilometre kilometer mile centimetre inch", (("size", "height"), ("size", "length"))),
        ("kilo kilogram gram pound ton tonne", (("weight", "weight"),)),
        ("euro dollar cent franc crown yen", (("price", "price"),)),
        ("minute hour second", (("size", "length"), ("attribute", "duration"))),
        ("degree", (("attribute", "temperature"),)),
        ("inhabitant people", (("population", "population"),)),
        ("year", (("age", "age"),)),
    )
    for unit in units.split()
}
"""What a figure with such a unit is usually told for, relations and their nouns."""
_ADJECTIVES = {"height": "high", "length": "long"}
_FAVOURITE = frozenset({"favourite", "favorite"})
_PLACED = frozenset({"in", "at", "to", "near", "from"})
_OWN_PLACES = {"in": "lives_in", "at": "works_at", "to": "moved_to"}
"""Where somebody who speaks of himself may be, by the preposition."""
_SELF = Entity("I", "i", kind="self")


def by_words(sentence: str, whole: Statement) -> list[Statement]:
    """What ``sentence``, read as ``whole``, states going by its nouns and verbs; the likeliest first."""
    named = phrases(sentence)
    found = [*_by_attributes(sentence, whole, named), *_by_verbs(sentence, whole, named)]
    return list({(one.relation, one.noun, one.entity.text): one for one in found}.values())


def by_kind(sentence: str, whole: Statement) -> list[Statement]:
    """What such a value is usually told for, where no word of ``sentence`` says more."""
    kind = whole.kind
    if whole.kind == "name" and whole.preposition in _PLACED:
        kind = "home" if whole.entity.kind == "person" else "place"
    key = (
        _OWN_PLACES.get(whole.preposition)
        if bare(sentence.split()[0]) in ("i", "we") and whole.kind == "name"
        else None
    )
    of_self = [_asked(whole, key, _SELF)] if key else []
    if has_unit(whole.value):
        return [
            replace(_asked(whole, relation, whole.entity, noun), adjective=_ADJECTIVES.get(noun, ""))
            for relation, noun in _BY_UNIT[_unit(whole.value)]
        ]
    return [*of_self, *(_asked(whole, key, whole.entity) for key in _BY_KIND.get(kind, ()))]


def has_unit(value: str) -> bool:
    """Whether ``value`` is a measure: ``47 minutes``."""
    return value[:1].isdigit() and _unit(value) in _BY_UNIT


def _unit(value: str) -> str:
    return bare(value.split()[-1]).removesuffix("s")


def _by_attributes(sentence: str, whole: Statement, named: list[Phrase]) -> Iterator[Statement]:
    """``the capital of Boreth``, ``my favourite drink``, ``the password``: a noun for what is told, and whose it is."""
    words = sentence.split()
    for at, word in enumerate(words):
        noun, before = bare(word), [bare(one) for one in words[:at][-2:]]
        favourite = before[-1:] in (["favourite"], ["favorite"])
        if (noun not in ATTRIBUTES and noun not in attribute_relations() and not favourite) or noun in _FAVOURITE:
            continue
        if at + 1 < len(words) and words[at + 1][:1].isupper() and word.isalpha():
            continue  # my *wife* Ines
        if not favourite and not any(one in DETERMINERS for one in before):
            continue  # to *make* a living
        if noun == "age" and [bare(one) for one in words[max(0, at - 2) : at]][:1] == ["at"]:
            continue  # no joke at my *age*
        owner = (["", *before])[-1 - favourite]
        follows = bare(words[at + 1]) if at + 1 < len(words) and word.isalpha() else ""
        if follows in ("of", "for"):
            entity = _phrase_from(words, at + 2, named) or whole.entity
        else:
            entity = _SELF if owner in ("my", "our") else whole.entity
        told = _other_than(entity, noun, whole, named)
        is_it = noun == whole.entity.head and noun in PEOPLE  # the boss of the new boss is another one
        key = "favourite" if favourite else "role" if is_it else relation_of_attribute(noun)
        if told and key not in LOOSE and _agrees(key, told.value):
            yield replace(_asked(whole, key, entity, noun), value=told.text, kind=_kind(key, told.value))


def _by_verbs(sentence: str, whole: Statement, named: list[Phrase]) -> Iterator[Statement]:
    """``which Talanune discovered``, ``that novel by Celugeth``: what is done, or was made, by whom."""
    words = [bare(word) for word in sentence.split()]
    for at, word in enumerate(words):
        if word in WORKS and words[at + 1 : at + 2] == ["by"]:
            yield _asked(whole, "written_by", whole.entity, verb="write")
        for base, form in lexicon().get(word, ()):
            if form == "past" and whole.kind == "year":
                yield replace(_asked(whole, "happened_in_year", whole.entity), adjective=word, preposition="in")
            if form not in ("third", "past") or (at and words[at - 1] in DETERMINERS):
                continue
            if base in ("name", "call"):
                yield _asked(whole, "name", whole.entity)
            for pattern in verb_patterns().get(base, ()):
                kind = relations()[pattern.relation].kind
                follows = tuple(words[at + 1 : at + 1 + len(pattern.words)])
                told_before = whole.value.lower() in " ".join(words[:at])
                if pattern.doer and kind == "person" and whole.kind in _OPEN and told_before:
                    done = _last_before(words[:at], whole, named) or whole.entity
                    yield _asked(whole, pattern.relation, done, verb=base)
                elif (
                    " ".join(words[:at]).endswith(whole.subject.lower())
                    and _fits(pattern, follows)
                    and (kind == whole.kind or (kind == "place" and whole.preposition in _PLACED))
                ):
                    yield _asked(whole, pattern.relation, whole.entity, verb=base)


def _fits(pattern: VerbPattern, follows: tuple[str, ...]) -> bool:
    plain = not (pattern.negative or pattern.placed or pattern.doer or pattern.relation in LOOSE)
    return plain and follows == pattern.words


def _last_before(words: list[str], whole: Statement, named: list[Phrase]) -> Entity | None:
    """The noun phrase nearest to a verb, before it, that is not what is told."""
    text = " ".join(words)
    places = [(text.rfind(one.text.lower()), one) for one in named if one.text != whole.value]
    at, found = max(places, key=lambda place: place[0], default=(-1, None))
    return entity_of(found) if found and at >= 0 else None


def _agrees(key: str, told: str) -> bool:
    """Whether a value of the kind ``told`` may answer what the relation ``key`` asks."""
    kind = relations()[key].kind
    if told in TIMES:
        return kind in ("time", "date")
    return (
        kind in ("number", "code", "thing", "address") if told == "number" else kind not in ("time", "date", "number")
    )


def _kind(key: str, told: str) -> str:
    own = relations()[key].kind
    return told if told not in _OPEN or own == "thing" else own


def _asked(whole: Statement, key: str, entity: Entity, noun: str = "", verb: str = "", phrase: str = "") -> Statement:
    own = next((one for one in relations()[key].verbs if not one.startswith("be ") and not one.endswith(" by")), "be")
    verb = verb or own.split()[0]
    return replace(
        whole,
        entity=entity,
        subject=entity.text,
        relation=key,
        kind=_kind(key, whole.kind),
        verb=verb,
        phrase=phrase or ("" if verb == "be" else verb),
        noun=noun or ("code" if key == "code" else "number" if key == "number" else ""),
        other="",
        tense="past" if relations()[key].kind == "person" else "present",
    )


def _phrase_from(words: list[str], at: int, named: list[Phrase]) -> Entity | None:
    """The noun phrase that begins at word ``at``."""
    rest = " ".join(words[at:]).lower()
    found = next((one for one in named if rest.startswith(one.text.lower())), None)
    return entity_of(found) if found else None


def _other_than(entity: Entity, noun: str, whole: Statement, named: list[Phrase]) -> Phrase | None:
    """What is told of ``entity``: what ``whole`` tells, or what it is about where that is the news."""
    own = {noun, *map(bare, entity.text.split())}
    for text in (whole.value, whole.subject):
        found = next((one for one in named if one.text == text), None)
        if found and not own & set(map(bare, found.text.split())):
            return found
    return None
