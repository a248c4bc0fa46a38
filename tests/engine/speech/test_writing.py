"""What kind of text a prompt asks for."""

from __future__ import annotations

import pytest

from engine.speech.writing import kind_of


@pytest.mark.parametrize(
    ("text", "name", "lead", "sentences"),
    [
        ("Give me three tips to sleep well.", "list", "1.", 3),
        ("List some ways to save money", "list", "1.", 3),
        ("Make a packing list for a week at sea", "list", "1.", 3),
        ("Tell me a short story about a horse.", "story", "Once upon a time, there was a horse", 3),
        ("Write a story about my cat", "story", "Once upon a time, there was", 3),
        ("Please write a poem about the sea.", "poem", "", 4),
        ("Write a letter to my landlord about the heating.", "letter", "Dear landlord, I am writing to", 3),
        ("Write an email.", "letter", "Hello, I am writing to", 3),
        ("Write one sentence that cheers up a goalkeeper.", "text", "", 1),
        ("Write a toast for my boss.", "toast", "Let us raise our glasses to my boss, and may", 3),
        ("Write a toast.", "toast", "Let us raise our glasses, and may", 3),
        ("Write a birthday card for my uncle.", "wish", "Dear uncle, may", 3),
        ("Once upon a time there was a fish.", "beginning", "", 3),
        ("The robot opened its eyes and", "beginning", "", 3),
    ],
)
def test_the_kind_decides_how_it_begins_and_how_long_it_is(text: str, name: str, lead: str, sentences: int) -> None:
    kind = kind_of(text)
    assert kind is not None
    assert (kind.name, kind.lead, kind.sentences) == (name, lead, sentences)


@pytest.mark.parametrize(
    "text",
    [
        "Why do bees dance",
        "The river is wide.",
        "Give me one tip for growing beans.",
        "Hello",
        "",
        "print(1)",
        "I love my bees",
    ],
)
def test_a_question_or_a_remark_is_no_kind_of_text(text: str) -> None:
    assert kind_of(text) is None
