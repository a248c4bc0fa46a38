"""``flare``: an outburst at the greatest temperament there is, after which all is calm again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import fmean
from typing import TYPE_CHECKING

from engine.api import Passage, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import write_down
from engine.mind.temperament import TemperamentSettings, sampling_temperature
from engine.speech.attempts import Wish, best_of, several
from engine.speech.checking import Rules, words_of
from engine.speech.examples import Examples, speech_data, word_list
from engine.speech.likelihood import log_likelihood
from engine.speech.meaning import kinship
from engine.speech.prompting import after_examples, in_chat
from engine.speech.topics import content_words
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel
    from engine.lifeform import Lifeform
    from engine.voice import Listener

_TOKENS = 24
_FEWEST_WORDS, _MOST_WORDS = 4, 12
"""Of an outburst, as it was heard; a long one is no outburst any more, and loses the thread."""
_CALM, _ANYWHERE = "Hello!", 0.5
"""Instead of the text: an outburst that goes with this as well is about nothing; and how much that counts, per nat."""
_KINSHIP = 0.5
"""How much kindred words count beside likelihood."""
_WISHES = 12
"""Beginnings that are gone on with, each in two ways."""
_SHOWN_COUNTS, _GLAD = 2.0, 0.6
"""How much the examples count in telling good news from bad, and from where on, in nats, it is good."""
_POINTING = frozenset({"it", "them", "this", "these", "back", "again", "now"})
"""Words that mean what was said without its name."""
_NAMED = 0.5
"""How much it counts that it speaks of a thing that was named."""
_REPEATED, _USUAL = 2.0, 0.4
"""How much it counts against it that more than the usual share of its words are those of what was said."""


def flare(life: Lifeform, listener: Listener, text: str | None) -> Answer:
    """Burst out over ``text``, or over the calm. The temperament is 1 meanwhile, and then what it was.

    Raises:
        Interrupted: When it was stopped before a word was there.
    """
    said = text or str(speech_data()["flare"]["usual"])
    with swung_to(life, 1.0):
        wishes = _wishes(life, said)
        found = several(life, listener, wishes, "boiling over")
    heard = f"{_bare(said)}!"
    heard_words = set(words_of(said))
    base = life.composed.base
    things = _POINTING | set(content_words(said))

    def worth(text: str) -> float:
        words = words_of(text)
        again = sum(word in heard_words for word in words) / max(1, len(words))
        likely = log_likelihood(base, text, heard) - _ANYWHERE * log_likelihood(base, text, _CALM)
        on_topic = likely + _KINSHIP * kinship(life.composed, text, said)
        return on_topic + _NAMED * bool(things & set(words)) - _REPEATED * max(0.0, again - _USUAL)

    best = best_of(found, worth)
    outburst = _shouted(f"{heard} {best.text}")
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
    data, bare = speech_data()["flare"], _bare(said)
    mood = data["glad" if _is_good_news(life.composed.base, f"{bare}!") else "angry"]
    examples = Examples(data["head"], data["form"], tuple((thing, burst) for thing, burst in mood["examples"]))
    controls = life.config.controls_config
    # An outburst shows in the words, whatever say temp_mood_influence gives the mood at other times.
    temper = TemperamentSettings(temp_mood_influence=1.0)
    temperature = sampling_temperature(controls.base_temperature, life.temperament.score, temper)
    rules = Rules(
        fewest=_FEWEST_WORDS,
        most=_MOST_WORDS,
        sources=(*examples.said, bare),
        never=word_list("flare", "never"),
        each_once=True,
    )
    turns = [turn for thing, burst in examples.pairs for turn in (Turn("user", f"{thing}!"), Turn("assistant", burst))]
    turns.append(Turn("user", f"{bare}!"))
    leads = mood["leads"] * (_WISHES // len(mood["leads"]))
    return [
        Wish(prompt, lead, rules, _TOKENS, temperature)
        for lead in leads
        for prompt in (after_examples(life, examples, bare, lead, _TOKENS), in_chat(life, turns, lead, _TOKENS))
    ]


def _is_good_news(base: FrozenModel, heard: str) -> bool:
    """Whether somebody who hears this is glad: what is said of good news goes with it, rather than of bad.

    Zero-shot and after a few examples (Holtzman et al., Surface Form Competition, 2021, on why a margin is needed: what
    is said of good news is likelier anywhere).
    """
    data = speech_data()["flare"]
    glad, angry = (fmean(log_likelihood(base, said, heard) for said in data[way]) for way in ("pleased", "displeased"))
    shown = "".join(f"{news} {data['verdicts'][way]}\n" for news, way in data["news"]) + heard
    good, bad = (log_likelihood(base, verdict, shown) for verdict in data["verdicts"])
    return glad - angry + _SHOWN_COUNTS * (good - bad) > _GLAD


def _bare(said: str) -> str:
    return " ".join(said.split()).rstrip(".!?… ") or said


def _shouted(text: str) -> str:
    return text.upper().replace(".", "!")
