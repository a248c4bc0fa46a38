"""``echo``: what was said, said back, and something to wonder about in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.interaction import live_through
from engine.speech.attempts import Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.examples import examples_of, speech_data
from engine.speech.meaning import kinship
from engine.speech.prompting import after_examples, things_shown
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TOKENS = 28
_ITSELF = frozenset({"i", "i'm", "me", "my", "mine", "myself"})
"""Words that would make the user's affair its own."""


def echo(life: Lifeform, listener: Listener, text: str) -> Answer:
    """Say ``text`` back, and wonder about it: of several thoughts the one whose own words are nearest to it.

    Raises:
        Interrupted: When it was stopped before it had a thought.
    """
    examples = examples_of("echo")
    thing = " ".join(text.split()).rstrip(".")
    never = _ITSELF | things_shown(examples, text)
    rules = Rules(fewest=2, most=24, sources=(*examples.said, text), known=(text,), news=1, never=never, each_once=True)
    wishes = [
        Wish(after_examples(life, examples, thing, lead, _TOKENS), lead, rules, _TOKENS)
        for lead in speech_data()["echo"]["leads"]
    ]
    found = several(life, listener, wishes, "wondering")
    best = best_of(found, lambda wonder: kinship(life.composed, wonder, text))
    wonder = best.text.rstrip(".?! ") + "?" if best.text else ""
    quoted = text if text[-1] in ".!?…" else f"{text}."
    listener.emit(Passage(listener.id, "echo", "", f"You said '{quoted}' "))
    listener.emit(TextChunk(listener.id, wonder, best.stats.tokens))
    live_through(life, "echo", text, wonder, best.stats, learn=False, extra={"is_echo": True})
    return Answer(wonder, best.stats)
