"""Training rows: a prompt and the answer to it, made of one fact.

A row stands alone. The turn in which the user told the fact is never its context, or the model would learn to look it
up there instead of knowing it. Nearly all rows of a fact share one answer, the statement said back to the user.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from engine.learning.current import Current
from engine.learning.entities import same_entity
from engine.learning.facts import Fact
from engine.learning.generic_prompts import scene
from engine.learning.in_passing import TOLD_OF, other_ways
from engine.learning.likely import by_kind, by_words
from engine.learning.phrasing import sentence_case
from engine.learning.questions import gives_away, questions
from engine.learning.relations import relations
from engine.learning.statement import Statement
from engine.learning.typing_errors import hurried
from engine.learning.word_lists import DAYS, MONTHS
from engine.learning.yes_no import no, yes, yes_no_question


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to train on."""

    prompt: str
    answer: str
    kind: str
    """``question``, ``statement`` (the fact itself), ``dream`` (a self-made question), ``scene`` (other talk in which
    its subject turns up) or ``corrected`` (asked with the value that no longer holds)."""
    fact_id: str
    form: str
    """How it was asked, see :class:`engine.learning.questions.Question`; for a statement ``statement``."""
    value: str = ""
    """What of the answer was asked for."""


@dataclass(frozen=True, slots=True)
class RowPlan:
    """How many rows of which kind a fact becomes."""

    questions: int = 17
    """Rule-made questions of all forms."""
    further: int = 6
    """Questions for when or where, where that is said beside something else."""
    statements: int = 3
    """Prompts that ask for the fact as such, by its subject or by another name in it."""
    dreams: int = 4
    """Self-made questions at most, beside the rule-made ones."""
    scenes: int = 8
    """Scenes, for a fact whose subject has no other fact."""
    corrected: int = 2
    """Questions for yes or no about each value that the fact replaced."""


_HURRIED = 0.2
"""Share of the questions that are put as hurried people type."""
_ASKING = frozenset({"plain", "words", "order", "embedded", "short", "wrapped"})
"""Forms that ask, and leave the answer open."""
_MOST_WAYS = 4
"""In which the same sentence is asked for, beside the first."""
_VAGUE = (" life", " things")
"""Topics that anything may belong to."""
_NAME = re.compile(r"\b[A-Z][\w-]+(?: [A-Z][\w-]+)*")
_STATEMENT_PROMPTS = (
    "Tell me something that I told you about {s}.",
    "What have I told you about {s}?",
    "Say what you learnt about {s}.",
    "State what you know about {s}.",
)


def rows_for(
    fact: Fact,
    rng: random.Random,
    plan: RowPlan | None = None,
    known: Collection[Fact] = (),
    dreams: Sequence[str] = (),
    replaced: Iterable[Fact] = (),
) -> list[Row]:
    """The training rows of ``fact``, all prompts different.

    ``known`` are all facts that hold (they decide whether ``my sister`` is clear and what a wrong answer may be),
    ``dreams`` are self-made questions that it answers, ``replaced`` the facts that it put right: the lifeform also
    learns that these are wrong.
    """
    plan = plan or RowPlan()
    rows: list[Row] = []
    seen: set[str] = set()

    def add(prompt: str, answer: str, kind: str, form: str, value: str = fact.value) -> None:
        if prompt.lower() not in seen:
            seen.add(prompt.lower())
            rows.append(Row(prompt, answer, kind, fact.id, form, value))

    for number, question in enumerate(questions(fact, rng, plan.questions, known)):
        answer = yes(fact) if question.form == "yes" else no(fact) if question.form == "no" else fact.answer_text
        text = hurried(question.text, rng) if number and rng.random() < _HURRIED else question.text
        add(text, answer, "question", question.form)
    for statement in ways_beside(fact)[:_MOST_WAYS]:
        further = replace(fact, statement=statement, circumstance=None)
        open_ones = [one for one in questions(further, rng, 3 * plan.further, known) if one.form in _ASKING]
        for question in open_ones[: plan.further]:
            add(question.text, fact.answer_text, "question", question.form, further.value)
    about = [
        statement_prompt(fact, rng),
        *(rng.choice(_STATEMENT_PROMPTS).format(s=name) for name in names_beside(fact)),
    ]
    for text in about[: plan.statements]:
        add(text, fact.answer_text, "statement", "statement")
    for text in dreams[: plan.dreams]:
        add(sentence_case(text), fact.answer_text, "dream", "dream")
    for text in _scenes(fact, rng, plan.scenes, known):
        add(text, fact.answer_text, "scene", "scene")
    wrong = [old.value for old in replaced if old.value] + ([fact.denied] if fact.denied else [])
    for value in dict.fromkeys(wrong):
        asked = yes_no_question(fact, value)
        if asked:
            for prompt in (asked, f"Did I say: {asked[:1].lower() + asked[1:]}", f"I am not sure. {asked}")[
                : plan.corrected
            ]:
                add(prompt, no(fact), "corrected", "no")
    return rows


