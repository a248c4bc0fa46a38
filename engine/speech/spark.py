"""``spark``: a question of its own, the best of several, and what it has to say to it.

A small model asks badly and answers a plain question well, so the questions are whole sentences of ours
(``data/speech.toml``) about a thing that it knows too little of.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.api import Passage, Progress, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through, write_down
from engine.learning.word_lists import PEOPLE
from engine.mind.curiosity import Question, ranked
from engine.speech.answering import plausibility
from engine.speech.attempts import Attempt, Wish, attempt, best_of, several
from engine.speech.checking import Rules, words_of
from engine.speech.examples import speech_data
from engine.speech.gaps import Gap, gaps
from engine.speech.likelihood import log_likelihood
from engine.speech.meaning import agreement, novelty, text_vectors
from engine.speech.naming import in_a_sentence
from engine.speech.prompting import in_chat
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.composition.frozen import FrozenModel
    from engine.lifeform import Lifeform
    from engine.voice import Listener

CANDIDATES = 5
ANSWERS = 8
_ANSWER_TOKENS = 36
_MOST_WORDS = 22
_ANSWER_TEMPERATURE = 0.5
_AGREEING = 0.5
"""How much it counts that the other answers say the like."""
_NOTHING_ASKED = "Well."
"""Instead of the question: what goes with this as well says little."""
_ASKABLE = "What do you know about {thing}?"
"""By how likely this is it sees whether one can ask about a thing."""
_GLANCE_TOKENS = 8
"""Tokens of an answer by which it sees how sure it is."""
_EARLIER = 20
"""Questions of before that a new one must not be like."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A question about a thing, and how its answer begins."""

    question: str
    lead: str

    def about(self, thing: str) -> _Form:
        """The same with ``thing`` in it."""
        capital = thing[:1].upper() + thing[1:]
        filled = (text.replace("{thing}", thing).replace("{Thing}", capital) for text in (self.question, self.lead))
        return _Form(*filled)


def spark(life: Lifeform, listener: Listener, *, ask: bool = False) -> Answer:
    """Ask the question that it most wants answered, and answer it as well as it can.

    Args:
        life: Who wonders.
        listener: Takes the text.
        ask: Leave the answer to the user; the question joins the conversation.

    Raises:
        Interrupted: When it was stopped before it had a question.
    """
    best, form, glance = _best_question(life, listener)
    note = f"{best.why}; ignorance {best.ignorance:.2f}, novelty {best.novelty:.2f}"
    listener.emit(Passage(listener.id, "question", "Curiosity: ", best.text, note=note))
    figures = {"why": best.why, "ignorance": best.ignorance, "novelty": best.novelty}
    if ask:
        life.ask(best.text)
        write_down(life, "spark", best.text, "", glance.stats, is_system_question=True, extra=figures)
        return Answer(best.text, glance.stats)
    listener.emit(Passage(listener.id, "answer", "Response: "))
    found = several(life, listener, _suppositions(life, form), "supposing")
    texts = [one.text for one in found]
    said_alike = agreement(life.composed, [text.removeprefix(form.lead) for text in texts])
    agreeing = dict(zip(texts, said_alike, strict=True))

    def worth(text: str) -> float:
        return plausibility(life.composed.base, text, best.text, form.lead) + _AGREEING * agreeing[text]

    said = best_of(found, worth)
    listener.emit(TextChunk(listener.id, said.text, said.stats.tokens))
    live_through(life, "spark", best.text, said.text, said.stats, learn=False, is_system_question=True, extra=figures)
    return Answer(said.text, said.stats)


def _suppositions(life: Lifeform, form: _Form) -> list[Wish]:
    rules = Rules(fewest=3, most=_MOST_WORDS, known=(form.question, form.lead), news=2, each_once=True)
    asked = speech_data()["answer"]["brief"].replace("{text}", form.question)
    prompt = in_chat(life, [Turn("user", asked)], form.lead, _ANSWER_TOKENS)
    temperatures = [0.0, *[_ANSWER_TEMPERATURE] * (ANSWERS - 1)]  # the likeliest answer is one of them
    return [Wish(prompt, form.lead, rules, _ANSWER_TOKENS, temperature) for temperature in temperatures]


def _best_question(life: Lifeform, listener: Listener) -> tuple[Question, _Form, Attempt]:
    """The question most worth asking, with its form, and the glance at its answer."""
    chance = life.dice()
    earlier = [one.prompt for one in life.journal.last(200) if one.is_system_question][-_EARLIER:]
    vectors = text_vectors(life.composed, earlier)
    found: dict[Question, tuple[float, _Form, Attempt]] = {}
    for number, gap in enumerate(gaps(life, CANDIDATES, chance)):
        listener.emit(Progress(listener.id, "wondering", number, CANDIDATES))
        sound, form = _worded(life.composed.base, gap, chance)
        glance = _glance(life, listener, form.question)
        sure = 0.5 if glance.stats.confidence is None else glance.stats.confidence
        new = novelty(text_vectors(life.composed, [form.question])[0], vectors)
        found[Question(form.question, gap.why, ignorance=1.0 - sure, novelty=new)] = sound, form, glance
    listener.emit(Progress(listener.id, "wondering", CANDIDATES, CANDIDATES))
    # What it knows least may be what one cannot ask: nonsense is novel, and has no answer that it could be sure of.
    # And of somebody whom only the user knows it can say nothing that would not be made up.
    things = [one for one in found if not PEOPLE & set(words_of(one.text))] or list(found)
    soundest = sorted(things, key=lambda one: -found[one][0])
    best = ranked(soundest[: (len(soundest) + 1) // 2])[0]
    return best, *found[best][1:]


def _worded(base: FrozenModel, gap: Gap, chance: random.Random) -> tuple[float, _Form]:
    """A question about the topic of ``gap``, and how well one can ask about that: mean log-probability in nats."""
    thing = in_a_sentence(base, gap.topic)
    forms = speech_data()["spark"]["own" if thing.startswith("your ") else "questions"]
    form = _Form(*chance.choice(forms)).about(thing)
    return log_likelihood(base, _ASKABLE.replace("{thing}", thing), _NOTHING_ASKED), form


def _glance(life: Lifeform, listener: Listener, question: str) -> Attempt:
    """The first words of an answer."""
    prompt = in_chat(life, [Turn("user", question)], "", _GLANCE_TOKENS)
    rules = Rules(sentences=_GLANCE_TOKENS, finished=False)
    return attempt(life, listener, Wish(prompt, "", rules, _GLANCE_TOKENS, temperature=0.0))
