"""What the memory room knows of each memory: its verdict, its strength over the nights, what was dreamt of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import localtime, strftime

from engine import Diary, Memory, NightDream, NightMemory

GONE = ("superseded", "forgotten")
"""Verdicts of what is to be known no more."""
VERDICTS = ("learned", "weak", "refused", "new", *GONE)
"""In the order in which they are counted."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class NightOfMemory:
    """What one night did to one memory.

    Attributes:
        began: Unix seconds.
        audited: What the audit said; None when it was only dreamt of.
        dream: How it was dreamt of; None when it was not.
    """

    began: float
    audited: NightMemory | None
    dream: NightDream | None

    @property
    def day(self) -> str:
        """On which day it began."""
        return strftime("%a %d %b", localtime(self.began))


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """One memory.

    Attributes:
        memory: As it is remembered.
        nights: The nights that went over it, oldest first.
        answers: Questions that dreams made of it, each with its answer where that is still known.
    """

    memory: Memory
    nights: tuple[NightOfMemory, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()

    @property
    def strengths(self) -> tuple[float, ...]:
        """Share of its questions that were answered right after each night's audit."""
        return tuple(night.audited.after for night in self.nights if night.audited is not None)

    @property
    def gone(self) -> bool:
        """Whether it is to be known no more."""
        return self.memory.verdict.value in GONE


def memory_rows(diary: Diary) -> list[MemoryRow]:
    """All memories with what the diary tells of them, oldest first."""
    nights: dict[int, list[NightOfMemory]] = {}
    answers: dict[int, dict[str, str]] = {}
    for night in diary.nights:
        audited = {one.memory_id: one for one in night.memories}
        dreams = {one.memory_id: one for one in night.dreams}
        for number in dict.fromkeys((*audited, *dreams)):
            of_it = NightOfMemory(night.began, audited.get(number), dreams.get(number))
            nights.setdefault(number, []).append(of_it)
        for asked in night.questions:
            if asked.kept:
                answers.setdefault(asked.memory_id, {})[asked.question] = asked.answer
    return [
        MemoryRow(
            memory,
            tuple(nights.get(memory.id, ())),
            tuple((question, answers.get(memory.id, {}).get(question, "")) for question in memory.questions),
        )
        for memory in diary.memories
    ]


ORDERS: dict[str, Callable[[MemoryRow], tuple[float, ...]]] = {
    "newest first": lambda row: (row.gone, -row.memory.id),
    "weakest first": lambda row: (row.gone, row.memory.strength, -row.memory.id),
    "by verdict": lambda row: (VERDICTS.index(row.memory.verdict.value), -row.memory.id),
}
"""Ways to sort; what is gone always comes last."""


def in_order(rows: Iterable[MemoryRow], order: str) -> list[MemoryRow]:
    """``rows`` sorted in one of :data:`ORDERS`."""
    return sorted(rows, key=ORDERS[order])


def fitting(rows: Iterable[MemoryRow], words: str) -> list[MemoryRow]:
    """Those of ``rows`` that have all ``words``, in whatever case: in text, questions or verdict."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in _searched(row) for word in wanted)]


def _searched(row: MemoryRow) -> str:
    return "\n".join((row.memory.text, row.memory.verdict.value, *(q for pair in row.answers for q in pair))).casefold()


def counts(rows: Sequence[MemoryRow]) -> list[tuple[str, int]]:
    """How many there are of each verdict; what is gone in one."""
    found = dict.fromkeys((*VERDICTS[:4], "gone"), 0)
    for row in rows:
        found["gone" if row.gone else row.memory.verdict.value] += 1
    return [(verdict, number) for verdict, number in found.items() if number]


def ago(seconds: float) -> str:
    """How long ago, in a few characters: ``now``, ``5 min``, ``3 h``, ``12 d``."""
    if seconds < _MINUTE:
        return "now"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < _DAY:
        return f"{seconds / _HOUR:.0f} h"
    return f"{seconds / _DAY:.0f} d"
