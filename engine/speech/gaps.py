"""Where it knows too little: words it was unsure of, fragments of dreams, and what was said that it never came back to.

Each gap names a topic and where the wish to know comes from. There are always some: when life has left none, the world
has enough to wonder at.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from engine.memory.dreams import cosine
from engine.speech.checking import in_english
from engine.speech.examples import word_list
from engine.speech.meaning import KINDRED, text_vectors
from engine.speech.recent import recent
from engine.speech.topics import topics, unclaimed, well_named

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_RECENT = 20
_DREAMS = 5
_ENOUGH = 2
_LONGEST = 40
"""Characters of a topic; what is longer is no name for anything."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something it does not know enough about."""

    topic: str
    why: str


def gaps(life: Lifeform, count: int, chance: random.Random) -> list[Gap]:
    """At most ``count`` gaps about different topics.

    One of each source in turn while there are some, then of what was said and answered well; of the world only where
    that leaves hardly any.
    """
    unsure, sure = _said(life)
    sources = [unsure, _doubted(life), _dreamt(life), sure]
    for source in sources:
        chance.shuffle(source)
        source.sort(key=lambda gap: not well_named(gap.topic))
    rounds = zip(*(_padded(source, count) for source in sources[:-1]), strict=True)
    found: dict[str, Gap] = {}
    for gap in chain(*rounds, sure):
        if gap is not None and len(gap.topic) <= _LONGEST:
            found.setdefault(gap.topic.casefold(), gap)
    if len(found) < _ENOUGH:
        world = sorted(word_list("words", "world"))
        for topic in chance.sample(world, len(world)):
            found.setdefault(topic, Gap(topic, "out of the blue"))
    return list(found.values())[:count]


def _padded(source: list[Gap], count: int) -> Iterable[Gap | None]:
    return [*source[:count], *[None] * (count - len(source))]


def _said(life: Lifeform) -> tuple[list[Gap], list[Gap]]:
    """Topics of what the user said: of whose answer it was less sure than usual, and of whose it was surer."""
    said = recent(life, _RECENT)
    scores = [one.confidence_score for one in said if one.confidence_score is not None]
    usual = sum(scores) / len(scores) if scores else 0.0
    unsure: list[Gap] = []
    sure: list[Gap] = []
    for one in said:
        found = [Gap(topic, f"you said #{one.id}") for topic in _named(one.prompt)]
        (sure if one.confidence_score is None or one.confidence_score > usual else unsure).extend(found)
    return unsure, sure


def _doubted(life: Lifeform) -> list[Gap]:
    """Topics of its own answers whose word it was unsure of, as far as they have to do with what the user had said."""
    doubts = {word.casefold() for word in life.curiosity.doubts}
    return [
        Gap(topic, "unsure of the word")
        for one in recent(life, _RECENT)
        if in_english(one.response)
        for topic in _named(one.response, its_own=True)
        if topic.split()[-1].casefold() in doubts and _near(life, topic, one.prompt)
    ]


def _near(life: Lifeform, topic: str, text: str) -> bool:
    one, other = text_vectors(life.composed, [topic, text])
    return cosine(one, other) >= KINDRED


def _dreamt(life: Lifeform) -> list[Gap]:
    memories = (life.journal.memories.get(dream.memory_id) for dream in life.dreams.dreams[-_DREAMS:])
    return [
        Gap(topic, f"dreamt of memory {memory.id}")
        for memory in memories
        if memory is not None and memory.current
        for topic in _named(memory.text)
    ]


def _named(text: str, *, its_own: bool = False) -> list[str]:
    """The topics of ``text`` that one can ask the user about without the text: nobody else's, and not its own.

    In a text of ``its_own`` what it calls yours is the user's.
    """
    mine, yours = ("your ", "my ") if its_own else ("my ", "your ")
    found = (topic for topic in map(unclaimed, topics(text)) if not topic.startswith(mine))
    return [f"your {topic.removeprefix(yours)}" if topic.startswith(yours) else topic for topic in found]
