"""The control ``others-dreams``: the same night, but what was dreamt of are somebody else's memories.

Before the lifeform sleeps, it dreams of as many facts as it was told, which another one was told; what these dreams
ask, and the answers to it, take the place of its own dream questions. What was told, the rules' rows and the number of
steps are the same. If dreams help by what they say about a memory, these must not help.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.learning_facts import Fact, given_away, questions_of, taught_answers
from bench.learning_make_facts import make_facts
from engine.learning import sleep as nights
from engine.learning.curriculum import Curriculum, Lesson, plan_night
from engine.learning.night import Night
from engine.learning.rows import Row
from engine.memory.journal import Journal

_ANOTHER_LIFE = 1_000_003
"""Added to the seed: nobody measures with such a one."""


@contextmanager
def nights_of_others_dreams(facts: Sequence[Fact], seed: int) -> Iterator[None]:
    """While entered, whoever sleeps in this process has the dreams of one who was told none of ``facts``."""
    usual = nights.sleep

    def sleep(life: Any, watcher: Any, curriculum: Curriculum, *, dream: bool, last_prompt: str) -> Night:
        if not dream:
            return usual(life, watcher, curriculum, dream=False, last_prompt=last_prompt)
        own = curriculum.lessons
        new = sum(not lesson.old for lesson in own)
        others = plan_of(strangers(facts, new, len(own) - new, seed), seed)
        dreamt = nights.dream(life, watcher, others, last_prompt=last_prompt)
        curriculum.lessons = [*own, *(_dreamt_lesson(lesson, dreamt) for lesson in others.lessons)]
        try:
            night = usual(life, watcher, curriculum, dream=False, last_prompt=last_prompt)
        finally:
            curriculum.lessons = own
        night.dreams, night.seconds = dreamt.dreams, {**night.seconds, **dreamt.seconds}
        known = {lesson.memory_id for lesson in own}
        night.verdicts = {memory: verdict for memory, verdict in night.verdicts.items() if memory in known}
        return night

    nights.sleep = sleep
    try:
        yield
    finally:
        nights.sleep = usual


def strangers(facts: Sequence[Fact], count: int, skipped: int, seed: int) -> list[Fact]:
    """``count`` made-up facts that say nothing about what ``facts`` say, the first ``skipped`` left out."""
    answers, asked = taught_answers(facts), {text for fact in facts for text in questions_of(fact)}
    wanted = count + skipped
    made = make_facts(2 * wanted + len(facts), seed + _ANOTHER_LIFE)
    apart = [
        fact
        for fact in made
        if not given_away([fact.statement, *questions_of(fact)], answers)
        and not given_away(asked, fact.answers)
        and fact.question not in asked
    ]
    return apart[skipped:wanted]


def plan_of(facts: Sequence[Fact], seed: int) -> Curriculum:
    """The night of one who was told ``facts``. Its memories have numbers below 0, which no other life has."""
    with (
        tempfile.TemporaryDirectory(prefix="sovl-bench-") as folder,
        Journal.open(Path(folder, "journal.sqlite3")) as journal,
    ):
        for fact in facts:
            journal.record(conversation_id="another life", prompt=fact.statement, response="")
        curriculum = plan_night(journal, random.Random(seed))
    curriculum.lessons = [replace(lesson, memory_id=-lesson.memory_id) for lesson in curriculum.lessons]
    return curriculum


def _dreamt_lesson(lesson: Lesson, dreamt: Night) -> Lesson:
    """What is trained of somebody else's memory: the dreams' questions, and nothing else. No audit asks for it."""
    questions = dreamt.questions.get(lesson.memory_id, [])
    rows = tuple(Row(question, lesson.answer, "dream", "", "dream") for question in questions)
    return replace(lesson, rows=rows, probes=(), old=True, weight=1.0, questions=())
