"""``muse``: the most interesting topic of late, and a whimsical thought about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.interaction import live_through
from engine.learning.word_lists import PEOPLE
from engine.speech.attempts import Attempt, Wish, best_of, several
from engine.speech.checking import Rules, new_words
from engine.speech.claims import is_many
from engine.speech.examples import examples_of, speech_data, word_list
from engine.speech.likelihood import affinity
from engine.speech.meaning import kinship, novelty, text_vectors
from engine.speech.naming import in_a_sentence
from engine.speech.prompting import after_examples, words_shown
from engine.speech.recent import recent
from engine.speech.topics import content_words, topics, unclaimed, well_named
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_RECENT = 10
_EARLIER = 10
"""Inspirations of before; it does not like to muse on the same thing again."""
_NOVEL, _FRESH, _UNSURE, _NAMED, _NOBODY = 0.5, 0.3, 0.2, 0.3, 0.6
"""What makes a topic interesting: not mused on before, recent, of an unsure answer, by its name a thing, and nobody: it
is bad manners to be whimsical about the user's sister."""
_TOKENS = 40
_PER_LEAD = 4
_PER_WORD = 0.1
_MOST_COUNTED = 5
_FITTING = 0.5
"""How much it counts that a thought goes with its topic and not with any other."""
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
    thought = _thought(life, listener, topic)
    listener.emit(TextChunk(listener.id, thought.text, thought.stats.tokens))
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


def _thought(life: Lifeform, listener: Listener, topic: str) -> Attempt:
    """Of several thoughts on ``topic`` the one that says most of its own; without words when none can be shown."""
    examples = examples_of("muse")
    data = speech_data()["muse"]
    grave = word_list("muse", "never") - set(content_words(topic))
    never = words_shown(examples, topic) | grave
    rules = Rules(fewest=2, most=20, sources=examples.said, known=(topic,), news=2, never=never, each_once=True)
    many = is_many(topic)
    ways = [" ".join(word.split("|")[-1 if many else 0] for word in lead.split()) for lead in data["leads"]]
    leads = [way.replace("{thing}", topic) for way in ways]
    wishes = [
        Wish(after_examples(life, examples, topic, lead, _TOKENS), lead, rules, _TOKENS)
        for lead in leads
        for _ in range(_PER_LEAD)
    ]
    found = several(life, listener, wishes, "musing")
    return best_of(found, lambda text: _whimsy(life, text, topic))


def _whimsy(life: Lifeform, thought: str, topic: str) -> float:
    """How much is in a thought: words of its own, near to the topic and at home nowhere else."""
    own = new_words(thought, [topic])
    fitting = affinity(life.composed.base, thought, f"A thought about {topic}:", "A thought about something:")
    return _PER_WORD * min(len(own), _MOST_COUNTED) + kinship(life.composed, thought, topic) + _FITTING * fitting


def _inspiration(life: Lifeform) -> tuple[str, str]:
    """The topic, and where it comes from."""
    said = recent(life, _RECENT)
    found: dict[str, float] = {}  # topic → how recent, how unsure, how well named, and nobody, in [0, 1.4]
    for place, one in enumerate(said, 1):
        sure = 0.5 if one.confidence_score is None else one.confidence_score
        for topic in map(unclaimed, topics(one.prompt)):
            nobody = not PEOPLE & set(topic.casefold().split())
            interest = _FRESH * place / len(said) + _UNSURE * (1.0 - sure)
            interest += _NAMED * well_named(topic) + _NOBODY * nobody
            found[in_a_sentence(life.composed.base, topic)] = interest
    if not found:
        return NOTHING, "nothing was said yet"
    mused = [str(one.extra.get("inspiration", "")) for one in life.journal.last(200) if one.command == "muse"]
    earlier = text_vectors(life.composed, mused[-_EARLIER:])
    vectors = dict(zip(found, text_vectors(life.composed, list(found)), strict=True))
    best = max(found, key=lambda topic: found[topic] + _NOVEL * novelty(vectors[topic], earlier))
    return best, "from recent interactions"
