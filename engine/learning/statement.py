"""One statement taken apart: about whom, which relation, and which words are the answer.

The answer (*value*) is what a question will ask for. It is usually what stands last: the place one lives in, the name
one has. With makers and inventors it is the subject (``Olufsen invented the glimmerphone`` answers *who*), and with
things put somewhere it is the place, not the thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.learning.clauses import Clause, bare
from engine.learning.entities import PREPOSITIONS, WORKS, Entity
from engine.learning.values import time_kind
from engine.learning.word_lists import word_set

_EMPTY_VALUES = word_set("grammar", "empty_values")
_ADJUNCT = word_set("grammar", "adjunct_starts")


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


def stripped(words: Sequence[str]) -> str:
    """``words`` joined, without the punctuation around them."""
    return " ".join(words).strip(' ,;:()"').strip()


def value_end(words: list[str], cut_prepositions: bool) -> int:
    """How many of ``words`` belong to the value: up to a comma, a time, a further preposition."""
    for i, word in enumerate(words):
        lower = bare(word)
        if i and (lower in _ADJUNCT or (lower == "for" and i + 1 < len(words) and bare(words[i + 1])[:1].isdigit())):
            return i
        if i and cut_prepositions and lower in PREPOSITIONS and lower not in ("of", "and", "like"):
            if _in_title(words, i):
                continue
            return i
        if (
            i
            and lower in PREPOSITIONS
            and time_kind(stripped(words[i + 1 : i + 4]), lower)
            and not time_kind(stripped(words[:i]))
        ):
            return i
        if word.endswith((",", ";")) and i + 1 < len(words) and not _listing(words[i + 1 :]):
            return i + 1
    return len(words)


def _in_title(words: list[str], at: int) -> bool:
    """Whether the preposition at ``at`` is a part of a title: ``the novel A Ladder to Nowhere``."""
    begins = words[0] in ("A", "An", "The") or any(bare(word) in WORKS for word in words[:at])
    return begins and words[at - 1][:1].isupper() and words[at + 1 : at + 2] != [] and words[at + 1][:1].isupper()


def _listing(words: list[str]) -> bool:
    """Whether what follows a comma goes on with a list: ``tea, coffee and milk``; ``14 June, 2024``."""
    return len(words) <= 2 or "and" in (bare(word) for word in words[:3]) or bare(words[0])[:1].isdigit()


def value_of(words: Sequence[str], cut: bool = True) -> str:
    """The value that ``words`` begin with; with ``cut`` it ends before a further preposition."""
    words = list(words)
    return stripped(words[: value_end(words, cut)])


def without_article(value: str) -> str:
    """``a welder`` → ``welder``."""
    first, _, remaining = value.partition(" ")
    return remaining if first.lower() in ("a", "an") and remaining else value


def has_content(statement: Statement) -> bool:
    """Whether the value says something by itself, which *it* and *so* do not."""
    value = statement.value
    return (
        any(letter.isalnum() for letter in value)
        and bare(value) not in _EMPTY_VALUES
        and bare(value.split()[0]) not in ("you", "your")
    )


def stated(clause: Clause, entity: Entity, **fields: str) -> Statement:
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
