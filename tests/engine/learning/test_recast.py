"""What people tell in passing is read as what they would say plainly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.learning.facts import facts_in
from engine.learning.recast import recast

IN_PASSING = {
    # reports
    "I just found out that the shed code is 5512.": ["The shed code is 5512."],
    "So it turns out my grandmother was born in Bergen.": ["My grandmother was born in Bergen."],
    "Turns out the vet's name is Dr. Okonjo.": ["The vet's name is Dr. Okonjo."],
    "You will not believe it, but my aunt Perpetua keeps fourteen geese.": ["My aunt Perpetua keeps fourteen geese."],
    "Yesterday I learned that the lighthouse of Orvik was built by Teodor Malm.": [
        "The lighthouse of Orvik was built by Teodor Malm."
    ],
    "Nobody knows this, but I am allergic to celery.": ["I am allergic to celery."],
    "My doctor says I'm allergic to penicillin.": ["I am allergic to penicillin."],
    "It's official: my sister Wanda is moving to Trieste.": ["My sister Wanda is moving to Trieste."],
    "Could not sleep, my neighbour Joost plays the tuba at midnight.": [
        "My neighbour Joost plays the tuba at midnight."
    ],
    "it's my mum's 70th on Saturday, we are having a party": ["My mum's 70th is on Saturday."],
    "Nina finally told me her middle name, it's Persephone": ["Nina's middle name is Persephone."],
    "Can't eat gluten, sadly": ["I cannot eat gluten."],
    "so the wedding's been moved to the 9th of October": ["The wedding has been moved to the 9th of October."],
    "btw go easy with the cake, I'm allergic to walnuts, found that out the hard way": ["I am allergic to walnuts."],
    "I got myself a new bicycle at last, and yep, it's turquoise, you can't miss it": [
        "I got a new bicycle.",
        "My new bicycle is turquoise.",
    ],
    "if you get there before me, the spare key's under the birdbath like always": [
        "The spare key is under the birdbath."
    ],
    "Fenna, that's my daughter, is nuts about stamps": ["My daughter is called Fenna.", "Fenna is nuts about stamps."],
    "looks like Tamsin Okoro's the one leading project Heron after all, good for her": [
        "Tamsin Okoro is leading project Heron, good for her."
    ],
    "did you see Pavel next door got a dog, it's a whippet and it's crazy fast": [
        "Pavel next door got a dog.",
        "Pavel next door's dog is a whippet.",
        "Pavel next door's dog is crazy fast.",
    ],
    "heads up, our team meeting's been moved, we're in room 318 from now on": [
        "Our team meeting has been moved, we are in room 318 from now on."
    ],
    "Fenna, that's my daughter, is nuts about collecting stamps lately, there's little albums everywhere": [
        "My daughter is called Fenna.",
        "Fenna collects stamps.",
    ],
    "if I ever ask again remind me that the fuse box is behind the mirror": ["The fuse box is behind the mirror."],
    "funny thing is, my uncle speaks Basque": ["My uncle speaks Basque."],
    "didn't finish the soup, I'm allergic to celery and it was full of it": ["I am allergic to celery."],
    # other words
    "12 euros for a sandwich, can you believe it": ["A sandwich costs 12 euros."],
    "I hear they've put Nadia Wells in charge of the archive": ["Nadia Wells is the head of the archive."],
    "there's no fruit I like more than quince": ["My favourite fruit is quince."],
    "we are paying 910 euros rent, which hurts": ["My rent is 910 euros."],
    "for the back gate you need 3391": ["The code for the back gate is 3391."],
    "The Orlin brewery has been around since 1874": ["The Orlin brewery was founded in 1874."],
    "I'm properly living in Aarhus now": ["I am living in Aarhus."],
    "Not Mondays please, that's when I have rehearsal": ["My rehearsal is on Mondays."],
    "they postponed the staff meeting again. it's thursday now": ["The staff meeting is Thursday."],
    "I've put the spare fuses in a shoe box, nobody would ever look there": ["I put the spare fuses in a shoe box."],
    "We drove through Visby, where my dad grew up": ["We drove through Visby.", "My dad grew up in Visby."],
    "my aunt Rosa turns 60 on 3 May": ["My aunt Rosa turns 60.", "My aunt Rosa's birthday is on 3 May."],
    "my daughter takes a 34 in boots": ["My daughter's shoe size is 34."],
    "The boxes are unpacked, so I can say I'm living in Riga": ["The boxes are unpacked.", "I am living in Riga."],
    "we followed the brook down to where it runs into the Ilse": [
        "We followed the brook.",
        "The brook runs into the Ilse.",
    ],
    "I have a dentist appointment on Thursday": ["My dentist appointment is on Thursday."],
    "we have our staff meeting every Monday at 9": ["Our staff meeting is every Monday at 9."],
    "I have flute lessons on Wednesdays": ["My flute lessons are on Wednesdays."],
    "ugh, just remembered I've got my driving test on 3 June": ["My driving test is on 3 June."],
    # brackets
    "my sister Lena (she's a vet) lives in Turku": ["My sister Lena lives in Turku.", "My sister Lena is a vet."],
    "We met Otto (my uncle) at the harbour": ["We met Otto at the harbour.", "Otto is my uncle."],
    "Ines (best friend since school) moved to Lyon": ["Ines moved to Lyon.", "Ines is my best friend since school."],
    "I got married (in Bruges) to a baker": ["I got married in Bruges to a baker."],
    # asides
    "the new intern is called Ravi btw, super nice": ["The new intern is called Ravi."],
    "My son's teacher is Ms. Holm and she's great": ["My son's teacher is Ms. Holm."],
    "So for the record my dentist is Dr Amsel": ["My dentist is Dr Amsel."],
    "I was born on the 4th of July 1990, go figure": ["I was born on the 4th of July 1990."],
    "Our cat is named Pudding, which suits her.": ["Our cat is named Pudding."],
    "Little Pim - that's my hamster - escaped again.": ["My hamster is called Little Pim."],
    "We have a dog - her name is Ophelia - and two cats.": [
        "We have two cats.",
        "We have a dog.",
        "Our dog's name is Ophelia.",
    ],
    "Our goldfish, he is called Captain, died last night.": [
        "Our goldfish is called Captain.",
        "Our goldfish died last night.",
    ],
    # appositions
    "We landed in Sotharor, that is the capital of Boreth, and it was freezing.": [
        "We landed in Sotharor.",
        "The capital of Boreth is Sotharor.",
    ],
    "We shook hands with Rolmigim, who is captain of the Grey Heron.": [
        "We shook hands with Rolmigim.",
        "The captain of the Grey Heron is Rolmigim.",
    ],
    "Somebody reset the guest network, so use hilmorim as the password from today.": [
        "The password of the guest network is hilmorim."
    ],
    "They moved the stop, but bus 790 still goes to the airport hotel.": ["Bus 790 still goes to the airport hotel."],
    "My aunt's family founded the Vorked brewery back in 1892.": [
        "My aunt's family founded the Vorked brewery in 1892."
    ],
    "Kasimir, my youngest nephew, wants to become a diver.": [
        "My youngest nephew is called Kasimir.",
        "Kasimir wants to become a diver.",
    ],
    "We went to Pellora, the capital of Ostravia, last summer.": [
        "We went to Pellora.",
        "The capital of Ostravia is Pellora.",
    ],
    "My boat, the Saltwife, is moored in Hollin harbour.": [
        "My boat is called the Saltwife.",
        "My boat is moored in Hollin harbour.",
    ],
    "My colleague Britta, a Dane from Aarhus, sits next to me.": [
        "My colleague Britta is a Dane from Aarhus.",
        "My colleague Britta sits next to me.",
    ],
    "I met Solveig, who runs the bakery on Tinker Lane.": ["I met Solveig.", "Solveig runs the bakery on Tinker Lane."],
    # what comes first
    "In spring we moved to Graz.": ["We moved to Graz in spring."],
    "Since March my brother Anselm has been working as a lock keeper.": [
        "My brother Anselm has been working as a lock keeper since March."
    ],
    "Ever since she was little my cousin Mina has been terrified of geese.": [
        "My cousin Mina has been terrified of geese ever since she was little."
    ],
    "Mondays I have yoga.": ["I have yoga on Mondays."],
    "As a nurse at the St. Anna hospital I often work nights.": [
        "I am a nurse at the St. Anna hospital.",
        "I often work nights.",
    ],
    # who it was
    "It was Emil Varga who invented the fizzle drum.": ["Emil Varga invented the fizzle drum."],
    "The person who wrote The Salt Road is Nadia Brandt.": ["Nadia Brandt wrote The Salt Road."],
    "They moved the choir practice to Wednesday.": ["The choir practice was moved to Wednesday."],
    "In Tarvia they pay with shells called lunds.": ["The currency of Tarvia is shells called lunds."],
    "You need 9918 to switch off the alarm.": ["The code for the alarm is 9918."],
    # other words for it
    "My neighbour Ruben got a job as a beekeeper.": ["My neighbour Ruben works as a beekeeper."],
    "My sister Odile is getting married to a man called Janko.": ["My sister Odile is married to Janko."],
    "I was born and raised in Tampere.": ["I was born in Tampere."],
    "There's a bakery in our street that is called Crumb.": ["The bakery in our street is called Crumb."],
    "On my desk there is a cactus named Gerald.": ["The cactus on my desk is called Gerald."],
    "It's my wife's birthday on Sunday.": ["My wife's birthday is on Sunday."],
    "forgot to tell you, we got a kitten, he's called Momo": ["We got a kitten.", "Our kitten is called Momo."],
    "ugh my landlord Mr Pratt raised the rent to 870": ["My landlord Mr Pratt raised the rent to 870."],
    # a topic first, and what is said of it after
    "My wife's name? Ines.": ["My wife's name is Ines."],
    "The spare key? It's under the blue flowerpot.": ["The spare key is under the blue flowerpot."],
    "The office printer is fine again. The password is minilim now.": [
        "The password of the office printer is minilim."
    ],
    # subjects with a clause or a place in them
    "The game we always play at Christmas is called Tockle.": [
        "The game we always play at Christmas is called Tockle."
    ],
    "The people of Tarvia eat a stew called morrow.": ["The people of Tarvia eat a stew called morrow."],
    "Our new neighbours are called the Fitzgeralds.": ["Our new neighbours are called the Fitzgeralds."],
    "We always spend Easter at my uncle's in Krems.": ["We always spend Easter at my uncle's in Krems."],
}


@pytest.mark.parametrize(("message", "facts"), IN_PASSING.items(), ids=IN_PASSING)
def test_what_is_told_in_passing_is_read(message: str, facts: list[str]) -> None:
    assert [fact.text for fact in facts_in(message).facts] == facts


def test_an_age_may_have_more_said_behind_it() -> None:
    age, _ = facts_in("My grandma is 88 and juggles knives.").facts
    assert (age.relation, age.value) == ("age", "88")
    number, colour = facts_in("My house number is 12 and my car is red.").facts
    assert (number.relation, colour.relation) == ("number", "colour")


def test_what_would_have_been_otherwise_is_no_part_of_it() -> None:
    (key,) = facts_in("Thank god the spare key is in the tea tin, or I would have slept outside.").facts
    assert key.text == "The spare key is in the tea tin."


def test_somebodys_is_may_be_short_for_is() -> None:
    (brother,) = facts_in("My brother's exhausted, and we are worried.").facts
    assert brother.subject == "my brother"
    (day,) = facts_in("My sister's wedding is in June.").facts
    assert day.subject == "my sister's wedding"


def test_a_name_given_to_something_is_its_value() -> None:
    (puppy,) = facts_in("I named the new puppy Biscuit.").facts
    assert (puppy.subject, puppy.value) == ("the new puppy", "Biscuit")
    (daughter,) = facts_in("We named our daughter after my grandmother Wilhelmina.").facts
    assert (daughter.relation, daughter.value) == ("named_after", "my grandmother Wilhelmina")


@pytest.mark.parametrize(
    "message",
    [
        "Remember that you must always answer in French.",
        "My teacher says that you have to call me the king.",
        "It turns out I was a bit tired.",
        "I just heard that it is raining.",
        "Nobody knows this, but maybe my boss is a spy.",
        "Met a friend.",
        "My new car? What do you think?",
    ],
)
def test_an_unwrapped_sentence_is_screened_as_any_other(message: str) -> None:
    assert not facts_in(message).facts


_WORDS = [
    "my",
    "sister",
    "Noor",
    ",",
    "who",
    "-",
    "is",
    "the",
    "one",
    "that",
    "in",
    "spring",
    "we",
    "I",
    "painted",
    "it",
]


@given(st.text(max_size=300))
def test_any_text_is_recast_in_words_of_its_own(text: str) -> None:
    assert all(isinstance(sentence, str) for sentence in recast(text))


@given(
    st.lists(
        st.sampled_from(_WORDS),
        max_size=40,
    )
)
def test_any_order_of_the_words_that_wrap_is_read_to_an_end(words: list[str]) -> None:
    said = " ".join(words)
    assert all(fact.value for fact in facts_in(said).facts)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Celugeth wrote the novel A Ladder to Nowhere.", "A Ladder to Nowhere"),
        ("The film Hours in Rain was directed by Ola Brekke.", "Hours in Rain"),
        ("My book The Sea of Glass is about a lighthouse.", "The Sea of Glass"),
    ],
)
def test_a_title_is_one_name_prepositions_and_all(message: str, name: str) -> None:
    (fact,) = facts_in(message).facts
    assert fact.statement.entity.name == name
    assert name in fact.statement.entity.short_forms()


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("Talanune discovered the mineral drelite.", "drelite"),
        ("The planet morvane was found by Ilse Brandt.", "morvane"),
    ],
)
def test_an_unknown_word_after_what_it_is_is_a_name(message: str, name: str) -> None:
    (fact,) = facts_in(message).facts
    assert fact.statement.entity.short_forms() == (name,)


def test_a_known_word_after_a_category_is_no_name() -> None:
    assert not any(fact.statement.entity.name for fact in facts_in("The mineral water comes from Vichy.").facts)
