"""Nights as the sleep room shows them: the one that runs and those of the diary, in the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import localtime, strftime
from time import time as now

from engine import NightRecord
from engine.api import Dreamt, MemoryAudited, Replayed, SleepPhase, TrainingStep
from sovl_tui.long_job import LongJob


@dataclass(slots=True, eq=False)
class NightPage:
    """One night: what is known of its work, and, once it is over, what the diary says of it."""

    job: LongJob
    record: NightRecord | None = None
    over: bool = False
    """Whether it has ended."""
    began: float = field(default_factory=now)
    """Unix seconds."""

    @property
    def day(self) -> str:
        """On which day it began."""
        return "tonight" if self.record is None else strftime("%a %d %b", localtime(self.record.began))

    @property
    def time(self) -> str:
        """At what time it began."""
        return "" if self.record is None else strftime("%H:%M", localtime(self.record.began))

    @property
    def headline(self) -> str:
        """The one line on what came of it."""
        return self.record.headline if self.record is not None and self.record.headline else self.job.headline


@dataclass(frozen=True, slots=True)
class MemoryDreamt:
    """A row of the dream feed: a memory, and how it was replayed; figures are None where it was only asked about."""

    memory: str
    similarity: float | None = None
    novelty: float | None = None
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class QuestionDreamt:
    """A row of the dream feed: what was asked, and what became of it."""

    question: str
    answer: str
    kept: bool
    why: str


DreamRow = MemoryDreamt | QuestionDreamt


def page_of(record: NightRecord, texts: Mapping[int, str]) -> NightPage:
    """A night of the diary; ``texts`` are those of all memories that are still known, by number."""
    job = LongJob("sleep")
    texts = {**texts, **{one.memory_id: one.text for one in record.memories}}
    for phase, _ in record.phases:
        job.take(SleepPhase(0, phase))
    for dream in record.dreams:
        text = texts.get(dream.memory_id, f"memory {dream.memory_id}")
        job.take(Replayed(0, dream.memory_id, text, dream.similarity, dream.novelty, dream.noise))
    for asked in record.questions:
        text = texts.get(asked.memory_id, f"memory {asked.memory_id}")
        job.take(Dreamt(0, text, asked.question, asked.answer, asked.kept, asked.why, asked.memory_id))
    points = len(record.losses)
    for step, loss in enumerate(record.losses, start=1):
        drift = record.drifts[step - 1] if step <= len(record.drifts) else 0.0
        job.take(TrainingStep(0, step, points, loss, drift))
    for one in record.memories:
        job.take(MemoryAudited(0, one.memory_id, one.text, one.verdict, one.before, one.after))
    return NightPage(job, record, over=True, began=record.began)


def dream_rows(job: LongJob) -> list[DreamRow]:
    """The feed: each memory with the questions it was asked about below it, in the order in which they were dreamt."""
    questions: dict[str, list[QuestionDreamt]] = {}
    for one in job.dreams:
        questions.setdefault(one.memory, []).append(QuestionDreamt(one.question, one.answer, one.kept, one.why))
    rows: list[DreamRow] = []
    for replay in job.replays:
        rows.append(MemoryDreamt(replay.memory, replay.similarity, replay.novelty, replay.noise))
        rows += questions.pop(replay.memory, ())
    for memory, asked in questions.items():
        rows += MemoryDreamt(memory), *asked
    return rows
