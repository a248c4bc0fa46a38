"""The table of relations, ``data/relations.toml``: how a thing may be stated, and in which other words asked for.

A statement is matched by its verb and the words after it, or by the noun of ``my NOUN is …``. What matches no
relation is still asked for in its own words, by the general tables at the end of the file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from engine.resources import resource

PLACE_KINDS = frozenset({"place", "city", "water"})
"""Kinds of value that answer *where*."""


_WHOLE_ONLY = frozenset({"brand", "name", "job", "drives", "place_of", "has", "supports", "about"})
"""Not for a longer noun that ends so: a *blood type* is no brand."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One row of the table; see the head of ``data/relations.toml`` for what each field means."""

    key: str
    slot: str
    kind: str
    topic: str
    many: bool
    about: str
    nouns: tuple[str, ...]
    also: tuple[str, ...]
    ask: tuple[str, ...]
    reverse: tuple[str, ...]
    verbs: tuple[str, ...]
    attrs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerbPattern:
    """One entry of ``verbs``, taken apart."""

    relation: str
    words: tuple[str, ...]
    """What must follow the verb."""
    negative: bool
    doer: bool
    """The value is who did it (``by``)."""
    placed: bool
    """An object stands before the value (``*``)."""


def _split(text: str, at: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(at) if part.strip())


@cache
def relations() -> dict[str, Relation]:
    """All relations by their key, in the order of the file."""
    tables = tomllib.loads(resource("data/relations.toml").read_text(encoding="utf-8"))
    return {
        key: Relation(
            key=key,
            slot=table.get("slot", key),
            kind=table["kind"],
            topic=table.get("topic", "life"),
            many=table.get("many", False),
            about=table.get("about", ""),
            nouns=_split(table.get("nouns", "place" if table["kind"] in PLACE_KINDS else "thing"), ","),
            also=_split(table.get("also", ""), ","),
            ask=_split(table["ask"], "|"),
            reverse=_split(table.get("reverse", ""), "|"),
            verbs=_split(table.get("verbs", ""), ","),
            attrs=_split(table.get("attrs", ""), ","),
        )
        for key, table in tables.items()
    }


@cache
def verb_patterns() -> dict[str, tuple[VerbPattern, ...]]:
    """Base form → the patterns it begins, the longest first."""
    found: dict[str, list[VerbPattern]] = {}
    for relation in relations().values():
        for entry in relation.verbs:
            words = entry.split()
            negative = words[0] in ("not", "never", "cannot")
            words = words[1:] if negative else words
            doer, placed = (
                words[-1] == "by" and words[0] not in ("be", "live", "go", "travel", "commute", "come"),
                words[-1] == "*",
            )
            tail = tuple(words[1:-1] if doer or placed else words[1:])
            found.setdefault(words[0], []).append(VerbPattern(relation.key, tail, negative, doer, placed))
    return {
        verb: tuple(sorted(patterns, key=lambda p: (not p.placed, -len(p.words)))) for verb, patterns in found.items()
    }


@cache
def attribute_relations() -> dict[str, str]:
    """Attribute noun → relation: ``capital`` → ``capital``, ``home town`` → ``lives_in``."""
    return {noun: relation.key for relation in relations().values() for noun in relation.attrs}


def relation_of_attribute(noun: str) -> str:
    """The relation asked for by ``noun``, by its whole or its last word or two; ``attribute`` when there is none."""
    table = attribute_relations()
    words = noun.lower().split()
    if words and words[0] in ("favourite", "favorite"):
        return "favourite"
    for length in range(len(words), 0, -1):
        key = table.get(" ".join(words[-length:]))
        if key and (length == len(words) or key not in _WHOLE_ONLY):
            return key
    return "attribute"
