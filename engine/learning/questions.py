"""Questions that a fact answers, in many words, made by rule.

One phrasing teaches a parrot; many different ones teach the fact. So a fact is asked for plainly, in other words that
share none of its own (from ``data/relations.toml``), wrapped in talk, as a gap to fill, with its subject shortened,
with a typing error, and as a question for yes or no. None gives the answer away, except those that must (see
:data:`GIVING`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.learning.entities import Entity, same_entity
from engine.learning.facts import Fact
from engine.learning.phrasing import lower_first, sentence_case
from engine.learning.relations import relations
from engine.learning.templates import fill, fitting
from engine.learning.typing_errors import mistyped
from engine.learning.values import content_words
from engine.learning.wrapping import about, commanded, embedded, wrapped
from engine.learning.wrong_values import wrong_values
from engine.learning.yes_no import yes_no_question

GIVING = frozenset({"yes", "no", "reverse"})
"""Forms whose question names the value, because it asks for the rest or for a yes or no."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question and what kind it is."""

    text: str
    form: str
    """``plain``, ``words`` (in other words), ``short`` (subject shortened), ``order`` (asking word last), ``embedded``,
    ``command``, ``wrapped``, ``gap``, ``about``, ``reverse``, ``typo``, ``lower``, ``yes`` or ``no``."""


def questions(fact: Fact, rng: random.Random, n: int = 24, known: Collection[Fact] = ()) -> list[Question]:
    """Up to ``n`` different questions that ``fact`` answers, the plain ones first, the other forms mixed.

    ``known`` are all current facts: a shortened subject (``my sister``) is used only where it means one entity, and a
    ``no`` question prefers a value that some other fact holds.
    """
    lanes = {form: iter(made) for form, made in _lanes(fact, rng, known).items()}
    found: list[Question] = []
    seen: set[str] = set()
    while lanes and len(found) < n:
        for form in _ORDER:
            if form not in lanes or len(found) >= n:
                continue
            for text in lanes[form]:
                if text.lower() not in seen and (form in GIVING or not gives_away(text, fact)):
                    seen.add(text.lower())
                    found.append(Question(text, form))
                    break
            else:
                del lanes[form]
    return found


_ORDER = (
    "plain",
    "words",
    "words",
    "plain",
    "words",
    "embedded",
    "words",
    "short",
    "yes",
    "no",
    "words",
    "order",
    "words",
    "wrapped",
    "gap",
    "words",
    "typo",
    "lower",
    "words",
    "command",
    "about",
    "short",
    "words",
    "reverse",
)


def gives_away(text: str, fact: Fact) -> bool:
    """Whether ``text`` names (part of) the value; words of the subject do not count."""
    own = (
        set(content_words(fact.subject))
        | set(content_words(fact.statement.noun))
        | set(content_words(fact.statement.other))
    )
    secret = [word for word in content_words(fact.value) if word not in own] or content_words(fact.value)
    asked = content_words(text)
    if any(
        word == other or (len(word) > 4 and word.rstrip("s") == other.rstrip("s")) for word in secret for other in asked
    ):
        # A common noun of the value (the Corvic *sea*) may be asked with, as long as its name is not.
        names = [word.lower() for word in re.findall(r"[^\W_]+", fact.value) if word[0].isupper() or word[0].isdigit()]
        return not names or any(name in asked for name in names)
    return fact.value.lower() in text.lower() and len(fact.value) > 3


def plain_questions(fact: Fact, rng: random.Random) -> list[str]:
    """The relation's own questions for ``fact``, with the full subject, in the order of the table."""
    statement = fact.statement
    templates = fitting(relations()[fact.relation].ask, statement)
    made = (fill(template, statement, statement.entity, rng, own=i == 0) for i, template in enumerate(templates))
    return [text for text in dict.fromkeys(made) if text]


