"""What a text is about, and what keeps coming up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.memory.record import Interaction
from engine.speech.themes import theme_of
from engine.speech.topics import content_words, topics


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("By the way, my cat's name is Mirtle.", ["your cat", "Mirtle"]),
        ("My sister Noor lives in Graz", ["your sister Noor", "Graz"]),
        ("What is the capital of France?", ["the capital of France"]),
        ("Dogs are better than cats", ["dogs", "cats"]),
        ("what do you think about love?", ["love"]),
        ("My boss Ms Olufsen moved the meeting to Tuesday", ["your boss Ms Olufsen", "the meeting", "Tuesday"]),
        ("Marie Curie was a physicist", ["Marie Curie", "a physicist"]),
        ("I start a new job at the library", ["a job", "the library"]),
        ("I am a little nervous about Monday", ["Monday"]),
        ("How long does it take to play a simple song?", ["a simple song"]),
        ("How do you keep people motivated after a defeat?", ["a defeat"]),
        ("Why do cats like warm places?", ["cats"]),
        ("The brakes squeak every time I stop.", ["the brakes"]),
        ("We want to paint our kitchen yellow.", ["your kitchen"]),
        ("I love the yellow flowers", ["the yellow flowers"]),
        ("I run five kilometres", []),
        ("I am learning to play the violin", ["the violin"]),
        ("My neighbour says they need more sun", ["your neighbour", "sun"]),
        ("He ate an old apple and a green egg of an ostrich", ["an apple", "a green egg of an ostrich"]),
        ("日本語 を 話す", ["日本語", "話す"]),
        ("Hello there, how are you?", []),
        ("👩‍👩‍👧 !!! 42", []),
        ("", []),
    ],
)
def test_topics(text: str, about: list[str]) -> None:
    assert topics(text) == about


@given(st.text(max_size=300))
def test_any_text_has_topics_or_none(text: str) -> None:
    assert all(topic.strip() == topic != "" for topic in topics(text))
    assert all(word == word.casefold() for word in content_words(text))


def said(*pairs: tuple[str, str]) -> list[Interaction]:
    return [Interaction(id, "c", 0.0, "chat", prompt, response) for id, (prompt, response) in enumerate(pairs, 11)]


KIN = {"puppy": [1.0, 0.1], "dog": [1.0, 0.0], "dogs": [0.9, 0.1], "rain": [0.0, 1.0]}


def vectors(words: list[str]) -> list[list[float]]:
    return [KIN.get(word, [0.0, 0.0]) for word in words]


def test_the_theme_is_what_most_interactions_speak_of_in_whatever_words() -> None:
    theme = theme_of(
        said(("My dog barks", "Loud!"), ("Is it raining?", "Yes, rain."), ("The puppy sleeps", "Sweet.")), vectors
    )
    assert theme is not None and theme.recurring
    assert theme.interactions == (11, 13)
    assert set(theme.words) == {"dog", "puppy"} and theme.word in theme.words


def test_a_plural_is_the_same_word_and_a_name_keeps_its_capital() -> None:
    theme = theme_of(said(("I met Noor today", "Nice."), ("I like Noor", "Good.")), vectors)
    assert theme is not None and (theme.word, theme.interactions) == ("Noor", (11, 12))
    theme = theme_of(said(("one cherry", ""), ("two cherries", "")), vectors)
    assert theme is not None and theme.interactions == (11, 12)


def test_a_theme_is_a_thing_and_named_as_one_names_it() -> None:
    theme = theme_of(said(("Our team lost again", ""), ("We lost, and my team is sad", "")), vectors)
    assert theme is not None and (theme.word, theme.topic) == ("team", "your team")
    theme = theme_of(
        said(
            ("My friend Paolo speaks fast", ""),
        ),
        vectors,
    )
    assert theme is not None and theme.topic == "your friend Paolo"
    theme = theme_of(said(("We are getting a puppy", ""), ("What does a puppy eat?", "")), vectors)
    assert theme is not None and theme.topic == "the puppy"


def test_nothing_recurs_or_nothing_was_said() -> None:
    theme = theme_of(said(("My violin broke", ""), ("Bread!", "")), vectors)
    assert theme is not None and not theme.recurring and (theme.word, theme.topic) == ("bread", "bread")
    assert theme_of(said(("How are you?", "I am well")), vectors) is None
    assert theme_of([], vectors) is None
