"""How a topic stands in a sentence: ``the train`` and ``your cat``, but ``milk``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.speech.likelihood import log_probability
from engine.speech.topics import well_named

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel

_SENTENCES = ("What can {thing} teach us?", "Why do people care about {thing}?")
_BEFORE = "Well."


def in_a_sentence(base: FrozenModel, topic: str) -> str:
    """``topic`` so that it can stand in a sentence: with an article where the base would rather read one.

    Args:
        base: Who judges; it is not asked where the form of the topic tells.
        topic: As of :func:`engine.speech.topics.topics`.
    """
    if well_named(topic):
        return topic

    def likely(thing: str) -> float:
        return sum(log_probability(base, one.replace("{thing}", thing), _BEFORE) for one in _SENTENCES)

    return max((topic, f"the {topic}"), key=likely)
