"""What something *is*: ``my cat's name is Mirtle``, ``the keys are in the drawer``, ``Noor is a doctor``."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.learning import screening
from engine.learning.attributes import attribute_of, of_attribute
from engine.learning.clauses import Clause, bare
from engine.learning.entities import DETERMINERS, PREPOSITIONS, Entity, read_entity
from engine.learning.relations import PLACE_KINDS, relation_of_attribute, relations, verb_patterns
from engine.learning.statement import Statement, stated, stripped, value_of, without_article
from engine.learning.values import TIMES, is_job, time_kind, value_kind
from engine.learning.word_lists import EVALUATIVE, PEOPLE, word_set

_NAMING = frozenset({"called", "named", "nicknamed", "titled"})
_MEASURES = frozenset(["tall", "long", "wide", "high", "deep", "thick"])
_DIETS = word_set("values", "diets")
_COLOURS = word_set("values", "colours")
_AGE = re.compile(
    r"(?:turning |about |over |almost |nearly |only )?(?:\d{1,3}|[a-z]+(?:-[a-z]+)?)(?: and a half)? "
    r"(?:years?|months?|weeks?)(?: old| of age)?"
)
_DATED = frozenset({"birthday", "starts", "ends", "opens", "closes", "leaves", "arrives"})
PLACE_PREPOSITIONS = word_set("grammar", "place_prepositions")


def of_being(clause: Clause, entity: Entity) -> list[Statement] | str:
    """What a clause with *is*, *are* or *was* states, or why it states nothing."""
    words = list(clause.rest)
    lower = [bare(word) for word in words]
    if clause.negative:
        return screening.NEGATION
    if lower[0] in _NAMING and len(words) > 1 and lower[1] not in ("after", "for", "by"):
        if attribute := attribute_of(clause.subject):
            return of_attribute(clause, *attribute)
        return [
            stated(clause, entity, relation="name", value=value_of(words[1:], cut=False), kind="name", phrase="called")
        ]
    attribute = attribute_of(clause.subject)
    if attribute and (lower[0] not in PREPOSITIONS or relation_of_attribute(attribute[1]) in _DATED):
        return of_attribute(clause, *attribute)
    for pattern in verb_patterns().get("be", ()):
        size = len(pattern.words)
        if size and tuple(lower[:size]) == pattern.words and len(words) > size:
            return _matched_be(clause, entity, pattern.relation, words[size:], pattern.words)
    if clause.participle and len(words) > 1 and lower[1] in PREPOSITIONS:
        return _adjective(clause, entity, words)
    if lower[0] in PREPOSITIONS and len(words) > 1:
        return _prepositional(clause, entity, words)
    if reversed_ := _reversed(clause, words):
        return reversed_
    if measure := _measured(clause, entity, words, lower):
        return measure
    if lower[0] in ("a", "an"):
        return _is_a(clause, entity, words)
    if (
        len(words) > 2
        and lower[1] in PREPOSITIONS
        and lower[1] != "of"
        and lower[0] not in DETERMINERS
        and lower[0].isalpha()
        and words[0].islower()
    ):
        return _adjective(clause, entity, words)
    return _predicate(clause, entity, words, lower)


def _matched_be(
    clause: Clause, entity: Entity, key: str, words: list[str], matched: tuple[str, ...]
) -> list[Statement] | str:
    relation = relations()[key]
    preposition = matched[-1] if matched[-1] in PREPOSITIONS else ""
    adjective = " ".join(matched[:-1] if preposition else matched)
    cut = relation.kind not in ("name", "place") or key in ("born_in", "lives_in")
    value = value_of(words, cut)
    kind = value_kind(value, preposition)
    if key == "born_in" and kind in TIMES:
        key = "birthday"
    elif key == "birthday" and kind not in TIMES:
        return screening.NO_FACT
    elif key == "married_to" and not value[:1].isupper() and bare(words[0]) not in DETERMINERS:
        key = "adjective_of"
    elif relation.kind in PLACE_KINDS and kind in TIMES and key != "happened_in_year":
        key = "verb_time" if clause.verb != "be" else "takes_place"
    elif relation.kind in PLACE_KINDS:
        kind = "place"
    elif relation.kind in ("person", "name"):
        kind = relation.kind
    return [stated(clause, entity, relation=key, value=value, kind=kind, preposition=preposition, adjective=adjective)]


def _adjective(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | str:
    adjective, preposition = bare(words[0]), bare(words[1])
    if adjective in EVALUATIVE and not clause.participle and preposition not in ("at", "with"):
        return screening.OPINION
    value = value_of(words[2:])
    if not value:
        return screening.NO_FACT
    kind = value_kind(value, preposition)
    if kind in TIMES or (preposition in PLACE_PREPOSITIONS and clause.participle):
        kind = kind if kind in TIMES else "place"
        return [
            stated(
                clause,
                entity,
                relation="happened_in_year",
                value=value,
                kind=kind,
                adjective=adjective,
                preposition=preposition,
            )
        ]
    return [
        stated(
            clause,
            entity,
            relation="adjective_of",
            value=value,
            kind=kind,
            adjective=adjective,
            preposition=preposition,
        )
    ]


def _prepositional(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | str:
    preposition = bare(words[0])
    remaining = words[1:]
    time = time_kind(value_of(remaining), preposition)
    if time:
        return [
            stated(
                clause, entity, relation="takes_place", value=value_of(remaining), kind=time, preposition=preposition
            )
        ]
    if preposition in PLACE_PREPOSITIONS:
        value = value_of(remaining, cut=False)
        if entity.first_person and clause.tense == "present" and not value[:1].isupper():
            return screening.MOMENT
        works = preposition == "at" and value[:1].isupper()
        key = ("works_at" if works else "lives_in") if entity.first_person else "place_of"
        return [stated(clause, entity, relation=key, value=value, kind="place", preposition=preposition)]
    value = value_of(remaining, cut=False)
    return [
        stated(clause, entity, relation="adjective_of", value=value, kind=value_kind(value), preposition=preposition)
    ]


def _reversed(clause: Clause, words: list[str]) -> list[Statement] | None:
    """``Mirtle is my cat``, ``Kelpast is the capital of Marneth``: the subject is the answer."""
    first = bare(words[0])
    if first not in ("my", "our", "the") or len(words) < 2:
        return None
    said = " ".join(clause.subject)
    simple = (clause.subject[0][0].isupper() and bare(clause.subject[0]) not in DETERMINERS | {"i", "we"}) or said[
        0
    ].isdigit()
    if not simple:
        return None
    turned = Clause(tuple(word.strip(",;:") for word in words), "be", clause.tense, clause.subject)
    attribute = attribute_of(turned.subject)
    if attribute:
        found = of_attribute(turned, *attribute)
        return None if isinstance(found, str) else [replace(s, subject=said, rest=" ".join(words)) for s in found]
    entity = read_entity(list(turned.subject))
    if entity is None or entity.name or not (entity.kind in ("person", "animal") or first != "the"):
        return None
    key = "role" if entity.kind == "person" else "name"
    return [stated(clause, entity, relation=key, value=said, kind="name")]


def _measured(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | None:
    text = stripped(words)
    in_years = _AGE.fullmatch(text.lower())
    alive = entity.kind in ("self", "person", "animal") or (entity.name and not entity.head)
    if in_years or (alive and re.fullmatch(r"\d{1,3}", text) and int(text) < 130):
        number = next(
            (word for word in words if bare(word) not in ("turning", "about", "over", "almost", "nearly", "only")),
            words[0],
        )
        return [stated(clause, entity, relation="age", value=number.strip(",."), kind="number")]
    if lower[-1] in _MEASURES and len(words) >= 2 and lower[0][:1].isdigit():
        noun = {
            "tall": "height",
            "long": "length",
            "wide": "width",
            "high": "height",
            "deep": "depth",
            "thick": "thickness",
        }[lower[-1]]
        return [
            stated(
                clause,
                entity,
                relation="size",
                value=stripped(words[:-1]),
                kind="number",
                adjective=lower[-1],
                noun=noun,
            )
        ]
    if lower[0] in ("worth",) and len(words) > 1:
        return [stated(clause, entity, relation="price", value=stripped(words[1:]), kind="number")]
    return None


def _is_a(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | str:
    if len(words) < 2:
        return screening.NO_FACT
    called = next((i for i, word in enumerate(words) if bare(word) in _NAMING), None)
    if called and called + 1 < len(words) and not entity.first_person:
        return [
            stated(
                clause,
                entity,
                relation="name",
                value=value_of(words[called + 1 :], cut=False),
                kind="name",
                phrase="called",
            )
        ]
    value = value_of(words)
    noun = without_article(value)
    if noun.lower().split()[-1] in (
        "bit",
        "lot",
        "little",
        "mess",
        "pity",
        "shame",
        "joke",
        "pleasure",
        "genius",
        "idiot",
        "liar",
        "good",
        "person",
        "thing",
        "day",
        "idea",
        "problem",
    ):
        return screening.OPINION
    if noun.lower() in _DIETS:
        return [stated(clause, entity, relation="diet", value=noun, kind="diet")]
    human = entity.kind in ("self", "person") or entity.kind == "named"
    if human and is_job(noun):
        return [stated(clause, entity, relation="job", value=noun, kind="job")]
    if "fan of" in value:
        return [
            stated(
                clause,
                entity,
                relation="likes",
                value=stripped(value.split("fan of", 1)[1].split()),
                kind="thing",
                verb="be",
            )
        ]
    return [stated(clause, entity, relation="is_a", value=noun, kind=value_kind(noun))]


def _predicate(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str:
    """What is left: a colour, a role's holder, a date without a preposition, a bare adjective."""
    value = value_of(words, cut=False)
    kind = value_kind(value)
    last = value.lower().split()[-1]
    if kind in TIMES and not entity.first_person:
        return [stated(clause, entity, relation="takes_place", value=value, kind=kind)]
    if value.lower() in _DIETS and entity.kind in ("self", "person", "animal", "named"):
        return [stated(clause, entity, relation="diet", value=value, kind="diet")]
    if last in _COLOURS and len(value.split()) <= 3 and not entity.first_person:
        return [stated(clause, entity, relation="colour", value=value, kind="colour")]
    if value[:1].isupper() and lower[0] not in DETERMINERS:
        demonym = re.fullmatch(
            r"[A-Z]\w+(?:ian|ish|ese|ean|can|man|ench|utch|eek|wiss|aeli|aqi|elsh|ani)|Thai|Czech|Muslim|"
            r"Christian|Catholic|Jewish|Buddhist|Hindu",
            value,
        )
        if demonym and entity.kind in ("self", "person", "named"):
            return [stated(clause, entity, relation="is_so", value=value, kind="state")]
        if entity.kind == "self":
            return (
                [stated(clause, entity, relation="name", value=value, kind="name")]
                if len(value.split()) <= 3
                else screening.NO_FACT
            )
        key = (
            "role"
            if entity.kind == "person" and not entity.name
            else "name"
            if entity.kind == "animal" and not entity.name
            else "is_a"
        )
        return [stated(clause, entity, relation=key, value=value, kind="name" if key != "is_a" else kind)]
    if lower[0] in DETERMINERS:
        return [
            stated(
                clause,
                entity,
                relation="role" if entity.kind == "person" and lower[-1] in PEOPLE else "is_a",
                value=value,
                kind=kind,
            )
        ]
    if numbered := re.fullmatch(r"(?:number|no\.?|nr\.?) (\w*\d\w*)", value, re.IGNORECASE):
        return [stated(clause, entity, relation="number", value=numbered[1], kind="number", noun="number")]
    if kind == "number" and len(value.split()) <= 4:
        return [
            stated(
                clause,
                entity,
                relation="number" if len(value.split()) == 1 else "price",
                value=value,
                kind="number",
                noun="number",
            )
        ]
    if value.lower() in EVALUATIVE:
        return screening.OPINION
    if (
        entity.kind == "animal"
        and len(words) == 1
        and not entity.name
        and words[0].islower()
        and last not in EVALUATIVE
        and not last.endswith(("ed", "ing"))
    ):
        return [stated(clause, entity, relation="is_so", value=value, kind="state")]
    if len(value.split()) > 8:
        return [stated(clause, entity, relation="loose", value=value, kind="thing")]
    return [stated(clause, entity, relation="is_so", value=value, kind="state")]
