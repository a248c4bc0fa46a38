"""A life that has slept before: a journal with memories and nights in the home of a scripted engine."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sin
from pathlib import Path

from engine import NightDream, NightMemory, NightQuestion, NightRecord
from engine.memory.journal import Journal
from engine.memory.memories import Verdict
from engine.memory.nights import thinned
from tests.tui.fakes import DREAMS, MEMORIES

DAY = 86_400.0
BEGAN = 1_763_950_000.0
"""24 November 2025, shortly before two in the morning UTC."""

_AFTER = {"learned": 1.0, "weak": 0.4, "refused": 0.0}


def night(
    began: float, verdicts: tuple[str, ...], *, first: int = 1, steps: int = 95, scale: float = 1.0
) -> NightRecord:
    """A night that went over as many memories as there are ``verdicts``."""
    losses = thinned([0.2 + 2.3 * exp(-3.4 * n / steps) + 0.1 * sin(n * 1.7) for n in range(steps)])
    drifts = thinned([0.004 + 0.012 * n / steps + 0.002 * sin(n) for n in range(steps)])
    memories = tuple(
        NightMemory(
            first + n, MEMORIES[(first - 1 + n) % len(MEMORIES)], one, 0.2 * n, _AFTER[one] if scale else 0.2 * n
        )
        for n, one in enumerate(verdicts)
    )
    learned = verdicts.count("learned")
    headline = f"Learned {learned} of {len(verdicts)}; loss 2.51 → 0.31; mood curious."
    return NightRecord(
        began,
        began + 271.0,
        headline=headline
        if scale
        else "Slept, and kept nothing of it: it would lose 2 old memories. The weights are those of before.",
        why="" if scale == 1.0 else "it would lose 2 old memories",
        scale=scale,
        steps=steps,
        rows=310,
        loss_before=2.51,
        loss_after=0.31,
        losses=losses,
        drifts=drifts,
        phases=(("falling asleep", 2.1), ("dreaming", 41.0), ("training", 190.0), ("auditing", 37.0), ("waking", 0.1)),
        new=len(verdicts),
        memories=memories,
        dreams=tuple(NightDream(first + n, 0.62 - 0.1 * n, 0.9 - 0.2 * n, 0.14) for n in range(len(verdicts))),
        questions=tuple(
            NightQuestion(first + n % max(1, len(verdicts)), question, answer, why)
            for n, (question, answer, _, why) in enumerate(DREAMS * 2)
        ),
    )


LIFE = (
    night(BEGAN, ("learned", "weak", "refused")),
    night(BEGAN + DAY, ("learned", "learned", "weak", "learned"), scale=0.5),
    NightRecord(BEGAN + 2 * DAY, BEGAN + 2 * DAY + 30, "woken", "Woken early: everything is as it was before."),
    night(BEGAN + 3 * DAY, ("refused", "refused"), scale=0.0),
    night(BEGAN + 4 * DAY, ("learned", "learned", "learned", "weak", "learned")),
)
"""Five nights: one of each kind, the last one good."""


def live_through(home: Path, *nights: NightRecord) -> None:
    """Write ``nights`` and the memories that they tell of into the journal of ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    with Journal.open(home / "journal.sqlite3") as journal, journal.transaction():
        for number, text in sorted({(one.memory_id, one.text) for record in nights for one in record.memories}):
            if journal.memories.get(number) is None:  # keeping it once more would use up a number
                assert journal.memories.keep(f"key {number}", number, text).id == number
        for record in nights:
            for one in record.memories:
                journal.memories.judge(
                    one.memory_id, Verdict(one.verdict), one.after, record.ended, trained=record.scale > 0
                )
            for number in {one.memory_id for one in record.questions}:
                journal.memories.dreamt(
                    number, [one.question for one in record.questions if one.kept and one.memory_id == number]
                )
            journal.nights.keep(record)


def later(record: NightRecord, days: float) -> NightRecord:
    """The same night some days later."""
    return replace(record, began=record.began + days * DAY, ended=record.ended + days * DAY)
