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
from engine.speech.answering import plausibility
from engine.speech.attempts import Attempt, Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.claims import is_many
from engine.speech.examples import speech_data, word_list
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
_LONGEST = 300
"""Characters of each thing said that are read again."""
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
    """Why it matters: of several thoughts, with what was said in view and without, the likeliest that others share.

    It tells what the theme is like. What a small model would tell of the user and their reasons is made up.
    """
    told = " ".join(" ".join(text.split())[:_LONGEST] for text in said)
    many = is_many(theme.topic)
    question = f"Why {'do' if many else 'does'} {theme.topic} matter?"
    asked = str(speech_data()["answer"]["brief"]).replace("{text}", question)
    capital = f"{theme.topic[:1].upper()}{theme.topic[1:]}"
    lead = f"{capital} {'matter' if many else 'matters'} because {_pronoun(theme.topic)}"
    known = tuple(second_person(text) for text in said)
    never = word_list("reflect", "never")
    rules = Rules(
        fewest=3, most=_MOST_WORDS, sources=(*said, *known), known=(theme.topic,), news=1, never=never, each_once=True
    )
    prompts = [in_chat(life, [Turn("user", text)], lead, _TOKENS) for text in (f"{told} {asked}", asked)]
    temperatures = (0.0, *[_TEMPERATURE] * (_THOUGHTS // 2 - 1))  # the likeliest is one of them
    wishes = [Wish(prompt, lead, rules, _TOKENS, one) for one in temperatures for prompt in prompts]
    found = several(life, listener, wishes, "reflecting")
    texts = [one.text for one in found]
    agreeing = dict(zip(texts, agreement(life.composed, [text.removeprefix(lead) for text in texts]), strict=True))
    base = life.composed.base
    return best_of(found, lambda text: plausibility(base, text, question, lead) + _AGREEING * agreeing[text])


def _pronoun(topic: str) -> str:
    """``it`` or ``they``, ``she`` or ``he`` for somebody."""
    words = {word.casefold() for word in topic.split()}
    if words & word_set("grammar", "she"):
        return "she"
    if words & word_set("grammar", "he"):
        return "he"
    return "they" if is_many(topic) else "it"


def _noticed(theme: Theme) -> str:
    if theme.recurring:
        return f"I've noticed a lot of talk about {theme.topic} lately."
    return f"Nothing came up twice lately; what stays with me is {theme.topic}."


def _evidence(theme: Theme, looked_at: int) -> str:
    numbers = ", ".join(f"#{number}" for number in theme.interactions)
    return f"{', '.join(theme.words)}: {len(theme.interactions)} of the last {looked_at} ({numbers})"
