"""Read one clause: its subject, its verb, and what follows.

No grammar book is in here, only what everyday statements need: the first finite verb that can be one splits a clause in
two. A form that could be a noun as well (``the code opens the door``, ``my watch stops``) is a verb only where its
subject agrees with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.learning.entities import DETERMINERS, PREPOSITIONS, read_entity
from engine.learning.verb_forms import lexicon, reading
from engine.learning.word_lists import word_set

_BE = {"am": "present", "is": "present", "are": "present", "was": "past", "were": "past"}
_HAVE = {"have": "present", "has": "present", "had": "past"}
_AUXILIARY = _BE.keys() | _HAVE.keys()
_MODALS = frozenset(["can", "cannot", "must", "should", "shall", "will", "could"])
SUBJECTS = frozenset(["i", "we", "he", "she", "they"])
_PRONOUNS = frozenset(["i", "we", "he", "she", "it", "they"])
_ADVERBS = word_set("grammar", "adverbs")
_NAMING = frozenset({"called", "named", "nicknamed"})
_RELATIVE = frozenset(["who", "which", "that", "whom", "whose", "where", "when"])
_LONGEST_SUBJECT = 12


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, split at its verb."""

    subject: tuple[str, ...]
    verb: str
    """The main verb's base form; ``be`` for *is, am, are, was, were*."""
    tense: str
    """``present``, ``past`` or ``future``."""
    rest: tuple[str, ...]
    """What follows the verb, adverbs of little meaning taken out of its beginning."""
    negative: bool = False
    participle: str = ""
    """For a passive, ``invented`` in *was invented by …*: its verb's base form is ``invent``."""


def words_of(text: str) -> list[str]:
    """The words of ``text``; a comma stays on its word, marks that stand alone are left out."""
    return [word for word in text.split() if bare(word)]


def bare(word: str) -> str:
    """``word`` in lower case without the punctuation around it."""
    return word.lower().strip(',;:()"!.')


def _can_be_plural_subject(words: list[str]) -> bool:
    end = next((i for i, word in enumerate(words) if i and word in PREPOSITIONS), len(words))
    last = words[end - 1]
    many = last in ("i", "we", "they", "you", "children", "people", "men", "women") or "and" in words
    return many or (last.endswith("s") and not last.endswith("ss"))


def _verb_at(words: list[str]) -> int | None:
    """The index of the finite verb of a clause given in full, or None."""
    lower = [bare(word) for word in words]
    if not lower:
        return None
    first = 1 if lower[0] not in DETERMINERS else 2
    if lower[0] in _PRONOUNS:
        for i in range(1, min(len(lower), 4)):
            if lower[i] in _BE or lower[i] in _HAVE or lower[i] in _MODALS or lower[i] in ("do", "does", "did"):
                return i
            if reading(lower[i], "base", "third", "past"):
                return i
            if lower[i] not in _ADVERBS and not lower[i].endswith("ly"):
                return i if lower[i].endswith(("s", "ed")) else None
        return None
    guess = None
    relative = inside = False
    for i in range(first, min(len(lower), _LONGEST_SUBJECT)):
        word, before = lower[i], lower[i - 1]
        if before in _RELATIVE:
            relative = True
            continue
        if i > 2 and before in SUBJECTS and lower[i - 2] != "and" and not relative:
            inside = True  # the game *we* always play is called ...
        if inside and word in _ADVERBS:
            continue
        if inside:
            inside = False
            continue
        if (
            before == "to"
            or before in DETERMINERS
            or (before in PREPOSITIONS and word not in _BE)
            or before.endswith("'s")
        ):
            continue
        if relative and before in _PRONOUNS:
            continue
        if word in _BE or word in _HAVE or word in _MODALS or word in ("does", "did"):
            return i
        if (words[i][0].isupper() and not words[i].isupper()) or word in _NAMING:
            continue
        if lower[i + 1 : i + 2] and lower[i + 1] in _AUXILIARY:
            continue  # our *neighbours* are called ...
        forms = {form for _, form in lexicon().get(word, ())}
        plural = _can_be_plural_subject(lower[:i])
        if ("third" in forms and not plural) or "past" in forms or ("base" in forms and plural):
            return i
        if "third" in forms and _can_be_plural_subject([before]) and words[i - 1][0].isupper():
            return i
        if (
            guess is None
            and i + 1 < len(lower)
            and re.fullmatch(r"[a-z]{3,}(?:[^s]s|ed)", word)
            and before not in PREPOSITIONS
        ):
            follows = lower[i + 1]
            if follows in DETERMINERS or follows in PREPOSITIONS:
                guess = i
    return guess


def has_verb(text: str) -> bool:
    """Whether ``text`` can stand as a clause of its own."""
    return _verb_at(words_of(text)) is not None


