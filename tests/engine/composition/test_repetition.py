"""An answer ends before the sentence that begins as others did."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.composition.repetition import SameBeginnings


def shown(text: str, most: int = 2) -> tuple[str, bool]:
    """What of ``text`` is shown, a word or mark a token, and whether it was ended."""
    tokens = re.findall(r"\s*[\w']+|\s*[^\w\s]|\s+", text)
    check = SameBeginnings(lambda ids: "".join(tokens[id] for id in ids), most)
    certain = 0
    for token in range(len(tokens)):
        if check.push(token):
            assert token + 1 - check.held >= certain, "what was shown is not taken back"
            return "".join(tokens[: token + 1 - check.held]), True
        certain = max(certain, token + 1 - check.held)
    return "".join(tokens), False


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I'm so glad. I'm so happy. I'm proud.", "I'm so glad."),
        ("That is kind! You should have it. You should, have it now.", "That is kind! You should have it."),
        ('He said "no." Then he left. He said nothing more.', 'He said "no." Then he left.'),
        ("Thanks a lot.\n\nThanks a bunch.", "Thanks a lot."),
    ],
)
def test_it_ends_before_a_sentence_that_begins_alike(text: str, kept: str) -> None:
    assert shown(text) == (kept, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm glad. I was there.",
        "The sea is deep. The sky is high, and blue.",
        "1. Take a walk now. 2. Take a walk then. 3. Take a walk.",
        "It costs 3.14 now, it costs 3.14 then",
        "Ha ha. Ha ha.",
    ],
)
def test_other_answers_are_left_alone(text: str) -> None:
    assert shown(text) == (text, False)


def test_the_number_of_sentences_that_may_begin_alike_is_a_setting() -> None:
    assert shown("I am one. I am two. I am three.", 3) == ("I am one. I am two.", True)


@given(st.lists(st.sampled_from(["I", "am", "so", "glad", ".", "!", "\n"]), max_size=40))
def test_whatever_is_shown_stays_shown(words: list[str]) -> None:
    kept, _ = shown(" ".join(words))
    assert " ".join(words).startswith(kept)
