"""``spark``: a question of its own, the best of several, and what it has to say to it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from engine.api import Passage, Progress, TextChunk
from engine.composition.prompt import Turn
from engine.interaction import live_through, write_down
from engine.mind.curiosity import Question, ranked
from engine.speech.attempts import Attempt, Wish, attempt, best_of, several
from engine.speech.checking import Rules
from engine.speech.examples import examples_of, speech_data
from engine.speech.gaps import gaps
from engine.speech.likelihood import affinity, log_likelihood
from engine.speech.meaning import novelty, text_vectors
from engine.speech.prompting import after_examples, in_chat, words_shown
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

CANDIDATES = 5
_SUPPOSITIONS = 4
"""Answers in each of the two forms."""
_QUESTION_TOKENS = 18
_ANSWER_TOKENS = 45
_ANSWER_TEMPERATURE = 0.5
_NOTHING_ASKED = "Well."
"""Instead of the question: what goes with this as well says little."""
_GLANCE_TOKENS = 8
"""Tokens of an answer by which it sees how sure it is."""
_EARLIER = 20
"""Questions of before that a new one must not be like."""


def spark(life: Lifeform, listener: Listener, *, ask: bool = False) -> Answer:
    """Ask the question that it most wants answered, and answer it as well as it can.

    Args:
        life: Who wonders.
        listener: Takes the text.
        ask: Leave the answer to the user; the question joins the conversation.

    Raises:
        Interrupted: When it was stopped before it had a question.
    """
    best, stats = _best_question(life, listener)
    note = f"{best.why}; ignorance {best.ignorance:.2f}, novelty {best.novelty:.2f}"
    listener.emit(Passage(listener.id, "question", "Curiosity: ", best.text, note=note))
    figures = {"why": best.why, "ignorance": best.ignorance, "novelty": best.novelty}
    if ask:
        life.ask(best.text)
        write_down(life, "spark", best.text, "", stats.stats, is_system_question=True, extra=figures)
        return Answer(best.text, stats.stats)
    listener.emit(Passage(listener.id, "answer", "Response: "))
    found = several(life, listener, _suppositions(life, best.text), "supposing")
    said = best_of(found, lambda text: affinity(life.composed.base, text, best.text, _NOTHING_ASKED))
    listener.emit(TextChunk(listener.id, said.text, said.stats.tokens))
    live_through(life, "spark", best.text, said.text, said.stats, learn=False, is_system_question=True, extra=figures)
    return Answer(said.text, said.stats)


def _suppositions(life: Lifeform, question: str) -> list[Wish]:
    """In the chat's own form it keeps to the question, after written examples to the tone: both, in turn."""
    examples = examples_of("answer")
    leads: dict[str, str] = speech_data()["answer"]["leads"]
    lead = next((lead for start, lead in leads.items() if question.startswith(start)), "Perhaps")
    rules = Rules(fewest=2, most=40, sources=(*examples.said, question), known=(question,), news=1, each_once=True)
    prompts = (
        in_chat(life, [Turn("user", question)], lead, _ANSWER_TOKENS),
        after_examples(life, examples, question, lead, _ANSWER_TOKENS),
    )
    return [
        Wish(prompt, lead, rules, _ANSWER_TOKENS, _ANSWER_TEMPERATURE)
        for prompt in prompts
        for _ in range(_SUPPOSITIONS)
    ]


def _best_question(life: Lifeform, listener: Listener) -> tuple[Question, Attempt]:
    """The question most worth asking, and how it was found."""
    chance = life.dice()
    earlier = [one.prompt for one in life.journal.last(200) if one.is_system_question][-_EARLIER:]
    vectors = text_vectors(life.composed, earlier)
    good: dict[Question, Attempt] = {}
    flawed: dict[Question, Attempt] = {}
    for number, gap in enumerate(gaps(life, CANDIDATES, chance)):
        listener.emit(Progress(listener.id, "wondering", number, CANDIDATES))
        said = _worded(life, listener, gap.topic, chance)
        text = _as_question(said.text)
        question = Question(
            text,
            gap.why,
            ignorance=1.0 - _sureness(life, listener, text),
            novelty=novelty(text_vectors(life.composed, [text])[0], vectors),
        )
        (good if said.flaw is None else flawed)[question] = said
    listener.emit(Progress(listener.id, "wondering", CANDIDATES, CANDIDATES))
    found = good or flawed
    # What it knows least it may also have worded worst: nonsense is novel, and has no answer that it could be sure of.
    likely = sorted(found, key=lambda one: -log_likelihood(life.composed.base, one.text, _NOTHING_ASKED))
    best = ranked(likely[: (len(likely) + 1) // 2])[0]
    return best, found[best]


def _worded(life: Lifeform, listener: Listener, topic: str, chance: random.Random) -> Attempt:
    """A question about ``topic``."""
    examples = examples_of("spark")
    stem = chance.choice(speech_data()["spark"]["stems"]).replace("{thing}", topic)
    prompt = after_examples(life, examples, topic, stem, _QUESTION_TOKENS)
    never = words_shown(examples, topic)
    rules = Rules(fewest=2, most=16, sources=examples.said, known=(topic,), news=1, never=never, each_once=True)
    return attempt(life, listener, Wish(prompt, stem, rules, _QUESTION_TOKENS))


def _sureness(life: Lifeform, listener: Listener, question: str) -> float:
    """How sure it is of the first words of an answer, in [0, 1]; 0.5 where confidence is not tracked."""
    prompt = in_chat(life, [Turn("user", question)], "", _GLANCE_TOKENS)
    rules = Rules(sentences=_GLANCE_TOKENS, finished=False)
    glance = attempt(life, listener, Wish(prompt, "", rules, _GLANCE_TOKENS, temperature=0.0))
    return 0.5 if glance.stats.confidence is None else glance.stats.confidence


def _as_question(text: str) -> str:
    """``text`` with a capital at its start and one question mark at its end."""
    line = text.split("?")[0].strip().rstrip(".!,;:…")
    return f"{line[:1].upper()}{line[1:]}?"
