"""From a clause to what it states: about whom, which relation, and which words are the answer.

The answer (*value*) is what a question will ask for. It is usually what stands last: the place one lives in, the name
one has. With makers and inventors it is the subject (``Olufsen invented the glimmerphone`` answers *who*), and with
things put somewhere it is the place, not the thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.learning import screening
from engine.learning.clauses import Clause, bare
from engine.learning.entities import DETERMINERS, PREPOSITIONS, Entity, owned, read_entity
from engine.learning.relations import PLACE_KINDS, VerbPattern, relation_of_attribute, relations, verb_patterns
from engine.learning.values import TIMES, is_job, time_kind, value_kind
from engine.learning.verb_forms import reading
from engine.learning.word_lists import ANIMALS, ATTRIBUTES, EVALUATIVE, PEOPLE, word_set

_NAMING = frozenset({"called", "named", "nicknamed", "titled"})
_MEASURES = frozenset(["tall", "long", "wide", "high", "deep", "thick"])
_EMPTY_VALUES = frozenset(
    [
        "it",
        "this",
        "that",
        "them",
        "him",
        "her",
        "you",
        "me",
        "us",
        "so",
        "there",
        "here",
        "something",
        "someone",
        "anything",
        "nothing",
        "everything",
        "one",
        "things",
        "stuff",
        "lot",
        "too",
        "well",
        "again",
        "more",
        "much",
        "many",
        "ok",
        "okay",
        "true",
        "false",
        "him.",
        "some",
    ]
)
_DIETS = word_set("values", "diets")
_ILLNESSES = word_set("values", "illnesses")
_COLOURS = word_set("values", "colours")
_PARTICLES = frozenset(["up", "down", "out", "off", "away", "back", "over", "together", "around"])
_ADJUNCT = frozenset(
    [
        "since",
        "because",
        "when",
        "while",
        "where",
        "after",
        "before",
        "until",
        "till",
        "although",
        "though",
        "every",
        "last",
        "next",
        "yesterday",
        "tomorrow",
        "again",
        "together",
        "so",
        "with",
        "without",
        "during",
        "ago",
        "who",
        "which",
        "if",
        "as",
    ]
)
_PLACE_PREPOSITIONS = frozenset(
    [
        "in",
        "on",
        "at",
        "under",
        "behind",
        "near",
        "beside",
        "between",
        "inside",
        "outside",
        "above",
        "below",
        "next",
        "beneath",
        "opposite",
        "within",
        "by",
    ]
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one clause states, in the user's words."""

    entity: Entity
    relation: str
    value: str
    kind: str
    """Kind of the value, see :mod:`engine.learning.values`."""
    subject: str
    """The clause's subject as said."""
    rest: str
    """What follows its verb as said."""
    verb: str = "be"
    tense: str = "present"
    phrase: str = ""
    """The verb with its particle and fixed object, in base form: ``wake up``, ``put``; for ``be`` empty."""
    preposition: str = ""
    noun: str = ""
    """The attribute: ``code``, ``favourite colour`` without ``favourite``."""
    adjective: str = ""
    other: str = ""
    """A further thing in it: what was put somewhere, what is counted."""
    negative: bool = False


def _strip(words: list[str] | tuple[str, ...]) -> str:
    return " ".join(words).strip(' ,;:()"').strip()


def _value_end(words: list[str], cut_prepositions: bool) -> int:
    """How many of ``words`` belong to the value: up to a comma, a time, a further preposition."""
    for i, word in enumerate(words):
        lower = bare(word)
        if i and (lower in _ADJUNCT or (lower == "for" and i + 1 < len(words) and bare(words[i + 1])[:1].isdigit())):
            return i
        if i and cut_prepositions and lower in PREPOSITIONS and lower not in ("of", "and", "like"):
            return i
        if (
            i
            and lower in PREPOSITIONS
            and time_kind(_strip(words[i + 1 : i + 4]), lower)
            and not time_kind(_strip(words[:i]))
        ):
            return i
        if word.endswith((",", ";")) and i + 1 < len(words) and not _listing(words[i + 1 :]):
            return i + 1
    return len(words)