def _after_adverbs(words: list[str]) -> list[str]:
    while (
        words
        and (bare(words[0]) in _ADVERBS or re.fullmatch(r"(?!family|early|only)[a-z]{3,}ly", bare(words[0])))
        and len(words) > 1
    ):
        if bare(words[0]) in ("about", "all", "both", "once") or reading(bare(words[0]), "base"):
            break
        words = words[1:]
    return words


def read_clause(text: str) -> Clause | None:
    """Split ``text`` at its verb; None when no verb, no subject or nothing after the verb is found."""
    words = words_of(text)
    at = _verb_at(words)
    if at is None or at == 0:
        return None
    subject = words[:at]
    while len(subject) > 1 and (
        bare(subject[-1]) in _ADVERBS or (bare(subject[-1]).endswith("ly") and bare(subject[0]) in _PRONOUNS)
    ):
        if bare(subject[-1]) == "never":
            words[at:at] = []
            return _read_group(subject[:-1], bare(words[at]), ["not", *words[at + 1 :]], words[at])
        subject = subject[:-1]
    return _read_group(subject, bare(words[at]), words[at + 1 :], words[at])


def _read_group(subject: list[str], verb: str, rest: list[str], form: str) -> Clause | None:
    """The verb group that starts with ``verb``: auxiliaries, *not*, adverbs, main verb."""
    negative = False
    if rest and bare(rest[0]) == "not":
        negative, rest = True, rest[1:]
    if verb == "cannot":
        verb, negative = "can", True
    rest = _after_adverbs(rest)
    if not rest:
        return None
    subject_words = tuple(word.strip(",;:") for word in subject)
    following = bare(rest[0])

    def clause(main: str, tense: str, remaining: list[str], participle: str = "") -> Clause | None:
        remaining = _after_adverbs(remaining)
        return Clause(subject_words, main, tense, tuple(remaining), negative, participle) if remaining else None

    if verb in _BE:
        tense = _BE[verb]
        if (
            following == "going"
            and [bare(word) for word in rest[1:2]] == ["to"]
            and len(rest) > 2
            and reading(bare(rest[2]), "base")
        ):
            return clause(bare(rest[2]), "future", rest[3:])
        if (found := reading(following, "ing")) and len(rest) > 1:
            soon = (
                found[0] in ("move", "fly", "travel", "visit", "marry", "leave", "come", "arrive", "start", "get")
                and tense == "present"
            )
            return clause(found[0], "future" if soon else tense, rest[1:])
        if (
            (found := reading(following, "participle"))
            and found[0] not in ("be", "call", "name", "nickname")
            and len(rest) > 1
        ):
            return clause(
                found[0] if bare(rest[1]) == "by" else "be",
                tense,
                rest[1:] if bare(rest[1]) == "by" else rest,
                following,
            )
        return clause("be", tense, rest)
    if verb in _HAVE:
        if following == "got" and len(rest) > 1:
            return clause("have", "present", rest[1:])
        if following == "to" and len(rest) > 2:
            return clause("have", _HAVE[verb], rest)
        if following == "been" and len(rest) > 1:
            going = reading(bare(rest[1]), "ing")
            lasting = re.search(r"\b(?:since|for)\b", " ".join(rest))
            if going:
                return clause(going[0], "present", rest[2:])
            return clause("be", "present" if lasting else "past", rest[1:])
        found = reading(following, "participle")
        if found and following not in ("set", "cut", "put", "read", "cost") and len(rest) > 1:
            lasting = re.search(
                r"\b(?:since|for (?:\d|a|many|some|over|more|two|three|four|five|ten))\b", " ".join(rest)
            )
            return clause(found[0], "present" if lasting else "past", rest[1:])
        return clause("have", _HAVE[verb], rest)
    if verb in ("do", "does", "did") and (negative or reading(following, "base")) and len(rest) > 1:
        main = reading(following, "base")
        return clause(main[0] if main else following, "past" if verb == "did" else "present", rest[1:])
    if verb in _MODALS:
        if len(rest) < 2:
            return None
        if following == "be":
            return clause("be", "future" if verb in ("will", "shall") else "present", rest[1:])
        main = reading(following, "base")
        if main is None:
            return None
        if verb in ("will", "shall"):
            return clause(main[0], "future", rest[1:])
        return clause(main[0], "present", rest[1:])
    found = reading(verb, "third", "past", "base")
    if found is None:
        base = verb[:-2] if verb.endswith("ed") else verb[:-1]
        return clause(base, "past" if verb.endswith("ed") else "present", rest)
    if verb == "used" and following == "to" and len(rest) > 2 and (main := reading(bare(rest[1]), "base")):
        return clause(main[0], "past", rest[2:])
    tense = "past" if found[1] == "past" and verb != found[0] else "present"
    return clause(found[0], tense, rest)


