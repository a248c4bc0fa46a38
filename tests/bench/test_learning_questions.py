"""Facts files, disturbed questions, corrections, retrieval: what is taught and asked."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from bench.learning_controls import best_line, put_before
from bench.learning_corrections import after_correction, corrected
from bench.learning_facts import Fact, load_facts
from bench.learning_failure import BenchError
from bench.learning_judge import says
from bench.learning_noise import noisy_questions, with_typo
from bench.learning_prompts import KNOWN, SMALL_TALK, SMALL_TALK_BEFORE, UNRELATED
from bench.learning_protocol import dealt_out, small_talk_groups
from bench.learning_records import Scope, items_for
from bench.learning_telling import day_plan
from engine.learning.generic_prompts import generic_prompts


def line(number: int = 0, **changes: Any) -> dict[str, Any]:
    towns = ("Graz", "Oslo", "Lima", "Bergen", "Quito", "Ghent")
    return {
        "id": f"f{number}",
        "statement": f"My sister number {number} lives in {towns[number]}.",
        "question": f"Where does my sister number {number} live?",
        "paraphrases_dev": [f"In which town is sister number {number}?"],
        "paraphrases_test": [f"What is the home of sister number {number}?"],
        "near_miss": "Where is the Eiffel Tower?",
        "unknown": f"Where does my brother number {number} live?",
        "answers": [towns[number]],
        **changes,
    }


def write(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
    return path


@pytest.fixture
def facts(tmp_path: Path) -> list[Fact]:
    return load_facts(write(tmp_path / "facts.jsonl", *(line(number) for number in range(6))))


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = write(
        tmp_path / "facts.jsonl", line(0), "", line(1, correction={"statement": "No, Rome.", "answers": ["Rome"]})
    )
    both = load_facts(path)
    assert [fact.id for fact in both] == ["f0", "f1"]
    assert both[1].correction is not None
    assert both[1].correction.answers == ("Rome",)
    assert load_facts(path, 1) == both[:1]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "holds no facts"),
        (["{"], ":1 is no JSON"),
        (["[]"], ":1 is not an object"),
        ([line(0), line(1, statement=" ")], ":2: statement is ' '"),
        ([line(0, answers=[])], "answers is empty"),
        ([line(0, answers="Graz")], "must be a list of texts"),
        ([line(0, paraphrases_test=[])], "paraphrases_test is empty"),
        ([line(0), line(0)], "two facts are called 'f0'"),
        ([line(0, statement="My sister moved.")], "does not hold any of its answers"),
        ([line(0), line(1, near_miss="Where is Graz?")], "contains the taught answer 'Graz'"),
        ([line(0, question="Is Graz her home?")], "contains the taught answer 'Graz'"),
        ([line(0, correction="no")], "correction must be an object"),
        ([line(0), line(1, unknown=line(0)["question"])], "is to be unknown, and a fact answers it"),
        ([line(0, free_form="She moved.")], "the statement 'She moved.' does not hold any of its answers"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path: Path, lines: list[Any], said: str) -> None:
    with pytest.raises(BenchError) as caught:
        load_facts(write(tmp_path / "facts.jsonl", *lines))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.status == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"nowhere\.jsonl cannot be read"):
        load_facts(tmp_path / "nowhere.jsonl")


# -- the bench's own words ---------------------------------------------------------------------------------------------


def test_own_lists_are_large_enough_and_have_nothing_twice() -> None:
    texts = [*SMALL_TALK, *SMALL_TALK_BEFORE, *UNRELATED, *(text for text, _ in KNOWN)]
    assert len(set(texts)) == len(texts)
    assert len(SMALL_TALK) >= 60
    assert len(UNRELATED) >= 64


def test_nothing_that_is_asked_elsewhere_is_ever_rehearsed() -> None:
    rehearsed = {text.casefold().rstrip("?.! ") for text in generic_prompts(random.Random(0), 15_000)}
    asked = [*UNRELATED, *SMALL_TALK_BEFORE, *(text for text, _ in KNOWN)]
    assert len(rehearsed) > 10_000
    assert [text for text in asked if text.casefold().rstrip("?.! ") in rehearsed] == []


# -- noise -------------------------------------------------------------------------------------------------------------


def test_a_typo_changes_one_inner_letter_of_one_word() -> None:
    question = "What is the code for the garage door?"
    made = {with_typo(question, random.Random(seed)) for seed in range(200)}
    assert question not in made
    assert len(made) > 20
    for text in made:
        changed = [(a, b) for a, b in zip(question.split(), text.split(), strict=True) if a != b]
        assert len(changed) == 1
        before, after = changed[0]
        assert abs(len(before) - len(after)) <= 1
        assert (before[0], before[-1]) == (after[0], after[-1])


def test_nothing_to_slip_on_stays() -> None:
    assert with_typo("Who am I?", random.Random(0)) == "Who am I?"


def test_noisy_questions_are_the_same_for_a_seed(facts: list[Fact]) -> None:
    once, again, other = (noisy_questions(facts[0], facts, seed) for seed in (1, 1, 2))
    assert once == again != other
    by_kind = {noisy.kind: noisy for noisy in once}
    assert by_kind["lower"].text == "where does my sister number 0 live"
    assert by_kind["yes"].text == "Where does my sister number 0 live? Is it Graz?"
    assert by_kind["no"].offered in {"Oslo", "Lima", "Bergen", "Quito", "Ghent"}
    assert says(by_kind["no"].text, [by_kind["no"].offered])


def test_a_lonely_fact_has_no_wrong_value_to_offer(facts: list[Fact]) -> None:
    assert [noisy.kind for noisy in noisy_questions(facts[0], facts[:1], 0)] == ["typo", "lower", "yes"]


# -- corrections -------------------------------------------------------------------------------------------------------


def test_corrections_have_new_values_that_no_fact_has(facts: list[Fact]) -> None:
    made = corrected(facts, 0.5, seed=0)
    assert len(made) == 3
    old = {answer for fact in facts for answer in fact.answers}
    new = [answer for one in made.values() for answer in one.answers]
    assert len(set(new)) == 3
    assert not old & set(new)
    for fact in facts:
        if fact.id in made:
            assert says(made[fact.id].statement, made[fact.id].answers)
            assert not says(made[fact.id].statement, fact.answers)
            assert after_correction(fact, made).answers == made[fact.id].answers
        else:
            assert after_correction(fact, made) is fact


@pytest.mark.parametrize(
    ("old", "statement"),
    [
        ("9028", "The code is 9028."),
        ("October", "The project starts in October."),
        ("maroon", "My favourite colour is maroon."),
        ("Mirtle", "By the way, my cat's name is Mirtle."),
    ],
)
def test_a_new_value_is_of_the_old_ones_kind(tmp_path: Path, old: str, statement: str) -> None:
    facts = load_facts(write(tmp_path / "f.jsonl", line(0, statement=statement, answers=[old])))
    correction = corrected(facts, 1.0, seed=0)["f0"]
    new = correction.answers[0]
    assert new != old
    assert new.isdigit() == old.isdigit()
    assert len(new) == len(old) or not new.isdigit()
    assert new[0].isupper() == old[0].isupper()
    assert "By the way" not in correction.statement


def test_the_files_own_correction_comes_first(tmp_path: Path) -> None:
    own = {"statement": "No, she moved to Rome.", "answers": ["Rome"]}
    facts = load_facts(write(tmp_path / "f.jsonl", line(0, correction=own)))
    assert corrected(facts, 1.0, seed=0)["f0"].answers == ("Rome",)


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_each_question_is_asked_once(facts: list[Fact]) -> None:
    items = items_for(facts, facts, 0, Scope())
    counts = {kind: sum(item.kind == kind for item in items) for kind in {item.kind for item in items}}
    assert counts == {
        "canonical": 6,
        "dev": 6,
        "test": 6,
        "near_miss": 1,
        "unknown": 6,
        "unrelated": 40,
        "known": len(KNOWN) - 1,  # "Which country has Lima as its capital?" holds a taught answer
    }
    texts = [item.question.text for item in items]
    assert len(set(texts)) == len(texts)


def test_further_protocols_ask_more(facts: list[Fact]) -> None:
    groups = small_talk_groups(3, seed=0)
    scope = Scope(elsewhere=False, noise=True, small_talk=groups, old_values={"f0": ("Rome",)})
    items = items_for(facts, facts, 0, scope)
    after = [item for item in items if item.kind.endswith("_after")]
    assert {item.kind for item in after} == {"canonical_after", "test_after"}
    assert all(len(item.question.after) == 3 for item in after)
    assert all(item.question.guarded != bool(item.offered) for item in items)
    assert {item.fact for item in items if item.old} == {"f0"}


def test_facts_are_dealt_out_whole_and_by_seed(facts: list[Fact]) -> None:
    first, again, other = (dealt_out(facts, 3, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert [len(batch) for batch in first] == [2, 2, 2]
    assert sorted(fact.id for batch in first for fact in batch) == [fact.id for fact in facts]


@pytest.mark.parametrize("count", [1, 20, 150])
def test_a_day_has_as_much_small_talk_as_statements(count: int) -> None:
    statements = [f"statement {number}" for number in range(count)]
    plan = day_plan(statements, seed=1)
    assert len(plan) == 2 * count
    assert sorted(line for line in plan if line.startswith("statement")) == sorted(statements)
    assert plan == day_plan(statements, seed=1) != day_plan(statements, seed=2) or count == 1


# -- retrieval ---------------------------------------------------------------------------------------------------------


def test_the_best_line_shares_the_rarest_words() -> None:
    lines = [
        "My cat is Mirtle.",
        "The code for the attic door is 6604.",
        "The code for the garage door is 9028.",
        "Hi!",
    ]
    assert best_line("What is the code for the garage door?", lines) == lines[2]
    assert best_line("Which cat?", lines) == lines[0]
    assert best_line("Nothing in common", lines) == ""
    assert best_line("What?", []) == ""


def test_of_equals_the_shorter_line_wins_then_the_later() -> None:
    assert best_line("a cat?", ["cat cat long line", "cat", "cat"]) == "cat"
    assert best_line("cat?", ["a cat one", "a cat two"]) == "a cat two"


def test_lines_stand_before_the_question() -> None:
    assert put_before(["One.", ""], "What?") == "One. What?"
    assert put_before([], "What?") == "What?"
