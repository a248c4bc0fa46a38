"""Where it knows too little: words it was unsure of, fragments of dreams, and what was said that it never came back to.

Each gap names a topic and where the wish to know comes from. There are always some: when life has left none, the world
has enough to wonder at.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.speech.examples import speech_data
from engine.speech.recent import recent
from engine.speech.topics import spoken_of, topics, well_named

if TYPE_CHECKING:
    from engine.lifeform import Lifeform

_RECENT = 20
_DREAMS = 5
_LONGEST = 40
"""Characters of a topic; what is longer is no name for anything."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something it does not know enough about."""

    topic: str
    why: str


def gaps(life: Lifeform, count: int, chance: random.Random) -> list[Gap]:
    """``count`` gaps about different topics: one of each source in turn while there are some, then of the world."""
    sources = [_unanswered(life), _doubted(life), _dreamt(life)]
    for source in sources:
        chance.shuffle(source)
        source.sort(key=lambda gap: not well_named(gap.topic))
    found: dict[str, Gap] = {}
    for round in zip(*(_padded(source, count) for source in sources), strict=True):
        for gap in round:
            if gap is not None and len(gap.topic) <= _LONGEST:
                found.setdefault(gap.topic.casefold(), replace(gap, topic=spoken_of(gap.topic)))
    if len(found) < count:
        world = [word.strip() for word in speech_data()["words"]["world"].split(",")]
        for topic in chance.sample(world, len(world)):
            found.setdefault(topic, Gap(topic, "out of the blue"))
    return list(found.values())[:count]


def _padded(source: list[Gap], count: int) -> Iterable[Gap | None]:
    return [*source[:count], *[None] * (count - len(source))]


def _unanswered(life: Lifeform) -> list[Gap]:
    """Topics of what the user said, those first of whose answer it was less sure than usual."""
    said = recent(life, _RECENT)
    sure = [one.confidence_score for one in said if one.confidence_score is not None]
    usual = sum(sure) / len(sure) if sure else 0.0
    unsure = [one for one in said if one.confidence_score is not None and one.confidence_score <= usual]
    return [Gap(topic, f"you said #{one.id}") for one in unsure or said for topic in topics(one.prompt)]


def _doubted(life: Lifeform) -> list[Gap]:
    """Topics of its own answers whose word it was unsure of."""
    doubts = {word.casefold() for word in life.curiosity.doubts}
    return [
        Gap(topic, "unsure of the word")
        for one in recent(life, _RECENT)
        for topic in topics(one.response)
        if topic.split()[-1].casefold() in doubts
    ]


def _dreamt(life: Lifeform) -> list[Gap]:
    memories = (life.journal.memories.get(dream.memory_id) for dream in life.dreams.dreams[-_DREAMS:])
    return [
        Gap(topic, f"dreamt of memory {memory.id}")
        for memory in memories
        if memory is not None and memory.current
        for topic in topics(memory.text)
    ]
