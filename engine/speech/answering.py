"""An answer of more than one sentence: the first is the best of several, the others follow it as long as they are good.

A small model that has begun well mostly goes on well, and one that has begun badly never finds back; so it is the first
sentence that is chosen, by how well it goes with what was asked and not with anything else. From there on it streams.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from engine.composition.prompt import Turn
from engine.speech.attempts import Attempt, Wish, best_of, go_on, several
from engine.speech.checking import Rules
from engine.speech.likelihood import fitness
from engine.speech.prompting import in_chat

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

OPENINGS = 6
"""First sentences among which the best is chosen."""
_OPENING_TOKENS = 48
_STEADY = 0.3
"""Most that the sampling temperature is when it goes on; the first sentence was the time to be bold."""


def openings(
    life: Lifeform,
    listener: Listener,
    asked: str,
    rules: Rules,
    tokens: int,
    temperature: float | None,
    leads: Sequence[str] = ("",),
) -> list[Attempt]:
    """First sentences of an answer to ``asked``, begun with the leads in turn: those without a flaw, else the least.

    Raises:
        PromptTooLong: When ``asked`` is longer than fits.
        Interrupted: When the user stopped it.
    """
    prompts = {lead: in_chat(life, [Turn("user", asked)], lead, tokens) for lead in leads}
    one, budget = replace(rules, sentences=1), min(tokens, _OPENING_TOKENS)
    wishes = [Wish(prompts[lead], lead, one, budget, temperature) for lead in islice(cycle(leads), OPENINGS)]
    return several(life, listener, wishes, "thinking")


def go_on_from(
    life: Lifeform,
    listener: Listener,
    found: list[Attempt],
    asked: str,
    rules: Rules,
    tokens: int,
    temperature: float | None,
) -> Attempt:
    """Show the best of ``found``, and go on; arguments as above."""
    best = best_of(found, lambda text: fitness(life.composed.base, text, asked))
    if best.flaw is not None:
        rules = replace(rules, sentences=1)
    steady = _STEADY if temperature is None else min(temperature, _STEADY)
    left = tokens - best.stats.tokens if rules.sentences > 1 else 0
    prompt = in_chat(life, [Turn("user", asked)], best.text, tokens)
    return go_on(life, listener, best, Wish(prompt, best.text, rules, left, steady))


def answer(
    life: Lifeform,
    listener: Listener,
    asked: str,
    rules: Rules,
    tokens: int,
    temperature: float | None,
    leads: Sequence[str] = ("",),
) -> Attempt:
    """Answer ``asked``, streaming from the second sentence on.

    Raises:
        PromptTooLong: When ``asked`` is longer than fits.
        Interrupted: When the user stopped it before anything was shown.
    """
    found = openings(life, listener, asked, rules, tokens, temperature, leads)
    return go_on_from(life, listener, found, asked, rules, tokens, temperature)
