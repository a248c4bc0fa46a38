"""``reflect``: what kept coming up in the last interactions, the evidence, and a thought on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage
from engine.composition.prompt import Turn
from engine.interaction import live_through
from engine.speech import NothingToSay
from engine.speech.attempts import Wish, say
from engine.speech.checking import Rules
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
    lead = theme.word[:1].upper() + theme.word[1:]
    turns = [Turn("user", f"Tell me in two sentences why people talk about {theme.word}.")]
    rules = Rules(sentences=2, fewest=4, most=80, sources=(turns[0].text,))
    elaborated = say(life, listener, [Wish(in_chat(life, turns, lead, _TOKENS), lead, rules, _TOKENS)] * 3)
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


def _noticed(theme: Theme) -> str:
    if theme.recurring:
        return f"I've noticed a lot of talk about {theme.word} lately."
    return f"Nothing came up twice lately; what stays with me is {theme.word}."


def _evidence(theme: Theme, looked_at: int) -> str:
    numbers = ", ".join(f"#{number}" for number in theme.interactions)
    return f"{', '.join(theme.words)}: {len(theme.interactions)} of the last {looked_at} ({numbers})"
