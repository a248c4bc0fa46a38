"""What keeps coming up: the word that recent interactions have in common, by its letters or by its meaning.

``dog``, ``dogs`` and ``puppy`` are one theme: forms of a word are told by their letters, kindred words by the likeness
of their vectors. The theme is the word that most interactions speak of, in whatever words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.memory.dreams import cosine
from engine.memory.record import Interaction
from engine.speech.meaning import KINDRED, Vector
from engine.speech.topics import content_words, topics, well_named

_MOST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme and its evidence.

    Attributes:
        word: Its name, as it was written last.
        topic: The same as one names it to the person who spoke of it: ``your dog``.
        words: The words that stood for it, in their order, each once.
        interactions: Numbers of the interactions that spoke of it.
    """

    word: str
    topic: str
    words: tuple[str, ...]
    interactions: tuple[int, ...]

    @property
    def recurring(self) -> bool:
        """Whether it came up more than once."""
        return len(self.interactions) > 1


def theme_of(said: Sequence[Interaction], vectors: Callable[[Sequence[str]], list[Vector]]) -> Theme | None:
    """The strongest theme of ``said`` (oldest first); None when nothing in it names a topic.

    A word of the user counts twice as much as one of the answers; of equals the one that came up last wins.

    Args:
        said: The interactions.
        vectors: Gives a vector for each word.
    """
    spoken: list[tuple[str, int, int]] = []  # word, place of the interaction, weight
    for place, one in enumerate(said):
        spoken += [(word, place, 2) for word in content_words(one.prompt)]
        spoken += [(word, place, 1) for word in content_words(one.response)]
    words = list(dict.fromkeys(word for word, _, _ in reversed(spoken)))[:_MOST_WORDS]
    if not words:
        return None
    known = dict(zip(words, vectors(words), strict=True))

    def akin(one: str, other: str) -> bool:
        return _same_word(one, other) or cosine(known[one], known[other]) >= KINDRED

    def strength(word: str) -> tuple[int, int, int]:
        near = [(place, weight) for other, place, weight in spoken if other in known and akin(word, other)]
        own = sum(weight for other, _, weight in spoken if other == word)
        return len({place for place, _ in near}), sum(weight for _, weight in near), own

    named = {word for one in said for topic in topics(one.prompt) for word in content_words(topic)}
    by_user = {word for word, _, weight in spoken if weight == 2 and word in known}
    by_user = by_user & named or by_user
    best = max((word for word in words if word in by_user), key=strength, default=words[0])
    meant = [(word, place) for word, place, _ in spoken if word in known and akin(best, word)]
    return Theme(
        as_written(best, said),
        _as_topic(best, said),
        tuple(dict.fromkeys(word for word, _ in meant)),
        tuple(dict.fromkeys(said[place].id for _, place in meant)),
    )


def _same_word(one: str, other: str) -> bool:
    """Whether both are forms of one word: equal but for a plural's ending."""
    short, long = sorted((one, other), key=len)
    return long in (short, short + "s", short + "es") or (short.endswith("y") and long == short[:-1] + "ies")


def _as_topic(word: str, said: Sequence[Interaction]) -> str:
    """The shortest of the newest topics that end in ``word`` or a form of it, those first that can stand by themselves.

    ``word`` as it is written without any.
    """
    newest = [topics(one.prompt) for one in reversed(said)]
    named = [[topic for topic in those if _same_word(topic.split()[-1].casefold(), word)] for those in newest]
    # My friend Paolo: what ends in his name is called by the word, too.
    called = [[topic for topic in those if word in topic.casefold().split()[:-1]] for those in newest]
    good = [[topic for topic in those if well_named(topic)] for those in named]
    shortest = min(next(filter(None, [*good, *named, *called]), [as_written(word, said)]), key=len)
    article, _, thing = shortest.partition(" ")
    return f"the {thing}" if thing and article in ("a", "an") else shortest  # it was spoken of: it is a certain one


def as_written(word: str, said: Sequence[Interaction]) -> str:
    """``word`` with the capitals it has where it does not begin a sentence, if it has any."""
    for one in reversed(said):
        for text in (one.prompt, one.response):
            for before, found in zip(["", *text.split()], text.split(), strict=False):
                bare = found.strip(".,;:!?\"'()").removesuffix("'s")
                if bare.casefold() == word and bare != word and before and before[-1] not in ".!?":
                    return bare
    return word
