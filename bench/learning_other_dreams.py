"""The control ``others-dreams``: the same night, but what is dreamt of are somebody else's memories.

The lifeform dreams of as many facts as it was told, which another one was told. What these dreams ask, and the answers
to it, take the place of its own dream questions; what they leave in the dream memory takes the place of what its own
would. The rules' rows and the number of steps are the same. If dreams help by what they say about a memory, these must
not help. What was dreamt in earlier nights is not rehearsed.
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
from bench.learning_judge import says
from bench.learning_make_facts import make_facts
from engine.learning import sleep as nights
from engine.learning.curriculum import MOST_NEW, Curriculum, Lesson, plan_night
from engine.learning.facts import facts_in
from engine.learning.learner import Learner
from engine.learning.night import Night
from engine.memory.journal import Journal

_ANOTHER_LIFE = 1_000_003
"""Added to the seed: nobody measures with such a one."""


@contextmanager
def nights_of_others_dreams(facts: Sequence[Fact], seed: int) -> Iterator[None]:
    """While entered, whoever sleeps in this process has the dreams of one who was told none of ``facts``."""
    usual = nights.sleep

    def sleep(life: Any, watcher: Any, curriculum: Curriculum, *, dream: bool, last_prompt: str) -> Night:
        own = curriculum.lessons
        others = lessons_beside(own, facts, seed) if dream else []
        try:
            night = _OthersNight(life, watcher, curriculum, others).run(dream, last_prompt)
        finally:
            curriculum.lessons = own
        known = {lesson.memory_id for lesson in own}
        night.verdicts = {memory: verdict for memory, verdict in night.verdicts.items() if memory in known}
        night.questions = {}
        return night

    nights.sleep = sleep
    try:
        yield
    finally:
        nights.sleep = usual


class _OthersNight(nights._Night):
    """A night that dreams of ``others`` and learns its own curriculum, and what was asked about them."""

    def __init__(self, life: Any, watcher: Any, curriculum: Curriculum, others: list[Lesson]) -> None:
        super().__init__(life, watcher, curriculum)
        self._others = others

    def _dream(self, learner: Learner, last_prompt: str, count: int | None = None) -> None:
        own, self.curriculum.lessons = self.curriculum.lessons, self._others
        super()._dream(learner, last_prompt, count)
        # Nothing is trained of somebody else's memory but the dreams' questions, and no audit asks for it.
        asked = (replace(one, rows=(), probes=(), questions=(), old=True, weight=1.0) for one in self._others)
        self.curriculum.lessons = [*own, *asked]


def lessons_beside(own: Sequence[Lesson], facts: Sequence[Fact], seed: int) -> list[Lesson]:
    """Somebody else's lessons, as many as ``own``, the new ones first; the old ones are those of the nights before.

    Their numbers are below 0, which no memory's is.
    """
    new = sum(not lesson.old for lesson in own)
    old = len(own) - new
    others = strangers(facts, len(own), seed)
    lessons = _lessons_of(others[old:], seed)
    lessons += [replace(lesson, old=True) for lesson in _lessons_of(others[:old], seed)]
    return [replace(lesson, memory_id=-number) for number, lesson in enumerate(lessons, 1)]


def strangers(facts: Sequence[Fact], count: int, seed: int) -> list[Fact]:
    """``count`` made-up facts that say nothing about what ``facts`` say, and that a lifeform understands."""
    answers, asked = taught_answers(facts), {text for fact in facts for text in questions_of(fact)}
    apart = (
        fact
        for fact in make_facts(2 * count + len(facts), seed + _ANOTHER_LIFE)
        if fact.question not in asked
        and not given_away([fact.statement, *questions_of(fact)], answers)
        and not given_away(asked, fact.answers)
        and any(says(found.value, fact.answers) for found in facts_in(fact.statement, []).facts)
    )
    return [fact for _, fact in zip(range(count), apart, strict=False)]


def _lessons_of(facts: Sequence[Fact], seed: int) -> list[Lesson]:
    """What one who was told ``facts`` learns of them in a night."""
    with (
        tempfile.TemporaryDirectory(prefix="sovl-bench-") as folder,
        Journal.open(Path(folder, "journal.sqlite3")) as journal,
    ):
        for fact in facts[:MOST_NEW]:
            journal.record(conversation_id="another life", prompt=fact.statement, response="")
        return plan_night(journal, random.Random(seed)).lessons
