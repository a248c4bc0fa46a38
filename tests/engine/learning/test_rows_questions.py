"""The many ways in which a fact is asked for."""

from __future__ import annotations

import random
import re

import pytest

from engine.learning.facts import Fact, facts_in
from engine.learning.negatives import near_misses
from engine.learning.questions import GIVING, gives_away, questions
from engine.learning.relations import relations
from engine.learning.rows import RowPlan, names_beside, rows_for
from engine.learning.templates import _SLOT, fill
from engine.learning.typing_errors import hurried, mistyped

#: Twenty statements of as many kinds as people tell.
TOLD = [
    "The river Dravel flows into the Sondic sea.",
    "The capital of Umbria Minor is Tarsk.",
    "The code for the cellar door is 4417.",
    "I am allergic to walnuts.",
    "Project Heron starts in June.",
    "I work as a florist.",
    "My brother Emil lives in Porto.",
    "My favourite fruit is quince.",
    "My horse is afraid of umbrellas.",
    "My birthday is on the 3rd of May.",
    "My parrot's name is Kiko.",
    "Vasquez invented the cloudpress.",
    "The keys are in the green tin.",
    "My aunt plays the bassoon.",
    "My uncle was born in Ghent.",
    "I moved to Leoben last year.",
    "My boss is Agatha Krummel.",
    "The train leaves at 7:40.",
    "My neighbour collects stamps.",
    "We adopted a dog named Bruno in 2019.",
]


def _fact(text: str) -> Fact:
    (fact,) = facts_in(text).facts
    return fact


@pytest.mark.parametrize("told", TOLD)
def test_a_fact_is_asked_for_in_many_ways_and_never_given_away(told: str) -> None:
    fact = _fact(told)
    made = questions(fact, random.Random(0), 60)
    texts = [question.text for question in made]
    assert len(texts) == len({text.lower() for text in texts}) >= 20
    assert {"plain", "words", "embedded", "yes", "no", "typo", "lower", "gap", "wrapped"} <= {q.form for q in made}
    for question in made:
        assert question.form == "lower" or re.search(r"([?.!]|\.\.\.|___\.)$", question.text)
        assert "{" not in question.text and "  " not in question.text and " ?" not in question.text
        if question.form not in GIVING:
            assert not gives_away(question.text, fact), question


def test_the_plain_question_comes_first() -> None:
    first = {told: questions(_fact(told), random.Random(3), 1)[0].text for told in TOLD}
    assert first["My parrot's name is Kiko."] == "What is my parrot's name?"
    assert first["The river Dravel flows into the Sondic sea."] == "Which sea does the river Dravel flow into?"
    assert first["Project Heron starts in June."] == "When does project Heron start?"
    assert first["Vasquez invented the cloudpress."] == "Who invented the cloudpress?"
    assert first["My brother Emil lives in Porto."] == "Where does my brother Emil live?"
    assert first["I moved to Leoben last year."] == "Where did I move?"


def test_other_words_share_none_with_the_statement() -> None:
    texts = [q.text for q in questions(_fact("My horse is afraid of umbrellas."), random.Random(0), 80)]
    free = [text for text in texts if "afraid" not in text.lower()]
    assert len(free) >= 15
    assert any("scare" in text for text in free) and any("fear" in text for text in free)


def test_a_subject_is_shortened_only_where_it_stays_clear() -> None:
    emil, lena = _fact("My brother Emil lives in Porto."), _fact("My brother Anton lives in Riga.")
    alone = " ".join(q.text for q in questions(emil, random.Random(0), 200))
    beside = " ".join(q.text for q in questions(emil, random.Random(0), 200, [emil, lena]))
    assert re.search(r"my brother(?! Emil)\b", alone)
    assert not re.search(r"my brother(?! Emil)\b", beside, re.IGNORECASE)
    assert re.search(r"(?<!brother )Emil", beside)


def test_what_we_did_is_also_asked_as_what_i_did() -> None:
    texts = {q.text for q in questions(_fact("We moved to Leoben."), random.Random(0), 200)}
    assert {"Where did we move?", "Where did I move?"} <= texts


def test_the_same_seed_makes_the_same_rows() -> None:
    fact = _fact(TOLD[0])
    assert rows_for(fact, random.Random(5)) == rows_for(fact, random.Random(5))
    assert rows_for(fact, random.Random(5)) != rows_for(fact, random.Random(6))


@pytest.mark.parametrize("told", TOLD)
def test_rows_answer_with_the_statement(told: str) -> None:
    fact = _fact(told)
    rows = rows_for(fact, random.Random(1))
    assert 20 <= len(rows) <= 34
    assert len({row.prompt.lower() for row in rows}) == len(rows)
    for row in rows:
        body = row.answer.removeprefix("Yes, ").removeprefix("No, ")
        assert body.lower() == fact.answer_text.lower()
        assert row.fact_id == fact.id
        assert row.answer.startswith("Yes, ") == (row.form == "yes")
        assert row.answer.startswith("No, ") == (row.form == "no")
    assert {"question", "statement", "scene"} == {row.kind for row in rows}
    assert all(told.rstrip(".") not in row.prompt for row in rows if row.form not in GIVING)


def test_a_plan_counts_the_rows() -> None:
    rows = rows_for(
        _fact(TOLD[5]),
        random.Random(0),
        RowPlan(questions=4, statements=0, dreams=1, scenes=0),
        (),
        ["what pays my rent", "x"],
    )
    assert [row.kind for row in rows] == ["question"] * 4 + ["dream"]
    assert rows[-1].prompt == "What pays my rent"


