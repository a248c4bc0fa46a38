"""``reflect``: what kept coming up in the last interactions, the evidence, and a thought on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through
from engine.speech import NothingToSay
from engine.speech.attempts import Attempt, Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.likelihood import affinity
from engine.speech.meaning import word_vectors
from engine.speech.prompting import in_chat
from engine.speech.recent import recent
from engine.speech.themes import Theme, theme_of
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

INTERACTIONS = 3
_TOKENS = 90
_THOUGHTS = 6
_TEMPERATURE = 0.6
_LONGEST = 300
"""Characters of each thing said that are read again."""


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
    """Why it keeps coming back, with what was said in view: of several thoughts the one that is about just that."""
    told = " ".join(" ".join(text.split())[:_LONGEST] for text in said)
    question = f"Why do I keep coming back to {theme.word}? Answer me in one sentence."
    lead = f"You keep coming back to {theme.topic} because"
    rules = Rules(fewest=5, most=50, sources=(*said, lead), known=(theme.topic,), news=2, each_once=True)
    prompt = in_chat(life, [Turn("user", f"{told} {question}")], lead, _TOKENS)
    wishes = [Wish(prompt, lead, rules, _TOKENS, _TEMPERATURE)] * _THOUGHTS
    found = several(life, listener, wishes, "reflecting")
    return best_of(found, lambda text: affinity(life.composed.base, text[len(lead) :], f"{told} {lead}", lead))


def _noticed(theme: Theme) -> str:
    if theme.recurring:
        return f"I've noticed a lot of talk about {theme.topic} lately."
    return f"Nothing came up twice lately; what stays with me is {theme.topic}."


def _evidence(theme: Theme, looked_at: int) -> str:
    numbers = ", ".join(f"#{number}" for number in theme.interactions)
    return f"{', '.join(theme.words)}: {len(theme.interactions)} of the last {looked_at} ({numbers})"
