"""Fill the question templates of ``data/relations.toml``: which fits, and agreement of verbs, owners and tenses."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from engine.learning.entities import Entity, read_entity
from engine.learning.phrasing import lower_first, plural, sentence_case, with_article
from engine.learning.relations import relations
from engine.learning.statement import Statement
from engine.learning.values import TIMES
from engine.learning.verb_forms import ing, participle, past, third
from engine.learning.word_lists import word_set

_SLOT = re.compile(r"\{([^}]+)\}")


def fitting(templates: Iterable[str], statement: Statement) -> list[str]:
    """The templates whose conditions (``@first``, ``@month`` …) hold for ``statement``, without the conditions."""
    entity = statement.entity
    holds = {statement.kind, "first" if entity.first_person else "third"}
    about_people = relations()[statement.relation].about == "person"
    living = {"self": "person", "named": "person" if about_people else "named"}.get(entity.kind, entity.kind)
    holds.add("thing" if living == "named" else living)
    if statement.kind in TIMES:
        holds.add("time")
    found = []
    for template in templates:
        words = template.split()
        while words and words[0].startswith("@") and words[0][1:] in holds:
            words = words[1:]
        if words and not words[0].startswith("@"):
            found.append(" ".join(words))
    return found


def _be(entity: Entity, tense: str) -> str:
    if entity.text == "I":
        return "am" if tense == "present" else "was"
    many = entity.plural or entity.text in ("we", "they")
    return ("are" if many else "is") if tense == "present" else ("were" if many else "was")


def finite(verb: str, entity: Entity, tense: str) -> str:
    """``verb`` (``wake up``) as ``entity`` and ``tense`` need it: ``wakes up``, ``will start``."""
    main, _, remaining = verb.partition(" ")
    if tense == "future":
        form = f"will {main}"
    elif main == "be":
        form = _be(entity, tense)
    elif tense == "past":
        form = past(main)
    elif entity.first_person or entity.plural:
        form = main
    else:
        form = third(main)
    return f"{form} {remaining}".rstrip()


def auxiliary(entity: Entity, tense: str) -> str:
    """``do``, ``does``, ``did`` or ``will``."""
    if tense in ("past", "future"):
        return "did" if tense == "past" else "will"
    return "do" if entity.first_person or entity.plural else "does"


def fill(template: str, statement: Statement, entity: Entity, rng: random.Random, own: bool = False) -> str | None:
    """The question that ``template`` makes of ``statement``, said of ``entity``; None where it would not be English.

    With ``own`` the statement's own verb is used, never one of the relation's others.
    """
    if statement.tense == "future" and ("{is}" in template or "{has}" in template):
        return None
    relation = relations()[statement.relation]
    noun = _value_noun(statement, rng)
    own_verb = statement.phrase.split(" ")[0] if statement.phrase else statement.verb
    verb = rng.choice((own_verb, *relation.also)) if relation.also and not own else own_verb
    phrase = statement.phrase or statement.verb
    if phrase == "be" and re.search(r"\{(?:~?vp?|vping|ving)\}", template):
        if not relation.also or "vp" in template:
            return None
        verb = rng.choice(relation.also)
    if entity.first_person and re.search(r"\{S\} \{was\} .*\bby\b", template):
        return None
    given = {
        "S": entity.text,
        "me": entity.objective,
        "S's": entity.possessive,
        "S.self": entity.reflexive,
        "S.head": entity.head or "thing",
        "do": auxiliary(entity, statement.tense),
        "is": _be(entity, statement.tense),
        "do!": auxiliary(entity, "present"),
        "is!": _be(entity, "present"),
        "was": _be(entity, "past"),
        "has": finite("have", entity, statement.tense),
        "v": verb,
        "~v": finite(verb, entity, statement.tense),
        "vp": phrase,
        "~vp": finite(phrase, entity, statement.tense),
        "ving": ing(own_verb),
        "vping": " ".join((ing(own_verb), *phrase.split()[1:])),
        "vpast": past(own_verb),
        "vpart": participle(own_verb),
        "N": statement.noun,
        "N:s": plural(statement.noun),
        "T": noun,
        "which_T": f"which {noun}",
        "Which_T": f"which {noun}",
        "P": statement.preposition,
        "A": statement.adjective,
        "O": statement.other,
        "isO": "are" if _is_many(statement.other) else "is",
        "V": lower_first(statement.value),
        "aV": with_article(statement.value),
    }
    if any(not given.get(name, "x").strip() for name in _SLOT.findall(template) if name not in ("P",)):
        return None
    mentioned = re.search(r"\{(?:S|me)\}.*?\{S's\}", template)
    if mentioned and not entity.first_person:
        # "When does my aunt celebrate her birthday": the second mention is a pronoun.
        template = template[: mentioned.end() - len("{S's}")] + _pronoun(entity) + template[mentioned.end() :]
    text = _SLOT.sub(lambda slot: _slot(slot[1], given, entity, statement.tense), template)
    return _owned_twice(sentence_case(text))


_SHE = word_set("grammar", "she")
_HE = word_set("grammar", "he")


def _pronoun(entity: Entity) -> str:
    if entity.head in _SHE or entity.head in _HE:
        return "her" if entity.head in _SHE else "his"
    return "its" if entity.kind in ("thing", "animal") and not entity.plural else "their"


def _is_many(noun_phrase: str) -> bool:
    entity = read_entity(noun_phrase.split())
    return entity is not None and entity.plural


def _slot(name: str, given: dict[str, str], entity: Entity, tense: str) -> str:
    if name in given:
        return given[name]
    return finite(name.removeprefix("~"), entity, tense)


def _owned_twice(text: str) -> str:
    """``the home of me`` is said ``my home``."""
    text = re.sub(r"\bthe ([\w' ]+?) of me\b", r"my \1", text, count=1)
    return re.sub(r"\bthe ([\w' ]+?) of us\b", r"our \1", text, count=1)


def _value_noun(statement: Statement, rng: random.Random) -> str:
    """A noun for the value: its own last word (``the Corvic sea`` → ``sea``), else one of the relation's."""
    last = statement.value.split()[-1].lower() if statement.value else ""
    if last in ("sea", "ocean", "lake", "river", "gulf", "bay"):
        return last
    nouns = relations()[statement.relation].nouns or ("thing",)
    if statement.kind == "place" and not statement.value[:1].isupper():
        return "place"
    return rng.choice(nouns)
