"""The diary of nights: what is written comes back, whole, and what older versions wrote can be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.memory.journal import Journal
from engine.memory.nights import (
    CURVE_POINTS,
    MOST_QUESTIONS,
    NightDream,
    NightMemory,
    NightQuestion,
    NightRecord,
    thinned,
    worth_keeping,
)

NIGHT = NightRecord(
    began=1000.0,
    ended=1090.5,
    headline="Learned 1 of 2; loss 2.51 → 0.31; mood calm.",
    why="it would lose 2 old memories",
    scale=0.75,
    steps=90,
    rows=310,
    loss_before=2.51,
    loss_after=0.31,
    losses=(2.5, 1.0, 0.31),
    drifts=(0.0, 0.01, 0.02),
    phases=(("dreaming", 12.5), ("training", 70.0)),
    gate_raised_to=0.62,
    new=2,
    left=3,
    memories=(
        NightMemory(1, "My cat is called Mia.", "learned", 0.0, 1.0),
        NightMemory(2, "Ä ö 猫", "weak", 0.5, 0.25),
    ),
    dreams=(NightDream(1, 0.4, 0.9, 0.15),),
    questions=(NightQuestion(1, "Who is Mia?", "My cat"), NightQuestion(1, "Why?", "", "not a question")),
    skipped=(("Hello!", "a greeting"),),
)


@pytest.fixture
def journal(tmp_path: Path):
    with Journal.open(tmp_path / "journal.sqlite3") as opened:
        yield opened


def test_a_night_comes_back_as_it_was_written(journal: Journal) -> None:
    with journal.transaction():
        journal.nights.keep(NIGHT)
    assert journal.nights.last(10) == [NIGHT]


@pytest.mark.parametrize("outcome", ["woken", "failed"])
def test_nights_that_came_to_nothing_are_in_the_diary_too(journal: Journal, outcome: str) -> None:
    short = NightRecord(5.0, 9.0, outcome, "Woken early.")  # type: ignore[arg-type]
    with journal.transaction():
        journal.nights.keep(NIGHT)
        journal.nights.keep(short)
        journal.event("save", {"prefix": "x"})
    assert journal.nights.last(10) == [NIGHT, short]
    assert journal.nights.last(1) == [short]


def test_a_night_of_an_older_version_can_be_read(journal: Journal) -> None:
    old = {"facts": 2, "new": 1, "rows": 5, "steps": 90, "scale": 0, "why": "no better", "seconds": 60.0}
    journal.event("sleep", {**old, "phases": {"training": 50.0}, "verdicts": {"1": "refused"}}, timestamp=100.0)
    journal.event("sleep_failed", {"why": "diverged"}, timestamp=200.0)
    slept, failed = journal.nights.last(5)
    assert (slept.began, slept.ended, slept.rolled_back) == (40.0, 100.0, True)
    assert slept.phases == (("training", 50.0),) and slept.memories == ()
    assert failed.outcome == "failed" and failed.why == "diverged"


def test_a_night_that_is_written_in_a_transaction_that_fails_is_not_there(journal: Journal) -> None:
    with pytest.raises(RuntimeError), journal.transaction():
        journal.nights.keep(NIGHT)
        raise RuntimeError
    assert journal.nights.last(10) == []


def test_only_a_trained_night_that_kept_nothing_was_rolled_back() -> None:
    assert not NIGHT.rolled_back
    assert replace(NIGHT, scale=0.0).rolled_back
    assert not replace(NIGHT, scale=0.0, steps=0).rolled_back
    assert not replace(NIGHT, scale=0.0, outcome="woken").rolled_back
    assert (NIGHT.count("learned"), NIGHT.count("refused")) == (1, 0)


@pytest.mark.parametrize("length", [0, 1, CURVE_POINTS - 1, CURVE_POINTS, CURVE_POINTS + 1, 5 * CURVE_POINTS + 3])
def test_a_thinned_curve_keeps_its_mean_and_its_ends(length: int) -> None:
    values = [float(number) for number in range(length)]
    kept = thinned(values)
    assert len(kept) == min(length, CURVE_POINTS)
    assert list(kept) == sorted(kept)
    if length:
        assert kept[0] <= length / CURVE_POINTS + 1 and kept[-1] >= length - 1 - length / CURVE_POINTS - 1


def test_what_was_not_kept_gives_way_first() -> None:
    many = [NightQuestion(n, f"q{n}", "a", "" if n % 3 == 0 else "no") for n in range(MOST_QUESTIONS * 2)]
    kept = worth_keeping(many)
    assert len(kept) == MOST_QUESTIONS
    assert [one for one in kept if one.kept] == [one for one in many if one.kept]
    assert list(kept) == sorted(kept, key=lambda one: one.memory_id)
    assert worth_keeping(many[:5]) == tuple(many[:5])
