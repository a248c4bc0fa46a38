"""``debate``: it argues with itself, each side answering what the other one said last.

The sentence's beginning gives the side its stance, and the examples its form; the temperament swings up for the one who
is for it, down for the one who is against it, and is afterwards what it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.api import Passage
from engine.composition.prompt import Turn
from engine.interaction import write_down
from engine.learning.verb_forms import lexicon
from engine.learning.word_lists import word_set
from engine.speech import Interrupted
from engine.speech.attempts import Attempt, Wish, say
from engine.speech.checking import Rules
from engine.speech.examples import speech_data
from engine.speech.flare import swung_to
from engine.speech.prompting import in_chat
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.voice import Listener

ROUNDS = 2
MOST_ROUNDS = 5
SWING = 0.2
"""How far the temperament moves with the stance."""
_TOKENS = 60
_TEMPERATURE = 0.7
_AUXILIARY = frozenset(
    ["am", "is", "are", "was", "were", "will", "would", "can", "could", "shall", "should", "may", "might", "must",
     "do", "does", "did", "has", "have", "had", "cannot", "won't", "can't", "isn't", "aren't", "don't", "doesn't"]
)  # fmt: skip
_ASKING = frozenset(["what", "which", "who", "why", "how", "where", "when", "whether"])
_FINITE = frozenset({"third", "past"})
_PLURAL = word_set("people", "plural") | {"i", "you", "we", "they"}


def debate(life: Lifeform, listener: Listener, topic: str, rounds: int) -> Answer:
    """Argue for and against ``topic``, ``rounds`` times each.

    A stop ends it where it is; what was said until then is kept.

    Raises:
        Interrupted: When it was stopped before the first argument was there.
    """
    subject = " ".join(topic.split()).rstrip(".!… ")
    beginnings = _beginnings(subject)
    resting = life.temperament.score
    said: list[Attempt] = []
    scores: list[float] = []
    for turn in range(2 * rounds):
        against = turn % 2 == 1
        score = min(1.0, max(0.0, resting + (-SWING if against else SWING)))
        with swung_to(life, score):
            wishes = _wishes(life, subject, [one.text for one in said], beginnings[min(turn, 2 + turn % 2)])
            stance, number = ("against", "[Rebuttal]") if against else ("for", f"[Argument {turn // 2 + 1}]")
            note = f"{stance}, temperament {resting:.2f} → {life.temperament.score:.2f}"
            listener.emit(Passage(listener.id, stance, f'{number} "', closing='"', note=note))
            try:
                said.append(say(life, listener, wishes))
            except Interrupted:
                if not said:
                    raise
        scores.append(score)
        if listener.cancelled():
            break
    transcript = "\n".join(f"{'Against' if turn % 2 else 'For'}: {one.text}" for turn, one in enumerate(said))
    stats = replace(said[-1].stats, stop_reason="stopped") if listener.cancelled() else said[-1].stats
    write_down(life, "debate", topic, transcript, stats, extra={"rounds": rounds, "stance_temperament": scores})
    return Answer(said[-1].text, stats)


def _wishes(life: Lifeform, subject: str, said: Sequence[str], beginning: str) -> list[Wish]:
    """Ways to make the next argument: it reads the one before it, and has to say something that none has said."""
    shown: list[list[str]] = speech_data()["debate"]["shown"]
    stance = beginning.replace("{claim}", _inside(subject)).replace("{Claim}", subject[:1].upper() + subject[1:])
    turns = [turn for asked, told in shown for turn in (Turn("user", asked), Turn("assistant", told))]
    if said:
        turns.append(Turn("user", f"{said[-1]}\n\nArgue against that, in one sentence."))
    else:
        turns.append(Turn("user", f"Argue for this, in one sentence: {subject}"))
    reasons = tuple(_reason(one) for one in said)
    sources = (*reasons, *(_reason(told) for _, told in shown))
    rules = Rules(fewest=3, most=45, sources=sources, known=(subject, *reasons), news=2)
    starts: list[str] = speech_data()["debate"]["against" if len(said) % 2 else "for"]
    turned = starts[len(said) // 2 :] + starts[: len(said) // 2]
    leads = [f"{stance} {start}".rstrip() for start in turned]
    return [Wish(in_chat(life, turns, lead, _TOKENS), lead, rules, _TOKENS, _TEMPERATURE) for lead in leads]


def _reason(argument: str) -> str:
    """What stands behind ``because``: the beginnings are alike in all arguments."""
    return re.split(r",? (?:because|since) ", argument)[-1]


def _beginnings(subject: str) -> list[str]:
    """How the first argument, the first rebuttal, later arguments and later rebuttals begin."""
    words = [word.casefold() for word in re.findall(r"[\w']+", subject)]
    data = speech_data()["debate"]
    if subject.endswith("?"):
        kind = "topic" if words and words[0] in _ASKING else "question"
    else:
        finite = any(word in _AUXILIARY or _is_finite(word, before) for before, word in pairwise(words))
        kind = "claim" if finite and words[0] not in _ASKING else "topic"
    beginnings: list[str] = data[kind]
    return beginnings


def _is_finite(word: str, before: str) -> bool:
    """Whether ``word`` is the verb of a claim; behind a plural it may be in its base form (footballers earn)."""
    readings = {reading for _, reading in lexicon().get(word, ())}
    return bool(readings & _FINITE) or ("base" in readings and (before in _PLURAL or before.endswith("s")))


def _inside(subject: str) -> str:
    """``subject`` as it stands inside a sentence: without its capital, unless it begins with ``I`` or with ``AI``."""
    first = subject.split(" ", 1)[0]
    return subject if (len(first) > 1 and first.isupper()) or first == "I" else subject[:1].lower() + subject[1:]
