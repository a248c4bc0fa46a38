"""How far the language itself has moved: perplexity on text nobody was taught, and the divergence from the base.

The text is the prose of Python's own help topics, which every Python carries along. A piece of it is given as the
user's turn and the next piece is scored as the answer, because influence begins where the prompt ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bench.learning_asking import Asker, Mode

if TYPE_CHECKING:
    import torch

SHOWN_TOKENS = 48
SCORED_TOKENS = 128
PASSAGES = 64
"""64 passages of 128 scored tokens are 8,192 tokens."""

_MARKUP = re.compile(r"::=|>>>|\*\*\*|===|~~~|\|\s|^\s*[*\-+]\s")


@dataclass(slots=True)
class Drift:
    """Sums over one set of texts.

    Attributes:
        tokens: Scored tokens.
        base_nats: Cross-entropy of the bare base, summed.
        nats: Cross-entropy of what was measured, summed.
        divergence: KL(base ‖ measured), summed over tokens, in nats.
    """

    tokens: int = 0
    base_nats: float = 0.0
    nats: float = 0.0
    divergence: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return asdict(self)


def held_out_prose() -> str:
    """Plain English paragraphs of Python's help topics, code and grammar left out, in a fixed order."""
    from pydoc_data.topics import topics

    paragraphs = (
        " ".join(paragraph.split())
        for name in sorted(topics)
        for paragraph in topics[name].split("\n\n")
        if not _MARKUP.search(paragraph) and not paragraph.startswith("     ")
    )
    return " ".join(paragraph for paragraph in paragraphs if len(paragraph.split()) >= 25)


def passages(tokenizer: Any, count: int) -> list[tuple[str, list[int]]]:
    """``count`` pieces of held-out prose, evenly spread: what is shown, and the token ids that go on from it."""
    ids = tokenizer(held_out_prose(), add_special_tokens=False)["input_ids"]
    length = SHOWN_TOKENS + SCORED_TOKENS
    stride = max(length, (len(ids) - length) // count)
    starts = range(0, len(ids) - length, stride)[:count]
    return [
        (tokenizer.decode(ids[start : start + SHOWN_TOKENS]), ids[start + SHOWN_TOKENS : start + length])
        for start in starts
    ]


def measure(asker: Asker, texts: Sequence[tuple[str, Sequence[int]]], modes: Sequence[Mode]) -> dict[Mode, Drift]:
    """Score given continuations of given prompts, by the base and by each of ``modes``."""
    drifts = {mode: Drift() for mode in modes}
    for shown, continuation in texts:
        prompt = asker.prompt(shown)
        base = asker.logits(prompt, continuation, "base").log_softmax(-1)
        base_nats = _cross_entropy(base, continuation)
        for mode, drift in drifts.items():
            other = asker.logits(prompt, continuation, mode).log_softmax(-1)
            drift.tokens += len(continuation)
            drift.base_nats += base_nats
            drift.nats += _cross_entropy(other, continuation)
            drift.divergence += float((base.exp() * (base - other)).sum())
    return drifts


def _cross_entropy(log_probabilities: torch.Tensor, continuation: Sequence[int]) -> float:
    return -sum(float(log_probabilities[place, token]) for place, token in enumerate(continuation))
