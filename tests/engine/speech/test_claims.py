"""What a claim is about, and what is granted of an argument."""

from __future__ import annotations

import pytest

from engine.speech.claims import Matter, conceded, is_many, matter_of


@pytest.mark.parametrize(
    ("claim", "matter"),
    [
        ("Everybody should grow their own vegetables", Matter("growing your own vegetables", "deed")),
        ("Should we ban short flights?", Matter("banning short flights", "deed")),
        ("Should dogs be allowed in shops?", Matter("allowing dogs in shops", "deed")),
        ("Cars should be banned from towns.", Matter("banning cars from towns", "deed")),
        ("Buses should be free", Matter("making buses free", "deed")),
        ("Animals should not be kept in zoos", Matter("keeping animals in zoos", "deed", against=True)),
        ("Cats are better than dogs", Matter("cats", "compared", "dogs")),
        ("Dogs are worse than cats", Matter("cats", "compared", "dogs")),
        ("Is it better to rent or to buy a house?", Matter("renting", "compared", "buying a house")),
        ("Cats or dogs?", Matter("cats", "compared", "dogs")),
        ("Marie Curie was the greatest of physicists", Matter("Marie Curie", "state")),
        ("AI will replace artists", Matter("AI", "state")),
        ("Marriage is out of date", Matter("marriage", "state", against=True)),
        ("Eating meat is wrong", Matter("eating meat", "state", against=True)),
        ("Footballers earn too much", Matter("footballers", "state", against=True)),
        ("Nuclear power", Matter("nuclear power", "state")),
        ("Will it ever rain again over the dry hills?", Matter("it", "deed")),
    ],
)
def test_what_a_claim_is_about(claim: str, matter: Matter) -> None:
    assert matter_of(claim) == matter


@pytest.mark.parametrize(
    ("thing", "many"),
    [("cats", True), ("life in the cities", False), ("banning flights", False), ("history", False), ("people", True)],
)
def test_one_or_many(thing: str, many: bool) -> None:
    assert is_many(thing) is many


@pytest.mark.parametrize(
    ("reason", "thing", "granted"),
    [
        ("it helps people sleep, and more.", "it", "it may help people sleep"),
        ("cats are clean.", "cats", "cats may be clean"),
        ("AI can paint well.", "AI", "AI may paint well"),
        ("banning cars saves air and supports towns.", "banning cars", "banning cars may save air and support towns"),
        ("cats are not loud.", "cats", ""),
        ("dogs are loud.", "cats", ""),
        ("it quickly rains.", "it", ""),
        ("it gives " + "more and " * 9 + "less.", "it", ""),
    ],
)
def test_what_is_granted_of_an_argument(reason: str, thing: str, granted: str) -> None:
    assert conceded(reason, thing) == granted
