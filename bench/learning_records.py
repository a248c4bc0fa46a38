"""From facts to the questions of one evaluation, and from what was heard to judged records.

A record is a flat JSON object, one per question, system and mode. Every figure of the table is computed from records,
so a figure can always be traced back to the answers behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.learning_asking import Mode, Question
from bench.learning_facts import Fact, given_away, taught_answers
from bench.learning_judge import bleeds, is_right, is_right_yes_no, says
from bench.learning_noise import noisy_questions
from bench.learning_prompts import KNOWN, UNRELATED

ELSEWHERE = ("unrelated", "near_miss", "unknown")
"""Kinds of questions whose answers learning should leave alone."""
UNRELATED_PROMPTS = 40

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A question, why it is asked, and what would be right.

    Attributes:
        kind: ``canonical``, ``dev``, ``test``, ``near_miss``, ``unknown``, ``unrelated``, ``known``, ``typo``,
            ``lower``, ``yes``, ``no``; with ``_after`` behind it when it follows small talk.
        question: What is asked.
        fact: The fact it belongs to; empty for those that belong to none.
        answers: What would be right; empty where nothing is.
        offered: The value that a yes/no question offers.
        old: Values that a correction has replaced.
    """

    kind: str
    question: Question
    fact: str = ""
    answers: tuple[str, ...] = ()
    offered: str = ""
    old: tuple[str, ...] = ()

    @property
    def cluster(self) -> str:
        """What answers must be resampled together."""
        return self.fact or self.question.text


@dataclass(frozen=True, slots=True)
class Scope:
    """What an evaluation asks about.

    Attributes:
        elsewhere: Near misses, unknown things, unrelated prompts and common knowledge, too.
        noise: Typos, small letters and yes/no questions, too.
        small_talk: Groups of lines after which each question is asked again; none leaves that out.
        old_values: Values that were corrected, by fact.
    """

    elsewhere: bool = True
    noise: bool = False
    small_talk: tuple[tuple[str, ...], ...] = ()
    old_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def items_for(facts: Sequence[Fact], lenders: Sequence[Fact], seed: int, scope: Scope) -> list[Item]:
    """The questions about ``facts``, each text once; ``lenders`` are all facts that were ever taught.

    A near miss or unknown question that several facts share is asked, and counted, once.
    """
    items: list[Item] = []
    for number, fact in enumerate(facts):
        old = scope.old_values.get(fact.id, ())
        asked = [
            ("canonical", fact.question),
            *(("dev", text) for text in fact.paraphrases_dev),
            *(("test", text) for text in fact.paraphrases_test),
        ]
        items += [Item(kind, Question(text), fact.id, fact.answers, old=old) for kind, text in asked]
        if scope.small_talk:
            after = scope.small_talk[number % len(scope.small_talk)]
            items += [
                Item(f"{kind}_after", Question(text, after), fact.id, fact.answers, old=old)
                for kind, text in asked
                if kind != "dev"
            ]
        if scope.noise:
            items += [
                Item(noisy.kind, Question(noisy.text, guarded=not noisy.offered), fact.id, fact.answers, noisy.offered)
                for noisy in noisy_questions(fact, lenders, seed)
            ]
    if scope.elsewhere:
        items += _elsewhere(facts, lenders)
    return items


def _elsewhere(facts: Sequence[Fact], lenders: Sequence[Fact]) -> list[Item]:
    taught = taught_answers(lenders)
    near = dict.fromkeys(fact.near_miss for fact in facts)
    unknown = dict.fromkeys(fact.unknown for fact in facts if fact.unknown not in near)
    unrelated = unrelated_prompts(taught)[:UNRELATED_PROMPTS]
    known = [(text, answers) for text, answers in KNOWN if text not in near and not given_away([text], taught)]
    return [
        *(Item("near_miss", Question(text)) for text in near),
        *(Item("unknown", Question(text)) for text in unknown),
        *(Item("unrelated", Question(text)) for text in unrelated),
        *(Item("known", Question(text), answers=answers) for text, answers in known),
    ]


def unrelated_prompts(taught: Sequence[str]) -> list[str]:
    """The unrelated prompts that hold no taught answer."""
    return [text for text in UNRELATED if not given_away([text], taught)]


def judged(
    item: Item,
    heard: Mapping[str, Any],
    base: Mapping[str, Any],
    taught: Sequence[str],
    *,
    system: str,
    mode: Mode,
    replaced: Sequence[str] = (),
) -> Record:
    """The record of one answer.

    Args:
        item: What was asked.
        heard: What this system answered.
        base: What the bare base answered to the same question.
        taught: Every answer that was ever taught and still holds.
        system: Whose answer it is.
        mode: In which mode it was asked.
        replaced: Every answer that was taught and later corrected; it must not turn up elsewhere either.
    """
    text = heard["text"]
    return {
        "system": system,
        "mode": mode,
        "kind": item.kind,
        "fact": item.fact,
        "cluster": item.cluster,
        "question": item.question.text,
        "correct": _correct(item, text, taught),
        "base_correct": _correct(item, base["text"], taught),
        "identical": heard["ids"] == base["ids"],
        "bled": bleeds(text, base["text"], [*taught, *replaced]) if item.kind in ELSEWHERE else None,
        "old_value": says(text, item.old) if item.old else None,
        "base_text": base["text"],
        "tokens": len(heard["ids"]),
        "base_tokens": len(base["ids"]),
        **heard,
    }


def _correct(item: Item, text: str, taught: Sequence[str]) -> bool | None:
    """Whether ``text`` is right; None where nothing could be."""
    if item.offered:
        return is_right_yes_no(text, item.answers, item.offered, taught)
    return is_right(text, item.answers, taught if item.fact else ()) if item.answers else None
