"""What a conversation itself has told: where that answers a question, what was learned before it has to be silent.

A conversation is before the base's eyes, and what was said in it a minute ago is newer than what was learned nights
ago: after "Actually, my cat is called Mia now." its name must not be last week's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from engine.learning.facts import Fact
from engine.learning.questions import GIVING, questions
from engine.learning.told import Told
from engine.learning.values import content_words

_ALIKE = 0.6
"""Share of all words that matter which a question must have in common with one that the fact is known to answer."""
_WORDINGS = 60


class Heard:
    """What was told in one conversation. It keeps up with it: each message is read once."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._told = Told()
        self._messages: list[str] = []
        self._answered: list[list[frozenset[str]]] = []  # by message: the words of each question that it answers

    def answering(self, question: str, told: Sequence[str]) -> list[int]:
        """Which of the messages ``told`` answer ``question``: their indices, in the order in which they were said.

        Going by the words that matter: those of the question are compared with those of all rule-made questions of a
        fact.

        Args:
            question: What is asked now.
            told: What the user said before. It is fast where it begins with what was given last time, or with a
                later part of that.
        """
        self._keep_up(list(told))
        asked = frozenset(content_words(question))
        return [
            at for at, answered in enumerate(self._answered) if asked and any(_alike(asked, one) for one in answered)
        ]

    def _keep_up(self, told: list[str]) -> None:
        known = self._messages
        gone = next((at for at in range(len(known)) if known[at:] == told[: len(known) - at]), None)
        if gone is None:
            self._begin()
        else:
            del self._messages[:gone], self._answered[:gone]
        for text in told[len(self._messages) :]:
            self._messages.append(text)
            facts = self._told.hear(text).facts
            self._answered.append([wording for fact in facts for wording in _wordings(fact)])


def _wordings(fact: Fact) -> list[frozenset[str]]:
    made = questions(fact, random.Random(0), _WORDINGS)
    return [frozenset(content_words(one.text)) for one in made if one.form not in GIVING]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _ALIKE * len(one | other)
