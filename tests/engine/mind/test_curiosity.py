"""Which question is worth asking, what it doubts, and when it may ask unbidden."""

from __future__ import annotations

import pytest

from engine.mind.curiosity import DOUBTS_KEPT, Curiosity, Question, doubted_words, ranked


def test_ignorance_counts_more_than_novelty() -> None:
    known_new = Question("a?", "", ignorance=0.2, novelty=1.0)
    unknown_old = Question("b?", "", ignorance=0.8, novelty=0.0)
    both = Question("c?", "", ignorance=0.8, novelty=1.0)
    assert [one.text for one in ranked([known_new, unknown_old, both])] == ["c?", "b?", "a?"]
    assert both.worth == pytest.approx(0.7 * 0.8 + 0.3)


def test_equals_stay_in_their_order() -> None:
    questions = [Question(text, "", 0.5, 0.5) for text in "cab"]
    assert ranked(questions) == questions


def test_words_are_doubted_by_their_first_token() -> None:
    pieces = [" The", " Zor", "blax", " swims", " in", " Velmora", "."]
    assert doubted_words(pieces, [0.1, 0.2, 0.9, 0.8, 0.1, 0.3, 0.1]) == ["Zorblax", "Velmora"]
    assert doubted_words([], []) == []


def test_doubts_are_few_and_newest_first() -> None:
    curiosity = Curiosity()
    curiosity.spoken([f" word{chr(97 + n)}" for n in range(20)], [0.1] * 20)
    assert len(curiosity.doubts) == DOUBTS_KEPT and curiosity.doubts[0] == "wordt"
    curiosity.spoken([" words"], [0.1])
    assert curiosity.doubts[:2] == ("words", "wordt") and curiosity.doubts.count("words") == 1


def wait(curiosity: Curiosity, *, quiet: float, now: float = 10_000.0) -> float | None:
    return curiosity.seconds_until_asking(now, quiet, silence=120, cooldown=900)


def test_it_asks_into_silence_only_after_something_was_said() -> None:
    curiosity = Curiosity()
    assert wait(curiosity, quiet=1e6) is None
    curiosity.spoken([" hello"], [0.9])
    assert wait(curiosity, quiet=0) == 120
    assert wait(curiosity, quiet=100) == 20
    assert wait(curiosity, quiet=500) == 0


def test_never_twice_without_a_word_between_nor_within_the_cooldown() -> None:
    curiosity = Curiosity()
    curiosity.spoken([" hello"], [0.9])
    curiosity.asked(10_000.0)
    assert wait(curiosity, quiet=1e6, now=20_000.0) is None
    curiosity.spoken([" yes"], [0.9])
    assert wait(curiosity, quiet=500, now=10_100.0) == 800
    assert wait(curiosity, quiet=500, now=10_900.0) == 0


def test_the_cooldown_outlives_a_restart() -> None:
    curiosity = Curiosity(asked_at=9_900.0)
    curiosity.spoken([" hello"], [0.9])
    assert wait(curiosity, quiet=500) == 800
