"""What kind of thing an answer is: a month, a clock time, a code, a colour, a name.

Questions depend on it (``In which month …?``, ``At what time …?``), and so do wrong answers that still make sense.
"""

from __future__ import annotations

import re

from engine.learning.word_lists import ANIMALS, DAYS, MONTHS, word_set

_LISTS = {
    "colour": word_set("values", "colours"),
    "food": word_set("values", "foods"),
    "instrument": word_set("values", "instruments"),
    "sport": word_set("values", "sports"),
    "language": word_set("values", "languages"),
    "diet": word_set("values", "diets"),
    "job": word_set("values", "jobs"),
    "place": word_set("values", "cities", "countries"),
}
_SEASONS = word_set("values", "seasons")
_CLOCK = re.compile(
    r"\b[012]?\d[:.][0-5]\d\b(?! ?(?:m|km|cm|kg|l|%|€|\$|£|euros?|dollars?|pounds|litres?|metres?)\b)|"
    r"\b\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.|o'clock)|\b(?:noon|midnight|half past|"
    r"quarter (?:past|to))\b",
    re.I,
)
_YEAR = re.compile(r"(?:the year )?(?:1\d{3}|20\d\d)(?: (?:bc|ad))?", re.I)
_DATE = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b", re.I)
_LOOSE_TIME = re.compile(
    r"\b(?:(?:last|next|this|every|each) (?:year|month|week|night|day|spring|summer|autumn|winter|fall|weekend|"
    r"morning|evening)|mornings?|evenings?|"
    r"afternoons?|nights?|weekends?|christmas|easter|new year|years? ago|months? ago|weeks? ago|days? ago|"
    r"yesterday|tomorrow|"
    r"weekdays?|holidays|once a \w+|twice a \w+|childhood|(?:19|20)\d0s)\b",
    re.I,
)
TIMES = frozenset({"month", "day", "date", "year", "clock", "season", "time"})
"""The kinds that answer *when*."""
_NUMBER_WORDS = word_set("grammar", "number_words")
_SMALL_WORDS = frozenset(["a", "an", "the", "my", "our", "his", "her", "their", "some", "any", "of", "in", "on", "at"])


def time_kind(value: str, preposition: str = "") -> str | None:
    """Which kind of time ``value`` is, or None: ``the 14th of June`` → ``date``, ``7 pm`` → ``clock``."""
    lower = value.lower()
    words = [word.strip(".,;:()") for word in lower.split()]
    if not words or len(words) > 9:
        return None
    months = any(word in MONTHS for word in words) and not (words[0] in ("may", "march") and value[:1].islower())
    if _CLOCK.search(lower) or (preposition in ("at", "until", "till") and re.fullmatch(r"\d{1,2}", lower)):
        return "clock"
    if months:
        return "date" if any(re.match(r"\d{1,2}(?:st|nd|rd|th|\.)?$", word) for word in words) else "month"
    if any(word in DAYS or word.removesuffix("s") in DAYS for word in words):
        return "day"
    if _YEAR.fullmatch(lower):
        return "year"
    if _DATE.search(lower):
        return "date"
    if any(word in _SEASONS for word in words) and len(words) <= 4:
        return "season"
    return "time" if _LOOSE_TIME.search(lower) or preposition in ("since", "until") else None


def value_kind(value: str, preposition: str = "") -> str:
    """The kind of ``value``: one of :data:`TIMES`, ``number``, a listed kind, ``address``, ``name`` or ``thing``."""
    bare = " ".join(word for word in value.lower().strip(" .").split() if word not in _SMALL_WORDS)
    parts = re.split(r", and | and |, ", bare)
    for kind in ("colour", "diet", "language", "instrument", "sport", "job", "food"):
        if all(part in _LISTS[kind] for part in parts):
            return kind
        if bare in _LISTS[kind] or (kind in ("colour", "food") and bare.split(" ")[-1] in _LISTS[kind]):
            return kind
    if bare in ANIMALS or bare.removesuffix("s") in ANIMALS:
        return "animal"
    if "@" in bare or "www." in bare:
        return "address"
    if bare in _LISTS["place"]:
        return "place"
    if time := time_kind(value, preposition):
        return time
    first = bare.split(" ")[0] if bare else ""
    if (first[:1].isdigit() or (first[:1] in "€$£#+" and first[1:2].isdigit())) or first in _NUMBER_WORDS:
        return "number"
    return "name" if value[:1].isupper() else "thing"


def is_job(noun: str) -> bool:
    """Whether ``noun`` (``beekeeper``, ``taxi driver``) names a profession."""
    last = noun.lower().split()[-1]
    return (
        noun.lower() in _LISTS["job"]
        or last in _LISTS["job"]
        or last.endswith(
            ("ist", "ician", "grapher", "ologist", "keeper", "maker", "smith", "worker", "engineer", "man", "woman")
        )
    )


def content_words(text: str) -> list[str]:
    """The words of ``text`` that carry meaning, in lower case."""
    return [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in _LITTLE]


_LITTLE = word_set("grammar", "little_words")
