"""What a night works with: the rows of its curriculum, put in tokens and made ready for its learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.learning.curriculum import Curriculum, Lesson
from engine.learning.exercise import Exercise
from engine.learning.learner import Heed, Learner
from engine.learning.night import Night
from engine.learning.rows import Row
from engine.learning.to_stay import PASSAGE_TOKENS, compare_sparsely
from engine.learning.wording import Wording

_KEPT_TOKENS = (8, 12)
"""Tokens of the base's own answer that are kept, for near misses and for other prompts."""
_EXAM = 8
"""Wordings of each memory in the exam, see :mod:`engine.learning.exam`."""


@dataclass(frozen=True, slots=True)
class Material:
    """Makes the rows of a night ready.

    Attributes:
        learner: Whom they are for.
        wording: Puts them in tokens.
        curriculum: What the night goes over.
        night: What was dreamt so far.
        longest: Most tokens of a row; longer ones are left out.
        heed: Called often; raises to end it.
    """

    learner: Learner
    wording: Wording
    curriculum: Curriculum
    night: Night
    longest: int
    heed: Heed

    def told(self) -> tuple[list[Exercise], list[float]]:
        """What is to be learned, the questions of dreams among it, and how much each row counts."""
        asked: list[tuple[Lesson, Row]] = []
        for lesson in self.curriculum.lessons:
            dreamt = self.night.questions.get(lesson.memory_id, lesson.questions)
            asked += [(lesson, row) for row in (*lesson.rows, *map(lesson.asked, dreamt))]
        return self._taught(asked)

    def exam(self) -> list[Exercise]:
        """Every memory asked in a few wordings that are not trained on."""
        return self._taught(
            [(one, one.asked(text)) for one in self.curriculum.lessons for text in one.openings[:_EXAM]]
        )[0]

    def openings(self) -> list[Exercise]:
        """Every memory asked in all those wordings, for the gate."""
        return self._prompts([text for lesson in self.curriculum.lessons for text in lesson.openings], told=True)

    def shut(self) -> list[Exercise]:
        """Prompts at which the gate is to stay shut."""
        return self._prompts(self.curriculum.shut, told=False)

    def kept(self) -> list[Exercise]:
        """Prompts to which the base's own answers are kept, and passages of which it is kept how they go on."""
        rows: list[tuple[list[int], list[int], bool]] = []
        for prompts, tokens in zip((self.curriculum.near, self.curriculum.rehearsal), _KEPT_TOKENS, strict=True):
            encoded = [self.wording.ids(prompt) for prompt in prompts]
            replies = self.learner.answers(encoded, tokens, self.heed, influence=False)
            for ids, reply in zip(encoded, replies, strict=True):
                rows.append((ids, [*reply.ids, *([self.wording.end] if len(reply.ids) < tokens else [])], False))
        answers = len(rows)
        for shown, further in self.curriculum.passages:
            rows.append((self.wording.ids(shown), self.wording.tokens(further)[:PASSAGE_TOKENS], False))
        kept = self.learner.prepare(rows, self.heed, own=True)
        compare_sparsely(kept[answers:])
        return kept

    def _prompts(self, texts: Sequence[str], told: bool) -> list[Exercise]:
        return self.learner.prepare([(self.wording.ids(text), [], told) for text in texts], self.heed)

    def _taught(self, asked: Sequence[tuple[Lesson, Row]]) -> tuple[list[Exercise], list[float]]:
        # A memory that was dreamt of is replayed as disturbed as it was dreamt.
        dreamt_noise = {one.memory.id: one.noise for one in self.night.dreams}
        encoded = [(self.wording.ids(row.prompt), *self.wording.answer(row.answer, row.value)) for _, row in asked]
        fitting = [i for i, (ids, said, _) in enumerate(encoded) if len(ids) + len(said) <= self.longest]
        exercises = self.learner.prepare([(*encoded[i][:2], True) for i in fitting], self.heed)
        for i, exercise in zip(fitting, exercises, strict=True):
            lesson, row = asked[i]
            exercise.stress, exercise.gated = encoded[i][2], row.kind != "scene"
            exercise.noise = dreamt_noise.get(lesson.memory_id, 0.0)
        return exercises, [asked[i][0].weight for i in fitting]
