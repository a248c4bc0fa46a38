"""``echo``: what was said, said back, and something to wonder about in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through
from engine.speech.attempts import Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.examples import examples_of, speech_data
from engine.speech.likelihood import affinity
from engine.speech.meaning import kinship
from engine.speech.prompting import after_examples, in_chat, words_shown
from engine.speech.topics import content_words
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TOKENS = 28
_MOST_WORDS = 16
_TEMPERATURE = 0.6
_KINSHIP = 0.3
"""How much kindred words count beside likelihood."""
_NAMED = 0.5
"""How much it counts that it speaks of a thing that was named."""
_ELSEWHERE = "Well."
"""Instead of the text: what goes with this as well has little to do with it."""
_ITSELF = frozenset({"i", "i'm", "me", "my", "mine", "myself", "but"})
"""Words that would make the user's affair its own, or lead away from it."""


def echo(life: Lifeform, listener: Listener, text: str) -> Answer:
    """Say ``text`` back, and wonder about it: of several thoughts the one that goes with it and with nothing else.

    Raises:
        Interrupted: When it was stopped before it had a thought.
    """
    examples = examples_of("echo")
    thing = " ".join(text.split()).rstrip(".")
    never = _ITSELF | words_shown(examples, text)
    rules = Rules(
        fewest=4, most=_MOST_WORDS, sources=(*examples.said, text), known=(text,), news=1, never=never, each_once=True
    )
    turns = [Turn("user", speech_data()["echo"]["asked"].replace("{thing}", thing))]
    wishes = [
        Wish(prompt, lead, rules, _TOKENS, _TEMPERATURE)
        for lead in speech_data()["echo"]["leads"]
        for prompt in (after_examples(life, examples, thing, lead, _TOKENS), in_chat(life, turns, lead, _TOKENS))
    ]
    found = several(life, listener, wishes, "wondering")

    things = {word.removesuffix("s") for word in content_words(text)}

    def worth(wonder: str) -> float:
        near = affinity(life.composed.base, wonder, f"{thing}.", _ELSEWHERE)
        named = bool(things & {word.removesuffix("s") for word in content_words(wonder)})
        return near + _KINSHIP * kinship(life.composed, wonder, text) + _NAMED * named

    best = best_of(found, worth)
    wonder = best.text.rstrip(".?! ") + "?" if best.text else ""
    quoted = text if text[-1] in ".!?…" else f"{text}."
    listener.emit(Passage(listener.id, "echo", "", f"You said '{quoted}' "))
    listener.emit(TextChunk(listener.id, wonder, best.stats.tokens))
    live_through(life, "echo", text, wonder, best.stats, learn=False, extra={"is_echo": True})
    return Answer(wonder, best.stats)
