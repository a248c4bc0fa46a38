"""Whose name it is that a message mentions: ``Thessaly popped round again. Love my sister-in-law, but …``.

People name somebody and say a moment later who that is, without ever putting the two into one clause. Where a message
has one name that somebody acts under and one role that nobody fills, the two mostly are one. That is a guess, so what
is learned are the user's own sentences, which may be asked for by the role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from engine.learning import screening
from engine.learning.entities import read_entity
from engine.learning.in_passing import TOLD_OF
from engine.learning.statement import Statement
from engine.learning.values import content_words
from engine.learning.verb_forms import lexicon, reading
from engine.learning.word_lists import PEOPLE, RELATIVES, word_set

_PETS = word_set("animals", "pets")
_NOBODY = frozenset({"man", "woman", "person", "guy", "boy", "girl", "lady", "friend", "friends", "student"})
"""Roles that anybody may fill."""
_ROLES = "|".join(sorted(PEOPLE - word_set("people", "plural") - _NOBODY | _PETS, key=len, reverse=True))
_ROLE = re.compile(rf"\b(?P<role>{_ROLES})\b(?!'s? [a-z]|-)(?! [A-Z])")
_OTHERS = frozenset({"his", "her", "their", "your"})
"""Before a role that somebody has to somebody else."""
_NAME = re.compile(
    r"^(?:(?P<title>Dr|Mr|Mrs|Ms|Miss|Prof)\.? )?(?P<name>[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?P<is>'s)? (?P<verb>[a-z]+)"
)
_PART = re.compile(r"[,;:.!?] (?:(?:and|but|so) )?| (?:and|but|so) ")
_DOING, _BEING = frozenset({"has", "had", "got", "did", "says", "said"}), frozenset({"is", "was", "are", "were"})
"""Irregular verbs with which somebody acts; and of being, for what merely *is* may be a place."""
_PLACES = word_set("values", "cities", "countries")


def paired(said: Sequence[str], read: Iterable[Statement]) -> tuple[str, Statement, Statement] | None:
    """The name and the role of which a message speaks, where neither is bound to another.

    Args:
        said: Its tidied sentences, in order.
        read: What the rules read in them.

    Returns:
        The sentences that hold them, what they tell as a whole about the role, and that the name is its name.
    """
    known = list(read)
    names = list(_names(said))
    roles = list(_roles(said))
    if any(titled for _, _, titled in names):
        roles = [one for one in roles if one[1] not in RELATIVES | _PETS]
    if len({name for _, name, _ in names}) != 1 or len({role for _, role in roles}) != 1:
        return None
    (at, name, _), (there, role) = names[0], roles[0]
    if _bound(name, role, known):
        return None
    first, last = sorted((at, there))
    text = said[first].rstrip(".")
    if last != first:
        begins_small = last != at and not said[last].startswith("I ")
        text += f"; {said[last][:1].lower() if begins_small else said[last][:1]}{said[last][1:]}"
    entity = read_entity(["my", *role.split()])
    if entity is None or len(text) > screening.LONGEST_SENTENCE:
        return None
    whole = Statement(entity=entity, relation=TOLD_OF, value=name, kind="name", subject=entity.text, rest=name)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}.", whole, replace(whole, relation="name")


def _names(said: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Names under which somebody does or is something, each with the number of its sentence, and if it has a title."""
    for number, sentence in enumerate(said):
        for part in _PART.split(sentence):
            match = _NAME.match(part)
            if match is None or match["name"] in _PLACES or not content_words(match["name"]):
                continue
            verb = match["verb"]
            acts = match["is"] or verb in _DOING or verb.endswith("ed") or reading(verb, "third", "past")
            unknown = match["name"].split()[0].lower() not in lexicon() and match["name"].lower() not in PEOPLE
            if match["title"] or (acts and verb not in _BEING and unknown):
                title = f"{match['title']} " if match["title"] else ""
                yield number, title + match["name"], bool(match["title"])


def _roles(said: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Roles that somebody may have to the user, each with the number of its sentence."""
    for number, sentence in enumerate(said):
        for match in _ROLE.finditer(sentence):
            before = sentence[: match.start()].lower().split()[-2:]
            if not any(word in _OTHERS or word.endswith("'s") for word in before):
                yield number, match["role"]


def _bound(name: str, role: str, read: Iterable[Statement]) -> bool:
    """Whether the name is known to be of somebody, or the role to have a name."""
    for one in read:
        if one.relation in ("name", "role") and (name in (one.value, one.entity.name) or one.entity.head == role):
            return True
        if name in (one.entity.name or "") and one.entity.head:
            return True
    return False
