"""``muse``: the most interesting topic of late, and a whimsical thought about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage
from engine.interaction import live_through
from engine.speech.attempts import Wish, say
from engine.speech.checking import Rules
from engine.speech.examples import examples_of
from engine.speech.meaning import novelty, text_vectors
from engine.speech.prompting import after_examples
from engine.speech.recent import recent
from engine.speech.topics import topics
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_RECENT = 10
_EARLIER = 10
"""Inspirations of before; it does not like to muse on the same thing again."""
_NOVEL, _FRESH, _UNSURE = 0.5, 0.3, 0.2
"""What makes a topic interesting: that it was not mused on, that it is recent, that it was unsure of its answer."""
_TOKENS = 40
_TRIES = 3
_WARMER = 0.1
"""Added to the sampling temperature."""
NOTHING = "silence"
"""What inspires it before anything was said."""


def muse(life: Lifeform, listener: Listener) -> Answer:
    """Have a whimsical thought about the most interesting topic of late.

    Raises:
        Interrupted: When it was stopped before the thought was there.
    """
    topic, where = _inspiration(life)
    listener.emit(Passage(listener.id, "inspiration", "Inspiration: ", f'"{topic}" ({where})'))
    opening = f"A whimsical thought about {topic}: "
    listener.emit(Passage(listener.id, "thought", "Thought: ", opening))
    examples, lead = examples_of("muse"), f"Perhaps {topic}"
    prompt = after_examples(life, examples, topic, lead, _TOKENS)
    rules = Rules(fewest=3, most=35, sources=examples.said)
    warmth = life.config.controls_config.base_temperature + _WARMER
    thought = say(life, listener, [Wish(prompt, lead, rules, _TOKENS, warmth)] * _TRIES)
    live_through(
        life,
        "muse",
        f"Musing on {topic}",
        thought.text,
        thought.stats,
        learn=False,
        is_system_question=True,
        extra={"inspiration": topic},
    )
    return Answer(thought.text, thought.stats)


def _inspiration(life: Lifeform) -> tuple[str, str]:
    """The topic, and where it comes from."""
    said = recent(life, _RECENT)
    found: dict[str, float] = {}  # topic → how recent and how unsure, in [0, 0.5]
    for place, one in enumerate(said, 1):
        sure = 0.5 if one.confidence_score is None else one.confidence_score
        for topic in topics(one.prompt):
            found[topic] = _FRESH * place / len(said) + _UNSURE * (1.0 - sure)
    if not found:
        return NOTHING, "nothing was said yet"
    mused = [str(one.extra.get("inspiration", "")) for one in life.journal.last(200) if one.command == "muse"]
    earlier = text_vectors(life.composed, mused[-_EARLIER:])
    vectors = dict(zip(found, text_vectors(life.composed, list(found)), strict=True))
    best = max(found, key=lambda topic: found[topic] + _NOVEL * novelty(vectors[topic], earlier))
    return best, "from recent interactions"