def _listing(words: list[str]) -> bool:
    """Whether what follows a comma goes on with a list: ``tea, coffee and milk``; ``14 June, 2024``."""
    return len(words) <= 2 or "and" in (bare(word) for word in words[:3]) or bare(words[0])[:1].isdigit()


def _value(words: list[str] | tuple[str, ...], cut: bool = True) -> str:
    words = list(words)
    return _strip(words[: _value_end(words, cut)])


def _without_article(value: str) -> str:
    first, _, remaining = value.partition(" ")
    return remaining if first.lower() in ("a", "an") and remaining else value


def state(clause: Clause) -> list[Statement] | str:
    """What ``clause`` states (usually one thing), or the reason why it states nothing that can be learnt."""
    entity = read_entity(list(clause.subject))
    if entity is None:
        return screening.UNCLEAR
    if clause.subject[0].lower() in ("you", "your", "this", "that", "these", "those", "it", "there"):
        return screening.UNCLEAR
    found = _of_be(clause, entity) if clause.verb == "be" else _of_verb(clause, entity)
    if isinstance(found, str):
        return found
    good = [statement for statement in found if _has_content(statement)]
    return good or screening.UNCLEAR


def _has_content(statement: Statement) -> bool:
    value = statement.value
    return (
        any(letter.isalnum() for letter in value)
        and bare(value) not in _EMPTY_VALUES
        and bare(value.split()[0]) not in ("you", "your")
    )


def _base(clause: Clause, entity: Entity, **fields: str) -> Statement:
    """A statement with the fields that every one of ``clause`` shares."""
    start = Statement(
        entity,
        "loose",
        "",
        "thing",
        " ".join(clause.subject),
        " ".join(clause.rest),
        clause.verb,
        clause.tense,
        negative=clause.negative,
    )
    return replace(start, **fields)  # type: ignore[arg-type]


# ---- my NOUN is, X is … ----------------------------------------------------------------------------------------------


def attribute_of(subject: tuple[str, ...]) -> tuple[Entity, str] | None:
    """Owner and attribute in ``my cat's name``, ``the code for the door``, ``my birthday``; None for anything else."""
    words = list(subject)
    lower = [bare(word) for word in words]
    at = next((i for i in range(len(words) - 1, -1, -1) if lower[i].endswith("'s") or lower[i].endswith("s'")), None)
    if at is not None and at + 1 < len(words):
        noun = " ".join(lower[at + 1 :])
        of = [*words[:at], words[at][:-2] if lower[at].endswith("'s") else words[at][:-1]]
        owner = read_entity(of)
        if owner and (lower[-1] in ATTRIBUTES or " ".join(lower[-2:]) in ATTRIBUTES or noun.startswith("favo")):
            return owner, noun
        return None
    joint = next((i for i, word in enumerate(lower) if i > 1 and word in ("of", "for", "to")), None)
    if joint and joint + 1 < len(words) and lower[0] in DETERMINERS:
        noun = " ".join(lower[1:joint])
        owner = read_entity(words[joint + 1 :])
        known = lower[joint - 1] in ATTRIBUTES or " ".join(lower[joint - 2 : joint]) in ATTRIBUTES
        if owner and (known or (lower[joint] == "of" and lower[joint - 1] not in PEOPLE and lower[0] == "the")):
            return owner, noun
        return None
    if len(words) < 2 or lower[0] not in ("my", "our", "the"):
        return None
    noun = " ".join(lower[1:])
    mine = Entity("I", "i", kind="self") if lower[0] == "my" else Entity("we", "we", kind="self", plural=True)
    if lower[0] != "the" and (noun in ATTRIBUTES or noun.startswith(("favourite ", "favorite "))):
        return mine, noun
    head_length = 2 if " ".join(lower[-2:]) in ATTRIBUTES and len(words) > 3 else 1
    head = " ".join(lower[-head_length:])
    if (
        head not in ATTRIBUTES
        or len(words) - head_length < 2
        or relation_of_attribute(head) not in ("code", "number", "price", "contact", "size", "weight")
    ):
        return None
    if head in ("number", "key", "address", "type", "seat", "room", "platform", "floor", "gate", "bus", "line", "page"):
        return (mine, noun) if lower[0] != "the" else None
    thing = read_entity(words[:-head_length])
    return (thing, head) if thing else None


