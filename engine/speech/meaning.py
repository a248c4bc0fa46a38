"""How alike words and texts are, by the vectors that the base itself has for its tokens.

No model is run. Input embeddings mostly tell how common a token is; with the mean and the two strongest directions of
the common words taken out, kindred words remain close: ``dog`` and ``puppy``, ``bees`` and ``honey``. (Mu and
Viswanath, All-but-the-Top, 2018.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from engine.memory.dreams import cosine
from engine.speech.checking import new_words
from engine.speech.recovery import common_words
from engine.speech.topics import content_words

if TYPE_CHECKING:
    import torch

    from engine.composition.composition import Composition
    from engine.composition.frozen import FrozenModel

Vector = list[float]

KINDRED = 0.28
"""Cosine from which two words are kindred; measured on pairs of SmolLM2's vocabulary."""
_TAKEN_OUT = 2
_MOST_WORDS = 6000
_FEWEST_WORDS = 500
"""With fewer common words in the vocabulary all of its tokens are taken for them."""


@dataclass(slots=True)
class _Space:
    """What is taken out of every vector: the mean ``[hidden]`` and directions ``[hidden, 2]``."""

    mean: torch.Tensor
    directions: torch.Tensor


_spaces: WeakKeyDictionary[Any, _Space] = WeakKeyDictionary()


def word_vectors(composition: Composition, words: Sequence[str]) -> list[Vector]:
    """One vector ``[hidden]`` per word; zeros for a word that the tokenizer cuts up, since its pieces mean nothing."""
    return [_vector(composition.base, [ids] if len(ids := _ids(composition.base, one)) == 1 else []) for one in words]


def text_vectors(composition: Composition, texts: Sequence[str]) -> list[Vector]:
    """One vector ``[hidden]`` per text, the mean of its content words'; zeros for a text without any."""
    base = composition.base
    return [_vector(base, [_ids(base, word) for word in content_words(text)]) for text in texts]


def novelty(one: Vector, others: Sequence[Vector]) -> float:
    """1 − the greatest likeness of ``one`` to any of ``others``, in [0, 1]; 1 while there are none."""
    return min(1.0, max(0.0, 1.0 - max((cosine(one, other) for other in others), default=0.0)))


def kinship(composition: Composition, text: str, about: str) -> float:
    """How near what ``text`` says that is new is to ``about``: a cosine; −1 where it says nothing new."""
    new = new_words(text, [about])
    if not new:
        return -1.0
    one, other = text_vectors(composition, [" ".join(new), about])
    return cosine(one, other)


def agreement(composition: Composition, texts: Sequence[str]) -> list[float]:
    """Mean likeness of each text to the others, a cosine; 0 for one alone."""
    vectors = text_vectors(composition, texts)
    others = [[other for at, other in enumerate(vectors) if at != place] for place in range(len(vectors))]
    return [fmean(cosine(own, one) for one in rest) if rest else 0.0 for own, rest in zip(vectors, others, strict=True)]


def _ids(base: FrozenModel, word: str) -> list[int]:
    """Token ids of a word inside a sentence, with or without its capital, whichever takes fewer."""
    ways = (word, word[:1].upper() + word[1:])
    cut = (list(base.tokenizer(f" {way}", add_special_tokens=False)["input_ids"]) for way in ways)
    return min(cut, key=len)


def _vector(base: FrozenModel, words: Sequence[Sequence[int]]) -> Vector:
    import torch

    space = _space(base)
    ids = [id for word in words for id in word]
    if not ids:
        return [0.0] * space.mean.shape[0]
    with torch.inference_mode():
        vector = (_table(base)[torch.tensor(ids)].float() - space.mean).mean(0)
        found: Vector = (vector - space.directions @ (space.directions.T @ vector)).tolist()
    return found


def _space(base: FrozenModel) -> _Space:
    import torch

    known = _spaces.get(base.model)
    if known is None:
        ranks = sorted(common_words(base.tokenizer.get_vocab()).values())[:_MOST_WORDS]
        table = _table(base)
        with torch.inference_mode():
            rows = (table[torch.tensor(ranks)] if len(ranks) >= _FEWEST_WORDS else table).float()
            mean = rows.mean(0)
            _, directions = torch.linalg.eigh((rows - mean).T @ (rows - mean))
        known = _spaces[base.model] = _Space(mean, directions[:, -_TAKEN_OUT:])
    return known


def _table(base: FrozenModel) -> torch.Tensor:
    weight: torch.Tensor = base.model.get_input_embeddings().weight.detach()
    return weight.cpu()
