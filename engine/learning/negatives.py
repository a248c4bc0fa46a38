"""Questions that nobody ever answered: near misses of taught facts, and things that were never mentioned.

A small model learns a relation and forgets whose it was: taught where one's sister lives, it sends one's cousin there,
too. The cure is to ask about the cousin while it learns, with the base's own answer as the target. So these questions
are built from the same templates as the taught ones, with another entity (other relative, other name, other door),
another owner, or another relation of the same entity; never one that a taught fact answers. They carry no answers.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.learning.entities import Entity, read_entity, same_entity
from engine.learning.facts import Fact, slot_name
from engine.learning.generic_prompts import common_question, scene
from engine.learning.invention import invented_name, invented_thing
from engine.learning.phrasing import lower_first
from engine.learning.questions import plain_questions
from engine.learning.relations import relations
from engine.learning.statement import Statement
from engine.learning.templates import fill, fitting
from engine.learning.values import content_words
from engine.learning.word_lists import listed
from engine.learning.yes_no import yes_no_question


@dataclass(frozen=True, slots=True)
class Negative:
    """A question without a taught answer."""

    text: str
    kind: str
    """``near`` (close to a taught fact) or ``unknown`` (about something never mentioned)."""
    fact_id: str = ""
    """The fact it comes close to."""
    same: bool = False
    """Whether it asks something else of the very thing that the fact is about."""


_KINDS = {
    "plays": "instrument",
    "starts": "month",
    "ends": "day",
    "opens": "clock",
    "meets": "day",
    "takes_place": "day",
    "birthday": "date",
    "leaves": "clock",
    "code": "number",
}
_SORTS = ("self", "person", "animal", "thing", "named", "event")
_ASKABLE = {sort: listed("ask_about", sort) for sort in _SORTS}
"""Relations that make sense for a sort of entity: ``named`` is a country or town, ``event`` something with a date."""
_SIMILAR = (
    {
        "born_in",
        "comes_from",
        "grew_up_in",
        "lives_in",
        "moved_to",
        "located",
        "place_of",
        "put_in",
        "held_in",
        "rises_in",
        "verb_place",
    },
    {"birthday", "age"},
    {"hobby", "plays", "likes", "collects", "reads", "makes", "learns", "favourite"},
    {"job", "works_at", "works_in", "studies", "studies_at", "teaches", "is_a"},
    {"name", "role", "is_a", "married_to", "gift_from"},
    {"takes_place", "starts", "ends", "opens", "closes", "meets", "leaves", "arrives", "happened_in_year", "verb_time"},
    {"invented_by", "created_by", "written_by", "founded_by", "discovered_by", "won_by", "ruler"},
    {"has", "has_pet", "bought"},
    {"eats", "likes", "favourite", "avoids", "diet", "allergic_to"},
    {"number", "contact", "code"},
)
"""Relations of which one may be taken to answer another: never a near miss of each other on the same entity."""
_SHARE_SAME_OF_ME = 0.3
_TIMED = frozenset({"takes_place", "held_in", "starts", "ends", "opens", "closes", "meets", "leaves", "arrives"})
_NOUNS = {
    "favourite": ("song", "film", "season", "animal", "number", "sport", "drink", "book", "flower", "game"),
    "number": ("phone number", "room number"),
    "contact": ("email address", "address"),
    "code": ("password", "code"),
    "ruler": ("king", "president", "mayor"),
}


def answered(statement: Statement, facts: Iterable[Fact]) -> bool:
    """Whether one of ``facts`` answers what ``statement`` asks."""
    slot = slot_name(statement)
    return any(
        same_entity(fact.statement.entity, statement.entity)
        and (slot_name(fact.statement) == slot or fact.relation == statement.relation)
        for fact in facts
    )


def _entity(text: str) -> Entity:
    entity = read_entity(text.split())
    if entity is None:
        raise ValueError(f"{text!r} is no noun phrase.")
    return entity


def _other_entities(statement: Statement, rng: random.Random) -> Entity:
    """Something of the same sort, which the statement is not about."""
    entity = statement.entity
    relative = rng.choice(
        listed("people", "relatives")[:24]
        if rng.random() < 0.7
        else ("friend", "colleague", "neighbour", "teacher", "boss", "roommate", "coach", "dentist")
    )
    if entity.first_person:
        return _entity(
            f"my {relative}" if rng.random() < 0.75 else f"my {relative} {rng.choice(listed('people', 'first_names'))}"
        )
    if entity.kind == "person":
        name = rng.choice(listed("people", "first_names"))
        roll = rng.random()
        if roll < 0.12:
            return Entity("I", "i", kind="self")
        if entity.name and entity.head and roll < 0.75:
            return _entity(f"my {relative} {name}" if roll < 0.5 else f"{entity.owner or 'my'} {entity.head} {name}")
        return _entity(f"my {relative}" if roll < 0.8 else f"my {relative}'s {entity.head or 'friend'}")
    if entity.kind == "animal":
        pet = rng.choice(listed("animals", "pets"))
        return _entity(
            f"my {pet}" if rng.random() < 0.7 else f"my {relative}'s {entity.head if rng.random() < 0.6 else pet}"
        )
    if entity.kind == "named":
        if relations()[statement.relation].about == "person":
            return _entity(rng.choice(listed("people", "first_names")))
        return _entity(invented_name(rng) + rng.choice(("", "", "ia", "land")))
    if entity.name and entity.head:
        new = invented_name(rng).lower() if entity.name.islower() else invented_name(rng)
        return replace(entity, text=entity.text.replace(entity.name, new), name=new)
    return _other_thing(statement, rng)


def _other_thing(statement: Statement, rng: random.Random) -> Entity:
    entity = statement.entity
    words = entity.text.split()
    owner = words[0] if words[0] in ("my", "our", "the") else "the"
    if relations()[statement.relation].kind == "person" and len(words) <= 2:
        return _entity(f"the {invented_thing(rng)}")
    inner = [i for i in range(1, len(words) - 1) if words[i] not in ("of", "in", "for", "the", "my", "our", "on", "at")]
    if any(word[:1].isupper() for word in words[1:]):
        name = invented_name(rng)
        return _entity(" ".join(name if word[:1].isupper() and i else word for i, word in enumerate(words)))
    if inner and rng.random() < 0.65 and not any(word in words for word in ("of", "in")):
        swapped = list(words)
        swapped[inner[-1]] = rng.choice(listed("swaps", "rooms"))
        return _entity(" ".join(swapped))
    if rng.random() < 0.2 and owner != "the":
        return _entity(" ".join((f"my {rng.choice(listed('people', 'relatives')[:24])}'s", *words[1:])))
    pool = (
        listed("swaps", "events")
        if statement.relation in _TIMED
        else (*listed("swaps", "objects"), *listed("swaps", "rooms"))
    )
    return _entity(f"{owner} {rng.choice(pool)}")


def _other_relation(statement: Statement, rng: random.Random) -> Statement | None:
    """Another thing one may ask about the same entity."""
    entity = statement.entity
    sort = "event" if statement.relation in _TIMED else entity.kind
    if sort == "named" and relations()[statement.relation].about == "person":
        sort = "person"
    taken = {statement.relation}.union(*(group for group in _SIMILAR if statement.relation in group))
    choices = [key for key in _ASKABLE[sort] if key not in taken and not (key == "name" and entity.name)]
    return _asking(entity, rng.choice(choices), rng) if choices else None


def _asking(entity: Entity, key: str, rng: random.Random) -> Statement:
    """A statement about ``entity`` without a value, to be asked for."""
    relation = relations()[key]
    verb = next((entry for entry in relation.verbs if not entry.startswith("be ")), "be")
    noun = rng.choice(_NOUNS[key]) if key in _NOUNS else ""
    return Statement(
        entity,
        key,
        "",
        _KINDS.get(key, relation.kind),
        entity.text,
        "",
        verb=verb.split()[0],
        phrase=verb.split()[0] if verb != "be" else "",
        noun=noun,
    )


def _asked(statement: Statement, rng: random.Random) -> str | None:
    templates = fitting(relations()[statement.relation].ask, statement)
    if not templates:
        return None
    chosen = templates[0] if rng.random() < 0.35 else rng.choice(templates)
    text = fill(chosen, statement, statement.entity, rng)
    subject = statement.entity
    mentioned = text is not None and any(
        form.lower() in text.lower() for form in (subject.text, subject.objective, subject.possessive)
    )
    return text if mentioned else None


def near_misses(
    facts: Sequence[Fact],
    rng: random.Random,
    per_fact: int = 8,
    known: Collection[Fact] = (),
    share_same: float = 0.3,
) -> list[Negative]:
    """Up to ``per_fact`` questions close to each of ``facts``, none of which any of ``facts`` or ``known`` answers.

    Most ask the same of someone or something else; ``share_same`` of them ask something else of the same, or another
    attribute of it (``my cat's age``, ``the king of Marneth``). Of the user, 30 % always do: nearly everything one may
    ask about oneself was never told.
    """
    everything = [*facts, *known]
    seen: set[str] = positive_texts(everything, rng)
    found: list[Negative] = []
    for fact in facts:
        made = 0
        for _ in range(per_fact * 6):
            if made >= per_fact:
                break
            same = rng.random() < (_SHARE_SAME_OF_ME if fact.statement.entity.first_person else share_same)
            text = _something_else(fact, everything, rng) if same else _someone_else(fact, everything, rng)
            if text and text.lower() not in seen:
                seen.add(text.lower())
                found.append(Negative(text, "near", fact.id, same))
                made += 1
    return found


def positive_texts(facts: Iterable[Fact], rng: random.Random) -> set[str]:
    """Every rule-made question of ``facts`` in lower case, to keep negatives apart from them."""
    return {text.lower() for fact in facts for text in plain_questions(fact, rng)}


def _something_else(fact: Fact, everything: Sequence[Fact], rng: random.Random) -> str | None:
    """Another attribute or relation of what ``fact`` is about."""
    statement = fact.statement
    swappable = statement.noun and statement.relation in ("name", "capital", "code", "attribute", "number", "ruler")
    if swappable and rng.random() < 0.4:
        return _attribute_swap(statement, everything, rng)
    other = _other_relation(statement, rng)
    if other is None or _same_question(other, statement) or answered_elsewhere(other, everything):
        return None
    return _asked(other, rng)


def _someone_else(fact: Fact, everything: Sequence[Fact], rng: random.Random) -> str | None:
    """What ``fact`` says, asked of somebody or something that it is not about."""
    statement = fact.statement
    if statement.relation in ("put_in", "met_at", "number_of"):
        other = replace(statement, other=_swapped_other(statement, rng))
    else:
        entity = _other_entities(statement, rng)
        other = replace(statement, entity=entity, subject=entity.text)
    if _same_question(other, statement) or answered_elsewhere(other, everything):
        return None
    if rng.random() < 0.08 and fact.value in fact.text:
        return _asked_yes_no(fact, other)
    return _asked(other, rng)


def common_questions(facts: Iterable[Fact], rng: random.Random, per_fact: int) -> list[Negative]:
    """General questions about the kinds of things that ``facts`` are about or say, ``per_fact`` of each."""
    found: dict[str, Negative] = {}
    for fact in facts:
        statement = fact.statement
        own = statement.entity.text.removeprefix("the ")  # the tidewheel is no kind of thing
        said = f"{statement.entity.text} {statement.noun} {fact.value}"
        words = [word for word in content_words(said) if word.isalpha() and word in said.split() and word != own]
        for _ in range(per_fact if words else 0):
            text = common_question(rng.choice(words), rng)
            found.setdefault(text.lower(), Negative(text, "near", fact.id))
    return list(found.values())


def strange_scenes(facts: Sequence[Fact], rng: random.Random, n: int) -> list[Negative]:
    """``n`` scenes in which something turns up that is of a sort with what ``facts`` are about, but is none of it."""
    found: list[Negative] = []
    for _ in range(4 * n if facts else 0):
        if len(found) >= n:
            break
        entity = _other_entities(rng.choice(facts).statement, rng)
        if not entity.first_person and not any(same_entity(entity, fact.statement.entity) for fact in facts):
            found.append(Negative(scene(entity.text, rng), "unknown"))
    return found


def _same_question(other: Statement, statement: Statement) -> bool:
    return slot_name(other) == slot_name(statement) and same_entity(other.entity, statement.entity)


def answered_elsewhere(statement: Statement, facts: Iterable[Fact]) -> bool:
    """As :func:`answered`, but a relation similar to a taught one of the same entity counts as answered, too."""
    slot = slot_name(statement)
    for fact in facts:
        if not same_entity(fact.statement.entity, statement.entity):
            continue
        if slot_name(fact.statement) == slot or any(
            {fact.relation, statement.relation} <= group for group in _SIMILAR if fact.relation != statement.relation
        ):
            return True
    return False


def _swapped_other(statement: Statement, rng: random.Random) -> str:
    if statement.relation == "number_of":
        return rng.choice(
            [
                noun
                for noun in ("sisters", "brothers", "cousins", "cars", "bicycles", "houses", "dogs", "cats", "aunts")
                if noun != statement.other
            ]
        )
    owner = statement.other.split()[0]
    return f"{owner if owner in ('my', 'our', 'the') else 'the'} {rng.choice(listed('swaps', 'objects'))}"


def _attribute_swap(statement: Statement, everything: Sequence[Fact], rng: random.Random) -> str | None:
    places = statement.relation in ("capital", "ruler")
    things = "thing_attributes" if statement.entity.kind == "thing" else "attributes"
    noun = rng.choice([n for n in listed("swaps", "place_attributes" if places else things) if n != statement.noun])
    other = replace(statement, relation="attribute", noun=noun)
    if answered_elsewhere(other, everything) or any(
        same_entity(f.statement.entity, other.entity) and (f.statement.noun == noun or noun == f.relation)
        for f in everything
    ):
        return None
    if statement.entity.first_person:
        return f"What is my {noun}?"
    return (
        f"What is {statement.entity.possessive} {noun}?"
        if rng.random() < 0.6
        else f"What is the {noun} of {statement.entity.text}?"
    )


def _asked_yes_no(fact: Fact, other: Statement) -> str | None:
    """``Is my parrot called Mirtle?`` where the cat is: the taught value with someone else's name on it."""
    subject, new = fact.statement.entity, other.entity
    if subject.first_person or new.first_person or subject.text not in fact.text:
        start = lower_first(fact.text)
        if not start.startswith(subject.text) or new.first_person:
            return None
    changed = lower_first(fact.text).replace(subject.text, new.text, 1)
    said = lower_first(fact.statement.subject).replace(subject.text, new.text, 1)
    if new.text not in said:
        return None
    return yes_no_question(
        replace(
            fact, text=changed[:1].upper() + changed[1:], statement=replace(fact.statement, entity=new, subject=said)
        ),
        fact.value,
    )


def unknowns(rng: random.Random, n: int, facts: Sequence[Fact] = ()) -> list[Negative]:
    """``n`` questions of the kinds people teach, about people, places and things that ``facts`` never mention."""
    seen: set[str] = set()
    found: list[Negative] = []
    for _ in range(40 * n):
        if len(found) >= n:
            break
        sort = rng.choice(("person", "person", "animal", "thing", "named", "self", "event"))
        entity = _stranger(sort, rng)
        if sort != "self" and any(same_entity(fact.statement.entity, entity) for fact in facts):
            continue
        statement = _asking(entity, rng.choice(_ASKABLE[sort]), rng)
        if answered_elsewhere(statement, facts):
            continue
        text = _asked(statement, rng)
        if text and text.lower() not in seen:
            seen.add(text.lower())
            found.append(Negative(text, "unknown"))
    return found


def _stranger(sort: str, rng: random.Random) -> Entity:
    if sort == "self":
        return Entity("I", "i", kind="self")
    if sort == "person":
        noun = rng.choice(
            (*listed("people", "relatives")[:24], "friend", "colleague", "neighbour", "teacher", "dentist", "landlord")
        )
        return _entity(
            f"my {noun}" if rng.random() < 0.5 else f"my {noun} {rng.choice(listed('people', 'first_names'))}"
        )
    if sort == "animal":
        return _entity(f"my {rng.choice(listed('animals', 'pets'))}")
    if sort == "named":
        return _entity(invented_name(rng) + rng.choice(("", "ia", "land")))
    if sort == "event":
        return _entity(f"{rng.choice(('my', 'the', 'our'))} {rng.choice(listed('swaps', 'events'))}")
    return _entity(f"{rng.choice(('my', 'the'))} {rng.choice(listed('swaps', 'objects'))}")
