"""Facts that are made up: new, told apart, and in the form that the bench takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.learning_facts import Fact, load_facts, questions_of, taught_answers
from bench.learning_judge import normalised, says
from bench.learning_make_facts import main, make_facts


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return make_facts(200, seed=0)


def test_a_file_of_them_is_taken_by_the_bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "facts.jsonl"
    assert main(["--count", "40", "--seed", "3", "--out", str(path)]) == 0
    assert load_facts(path) == make_facts(40, seed=3)
    assert "40 facts" in capsys.readouterr().out


def test_a_seed_makes_always_the_same_and_another_others(facts: list[Fact]) -> None:
    assert make_facts(200, seed=0) == facts
    other = make_facts(200, seed=1)
    assert len({fact.statement for fact in facts} & {fact.statement for fact in other}) < 5


def test_every_fact_is_whole(facts: list[Fact]) -> None:
    for fact in facts:
        assert len(set(fact.paraphrases_dev)) == len(set(fact.paraphrases_test)) == 2
        assert says(fact.statement, fact.answers[:1]), fact
        assert says(fact.free_form, fact.answers[:1]), fact
        assert fact.free_form != fact.statement
        assert not any(re.search(r"[{}]| {2}|\ba [aeio]", text) for text in _texts(fact)), fact
    assert len({fact.id for fact in facts}) == 200
    assert len({fact.id.split("-")[0] for fact in facts}) >= 25


def test_no_answer_is_used_twice_or_stands_anywhere_else(facts: list[Fact]) -> None:
    owners = [word for fact in facts for word in _words(*fact.answers)]
    assert len(owners) == len(set(owners))
    for fact in facts:
        others = [answer for answer in taught_answers(facts) if answer not in fact.answers]
        assert not _words(*others) & _words(*_texts(fact)), fact
        assert not _words(*fact.answers) & _words(*questions_of(fact)), fact


def test_what_is_asked_as_unknown_is_never_told(facts: list[Fact]) -> None:
    asked = {fact.question for fact in facts}
    assert not asked & {fact.unknown for fact in facts}
    assert len({fact.unknown for fact in facts}) >= 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--count", "0", "--out", "x.jsonl"], "--count 0: it must be at least 1"),
        (["--count", "9999", "--out", "x.jsonl"], "different facts can be made with seed 0"),
        (["--count", "1", "--out", "/nowhere/x.jsonl"], "cannot be written: No such file"),
    ],
)
def test_bad_arguments_get_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    complaint = capsys.readouterr().err.strip()
    assert said in complaint
    assert "\n" not in complaint
    assert list(tmp_path.iterdir()) == []


def _texts(fact: Fact) -> list[str]:
    return [fact.statement, fact.free_form, *questions_of(fact)]


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in re.findall(r"\w+", normalised(text))}
