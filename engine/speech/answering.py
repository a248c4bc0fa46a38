"""An answer of more than one sentence: the first is the best of several, the others follow it as long as they are good.

A small model that has begun well mostly goes on well, and one that has begun badly never finds back; so its answer is
begun for it where the question tells how, and the first sentence is chosen, by how likely it is there and by how many
of the others say the like: what comes up again and again is more often true. Figures and names that nobody asked for
mostly are not. From there on it streams.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.composition.prompt import Prompt, Turn
from engine.speech.attempts import Attempt, Wish, best_of, go_on, several
from engine.speech.checking import Rules, words_of
from engine.speech.examples import Examples, speech_data, word_list
from engine.speech.likelihood import fitness, log_likelihood
from engine.speech.meaning import agreement
from engine.speech.prompting import after_examples, in_chat
from engine.speech.topics import content_words

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel
    from engine.lifeform import Lifeform
    from engine.voice import Listener

OPENINGS = 8
"""First sentences among which the best is chosen."""
_OPENING_TOKENS = 48
_STEADY = 0.3
"""Most that the sampling temperature is when it goes on; the first sentence was the time to be bold."""
_AGREEING = 0.5
"""How much it counts that the others say the like, beside likelihood in nats."""
_ANYWHERE = 0.25
"""How much it counts against an answer, per nat, that it would be likely behind any such beginning."""
_DOUBTFUL = (
    (re.compile(r"\d"), 0.7),
    (re.compile(r"\d[\d,.]{4}"), 1.0),
    (re.compile(r"(?<=[a-z,] )[A-Z]\w+"), 0.5),
    (re.compile(r'"'), 0.4),
)
"""What a small model mostly makes up, figures, names and quotations, and how much each counts against an answer."""

_VAGUE, _MOST_VAGUE = 0.3, 0.9
"""How much each word that says nothing counts against an answer, and all of them at the most."""
_LENGTH = 0.02
"""How much each word counts against an answer that is begun: what it adds to an answer is mostly made up."""
_ECHOED = 0.3
"""How much each word that it says again counts against an answer that is begun: it goes in a circle."""
_NO_EXAMPLES = Examples("", "{thing} {said}", ())


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered, and how.

    Attributes:
        text: The question; one that is longer than fits raises :class:`PromptTooLong`.
        rules: What is asked of the answer.
        tokens: The budget.
        temperature: Taken instead of the mood's.
        lead: How the answer begins; empty leaves that to the model. See :func:`engine.speech.leads.likeliest`.
        brief: Whether to ask for a short answer; every other time where it is begun, which keeps it short as well.
        shown: What was asked and said before, as examples of how to answer.
        begun: Whether the text is no question, but a beginning to be gone on with.
    """

    text: str
    rules: Rules
    tokens: int
    temperature: float | None = None
    lead: str = ""
    brief: bool = False
    shown: tuple[Turn, ...] = ()
    begun: bool = False


def openings(life: Lifeform, listener: Listener, asked: Asked) -> list[Attempt]:
    """First sentences of an answer: those without a flaw, else the least.

    Raises:
        PromptTooLong: When the question is longer than fits.
        Interrupted: When the user stopped it.
    """
    lead = asked.lead
    one = replace(asked.rules, sentences=1, each_once=not lead and not asked.rules.paragraphs)
    if lead:
        one = replace(one, fewest=1, news=min(one.news, 1))
    budget = min(asked.tokens, _OPENING_TOKENS)
    wishes: list[Wish] = []
    for number in range(OPENINGS):
        brief = asked.brief and (not lead or number % 2 == 0)
        text = str(speech_data()["answer"]["brief"]).replace("{text}", asked.text) if brief else asked.text
        prompt = _prompt(life, asked, text, lead)
        # The likeliest answer to either wording is one of them.
        greedy = number < (2 if lead and asked.brief else 1)
        wishes.append(Wish(prompt, lead, one, budget, 0.0 if greedy else asked.temperature))
    return several(life, listener, wishes, "thinking")


def _prompt(life: Lifeform, asked: Asked, text: str, lead: str) -> Prompt:
    if asked.begun:
        return after_examples(life, _NO_EXAMPLES, text, lead, asked.tokens)
    return in_chat(life, [*asked.shown, Turn("user", text)], lead, asked.tokens)


def plausibility(base: FrozenModel, text: str, question: str, lead: str) -> float:
    """How likely ``text`` is as an answer to this and not to anything, in nats; what is made up counts against it.

    Args:
        base: Who judges.
        text: The answer, its beginning included.
        question: What was asked.
        lead: The beginning of the answer that was given; empty where none was.
    """
    own = text.removeprefix(lead)
    doubt = sum(much for mark, much in _DOUBTFUL if mark.search(own)) + _vagueness(own)
    if not lead:
        return fitness(base, text, question) - doubt
    anywhere = _ANYWHERE * log_likelihood(base, own, f"Answer: {lead.rstrip(',').split()[-1]}")
    words = content_words(own)
    doubt += _LENGTH * len(words_of(own))
    echoed = len(set(words) & set(content_words(lead))) + len(words) - len(set(words))
    return log_likelihood(base, own, f"Question: {question}\nAnswer: {lead}") - anywhere - doubt - _ECHOED * echoed


def go_on_from(life: Lifeform, listener: Listener, found: Sequence[Attempt], asked: Asked) -> Attempt:
    """Show the best of ``found``, and go on."""
    texts = [one.text for one in found]
    own = [text.removeprefix(asked.lead) for text in texts]
    agreeing = dict(zip(texts, agreement(life.composed, own), strict=True))
    base = life.composed.base

    def worth(text: str) -> float:
        if asked.begun:
            return log_likelihood(base, text, asked.text) + _AGREEING * agreeing[text]
        return plausibility(base, text, asked.text, asked.lead) + _AGREEING * agreeing[text]

    best = best_of(found, worth)
    rules = asked.rules if best.flaw is None else replace(asked.rules, sentences=1)
    steady = _STEADY if asked.temperature is None else min(asked.temperature, _STEADY)
    left = asked.tokens - best.stats.tokens if rules.sentences > 1 else 0
    prompt = _prompt(life, asked, asked.text, best.text)
    return go_on(life, listener, best, Wish(prompt, best.text, rules, left, steady))


def _vagueness(text: str) -> float:
    vague = sum(word in word_list("answer", "vague") for word in words_of(text))
    return min(_MOST_VAGUE, _VAGUE * vague)


def answer(life: Lifeform, listener: Listener, asked: Asked) -> Attempt:
    """Answer, streaming from the second sentence on.

    Raises:
        PromptTooLong: When the question is longer than fits.
        Interrupted: When the user stopped it before anything was shown.
    """
    return go_on_from(life, listener, openings(life, listener, asked), asked)