_JOINT = re.compile(
    r"\s*(?:[,;]\s*(?:and|but|so|then|because|while|also|plus)?|\s(?:and|but|so|because|while)|\s[-–—])\s+",
    re.IGNORECASE,
)
_STARTS_CLAUSE = re.compile(
    r"(?:(?:also|now|then|it|there|he|she|they|we|I|his|her|its|their|our|my|the|a|an|this|that|these)\b|[A-Z])",
    re.IGNORECASE,
)
_AGED = re.compile(r"^((?:[Mm]y|[Oo]ur) \w+ \w+), (\d{1,3})(?: years old)?, (.+)$")
_AGED_AND = re.compile(
    r"^([^,]{2,60}?) is (\d{1,3})(?: years old)?,? (?:and|but) ((?:still |already |now )?([a-z]+).*)$"
)
_RELATIVE_CLAUSE = re.compile(
    r"^(.{2,60}?),? (who|which) ((?:is|are|was|were|has|have|had|\w+s|\w+ed|\w+)\b [^,]+)(?:, (.+))?$"
)


def split_clauses(text: str) -> list[str]:
    """The clauses of one sentence, each with a subject of its own.

    ``My sister Noor lives in Graz, she is a doctor`` gives two, ``I live in Graz and work as a welder`` gives ``I
    live in Graz`` and ``I work as a welder``; ``My wife and I speak German and Finnish`` stays one.
    """
    if ((match := _RELATIVE_CLAUSE.match(text)) and bare(match[1].split()[0]) in DETERMINERS | {"i"} | _PRONOUNS) or (
        match := _RELATIVE_CLAUSE.match(text) if text[:1].isupper() and ", who" in text else None
    ):
        before, inside, after = match[1], match[3], match[4]
        pieces: list[str]
        if has_verb(before):
            owner = re.search(r"\b((?:my|our|his|her|the|an?) [^,]+)$", before)
            if owner and inside and re.match(r"I have an? |we have an? |there is an? ", before, re.IGNORECASE):
                possessor = "our" if before.lower().startswith("we") else "my"
                return split_clauses(f"{possessor} {owner[1].split(' ', 1)[1]} {inside}")
            if owner and owner[1].split()[0] in ("my", "our"):
                return [before, *split_clauses(f"{owner[1]} {inside}")]
        elif read_entity(before.split()):
            pieces = [f"{before} {inside}", *([f"{before} {after}"] if after else [])]
            if all(map(has_verb, pieces)):
                return pieces
    if aged := _AGED.match(text):
        return [f"{aged[1]} is {aged[2]}", *split_clauses(f"{aged[1]} {aged[3]}")]
    if (aged := _AGED_AND.match(text)) and _does(aged[4]):
        return [f"{aged[1]} is {aged[2]}", f"{aged[1]} {aged[3]}"]
    pieces = []
    start = 0
    for joint in _JOINT.finditer(text):
        left, right = text[start : joint.start()], text[joint.end() :]
        if not has_verb(left):
            continue
        if _STARTS_CLAUSE.match(right) and _own_subject(right):
            pieces.append(left)
            start = joint.end()
        elif "and" in joint.group().lower() and (again := _shared_subject(left, right)):
            pieces.append(left)
            pieces += split_clauses(again)
            return pieces
    pieces.append(text[start:])
    return pieces


def _own_subject(text: str) -> bool:
    at = _verb_at(words_of(text))
    if at is None or at > 7:
        return False
    return "," not in " ".join(words_of(text)[:at]) and " and " not in " ".join(words_of(text)[:at])


def _does(word: str) -> bool:
    """Whether ``word`` may be what somebody does or did."""
    return bool(reading(word, "third", "past")) or (word.endswith("s") and not word.endswith("ss"))


def _shared_subject(left: str, right: str) -> str | None:
    """``right`` with the subject of ``left`` where it starts with a finite verb of its own; else None."""
    words = words_of(right)
    if len(words) < 2 or not words[0][0].islower():
        return None
    at = _verb_at(words_of(left)) or 0
    subject = words_of(left)[:at]
    if not subject:
        return None
    first = bare(words[0])
    forms = {form for _, form in lexicon().get(first, ())}
    plural = _can_be_plural_subject([bare(word) for word in subject])
    finite = first in _BE or first in _HAVE or "past" in forms or ("base" if plural else "third") in forms
    follows = bare(words[1])
    complement = (
        follows in PREPOSITIONS | DETERMINERS | {"called", "named", "not", "as"}
        or words[1][0].isupper()
        or first in _BE
    )
    return " ".join((*subject, right)) if finite and complement else None
