"""Whom or what a statement is about: ``my sister Noor``, ``the river Velmora``, ``I``, and how to say it in a question.

A noun phrase is read into owner, head noun and name, because questions use them apart (``Noor``, ``my sister``, ``my
sister Noor``) and because two statements may speak of one thing in different words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.learning.verb_forms import lexicon
from engine.learning.word_lists import ANIMALS, ATTRIBUTES, PEOPLE, RELATIVES, TITLES, same_words, word_set

OWNERS = frozenset(["my", "our", "his", "her", "its", "their"])
DETERMINERS = OWNERS | frozenset(["the", "a", "an", "this", "that", "these", "those", "your"])
PREPOSITIONS = word_set("grammar", "prepositions")
_PLURAL_HEADS = word_set("people", "plural") | {"glasses", "trousers", "keys", "scissors", "feet", "teeth", "mice"}
_PLAIN_NOUNS = word_set("grammar", "plain_nouns")
_MINE = frozenset({"my", "our", "My", "Our"})
WORKS = word_set("grammar", "works")
"""Nouns after which a title stands: its words are one name, prepositions and all."""
_CATEGORIES = word_set("grammar", "categories")
"""Nouns after which an unknown word is a name, capital or not: ``the mineral drelite``."""
_SINGULAR_S = word_set("grammar", "singular_in_s")


@dataclass(frozen=True, slots=True)
class Entity:
    """A noun phrase in the user's own words (first person)."""

    text: str
    """All of it: ``my sister Noor``, ``the code``, ``I``."""
    head: str = ""
    """The head noun in lower case, ``sister``; empty for a bare name; ``i`` or ``we`` for the user."""
    name: str = ""
    """The proper name in it, ``Noor``."""
    owner: str = ""
    """``my``, ``the``, ``my neighbour's`` … or empty."""
    kind: str = "thing"
    """``self``, ``person``, ``animal``, ``thing``, or ``named`` for a bare name of unknown kind."""
    plural: bool = False

    @property
    def first_person(self) -> bool:
        """Whether the user is (part of) it."""
        return self.kind == "self"

    @property
    def objective(self) -> str:
        """As an object: ``me``, ``us``, ``my cat``."""
        if self.text.endswith(" and I"):
            return self.text[:-1] + "me"
        return {"I": "me", "we": "us"}.get(self.text, self.text)

    @property
    def possessive(self) -> str:
        """As an owner: ``my``, ``our``, ``my cat's``, ``my parents'``."""
        if self.first_person:
            return "my" if self.text == "I" else "our"
        return self.text + ("'" if self.text.endswith("s") and self.plural else "'s")

    @property
    def reflexive(self) -> str:
        """``myself``, ``ourselves``, ``themselves``; ``itself`` for one thing and ``themselves`` for one person."""
        if self.first_person:
            return "myself" if self.text == "I" else "ourselves"
        return "itself" if self.kind in ("thing", "animal") and not self.plural else "themselves"

    @property
    def base(self) -> str:
        """In plain words and without its name, for comparing: ``my sister``; the name itself when there is no more."""
        lower = self.text.lower()
        if self.head:
            plainest = same_words(self.head)[0]
            lower = " ".join(plainest if word == self.head else word for word in lower.split())
        if self.head in RELATIVES and not self.owner and not self.name:
            return f"my {lower}"  # "mum" is "my mum"
        if self.name and self.head:
            lower = " ".join(lower.replace(self.name.lower(), " ").split())
        if lower.startswith("our "):
            return f"my {lower[4:]}"  # our dog is my dog
        return lower.removeprefix("the ") or self.name.lower()

    def short_forms(self) -> tuple[str, ...]:
        """Other ways to mention it: the name alone, the noun alone, the name with ``the``."""
        if not (self.name and self.head) or self.first_person:
            return ()
        if self.owner:
            without_name = " ".join(word for word in self.text.split() if word not in self.name.split())
            bare = self.head in WORKS | _CATEGORIES
            named = f"the {self.name}" if self.owner == "the" and not bare else self.name
            return (named, without_name) if self.owner != "the" else (named,)
        return (self.name,) if self.head in TITLES | PEOPLE else ()

    def other_words(self) -> tuple[str, ...]:
        """The same in other words for its noun: ``my grandmother`` for ``my gran``."""
        words = self.text.split()
        if self.head not in words or self.first_person:
            return ()
        others = (word for word in same_words(self.head) if word != self.head)
        return tuple(" ".join(other if word == self.head else word for word in words) for other in others)


def same_entity(one: Entity, other: Entity) -> bool:
    """Whether both may well be the same: ``my sister`` and ``my sister Noor`` are, two sisters with names are not."""
    if one.first_person and other.first_person:
        return True  # where we moved, I moved
    if one.name and other.name:
        return one.name.lower() == other.name.lower() and (one.head == other.head or not (one.head and other.head))
    return one.base == other.base


