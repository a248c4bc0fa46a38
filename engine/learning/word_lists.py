"""The word lists of ``data/words.toml``: relatives, animals, colours, verbs … as tuples, read once."""

from __future__ import annotations

import tomllib
from functools import cache

from engine.resources import resource


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(resource("data/words.toml").read_text(encoding="utf-8"))


@cache
def listed(section: str, name: str) -> tuple[str, ...]:
    """The list ``name`` of ``section``, in the order of the file; :class:`KeyError` for one that is not there."""
    return tuple(word.strip() for word in _tables()[section][name].split(","))


def own_list(section: str, name: str) -> tuple[str, ...]:
    """As :func:`listed`, but empty for a list that is not there."""
    return listed(section, name) if name in _tables()[section] else ()


@cache
def word_set(section: str, *names: str) -> frozenset[str]:
    """Those lists of ``section`` together, in lower case, for looking up."""
    return frozenset(word.lower() for name in names for word in listed(section, name))


@cache
def same_words(word: str) -> tuple[str, ...]:
    """All words for the same as ``word``, in lower case, the plainest first; itself alone where there is no other."""
    groups = (tuple(group.split()) for group in listed("same", "words"))
    return next((group for group in groups if word in group), (word,))


PEOPLE = word_set("people", "relatives", "roles", "plural")
RELATIVES = word_set("people", "relatives")
TITLES = word_set("people", "titles")
ANIMALS = word_set("animals", "pets", "wild")
ATTRIBUTES = word_set("grammar", "attributes")
FEELINGS = word_set("grammar", "feelings")
EVALUATIVE = word_set("grammar", "evaluative")
MONTHS = word_set("values", "months")
DAYS = word_set("values", "days")
