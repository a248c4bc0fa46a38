"""Training rows: a prompt and the answer to it, made of one fact.

A row stands alone. The turn in which the user told the fact is never its context, or the model would learn to look it
up there instead of knowing it. Nearly all rows of a fact share one answer, the statement said back to the user.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from engine.learning.current import Current
from engine.learning.entities import same_entity
from engine.learning.facts import Fact
from engine.learning.generic_prompts import scene
from engine.learning.phrasing import sentence_case
from engine.learning.questions import gives_away, questions
from engine.learning.relations import relations
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


@dataclass(frozen=True, slots=True)
class RowPlan:
    """How many rows of which kind a fact becomes."""

    questions: int = 17
    """Rule-made questions of all forms."""
    statements: int = 1
    """Prompts that ask for the fact as such."""
    dreams: int = 4
    """Self-made questions at most, beside the rule-made ones."""
    scenes: int = 8
    """Scenes, for a fact whose subject has no other fact."""
    corrected: int = 2
    """Questions for yes or no about each value that the fact replaced."""


_VAGUE = (" life", " things")
"""Topics that anything may belong to."""
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

    def add(prompt: str, answer: str, kind: str, form: str) -> None:
        if prompt.lower() not in seen:
            seen.add(prompt.lower())
            rows.append(Row(prompt, answer, kind, fact.id, form))

    for question in questions(fact, rng, plan.questions, known):
        answer = yes(fact) if question.form == "yes" else no(fact) if question.form == "no" else fact.answer_text
        add(question.text, answer, "question", question.form)
    about = statement_prompt(fact, rng)
    for _ in range(plan.statements):
        add(about, fact.answer_text, "statement", "statement")
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


def statement_prompt(fact: Fact, rng: random.Random) -> str:
    """A prompt to which the statement itself is the answer."""
    entity = fact.statement.entity
    if not entity.first_person:
        return rng.choice(_STATEMENT_PROMPTS).format(s=entity.text)
    topic = topic_of(fact)
    return rng.choice(
        ("What did I tell you about {s}?", "Tell me what you know about {s}.", "Tell me what I told you about {s}.")
    ).format(s=topic)


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
