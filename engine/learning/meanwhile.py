"""What a conversation itself has told: where that answers a question, what was learned before it has to be silent.

A conversation is before the base's eyes, and what was said in it a minute ago is newer than what was learned nights
ago: after "Actually, my cat is called Mia now." its name must not be last week's.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from engine.learning.facts import Fact
from engine.learning.questions import GIVING, questions
from engine.learning.told import Told
from engine.learning.values import content_words

_ALIKE = 0.6
"""Share of all words that matter which a question must have in common with one that the fact is known to answer."""
_WORDINGS = 60


def answering(question: str, told: Iterable[str]) -> set[int]:
    """Which of the messages ``told``, in the order in which they were said, answer ``question``: their indices.

    Going by the words that matter: those of the question are compared with those of all rule-made questions of a fact.
    """
    asked = frozenset(content_words(question))
    since = Told()
    answers = set()
    for index, text in enumerate(told):
        facts = since.hear(text).facts
        if asked and any(_alike(asked, wording) for fact in facts for wording in _wordings(fact)):
            answers.add(index)
    return answers


def _wordings(fact: Fact) -> list[frozenset[str]]:
    made = questions(fact, random.Random(0), _WORDINGS)
    return [frozenset(content_words(one.text)) for one in made if one.form not in GIVING]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other)