def _lanes(fact: Fact, rng: random.Random, known: Collection[Fact]) -> dict[str, Sequence[str] | Iterator[str]]:
    full = plain_questions(fact, rng)
    plain, words = full[:3], full[3:]
    rng.shuffle(words)
    short = [text for entity in _shortened(fact, known) for text in _asked_of(fact, entity, rng)]
    rng.shuffle(short)
    pool = plain + words
    order = [text for text in words if _asks_last(text)]
    words = [text for text in words if not _asks_last(text)]
    right = yes_no_question(fact, fact.value)
    wrong = [text for value in wrong_values(fact, known, rng, 4) if (text := yes_no_question(fact, value))]
    reverse = [
        fill(t, fact.statement, fact.statement.entity, rng)
        for t in fitting(relations()[fact.relation].reverse, fact.statement)
    ]
    return {
        "plain": plain,
        "words": words,
        "order": order,
        "short": short,
        "embedded": [
            text
            for q in _mixed(pool, rng, 6)
            if (text := embedded(q, fact.subject if not fact.statement.entity.first_person else "I", rng))
        ],
        "command": [text for q in _mixed(pool, rng, 4) if (text := commanded(q, fact.subject, rng))],
        "wrapped": [wrapped(q, rng) for q in _mixed(pool, rng, 4)],
        "gap": _gaps(fact),
        "about": about(fact.statement.entity, rng),
        "typo": [text for q in _mixed(pool, rng, 4) if (text := mistyped(q, rng))],
        "lower": [q.rstrip("?.").lower() if i % 2 else q.lower() for i, q in enumerate(_mixed(pool, rng, 4))],
        "yes": [right] if right else [],
        "no": wrong,
        "reverse": [text for text in reverse if text],
    }


def _mixed(pool: list[str], rng: random.Random, n: int) -> list[str]:
    return rng.sample(pool, min(n, len(pool)))


def _asks_last(text: str) -> bool:
    first = text.split()[0].lower()
    return first not in (
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "where",
        "when",
        "how",
        "in",
        "at",
        "on",
        "by",
        "with",
        "to",
        "from",
        "do",
        "into",
        "out",
        "among",
        "after",
        "near",
        "as",
        "over",
        "until",
        "since",
        "name",
        "if",
        "for",
        "under",
        "during",
    )


_PLAIN = re.compile(r"^(my |our |the )(?:(?:new|little|big|own|dear|lovely|brand-new) )+(?=[a-z])")
"""What stands before a noun and need not be said again."""


def _shortened(fact: Fact, known: Collection[Fact]) -> list[Entity]:
    """The fact's subject in fewer or other words or as one's own, where these mean nothing else that is known."""
    entity = fact.statement.entity
    others = [other.statement.entity for other in known if not same_entity(other.statement.entity, entity)]
    shorter: list[Entity] = []
    if entity.text.endswith(" and I"):
        shorter.append(replace(entity, text="we"))
    elif entity.text == "we":
        shorter.append(Entity("I", "i", kind="self"))
    elif entity.owner == "our":
        shorter.append(replace(entity, text=f"my {entity.text[4:]}", owner="my"))
    elif entity.owner == "the" and not entity.name:
        shorter += [replace(entity, text=f"{whose} {entity.text[4:]}", owner=whose) for whose in ("my", "our")]
    shorter += [
        replace(entity, text=text) for one in (entity, *shorter) if (text := _PLAIN.sub(r"\1", one.text)) != one.text
    ]
    for text in entity.short_forms():
        with_noun = entity.head in text.split()
        bare = replace(entity, text=text, name="").base if with_noun else text.lower().removeprefix("the ")
        if any(
            other.base == bare or other.text.lower() == text.lower() or other.name.lower() == bare for other in others
        ):
            continue
        shorter.append(replace(entity, text=text))
    if not any(other.base == entity.base for other in others):
        shorter += [replace(entity, text=text) for text in entity.other_words()]
    return shorter


def _asked_of(fact: Fact, entity: Entity, rng: random.Random) -> list[str]:
    made = (
        fill(template, fact.statement, entity, rng)
        for template in fitting(relations()[fact.relation].ask, fact.statement)
    )
    said = (entity.text.lower(), entity.objective.lower(), entity.possessive.lower())
    return [text for text in dict.fromkeys(made) if text and any(form in text.lower() for form in said)]


def _gaps(fact: Fact) -> list[str]:
    """The statement up to its value: ``My cat's name is …``; for a doer, turned: ``The organ was built by …``."""
    statement = fact.text.rstrip(".")
    at = statement.rfind(fact.value)
    if at == 0 and (turned := fill("{S} {was} {vpart} by", fact.statement, fact.statement.entity, random.Random(0))):
        at, statement = len(turned), turned
    if at < 1:
        return []
    start = re.sub(r"(?: the| a| an)$", "", statement[:at].rstrip())
    if len(start.split()) < 2:
        return []
    return [
        f"{sentence_case(start)}...",
        f"Complete the sentence: {sentence_case(start)} ...",
        f"Fill in the gap: {lower_first(start)} ___.",
    ]
