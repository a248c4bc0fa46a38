"""What of a conversation the base reads: a small one little, a large one all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lives import Ear, awake

from engine import in_view
from engine.composition.prompt import Turn
from engine.conversation import Conversation
from engine.lifeform import Lifeform


@pytest.fixture
def life(tmp_path: Path, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    with awake(tmp_path / "home", tiny_folders["llama"], max_new_tokens=4) as one:
        yield one


def talk(*lines: str) -> list[Turn]:
    """A conversation in which these were said, the last one not yet answered."""
    turns = [turn for line in lines for turn in (Turn("user", line), Turn("assistant", f"about {line}"))]
    return turns[:-1]


def asked(turns: list[Turn]) -> list[str]:
    return [turn.text for turn in turns if turn.role == "user"]


def test_a_small_base_sees_the_last_exchange_and_those_that_answer(life: Lifeform) -> None:
    turns = talk("My cat is called Mia.", "I like tea.", "It rains.", "It snows.", "What is my cat's name?")
    answering = Conversation(turns=turns[:-1]).answering(turns[-1].text)
    assert asked(in_view.shown(life, turns, answering)) == [
        "My cat is called Mia.",
        "It snows.",
        "What is my cat's name?",
    ]
    assert in_view.shown(life, turns[:3]) == turns[:3]
    assert asked(in_view.shown(life, turns[:-2])) == ["It rains.", "It snows."]
    assert len(in_view.examples(life)) == 12


@pytest.mark.parametrize(
    ("text", "asks_for"),
    [
        ("How much water do tomatoes need?", True),
        ("It rains. So what should I wear?", True),
        ("what's that?", True),
        ("Do you know what it is?", False),
        ("What a day!", False),
        ("What is it? It is a cat.", False),
        ("Is it raining?", False),
    ],
)
def test_who_asks_for_something_is_not_told_yes_or_no(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch, text: str, asks_for: bool
) -> None:
    monkeypatch.setattr(in_view, "_NEITHER_NOR", ("x", "several tokens"))  # to a tiny tokenizer, "No" is several, too
    never = in_view.beside_the_point(life, text, in_view.examples(life))
    assert {life.composed.base.tokenizer.decode([token]).strip() for token in never} == ({"x"} if asks_for else set())
    assert not in_view.beside_the_point(life, text, [])


def test_a_conversation_that_the_lifeform_began_is_shown_in_whole_exchanges(life: Lifeform) -> None:
    turns = [Turn("assistant", "Are you there?"), *talk("My cat is called Mia.", "I like tea.", "It rains.", "My cat?")]
    answering = Conversation(turns=turns[:-1]).answering("What is my cat's name?")
    assert [turns[at].text for at in answering] == ["My cat is called Mia."]
    shown = in_view.shown(life, turns, answering)
    assert [turn.role for turn in shown] == ["user", "assistant"] * 2 + ["user"]
    assert asked(shown) == ["My cat is called Mia.", "It rains.", "My cat?"]


def test_as_many_as_the_settings_say(life: Lifeform) -> None:
    turns = talk("a", "b", "c", "d")
    life.set_config("controls_config.history_exchanges", 2)
    assert asked(in_view.shown(life, turns)) == ["b", "c", "d"]
    life.set_config("controls_config.history_exchanges", 0)
    assert asked(in_view.shown(life, turns)) == ["d"]
    life.set_config("controls_config.example_exchanges", 1)
    assert [turn.role for turn in in_view.examples(life)] == ["user", "assistant"]
    life.set_config("controls_config.example_exchanges", 0)
    assert not in_view.examples(life) and not in_view.alike(in_view.examples(life))


def test_a_large_base_reads_everything_and_no_examples(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_view, "_NARROW", 1)
    turns = talk("a", "b", "c", "d")
    assert in_view.shown(life, turns) == turns
    assert not in_view.examples(life)


def test_what_is_not_shown_stays_in_the_conversation(life: Lifeform) -> None:
    for line in ("My cat is called Mia.", "one", "two", "three"):
        life.chat(Ear(), line)
    assert asked(life.conversation.turns) == ["My cat is called Mia.", "one", "two", "three"]


def test_it_costs_no_more_the_longer_the_conversation(life: Lifeform) -> None:
    costs = [life.chat(Ear(), "I like tea.").stats.prompt_tokens for _ in range(6)]
    assert max(costs[2:]) <= max(costs[:2]) + 8
