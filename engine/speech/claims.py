"""What a claim is about: a deed is argued by what it brings, a thing by what it is, one of two by the other.

``We should ban short flights`` is about *banning short flights*; ``Cats are better than dogs`` about *cats*, and the
other side speaks for *dogs*; ``Animals should not be kept in zoos`` is against *keeping animals in zoos*. A rule of
thumb over words; where it does not see what a claim is about the matter is *it*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from engine.learning.verb_forms import ing, reading
from engine.learning.word_lists import word_set
from engine.speech.examples import speech_data, word_list
from engine.speech.topics import topics

_OUGHT = re.compile(
    r"^(?P<who>.{1,60}?) (?:should|must|ought to|need to|has to|have to) (?P<not>not |never )?(?P<what>.+)$", re.I
)
_SHOULD = re.compile(r"^should (?P<who>.{1,60}?) (?P<what>.+)$", re.I)
_PASSIVE = re.compile(r"^be (?P<verb>\w+)(?P<rest>.*)$", re.I)
_COMPARED = re.compile(
    r"^(?P<who>.{1,60}?) (?:is|are) (?:\w+ )?(?:better|worse|\w+er|more \w+) than (?P<other>.+)$", re.I
)
_STATE = re.compile(
    r"(?P<who>\S.{0,40}?) "
    r"(?:is|are|was|were|has|have|do|does|can|cannot|could|will|would|makes?|needs?|never|always)\b",
    re.I,
)
_CHOICE = re.compile(r"^is it better to (?P<who>.+?) or (?:to )?(?P<other>.+)$", re.I)
_EITHER = re.compile(r"^(?P<who>\w+) (?:or|versus|vs\.?) (?P<other>\w+)$", re.I)
_ANYBODY = frozenset({"everybody", "everyone", "people", "we", "you"})
_MOST_CONCEDED = 14
"""Words of an argument that are said again at most."""
_NAME = 4
"""Words of what is no sentence, but a name."""
_MANY = frozenset({"people", "children", "men", "women", "police", "they"})


@dataclass(frozen=True, slots=True)
class Matter:
    """What is argued about.

    Attributes:
        thing: As it stands within a sentence: ``cats``, ``banning short flights``, or ``it``.
        kind: ``deed``, ``state`` or ``compared``.
        other: What it is compared to; empty when to nothing.
        against: Whether the claim is that it is bad.
    """

    thing: str
    kind: str
    other: str = ""
    against: bool = False


def matter_of(claim: str) -> Matter:
    """What ``claim`` is about."""
    told = claim.rstrip("?.! ")
    if found := _CHOICE.match(told):
        one, other = _deed("", found["who"]), _deed("", found["other"])
        return Matter(one, "compared", other) if one and other else Matter("it", "deed")
    if found := _COMPARED.match(told) or _EITHER.match(told):
        pair = _within(found["who"]), _within(found["other"])
        better, worse = reversed(pair) if "worse" in told.casefold() else pair
        return Matter(better, "compared", worse)
    against = any(re.search(rf"\b{blame}\b", told, re.I) for blame in word_list("debate", "blaming"))
    if found := _SHOULD.match(told):
        who, what = _split(found["who"], found["what"])
        if deed := _deed(who, what):
            return Matter(deed, "deed")
    elif found := _OUGHT.match(told):
        if deed := _deed(found["who"], found["what"]):
            return Matter(deed, "deed", against=bool(found["not"]))
    elif not claim.rstrip().endswith("?") and (who := _who(told)):
        return Matter(who, "state", against=against)
    elif told and len(told.split()) <= _NAME and not claim.rstrip().endswith("?"):
        return Matter(_within(told), "state")
    return Matter("it", "deed")


def is_many(thing: str) -> bool:
    """Whether ``thing`` is followed by ``are``."""
    head = next((at for at, word in enumerate(thing.split()) if word in word_set("grammar", "prepositions")), None)
    words = thing.casefold().split()[:head]
    if not words or words[0].endswith("ing"):
        return False
    last = words[-1]
    plural = last.endswith("s") and not last.endswith(("ss", "us", "is"))
    return (plural and last not in word_set("grammar", "singular_in_s")) or last in _MANY or "and" in words


def conceded(reason: str, thing: str) -> str:
    """``cats are clean`` → ``cats may be clean``: what the other side grants; empty where that cannot be told."""
    start = len(thing) + 1
    if not reason.casefold().startswith(f"{thing.casefold()} "):
        return ""
    words = re.split(r"[,;:.!?]", reason[start:])[0].split()
    if not words or len(words) > _MOST_CONCEDED or "not" in words:
        return ""
    verb, rest = words[0], words[1:]
    if verb in ("is", "are"):
        plain = "be"
    elif verb == "can":
        plain = ""
    elif found := reading(verb, "third", "base"):
        plain = found[0]
    else:
        return ""
    linked = zip(["", *rest], rest, strict=False)
    rest = [_plain(word) if before in ("and", "or") else word for before, word in linked]
    return " ".join(one for one in (reason[: start - 1], "may", plain, *rest) if one)


def _plain(word: str) -> str:
    """``supports`` → ``support``: the form behind ``may``; another word as it is."""
    found = reading(word.casefold(), "third")
    return found[0] if found else word


def _split(who: str, what: str) -> tuple[str, str]:
    """``all cars`` and ``be banned``: who ends before the first verb."""
    words = [*who.split(), *what.split()]
    at = next((at for at, word in enumerate(words) if at > 0 and _doing(word)), 1)
    return " ".join(words[:at]), " ".join(words[at:])


def _deed(who: str, what: str) -> str:
    """``cars`` and ``be banned in town`` → ``banning cars in town``; ``we`` and ``eat less`` → ``eating less``."""
    if passive := _PASSIVE.match(what):
        doing = _doing(passive["verb"], "participle", "past")
        if doing:
            return f"{doing} {_within(who)}{passive['rest']}"
        return f"making {_within(who)} {passive['verb']}{passive['rest']}"
    verb, _, rest = what.partition(" ")
    doing = _doing(verb)
    if who.casefold() in _ANYBODY:
        rest = re.sub(r"\b(?:their|our)\b", "your", rest)
    return f"{doing} {rest}".rstrip() if doing else ""


def _doing(word: str, *forms: str) -> str:
    """``ban`` or, as a participle, ``banned`` → ``banning``; empty for what is no known verb in that form."""
    lower = word.casefold()
    if lower == "be":
        return "being"
    for base, done, doing in _deeds():
        if lower == (done if forms else base):
            return doing
    found = reading(lower, *(forms or ("base",)))
    return ing(found[0]) if found else ""


def _who(told: str) -> str:
    """Who or what something is told of; empty where the claim merely names a thing."""
    found = _STATE.match(told)
    if found:
        return _within(found["who"])
    words = told.split()
    verb = next(
        (at for at, word in enumerate(words) if at > 0 and reading(word.casefold(), "third", "base", "past")), None
    )
    if verb is not None and words[verb - 1].casefold() not in word_set("grammar", "prepositions"):
        return _within(" ".join(words[:verb]))
    return ""


def _within(name: str) -> str:
    """``name`` as it stands within a sentence."""
    about = topics(name)
    proper = name[1:2].isupper() or (about and about[0][:1].isupper() and name.split()[0] in about[0].split())
    return name if proper else name[:1].lower() + name[1:]


@cache
def _deeds() -> tuple[tuple[str, ...], ...]:
    """Verbs of what one demands: base, participle and ``-ing`` of each."""
    return tuple(tuple(verb.split()) for verb in speech_data()["debate"]["deeds"].split(","))
