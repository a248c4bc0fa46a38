"""Questions for yes or no: a statement turned into ``Is my cat called Mia?``, and the answers to it."""

from __future__ import annotations

import re

from engine.learning.entities import read_entity
from engine.learning.facts import Fact
from engine.learning.phrasing import lower_first, sentence_case
from engine.learning.templates import auxiliary, finite

_ADJUNCT_START = re.compile(r",.*$")


def yes_no_question(fact: Fact, value: str) -> str | None:
    """Whether ``fact`` holds with ``value`` in it, as a question; None where it cannot be turned by rule."""
    statement = fact.statement
    if statement.relation == "loose" or statement.negative:
        return None
    text = fact.text.rstrip(".")
    at = text.rfind(fact.value)
    if at < 0:
        return None
    said = text[:at] + value + text[at + len(fact.value) :]
    said = _ADJUNCT_START.sub("", said) if "," not in value else said
    said = (
        re.sub(
            r"\b(an?) (?=(\w))",
            lambda m: ("an " if m[2].lower() in "aeiou" else "a ") if m[1] in ("a", "an") else m.group(),
            said,
        )
        if value != fact.value
        else said
    )
    subject_at_start = at == 0
    if not subject_at_start and not text.lower().startswith(statement.subject.lower()):
        return None  # said in passing
    subject = value if subject_at_start else statement.subject
    remaining = said[len(subject) :].split()
    if not remaining:
        return None
    verb, rest = remaining[0].lower(), " ".join(remaining[1:])
    subject = lower_first(subject)
    if verb in ("am", "is", "are", "was", "were", "can", "will", "must", "should", "could"):
        return sentence_case(f"{verb} {subject} {rest}?")
    if verb in ("have", "has", "had") and statement.verb not in ("have", "be") and " got" not in said:
        return sentence_case(f"{verb} {subject} {rest}?")
    if verb in ("used",) or (verb in ("have", "has") and rest.startswith("got")):
        return None
    main = statement.verb
    entity = statement.entity
    if subject_at_start:
        do = "did" if statement.tense == "past" else "does"
    else:
        do = auxiliary(read_entity(statement.subject.split()) or entity, statement.tense)
    if not (verb == main or verb == finite(main, entity, statement.tense).split()[0] or verb.startswith(main[:2])):
        return None
    return sentence_case(f"{do} {subject} {main} {rest}?")


def yes(fact: Fact) -> str:
    """``Yes, your cat is called Mirtle.``"""
    return f"Yes, {lower_first(fact.answer_text)}"


def no(fact: Fact) -> str:
    """``No, your cat is called Mirtle.``"""
    return f"No, {lower_first(fact.answer_text)}"
