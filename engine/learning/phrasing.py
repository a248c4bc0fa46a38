"""Small matters of spelling in made sentences: capitals at the start, ``a`` or ``an``, doubled spaces."""

from __future__ import annotations

import re

from engine.learning.word_lists import word_set

_COMMON = word_set("grammar", "small_first")


def sentence_case(text: str) -> str:
    """``text`` with a capital at the start and single spaces, none before ``?`` and ``.``."""
    tidy = re.sub(r"\s+([?.,!])", r"\1", " ".join(text.split()))
    return tidy[:1].upper() + tidy[1:]


def lower_first(text: str) -> str:
    """``text`` as it stands inside a sentence: the first letter small, unless it begins with a name or *I*."""
    first = re.split(r"\W", text, maxsplit=1)[0]
    return text[:1].lower() + text[1:] if first.lower() in _COMMON and first != "I" else text


def with_article(noun: str) -> str:
    """``apple`` → ``an apple``; names, numbers and what has an article already stay."""
    first = noun.split()[0].lower() if noun.split() else ""
    if (
        not noun
        or noun[0].isupper()
        or noun[0].isdigit()
        or first in ("a", "an", "the", "my", "our", "some", "two", "three")
    ):
        return noun
    vowel = first[0] in "aeio" or (first[0] == "u" and not first.startswith(("uni", "use", "eu")))
    return f"{'an' if vowel or first.startswith('hour') else 'a'} {noun}"


def plural(noun: str) -> str:
    """``colour`` → ``colours``."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("s") else noun + "es"
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"
