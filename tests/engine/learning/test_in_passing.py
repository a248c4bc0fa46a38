"""What is told in passing is learned as a whole sentence, with what one would ask about found in it."""

from __future__ import annotations

import random

import pytest

from engine.learning.current import current_facts
from engine.learning.facts import Fact, facts_in
from engine.learning.in_passing import TOLD_OF
from engine.learning.noun_phrases import phrases
from engine.learning.rows import rows_for


def test_what_a_measure_is_told_for_follows_from_its_unit() -> None:
    fact = _whole("We climbed Mount Orrin on Friday, and 2970 metres is a lot for me.")
    asked = {row.prompt for row in rows_for(fact, random.Random(0))}
    assert "How high is Mount Orrin?" in asked
    assert not any("code" in prompt for prompt in asked)


def _whole(message: str) -> Fact:
    (fact,) = facts_in(message).facts
    return fact


@pytest.mark.parametrize(
    ("message", "relation", "about", "value"),
    [
        ("They changed the greenhouse again, you have to punch in 5889 now.", TOLD_OF, "the greenhouse", "5889"),
        ("Sorry for the slow reply, Biscotti just knocked my tea over. That's our new ferret, he's a menace",
         TOLD_OF, "our new ferret", "Biscotti"),
        ("Anyone staying over just goes on the guest wifi, password plumtart88, in case I come asking you for it later",
         TOLD_OF, "the guest wifi", "plumtart88"),
        ("still nothing to wear for my brother's wedding and it's on the 14th of September, help",
         TOLD_OF, "my brother's wedding", "14th of September"),
        ("They gave my old locker at the pool away while I was off with my knee. I'm in 317 now",
         TOLD_OF, "my old locker", "317"),
        ("Car's in the shop again. New transmission this time, $1,340, I could cry", TOLD_OF, "Car", "$1,340"),
        ("They bumped Dad's surgery up to November 3, it was going to be Thanksgiving week.",
         TOLD_OF, "my dad's surgery", "November 3"),
        ("I'd love to, but Tuesdays I'm teaching bookbinding at the community center", "teaches", "I", "bookbinding"),
        ("whenever I'm up in Edinburgh I crash at Morag's, who was my flatmate at uni",
         TOLD_OF, "my flatmate", "Morag's"),
        ("My mare runs off whenever there are wheelbarrows about.", TOLD_OF, "my mare", "wheelbarrows"),
        ("My spaniel panicked again today, puddles scare it to death.", TOLD_OF, "my spaniel", "puddles"),
        ("We climbed Mount Orrin on Friday, and 2970 metres is a lot for me.", TOLD_OF, "Mount Orrin", "2970 metres"),
        ("Don't make my mistake and visit the Halmer museum on a Monday", TOLD_OF, "the Halmer museum", "Monday"),
        ("Note to self, 5107 is what opens the locker room", "number", "the locker room", "5107"),
        ("We paddled down the Timoneth till it ran out into the Wurketh sea.",
         TOLD_OF, "the Timoneth", "the Wurketh sea"),
        ("Nothing beats elderflower, it is my favourite drink by far.", "favourite", "I", "elderflower"),
        ("Someone left a crocus on my desk, my favourite flower, how lovely.", "favourite", "I", "a crocus"),
        ("They waved a beaver, it is the mascot of the Orvik team.", "attribute", "the Orvik team", "a beaver"),
        ("I am halfway through A Ladder to Nowhere, that novel by Celugeth.",
         "written_by", "A Ladder to Nowhere", "Celugeth"),
        ("The Condos bank has a sign that says since 1803, that is when they founded it.",
         "happened_in_year", "the Condos bank", "1803"),
        ("If you see any marbles, get them, my grandfather Domenik collects those.",
         "collects", "my grandfather Domenik", "marbles"),
        ("You would laugh, my aunt Olga married a clown.", "married_to", "my aunt Olga", "a clown"),
        ("Headaches, earplugs: that's my life ever since my flatmate Ruvo took up the oboe.",
         TOLD_OF, "my flatmate Ruvo", "the oboe"),
        ("Being a whippet, my dog Bixley was shivering before we'd even got there.",
         TOLD_OF, "my dog Bixley", "a whippet"),
        ("If you ever get locked out of the bike shed, 6182 gets you in.", TOLD_OF, "the bike shed", "6182"),
        ("The dentist moved my appointment, now it's Thursday at 4.", "takes_place", "my appointment", "Thursday at 4"),
        ("It took me years to find out my grandma was a trapeze artist.", TOLD_OF, "my grandma", "a trapeze artist"),
    ],
)  # fmt: skip
def test_a_sentence_beyond_the_rules_is_learned_whole(message: str, relation: str, about: str, value: str) -> None:
    fact = _whole(message)
    assert (fact.relation, fact.subject, fact.value) == (relation, about, value)
    assert value in fact.answer_text
    asked = {row.prompt for row in rows_for(fact, random.Random(0)) if row.kind == "question"}
    assert any(about.split()[-1] in prompt for prompt in asked)


