"""``memories ask``: one memory asked about now, in a fresh conversation, and the answer judged. It leaves no mark."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.api import MemoryAsked, Output, Passage
from engine.composition.prompt import Turn
from engine.interaction import prompt_of, speak
from engine.learning.audit import answers
from engine.learning.facts import facts_in
from engine.learning.questions import plain_questions
from engine.speech import NothingToSay
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.lifeform import Lifeform
    from engine.memory.memories import Memory
    from engine.voice import Listener

_TOKENS = 48
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    value: str
    """What a right answer says; empty when that is not known."""


def probe(life: Lifeform, listener: Listener, memory_id: int) -> Answer:
    """Ask about a memory as chat would answer now, without its conversation; the likeliest words are said.

    Raises:
        NothingToSay: When there is no such memory, or no question fits it.
    """
    memory = life.journal.memories.get(memory_id)
    if memory is None:
        raise NothingToSay(f"There is no memory {memory_id}; memories lists them.")
    question = _question(memory)
    if question is None:
        raise NothingToSay(f"No question fits memory {memory_id}: {memory.text[:_SHOWN]}")
    listener.emit(Passage(listener.id, "question", "Asked: ", question.text, note=f"memory {memory_id}"))
    listener.emit(Passage(listener.id, "answer", "Answered: "))
    _, answer = speak(
        life, listener, prompt_of(life, [Turn("user", question.text)], _TOKENS), max_new_tokens=_TOKENS, temperature=0.0
    )
    if question.value and answer.stats.stop_reason != "stopped":
        says = answers(answer.text, question.value)
        right = says if memory.current else not says
        listener.emit(MemoryAsked(listener.id, memory_id, question.text, answer.text, right))
        listener.emit(Output(listener.id, _judgement(memory, question.value, says)))
    return answer


def _question(memory: Memory) -> _Question | None:
    """Its plainest question; for a statement that is read differently today one that a dream made."""
    fact = next((one for one in facts_in(memory.text).facts if one.id == memory.key), None)
    plain = plain_questions(fact, random.Random(fact.id)) if fact is not None else []
    text = next(iter((*plain, *memory.questions)), "")
    return _Question(text, fact.value if fact is not None else "") if text else None


def _judgement(memory: Memory, value: str, says: bool) -> str:
    if memory.current:
        return f"It knows: {value}." if says else f"It does not say: {value}."
    return f"It still says: {value}." if says else f"It is gone: {value} is not said."
