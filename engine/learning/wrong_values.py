"""Wrong answers of the right kind: another colour for a colour, another code for a code."""

from __future__ import annotations

import random
from collections.abc import Collection

from engine.learning.facts import Fact
from engine.learning.invention import invented_name
from engine.learning.values import content_words
from engine.learning.word_lists import listed

_LISTS = {
    "colour": ("values", "colours"),
    "food": ("values", "foods"),
    "drink": ("values", "foods"),
    "job": ("values", "jobs"),
    "instrument": ("values", "instruments"),
    "sport": ("values", "sports"),
    "language": ("values", "languages"),
    "diet": ("values", "diets"),
    "month": ("values", "months"),
    "day": ("values", "days"),
    "animal": ("animals", "pets"),
    "person": ("people", "first_names"),
    "thing": ("values", "things"),
}
_MONTH_LIST = ("values", "months")


def _other_number(value: str, rng: random.Random) -> str:
    """``value`` with its figures changed, at least one of them, none of them a leading zero."""
    figures = [i for i, letter in enumerate(value) if letter.isdigit()]
    if not figures:
        return rng.choice([word for word in ("two", "three", "four", "five", "six") if word != value.lower()])
    changed = list(value)
    for i in rng.sample(figures, rng.randint(1, len(figures))):
        changed[i] = rng.choice([figure for figure in "123456789" if figure != value[i]])
    return "".join(changed)


def wrong_values(fact: Fact, known: Collection[Fact], rng: random.Random, n: int) -> list[str]:
    """Up to ``n`` values that ``fact`` does not have: what it was before, what others have, what a list of its kind holds."""
    kind = fact.kind
    found = [fact.denied] if fact.denied else []
    found += [other.value for other in known if other.relation == fact.relation and other.kind == kind][:3]
    right = set(content_words(fact.value))
    for _ in range(4 * n):
        if kind in ("number", "code", "clock", "year"):
            value = _other_number(fact.value, rng)
        elif kind == "date":
            month = next((m for m in listed(*_MONTH_LIST) if m.lower() in fact.value.lower()), "")
            other = rng.choice([m for m in listed(*_MONTH_LIST) if m != month])
            value = fact.value.replace(month, other) if month else _other_number(fact.value, rng)
        elif kind == "place":
            named = fact.value[:1].isupper()
            value = rng.choice(listed("values", "cities")) if named else f"the {rng.choice(listed('values', 'places'))}"
        elif kind == "name":
            value = invented_name(rng)
        elif kind in _LISTS:
            value = rng.choice(listed(*_LISTS[kind]))
            if kind == "day" and fact.value.lower().endswith("days"):
                value += "s"
            if fact.value[:2] == "a " or fact.value[:3] == "an ":
                value = f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
        else:
            break
        found.append(value)
    unique = dict.fromkeys(value for value in found if value and not right & set(content_words(value)))
    return list(unique)[:n]
