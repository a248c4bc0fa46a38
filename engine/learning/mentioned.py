"""Whom *he*, *it* or *the password* means, as a message goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.learning.clauses import SUBJECTS, Clause
from engine.learning.entities import Entity, read_entity
from engine.learning.statement import Statement
from engine.learning.statements import introduced
from engine.learning.verb_forms import reading
from engine.learning.word_lists import ATTRIBUTES, PEOPLE, RELATIVES, word_set

_THIRD = {
    "he": "person", "she": "person", "his": "person", "her": "person",
    "they": "any", "their": "any", "it": "thing", "its": "thing",
}  # fmt: skip
_WOMEN, _MEN = word_set("people", "women"), word_set("people", "men")
_POSSESSIVES = frozenset({"his", "her", "its", "their"})
_NOUN_PHRASE = re.compile(r"\b(?:my|our|the) [a-z][a-z'-]*(?: [A-Z][\w'-]*| [a-z]+(?=$|[,.]))?", re.IGNORECASE)
_SOMEBODY = re.compile(
    r"\b(?:my|our|the)(?: [a-z][a-z'-]*){0,2} "
    rf"(?:{'|'.join(sorted(PEOPLE, key=len, reverse=True))})(?![\w-]| of\b)(?: [A-Z][\w-]*)*"
    rf"|\b(?:{'|'.join(sorted(RELATIVES, key=len, reverse=True))})(?: [A-Z][\w-]*)+"
)
_THEIR_OWN = re.compile(r"\b(?:his|her|their) (?:very )?(?:own )?([a-z]+(?: [a-z]+)?)$")
_SOMETHING = re.compile(r"an? ([a-z]+(?: [a-z]+)?)")
_ANIMAL = re.compile(r"(?:an? )?([a-z]+(?: [a-z]+)?)")
_GOT = re.compile(
    r"\b(?:(?P<me>(?:gave|got) (?:me|us))|got|(?:have|am|are) (?:got|getting)|bought|adopted|rented|ordered|built|"
    r"planted) an? (?:new )?(?P<what>(?:[a-z-]+ )?[a-z]+)(?=$|[,.]| (?:at|in|on|for|from|with|today|yesterday|last)\b)"
)
_GETTING = frozenset({"has", "has_pet", "bought", "verb_object", "drives"})


class Mentioned:
    """Who and what was spoken of, the newest first in mind."""

    def __init__(self, before: Sequence[Statement] = ()) -> None:
        """``before`` is what earlier messages stated; only the first clause of this one can begin by going back to it.

        ``They put a beaver on the scarves, it is the mascot of the rowers`` is not about what was told before.
        """
        self._person: Entity | None = None
        self._thing: Entity | None = None
        self._begun = False
        for statement in before:
            self.note(statement)
        self._from_before = (self._person, self._thing)

    def note(self, statement: Statement) -> None:
        """Take in what a statement is about, or brings up."""
        entity = introduced(statement)
        if entity is None:
            return
        if entity.kind in ("person", "named", "animal") or statement.relation == "name":
            self._person = entity
        owned = _THEIR_OWN.fullmatch(statement.value)
        if owned is None and not statement.entity.first_person and statement.relation in _GETTING:
            owned = (_ANIMAL if statement.relation == "has_pet" else _SOMETHING).fullmatch(statement.value)
        thing = read_entity(f"{statement.subject}'s {owned[1]}".split()) if owned else entity
        if thing is not None and thing.kind != "person":
            self._thing = thing

    def bring_up(self, text: str, clause: Clause | None) -> None:
        """Take in whom and what a clause speaks of, stated or not: ``We repainted my motorbike`` (*it* is crimson)."""
        self._note_somebody(text)
        found = _NOUN_PHRASE.findall(text)
        about = " ".join(clause.subject) if clause else ""
        if (got := _GOT.search(text)) and (about.lower() in ("", "i", "we") or got["me"]):
            self._thing = read_entity(["my", *got["what"].split()]) or self._thing
            return
        if about.lower() in _THIRD:
            meant = self._meant_by(about.lower())
            if meant is None:
                return
            about = meant.text
        named = about[:1].isupper() and about.lower() not in SUBJECTS
        phrase = about if named or about[:3].lower() in ("my ", "our", "the") else found[-1] if found else ""
        if phrase and reading(phrase.split()[-1].lower(), "third", "past"):
            phrase = phrase.rsplit(" ", 1)[0]  # the cabin *works* again
        if about and (owned := _THEIR_OWN.search(text)):
            phrase = f"{about}'s {owned[1]}"
        entity = read_entity(phrase.strip(" ,.").split())
        if entity is None or entity.first_person or entity.head in ATTRIBUTES:
            return
        if entity.kind in ("person", "animal") or named:
            self._person = entity
        if entity.kind != "person":
            self._thing = entity

    def _note_somebody(self, text: str) -> None:
        """Take in whom ``text`` speaks of: ``I went to the tasting with my brother`` (*his* cake is pistachio)."""
        if found := _SOMEBODY.findall(text):
            self._person = read_entity(found[-1].split()) or self._person

    def put_in(self, text: str) -> str | None:
        """``text`` with the pronoun at its start replaced by what it means; None when that is unknown.

        ``The password is minilim`` after a word on the office printer is about the password of the office printer.
        """
        first, _, remaining = text.partition(" ")
        if self._begun:
            self._forget_before()
        self._begun = True
        if first.lower() not in _THIRD:
            return self._of_the_thing(text)
        entity = self._meant_by(first.lower())
        if entity is None:
            return None
        word = entity.possessive if first.lower() in _POSSESSIVES else entity.text
        if first.lower() == "they" and not entity.plural:
            remaining = re.sub(
                r"^(are|were|have|do)\b",
                lambda m: {"are": "is", "were": "was", "have": "has", "do": "does"}[m[1]],
                remaining,
            )
        return f"{word} {remaining}"

    def _of_the_thing(self, text: str) -> str:
        match = re.match(r"(?:the )?([a-z]+) (?=(?:is|was|are) )", text, re.IGNORECASE)
        if match is None or self._thing is None or match[1].lower() not in ATTRIBUTES - RELATIVES:
            return text
        if self._thing.first_person or match[1].lower() in self._thing.text.lower():
            return text
        return f"The {match[1]} of {self._thing.text} {text[match.end() :]}"

    def _meant_by(self, pronoun: str) -> Entity | None:
        kind = _THIRD[pronoun]
        if kind == "person":
            known = self._person
            return None if known and known.head in (_WOMEN if pronoun in ("he", "his") else _MEN) else known
        return self._thing if kind == "thing" else next(filter(self._can_be_they, (self._person, self._thing)), None)

    def _can_be_they(self, entity: Entity | None) -> bool:
        """Several, or somebody of this message of whom no word says he or she: ``They changed the code`` is nobody."""
        if entity is None or entity.plural:
            return entity is not None
        return entity is not self._from_before[0] and entity.kind == "person" and entity.head not in RELATIVES

    def _forget_before(self) -> None:
        person, thing = self._from_before
        self._person = None if self._person is person else self._person
        self._thing = None if self._thing is thing else self._thing
