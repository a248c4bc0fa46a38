"""Wrong answers of the right kind: another colour for a colour, another code for a code."""

from __future__ import annotations

import random
import re
from collections.abc import Collection

from engine.learning.facts import Fact
from engine.learning.invention import invented_name
from engine.learning.phrasing import plural, with_article
from engine.learning.values import content_words
from engine.learning.word_lists import listed, own_list

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
    "thing": ("values", "things"),  # of what one may be afraid
}
_MONTH_LIST = ("values", "months")


_FIGURES = frozenset({"number", "code", "clock", "year", "date"})


def _other_number(value: str, rng: random.Random, digits: str = "123456789") -> str:
    """``value`` with its figures changed, at least one of them, none of them a leading zero."""
    figures = [i for i, letter in enumerate(value) if letter.isdigit()]
    if not figures:
        return rng.choice([word for word in ("two", "three", "four", "five", "six") if word != value.lower()])
    changed = list(value)
    for i in rng.sample(figures, rng.randint(1, len(figures))):
        changed[i] = rng.choice([figure for figure in digits if figure != value[i]])
    return "".join(changed)


def _other_place(value: str, rng: random.Random) -> str:
    """``the Corvic sea`` → ``the Dravel sea``, ``the blue drawer`` → ``the pantry``."""
    words = value.split()
    if any(word[:1].isupper() for word in words):
        return " ".join(invented_name(rng) if word[:1].isupper() else word for word in words)
    return f"the {rng.choice(listed('values', 'places'))}"


def _telling(value: str) -> set[str]:
    """The words that make ``value`` what it is: its names if it has any (the Corvic sea), else all with a meaning."""
    names = {word.lower() for word in re.findall(r"[^\W_]+", value) if word[0].isupper()}
    return names or set(content_words(value))


def wrong_values(fact: Fact, known: Collection[Fact], rng: random.Random, n: int) -> list[str]:
    """Up to ``n`` values that ``fact`` does not have: its former one, those of others, those from lists of its kind."""
    kind = fact.kind
    found = [fact.denied] if fact.denied else []
    found += [other.value for other in known if other.relation == fact.relation and other.kind == kind][:3]
    right = _telling(fact.value) if kind not in _FIGURES else set()
    instead = own_list("instead", fact.relation)
    for _ in range(4 * n):
        if instead and kind not in _LISTS.keys() - {"thing"}:
            value = rng.choice(instead)
        elif kind == "clock":
            value = (
                f"{rng.randint(1, 12)}:{rng.choice(('00', '15', '30', '45'))}"
                if ":" in fact.value
                else _other_number(fact.value, rng, "2345689")
            )
        elif kind in ("number", "year"):
            value = _other_number(fact.value, rng)
        elif kind == "date":
            month = next((m for m in listed(*_MONTH_LIST) if m.lower() in fact.value.lower()), "")
            other = rng.choice([m for m in listed(*_MONTH_LIST) if m != month])
            value = fact.value.replace(month, other) if month else _other_number(fact.value, rng)
        elif kind == "place":
            named = fact.value[:1].isupper()
            if fact.relation in ("works_at", "studies_at") and not named:
                found.append(f"the {rng.choice(listed('values', 'organisations'))}")
                continue
            value = rng.choice(listed("values", "cities")) if named else _other_place(fact.value, rng)
        elif kind in ("name", "word"):
            value = invented_name(rng) if kind == "name" else invented_name(rng).lower()
        elif kind in _LISTS and (kind != "thing" or fact.relation == "afraid_of"):
            value = rng.choice(listed(*_LISTS[kind]))
            if kind == "thing" and fact.value.endswith("s") and " " not in fact.value:
                value = plural(value)
            elif kind == "thing":
                value = with_article(value)
            if kind == "day" and fact.value.lower().endswith("days"):
                value += "s"
            if fact.value.lower().startswith(("a ", "an ")):
                value = with_article(value)
            elif fact.value.lower().startswith("the ") and kind in ("instrument", "animal"):
                value = f"the {value}"
        else:
            break
        found.append(value)
    unique = dict.fromkeys(
        value
        for value in found
        if value and value.lower() != fact.value.lower() and not right & set(content_words(value))
    )
    return list(unique)[:n]