def _is_name(word: str) -> bool:
    return word[:1].isupper() and word.lower() not in DETERMINERS and word != "I"


def _is_plural(head: str) -> bool:
    return head in _PLURAL_HEADS or (
        head.endswith("s") and not head.endswith(("ss", "us", "is")) and head not in _SINGULAR_S and len(head) > 3
    )


def _kind(head: str, name: str) -> str:
    if head in PEOPLE or head in TITLES:
        return "person"
    if head in ANIMALS or head.rstrip("s") in ANIMALS:
        return "animal"
    return "thing" if head else "named" if name else "thing"


def read_entity(words: list[str]) -> Entity | None:
    """Read a noun phrase, given as its words without commas; None when there is no noun in it.

    In a message without capitals an unknown word after a relative or an animal is taken for its name.
    """
    if not words:
        return None
    lower = [word.lower() for word in words]
    if lower in (["i"], ["me"]):
        return Entity("I", "i", kind="self")
    if lower in (["we"], ["us"]):
        return Entity("we", "we", kind="self", plural=True)
    if len(lower) > 3 and lower[0] in ("me", "i") and lower[1] == "and":
        words, lower = [*words[2:], "and", "I"], [*lower[2:], "and", "i"]
    if "and" in lower and lower[-1] in ("i", "me"):
        return Entity(" ".join((*_settled(words[:-1]), "I")), "we", kind="self", plural=True)
    titled = next((i for i, word in enumerate(lower[:-1]) if word in WORKS and words[i + 1][:1].isupper()), None)
    if titled is not None and titled <= 2:
        settled = _settled(words)
        return Entity(" ".join(settled), lower[titled], " ".join(words[titled + 1 :]), " ".join(settled[:titled]))
    core_end = next((i for i, word in enumerate(lower) if i > 0 and word in PREPOSITIONS), len(words))
    owner_end = next((i + 1 for i in range(core_end - 1, -1, -1) if lower[i].endswith(("'s", "s'"))), 0)
    owner_end = owner_end or (1 if lower[0] in DETERMINERS else 0)
    core, core_lower = words[owner_end:core_end], lower[owner_end:core_end]
    if not core or (lower[0] in ("this", "that", "these", "those", "your") and len(words) == 1):
        return None
    settled = _settled(words)
    owner = " ".join(settled[:owner_end]).replace("A ", "a ")
    names = [i for i, word in enumerate(core) if _is_name(word) and (owner_end or i or word.lower() not in PEOPLE)]
    if core_lower[0] in TITLES | PEOPLE | {"project", "river", "lake", "mount", "team", "operation", "captain"}:
        names = [i for i in names if i > 0]
    head, name = "", ""
    if names and names[-1] == len(core) - 1:
        first = names[-1]
        while first - 1 in names:
            first -= 1
        name, head = " ".join(core[first:]), core_lower[first - 1] if first else ""
    elif names and names[0] == 0 and owner == "the":
        last = next(i for i in range(len(names) + 1) if i not in names)
        name, head = " ".join(core[:last]), core_lower[-1]
    elif len(core) == 2 and owner == "the" and core_lower[0] in _CATEGORIES and _may_be_a_name(core_lower[1]):
        head, name = core_lower[0], core[1]
    else:
        head = core_lower[-1]
        if len(core) == 2 and owner in _MINE and core_lower[0] in PEOPLE | ANIMALS and _may_be_a_name(head):
            head, name = core_lower[0], core[1].capitalize()
            settled = [*settled[: core_end - 1], name, *settled[core_end:]]
    if "and" in core_lower and not name:
        return Entity(" ".join(settled), head, "", owner, _kind(head, ""), plural=True)
    if owner in ("a", "an"):
        settled, owner = ["the", *settled[1:]], "the"
    return Entity(
        " ".join(settled), head, name, owner, _kind(head, name), _is_plural(head) and not (name and head in TITLES)
    )


def _may_be_a_name(word: str) -> bool:
    """Whether a small word after ``my sister`` is more likely her name than a noun (``my dog walker``)."""
    known = PEOPLE | ANIMALS | _PLAIN_NOUNS | ATTRIBUTES
    return word.isalpha() and word not in known and not lexicon().get(word) and not _is_plural(word)


def _settled(words: list[str]) -> list[str]:
    """The words with the sentence's capital taken back where the first is no name."""
    first = words[0]
    common = first.lower() in DETERMINERS | PEOPLE | PREPOSITIONS or first.lower() in {"project", "river", "lake"}
    return [first.lower() if common else first, *words[1:]]


def owned(entity: Entity, owner: str) -> Entity:
    """The same noun with another owner: ``a cat`` → ``my cat``."""
    words = entity.text.split()
    rest = words[1:] if words[0].lower() in DETERMINERS else words
    return replace(entity, text=" ".join((owner, *rest)), owner=owner)
