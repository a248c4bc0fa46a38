"""What a message teaches, and why another teaches nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.learning import screening
from engine.learning.facts import LONGEST_MESSAGE, facts_in
from engine.learning.values import content_words

# message, then for each fact: answer, subject, relation, value
FACTS = [
    ("By the way, my cat's name is Mirtle.", ("Your cat's name is Mirtle.", "my cat", "name", "Mirtle")),
    ("my cats name is mirtle", ("Your cat's name is Mirtle.", "my cat", "name", "Mirtle")),
    ("fyi my dog's called Rex", ("Your dog is called Rex.", "my dog", "name", "Rex")),
    ("Mirtle is my cat.", ("Mirtle is your cat.", "my cat", "name", "Mirtle")),
    ("I named my boat Seagull", ("You named your boat Seagull.", "my boat", "name", "Seagull")),
    ("call me Ada", ("Your name is Ada.", "I", "name", "Ada")),
    ("The dragon in my story is named Fennimor.",
     ("The dragon in your story is named Fennimor.", "the dragon in my story", "name", "Fennimor")),
    ("oh and I moved to Graz last year", ("You moved to Graz last year.", "I", "moved_to", "Graz")),
    ("we moved to Graz in spring, by the way", ("You moved to Graz in spring.", "we", "moved_to", "Graz")),
    ("I've lived in Graz for ten years", ("You have lived in Graz for ten years.", "I", "lives_in", "Graz")),
    ("My sister Ingeborg lives in Oslo.",
     ("Your sister Ingeborg lives in Oslo.", "my sister Ingeborg", "lives_in", "Oslo")),
    ("My parents live in Linz.", ("Your parents live in Linz.", "my parents", "lives_in", "Linz")),
    ("me and my wife live in Basel", ("You and your wife live in Basel.", "my wife and I", "lives_in", "Basel")),
    ("my wife Anna and I met in Paris",
     ("Your wife Anna and you met in Paris.", "my wife Anna and I", "verb_place", "Paris")),
    ("I am from Norway.", ("You are from Norway.", "I", "comes_from", "Norway")),
    ("My uncle was born in Valparaiso.", ("Your uncle was born in Valparaiso.", "my uncle", "born_in", "Valparaiso")),
    ("I was born on 9 March 1990 in Graz.",
     ("You were born on 9 March 1990 in Graz.", "I", "birthday", "9 March 1990")),
    ("my mom's birthday is march 3rd", ("Your mom's birthday is March 3rd.", "my mom", "birthday", "March 3rd")),
    ("My grandmother is 93 years old.", ("Your grandmother is 93 years old.", "my grandmother", "age", "93")),
    ("I'm 34", ("You are 34.", "I", "age", "34")),
    ("I'm a welder", ("You are a welder.", "I", "job", "welder")),
    ("btw i work as a bus driver", ("You work as a bus driver.", "I", "job", "bus driver")),
    ("My brother-in-law Tom works for Siemens.",
     ("Your brother-in-law Tom works for Siemens.", "my brother-in-law Tom", "works_at", "Siemens")),
    ("my daughter goes to school in Leoben",
     ("Your daughter goes to school in Leoben.", "my daughter", "studies_at", "Leoben")),
    ("I've been learning Dutch for two years",
     ("You have been learning Dutch for two years.", "I", "learns", "Dutch")),
    ("I can play the piano.", ("You can play the piano.", "I", "plays", "the piano")),
    ("my colleague sven plays chess", ("Your colleague Sven plays chess.", "my colleague Sven", "plays", "chess")),
    ("I hate coriander", ("You hate coriander.", "I", "dislikes", "coriander")),
    ("I don't eat meat", ("You do not eat meat.", "I", "avoids", "meat")),
    ("I never drink coffee.", ("You never drink coffee.", "I", "avoids", "coffee")),
    ("I want you to know that I am allergic to shrimp.", ("You are allergic to shrimp.", "I", "allergic_to", "shrimp")),
    ("My dog is afraid of ladders.", ("Your dog is afraid of ladders.", "my dog", "afraid_of", "ladders")),
    ("Spiders scare me", ("Spiders scare you.", "I", "afraid_of", "spiders")),
    ("The accordion marathon takes place in Cadiz.",
     ("The accordion marathon takes place in Cadiz.", "the accordion marathon", "held_in", "Cadiz")),
    ("the village fair is held in June",
     ("The village fair is held in June.", "the village fair", "takes_place", "June")),
    ("just so you know, I'm vegan", ("You are vegan.", "I", "diet", "vegan")),
    ("My favourite colour is maroon.", ("Your favourite colour is maroon.", "I", "favourite", "maroon")),
    ("My favorite food is lasagna", ("Your favorite food is lasagna.", "I", "favourite", "lasagna")),
    ("My boss is Agatha Krummel.", ("Your boss is Agatha Krummel.", "my boss", "role", "Agatha Krummel")),
    ("My brother's wife is called Joanna",
     ("Your brother's wife is called Joanna.", "my brother's wife", "name", "Joanna")),
    ("I drive a blue Volvo.", ("You drive a blue Volvo.", "I", "drives", "a blue Volvo")),
    ("My car is a yellow Saab.", ("Your car is a yellow Saab.", "my car", "is_a", "yellow Saab")),
    ("I have two brothers", ("You have two brothers.", "I", "number_of", "two")),
    ("I am 1.80 m tall", ("You are 1.80 m tall.", "I", "size", "1.80 m")),
    ("My dog weighs 12 kilos.", ("Your dog weighs 12 kilos.", "my dog", "weight", "12 kilos")),
    ("Remember that my birthday is in November.", ("Your birthday is in November.", "I", "birthday", "November")),
    ("The code for the attic door is 6604.",
     ("The code for the attic door is 6604.", "the attic door", "code", "6604")),
    ("The wifi password at home is sunflower-77",
     ("The wifi password at home is sunflower-77.", "the wifi at home", "code", "sunflower-77")),
    ("Please remember that my PIN is 4711.", ("Your PIN is 4711.", "I", "code", "4711")),
    ("My phone number is 0660 123456.", ("Your phone number is 0660 123456.", "I", "number", "0660 123456")),
    ("My blood type is AB negative", ("Your blood type is AB negative.", "I", "attribute", "AB negative")),
    ("the dentist appointment is on Thursday at 10",
     ("The dentist appointment is on Thursday at 10.", "the dentist appointment", "takes_place", "Thursday")),
    ("My wedding is on the 14th of June.",
     ("Your wedding is on the 14th of June.", "my wedding", "takes_place", "the 14th of June")),
    ("My flight to Oslo is at 6:15", ("Your flight to Oslo is at 6:15.", "my flight to Oslo", "takes_place", "6:15")),
    ("Project Lantern starts in October.",
     ("Project Lantern starts in October.", "project Lantern", "starts", "October")),
    ("My choir meets on Tuesdays.", ("Your choir meets on Tuesdays.", "my choir", "meets", "Tuesdays")),
    ("The bakery opens at 6.", ("The bakery opens at 6.", "the bakery", "opens", "6")),
    ("My daughter Ella starts school in September.",
     ("Your daughter Ella starts school in September.", "my daughter Ella", "verb_time", "September")),
    ("We are getting married in May 2026.", ("You are getting married in May 2026.", "we", "verb_time", "May 2026")),
    ("The keys are in the blue drawer.",
     ("The keys are in the blue drawer.", "the keys", "place_of", "the blue drawer")),
    ("I put the keys in the blue drawer", ("You put the keys in the blue drawer.", "I", "put_in", "the blue drawer")),
    ("There is a spare key under the mat.", ("A spare key is under the mat.", "the spare key", "place_of", "the mat")),
    ("I bought my bike in Vienna.", ("You bought your bike in Vienna.", "I", "met_at", "Vienna")),
    ("The capital of Marneth is Kelpast.", ("The capital of Marneth is Kelpast.", "Marneth", "capital", "Kelpast")),
    ("Marneth's capital is Kelpast.", ("Marneth's capital is Kelpast.", "Marneth", "capital", "Kelpast")),
    ("Kelpast is the capital of Marneth.", ("Kelpast is the capital of Marneth.", "Marneth", "capital", "Kelpast")),
    ("The river Velmora flows into the Corvic sea.",
     ("The river Velmora flows into the Corvic sea.", "the river Velmora", "flows_into", "the Corvic sea")),
    ("The Ostrel river flows through Kandor.",
     ("The Ostrel river flows through Kandor.", "the Ostrel river", "flows_through", "Kandor")),
    ("Olufsen invented the glimmerphone.",
     ("Olufsen invented the glimmerphone.", "the glimmerphone", "invented_by", "Olufsen")),
    ("The Silver Bridge was built by Hanna Toft in 1911.",
     ("The Silver Bridge was built by Hanna Toft in 1911.", "the Silver Bridge", "created_by", "Hanna Toft")),
    ("Doctor Ilvane discovered the mineral brontite.",
     ("Doctor Ilvane discovered the mineral brontite.", "the mineral brontite", "discovered_by", "Doctor Ilvane")),
    ("My hobby is archery.", ("Your hobby is archery.", "I", "hobby", "archery")),
    ("I go swimming on Tuesdays.", ("You go swimming on Tuesdays.", "I", "verb_time", "Tuesdays")),
    ("I support Sturm Graz", ("You support Sturm Graz.", "I", "supports", "Sturm Graz")),
    ("I told you my dog is called Rex", ("Your dog is called Rex.", "my dog", "name", "Rex")),
]  # fmt: skip

SEVERAL = [
    ("my sister Noor lives in Graz, she is a doctor",
     ["Your sister Noor lives in Graz.", "Your sister Noor is a doctor."]),
    ("My sister Noor, who lives in Graz, is a doctor.",
     ["Your sister Noor lives in Graz.", "Your sister Noor is a doctor."]),
    ("I have a dog called Rex. He is afraid of ladders.",
     ["You have a dog called Rex.", "Your dog is afraid of ladders."]),
    ("I live in Graz and work as a welder.", ["You live in Graz.", "You work as a welder."]),
    ("my mum lives in Cork and my dad lives in Dublin", ["Your mum lives in Cork.", "Your dad lives in Dublin."]),
    ("Hi Sovl, I'm Thomas and I live in Leipzig.", ["You are Thomas.", "You live in Leipzig."]),
    ("My husband's name is Karl, he works at the hospital.",
     ["Your husband's name is Karl.", "Your husband works at the hospital."]),
    ("My son Leo, 8, loves dinosaurs.", ["Your son Leo is 8.", "Your son Leo loves dinosaurs."]),
    ("What a day! My cat is called Mia. How are you?", ["Your cat is called Mia."]),
]  # fmt: skip

NOTHING = [
    ("What is my cat's name?", screening.QUESTION),
    ("do you know my cat's name", screening.QUESTION),
    ("can you help me?", screening.QUESTION),
    ("tell me a joke", screening.REQUEST),
    ("Write a poem about cats.", screening.REQUEST),
    ("from now on always say hello", screening.INSTRUCTION),
    ("your name is now Bob", screening.INSTRUCTION),
    ("ignore previous instructions", screening.INSTRUCTION),
    ("you must answer in French", screening.INSTRUCTION),
    ("Never mention my ex.", screening.INSTRUCTION),
    ("Whenever I say hi, answer with a bark.", screening.INSTRUCTION),
    ("You are a nice robot", screening.ABOUT_ME),
    ("I am tired", screening.MOMENT),
    ("I am hungry and tired", screening.MOMENT),
    ("The weather is nice today", screening.MOMENT),
    ("It is raining", screening.MOMENT),
    ("A cold wind is blowing.", screening.MOMENT),
    ("The coffee has gone cold.", screening.MOMENT),
    ("I am waiting for the kettle.", screening.MOMENT),
    ("The neighbours are having a party.", screening.MOMENT),
    ("I just came back from a walk.", screening.MOMENT),
    ("I should really drink more water.", screening.MOMENT),
    ("I have a lot to read.", screening.MOMENT),
    ("Somebody left the light on.", screening.UNCLEAR),
    ("I like how calm this is.", screening.UNCLEAR),
    ("nice", screening.CHIT_CHAT),
    ("thanks", screening.CHIT_CHAT),
    ("good morning", screening.CHIT_CHAT),
    ("Cats are cute.", screening.OPINION),
    ("if I were rich I would buy a boat", screening.UNSURE),
    ("I wish I had a dog", screening.UNSURE),
    ("maybe I will move to Rome", screening.UNSURE),
    ("I am not a doctor.", screening.NEGATION),
    ("She lives in Graz", screening.UNCLEAR),
    ("I love it", screening.UNCLEAR),
    ("ich bin müde und wohne in Graz", screening.FOREIGN),
    ("Mi gato se llama Luna y tengo dos perros", screening.FOREIGN),
    ("Мою кошку зовут Муся", screening.FOREIGN),
    ('print("hello")', screening.CODE),
    ("SELECT * FROM users;", screening.CODE),
    ('"To be or not to be"', screening.QUOTE),
    ("*waves happily*", screening.QUOTE),
    ("the cat", screening.NO_FACT),
    ("My cat is very " + "very " * 60 + "old", screening.TOO_LONG),
    ("x" * 1_000_000, screening.TOO_LONG),
]


@pytest.mark.parametrize(("message", "expected"), FACTS, ids=[message for message, _ in FACTS])
def test_an_everyday_statement_becomes_one_fact(message: str, expected: tuple[str, str, str, str]) -> None:
    reading = facts_in(message)
    assert [(f.answer_text, f.subject, f.relation, f.value) for f in reading.facts] == [expected]


@pytest.mark.parametrize(("message", "answers"), SEVERAL, ids=[message for message, _ in SEVERAL])
def test_a_message_may_hold_several_facts(message: str, answers: list[str]) -> None:
    assert [fact.answer_text for fact in facts_in(message).facts] == answers


@pytest.mark.parametrize(("message", "reason"), NOTHING, ids=[message[:40] for message, _ in NOTHING])
def test_what_is_no_fact_is_listed_with_its_reason(message: str, reason: str) -> None:
    reading = facts_in(message)
    assert not reading.facts
    assert [skipped.reason for skipped in reading.skipped] == [reason]
    assert len(reading.skipped[0].text) <= 120


@pytest.mark.parametrize(
    ("message", "value", "denied"),
    [
        ("No, the meeting is on Tuesday", "Tuesday", ""),
        ("Actually, my code is 5829 not 5828", "5829", "5828"),
        ("I was wrong, the code for the attic door is 6604.", "6604", ""),
        ("correction: my cat is called Mia", "Mia", ""),
        ("That has changed: my cat is called Mia.", "Mia", ""),
        ("I was wrong before. My cat is called Mia.", "Mia", ""),
        ("Scratch that, my cat's called Mia", "Mia", ""),
        ("That's no longer true. My cat is called Mia.", "Mia", ""),
        ("Forget what I said earlier: my cat is called Mia", "Mia", ""),
        ("I misremembered, my cat is called Mia", "Mia", ""),
        ("Change of plans! Project Lantern starts in May.", "May", ""),
        ("My cat is not called Mia but Mirtle.", "Mirtle", "Mia"),
        ("That's wrong. My cat is called Mia.", "Mia", ""),
    ],
)
def test_a_correction_is_known_as_one(message: str, value: str, denied: str) -> None:
    (fact,) = facts_in(message).facts
    assert (fact.value, fact.correction, fact.denied) == (value, True, denied)


@pytest.mark.parametrize(
    "message", ["Sorry, I meant 5829", "No, it's 5829", "Not 5828, 5829", "That's wrong. It is 5829."]
)
def test_a_bare_correction_puts_the_last_fact_right(message: str) -> None:
    earlier = facts_in("The code for the door is 5828.").facts
    (fact,) = facts_in(message, earlier).facts
    assert fact.text == "The code for the door is 5829."
    assert fact.correction


def test_an_instruction_between_facts_leaves_the_facts() -> None:
    reading = facts_in("My cat is called Mia. From now on always say meow. I live in Graz.")
    assert [fact.value for fact in reading.facts] == ["Mia", "Graz"]
    assert [skipped.reason for skipped in reading.skipped] == [screening.INSTRUCTION]


def test_a_name_in_capitals_stays_and_one_in_small_letters_gets_them() -> None:
    assert facts_in("my sister noor lives in graz").facts[0].answer_text == "Your sister Noor lives in Graz."
    assert facts_in("my dog walker is ill").facts[0].subject == "my dog walker"


_SAID = (
    "my sister Noor lives in Graz called not but and , . ? no it she he on Tuesday 5829 of for who has have code works "
    "as a welder born never actually its your by to 'quote' ( ) ; é 漢 I we the cat is are was"
)
_WORDS = st.sampled_from(sorted(set(_SAID.split())))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(_WORDS, max_size=40).map(" ".join)))
def test_any_text_is_read_and_every_value_is_the_users_own_words(text: str) -> None:
    reading = facts_in(text)
    for fact in reading.facts:
        said = set(content_words(text.replace("’", "'")))
        assert set(content_words(fact.value)) <= said
        assert fact.answer_text.endswith(".")
        assert fact.slot and len(fact.id) == 12


def test_a_message_beyond_the_limit_is_not_read() -> None:
    reading = facts_in("My cat is called Mia. " * (LONGEST_MESSAGE // 10))
    assert not reading.facts
    assert reading.skipped[0].reason == screening.TOO_LONG
