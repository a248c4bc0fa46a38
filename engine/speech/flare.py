"""``flare``: an outburst at the greatest temperament there is, after which all is calm again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.interaction import write_down
from engine.mind.temperament import TemperamentSettings, sampling_temperature
from engine.speech.attempts import Wish, best_of, several
from engine.speech.checking import Rules
from engine.speech.examples import examples_of, speech_data
from engine.speech.likelihood import affinity
from engine.speech.prompting import after_examples
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TOKENS = 50
_SENTENCES = 2
_PER_LEAD = 5
_CALM = "Hello!"
"""Instead of the text: an outburst that goes with this as well is about nothing."""


def flare(life: Lifeform, listener: Listener, text: str | None) -> Answer:
    """Burst out over ``text``, or over the calm. The temperament is 1 meanwhile, and then what it was.

    Raises:
        Interrupted: When it was stopped before a word was there.
    """
    said = text or str(speech_data()["flare"]["usual"])
    with swung_to(life, 1.0):
        wishes = _wishes(life, said)
        found = several(life, listener, wishes, "boiling over")
    opening = len(f"{_bare(said)}! ")
    best = best_of(found, lambda text: affinity(life.composed.base, text[opening:], f"{_bare(said)}!", _CALM))
    outburst = _shouted(best.text)
    listener.emit(Passage(listener.id, "outburst"))
    listener.emit(TextChunk(listener.id, outburst, best.stats.tokens))
    write_down(life, "flare", said, outburst, best.stats)
    return Answer(outburst, best.stats)


@contextmanager
def swung_to(life: Lifeform, score: float) -> Iterator[None]:
    """While entered, the temperament is ``score``; afterwards what it was, whatever happened."""
    before = life.temperament.hold()
    life.temperament.swing_to(score, TemperamentSettings.of(life.config.controls_config))
    try:
        yield
    finally:
        life.temperament.restore(before)


def _wishes(life: Lifeform, said: str) -> list[Wish]:
    examples = examples_of("flare")
    bare = _bare(said)
    controls = life.config.controls_config
    # An outburst shows in the words, whatever say temp_mood_influence gives the mood at other times.
    temper = TemperamentSettings(temp_mood_influence=1.0)
    temperature = sampling_temperature(controls.base_temperature, life.temperament.score, temper)
    rules = Rules(sentences=_SENTENCES, fewest=3, most=45, sources=examples.said, known=(bare,), news=2, adds=1)
    leads = [f"{bare}! {start}" for start in speech_data()["flare"]["leads"]]
    return [
        Wish(after_examples(life, examples, bare, start, _TOKENS), lead, rules, _TOKENS, temperature)
        for lead, start in zip(leads, speech_data()["flare"]["leads"], strict=True)
        for _ in range(_PER_LEAD)
    ]


def _bare(said: str) -> str:
    return " ".join(said.split()).rstrip(".!?… ") or said


def _shouted(text: str) -> str:
    return text.upper().replace(".", "!")