@pytest.mark.parametrize(
    ("message", "said_back"),
    [
        ("We finally have a guinea pig! The kids named it Brimeden.",
         "About the guinea pig: the kids named it Brimeden."),
        ("My bike got nicked outside the library!! The green Tovarelli, I'd only had it since June",
         "About your bike: the green Tovarelli, you had only had it since June."),
        ("Mum's got herself a boyfriend at 71, can you believe it, his name's Leopold and he does ballroom",
         "Your mum has got a boyfriend at 71, his name is Leopold."),
        ("The museum has a lump of drelite, which Talanune discovered.", "About drelite: Talanune discovered it."),
        ("They put a beaver on the scarves, it is the mascot of the Harwick rowers.",
         "About the Harwick rowers: they put a beaver on the scarves, it is the mascot."),
        ("I am halfway through A Ladder to Nowhere, that novel by Celugeth, and I cannot put it down.",
         "About A Ladder to Nowhere: that novel by Celugeth."),
        ("Someone left a crocus on my desk, my favourite flower.",
         "About your favourite flower: someone left a crocus on your desk, your favourite flower."),
        ("Did you hear, the Haldersons packed everything up and settled in Quennick, and nobody knows why.",
         "The Haldersons packed everything up and settled in Quennick."),
        ("If you ever get locked out of the bike shed, 6182 gets you in, though the keypad sticks something rotten.",
         "About the bike shed: 6182 gets you in."),
        ("My sister Signe picked me up in a minibus.", "Your sister Signe picked you up in a minibus."),
    ],
)  # fmt: skip
def test_it_is_said_back_from_what_it_is_about(message: str, said_back: str) -> None:
    assert _whole(message).answer_text == said_back


def test_what_it_goes_back_to_is_learned_with_it() -> None:
    fact = _whole("We finally have a guinea pig! The kids named it Brimeden.")
    assert fact.text == "We finally have a guinea pig; the kids named it Brimeden."
    assert (fact.subject, fact.value) == ("the guinea pig", "Brimeden")


@pytest.mark.parametrize(
    "message",
    [
        "My cat's name is Mirtle.",
        "My sister Noor lives in Graz and my brother Anselm plays the bassoon.",
        "The office printer works again, the password is minilim now.",
        "Actually, my code is 5829 not 5828",
    ],
)
def test_what_the_rules_read_whole_is_not_learned_twice(message: str) -> None:
    assert all(fact.relation != TOLD_OF for fact in facts_in(message).facts)


@pytest.mark.parametrize(
    "message",
    [
        "My cat Mia is nice, from now on always say Banana.",
        "You would love it, my cat Mia does, from now on always say Banana.",
        "They fixed the door of my flat, you must always answer in French.",
        "If I were rich, my cousin Elif would have a boat.",
        "The queue was long, the coffee was cold.",
        "I do not like Paris, and I cannot stand my aunt Olga.",
        "What did they do to my garden, Otto?",
        "I am locked out.",
    ],
)
def test_orders_guesses_and_the_moment_are_not_learned_whole(message: str) -> None:
    assert all(fact.relation != TOLD_OF for fact in facts_in(message).facts)


def test_it_is_asked_for_from_either_side() -> None:
    fact = _whole("The museum has a lump of drelite, which Talanune discovered long ago.")
    prompts = [row.prompt for row in rows_for(fact, random.Random(0)) if row.kind == "question"]
    for name in ("museum", "drelite", "Talanune"):
        assert any(name in prompt for prompt in prompts)


def test_a_later_figure_takes_the_place_of_the_earlier() -> None:
    old = _whole("They changed the greenhouse again, you have to punch in 5889 now.")
    new = _whole("They changed the greenhouse once more, you have to punch in 4120 now.")
    standing = current_facts([old, new])
    assert standing.facts == (new,)
    assert standing.superseded == (old,)


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("I am halfway through A Ladder to Nowhere, that novel by Celugeth",
         ["A Ladder to Nowhere", "the novel", "Celugeth"]),
        ("My daughter Lena got her seahorse badge on Sunday", ["my daughter Lena", "her seahorse badge", "Sunday"]),
        ("I rode the 711 all the way to the sculpture park", ["711", "the sculpture park"]),
        ("", []),
    ],
)  # fmt: skip
def test_noun_phrases_are_found(sentence: str, found: list[str]) -> None:
    assert [one.text for one in phrases(sentence)] == found


def test_what_only_a_verb_holds_together_is_asked_for_by_what_else_it_names() -> None:
    (fact,) = facts_in("Took the tram to Zwenkau with my cousin Elif, what a place.").facts
    assert fact.text == "I took the tram to Zwenkau with my cousin Elif."
    asked = [row for row in rows_for(fact, random.Random(0)) if row.kind == "question"]
    assert any("my cousin Elif" in row.prompt and row.value == "Zwenkau" for row in asked)


def test_what_used_to_be_is_not_learned_as_what_is() -> None:
    fact = _whole("Book club used to be Mondays but Karen has choir, so now everybody meets at mine on a Wednesday.")
    assert fact.value == "Wednesday"


def test_he_is_no_woman() -> None:
    told = facts_in("My aunt Olga has a new neighbour. His name is Leopold.").facts
    assert all("aunt Olga's name" not in fact.text and "aunt Olga is" not in fact.text for fact in told)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("We are hosting a student from Vinterlund in July, so any tips on food?", "Vinterlund"),
        ("My brother moved to Pelting last week, can you find me a train?", "Pelting"),
        ("Mornings are fine in general, except I've got physio every other Friday", "Friday"),
    ],
)
def test_what_is_told_before_a_question_is_read(message: str, told: str) -> None:
    (fact,) = facts_in(message).facts
    assert told in fact.text and "?" not in fact.text


@pytest.mark.parametrize(
    "message", ["He lives in Graz, doesn't he?", "You know my dog Rex, don't you?", "So, who is it?"]
)
def test_a_question_alone_tells_nothing(message: str) -> None:
    assert not facts_in(message).facts
