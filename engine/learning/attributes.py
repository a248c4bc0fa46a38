"""``My cat's name``, ``the code for the attic door``, ``my favourite colour``: an owner and one of its attributes."""

from __future__ import annotations

import re

from engine.learning import screening
from engine.learning.clauses import Clause, bare
from engine.learning.entities import DETERMINERS, PREPOSITIONS, Entity, read_entity
from engine.learning.relations import PLACE_KINDS, relation_of_attribute, relations
from engine.learning.statement import Statement, stated, stripped, value_of
from engine.learning.values import TIMES, value_kind
from engine.learning.word_lists import ATTRIBUTES, EVALUATIVE, PEOPLE

_NAMING = frozenset({"called", "named"})


def attribute_of(subject: tuple[str, ...]) -> tuple[Entity, str] | None:
    """Owner and attribute in ``my cat's name``, ``the code for the door``, ``my birthday``; None for anything else."""
    words = list(subject)
    lower = [bare(word) for word in words]
    at = next((i for i in range(len(words) - 1, -1, -1) if lower[i].endswith("'s") or lower[i].endswith("s'")), None)
    if at is not None and at + 1 < len(words):
        noun = " ".join(lower[at + 1 :])
        of = [*words[:at], words[at][:-2] if lower[at].endswith("'s") else words[at][:-1]]
        owner = read_entity(of)
        if owner and (lower[-1] in ATTRIBUTES or " ".join(lower[-2:]) in ATTRIBUTES or noun.startswith("favo")):
            return owner, noun
        return None
    joint = next((i for i, word in enumerate(lower) if i > 1 and word in ("of", "for", "to", "at", "in", "on")), None)
    if joint and joint + 1 < len(words) and lower[0] in DETERMINERS:
        noun = " ".join(lower[1:joint])
        owner = read_entity(words[joint + 1 :])
        known = lower[joint - 1] in ATTRIBUTES or " ".join(lower[joint - 2 : joint]) in ATTRIBUTES
        secret = relation_of_attribute(lower[joint - 1]) == "code"
        if lower[joint] in ("to", "at", "in", "on"):
            # "the wifi password at home": the place belongs to the thing, not to the password.
            where = read_entity([*words[: joint - 1], *words[joint:]]) if lower[joint] != "to" and joint > 2 else owner
            return (where, lower[joint - 1]) if where and secret else None
        if owner and (known or (lower[joint] == "of" and lower[joint - 1] not in PEOPLE and lower[0] == "the")):
            return owner, noun
        return None
    if len(words) < 2 or lower[0] not in ("my", "our", "the"):
        return None
    noun = " ".join(lower[1:])
    mine = Entity("I", "i", kind="self") if lower[0] == "my" else Entity("we", "we", kind="self", plural=True)
    if lower[0] != "the" and (noun in ATTRIBUTES or noun.startswith(("favourite ", "favorite "))):
        return mine, noun
    head_length = 2 if " ".join(lower[-2:]) in ATTRIBUTES and len(words) > 3 else 1
    head = " ".join(lower[-head_length:])
    if (
        head not in ATTRIBUTES
        or len(words) - head_length < 2
        or relation_of_attribute(head) not in ("code", "number", "price", "contact", "size", "weight")
    ):
        return None
    if head in ("number", "key", "address", "type", "seat", "room", "platform", "floor", "gate", "bus", "line", "page"):
        return (mine, noun) if lower[0] != "the" else None
    thing = read_entity(words[:-head_length])
    return (thing, head) if thing else None


def of_attribute(clause: Clause, owner: Entity, noun: str) -> list[Statement] | str:
    """What ``clause`` states of ``owner``'s attribute ``noun``, or why it states nothing."""
    words = list(clause.rest)
    key = relation_of_attribute(noun)
    if key == "takes_place":
        owner = read_entity(list(clause.subject)) or owner
    preposition = ""
    if bare(words[0]) in _NAMING and len(words) > 1:
        words = words[1:]
    if bare(words[0]) in PREPOSITIONS and len(words) > 1:
        preposition, words = bare(words[0]), words[1:]
    value = value_of(words, cut=False)
    if bare(words[0]) == "to" or preposition == "to":
        value = stripped(words)
    kind = value_kind(value, preposition)
    if key == "attribute" and value.lower() in EVALUATIVE:
        return screening.OPINION
    if key == "birthday" and kind not in TIMES:
        return screening.OPINION if value.lower() in EVALUATIVE else screening.MOMENT
    if relations()[key].kind in PLACE_KINDS and kind not in TIMES:
        kind = "place"
    if key in ("name", "ruler", "role") and kind not in ("number",):
        kind = "name"
    if key == "code":
        kind = "number" if re.fullmatch(r"[\d .#*/-]+", value) else "word"
    if key == "favourite":
        noun = noun.split(" ", 1)[1]
        kind = {"colour": "colour", "color": "colour"}.get(
            noun,
            "food"
            if noun in ("food", "dish", "meal", "fruit", "dessert", "snack", "vegetable")
            else "drink"
            if noun in ("drink", "tea", "wine", "beer")
            else kind,
        )
    return [stated(clause, owner, relation=key, value=value, kind=kind, noun=noun, preposition=preposition)]
