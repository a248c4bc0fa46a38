"""An answer of more than one sentence: the first is the best of several, the others follow it as long as they are good.

A small model that has begun well mostly goes on well, and one that has begun badly never finds back; so it is the first
sentence that is chosen, by how well it goes with what was asked and not with anything else, and by how many of the
others say the like: what comes up again and again is more often true. From there on it streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from engine.composition.prompt import Turn
from engine.speech.attempts import Attempt, Wish, best_of, go_on, several
from engine.speech.checking import Rules
from engine.speech.likelihood import fitness
from engine.speech.meaning import agreement
from engine.speech.prompting import in_chat

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

OPENINGS = 6
"""First sentences among which the best is chosen."""
_OPENING_TOKENS = 48
_STEADY = 0.3
"""Most that the sampling temperature is when it goes on; the first sentence was the time to be bold."""
_AGREEING = 0.5
"""How much it counts that the others say the like, beside fitness."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered, and how.

    Attributes:
        text: The question; one that is longer than fits raises :class:`PromptTooLong`.
        rules: What is asked of the answer.
        tokens: The budget.
        temperature: Taken instead of the mood's.
        leads: Ways to begin, taken in turn.
        ways: How it is asked for the first sentence, ``{text}`` in it, taken in turn.
    """

    text: str
    rules: Rules
    tokens: int
    temperature: float | None = None
    leads: tuple[str, ...] = ("",)
    ways: tuple[str, ...] = ("{text}",)


def openings(life: Lifeform, listener: Listener, asked: Asked) -> list[Attempt]:
    """First sentences of an answer: those without a flaw, else the least.

    Raises:
        PromptTooLong: When the question is longer than fits.
        Interrupted: When the user stopped it.
    """
    one = replace(asked.rules, sentences=1, each_once=not asked.rules.paragraphs)
    budget = min(asked.tokens, _OPENING_TOKENS)
    wishes: list[Wish] = []
    for lead, way in islice(zip(cycle(asked.leads), cycle(asked.ways), strict=False), OPENINGS):
        turn = Turn("user", way.replace("{text}", asked.text))
        prompt = in_chat(life, [turn], lead, asked.tokens)
        # The likeliest answer is one of them.
        wishes.append(Wish(prompt, lead, one, budget, asked.temperature if wishes else 0.0))
    return several(life, listener, wishes, "thinking")


def go_on_from(life: Lifeform, listener: Listener, found: Sequence[Attempt], asked: Asked) -> Attempt:
    """Show the best of ``found``, and go on."""
    agreeing = dict(
        zip((one.text for one in found), agreement(life.composed, [one.text for one in found]), strict=True)
    )
    best = best_of(found, lambda text: fitness(life.composed.base, text, asked.text) + _AGREEING * agreeing[text])
    rules = asked.rules if best.flaw is None else replace(asked.rules, sentences=1)
    steady = _STEADY if asked.temperature is None else min(asked.temperature, _STEADY)
    left = asked.tokens - best.stats.tokens if rules.sentences > 1 else 0
    prompt = in_chat(life, [Turn("user", asked.text)], best.text, asked.tokens)
    return go_on(life, listener, best, Wish(prompt, best.text, rules, left, steady))


def answer(life: Lifeform, listener: Listener, asked: Asked) -> Attempt:
    """Answer, streaming from the second sentence on.

    Raises:
        PromptTooLong: When the question is longer than fits.
        Interrupted: When the user stopped it before anything was shown.
    """
    return go_on_from(life, listener, openings(life, listener, asked), asked)
