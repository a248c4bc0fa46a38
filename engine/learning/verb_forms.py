"""English verb forms: from ``flows`` back to ``flow``, and from ``flow`` to ``flowed`` and ``flowing``.

A lexicon of irregular verbs and regular ones (``data/words.toml``) with the spelling rules of English. A word outside
it is never taken for a verb here; :mod:`engine.learning.clauses` guesses where it must.
"""

from __future__ import annotations

from functools import cache

from engine.learning.word_lists import listed, word_set

_VOWELS = "aeiou"
_DOUBLING = word_set("verbs", "doubling")


def third(verb: str) -> str:
    """``go`` → ``goes``: the form after he, she, it."""
    if verb in ("be", "have"):
        return {"be": "is", "have": "has"}[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + "s"


def _ed(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + (verb[-1] if verb in _DOUBLING else "") + "ed"


@cache
def _irregular() -> dict[str, tuple[str, str]]:
    return {base: (past, part) for base, past, part in (entry.split() for entry in listed("verbs", "irregular"))}


def past(verb: str) -> str:
    """``flow`` → ``flowed``, ``write`` → ``wrote``."""
    return _irregular()[verb][0] if verb in _irregular() else _ed(verb)


def participle(verb: str) -> str:
    """``write`` → ``written``."""
    return _irregular()[verb][1] if verb in _irregular() else _ed(verb)


def ing(verb: str) -> str:
    """``write`` → ``writing``."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return verb[:-1] + "ing"
    return verb + (verb[-1] if verb in _DOUBLING else "") + "ing"


@cache
def lexicon() -> dict[str, tuple[tuple[str, str], ...]]:
    """Every known form → its readings (base, one of ``base third past participle ing``)."""
    forms: dict[str, list[tuple[str, str]]] = {}
    for verb in dict.fromkeys((*_irregular(), *listed("verbs", "regular"))):
        readings = (
            (verb, "base"),
            (third(verb), "third"),
            (past(verb), "past"),
            (participle(verb), "participle"),
            (ing(verb), "ing"),
        )
        for form, reading in readings:
            forms.setdefault(form, []).append((verb, reading))
    return {form: tuple(readings) for form, readings in forms.items()}


def reading(word: str, *wanted: str) -> tuple[str, str] | None:
    """The first reading of ``word`` among ``wanted``, in that order of preference, as (base, which); or None."""
    readings = lexicon().get(word, ())
    return next((found for want in wanted for found in readings if found[1] == want), None)