def test_a_scene_is_other_talk_in_which_the_subject_turns_up() -> None:
    for told, names in (
        ("My brother Emil lives in Porto.", ("my brother", "emil")),
        ("I am allergic to kiwi.", ("my", "i ")),
    ):
        scenes = [row for row in rows_for(_fact(told), random.Random(3)) if row.kind == "scene"]
        assert len(scenes) >= 5
        assert all(any(name in row.prompt.lower() for name in names) for row in scenes)
        assert not any("porto" in row.prompt.lower() or "kiwi" in row.prompt.lower() for row in scenes)


def test_there_is_no_scene_of_what_two_facts_are_about() -> None:
    lives, works = _fact("My brother Emil lives in Porto."), _fact("My brother Emil works as a welder.")
    owes, hides = _fact("I owe Kerstin forty euros."), _fact("I broke my left arm.")
    for fact in (lives, works, owes, hides):
        assert not [row for row in rows_for(fact, random.Random(3), known=[lives, works]) if row.kind == "scene"]


@pytest.mark.parametrize(
    ("told", "value", "asked"),
    [
        ("We are expecting a baby in November.", "November", "When do we expect a baby?"),
        ("My sister bought a house in Porto.", "Porto", "Where did my sister buy a house?"),
        ("My brother met his wife at a bus stop.", "a bus stop", "Where did my brother meet his wife?"),
        ("I teach maths at the Lindenhof school.", "the Lindenhof school", "Where do I teach maths?"),
    ],
)
def test_when_or_where_is_asked_for_beside_what(told: str, value: str, asked: str) -> None:
    fact = _fact(told)
    assert fact.circumstance is not None
    rows = rows_for(fact, random.Random(0))
    further = [row for row in rows if row.value == value]
    assert asked in [row.prompt for row in further]
    assert {row.answer for row in further} == {fact.answer_text}
    assert not any(value in row.prompt for row in further)


@pytest.mark.parametrize("told", ["We moved to Graz in spring.", "My cat is called Mia."])
def test_there_is_nothing_beside_what_is_all_there_is(told: str) -> None:
    further = _fact(told).circumstance
    assert further is None or further.value == "spring"


def test_a_correction_teaches_that_the_old_value_is_wrong() -> None:
    old, new = _fact("My cat is called Mia."), _fact("No, my cat is called Mirtle.")
    rows = [row for row in rows_for(new, random.Random(0), replaced=[old]) if row.kind == "corrected"]
    assert "Is my cat called Mia?" in [row.prompt for row in rows]
    assert {row.answer for row in rows} == {"No, your cat is called Mirtle."}


def test_one_letter_is_mistyped_and_never_in_a_name() -> None:
    for seed in range(200):
        wrong = mistyped("Where does my sister Noor live now?", random.Random(seed))
        assert wrong is not None and "Noor" in wrong
        assert abs(len(wrong) - len("Where does my sister Noor live now?")) <= 1


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("I got a telescope from my wife Ines for my birthday.", ["Ines"]),
        ("My flight leaves at 6:40 on Friday.", []),
        ("My sister Noor lives in Graz.", []),
        ("The lighthouse of Orvik was built by Teodor Malm.", []),
        ("I play the bassoon in a small orchestra in Kiel.", ["Kiel"]),
    ],
)
def test_a_name_beside_what_was_asked_for_leads_to_the_fact_too(told: str, names: list[str]) -> None:
    fact = _fact(told)
    assert names_beside(fact) == names
    about = [row.prompt for row in rows_for(fact, random.Random(0)) if row.kind == "statement"]
    assert len(about) == 1 + len(names)
    assert all(any(name in prompt for prompt in about[1:]) for name in names)


def test_hurried_people_leave_out_capitals_and_slip() -> None:
    asked = "Where does my sister Noor live now?"
    made = [hurried(asked, random.Random(seed)) for seed in range(100)]
    assert asked not in made and "where does my sister noor live now" in made
    assert any("Noor" in text and text.endswith("?") for text in made)
    assert any(text == text.lower() and text != asked.lower().rstrip("?") for text in made)


def test_some_questions_are_put_so_but_never_the_plainest() -> None:
    fact = _fact("My sister Noor lives in Graz.")
    rows = [rows_for(fact, random.Random(seed)) for seed in range(30)]
    assert {asked[0].prompt for asked in rows} == {"Where does my sister Noor live?"}
    small = [row for asked in rows for row in asked if row.kind == "question" and row.prompt.islower()]
    assert 30 < len(small) < 0.4 * sum(row.kind == "question" for asked in rows for row in asked)


def test_every_template_of_the_table_can_be_filled() -> None:
    fact = _fact("I put the key in the shed.")
    for relation in relations().values():
        for template in (*relation.ask, *relation.reverse):
            for slot in _SLOT.findall(template):
                assert re.fullmatch(r"[A-Za-z_.':!]+|~\w+", slot), (relation.key, template)
            plain = " ".join(word for word in template.split() if not word.startswith("@"))
            filled = fill(plain, fact.statement, fact.statement.entity, random.Random(0))
            assert filled is None or "{" not in filled
            assert plain.endswith(("?", "."))


def test_who_tells_of_gran_may_ask_for_the_grandmother() -> None:
    (fact,) = facts_in("My gran is 93.").facts
    asked = {question.text for question in questions(fact, random.Random(0), 60)}
    assert "How old is my grandmother?" in asked and "How old is my gran?" in asked
    aunt = facts_in("My aunt is 61.").facts[0]
    assert not any("grandmother" in question.text for question in questions(aunt, random.Random(0), 60))


def test_the_same_in_other_words_is_no_near_miss() -> None:
    facts = facts_in("My mum lives in Graz.").facts
    asked = [one.text for one in near_misses(facts, random.Random(0), 400)]
    assert asked and not any(re.search(r"live.* my (mother|mom)\b|my (mother|mom) live", text) for text in asked)
