"""``echo``: what was said, said back, and something to wonder about in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.interaction import live_through
from engine.memory.dreams import cosine
from engine.speech.attempts import Attempt, Wish, several
from engine.speech.checking import Rules
from engine.speech.examples import examples_of, speech_data
from engine.speech.meaning import text_vectors
from engine.speech.prompting import after_examples
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TOKENS = 28


def echo(life: Lifeform, listener: Listener, text: str) -> Answer:
    """Say ``text`` back, and wonder about it: of several thoughts the one that keeps closest to it.

    Raises:
        Interrupted: When it was stopped before it had a thought.
    """
    examples = examples_of("echo")
    thing = " ".join(text.split()).rstrip(".")
    rules = Rules(fewest=2, most=24, sources=(*examples.said, text))
    wishes = [
        Wish(after_examples(life, examples, thing, lead, _TOKENS), lead, rules, _TOKENS)
        for lead in speech_data()["echo"]["leads"]
    ]
    found = several(life, listener, wishes, "wondering")
    best = _closest(life, found, text)
    wonder = best.text.rstrip(".?! ") + "?" if best.flaw is None or not best.flaw.grave else ""
    quoted = text if text[-1] in ".!?…" else f"{text}."
    listener.emit(Passage(listener.id, "echo", "", f"You said '{quoted}' "))
    listener.emit(TextChunk(listener.id, wonder, best.stats.tokens))
    live_through(life, "echo", text, wonder, best.stats, learn=False, extra={"is_echo": True})
    return Answer(wonder, best.stats)


def _closest(life: Lifeform, found: list[Attempt], text: str) -> Attempt:
    source, *thoughts = text_vectors(life.composed, [text, *(one.text for one in found)])
    likeness = [cosine(source, thought) for thought in thoughts]
    return found[likeness.index(max(likeness))]