def _of_attribute(clause: Clause, owner: Entity, noun: str) -> list[Statement] | str:
    words = list(clause.rest)
    key = relation_of_attribute(noun)
    if key == "takes_place":
        owner = read_entity(list(clause.subject)) or owner
    preposition = ""
    if bare(words[0]) in _NAMING and len(words) > 1:
        words = words[1:]
    if bare(words[0]) in PREPOSITIONS and len(words) > 1:
        preposition, words = bare(words[0]), words[1:]
    value = _value(words, cut=False)
    if bare(words[0]) == "to" or preposition == "to":
        value = _strip(words)
    kind = value_kind(value, preposition)
    if key == "attribute" and value.lower() in EVALUATIVE:
        return screening.OPINION
    if key == "birthday" and kind not in TIMES:
        return screening.OPINION if value.lower() in EVALUATIVE else screening.MOMENT
    if relations()[key].kind in PLACE_KINDS and kind not in TIMES:
        kind = "place"
    if key in ("name", "ruler", "role") and kind not in ("number",):
        kind = "name"
    if key == "code":
        kind = "number" if re.fullmatch(r"[\d .#*/-]+", value) else "word"
    if key == "favourite":
        noun = noun.split(" ", 1)[1]
        kind = {"colour": "colour", "color": "colour"}.get(
            noun,
            "food"
            if noun in ("food", "dish", "meal", "fruit", "dessert", "snack", "vegetable")
            else "drink"
            if noun in ("drink", "tea", "wine", "beer")
            else kind,
        )
    return [_base(clause, owner, relation=key, value=value, kind=kind, noun=noun, preposition=preposition)]


def _of_be(clause: Clause, entity: Entity) -> list[Statement] | str:
    words = list(clause.rest)
    lower = [bare(word) for word in words]
    if clause.negative:
        return screening.NEGATION
    if lower[0] in _NAMING and len(words) > 1 and lower[1] not in ("after", "for", "by"):
        if attribute := attribute_of(clause.subject):
            return _of_attribute(clause, *attribute)
        return [
            _base(clause, entity, relation="name", value=_value(words[1:], cut=False), kind="name", phrase="called")
        ]
    if attribute := attribute_of(clause.subject):
        return _of_attribute(clause, *attribute)
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
    value = _value(words, cut)
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
    return [_base(clause, entity, relation=key, value=value, kind=kind, preposition=preposition, adjective=adjective)]


