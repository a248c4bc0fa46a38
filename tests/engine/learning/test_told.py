"""What a pronoun at the start of a message means, and what it cannot mean."""

from __future__ import annotations

import pytest

from engine.learning.told import Told


def _told(*messages: str, conversation: str = "a") -> list[str]:
    told = Told()
    for message in messages:
        told.hear(message, conversation)
    return [fact.text for fact in told.facts]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (("My sister is called Noor.", "She is a welder."), "My sister is a welder."),
        (("My sister is called Noor.", "What is a weld?", "She is a welder."), "My sister is a welder."),
        (("The meeting is on Tuesday.", "It takes place in Graz."), "The meeting takes place in Graz."),
        (("My parents live in Graz.", "They collect clocks."), "My parents collect clocks."),
    ],
)
def test_a_message_may_go_back_to_the_one_before(messages: tuple[str, ...], told: str) -> None:
    assert told in _told(*messages)


def test_it_is_what_somebody_has_that_was_spoken_of_last() -> None:
    assert "My brother's bakery is called Crumb." in _told("My brother finally opened his bakery, it's called Crumb")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "So my sister-in-law Runa, the quiet one? Turns out she races pigeons.",
            "My sister-in-law Runa races pigeons.",
        ),
        ("met the new landlord on the stairs. His name's Mr Oddvin", "The new landlord's name is Mr Oddvin."),
        ("Went to the fair with my cousin. Her stall sells lamps", "My cousin's stall sells lamps."),
        ("the mower gave up :( good old Snorri, that's what we call it, needs a belt", "The mower is called Snorri."),
        (
            "A fox got into Fort Rye, which is what my kids call the compost heap",
            "The compost heap is called Fort Rye.",
        ),
        ("They gave me a parking space at the office. It's number 61.", "My parking space is number 61."),
        ("My aunt Runa got a houseboat at last. It's in Marrowdeep.", "My aunt Runa's houseboat is in Marrowdeep."),
        ("found my grandpa's old passport, he was born in Quill Bay, who knew", "My grandpa was born in Quill Bay."),
        ("had to reset the code on the shed again because it jammed, it's 4410 now", "The code on the shed is 4410."),
        ("I see a dermatologist now and then, Dr Pellow, who hums", "My dermatologist is called Dr Pellow."),
        ("the fig tree is dead, the one my uncle planted for my birth", "My uncle planted the fig tree for my birth."),
        ("I'm at Brindle Optics now, shorter way home", "I am at Brindle Optics, shorter way home."),
        ("I'm at mum's, her router password is fig44tree by the way", "My mum's router password is fig44tree."),
        ("They gave me a bunk on the boat. It's number 12, near the stern", "My bunk is number 12, near the stern."),
        ("my son has been begging for a kite since June", "My son wants a kite since June."),
        ("we drove out to uncle Oddvar's on Sunday, he keeps emus on his farm", "Uncle Oddvar keeps emus on his farm."),
        ("Signe did it, she's opening her own bar! It's called Rust & Rye", "Signe's bar is called Rust & Rye."),
    ],
)
def test_it_is_somebody_or_something_that_was_only_mentioned(message: str, told: str) -> None:
    assert told in _told(message)


def test_they_who_are_not_named_are_nobody() -> None:
    assert not any(
        "scarves" in text for text in _told("They knitted the scarves. It is the work of the Harwick rowers.")
    )


def test_it_is_nothing_that_only_says_how() -> None:
    assert not any("time" in text for text in _told("My sister has time. It is on Monday.")[1:])


def test_it_goes_back_neither_far_nor_into_another_conversation() -> None:
    asked = ["What is a weld?", "How are you?", "Tell me a joke."]
    assert _told("My sister is called Noor.", *asked, "She is a welder.") == ["My sister is called Noor."]
    told = Told()
    told.hear("My sister is called Noor.", "a")
    assert not told.hear("She is a welder.", "b").facts


@pytest.mark.parametrize(
    "message",
    [
        "They changed the greenhouse again, you have to punch in 5889 now.",
        "They put a beaver on the scarves, it is the mascot of the Harwick rowers.",
        "Nothing beats elderflower, it is my favourite drink by far.",
    ],
)
def test_what_was_told_before_does_not_get_into_a_message_that_speaks_of_other_things(message: str) -> None:
    alone = _told(message)
    for before in ("My uncle Wilfrid was born in Izmir.", "Celugeth wrote A Ladder to Nowhere.", "The bank is old."):
        assert _told(before, message)[1:] == alone


def test_a_correction_finds_what_it_puts_right_in_another_conversation() -> None:
    told = Told()
    told.hear("The code for the door is 5828.", "a")
    assert [fact.text for fact in told.hear("Sorry, I meant 5829", "b").facts] == ["The code for the door is 5829."]
