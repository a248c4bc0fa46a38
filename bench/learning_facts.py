"""What is taught: facts with the questions that test them, read from a JSONL file and checked before anything runs.

A bench that notices a bad file after twenty minutes is of no use, and neither is one whose questions give the answers
away; so both are settled here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.learning_failure import BenchError
from bench.learning_judge import says


@dataclass(frozen=True, slots=True)
class Correction:
    """A later statement that replaces a fact: what is said then, and what is right from then on."""

    statement: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact and its questions.

    Attributes:
        id: Its name in the file, unique there.
        statement: What the user says, once.
        question: The canonical question.
        paraphrases_dev: Paraphrases that development may look at.
        paraphrases_test: Paraphrases that nothing in the system ever sees.
        near_miss: A question of the same relation about something else; the base's answer should stay.
        unknown: A question of the same relation about something that was never told.
        answers: Accepted spellings of the answer.
        correction: What replaces it, where the file says so.
        free_form: The same as the statement, said in passing; empty where the file has none.
    """

    id: str
    statement: str
    question: str
    paraphrases_dev: tuple[str, ...]
    paraphrases_test: tuple[str, ...]
    near_miss: str
    unknown: str
    answers: tuple[str, ...]
    correction: Correction | None = None
    free_form: str = ""


def load_facts(path: Path, limit: int | None = None) -> list[Fact]:
    """The facts in ``path``, one JSON object a line; only the first ``limit`` where one is given.

    Raises:
        BenchError: The file cannot be read, a line is malformed, two facts share an id, a statement does not hold its
            own answer, a question gives a taught answer away, or what should be unknown is told.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BenchError(f"{path} cannot be read: {reason}; --facts takes a JSONL file of facts") from error
    facts = [_fact(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()][:limit]
    if not facts:
        raise BenchError(f"{path} holds no facts; it must have one JSON object a line")
    ids = [fact.id for fact in facts]
    if twice := next((one for one in ids if ids.count(one) > 1), None):
        raise BenchError(f"{path}: two facts are called {twice!r}; each needs an id of its own")
    told = {text for fact in facts for text in (fact.question, *fact.paraphrases_dev, *fact.paraphrases_test)}
    for fact in facts:
        if same := told & {fact.near_miss, fact.unknown}:
            raise BenchError(f"{path}: fact {fact.id}: {same.pop()!r} is to be unknown, and a fact answers it")
        if leak := given_away(questions_of(fact), taught_answers(facts)):
            raise BenchError(f"{path}: fact {fact.id}: the question {leak[0]!r} contains the taught answer {leak[1]!r}")
    return facts


def taught_answers(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Every accepted answer of ``facts``, each once."""
    return tuple(dict.fromkeys(answer for fact in facts for answer in fact.answers))


def questions_of(fact: Fact) -> list[str]:
    """Every question that the file has about ``fact``."""
    return [fact.question, *fact.paraphrases_dev, *fact.paraphrases_test, fact.near_miss, fact.unknown]


def given_away(texts: Iterable[str], answers: Sequence[str]) -> tuple[str, str] | None:
    """The first of ``texts`` that contains one of ``answers``, and which; None when none does."""
    return next(((text, answer) for text in texts for answer in answers if says(text, [answer])), None)


def _fact(line: str, place: str) -> Fact:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise BenchError(f"{place} is no JSON ({error.msg}); each line must be one object") from error
    if not isinstance(data, dict):
        raise BenchError(f"{place} is not an object; each line must be one")
    answers = _texts(data, "answers", place, least=1)
    fact = Fact(
        id=_text(data, "id", place),
        statement=_text(data, "statement", place),
        question=_text(data, "question", place),
        paraphrases_dev=_texts(data, "paraphrases_dev", place),
        paraphrases_test=_texts(data, "paraphrases_test", place, least=1),
        near_miss=_text(data, "near_miss", place),
        unknown=_text(data, "unknown", place),
        answers=answers,
        correction=_correction(data.get("correction"), place),
        free_form=_text(data, "free_form", place) if data.get("free_form") else "",
    )
    for statement in filter(None, (fact.statement, fact.free_form)):
        if not says(statement, answers):
            raise BenchError(f"{place}: the statement {statement!r} does not hold any of its answers {list(answers)}")
    return fact


def _correction(data: Any, place: str) -> Correction | None:
    if data is None:
        return None
    if not isinstance(data, dict):
        raise BenchError(f"{place}: correction must be an object with statement and answers")
    return Correction(_text(data, "statement", place), _texts(data, "answers", place, least=1))


def _text(data: dict[str, Any], key: str, place: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BenchError(f"{place}: {key} is {value!r}; it must be text")
    return value.strip()


def _texts(data: dict[str, Any], key: str, place: str, least: int = 0) -> tuple[str, ...]:
    values = data.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise BenchError(f"{place}: {key} is {values!r}; it must be a list of texts")
    if len(values) < least:
        raise BenchError(f"{place}: {key} is empty; it must have at least {least} entry")
    return tuple(value.strip() for value in values)
