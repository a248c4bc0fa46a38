"""Questions turned into the beginning of their answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine.speech import leads as module
from engine.speech.leads import leads, likeliest


@pytest.mark.parametrize(
    ("question", "begun"),
    [
        ("Why do cats purr?", "Cats purr because"),
        ("Why is snow white?", "Snow is white because"),
        ("Why does honey never go bad?", "Honey never goes bad because"),
        ("Explain in two sentences why Saturn has rings.", "Saturn has rings because"),
        ("How do I clean my chain?", "To clean your chain,"),
        ("How can I help my son?", "To help your son, you can"),
        ("How to boil an egg", "To boil an egg,"),
        ("How do whales sleep?", "Whales sleep by"),
        ("How often should I water a fern?", "You should water a fern"),
        ("How much water do ferns need?", "Ferns need"),
        ("How far away is the planet Saturn?", "The planet Saturn is"),
        ("How long should a speech be?", "A speech should be"),
        ("How long does it take to learn a song?", "It takes"),
        ("What should I pack for a week at sea?", "For a week at sea, you should pack"),
        ("What are the benefits of walking to work?", "The benefits of walking to work include"),
        ("What do we need for a puppy?", "For a puppy, you need"),
        ("What do I wear?", "You should wear"),
        ("What can I do on Sunday?", "On Sunday, you can"),
        ("What can a robot do at home?", "At home, a robot can"),
        ("What do blue whales eat?", "Blue whales eat"),
        ("What's a mortgage?", "A mortgage is"),
        ("What is the capital of Norway?", "The capital of Norway is"),
        ("What are the rings of Saturn made of?", "The rings of Saturn are made of"),
        ("What helps against noise?", "What helps against noise is"),
        ("What did I do wrong?", "Perhaps you"),
        ("Explain what a mortgage is.", "A mortgage is"),
        ("Which colour goes well with yellow?", "The colour that goes well with yellow is"),
        ("Which town should we see first, Porto or Faro?", "You should see"),
        ("Where can I buy seeds?", "You can buy seeds"),
        ("Who is the king of Norway?", "The king of Norway is"),
        ("Give me one tip for growing beans.", "One tip for growing beans is"),
        ("My knee hurts. Why do knees hurt?", "Knees hurt because"),
        ("Can I freeze bread?", "Yes, you can freeze bread because"),
    ],
)
def test_a_question_begins_its_answer(question: str, begun: str) -> None:
    assert begun in leads(question)


@pytest.mark.parametrize(
    "text",
    [
        "The river is wide.",
        "Hello",
        "",
        "What do you like?",
        "What is your name?",
        "What is wrong with it?",
        "What's that?",
        "Is it Porto or Faro?",
        "Give me three tips for growing beans.",
        "Tell me a story about a horse.",
        "Why " + "do cats purr and " * 9 + "sleep?",
    ],
)
def test_what_is_no_plain_question_is_not_begun(text: str) -> None:
    assert leads(text) == []


def test_where_a_verb_may_stand_in_two_places_the_base_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = "Bread dough should rest before baking for"
    assert wanted in leads("How long should bread dough rest before baking?")

    def log_probability(base: Any, text: str, context: str) -> float:
        return float(text == wanted)

    monkeypatch.setattr(module, "log_probability", log_probability)
    assert likeliest(object(), "How long should bread dough rest before baking?") == wanted  # type: ignore[arg-type]
    assert likeliest(object(), "The river is wide.") == ""  # type: ignore[arg-type]