def _adjective(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | str:
    adjective, preposition = bare(words[0]), bare(words[1])
    if adjective in EVALUATIVE and not clause.participle and preposition not in ("at", "with"):
        return screening.OPINION
    value = _value(words[2:])
    if not value:
        return screening.NO_FACT
    kind = value_kind(value, preposition)
    if kind in TIMES or (preposition in _PLACE_PREPOSITIONS and clause.participle):
        kind = kind if kind in TIMES else "place"
        return [
            _base(
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
        _base(
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
    time = time_kind(_value(remaining), preposition)
    if time:
        return [
            _base(clause, entity, relation="takes_place", value=_value(remaining), kind=time, preposition=preposition)
        ]
    if preposition in _PLACE_PREPOSITIONS:
        value = _value(remaining, cut=False)
        if entity.first_person and clause.tense == "present" and not value[:1].isupper():
            return screening.MOMENT
        key = "lives_in" if entity.first_person else "place_of"
        return [_base(clause, entity, relation=key, value=value, kind="place", preposition=preposition)]
    value = _value(remaining, cut=False)
    return [
        _base(clause, entity, relation="adjective_of", value=value, kind=value_kind(value), preposition=preposition)
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
        found = _of_attribute(turned, *attribute)
        return None if isinstance(found, str) else [replace(s, subject=said, rest=" ".join(words)) for s in found]
    entity = read_entity(list(turned.subject))
    if entity is None or entity.name or not (entity.kind in ("person", "animal") or first != "the"):
        return None
    key = "role" if entity.kind == "person" else "name"
    return [_base(clause, entity, relation=key, value=said, kind="name")]


def _measured(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | None:
    text = _strip(words)
    if re.fullmatch(r"(?:turning |about |over |almost |nearly |only )?(?:\d{1,3}|[a-z]+(?:-[a-z]+)?)(?: and a half)? (?:years?|months?|weeks?)(?: old| of age)?", text.lower()) or (
        re.fullmatch(r"\d{1,3}", text) and (entity.kind in ("self", "person", "animal") or (entity.name and not entity.head)) and int(text) < 130
    ):  # fmt: skip
        number = next(
            (word for word in words if bare(word) not in ("turning", "about", "over", "almost", "nearly", "only")),
            words[0],
        )
        return [_base(clause, entity, relation="age", value=number.strip(",."), kind="number")]
    if lower[-1] in _MEASURES and len(words) >= 2 and value_kind(text) == "number":
        noun = {
            "tall": "height",
            "long": "length",
            "wide": "width",
            "high": "height",
            "deep": "depth",
            "thick": "thickness",
        }[lower[-1]]
        return [
            _base(
                clause, entity, relation="size", value=_strip(words[:-1]), kind="number", adjective=lower[-1], noun=noun
            )
        ]
    if lower[0] in ("worth",) and len(words) > 1:
        return [_base(clause, entity, relation="price", value=_strip(words[1:]), kind="number")]
    return None


def _is_a(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | str:
    if len(words) < 2:
        return screening.NO_FACT
    called = next((i for i, word in enumerate(words) if bare(word) in _NAMING), None)
    if called and called + 1 < len(words) and not entity.first_person:
        return [
            _base(
                clause,
                entity,
                relation="name",
                value=_value(words[called + 1 :], cut=False),
                kind="name",
                phrase="called",
            )
        ]
    value = _value(words)
    noun = _without_article(value)
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
        return [_base(clause, entity, relation="diet", value=noun, kind="diet")]
    human = entity.kind in ("self", "person") or entity.kind == "named"
    if human and is_job(noun):
        return [_base(clause, entity, relation="job", value=noun, kind="job")]
    if "fan of" in value:
        return [
            _base(
                clause,
                entity,
                relation="likes",
                value=_strip(value.split("fan of", 1)[1].split()),
                kind="thing",
                verb="be",
            )
        ]
    return [_base(clause, entity, relation="is_a", value=noun, kind=value_kind(noun))]


def _predicate(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str:
    """What is left: a colour, a role's holder, a date without a preposition, a bare adjective."""
    value = _value(words, cut=False)
    kind = value_kind(value)
    last = value.lower().split()[-1]
    if kind in TIMES and not entity.first_person:
        return [_base(clause, entity, relation="takes_place", value=value, kind=kind)]
    if value.lower() in _DIETS and entity.kind in ("self", "person", "animal", "named"):
        return [_base(clause, entity, relation="diet", value=value, kind="diet")]
    if last in _COLOURS and len(value.split()) <= 3 and not entity.first_person:
        return [_base(clause, entity, relation="colour", value=value, kind="colour")]
    if value[:1].isupper() and lower[0] not in DETERMINERS:
        demonym = re.fullmatch(
            r"[A-Z]\w+(?:ian|ish|ese|ean|can|man|ench|utch|eek|wiss|aeli|aqi|elsh|ani)|Thai|Czech|Muslim|Christian|Catholic|Jewish|Buddhist|Hindu",
            value,
        )
        if demonym and entity.kind in ("self", "person", "named"):
            return [_base(clause, entity, relation="is_so", value=value, kind="state")]
        if entity.kind == "self":
            return (
                [_base(clause, entity, relation="name", value=value, kind="name")]
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
        return [_base(clause, entity, relation=key, value=value, kind="name" if key != "is_a" else kind)]
    if lower[0] in DETERMINERS:
        return [
            _base(
                clause,
                entity,
                relation="role" if entity.kind == "person" and lower[-1] in PEOPLE else "is_a",
                value=value,
                kind=kind,
            )
        ]
    if kind == "number" and len(value.split()) <= 4:
        return [
            _base(
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
        return [_base(clause, entity, relation="is_so", value=value, kind="state")]
    if len(value.split()) > 8:
        return [_base(clause, entity, relation="loose", value=value, kind="thing")]
    return [_base(clause, entity, relation="is_so", value=value, kind="state")]


# ---- X does … --------------------------------------------------------------------------------------------------------


def _of_verb(clause: Clause, entity: Entity) -> list[Statement] | str:
    words = list(clause.rest)
    lower = [bare(word) for word in words]
    if clause.verb in ("call", "name", "nickname") and entity.first_person and len(words) > 1:
        return _called(clause, words)
    if clause.verb == "get" and reading(lower[0], "participle") and len(words) > 1:
        return _general(clause, entity, words, lower)
    if doer := _doer(clause, entity, words):
        return doer
    if clause.verb in ("have", "get", "own", "keep", "adopt", "buy") and (
        pets := _having(clause, entity, words, lower)
    ):
        return pets
    for pattern in verb_patterns().get(clause.verb, ()):
        size = len(pattern.words)
        if (
            pattern.negative != clause.negative
            or pattern.doer
            or tuple(lower[:size]) != pattern.words
            or len(words) <= size
        ):
            continue
        found = (
            _placed(clause, entity, pattern.relation, words)
            if pattern.placed
            else _matched(clause, entity, pattern, words)
        )
        if found:
            return found
    return screening.NEGATION if clause.negative else _general(clause, entity, words, lower)


def _called(clause: Clause, words: list[str]) -> list[Statement] | str:
    """``I call my cat Mia``."""
    if bare(words[0]) not in ("my", "our", "the") or len(words) < 3:
        return screening.UNCLEAR
    entity = read_entity([word.strip(",") for word in words[: 3 if bare(words[2]) in ANIMALS | PEOPLE else 2]])
    value = _strip(words[2:])
    return [_base(clause, entity, relation="name", value=value, kind="name")] if entity else screening.UNCLEAR


def _doer(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | None:
    """``Olufsen invented the glimmerphone`` and ``the glimmerphone was invented by Olufsen``."""
    pattern = next((p for p in verb_patterns().get(clause.verb, ()) if p.doer), None)
    if pattern is None or clause.negative:
        return None
    if clause.participle:
        if bare(words[0]) != "by" or len(words) < 2:
            return None
        return [
            _base(clause, entity, relation=pattern.relation, value=_value(words[1:]), kind="person", phrase=clause.verb)
        ]
    own = Entity("I", kind="self")
    if (
        entity.kind == "self"
        or own == entity
        or clause.tense == "future"
        or clause.verb in ("run", "make", "cook", "bake", "start", "sing", "lead", "play")
    ):
        return None
    definite = bare(words[0]) in ("the", "my", "our") or words[0][0].isupper()
    if not definite or not (entity.kind in ("person", "named") or entity.name):
        return None
    thing = read_entity([word.strip(",") for word in words[: _value_end(words, cut_prepositions=True)]])
    if thing is None or thing.first_person:
        return None
    return [
        _base(
            clause, thing, relation=pattern.relation, value=" ".join(clause.subject), kind="person", phrase=clause.verb
        )
    ]


def _having(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str | None:
    """``I have a cat called Mia and a dog named Rex``, ``we have two sons``, ``my dog has brown eyes``."""
    if clause.negative:
        return screening.NEGATION
    owner = entity.possessive
    named = [
        (match[1], match[2])
        for part in re.split(r"(?:,| and)\s+(?=an? )", " ".join(words))
        if (
            match := re.fullmatch(
                r"an? ((?:[\w-]+ )*?[\w-]+),? (?:called|named|whose name is|by the name of|with the name) (.+)", part
            )
        )
        or (match := re.fullmatch(r"an? ([\w-]+), ([A-Z]\w+)", part))
    ]
    if named and not entity.name.endswith("'s"):
        found = []
        for noun, name in named:
            thing = read_entity([*owner.split(), *noun.split()])
            if thing:
                found.append(_base(clause, thing, relation="name", value=_value(name.split(), cut=False), kind="name"))
        return found
    if clause.verb not in ("have", "own", "keep"):
        return None
    count = re.fullmatch(
        r"(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) ((?:[a-z]+ )?[a-z]+s|children|people|men|women|mice|fish|sheep)(?: (?:called|named) (.+)|[:,] (.+))?",
        " ".join(words),
    )
    if count:
        names = count[3] or count[4]
        if names and (things := read_entity([*owner.split(), *count[2].split()])):
            return [_base(clause, things, relation="name", value=names, kind="name")]
        return [_base(clause, entity, relation="number_of", value=count[1], kind="number", other=count[2])]
    looks = re.fullmatch(r"((?:[a-z]+ )?[a-z]+) (hair|eyes|fur|feathers|spots|stripes)", " ".join(lower))
    if looks and looks[1].split()[-1] in _COLOURS:
        part = read_entity([*owner.split(), looks[2]])
        return [_base(clause, part, relation="colour", value=looks[1], kind="colour")] if part else None
    noun = _without_article(_value(words))
    if noun.lower() in _ILLNESSES or _value(words).lower() in _ILLNESSES:
        return [_base(clause, entity, relation="suffers_from", value=noun, kind="thing", phrase="have")]
    if noun.lower() in ANIMALS and lower[0] in ("a", "an"):
        return [_base(clause, entity, relation="has_pet", value=noun, kind="animal", phrase="have")]
    return None


def _placed(clause: Clause, entity: Entity, key: str, words: list[str]) -> list[Statement] | None:
    """``I put the keys in the drawer``: an object, then where or when."""
    at = next(
        (
            i
            for i, word in enumerate(words)
            if i and bare(word) in PREPOSITIONS - {"of", "for", "with", "from", "to", "about"}
        ),
        None,
    )
    if at is None or at + 1 >= len(words) or (bare(words[0]) not in ("my", "our", "the") and not words[0][0].isupper()):
        return None
    preposition = bare(words[at])
    value = _value(words[at + 1 :], cut=key == "met_at")
    time = time_kind(value, preposition)
    if key == "put_in" and time:
        return None
    other = _strip(words[:at])
    return [
        _base(
            clause,
            entity,
            relation=key,
            value=value,
            kind=time or "place",
            preposition=preposition,
            other=other,
            phrase=clause.verb,
        )
    ]


def _matched(clause: Clause, entity: Entity, pattern: VerbPattern, words: list[str]) -> list[Statement] | None:
    relation = relations()[pattern.relation]
    tail = list(pattern.words)
    remaining = words[len(tail) :]
    preposition = tail[-1] if tail and tail[-1] in PREPOSITIONS | {"to"} else ""
    if (
        not preposition
        and relation.kind in TIMES | PLACE_KINDS
        and bare(remaining[0]) in PREPOSITIONS
        and len(remaining) > 1
    ):
        preposition, remaining = bare(remaining[0]), remaining[1:]
    if not preposition and bare(remaining[0]) in PREPOSITIONS:
        return None
    action = relation.kind == "action" or (preposition == "to" and relation.key in ("likes", "wants"))
    value = _strip(remaining) if action else _value(remaining, cut=relation.kind != "name")
    if not value:
        return None
    if relation.kind == "job":
        value = _without_article(value)
    kind = value_kind(value, preposition)
    if (relation.kind == "time" and kind not in TIMES) or (relation.kind in PLACE_KINDS and kind in TIMES):
        return None
    if relation.kind in PLACE_KINDS | {"person", "name"}:
        kind = "place" if relation.kind in PLACE_KINDS else relation.kind
    if entity.kind == "thing" and (relation.about == "person" or relation.key in ("wants", "supports", "can")):
        return None
    if (
        relation.key in ("makes", "bought", "lost")
        and bare(remaining[0]) in ("the", "it")
        and clause.tense == "present"
    ):
        return None
    fixed = tail[:-1] if preposition and tail and tail[-1] == preposition else tail
    phrase = " ".join((clause.verb, *fixed))
    return [
        _base(clause, entity, relation=relation.key, value=value, kind=kind, preposition=preposition, phrase=phrase)
    ]


def _general(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str:
    """Any other verb: the first of object, place and time that says something."""
    particle: list[str] = []
    if (lower[0] in _PARTICLES or (clause.verb == "get" and reading(lower[0], "participle"))) and len(words) > 1:
        particle, words, lower = [lower[0]], words[1:], lower[1:]
    phrase = " ".join((clause.verb, *particle))
    if lower[0] in PREPOSITIONS and len(words) > 1:
        preposition = lower[0]
        value = _value(words[1:])
        if not value:
            return screening.NO_FACT
        time = time_kind(value, preposition)
        place = preposition in _PLACE_PREPOSITIONS and not time
        key = "verb_time" if time else "verb_place" if place else "verb_object"
        kind = time or ("place" if place else value_kind(value, preposition))
        return [_base(clause, entity, relation=key, value=value, kind=kind, preposition=preposition, phrase=phrase)]
    if time := time_kind(_value(words)):
        return [_base(clause, entity, relation="verb_time", value=_value(words), kind=time, phrase=phrase)]
    value = _value(words)
    if not value or bare(value) in _EMPTY_VALUES:
        return screening.UNCLEAR
    if lower[0] in ("that", "because", "if", "when", "how", "what", "why", "where", "who"):
        return screening.NO_FACT
    if lower[0] in DETERMINERS and lower[0] not in ("a", "an") and (placed := _placed(clause, entity, "met_at", words)):
        return placed
    if (
        reading(lower[0], "ing", "base")
        and lower[0] not in ("play", "work")
        and clause.verb in ("let", "make", "go", "see", "help")
    ):
        return screening.NO_FACT
    kind = value_kind(value)
    person = (kind == "name" and value.split()[0].lower() not in ("the",)) or value.lower().split()[-1] in PEOPLE
    return [
        _base(
            clause,
            entity,
            relation="verb_person" if person and lower[0] in ("my", "our") else "verb_object",
            value=value,
            kind=kind,
            phrase=phrase,
        )
    ]


def introduced(statement: Statement) -> Entity | None:
    """Whom a later *he*, *she*, *it* or *they* means: the one spoken of, or whom the user has just brought up."""
    if not statement.entity.first_person:
        return statement.entity
    if statement.relation in ("has", "has_pet", "makes", "bought", "drives") and (
        noun := read_entity(statement.value.split())
    ):
        return owned(noun, statement.entity.possessive)
    mentioned = read_entity((statement.other or statement.value).split())
    return mentioned if mentioned and (mentioned.name or mentioned.owner in ("my", "our")) else None
