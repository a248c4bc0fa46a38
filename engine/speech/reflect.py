"""``reflect``: what kept coming up in the last interactions, the evidence, and a thought on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through
from engine.learning.person import second_person
from engine.learning.word_lists import word_set
from engine.speech import NothingToSay
from engine.speech.attempts import Attempt, Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.claims import is_many
from engine.speech.examples import speech_data
from engine.speech.likelihood import log_likelihood
from engine.speech.meaning import agreement, word_vectors
from engine.speech.prompting import in_chat
from engine.speech.recent import recent
from engine.speech.themes import Theme, theme_of
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

INTERACTIONS = 3
_TOKENS = 40
_MOST_WORDS = 20
_THOUGHTS = 8
_AGREEING = 0.5
"""How much it counts that the other thoughts are alike, beside likelihood in nats."""
_TEMPERATURE = 0.6


def reflect(life: Lifeform, listener: Listener) -> Answer:
    """Name the theme of the last three interactions, and elaborate on it.

    Raises:
        NothingToSay: When nothing was said yet.
        Interrupted: When it was stopped before the first sentence.
    """
    said = recent(life, INTERACTIONS)
    if not said:
        raise NothingToSay("There is nothing to reflect on yet; say something first.")
    theme = theme_of(said, lambda words: word_vectors(life.composed, words))
    if theme is None:
        raise NothingToSay("Nothing that was said lately names a topic; say something more first.")
    noticed = _noticed(theme)
    listener.emit(Passage(listener.id, "theme", "Reflection: ", noticed, note=_evidence(theme, len(said))))
    listener.emit(Passage(listener.id, "thought", "Elaboration: "))
    elaborated = _elaborated(life, listener, theme, [one.prompt for one in said])
    listener.emit(TextChunk(listener.id, elaborated.text, elaborated.stats.tokens))
    live_through(
        life,
        "reflect",
        noticed,
        elaborated.text,
        elaborated.stats,
        learn=False,
        is_system_question=True,
        extra={"theme": theme.word, "words": list(theme.words), "interactions": list(theme.interactions)},
    )
    return Answer(elaborated.text, elaborated.stats)


def _elaborated(life: Lifeform, listener: Listener, theme: Theme, said: Sequence[str]) -> Attempt:
    """Why it keeps coming back: of several thoughts the likeliest that others share.

    It tells what the theme is like, and does not read again what was said: a small model would say just that once
    more, and what it would tell of the user and their reasons is made up.
    """
    question = f"Why do I keep coming back to {theme.word}? Answer me in one sentence."
    begun = f"You keep coming back to {theme.topic} because"
    lead = f"{begun} {_it_is(theme.topic)}"
    known = tuple(second_person(text) for text in said)
    never = frozenset(word.strip() for word in speech_data()["reflect"]["never"].split(","))
    rules = Rules(
        fewest=2, most=_MOST_WORDS, sources=(*said, *known), known=(theme.topic,), news=1, never=never, each_once=True
    )
    prompt = in_chat(life, [Turn("user", question)], lead, _TOKENS)
    temperatures = (0.0, *[_TEMPERATURE] * (_THOUGHTS - 1))  # the likeliest is one of them
    found = several(life, listener, [Wish(prompt, lead, rules, _TOKENS, one) for one in temperatures], "reflecting")
    texts = [one.text for one in found]
    agreeing = dict(zip(texts, agreement(life.composed, [text.removeprefix(lead) for text in texts]), strict=True))

    def worth(text: str) -> float:
        own = text.removeprefix(lead)
        return log_likelihood(life.composed.base, own, f"{question} {lead}") + _AGREEING * agreeing[text]

    return best_of(found, worth)


def _it_is(topic: str) -> str:
    """``it is``, ``they are``, or ``she is`` for somebody."""
    last = topic.split()[-1].casefold()
    if last in word_set("grammar", "she"):
        return "she is"
    if last in word_set("grammar", "he"):
        return "he is"
    return "they are" if is_many(topic) else "it is"


def _noticed(theme: Theme) -> str:
    if theme.recurring:
        return f"I've noticed a lot of talk about {theme.topic} lately."
    return f"Nothing came up twice lately; what stays with me is {theme.topic}."


def _evidence(theme: Theme, looked_at: int) -> str:
    numbers = ", ".join(f"#{number}" for number in theme.interactions)
    return f"{', '.join(theme.words)}: {len(theme.interactions)} of the last {looked_at} ({numbers})"
