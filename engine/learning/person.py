"""From the user's mouth to the lifeform's: ``My cat is called Mia.`` → ``Your cat is called Mia.``

Only the person changes, so an answer stays in the user's own words.
"""

from __future__ import annotations

import re

_SWAPS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself",
    "we": "you", "us": "you", "our": "your", "ours": "yours", "ourselves": "yourselves",
}  # fmt: skip
_BE = {"am": "are", "was": "were"}
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_BETWEEN = frozenset(
    ["also", "always", "never", "not", "still", "often", "usually", "now", "really", "only", "just", "already"]
)


def second_person(statement: str) -> str:
    """``statement`` (first person) as it is said back to the user, with a capital at the start.

    ``am`` and ``was`` become ``are`` and ``were`` where they belong to *I*: ``My son was born`` keeps its verb.
    Words in capitals inside names (``Route US 1``) are left alone.
    """
    pieces: list[str] = []
    place = 0
    after_i = False
    for match in _WORD.finditer(statement):
        word = match.group()
        lower = word.lower()
        if lower in _SWAPS and not (word.isupper() and len(word) > 1):
            new = _SWAPS[lower]
        elif lower in _BE and (after_i or lower == "am"):
            new = _BE[lower]
        else:
            new = word
        after_i = lower == "i" or (after_i and lower in _BETWEEN)
        pieces += statement[place : match.start()], new
        place = match.end()
    swapped = "".join((*pieces, statement[place:]))
    return swapped[:1].upper() + swapped[1:]