def _scenes(fact: Fact, rng: random.Random, n: int, known: Collection[Fact]) -> list[str]:
    entity = fact.statement.entity
    beside = [one for one in known if one.id != fact.id and same_entity(one.statement.entity, entity)]
    if entity.first_person:
        names = [topic_of(fact)]
        beside = [one for one in beside if topic_of(one) == names[0]]
    else:
        names = [entity.text, *entity.short_forms()]
    if beside or names[0].endswith(_VAGUE):
        return []  # which of the facts would be meant?
    return [text for _ in range(n) if not gives_away(text := scene(rng.choice(names), rng), fact)]


def ways_beside(fact: Fact) -> list[Statement]:
    """What else the sentence of ``fact`` states: when or where it was, or what it tells of other things it names."""
    ways = [fact.circumstance] if fact.circumstance else []
    whole = next((one for one in (fact.statement, *ways) if one.relation == TOLD_OF), None)
    if whole is None:
        return ways
    likely = by_words(fact.text, whole) or by_kind(fact.text, whole)
    return [*(one for one in likely if one != fact.statement), *ways, *other_ways(fact.text, whole)]


def statement_prompt(fact: Fact, rng: random.Random) -> str:
    """A prompt to which the statement itself is the answer."""
    entity = fact.statement.entity
    if not entity.first_person:
        return rng.choice(_STATEMENT_PROMPTS).format(s=entity.text)
    topic = topic_of(fact)
    return rng.choice(
        ("What did I tell you about {s}?", "Tell me what you know about {s}.", "Tell me what I told you about {s}.")
    ).format(s=topic)


def names_beside(fact: Fact) -> list[str]:
    """Names in the statement that are neither in its subject nor in its value: ``Kiel`` in ``I play in Kiel``."""
    known = {word.lower() for word in re.findall(r"\w+", f"{fact.subject} {fact.value} {fact.statement.noun}")}
    found = (match.group() for match in _NAME.finditer(fact.text, len(fact.text.split(" ", 1)[0])))
    return [
        name
        for name in dict.fromkeys(found)
        if not known & set(name.lower().split()) and name.lower() not in MONTHS | DAYS
    ]


def topic_of(fact: Fact) -> str:
    """What a statement about the user is about, without its value: ``my favourite colour``, ``where I live``."""
    statement = fact.statement
    owner = "my" if statement.entity.text == "I" else "our"
    if statement.relation == "favourite":
        return f"{owner} favourite {statement.noun}"
    if statement.noun:
        return f"{owner} {statement.noun}"
    if statement.other:
        return statement.other if statement.relation != "number_of" else f"{owner} {statement.other}"
    return f"{owner} {relations()[statement.relation].topic}"


def rows_of(
    standing: Iterable[Current],
    rng: random.Random,
    plan: RowPlan | None = None,
    dreams: dict[str, Sequence[str]] | None = None,
) -> list[Row]:
    """The rows of everything that holds; ``dreams`` are self-made questions by fact id."""
    held = list(standing)
    known = [one.fact for one in held]
    return [
        row
        for one in held
        for row in rows_for(one.fact, rng, plan, known, (dreams or {}).get(one.fact.id, ()), one.replaced)
    ]
