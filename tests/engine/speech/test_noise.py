"""Spoiling text, and making it out again."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.speech.corruption import corrupt
from engine.speech.recovery import common_words, recover

WORDS = [
    "what", "is", "the", "capital", "of", "france", "hello", "world", "tell", "me", "about", "your", "cat", "friend",
    "river", "sleeps", "under", "bridge",
]  # fmt: skip
RANKS = {word: rank for rank, word in enumerate(WORDS)}


def test_noise_is_of_several_kinds_and_counted() -> None:
    text = "What is the capital of France, and who lives under the bridge? " * 4
    spoilt = corrupt(text, random.Random(1))
    assert spoilt.text != text and len(spoilt.noise) >= 4
    assert sum(count for _, count in spoilt.noise) == round(0.14 * sum(letter.isalpha() for letter in text))
    assert spoilt.told.startswith(f"{spoilt.noise[0][1]} {spoilt.noise[0][0]}")
    assert corrupt(text, random.Random(1)) == spoilt


@given(st.text(max_size=200), st.integers(0, 9))
def test_any_text_can_be_spoilt_and_looked_at(text: str, seed: int) -> None:
    spoilt = corrupt(text, random.Random(seed))
    assert bool(spoilt.noise) == any(letter.isalpha() for letter in text)
    recover(spoilt.text, RANKS)


@pytest.mark.parametrize(
    ("garbled", "text", "flair"),
    [
        ("H3ll0 W0rld! こんにちは 123###", "Hello World!", ("Japanese",)),
        ("wHat iss teh captial of frnce?", "What is the capital of france?", ()),
        ("t\u200bell m\u200be Ã©bout your cat", "Tell me about your cat", ()),
        ("привет hello", "Hello", ("Cyrillic",)),
        ("### *** 12345678", "", ()),
        ("", "", ()),
        ("F4r away", "Far away", ()),
        ("hOw d0 i win a purr", "How do I win a purr", ()),
        ("Mirtle sleeps", "Mirtle sleeps", ()),
        ("your frieendd", "Your friend", ()),
    ],
)
def test_what_was_meant(garbled: str, text: str, flair: tuple[str, ...]) -> None:
    recovered = recover(garbled, RANKS)
    assert (recovered.text, recovered.flair) == (text, flair)


@pytest.mark.parametrize(
    ("garbled", "meant"),
    [("hwo is your cat", "How is your cat"), ("wha tells your purr", "What tells your purr"), ("the Cat", "The cat")],
)
def test_where_several_words_may_be_meant_the_sentence_decides(garbled: str, meant: str) -> None:
    ranks = RANKS | {"who": 90, "how": 91, "why": 92, "pure": 93, "tells": 94, "wham": 2}
    recovered = recover(garbled, ranks, lambda sentence: float(sum(word in sentence for word in meant.split())))
    assert recovered.text == meant


def test_a_word_gives_way_to_its_neighbour_only_where_the_sentence_says_so() -> None:
    ranks = RANKS | {"my": 0, "cast": 1, "cats": 95}

    def likely(sentence: str) -> float:
        return 0.0 if "cats under" in sentence else -5.0

    assert recover("my cast under the bridge", ranks, likely).text == "My cats under the bridge"
    assert recover("my cast about the bridge", ranks, likely).text == "My cast about the bridge"


def test_between_two_blanks_a_word_of_one_letter_may_be_missing() -> None:
    ranks = RANKS | {"may": 90, "go": 91}
    assert recover("may  go", ranks, lambda sentence: 0.0 if "I" in sentence else -9.0).text == "May I go"
    assert recover("may  go", ranks, lambda sentence: 0.0).text == recover("may  go", ranks).text == "May go"


def test_of_a_long_text_it_judges_a_part_by_words_nearby() -> None:
    asked: list[str] = []

    def likely(sentence: str) -> float:
        asked.append(sentence)
        return 0.0

    recover("hwo is your cta under the bridge " * 200, RANKS | {"who": 90, "how": 91}, likely)
    assert asked and len(asked) < 800
    assert max(len(sentence.split()) for sentence in asked) <= 13
    assert recover("x" * 100_000, RANKS).text == "X" + "x" * 99_999


def test_single_strokes_are_mostly_undone() -> None:
    sentence = "tell me about your friend and the river under the bridge"
    ranks = RANKS | {"and": 99}
    right = 0
    for seed in range(40):
        recovered = recover(corrupt(sentence, random.Random(seed)).text, ranks).text.casefold().split()
        right += sum(one == other for one, other in zip(recovered, sentence.split(), strict=False))
    assert right >= 0.9 * 40 * len(sentence.split())


def test_common_words_are_whole_words_by_rank() -> None:
    vocabulary = {"Ġthe": 5, "ĠThe": 9, "Ġth": 2, "Ġhouse": 30, "house": 31, "Ġ42": 7, "▁river": 40, "Ġpartí": 50}
    assert common_words(vocabulary) == {"the": 5, "house": 30, "river": 40}
